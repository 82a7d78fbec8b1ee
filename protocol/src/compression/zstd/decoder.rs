//! Zstandard frames, decoded by `ruzstd`.

use std::io::Read;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::WINDOW_LOG_MAX;
use crate::compression::DecompressError;
use crate::compression::output::Output;

/// The largest window that is made room for at once, in bytes: what libzstd asks for at its default level, and so what
/// most writers do.
const RESERVED_WINDOW: u64 = 2 << 20;
/// So many bytes are decoded at a time, and at most a block of 128 KiB more.
const STEP: usize = 128 << 10;

#[derive(Default)]
pub(in crate::compression) struct Decoder {
    context: FrameDecoder,
}

impl Decoder {
    /// Decodes one frame after another. Besides the output this holds a window, or as much as the output may be if that
    /// is less and the window is not a usual one.
    pub(in crate::compression) fn decode(
        &mut self,
        mut input: &[u8],
        window_log_max: u32,
        out: &mut Output<'_>,
    ) -> Result<(), DecompressError> {
        let window_max = 1 << window_log_max.min(WINDOW_LOG_MAX);
        loop {
            match self.begin_frame(&mut input, window_max) {
                Ok(()) => self.decode_blocks(&mut input, out)?,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    input = input.get(length as usize..).ok_or_else(|| out.corrupt("cut short"))?;
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                    return Err(DecompressError::WindowTooLarge { window: requested, limit: window_max });
                }
                Err(error) => return Err(out.corrupt(error)),
            }
            if input.is_empty() {
                return Ok(());
            }
        }
    }

    /// Reads a frame's header. A context that has been used makes room at once for the whole window that the frame claims
    /// to need, where a new one grows with what is decoded; so claims beyond the usual get a new one.
    fn begin_frame(&mut self, input: &mut &[u8], window_max: u64) -> Result<(), FrameDecoderError> {
        let mut rest = *input;
        self.context.set_max_window_size(window_max.min(RESERVED_WINDOW));
        match self.context.reset(&mut rest) {
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) if requested <= window_max => {
                self.context = FrameDecoder::new();
                self.context.set_max_window_size(window_max);
                self.context.reset(input)
            }
            result => {
                *input = rest;
                result
            }
        }
    }

    fn decode_blocks(&mut self, input: &mut &[u8], out: &mut Output<'_>) -> Result<(), DecompressError> {
        let start = out.len();
        let claimed = self.context.content_size();
        let allowed = out.remaining();
        // What is decoded stays with the decoder until it leaves the window, so the output alone would tell too late.
        let mut decoded_at_least = 0;
        while !self.context.is_finished() {
            let step = self.context.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBytes(STEP));
            if !step.map_err(|error| out.corrupt(error))? {
                decoded_at_least += STEP;
            }
            if decoded_at_least > allowed {
                return Err(out.too_large());
            }
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
