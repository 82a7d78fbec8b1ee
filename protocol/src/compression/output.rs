//! Where a decoder writes: a buffer that grows with what arrives, up to a limit.

use bytes::BytesMut;

use super::DecompressError;
use crate::record::Compression;

/// Most that the buffer grows by before any byte is there to justify it.
const MAX_FIRST_GUESS: usize = 256 << 10;

pub(super) struct Output<'b> {
    buf: &'b mut BytesMut,
    codec: Compression,
    limit: usize,
}

impl<'b> Output<'b> {
    /// Writes to `buf`, which is empty, at most `limit` bytes.
    pub(super) fn new(buf: &'b mut BytesMut, codec: Compression, limit: usize, input_len: usize) -> Self {
        buf.clear();
        buf.reserve(input_len.saturating_mul(4).min(MAX_FIRST_GUESS).min(limit));
        Self { buf, codec, limit }
    }

    pub(super) fn len(&self) -> usize {
        self.buf.len()
    }

    /// Bytes that may still be written.
    pub(super) fn remaining(&self) -> usize {
        self.limit - self.buf.len()
    }

    /// Whether more than the limit would be written.
    pub(super) fn too_large(&self) -> DecompressError {
        DecompressError::TooLarge { codec: self.codec, limit: self.limit }
    }

    pub(super) fn corrupt(&self, reason: impl std::fmt::Display) -> DecompressError {
        DecompressError::corrupt(self.codec, reason)
    }

    /// Appends `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), DecompressError> {
        if bytes.len() > self.remaining() {
            return Err(self.too_large());
        }
        self.buf.extend_from_slice(bytes);
        Ok(())
    }

    /// What is written so far, and room for `len` bytes or as many as the limit leaves. Tell with
    /// [`filled`](Self::filled) how much of that was used.
    pub(super) fn room(&mut self, len: usize) -> (&[u8], &mut [u8]) {
        let written = self.buf.len();
        self.buf.resize(written + len.min(self.remaining()), 0);
        let (before, room) = self.buf.split_at_mut(written);
        (before, room)
    }

    /// Keeps `len` bytes in total, after [`room`](Self::room).
    pub(super) fn filled(&mut self, len: usize) {
        self.buf.truncate(len);
    }

    /// The bytes written since there were `from`.
    pub(super) fn since(&self, from: usize) -> &[u8] {
        self.buf.get(from..).unwrap_or_default()
    }
}
