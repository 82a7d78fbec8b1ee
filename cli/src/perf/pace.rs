//! Sending at a given rate.

use std::time::Duration;

use tokio::time::Instant;

/// Says when the next record is due.
#[derive(Debug)]
pub(super) struct Pace {
    started: Instant,
    per_second: Option<u64>,
}

impl Pace {
    /// So many records a second, or as many as can be.
    pub(super) fn start(per_second: Option<u64>) -> Self {
        Self { started: Instant::now(), per_second }
    }

    /// When record number `index` is due, from 0 on; `None` is at once.
    pub(super) fn due(&self, index: u64) -> Option<Instant> {
        let per_second = self.per_second?.max(1);
        let whole = Duration::from_secs(index / per_second);
        let rest = Duration::from_nanos(index % per_second * 1_000_000_000 / per_second);
        Some(self.started + whole + rest)
    }

    /// Waits until it is due. Cancel safe.
    pub(super) async fn wait(&self, index: u64) {
        if let Some(due) = self.due(index)
            && due > Instant::now()
        {
            tokio::time::sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn records_are_due_in_equal_distances() {
        let pace = Pace::start(Some(1000));
        assert_eq!(pace.due(0), Some(pace.started));
        assert_eq!(pace.due(1500), Some(pace.started + Duration::from_millis(1500)));
        assert_eq!(Pace::start(None).due(1500), None);
    }
}
