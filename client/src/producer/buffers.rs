//! The memory of batches, used again. A large buffer that is allocated for each batch is mapped, cleared page by page and
//! given back to the system each time, which costs more than encoding the records into it does.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};

/// A smaller buffer is quicker allocated than found.
const MIN_KEPT: usize = 16 * 1024;
/// Bytes that are kept at most while no batch needs them, whatever `buffer.memory` is.
const MAX_IDLE_BYTES: usize = 8 * 1024 * 1024;
/// The part of `buffer.memory` that may be kept: it comes on top of it.
const SHARE_OF_MEMORY: usize = 8;
/// A buffer with more times the room that is wanted is left for a batch that needs it.
const MOST_TIMES_THE_ROOM: usize = 4;

/// Buffers of batches that have come to their end.
#[derive(Debug)]
pub(crate) struct BatchBuffers {
    idle: Mutex<Idle>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Idle {
    /// The one that came last is the last.
    buffers: VecDeque<BytesMut>,
    bytes: usize,
}

impl BatchBuffers {
    /// For a producer with so much memory for its batches.
    pub(crate) fn new(buffer_memory: usize) -> Self {
        Self { idle: Mutex::default(), limit: (buffer_memory / SHARE_OF_MEMORY).min(MAX_IDLE_BYTES) }
    }

    /// An empty buffer with room for `room` bytes.
    pub(crate) fn take(&self, room: usize) -> BytesMut {
        let kept = if room < MIN_KEPT { None } else { self.take_kept(room) };
        kept.unwrap_or_else(|| BytesMut::with_capacity(room))
    }

    fn take_kept(&self, room: usize) -> Option<BytesMut> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The last one in: its memory is still in the processor's caches.
        let fitting = room..=room.saturating_mul(MOST_TIMES_THE_ROOM);
        let at = idle.buffers.iter().rposition(|buffer| fitting.contains(&buffer.capacity()))?;
        let buffer = idle.buffers.remove(at)?;
        idle.bytes -= buffer.capacity();
        Some(buffer)
    }

    /// Takes back the memory of a batch, if nobody else has a part of it, in place of what nobody has wanted for longest.
    pub(crate) fn give_back(&self, batch: Bytes) {
        let Ok(mut buffer) = batch.try_into_mut() else { return };
        buffer.clear();
        let size = buffer.capacity();
        if !(MIN_KEPT..=self.limit).contains(&size) {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.bytes += size;
        idle.buffers.push_back(buffer);
        while idle.bytes > self.limit {
            let Some(oldest) = idle.buffers.pop_front() else { break };
            idle.bytes -= oldest.capacity();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(buffers: &BatchBuffers, room: usize) -> Bytes {
        let mut buffer = buffers.take(room);
        assert!(buffer.is_empty() && buffer.capacity() >= room);
        buffer.resize(room, 7);
        // As a builder leaves it.
        buffer.split().freeze()
    }

    #[test]
    fn memory_is_used_again_by_a_batch_that_has_room_in_it() {
        let buffers = BatchBuffers::new(1 << 30);
        let first = batch(&buffers, 100_000);
        let place = first.as_ptr();
        buffers.give_back(first);
        let large = batch(&buffers, 100_001);
        assert_ne!(large.as_ptr(), place);
        let small = batch(&buffers, 90_000);
        assert_eq!(small.as_ptr(), place);
        buffers.give_back(small);
        assert_eq!(batch(&buffers, 100_000).as_ptr(), place, "all of its room is there again");
    }

    #[test]
    fn a_batch_that_somebody_still_reads_is_left_to_them() {
        let buffers = BatchBuffers::new(1 << 30);
        let first = batch(&buffers, 100_000);
        let reader = first.slice(10..20);
        buffers.give_back(first);
        let second = batch(&buffers, 100_000);
        assert_ne!(second[10..].as_ptr(), reader.as_ptr());
        assert_eq!(reader, [7; 10].as_slice());
    }

    #[test]
    fn no_more_is_kept_than_a_share_of_the_memory_nor_anything_small() {
        let buffers = BatchBuffers::new(8 * 250_000);
        let all: Vec<_> = [100_000, 100_000, 100_000, MIN_KEPT - 1].map(|room| batch(&buffers, room)).into();
        all.into_iter().for_each(|batch| buffers.give_back(batch));
        let idle = buffers.idle.lock().unwrap();
        assert_eq!((idle.buffers.len(), idle.bytes), (2, 200_000));
    }

    #[test]
    fn what_nobody_wants_makes_room_for_what_is_wanted() {
        let buffers = BatchBuffers::new(8 * 250_000);
        let all: Vec<_> = [100_000; 2].map(|room| batch(&buffers, room)).into();
        all.into_iter().for_each(|batch| buffers.give_back(batch));
        let large = batch(&buffers, 200_000);
        let place = large.as_ptr();
        buffers.give_back(large);
        let small = batch(&buffers, 200_000 / (MOST_TIMES_THE_ROOM + 1));
        assert_ne!(small.as_ptr(), place, "it is no batch for so large a buffer");
        assert_eq!(batch(&buffers, 200_000).as_ptr(), place);
        buffers.give_back(batch(&buffers, 250_001));
        assert!(buffers.idle.lock().unwrap().buffers.is_empty(), "it is larger than all that may be kept");
    }
}
