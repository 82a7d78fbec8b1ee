//! Reading frames: a signed 32-bit size and that many bytes.

use std::{collections::VecDeque, io};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of a response is reserved before its first byte has come: the length is only the server's word.
const FIRST_RESERVE: usize = 1 << 20;
const SMALL_READ: usize = 16 << 10;
/// A smaller frame is quicker given memory of its own than memory of another's.
const MIN_KEPT: usize = 128 << 10;
/// How much memory is kept in all, the frames that are still read in included. It bounds what a frame holds beyond its
/// size, too: a small one may lie in the memory of a larger one.
const MAX_KEPT: usize = 48 << 20;
/// How many of those that nobody reads in are kept: what a while ago took more of them need not come again.
const MAX_IDLE: usize = 3;
/// Large frames get memory in multiples of this, so that one which is a little larger fits in the place of another.
const LARGE_STEP: usize = 256 << 10;

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
    /// Large frames, the newest first; none while small ones come, so that an idle connection holds little.
    kept: VecDeque<Kept>,
}

/// A frame whose memory may be used again.
#[derive(Debug)]
struct Kept {
    frame: Bytes,
    capacity: usize,
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
        self.buffer.reserve(room_for(size.min(self.trusted)).saturating_sub(self.buffer.len()));
        while self.buffer.len() < size {
            let room = self.buffer.capacity() - self.buffer.len();
            let missing = size - self.buffer.len();
            if room < missing.min(SMALL_READ) || room == 0 {
                self.buffer.reserve(missing.min(self.buffer.len().max(FIRST_RESERVE)));
            }
            came(read_some(socket, &mut self.buffer).await?);
        }
        let capacity = self.buffer.capacity();
        let frame = self.buffer.split_to(size).freeze();
        self.keep(&frame, capacity);
        Ok(frame)
    }

    /// Goes on in the memory of an earlier frame, if one is large enough and nobody reads in it. The newest of them is
    /// the likeliest to be in a cache still.
    fn reuse_memory(&mut self, size: usize) {
        if size < MIN_KEPT || self.buffer.capacity() >= size {
            return;
        }
        let fits = |kept: &Kept| kept.capacity >= size && kept.frame.is_unique();
        let Some(at) = self.kept.iter().position(fits) else {
            // New memory will come, so what has not been of use for longest goes.
            self.drop_oldest_idle();
            return;
        };
        let memory = self.kept.remove(at).and_then(|kept| kept.frame.try_into_mut().ok());
        if let Some(mut memory) = memory.filter(|memory| memory.capacity() >= size) {
            memory.clear();
            memory.extend_from_slice(&self.buffer);
            self.buffer = memory;
        }
    }

    fn keep(&mut self, frame: &Bytes, capacity: usize) {
        self.trusted = frame.len();
        if frame.len() < MIN_KEPT {
            self.kept.clear();
            if capacity >= MIN_KEPT {
                // The rest of a large frame's memory: it would be gone on in for ever.
                self.buffer = BytesMut::from(&self.buffer[..]);
            }
            return;
        }
        let total = capacity + self.kept.iter().map(|kept| kept.capacity).sum::<usize>();
        let idle = self.kept.iter().filter(|kept| kept.frame.is_unique()).count();
        if total > MAX_KEPT || idle > MAX_IDLE {
            self.drop_oldest_idle();
        }
        // Those in use stay: the oldest of them is the next to be free.
        if self.kept.iter().map(|kept| kept.capacity).sum::<usize>() + capacity <= MAX_KEPT {
            self.kept.push_front(Kept { frame: frame.clone(), capacity });
        }
    }

    fn drop_oldest_idle(&mut self) {
        let at = self.kept.iter().rposition(|kept| kept.frame.is_unique());
        drop(at.and_then(|at| self.kept.remove(at)));
    }
}

fn room_for(size: usize) -> usize {
    if size < MIN_KEPT { size } else { size.next_multiple_of(LARGE_STEP) }
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
    async fn memory_goes_round_however_many_frames_wait_to_be_read() {
        const WAITING: usize = 9;
        let (mut reader, mut socket) = sent(vec![vec![1; LARGE]; 40]);
        let (mut places, mut waiting) = (Vec::new(), VecDeque::new());
        for _ in 0..40 {
            waiting.push_back(reader.read(&mut socket, |_| {}).await.unwrap());
            places.push(waiting.back().unwrap().as_ptr());
            waiting.drain(..waiting.len().saturating_sub(WAITING));
        }
        places.sort_unstable();
        places.dedup();
        assert!(places.len() <= WAITING + 2, "{} places", places.len());
    }

    #[tokio::test]
    async fn no_more_is_kept_than_is_allowed() {
        const SIZE: usize = 10 << 20;
        let (mut reader, mut socket) = sent(vec![vec![1; SIZE]; 10]);
        let mut held = Vec::new();
        for _ in 0..10 {
            held.push(reader.read(&mut socket, |_| {}).await.unwrap());
            let kept: usize = reader.kept.iter().map(|kept| kept.capacity).sum();
            assert!(kept <= MAX_KEPT, "{kept} bytes");
        }
        assert_eq!(reader.kept.back().unwrap().frame.as_ptr(), held[0].as_ptr(), "the first to be free again");
    }

    #[tokio::test]
    async fn memory_that_is_too_small_makes_room_for_larger() {
        let sizes = [LARGE / 4, LARGE / 4, LARGE, LARGE, LARGE / 4, LARGE];
        let (mut reader, mut socket) = sent(sizes.iter().map(|size| vec![1; *size]).collect());
        let mut places = Vec::new();
        let mut last = None;
        for _ in sizes {
            let frame = reader.read(&mut socket, |_| {}).await.unwrap();
            places.push(frame.as_ptr());
            last = Some(frame);
            assert!(reader.kept.len() <= 2, "{places:?}");
        }
        drop(last);
        assert!(places[2..4].contains(&places[4]) && places[2..4].contains(&places[5]), "{places:?}");
    }

    #[tokio::test]
    async fn a_small_frame_lets_go_of_what_was_kept() {
        let (mut reader, mut socket) = sent(vec![vec![1; LARGE], vec![2; LARGE], vec![3; 10]]);
        for kept in [1, 2, 0] {
            reader.read(&mut socket, |_| {}).await.unwrap();
            assert_eq!(reader.kept.len(), kept);
        }
        assert!(reader.buffer.capacity() < MIN_KEPT, "{} bytes", reader.buffer.capacity());
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
