//! How much to ask of a broker at once.

use std::time::Duration;

/// Three answers of this size are in the last cache of most processors together: the one that arrives, the one that is
/// read, and the one between them.
const LEAST: usize = 4 << 20;
/// A broker that takes longer for an answer is so far away that there should be fewer of them.
const SLOW: Duration = Duration::from_millis(20);
/// One that takes no longer is near.
const QUICK: Duration = Duration::from_millis(10);

/// The most bytes to ask of one broker in a fetch; `fetch.max.bytes` is the most that it may become.
///
/// The records of a small answer are still in the processor's cache when they are read, and the next answer takes the
/// memory of the one before it. From a broker that is far away only what is under way counts, so that as much is asked of
/// it as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResponseLimit(usize);

impl Default for ResponseLimit {
    fn default() -> Self {
        Self(LEAST)
    }
}

impl ResponseLimit {
    pub(super) fn bytes(self) -> usize {
        self.0
    }

    /// Learns from an answer to a request for so many bytes, which other limits may have made fewer. One that is not
    /// nearly full tells nothing: it may have been waited for.
    pub(super) fn answered(&mut self, asked: usize, bytes: u64, took: Duration) {
        if bytes < asked as u64 / 2 {
            return;
        }
        if took >= SLOW {
            self.0 = asked.saturating_mul(2).min(i32::MAX as usize).max(self.0);
        } else if took <= QUICK {
            self.0 = (asked / 2).max(LEAST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit after answers of so many MiB in so many milliseconds, if `most` MiB may be asked for.
    fn after_at_most(most: usize, answers: &[(u64, u64)]) -> usize {
        let mut limit = ResponseLimit::default();
        for (mebibytes, milliseconds) in answers {
            let asked = limit.bytes().min(most << 20);
            limit.answered(asked, mebibytes << 20, Duration::from_millis(*milliseconds));
        }
        limit.bytes() >> 20
    }

    fn after(answers: &[(u64, u64)]) -> usize {
        after_at_most(1000, answers)
    }

    #[test]
    fn more_is_asked_of_a_broker_that_is_far_away_and_less_again_when_it_comes_near() {
        assert_eq!(after(&[(4, 100)]), 8);
        assert_eq!(after(&[(4, 100), (8, 100), (16, 100)]), 32);
        assert_eq!(after(&[(4, 100), (8, 15)]), 8, "neither far nor near");
        assert_eq!(after(&[(4, 100), (8, 2)]), 4);
        assert_eq!(after(&[(4, 2)]), 4, "and no less");
    }

    #[test]
    fn an_answer_that_may_have_been_waited_for_tells_nothing() {
        assert_eq!(after(&[(1, 500)]), 4);
        assert_eq!(after(&[(4, 100), (0, 1)]), 8);
    }

    #[test]
    fn a_limit_above_all_others_comes_down_with_them() {
        let slow = [(4, 100), (8, 100), (10, 100), (10, 100)];
        assert_eq!(after_at_most(10, &slow), 20);
        assert_eq!(after_at_most(10, &[&slow[..], &[(10, 2)]].concat()), 5);
        assert_eq!(after_at_most(1, &[(1, 100)]), 4);
    }

    #[test]
    fn no_more_is_asked_for_than_a_request_can_say() {
        let mut limit = ResponseLimit::default();
        for _ in 0..40 {
            limit.answered(limit.bytes(), u64::MAX, SLOW);
        }
        assert_eq!(limit.bytes(), i32::MAX as usize);
    }
}
