//! Zstandard frames and blocks, RFC 8878 sections 3.1.1.1 and 3.1.1.2.
#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "an encoder's tables, indexed by symbols and positions of its own making"
)]

use super::huffman::write_literals;
use super::matcher::{MAX_WINDOW_LEN, Tables};
use super::sequences::{OffsetHistory, Sequence, write_sequences};
use crate::compression::CompressError;

const MAGIC: u32 = 0xfd2f_b528;
const MAX_BLOCK_LEN: usize = 128 << 10;
/// The smallest block for which a compressed one can be shorter.
const MIN_COMPRESSIBLE: usize = 16;

/// What kind a block is.
const RAW: u32 = 0;
const RLE: u32 = 1;
const COMPRESSED: u32 = 2;

/// A small encoder in safe Rust, with the tables and buffers that it uses again.
///
/// The levels differ in how many earlier places are tried for a match. There is none of the reference's optimal
/// parsing, so high levels gain less than with libzstd. Tables are never carried over from block to block.
#[derive(Default)]
pub(in crate::compression) struct Encoder {
    tables: Tables,
    literals: Vec<u8>,
    sequences: Vec<Sequence>,
}

impl Encoder {
    pub(in crate::compression) fn encode(
        &mut self,
        level: i32,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CompressError> {
        write_frame_header(input.len(), out);
        let mut matcher = self.tables.start_frame(level, input);
        let mut history = OffsetHistory::default();
        let mut start = 0;
        loop {
            let end = input.len().min(start + MAX_BLOCK_LEN);
            let (block, is_last) = (&input[start..end], end == input.len());
            let header_at = out.len();
            out.extend_from_slice(&[0; 3]);
            let (kind, size) = match block {
                [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|byte| byte == first) => {
                    out.push(*first);
                    (RLE, block.len())
                }
                _ => {
                    self.literals.clear();
                    self.sequences.clear();
                    let latest = history.latest();
                    matcher.split_block(start, end, latest, &mut self.literals, &mut self.sequences);
                    write_content(block, &self.literals, &self.sequences, &mut history, out)
                }
            };
            let header = u32::from(is_last) | kind << 1 | (size as u32) << 3;
            out[header_at..header_at + 3].copy_from_slice(&header.to_le_bytes()[..3]);
            start = end;
            if is_last {
                return Ok(());
            }
        }
    }
}

/// Writes a block as it is taken apart, or as it was if that is shorter. Returns its kind and size.
fn write_content(
    block: &[u8],
    literals: &[u8],
    sequences: &[Sequence],
    history: &mut OffsetHistory,
    out: &mut Vec<u8>,
) -> (u32, usize) {
    let start = out.len();
    if block.len() >= MIN_COMPRESSIBLE {
        // The reader does not see the offsets of a block that is not written.
        let mut advanced = *history;
        write_literals(literals, out);
        write_sequences(sequences, &mut advanced, out);
        let size = out.len() - start;
        if size < block.len() {
            *history = advanced;
            return (COMPRESSED, size);
        }
    }
    out.truncate(start);
    out.extend_from_slice(block);
    (RAW, block.len())
}

/// A frame header with the content size, which some readers need to size their buffers, and with a window if the
/// content is larger than that.
fn write_frame_header(content_len: usize, out: &mut Vec<u8>) {
    const FOUR_BYTE_LEN: u8 = 2 << 6;
    const EIGHT_BYTE_LEN: u8 = 3 << 6;
    const SINGLE_SEGMENT: u8 = 1 << 5;
    out.extend_from_slice(&MAGIC.to_le_bytes());
    match u32::try_from(content_len) {
        Ok(len) if content_len <= MAX_WINDOW_LEN => {
            out.push(FOUR_BYTE_LEN | SINGLE_SEGMENT);
            out.extend_from_slice(&len.to_le_bytes());
        }
        _ => {
            out.extend_from_slice(&[EIGHT_BYTE_LEN, (MAX_WINDOW_LEN.ilog2() as u8 - 10) << 3]);
            out.extend_from_slice(&(content_len as u64).to_le_bytes());
        }
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("zstd::Encoder")
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::compression::{DecompressLimits, Decompressor};
    use crate::record::Compression;

    fn round_trip(encoder: &mut Encoder, level: i32, input: &[u8]) -> usize {
        let mut out = Vec::new();
        encoder.encode(level, input, &mut out).unwrap();
        let limits = DecompressLimits::with_max_output(input.len());
        let decoded = Decompressor::new(limits).decompress(Compression::Zstd, &out).unwrap();
        assert!(decoded == input, "level {level}, {} bytes", input.len());
        // A raw block has three bytes before it, and the frame nine to fourteen.
        assert!(out.len() <= input.len() + 17 + 3 * (input.len() / MAX_BLOCK_LEN));
        out.len()
    }

    /// Bytes that take a Huffman coder to its limits: each value half as frequent as the one before.
    fn skewed() -> impl Strategy<Value = Vec<u8>> {
        vec(any::<u64>().prop_map(|n| (n.leading_zeros() * 4) as u8 + (n as u8 & 1)), 0..6000)
    }

    /// Bytes that refer to what was there before, at all distances and lengths.
    fn pasted() -> impl Strategy<Value = Vec<u8>> {
        vec((any::<prop::sample::Index>(), 0..300usize, vec(any::<u8>(), 1..30)), 1..80).prop_map(|pastes| {
            let mut bytes = Vec::new();
            for (from, len, fresh) in pastes {
                bytes.extend_from_slice(&fresh);
                let from = from.index(bytes.len());
                (from..from + len).for_each(|at| bytes.push(bytes[at]));
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_level_decodes_to_what_was_encoded(
            skewed in skewed(), pasted in pasted(), bytes in vec(any::<u8>(), 0..400), level in -3..=22i32
        ) {
            let mut encoder = Encoder::default();
            for input in [&skewed, &pasted, &bytes, &[&pasted[..], &skewed, &pasted].concat()] {
                round_trip(&mut encoder, level, input);
            }
        }
    }

    #[test]
    fn all_byte_values_and_very_rare_ones_are_encoded() {
        let mut encoder = Encoder::default();
        // Counts as Fibonacci's numbers make the deepest tree there is.
        let (mut a, mut b) = (1usize, 1);
        let mut deep = Vec::new();
        for value in 0..24u8 {
            deep.extend(std::iter::repeat_n(value.wrapping_mul(11), a));
            (a, b) = (b, a + b);
        }
        // Spread out, so that they remain literals.
        let len = deep.len();
        let spread: Vec<_> = (0..len).map(|at| deep[at * 7919 % len]).collect();
        round_trip(&mut encoder, 1, &spread);
        let all: Vec<_> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 / 3 * 3).collect();
        round_trip(&mut encoder, 1, &all);
    }

    #[test]
    fn a_single_match_and_matches_that_are_all_alike_are_encoded() {
        let mut encoder = Encoder::default();
        let once = [&b"0123456789abcdefghijklmnopqrstuvwxyz"[..], b"0123456789abcdefghijklmnopqrstuvwxyz"].concat();
        assert!(round_trip(&mut encoder, 3, &once) < 60);
        // Each time the same step: same literals, same length, same offset.
        let mut alike = Vec::new();
        for n in 0..4000u32 {
            alike.extend_from_slice(b"the same eight");
            alike.push((n.wrapping_mul(2_654_435_761) >> 24) as u8);
        }
        assert!(round_trip(&mut encoder, 3, &alike) < 4400);
        assert!(round_trip(&mut encoder, 1, &alike) < 4400);
    }

    #[test]
    fn a_higher_level_is_smaller() {
        let words = ["alpha ", "beta ", "gamma ", "delta ", "epsilon ", "zeta ", "eta ", "theta "];
        let text: String =
            (0..20_000u32).map(|n| words[(n.wrapping_mul(n).wrapping_mul(40_503) >> 13) as usize % 8]).collect();
        let mut encoder = Encoder::default();
        let sizes = [1, 6, 19].map(|level| round_trip(&mut encoder, level, text.as_bytes()));
        assert!(sizes[0] > sizes[1] && sizes[1] >= sizes[2], "{sizes:?}");
    }

    #[test]
    fn an_encoder_forgets_the_frame_before() {
        let text = b"what one frame holds is no concern of the next, whatever the tables say ".repeat(40);
        let mut used = Encoder::default();
        for level in [1, 3, 9, 1, 3] {
            let mut expected = Vec::new();
            Encoder::default().encode(level, &text, &mut expected).unwrap();
            let mut out = Vec::new();
            used.encode(level, &text, &mut out).unwrap();
            assert_eq!(out, expected, "level {level}");
        }
    }
}
