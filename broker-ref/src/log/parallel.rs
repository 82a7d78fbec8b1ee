//! Work that waits for the disk, done for many logs at once.

use std::{
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Syncs that wait together share a write of the file system's journal, so that many take hardly longer than one.
const THREADS: usize = 16;

/// The result of each item, in their order. Blocks.
pub(super) fn for_each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = THREADS.min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take_turns = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        // Where the system gives no more threads, fewer do the work, or this one alone.
        let others = (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, take_turns).ok());
        let others: Vec<_> = others.collect();
        let mut results = take_turns();
        for other in others {
            results.extend(other.join().unwrap_or_else(|cause| panic::resume_unwind(cause)));
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_its_result_in_its_place() {
        for count in [0, 1, 2, THREADS, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(for_each(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn items_are_worked_on_together() {
        let all_here = std::sync::Barrier::new(THREADS);
        for_each(&[(); THREADS], |()| all_here.wait());
    }
}
