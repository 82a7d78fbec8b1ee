//! A frame is a signed 32-bit size and that many bytes.

use std::{
    io::{self, IoSlice},
    sync::Arc,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ottla_protocol::wire::Encoder;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    held::{Held, HeldResponses},
    patience::Patient,
};

/// Bytes that a connection without a frame in progress may have waiting in its buffer.
const IDLE_BUFFER: usize = 8 * 1024;
/// The largest step by which a peer's word alone makes the buffer grow.
const MAX_TRUSTED_STEP: usize = 1024 * 1024;
/// How many chunks one vectored write takes.
const MAX_SLICES: usize = 64;

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The peer closed the connection between two frames, or within one.
    #[error("the peer closed the connection")]
    Closed,
    /// The size in front of the frame is negative or above `socket.request.max.bytes`.
    #[error("a frame of {size} bytes is not between 0 and {max}")]
    BadSize { size: i32, max: usize },
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Cuts a stream of bytes into frames.
#[derive(Debug)]
pub(crate) struct FrameReader {
    buffer: BytesMut,
    max_frame: usize,
    /// The size of the last frame: a connection that sends large frames gets its next buffer in one piece.
    trusted_step: usize,
}

impl FrameReader {
    pub(crate) fn new(max_frame: usize) -> Self {
        Self { buffer: BytesMut::new(), max_frame, trusted_step: IDLE_BUFFER }
    }

    /// The next frame, without its size.
    ///
    /// Cancel safe: what was read stays in the buffer.
    pub(crate) async fn read(&mut self, stream: &mut Patient<impl AsyncRead + Unpin>) -> Result<Bytes, FrameError> {
        self.fill(stream, 4, IDLE_BUFFER).await?;
        let size = self.peek_size()?;
        // Four bytes of size stay in front, so that what is missing is known after a cancelled call as well.
        let whole = size + 4;
        while self.buffer.len() < whole {
            let missing = whole - self.buffer.len();
            let step = missing.min(self.buffer.len().max(self.trusted_step));
            let target = self.buffer.len() + step;
            self.fill(stream, target, step).await?;
        }
        self.trusted_step = size.clamp(IDLE_BUFFER, MAX_TRUSTED_STEP);
        let mut frame = self.buffer.split_to(whole);
        if self.buffer.is_empty() {
            // Lets go of the memory, so that whoever keeps the frame can have it for itself.
            self.buffer = BytesMut::new();
        }
        frame.advance(4);
        Ok(frame.freeze())
    }

    fn peek_size(&self) -> Result<usize, FrameError> {
        let size = self.buffer.first_chunk().map_or(-1, |bytes| i32::from_be_bytes(*bytes));
        usize::try_from(size)
            .ok()
            .filter(|&size| size <= self.max_frame)
            .ok_or(FrameError::BadSize { size, max: self.max_frame })
    }

    /// Reads until the buffer holds `target` bytes, taking in no more than `step` beyond what it has.
    async fn fill(
        &mut self,
        stream: &mut Patient<impl AsyncRead + Unpin>,
        target: usize,
        step: usize,
    ) -> Result<(), FrameError> {
        while self.buffer.len() < target {
            self.buffer.reserve(step);
            if stream.read_buf(&mut (&mut self.buffer).limit(step)).await? == 0 {
                return Err(FrameError::Closed);
            }
        }
        Ok(())
    }
}

/// A response: chunks that are written one after another, behind their size.
#[derive(Debug)]
pub(crate) struct ResponseFrame {
    size: Bytes,
    chunks: Vec<Bytes>,
    /// Counts the bytes until they are written.
    _held: Option<Held>,
}

impl ResponseFrame {
    /// What an encoder holds; `None` if it is larger than a frame can be.
    pub(crate) fn new(encoder: Encoder) -> Option<Self> {
        let size = i32::try_from(encoder.len()).ok()?;
        let size = Bytes::copy_from_slice(&size.to_be_bytes());
        Some(Self { size, chunks: encoder.into_chunks(), _held: None })
    }

    /// The same, counted among the responses that are held.
    pub(crate) fn held(self, responses: &Arc<HeldResponses>) -> Self {
        let bytes = self.chunks.iter().map(Bytes::len).sum();
        Self { _held: Some(responses.hold(bytes)), ..self }
    }

    /// Writes the frame without joining its chunks.
    pub(super) async fn write(&self, stream: &mut Patient<impl AsyncWrite + Unpin>) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> =
            std::iter::once(&self.size).chain(&self.chunks).map(|chunk| IoSlice::new(chunk)).collect();
        let mut left = &mut slices[..];
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            let some = left.len().min(MAX_SLICES);
            let written = stream.write_vectored(left.get(..some).unwrap_or_default()).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut left, written);
        }
        stream.flush().await
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn frames_that_arrive_in_pieces_and_together_come_out_one_by_one() {
        let (mut client, server) = tokio::io::duplex(16);
        let mut server = Patient::new(server, None);
        let large = vec![7u8; 100_000];
        let writer = tokio::spawn({
            let large = large.clone();
            async move {
                client.write_all(b"\0\0\0\x02ab\0\0\0\0").await.unwrap();
                client.write_all(&(large.len() as i32).to_be_bytes()).await.unwrap();
                client.write_all(&large).await.unwrap();
            }
        });
        let mut reader = FrameReader::new(1 << 20);
        assert_eq!(&reader.read(&mut server).await.unwrap()[..], b"ab");
        assert_eq!(&reader.read(&mut server).await.unwrap()[..], b"");
        assert_eq!(reader.read(&mut server).await.unwrap(), large);
        writer.await.unwrap();
        assert!(matches!(reader.read(&mut server).await, Err(FrameError::Closed)));
    }

    #[tokio::test]
    async fn a_size_that_is_negative_or_too_large_is_refused_before_anything_is_allocated() {
        for size in [-1i32, i32::MIN, 1025, i32::MAX] {
            let (mut client, server) = tokio::io::duplex(16);
            let mut server = Patient::new(server, None);
            client.write_all(&size.to_be_bytes()).await.unwrap();
            let mut reader = FrameReader::new(1024);
            assert!(
                matches!(reader.read(&mut server).await, Err(FrameError::BadSize { size: s, max: 1024 }) if s == size)
            );
            assert!(reader.buffer.capacity() <= 2 * IDLE_BUFFER);
        }
    }

    #[tokio::test]
    async fn a_large_size_alone_takes_little_memory() {
        let (mut client, server) = tokio::io::duplex(16);
        let mut server = Patient::new(server, None);
        client.write_all(&100_000_000i32.to_be_bytes()).await.unwrap();
        client.write_all(b"x").await.unwrap();
        let mut reader = FrameReader::new(100 << 20);
        let read = tokio::time::timeout(std::time::Duration::from_millis(20), reader.read(&mut server)).await;
        assert!(read.is_err());
        assert!(reader.buffer.capacity() <= 4 * IDLE_BUFFER, "{}", reader.buffer.capacity());
    }
}
