//! Snappy, in the framing of the Java library (xerial) or bare.

use super::output::Output;
use super::{CompressError, DecompressError};
use crate::record::Compression;

const MAGIC: &[u8; 8] = b"\x82SNAPPY\0";
/// Magic, then version 1, compatible with version 1.
const HEADER: &[u8; 16] = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
/// Uncompressed bytes of a chunk, as the Java library has it by default.
const CHUNK: usize = 32 << 10;
/// A copy of 64 bytes is encoded in three, and nothing expands more.
const MAX_EXPANSION: usize = 22;

#[derive(Default)]
pub(super) struct Encoder {
    raw: Option<snap::raw::Encoder>,
}

impl Encoder {
    #[expect(clippy::cast_possible_truncation, reason = "a chunk is 32 KiB, and hardly longer when compressed")]
    pub(super) fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        let raw = self.raw.get_or_insert_with(snap::raw::Encoder::new);
        out.extend_from_slice(HEADER);
        for chunk in input.chunks(CHUNK) {
            let len_at = out.len();
            let start = len_at + 4;
            out.resize(start + snap::raw::max_compress_len(chunk.len()), 0);
            let written = raw.compress(chunk, out.get_mut(start..).unwrap_or_default()).map_err(failed)?;
            out.truncate(start + written);
            if let Some(place) = out.get_mut(len_at..start) {
                place.copy_from_slice(&(written as u32).to_be_bytes());
            }
        }
        Ok(())
    }
}

fn failed(error: snap::Error) -> CompressError {
    CompressError { codec: Compression::Snappy, reason: error.to_string() }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("snappy::Encoder")
    }
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    raw: snap::raw::Decoder,
}

impl Decoder {
    pub(super) fn decode(&mut self, input: &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        if input.starts_with(MAGIC) { self.decode_chunks(input, out) } else { self.decode_block(input, out) }
    }

    fn decode_chunks(&mut self, mut input: &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        while !input.is_empty() {
            // Streams may be strung together, each with its header.
            if input.starts_with(MAGIC) {
                input = input.get(HEADER.len()..).ok_or_else(|| out.corrupt("cut short"))?;
                continue;
            }
            let (len, rest) = input.split_first_chunk::<4>().ok_or_else(|| out.corrupt("cut short"))?;
            let len = u32::from_be_bytes(*len) as usize;
            let (chunk, rest) = rest
                .split_at_checked(len)
                .ok_or_else(|| out.corrupt(format_args!("a chunk claims {len} bytes, {} are left", rest.len())))?;
            self.decode_block(chunk, out)?;
            input = rest;
        }
        Ok(())
    }

    fn decode_block(&mut self, block: &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        let len = snap::raw::decompress_len(block).map_err(|error| out.corrupt(error))?;
        if len > block.len().saturating_mul(MAX_EXPANSION) {
            return Err(out.corrupt(format_args!("{} bytes claim to hold {len}", block.len())));
        }
        if len > out.remaining() {
            return Err(out.too_large());
        }
        let start = out.len();
        let written = self.raw.decompress(block, out.room(len).1);
        let written = written.map_err(|error| out.corrupt(error))?;
        out.filled(start + written);
        Ok(())
    }
}
