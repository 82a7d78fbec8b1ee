//! The LZ4 frame format, around the blocks of `lz4_flex`.
//!
//! The frame is read and written here, because Kafka's own readers and writers are particular: message format 0 has
//! a wrong header checksum, and independent blocks of 64 KiB are all that the Java client reads.

use lz4_flex::block::{self, CompressTable};
use twox_hash::XxHash32;

use super::output::Output;
use super::{CompressError, DecompressError};
use crate::record::Compression;

const MAGIC: u32 = 0x184d_2204;
const SKIPPABLE_MAGIC: u32 = 0x184d_2a50;
/// Version 1, independent blocks, no checksums, no content size; blocks of up to 64 KiB; the header's checksum.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
const BLOCK_LEN: usize = 64 << 10;
/// Set in a block's length if the block is not compressed.
const NOT_COMPRESSED: u32 = 1 << 31;
/// How far back a match of a dependent block reaches.
const HISTORY: usize = 64 << 10;
/// One byte of a match's length stands for 255.
const MAX_EXPANSION: usize = 255;

#[derive(Default)]
pub(super) struct Encoder {
    table: Option<CompressTable>,
}

impl Encoder {
    #[expect(clippy::cast_possible_truncation, reason = "a block is at most 64 KiB")]
    pub(super) fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        let table = self.table.get_or_insert_with(CompressTable::large);
        out.extend_from_slice(&HEADER);
        for block in input.chunks(BLOCK_LEN) {
            let len_at = out.len();
            let start = len_at + 4;
            out.resize(start + block::get_maximum_output_size(block.len()), 0);
            let room = out.get_mut(start..).unwrap_or_default();
            let written = block::compress_into_with_table(block, room, table).map_err(failed)?;
            let len = if written < block.len() {
                out.truncate(start + written);
                written as u32
            } else {
                out.truncate(start);
                out.extend_from_slice(block);
                block.len() as u32 | NOT_COMPRESSED
            };
            if let Some(place) = out.get_mut(len_at..start) {
                place.copy_from_slice(&len.to_le_bytes());
            }
        }
        out.extend_from_slice(&[0; 4]);
        Ok(())
    }
}

fn failed(error: block::CompressError) -> CompressError {
    CompressError { codec: Compression::Lz4, reason: error.to_string() }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("lz4::Encoder")
    }
}

/// Decodes one frame after another. There is no context to keep.
pub(super) fn decode(mut input: &[u8], independent_only: bool, out: &mut Output<'_>) -> Result<(), DecompressError> {
    loop {
        let magic = take_u32(&mut input).ok_or_else(|| out.corrupt("cut short"))?;
        match magic {
            MAGIC => decode_frame(&mut input, independent_only, out)?,
            skippable if skippable & !0xf == SKIPPABLE_MAGIC => {
                let len = take_u32(&mut input).ok_or_else(|| out.corrupt("cut short"))?;
                input = input.get(len as usize..).ok_or_else(|| out.corrupt("cut short"))?;
            }
            other => return Err(out.corrupt(format_args!("bad magic number {other:#010x}"))),
        }
        if input.is_empty() {
            return Ok(());
        }
    }
}

fn decode_frame(input: &mut &[u8], independent_only: bool, out: &mut Output<'_>) -> Result<(), DecompressError> {
    let descriptor = Descriptor::take(input).map_err(|reason| out.corrupt(reason))?;
    if independent_only && !descriptor.independent {
        return Err(out.corrupt("its blocks depend on each other, which Java's clients cannot read"));
    }
    let start = out.len();
    while let Some(block) = Block::take(input, &descriptor).map_err(|reason| out.corrupt(reason))? {
        decode_block(block, &descriptor, start, out)?;
    }
    if descriptor.content_checksum {
        let stored = take_u32(input).ok_or_else(|| out.corrupt("cut short"))?;
        if stored != XxHash32::oneshot(0, out.since(start)) {
            return Err(out.corrupt("bad content checksum"));
        }
    }
    match descriptor.content_len {
        Some(len) if len != (out.len() - start) as u64 => Err(out.corrupt("bad content length")),
        _ => Ok(()),
    }
}

