//! gzip (RFC 1952) around raw deflate, with contexts that are used again.

use flate2::{Compress, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::output::Output;
use super::{CompressError, DecompressError};
use crate::record::Compression;

/// Deflate, no flags, no time, unknown system: what Java writes.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
/// The output grows by this much at a time.
const CHUNK: usize = 16 << 10;

const FLAG_HEADER_CRC: u8 = 1 << 1;
const FLAG_EXTRA: u8 = 1 << 2;
const FLAG_NAME: u8 = 1 << 3;
const FLAG_COMMENT: u8 = 1 << 4;

#[derive(Debug, Default)]
pub(super) struct Encoder {
    context: Option<(i32, Compress)>,
}

impl Encoder {
    pub(super) fn encode(&mut self, level: i32, input: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
        let context = self.context(level);
        out.extend_from_slice(&HEADER);
        // Deflate adds five bytes to each 16 KiB that it cannot compress.
        out.reserve(input.len() + input.len() / 1000 + 64);
        loop {
            let consumed = length(context.total_in());
            let rest = input.get(consumed..).unwrap_or_default();
            let status = context.compress_vec(rest, out, FlushCompress::Finish).map_err(failed)?;
            match status {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError => out.reserve(CHUNK),
            }
        }
        let mut crc = Crc::new();
        crc.update(input);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&stored_length(input));
        Ok(())
    }

    fn context(&mut self, level: i32) -> &mut Compress {
        if self.context.as_ref().is_some_and(|(made_for, _)| *made_for != level) {
            self.context = None;
        }
        let make = || Compress::new(flate2::Compression::new(level.clamp(1, 9).cast_unsigned()), false);
        let (_, context) = self.context.get_or_insert_with(|| (level, make()));
        context.reset();
        context
    }
}

fn failed(error: flate2::CompressError) -> CompressError {
    CompressError { codec: Compression::Gzip, reason: error.to_string() }
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    context: Option<Decompress>,
}

impl Decoder {
    /// Decodes one member after another, as `java.util.zip.GZIPInputStream` does.
    pub(super) fn decode(&mut self, mut input: &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        loop {
            input = skip_header(input).ok_or_else(|| out.corrupt("bad header"))?;
            let start = out.len();
            input = self.inflate(input, out)?;
            input = check_trailer(input, out.since(start)).map_err(|reason| out.corrupt(reason))?;
            if input.is_empty() {
                return Ok(());
            }
        }
    }

    /// Decodes one deflate stream and returns what follows it.
    fn inflate<'a>(&mut self, mut input: &'a [u8], out: &mut Output<'_>) -> Result<&'a [u8], DecompressError> {
        let context = self.context.get_or_insert_with(|| Decompress::new(false));
        context.reset(false);
        loop {
            let (read, written) = (context.total_in(), context.total_out());
            let at_limit = out.remaining() == 0;
            let before = out.len();
            // At the limit one byte more tells a stream that ends here from one that does not.
            let mut probe = [0];
            let room = if at_limit { &mut probe } else { out.room(CHUNK).1 };
            let status = context.decompress(input, room, FlushDecompress::None);
            let read = length(context.total_in() - read);
            let written = length(context.total_out() - written);
            let status = status.map_err(|error| out.corrupt(error))?;
            if at_limit && written > 0 {
                return Err(out.too_large());
            }
            out.filled(before + written);
            input = input.get(read..).unwrap_or_default();
            match status {
                Status::StreamEnd => return Ok(input),
                Status::Ok | Status::BufError if read == 0 && written == 0 => return Err(out.corrupt("cut short")),
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

/// What flate2 counts with 64 bits, of something that is in memory.
fn length(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A trailer's length.
#[expect(clippy::cast_possible_truncation, reason = "RFC 1952: modulo 2^32")]
fn stored_length(content: &[u8]) -> [u8; 4] {
    (content.len() as u32).to_le_bytes()
}

/// The deflate stream after a member's header.
fn skip_header(input: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = input.split_first_chunk::<10>()?;
    let [0x1f, 0x8b, 8, flags, ..] = *fixed else { return None };
    if flags & FLAG_EXTRA != 0 {
        let (len, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for flag in [FLAG_NAME, FLAG_COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & FLAG_HEADER_CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// What follows a member's trailer, if that matches the member's content.
fn check_trailer<'a>(input: &'a [u8], content: &[u8]) -> Result<&'a [u8], &'static str> {
    let (stored_crc, rest) = input.split_first_chunk::<4>().ok_or("cut short")?;
    let (stored_len, rest) = rest.split_first_chunk::<4>().ok_or("cut short")?;
    let mut crc = Crc::new();
    crc.update(content);
    if crc.sum() != u32::from_le_bytes(*stored_crc) {
        return Err("bad checksum");
    }
    if stored_length(content) != *stored_len {
        return Err("bad length");
    }
    Ok(rest)
}
