//! Sequences of a block: so many literals, then a copy from further back. RFC 8878 section 3.1.1.3.2.
#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

use super::bits::BitWriter;
use super::fse::{Distribution, MAX_SYMBOLS, Table};

/// One step of decoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sequence {
    /// Bytes of literals before the copy.
    pub(super) literals_len: u32,
    /// Bytes to copy, at least three.
    pub(super) match_len: u32,
    /// How far back the copy begins, at least 1.
    pub(super) offset: u32,
}

/// The last three offsets, which have short codes.
#[derive(Clone, Copy, Debug)]
pub(super) struct OffsetHistory([u32; 3]);

impl Default for OffsetHistory {
    fn default() -> Self {
        Self([1, 4, 8])
    }
}

impl OffsetHistory {
    /// The offset that is cheapest to repeat.
    pub(super) fn latest(&self) -> u32 {
        self.0[0]
    }

    /// What stands for an offset: 1 to 3 for one of the last, else itself and three more. It becomes the latest.
    pub(super) fn encode(&mut self, offset: u32, literals_len: u32) -> u32 {
        let [first, second, third] = self.0;
        // Without literals, repeating the very last offset would only have made the match before longer.
        let repeatable = if literals_len > 0 { [first, second, third] } else { [second, third, first - 1] };
        let found = repeatable.iter().position(|known| *known == offset);
        self.0 = match (found, literals_len) {
            (Some(0), 1..) => [first, second, third],
            (Some(0), 0) | (Some(1), 1..) => [second, first, third],
            _ => [offset, first, second],
        };
        found.map_or(offset + 3, |index| index as u32 + 1)
    }
}

/// A value as a code, which is entropy-coded, and bits, which are not.
#[derive(Clone, Copy)]
struct Coded {
    code: u8,
    bits: u32,
    bits_len: u32,
}

struct CodedSequence {
    literals_len: Coded,
    match_len: Coded,
    offset: Coded,
}

/// One of the three alphabets of codes.
struct Alphabet {
    predefined: Distribution,
    max_log: u32,
}

