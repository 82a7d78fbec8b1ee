//! Reading frames: a signed 32-bit size and that many bytes.

use std::{collections::VecDeque, io};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of a response is reserved before its first byte has come: the length is only the server's word.
const FIRST_RESERVE: usize = 1 << 20;
const SMALL_READ: usize = 16 << 10;
/// A smaller frame is quicker given memory of its own than memory of another's.
const MIN_KEPT: usize = 128 << 10;
/// A larger one takes too much to be kept for the next.
const MAX_KEPT: usize = 8 << 20;
/// One that the application reads, one that waits for it, and one that it may be done with.
const KEPT: usize = 3;

/// Why there is no frame.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The size is negative, or larger than is allowed.
    Size(i32),
    /// The socket failed, or has ended.
    Io(io::Error),
}

/// Cuts what comes over a connection into frames.
///
/// Memory is reserved by what came, not by what is announced: a frame gets all of its memory at once only if the one
/// before it was as large. And the memory of large frames, which come one after the other where a consumer catches up, is
/// used again once nobody reads in them any more: new memory would be mapped and cleared for each.
#[derive(Debug)]
pub(super) struct FrameReader {
    buffer: BytesMut,
    max_bytes: usize,
    /// The size of the last frame.
    trusted: usize,
    /// The last large frames; none while small ones come, so that an idle connection holds little.
    kept: VecDeque<Bytes>,
}

impl FrameReader {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { buffer: BytesMut::new(), max_bytes, trusted: 0, kept: VecDeque::new() }
    }

    /// The next frame without its size. `came` is told how many bytes were read.
    ///
    /// Not cancel safe: the size is gone from the buffer before the frame is whole.
    pub(super) async fn read(
        &mut self,
        socket: &mut (dyn AsyncRead + Send + Unpin),
        mut came: impl FnMut(usize),
    ) -> Result<Bytes, FrameError> {
        while self.buffer.len() < 4 {
            self.buffer.reserve(SMALL_READ);
            came(read_some(socket, &mut self.buffer).await?);
        }
        let announced = self.buffer.get_i32();
        let size = usize::try_from(announced).ok().filter(|size| *size <= self.max_bytes);
        let size = size.ok_or(FrameError::Size(announced))?;
        self.reuse_memory(size);
        // In one piece, and before anything has to be copied there.
        self.buffer.reserve(size.min(self.trusted).saturating_sub(self.buffer.len()));
        while self.buffer.len() < size {
            let room = self.buffer.capacity() - self.buffer.len();
            let missing = size - self.buffer.len();
            if room < missing.min(SMALL_READ) || room == 0 {
                self.buffer.reserve(missing.min(self.buffer.len().max(FIRST_RESERVE)));
            }
            came(read_some(socket, &mut self.buffer).await?);
        }
        let frame = self.buffer.split_to(size).freeze();
        self.keep(&frame);
        Ok(frame)
    }

    /// Goes on in the memory of an earlier frame, if one is large enough and nobody reads in it.
    fn reuse_memory(&mut self, size: usize) {
        if size < MIN_KEPT || self.buffer.capacity() >= size {
            return;
        }
        let Some(at) = self.kept.iter().position(Bytes::is_unique) else { return };
        let Some(mut memory) = self.kept.remove(at).and_then(|frame| frame.try_into_mut().ok()) else { return };
        if memory.capacity() >= size {
            memory.clear();
            memory.extend_from_slice(&self.buffer);
            self.buffer = memory;
        }
    }

    fn keep(&mut self, frame: &Bytes) {
        self.trusted = frame.len();
        if frame.len() < MIN_KEPT {
            self.kept.clear();
        } else if frame.len() <= MAX_KEPT {
            self.kept.truncate(KEPT - 1);
            self.kept.push_front(frame.clone());
        }
    }
}

