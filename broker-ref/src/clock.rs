//! What time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Where a node gets timestamps from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// The runtime's clock, which tests can stop and move; it shows the machine's time when it is made.
    Runtime { start: Instant, start_ms: i64 },
}

impl Clock {
    /// A clock that follows the runtime's from now on.
    pub(crate) fn runtime() -> Self {
        Self::Runtime { start: Instant::now(), start_ms: system_ms() }
    }

    /// Milliseconds since the epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::System => system_ms(),
            Self::Runtime { start, start_ms } => {
                let elapsed = i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX);
                start_ms.saturating_add(elapsed)
            }
        }
    }
}

fn system_ms() -> i64 {
    // A clock that is set before 1970 is as good as none.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
