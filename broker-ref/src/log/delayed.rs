//! What is done after a delay.

use std::collections::VecDeque;

/// Things that each wait for the same delay, in the order in which they began to.
#[derive(Debug)]
pub(super) struct Delayed<T> {
    /// Each with the time that it waits since, in milliseconds since the epoch.
    waiting: VecDeque<(i64, T)>,
}

impl<T> Default for Delayed<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new() }
    }
}

impl<T> Delayed<T> {
    /// Something begins to wait. What could not be done is put here again, for another try after the delay.
    pub(super) fn push(&mut self, now_ms: i64, item: T) {
        self.waiting.push_back((now_ms, item));
    }

    /// Takes out what has waited for the delay.
    pub(super) fn take_due(&mut self, now_ms: i64, delay_ms: i64) -> Vec<T> {
        // When the clock was set back, how long they have waited cannot be told: they begin anew.
        self.waiting.iter_mut().for_each(|(since_ms, _)| *since_ms = (*since_ms).min(now_ms));
        let due = self.waiting.iter().take_while(|(since_ms, _)| now_ms.saturating_sub(*since_ms) >= delay_ms).count();
        self.waiting.drain(..due).map(|(_, item)| item).collect()
    }

    /// Since when the first one waits.
    pub(super) fn first_since_ms(&self) -> Option<i64> {
        self.waiting.front().map(|(since_ms, _)| *since_ms)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().map(|(_, item)| item)
    }

    /// Forgets what it is told to.
    pub(super) fn remove(&mut self, is_gone: impl Fn(&T) -> bool) {
        self.waiting.retain(|(_, item)| !is_gone(item));
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

impl<T> FromIterator<(i64, T)> for Delayed<T> {
    fn from_iter<I: IntoIterator<Item = (i64, T)>>(items: I) -> Self {
        Self { waiting: items.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_waited_for_the_delay_is_due_in_order() {
        let mut delayed = Delayed::default();
        delayed.push(1000, "a");
        delayed.push(1050, "b");
        assert_eq!(delayed.take_due(1099, 100), [""; 0]);
        assert_eq!(delayed.take_due(1149, 100), ["a"]);
        assert_eq!(delayed.take_due(1150, 100), ["b"]);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_wait_for_longer_than_another_delay() {
        let mut delayed = Delayed::default();
        delayed.push(1_000_000, "a");
        assert_eq!(delayed.take_due(5_000, 100), [""; 0]);
        assert_eq!(delayed.take_due(5_099, 100), [""; 0]);
        assert_eq!(delayed.take_due(5_100, 100), ["a"]);
    }
}
