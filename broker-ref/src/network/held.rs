//! How much memory the responses take that clients have not read yet, of all connections together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// What a response may have in any case: a client that reads must get on, whatever others do.
const MIN_ROOM: usize = 64 * 1024;

/// The responses of a node that are being made or written.
///
/// A connection has one at most, but connections are many, and whoever does not read keeps a response for as long as the
/// idle time is.
#[derive(Debug, Default)]
pub(crate) struct HeldResponses {
    bytes: AtomicUsize,
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    all: Arc<HeldResponses>,
    bytes: usize,
}

impl HeldResponses {
    /// Counts the bytes of a response.
    pub(crate) fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Held { all: self.clone(), bytes }
    }

    /// Room for a response of up to so many bytes: less where all of them together would be above the limit.
    pub(crate) fn room(self: &Arc<Self>, wanted: usize, limit: usize) -> Held {
        let room = |held: usize| wanted.min(limit.saturating_sub(held).max(MIN_ROOM));
        let mut held = self.bytes.load(Ordering::Relaxed);
        while let Err(now) =
            self.bytes.compare_exchange_weak(held, held + room(held), Ordering::Relaxed, Ordering::Relaxed)
        {
            held = now;
        }
        Held { all: self.clone(), bytes: room(held) }
    }
}

impl Held {
    /// How many.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: usize = 1 << 20;

    #[test]
    fn there_is_less_room_the_more_is_held_and_always_some() {
        let all = Arc::new(HeldResponses::default());
        let first = all.room(50 * MB, 80 * MB);
        assert_eq!(first.bytes(), 50 * MB);
        assert_eq!(all.room(50 * MB, 80 * MB).bytes(), 30 * MB);
        let second = all.hold(40 * MB);
        assert_eq!(all.room(50 * MB, 80 * MB).bytes(), MIN_ROOM);
        assert_eq!(all.room(10, 80 * MB).bytes(), 10);
        drop((first, second));
        assert_eq!(all.bytes.load(Ordering::Relaxed), 0);
    }
}