static LITERALS_LENGTHS: Alphabet = Alphabet {
    predefined: Distribution::predefined(
        &[
            4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1,
            -1,
        ],
        6,
    ),
    max_log: 9,
};
static OFFSETS: Alphabet = Alphabet {
    predefined: Distribution::predefined(
        &[1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
        5,
    ),
    max_log: 8,
};
static MATCH_LENGTHS: Alphabet = Alphabet {
    predefined: Distribution::predefined(
        &[
            1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
        ],
        6,
    ),
    max_log: 9,
};

/// Below so many sequences the predefined tables are cheaper than a description of better ones.
const MIN_FOR_OWN_TABLE: usize = 48;

/// Writes a sequences section. `history` is carried from block to block, as the reader does.
pub(super) fn write_sequences(sequences: &[Sequence], history: &mut OffsetHistory, out: &mut Vec<u8>) {
    write_count(sequences.len(), out);
    if sequences.is_empty() {
        return;
    }
    let coded: Vec<_> = sequences.iter().map(|sequence| CodedSequence::of(sequence, history)).collect();
    let modes_at = out.len();
    out.push(0);
    let (literals_lens, literals_mode) = LITERALS_LENGTHS.table(coded.iter().map(|c| c.literals_len.code), out);
    let (offsets, offsets_mode) = OFFSETS.table(coded.iter().map(|c| c.offset.code), out);
    let (match_lens, match_mode) = MATCH_LENGTHS.table(coded.iter().map(|c| c.match_len.code), out);
    out[modes_at] = literals_mode << 6 | offsets_mode << 4 | match_mode << 2;
    write_stream(&coded, [&literals_lens, &offsets, &match_lens], out);
}

fn write_count(count: usize, out: &mut Vec<u8>) {
    const TWO_BYTES_UP_TO: usize = 0x7f00;
    match count {
        0..128 => out.push(count as u8),
        128..TWO_BYTES_UP_TO => out.extend_from_slice(&[(count >> 8) as u8 | 0x80, count as u8]),
        _ => {
            out.push(0xff);
            out.extend_from_slice(&((count - TWO_BYTES_UP_TO) as u16).to_le_bytes());
        }
    }
}

/// The last sequence first, because a reader begins at the end.
fn write_stream(coded: &[CodedSequence], [literals_lens, offsets, match_lens]: [&Table; 3], out: &mut Vec<u8>) {
    let Some((last, others)) = coded.split_last() else { return };
    let mut bits = BitWriter::new(out);
    let mut match_state = match_lens.start(last.match_len.code);
    let mut offset_state = offsets.start(last.offset.code);
    let mut literals_state = literals_lens.start(last.literals_len.code);
    last.write_bits(&mut bits);
    for sequence in others.iter().rev() {
        offsets.encode(&mut offset_state, sequence.offset.code, &mut bits);
        match_lens.encode(&mut match_state, sequence.match_len.code, &mut bits);
        literals_lens.encode(&mut literals_state, sequence.literals_len.code, &mut bits);
        sequence.write_bits(&mut bits);
    }
    match_lens.finish(match_state, &mut bits);
    offsets.finish(offset_state, &mut bits);
    literals_lens.finish(literals_state, &mut bits);
    bits.finish_with_mark();
}

impl Alphabet {
    /// The table to code these with, described in `out`, and how the section's header names that kind of table.
    fn table(&self, codes: impl Iterator<Item = u8>, out: &mut Vec<u8>) -> (Table, u8) {
        const PREDEFINED: u8 = 0;
        const RLE: u8 = 1;
        const COMPRESSED: u8 = 2;
        let mut counts = [0u32; MAX_SYMBOLS];
        let (mut len, mut last) = (0, 0);
        for code in codes {
            counts[usize::from(code)] += 1;
            len += 1;
            last = code;
        }
        if len > 2 && counts[usize::from(last)] as usize == len {
            out.push(last);
            return (Table::single(), RLE);
        }
        if len < MIN_FOR_OWN_TABLE || counts[usize::from(last)] as usize == len {
            return (Table::new(&self.predefined), PREDEFINED);
        }
        let distribution = Distribution::of_counts(&counts, self.max_log);
        distribution.write(out);
        (Table::new(&distribution), COMPRESSED)
    }
}

impl CodedSequence {
    fn of(sequence: &Sequence, history: &mut OffsetHistory) -> Self {
        let offset = history.encode(sequence.offset, sequence.literals_len);
        let code = offset.ilog2();
        Self {
            literals_len: code_literals_len(sequence.literals_len),
            match_len: code_match_len(sequence.match_len),
            offset: Coded { code: code as u8, bits: offset - (1 << code), bits_len: code },
        }
    }

    #[inline(always)]
    fn write_bits(&self, out: &mut BitWriter<'_>) {
        for part in [self.literals_len, self.match_len, self.offset] {
            out.add(part.bits, part.bits_len);
        }
    }
}

fn code_literals_len(len: u32) -> Coded {
    /// Where the codes from 16 on begin, and how many bits they have.
    const STEPS: [(u32, u32); 9] = [(16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4)];
    match len {
        0..16 => Coded { code: len as u8, bits: 0, bits_len: 0 },
        16..64 => code_by_steps(len, 16, &STEPS),
        // From 64 on each power of two has a code.
        _ => Coded { code: (len.ilog2() + 19) as u8, bits: len - (1 << len.ilog2()), bits_len: len.ilog2() },
    }
}

fn code_match_len(len: u32) -> Coded {
    /// The same from 32 on, less the three that a match has at least.
    const STEPS: [(u32, u32); 11] =
        [(32, 1), (34, 1), (36, 1), (38, 1), (40, 2), (44, 2), (48, 3), (56, 3), (64, 4), (80, 4), (96, 5)];
    let len = len - 3;
    match len {
        0..32 => Coded { code: len as u8, bits: 0, bits_len: 0 },
        32..128 => code_by_steps(len, 32, &STEPS),
        _ => Coded { code: (len.ilog2() + 36) as u8, bits: len - (1 << len.ilog2()), bits_len: len.ilog2() },
    }
}

fn code_by_steps(len: u32, first_code: u8, steps: &[(u32, u32)]) -> Coded {
    let index = steps.partition_point(|(start, _)| *start <= len).saturating_sub(1);
    let (start, bits_len) = steps.get(index).copied().unwrap_or((len, 0));
    Coded { code: first_code + index as u8, bits: len - start, bits_len }
}
