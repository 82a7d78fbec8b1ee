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
        let mut output = Self { buf, codec, limit };
        output.reserve(input_len.saturating_mul(4).min(MAX_FIRST_GUESS).min(limit));
        output
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
        self.reserve(bytes.len());
        self.buf.extend_from_slice(bytes);
        Ok(())
    }

    /// What is written so far, and room for `len` bytes or as many as the limit leaves. Tell with
    /// [`filled`](Self::filled) how much of that was used.
    pub(super) fn room(&mut self, len: usize) -> (&[u8], &mut [u8]) {
        let written = self.buf.len();
        let len = len.min(self.remaining());
        self.reserve(len);
        self.buf.resize(written + len, 0);
        let (before, room) = self.buf.split_at_mut(written);
        (before, room)
    }

    /// Makes room for `len` bytes, which the limit allows. The buffer doubles, but never beyond the limit.
    fn reserve(&mut self, len: usize) {
        if self.buf.try_reclaim(len) {
            return;
        }
        let capacity = self.buf.capacity().saturating_mul(2).min(self.limit).max(self.buf.len() + len);
        let mut larger = BytesMut::with_capacity(capacity);
        larger.extend_from_slice(self.buf);
        *self.buf = larger;
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