async fn read_some(socket: &mut (dyn AsyncRead + Send + Unpin), buffer: &mut BytesMut) -> Result<usize, FrameError> {
    match socket.read_buf(buffer).await {
        Ok(0) => Err(FrameError::Io(io::ErrorKind::UnexpectedEof.into())),
        Ok(read) => Ok(read),
        Err(error) => Err(FrameError::Io(error)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, DuplexStream};

    use super::*;

    const LARGE: usize = 3 << 20;

    async fn write(stream: &mut DuplexStream, frames: &[Vec<u8>]) {
        for frame in frames {
            stream.write_i32(frame.len() as i32).await.unwrap();
            stream.write_all(frame).await.unwrap();
        }
    }

    /// A reader and the frames that it is sent.
    fn sent(frames: Vec<Vec<u8>>) -> (FrameReader, DuplexStream) {
        let (mut theirs, ours) = tokio::io::duplex(64 << 10);
        tokio::spawn(async move { write(&mut theirs, &frames).await });
        (FrameReader::new(100 << 20), ours)
    }

    #[tokio::test]
    async fn frames_of_all_sizes_come_out_as_they_were_sent_whether_or_not_the_ones_before_are_kept() {
        let sizes = [0, 1, 70_000, LARGE, LARGE - 1, 5, LARGE, 200_000, LARGE + 1, LARGE, 0, LARGE];
        let frames: Vec<_> = sizes.iter().enumerate().map(|(at, size)| vec![at as u8; *size]).collect();
        for held in [0, 1, 2, 12] {
            let (mut reader, mut socket) = sent(frames.clone());
            let mut total = 0;
            let mut read: VecDeque<Bytes> = VecDeque::new();
            for (at, frame) in frames.iter().enumerate() {
                read.push_back(reader.read(&mut socket, |bytes| total += bytes).await.unwrap());
                assert_eq!(read.back().unwrap(), frame, "frame {at}, {held} held");
                read.drain(..read.len().saturating_sub(held));
                for (frame, back) in read.iter().rev().zip((0..=at).rev()) {
                    assert_eq!(frame, &frames[back], "frame {back} after frame {at}");
                }
            }
            assert_eq!(total, frames.iter().map(|frame| frame.len() + 4).sum::<usize>());
        }
    }

    #[tokio::test]
    async fn a_large_frame_takes_the_memory_of_one_that_nobody_reads_in_any_more() {
        let (mut reader, mut socket) = sent(vec![vec![1; LARGE]; 6]);
        let mut places = Vec::new();
        for _ in 0..6 {
            places.push(reader.read(&mut socket, |_| {}).await.unwrap().as_ptr());
        }
        places.sort_unstable();
        places.dedup();
        assert!(places.len() <= 3, "{} places", places.len());
    }

    #[tokio::test]
    async fn a_small_frame_lets_go_of_what_was_kept() {
        let (mut reader, mut socket) = sent(vec![vec![1; LARGE], vec![2; LARGE], vec![3; 10]]);
        for kept in [1, 2, 0] {
            reader.read(&mut socket, |_| {}).await.unwrap();
            assert_eq!(reader.kept.len(), kept);
        }
    }

    #[tokio::test]
    async fn memory_is_reserved_by_what_came_before_and_not_by_what_is_announced() {
        for (before, room) in [(10, 0..=2 * FIRST_RESERVE), (LARGE, LARGE..=2 * LARGE)] {
            let (mut theirs, mut ours) = tokio::io::duplex(1 << 10);
            tokio::spawn(async move {
                write(&mut theirs, &[vec![7; before]]).await;
                theirs.write_i32(99 << 20).await.unwrap();
                theirs.write_all(b"little").await.unwrap();
            });
            let mut reader = FrameReader::new(100 << 20);
            reader.read(&mut ours, |_| {}).await.unwrap();
            let end = reader.read(&mut ours, |_| {}).await;
            assert!(matches!(end, Err(FrameError::Io(_))), "{end:?}");
            assert!(room.contains(&reader.buffer.capacity()), "{} bytes after {before}", reader.buffer.capacity());
        }
    }

    #[tokio::test]
    async fn a_size_that_may_not_be_is_told() {
        for size in [-1, i32::MIN, (100 << 20) + 1, i32::MAX] {
            let (mut theirs, mut ours) = tokio::io::duplex(64);
            theirs.write_i32(size).await.unwrap();
            let result = FrameReader::new(100 << 20).read(&mut ours, |_| {}).await;
            assert!(matches!(result, Err(FrameError::Size(told)) if told == size), "{result:?}");
        }
    }
}
