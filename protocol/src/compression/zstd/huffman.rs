//! Literals, coded by Huffman: RFC 8878 sections 3.1.1.3.1 and 4.2.
#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

use super::bits::BitWriter;
use super::fse::{Distribution, MAX_SYMBOLS, Table};

/// Longest code that the format allows.
const MAX_CODE_LEN: u32 = 11;
/// Literals below this are not worth a table.
const MIN_LITERALS: usize = 64;
/// From here on there are four streams, which a reader decodes at once.
const FOUR_STREAMS_FROM: usize = 256;
/// Weights written without compression take half a byte each, and there can be so many of them.
const MAX_PLAIN_WEIGHTS: usize = 128;

/// How a literals section begins: what type it is.
const RAW: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

/// Writes a literals section, in whatever way is shortest.
pub(super) fn write_literals(literals: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    match literals {
        [first, rest @ ..] if rest.len() >= 2 && rest.iter().all(|byte| byte == first) => {
            write_plain_header(RLE, literals.len(), out);
            out.push(*first);
        }
        _ if literals.len() >= MIN_LITERALS && write_compressed(literals, out).is_some() => {}
        _ => {
            out.truncate(start);
            write_plain_header(RAW, literals.len(), out);
            out.extend_from_slice(literals);
        }
    }
}

fn write_plain_header(kind: u32, len: usize, out: &mut Vec<u8>) {
    let len = len as u32;
    match len {
        0..32 => out.push((kind | len << 3) as u8),
        32..4096 => out.extend_from_slice(&((kind | 1 << 2 | len << 4) as u16).to_le_bytes()),
        _ => out.extend_from_slice(&(kind | 3 << 2 | len << 4).to_le_bytes()[..3]),
    }
}

/// `None` if that gains nothing; then there are bytes in `out` to be dropped.
fn write_compressed(literals: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let four = literals.len() >= FOUR_STREAMS_FROM;
    let (format, size_len, header_len) = match literals.len() {
        _ if !four => (0u64, 10, 3),
        ..1024 => (1, 10, 3),
        1024..16384 => (2, 14, 4),
        _ => (3, 18, 5),
    };
    let start = out.len();
    out.resize(start + header_len, 0);
    let content = start + header_len;
    let codes = Codes::of(literals);
    codes.write_weights(out)?;
    if four {
        write_four_streams(&codes, literals, out)?;
    } else {
        codes.write_stream(literals, out);
    }
    let size = out.len() - content;
    if size + header_len >= literals.len() {
        return None;
    }
    let header = u64::from(COMPRESSED) | format << 2 | (literals.len() as u64) << 4 | (size as u64) << (4 + size_len);
    out[start..content].copy_from_slice(&header.to_le_bytes()[..header_len]);
    Some(())
}

/// Four streams, and before them the sizes of the first three.
fn write_four_streams(codes: &Codes, literals: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let sizes_at = out.len();
    out.resize(sizes_at + 6, 0);
    for (index, part) in literals.chunks(literals.len().div_ceil(4)).enumerate() {
        let start = out.len();
        codes.write_stream(part, out);
        let size = u16::try_from(out.len() - start).ok()?;
        if index < 3 {
            out[sizes_at + 2 * index..sizes_at + 2 * index + 2].copy_from_slice(&size.to_le_bytes());
        }
    }
    Some(())
}

/// A code for each byte value.
struct Codes {
    codes: [u16; 256],
    lens: [u8; 256],
    max_len: u32,
}

impl Codes {
    /// Codes for at least two different bytes.
    fn of(literals: &[u8]) -> Self {
        let lens = code_lens(&histogram(literals));
        let max_len = u32::from(lens.iter().copied().max().unwrap_or(0));
        let mut next = first_codes(&lens, max_len);
        let mut codes = [0; 256];
        for (code, len) in codes.iter_mut().zip(lens).filter(|(_, len)| *len > 0) {
            let next = &mut next[usize::from(len)];
            *code = *next;
            *next += 1;
        }
        Self { codes, lens, max_len }
    }

    /// The last byte first, because a reader begins at the end.
    fn write_stream(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        for byte in bytes.iter().rev().map(|byte| usize::from(*byte)) {
            bits.add(u32::from(self.codes[byte]), u32::from(self.lens[byte]));
        }
        bits.finish_with_mark();
    }

    /// Writes what a reader rebuilds the codes from: a weight for each byte value but the last, which follows.
    /// `None` if that cannot be written.
    fn write_weights(&self, out: &mut Vec<u8>) -> Option<()> {
        let last = self.lens.iter().rposition(|len| *len > 0)?;
        let weight = |len: u8| if len == 0 { 0 } else { (self.max_len + 1) as u8 - len };
        let mut weights = [0; 256];
        for (to, len) in weights.iter_mut().zip(&self.lens[..last]) {
            *to = weight(*len);
        }
        let weights = &weights[..last];
        let start = out.len();
        out.push(0);
        let packed = write_packed_weights(weights, out).map(|()| out.len() - start - 1);
        match packed {
            Some(size) if size < 128 && (last > MAX_PLAIN_WEIGHTS || size < last.div_ceil(2)) => {
                out[start] = size as u8
            }
            _ if last <= MAX_PLAIN_WEIGHTS => {
                out.truncate(start);
                out.push((127 + last) as u8);
                out.extend(weights.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)));
            }
            _ => return None,
        }
        Some(())
    }
}