fn decode_block(
    block: Block<'_>,
    descriptor: &Descriptor,
    frame_start: usize,
    out: &mut Output<'_>,
) -> Result<(), DecompressError> {
    let Block::Compressed(data) = block else { return out.write(block.data()) };
    let len = descriptor.block_len.min(data.len().saturating_mul(MAX_EXPANSION));
    let cut_by_limit = out.remaining() < len;
    let start = out.len();
    let (before, room) = out.room(len);
    let written = if descriptor.independent {
        block::decompress_into(data, room)
    } else {
        let history = before.get(frame_start.max(start.saturating_sub(HISTORY))..).unwrap_or_default();
        block::decompress_into_with_dict(data, room, history)
    };
    match written {
        Ok(written) => out.filled(start + written),
        Err(block::DecompressError::OutputTooSmall { .. }) if cut_by_limit => return Err(out.too_large()),
        Err(error) => return Err(out.corrupt(error)),
    }
    Ok(())
}

struct Descriptor {
    independent: bool,
    block_checksums: bool,
    content_checksum: bool,
    content_len: Option<u64>,
    block_len: usize,
}

impl Descriptor {
    fn take(input: &mut &[u8]) -> Result<Self, &'static str> {
        let all = *input;
        let [flags, block_descriptor] = take_chunk::<2>(input).ok_or("cut short")?;
        if flags >> 6 != 1 {
            return Err("unknown version");
        }
        if flags & 1 != 0 {
            return Err("a dictionary is needed");
        }
        let content_len = match flags & (1 << 3) {
            0 => None,
            _ => Some(u64::from_le_bytes(take_chunk(input).ok_or("cut short")?)),
        };
        let covered = all.get(..all.len() - input.len()).unwrap_or_default();
        let [checksum] = take_chunk::<1>(input).ok_or("cut short")?;
        if checksum != header_checksum(covered) && checksum != kafka_header_checksum(covered) {
            return Err("bad header checksum");
        }
        let block_len = match (block_descriptor >> 4) & 7 {
            size @ 4..=7 => 1 << (8 + 2 * size),
            _ => return Err("unknown block size"),
        };
        Ok(Self {
            independent: flags & (1 << 5) != 0,
            block_checksums: flags & (1 << 4) != 0,
            content_checksum: flags & (1 << 2) != 0,
            content_len,
            block_len,
        })
    }
}

fn header_checksum(descriptor: &[u8]) -> u8 {
    let [_, second, ..] = XxHash32::oneshot(0, descriptor).to_le_bytes();
    second
}

/// Kafka's writers of message format 0 take the magic number for part of the descriptor.
fn kafka_header_checksum(descriptor: &[u8]) -> u8 {
    header_checksum(&[&MAGIC.to_le_bytes()[..], descriptor].concat())
}

#[derive(Clone, Copy)]
enum Block<'a> {
    Compressed(&'a [u8]),
    Plain(&'a [u8]),
}

impl<'a> Block<'a> {
    /// Takes a block from the front of `input`, `None` for the end mark.
    fn take(input: &mut &'a [u8], descriptor: &Descriptor) -> Result<Option<Self>, &'static str> {
        let head = take_u32(input).ok_or("cut short")?;
        if head == 0 {
            return Ok(None);
        }
        let len = (head & !NOT_COMPRESSED) as usize;
        if len > descriptor.block_len {
            return Err("a block is larger than the frame allows");
        }
        let (data, rest) = input.split_at_checked(len).ok_or("cut short")?;
        *input = rest;
        if descriptor.block_checksums && take_u32(input).ok_or("cut short")? != XxHash32::oneshot(0, data) {
            return Err("bad block checksum");
        }
        Ok(Some(if head & NOT_COMPRESSED == 0 { Self::Compressed(data) } else { Self::Plain(data) }))
    }

    fn data(self) -> &'a [u8] {
        match self {
            Self::Compressed(data) | Self::Plain(data) => data,
        }
    }
}

fn take_u32(input: &mut &[u8]) -> Option<u32> {
    take_chunk(input).map(u32::from_le_bytes)
}

fn take_chunk<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(*chunk)
}
