//! Zstandard through `ruzstd`.

use std::io::{Cursor, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, FrameCompressor, MatchGeneratorDriver};

use super::WINDOW_LOG_MAX;
use crate::compression::output::Output;
use crate::compression::{CompressError, DecompressError};

type Context = FrameCompressor<Cursor<Vec<u8>>, Vec<u8>, MatchGeneratorDriver>;

#[derive(Default)]
pub(in crate::compression) struct Encoder {
    context: Option<Context>,
}

impl Encoder {
    /// There is one kind of effort, close to level 1, and every level asks for that.
    pub(in crate::compression) fn encode(
        &mut self,
        _level: i32,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CompressError> {
        let context = self.context.get_or_insert_with(|| FrameCompressor::new(CompressionLevel::Fastest));
        // The context owns what it reads and writes: the buffers are lent to it and taken back.
        let mut source = context.take_source().map(Cursor::into_inner).unwrap_or_default();
        source.clear();
        source.extend_from_slice(input);
        context.set_source(Cursor::new(source));
        context.set_drain(std::mem::take(out));
        context.compress();
        *out = context.take_drain().unwrap_or_default();
        Ok(())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("zstd::Encoder")
    }
}

#[derive(Default)]
pub(in crate::compression) struct Decoder {
    context: FrameDecoder,
}

impl Decoder {
    /// Decodes one frame after another. Besides the output this holds a window and one block of at most 128 KiB.
    pub(in crate::compression) fn decode(
        &mut self,
        mut input: &[u8],
        window_log_max: u32,
        out: &mut Output<'_>,
    ) -> Result<(), DecompressError> {
        self.context.set_max_window_size(1 << window_log_max.min(WINDOW_LOG_MAX));
        loop {
            match self.context.reset(&mut input) {
                Ok(()) => self.decode_blocks(&mut input, out)?,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    input = input.get(length as usize..).ok_or_else(|| out.corrupt("cut short"))?;
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                    return Err(DecompressError::WindowTooLarge { window: requested, limit: max });
                }
                Err(error) => return Err(out.corrupt(error)),
            }
            if input.is_empty() {
                return Ok(());
            }
        }
    }

    fn decode_blocks(&mut self, input: &mut &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        let start = out.len();
        let claimed = self.context.content_size();
        while !self.context.is_finished() {
            let step = self.context.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBlocks(1));
            step.map_err(|error| out.corrupt(error))?;
            self.collect(out)?;
        }
        if let (Some(stored), Some(computed)) =
            (self.context.get_checksum_from_data(), self.context.get_calculated_checksum())
            && stored != computed
        {
            return Err(out.corrupt("bad content checksum"));
        }
        // A frame without the size has 0 here.
        if claimed != 0 && claimed != (out.len() - start) as u64 {
            return Err(out.corrupt("bad content length"));
        }
        Ok(())
    }

    fn collect(&mut self, out: &mut Output<'_>) -> Result<(), DecompressError> {
        let len = self.context.can_collect();
        if len > out.remaining() {
            return Err(out.too_large());
        }
        let start = out.len();
        let read = self.context.read_exact(out.room(len).1);
        read.map_err(|error| out.corrupt(error))?;
        out.filled(start + len);
        Ok(())
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("zstd::Decoder")
    }
}
