//! What time it is, on two clocks: one that shows the time of day and may be set, and one that only goes forward.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the epoch, for what is stored and shown. The machine's clock may be set, so of two moments the
    /// later one may have the smaller timestamp.
    pub timestamp_ms: i64,
    /// Milliseconds on a clock that nobody sets and that only goes forward, for deadlines. It began at some moment, so
    /// only differences mean anything.
    pub steady_ms: i64,
}

/// Where a node gets the time from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    timestamps: Timestamps,
}

#[derive(Clone, Copy, Debug)]
enum Timestamps {
    /// The machine's clock.
    System,
    /// The runtime's clock, which tests can stop and move.
    Runtime { start_ms: i64 },
}

impl Clock {
    /// Timestamps are those of the machine's clock.
    pub(crate) fn system() -> Self {
        Self { start: Instant::now(), timestamps: Timestamps::System }
    }

    /// Timestamps follow the runtime's clock from the machine's time on.
    pub(crate) fn runtime() -> Self {
        Self { start: Instant::now(), timestamps: Timestamps::Runtime { start_ms: system_ms() } }
    }

    /// Now.
    pub(crate) fn now(&self) -> Moment {
        let steady_ms = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        let timestamp_ms = match self.timestamps {
            Timestamps::System => system_ms(),
            Timestamps::Runtime { start_ms } => start_ms.saturating_add(steady_ms),
        };
        Moment { timestamp_ms, steady_ms }
    }
}

fn system_ms() -> i64 {
    // A clock that is set before 1970 is as good as none.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn deadlines_go_by_the_runtimes_clock_wherever_timestamps_come_from() {
        for clock in [Clock::system(), Clock::runtime()] {
            let before = clock.now();
            tokio::time::advance(Duration::from_secs(3600)).await;
            assert_eq!(clock.now().steady_ms - before.steady_ms, 3_600_000);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn timestamps_follow_the_runtimes_clock_where_they_are_to() {
        let clock = Clock::runtime();
        let before = clock.now();
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(clock.now().timestamp_ms - before.timestamp_ms, 3_600_000);
    }
}
