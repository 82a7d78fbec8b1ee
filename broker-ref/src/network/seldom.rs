//! Messages that strangers could cause without end.

use std::time::Duration;

use tokio::time::Instant;

/// Lets one message through in a while, and counts the others.
#[derive(Debug)]
pub(super) struct Seldom {
    interval: Duration,
    last: Option<Instant>,
    withheld: u64,
}

impl Seldom {
    pub(super) fn every(interval: Duration) -> Self {
        Self { interval, last: None, withheld: 0 }
    }

    /// Whether it may be said now; with how many were not since the last one.
    pub(super) fn may_speak(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.duration_since(last) < self.interval) {
            self.withheld += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.withheld))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_let_through_and_those_soon_after_it_are_counted() {
        let mut seldom = Seldom::every(Duration::from_secs(10));
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let said: Vec<_> = [0, 1, 9, 10, 11, 30].map(|s| seldom.may_speak(at(s))).into();
        assert_eq!(said, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
