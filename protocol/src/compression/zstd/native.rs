//! Zstandard through libzstd.

use zstd::bulk::Compressor;
use zstd::stream::raw::{DParameter, Decoder as Context, Operation};

use super::WINDOW_LOG_MAX;
use crate::compression::output::Output;
use crate::compression::{CompressError, DecompressError};
use crate::record::Compression;

/// The output grows by this much at a time: a block.
const CHUNK: usize = 128 << 10;
/// Smallest window that libzstd can be limited to.
const WINDOW_LOG_MIN: u32 = 10;

#[derive(Default)]
pub(in crate::compression) struct Encoder {
    context: Option<(i32, Compressor<'static>)>,
}

impl Encoder {
    pub(in crate::compression) fn encode(
        &mut self,
        level: i32,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CompressError> {
        let context = self.context(level).map_err(failed)?;
        out.resize(zstd::zstd_safe::compress_bound(input.len()), 0);
        let written = context.compress_to_buffer(input, &mut out[..]).map_err(failed)?;
        out.truncate(written);
        Ok(())
    }

    fn context(&mut self, level: i32) -> std::io::Result<&mut Compressor<'static>> {
        if self.context.as_ref().is_some_and(|(made_for, _)| *made_for != level) {
            self.context = None;
        }
        match &mut self.context {
            Some((_, context)) => Ok(context),
            empty => Ok(&mut empty.insert((level, Compressor::new(level)?)).1),
        }
    }
}

fn failed(error: std::io::Error) -> CompressError {
    CompressError { codec: Compression::Zstd, reason: error.to_string() }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("zstd::Encoder")
    }
}

#[derive(Default)]
pub(in crate::compression) struct Decoder {
    context: Option<Context<'static>>,
}

impl Decoder {
    /// Decodes one frame after another. Besides the output this holds a window and one block of at most 128 KiB.
    pub(in crate::compression) fn decode(
        &mut self,
        mut input: &[u8],
        window_log_max: u32,
        out: &mut Output<'_>,
    ) -> Result<(), DecompressError> {
        let window_log_max = window_log_max.clamp(WINDOW_LOG_MIN, WINDOW_LOG_MAX);
        let context = match &mut self.context {
            Some(context) => context,
            empty => empty.insert(Context::new().map_err(|error| out.corrupt(error))?),
        };
        let ready = context.reinit().and_then(|()| context.set_parameter(DParameter::WindowLogMax(window_log_max)));
        ready.map_err(|error| out.corrupt(error))?;
        loop {
            let at_limit = out.remaining() == 0;
            let before = out.len();
            // At the limit one byte more tells a stream that ends here from one that does not.
            let mut probe = [0];
            let room = if at_limit { &mut probe } else { out.room(CHUNK).1 };
            let room_len = room.len();
            let status = context.run_on_buffers(input, room).map_err(|error| out.corrupt(error))?;
            if at_limit && status.bytes_written > 0 {
                return Err(out.too_large());
            }
            out.filled(before + status.bytes_written);
            input = input.get(status.bytes_read..).unwrap_or_default();
            if status.remaining == 0 && input.is_empty() {
                return Ok(());
            }
            // With room left and nothing to read, no more can come.
            if input.is_empty() && status.bytes_written < room_len {
                return Err(out.corrupt("cut short"));
            }
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("zstd::Decoder")
    }
}