/// The first code of each length, the longest codes being the lowest.
fn first_codes(lens: &[u8; 256], max_len: u32) -> [u16; MAX_CODE_LEN as usize + 1] {
    let mut counts = [0u16; MAX_CODE_LEN as usize + 1];
    lens.iter().filter(|len| **len > 0).for_each(|len| counts[usize::from(*len)] += 1);
    let mut first = [0; MAX_CODE_LEN as usize + 1];
    let mut code = 0;
    for len in (1..=max_len as usize).rev() {
        first[len] = code;
        code = (code + counts[len]) >> 1;
    }
    first
}

/// Weights as a stream of two states in turn. `None` if they are too few or too alike for a table.
fn write_packed_weights(weights: &[u8], out: &mut Vec<u8>) -> Option<()> {
    const MAX_WEIGHT_LOG: u32 = 6;
    let mut counts = [0; MAX_SYMBOLS];
    weights.iter().for_each(|weight| counts[usize::from(*weight)] += 1);
    if weights.len() < 4 || counts.iter().filter(|count| **count > 0).count() < 2 {
        return None;
    }
    let distribution = Distribution::of_counts(&counts, MAX_WEIGHT_LOG);
    distribution.write(out);
    let table = Table::new(&distribution);
    let mut bits = BitWriter::new(out);
    let mut states = [None, None];
    for (index, weight) in weights.iter().enumerate().rev() {
        match &mut states[index % 2] {
            Some(state) => table.encode(state, *weight, &mut bits),
            empty => *empty = Some(table.start(*weight)),
        }
    }
    let [first, second] = states;
    table.finish(second?, &mut bits);
    table.finish(first?, &mut bits);
    bits.finish_with_mark();
    Some(())
}

fn histogram(bytes: &[u8]) -> [u32; 256] {
    // Four tables, because equal bytes in a row would wait for each other's counts.
    let mut counts = [[0u32; 256]; 4];
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        for (table, byte) in counts.iter_mut().zip(word) {
            table[usize::from(*byte)] += 1;
        }
    }
    rest.iter().for_each(|byte| counts[0][usize::from(*byte)] += 1);
    std::array::from_fn(|byte| counts.iter().map(|table| table[byte]).sum())
}

/// The length of each byte's code, for at least two bytes that occur.
fn code_lens(counts: &[u32; 256]) -> [u8; 256] {
    let mut symbols: Vec<(u32, u8)> =
        (0..=255u8).map(|byte| (counts[usize::from(byte)], byte)).filter(|(count, _)| *count > 0).collect();
    symbols.sort_unstable();
    let mut depths = tree_depths(&symbols);
    limit(&mut depths);
    let mut lens = [0; 256];
    for ((_, byte), depth) in symbols.iter().zip(depths) {
        lens[usize::from(*byte)] = depth as u8;
    }
    lens
}

/// Depths in the Huffman tree of symbols in rising order of count.
fn tree_depths(symbols: &[(u32, u8)]) -> Vec<u32> {
    let leaves = symbols.len();
    let nodes = 2 * leaves - 1;
    let mut weights: Vec<u64> = symbols.iter().map(|(count, _)| u64::from(*count)).collect();
    let mut parents = vec![0; nodes];
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..nodes {
        let mut weight = 0;
        for _ in 0..2 {
            // Inner nodes come about in rising order, too: the lighter front of the two queues is the lightest of all.
            let takes_leaf = leaf < leaves && (inner >= node || weights[leaf] <= weights[inner]);
            let child = if takes_leaf { &mut leaf } else { &mut inner };
            weight += weights[*child];
            parents[*child] = node;
            *child += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0; nodes];
    for node in (0..nodes - 1).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths
}

/// Makes no code longer than allowed, and the codes complete again. The rarest symbol comes first.
fn limit(depths: &mut [u32]) {
    let room = 1i64 << MAX_CODE_LEN;
    let share = |depth: u32| 1i64 << (MAX_CODE_LEN - depth);
    depths.iter_mut().for_each(|depth| *depth = (*depth).min(MAX_CODE_LEN));
    let mut over = depths.iter().map(|depth| share(*depth)).sum::<i64>() - room;
    while over > 0 {
        // The rarest symbol that can still become longer pays.
        let Some(depth) = depths.iter_mut().find(|depth| **depth < MAX_CODE_LEN) else { return };
        over -= share(*depth) / 2;
        *depth += 1;
    }
    // What has been paid too much goes to the most frequent that it is enough for. It is a multiple of the smallest
    // share there is, so each round uses some of it.
    while over < 0 {
        for depth in depths.iter_mut().rev() {
            if share(*depth) <= -over && *depth > 1 {
                over += share(*depth);
                *depth -= 1;
            }
        }
    }
}
