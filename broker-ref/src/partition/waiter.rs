//! Fetches that wait for more to read.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tokio::sync::Notify;

use super::Partition;

/// A fetch that waits until its partitions have grown by enough bytes together, or one of them has changed so that
/// waiting is pointless.
#[derive(Debug)]
pub(crate) struct FetchWaiter {
    missing_bytes: AtomicI64,
    wake: Notify,
}

impl FetchWaiter {
    /// A waiter that is satisfied by this many more bytes.
    pub(crate) fn new(missing_bytes: i64) -> Arc<Self> {
        Arc::new(Self { missing_bytes: AtomicI64::new(missing_bytes), wake: Notify::new() })
    }

    /// Counts bytes that readers have got more.
    pub(super) fn grew(&self, bytes: i64) {
        if self.missing_bytes.fetch_sub(bytes, Ordering::Relaxed) <= bytes {
            self.wake.notify_one();
        }
    }

    /// Ends the wait.
    pub(super) fn interrupt(&self) {
        self.wake.notify_one();
    }

    /// Waits until enough has come. Cancel safe.
    pub(crate) async fn satisfied(&self) {
        self.wake.notified().await;
    }
}

/// A waiter's place in the lists of its partitions, given up on drop.
#[derive(Debug)]
pub(crate) struct Registration {
    waiter: Arc<FetchWaiter>,
    partitions: Vec<Arc<Partition>>,
}

impl Registration {
    pub(crate) fn new(waiter: Arc<FetchWaiter>) -> Self {
        Self { waiter, partitions: Vec::new() }
    }

    /// Waits on a partition too. `seen_end_offset` is where readers had to stop when it was read; if that is out of
    /// date already, there is nothing to wait for.
    pub(crate) fn add(&mut self, partition: &Arc<Partition>, seen_end_offset: i64, committed_only: bool) {
        if partition.add_waiter(&self.waiter, seen_end_offset, committed_only) {
            self.partitions.push(partition.clone());
        } else {
            self.waiter.interrupt();
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        for partition in &self.partitions {
            partition.remove_waiter(&self.waiter);
        }
    }
}
