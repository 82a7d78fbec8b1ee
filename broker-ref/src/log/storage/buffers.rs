//! Memory that reads of files are lent. A reader of a long log asks for a megabyte again and again: memory of its own for
//! each would be mapped, cleared and given back each time, which costs as much as the read does.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Below this the allocator has memory at hand.
const MIN_LENT: usize = 64 * 1024;
/// A read beyond this is rare, and its memory too much to keep.
const MAX_KEPT: usize = 2 * 1024 * 1024;
/// How many buffers are kept while nobody needs them.
const MAX_IDLE: usize = 8;

/// Buffers that come back when the last reader lets go of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    idle: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// A buffer until it goes back.
struct Lent {
    buffer: Vec<u8>,
    filled: usize,
    home: Buffers,
}

impl Buffers {
    /// Lets `read` fill a buffer of `len` bytes; the result is what it says to have filled. Whatever else the buffer
    /// held stays out of sight.
    pub(super) fn fill<E>(&self, len: usize, read: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<Bytes, E> {
        if !(MIN_LENT..=MAX_KEPT).contains(&len) {
            let mut buffer = vec![0; len];
            let filled = read(&mut buffer)?;
            buffer.truncate(filled);
            return Ok(buffer.into());
        }
        let mut lent = Lent { buffer: self.take(len), filled: 0, home: self.clone() };
        let filled = read(lent.buffer.get_mut(..len).unwrap_or_default())?;
        lent.filled = filled.min(len);
        Ok(Bytes::from_owner(lent))
    }

    fn take(&self, len: usize) -> Vec<u8> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().position(|buffer| buffer.len() >= len) {
            Some(at) => idle.swap_remove(at),
            None => vec![0; len.next_power_of_two()],
        }
    }

    fn give_back(&self, buffer: Vec<u8>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(buffer);
        if idle.len() > MAX_IDLE {
            // The one that is of use to fewest.
            let smallest = idle.iter().enumerate().min_by_key(|(_, buffer)| buffer.len()).map(|(at, _)| at);
            smallest.map(|at| idle.swap_remove(at));
        }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(buffers: &Buffers, len: usize, with: u8, filled: usize) -> Bytes {
        let read = |buffer: &mut [u8]| {
            assert_eq!(buffer.len(), len);
            buffer[..filled].fill(with);
            Ok::<_, std::convert::Infallible>(filled)
        };
        buffers.fill(len, read).unwrap()
    }

    #[test]
    fn memory_is_used_again_when_all_that_was_read_from_it_is_gone() {
        let buffers = Buffers::default();
        let first = filled(&buffers, 1 << 20, 1, 1 << 20);
        let place = first.as_ptr();
        let slice = first.slice(10..20);
        drop(first);
        assert_ne!(filled(&buffers, 1 << 20, 2, 1 << 20).as_ptr(), place);
        assert_eq!(slice, [1; 10].as_slice());
        drop(slice);
        let again = [filled(&buffers, 1 << 20, 3, 1 << 20), filled(&buffers, 1 << 20, 3, 1 << 20)];
        assert!(again.iter().any(|bytes| bytes.as_ptr() == place));
    }

    #[test]
    fn what_an_earlier_reader_had_is_not_seen() {
        let buffers = Buffers::default();
        for len in [1000, MIN_LENT, 100_000, MAX_KEPT, MAX_KEPT + 1] {
            drop(filled(&buffers, len, 7, len));
            assert_eq!(filled(&buffers, len, 8, 3), [8; 3].as_slice(), "{len}");
            assert_eq!(filled(&buffers, len, 8, 0), [].as_slice(), "{len}");
        }
    }

    #[test]
    fn a_read_that_fails_gives_its_memory_back_and_no_more_than_a_few_buffers_are_kept() {
        let buffers = Buffers::default();
        assert_eq!(buffers.fill(MIN_LENT, |_| Err::<usize, _>("no")), Err("no"));
        assert_eq!(buffers.idle.lock().unwrap().len(), 1);
        let many: Vec<_> = (0..3 * MAX_IDLE).map(|_| filled(&buffers, MIN_LENT, 1, 1)).collect();
        drop(many);
        assert_eq!(buffers.idle.lock().unwrap().len(), MAX_IDLE);
        let large = filled(&buffers, 1 << 20, 1, 1);
        let place = large.as_ptr();
        drop(large);
        assert_eq!(filled(&buffers, 1 << 20, 1, 1).as_ptr(), place, "small ones do not keep a large one out");
    }
}
