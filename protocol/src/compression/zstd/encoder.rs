//! Zstandard frames and blocks, RFC 8878 sections 3.1.1.1 and 3.1.1.2.

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
