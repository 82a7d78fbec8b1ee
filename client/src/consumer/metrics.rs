//! What a consumer counts.

use std::time::Duration;

use crate::metrics::define_metrics;

use super::fetch::Tally;

define_metrics! {
    /// Counters of one consumer since it was made.
    pub struct ConsumerMetrics of ConsumerCounters {
        /// Records handed out.
        records: u64,
        /// Record batches that these were in.
        batches: u64,
        /// Batches passed over because their transaction was aborted (`read_committed`).
        aborted_batches: u64,
        /// Records in them.
        aborted_records: u64,
        /// Control batches passed over: the ends of transactions.
        control_batches: u64,
        /// Fetch requests answered.
        fetches: u64,
        /// Those whose answers had no records.
        empty_fetches: u64,
        /// Fetch requests that were not answered.
        fetch_failures: u64,
        /// From each fetch request to its answer, added up. Brokers hold an answer back for up to `fetch.max.wait.ms`
        /// while they have no records, so much of it is no load.
        fetch_wait: Duration,
        /// Bytes of record batches fetched, compressed as they are.
        fetched_bytes: u64,
        /// Commits that the coordinator took, automatic ones too.
        commits: u64,
        /// Commits that failed.
        commit_failures: u64,
        /// Heartbeats sent to the group's coordinator.
        heartbeats: u64,
        /// Heartbeats that failed or were refused.
        heartbeat_failures: u64,
    } read {
        /// Rebalances of the group that ended with an assignment for this member.
        rebalances: u64,
        /// Times that a position was reset by `auto.offset.reset`: there was none, or the log did not have it.
        offset_resets: u64,
        /// Times that a log was found to be truncated to before what was fetched of it.
        truncations: u64,
        /// Partitions that are assigned now.
        assigned_partitions: u64,
        /// Those that are paused.
        paused_partitions: u64,
        /// Bytes that were fetched and wait to be taken.
        buffered_bytes: u64,
        /// The largest [lag](super::Consumer::lag) of a partition, as far as any is known.
        lag_max: Option<u64>,
    }
}

impl ConsumerCounters {
    pub(super) fn read(&self, tally: Tally) {
        self.batches.add(tally.batches);
        self.control_batches.add(tally.control_batches);
        self.aborted_batches.add(tally.aborted_batches);
        self.aborted_records.add(tally.aborted_records);
    }

    /// An answer to a fetch request came, with so many bytes of record batches.
    pub(super) fn fetched(&self, bytes: u64, wait: Duration) {
        self.fetches.increment();
        self.fetch_wait.add(wait);
        self.fetched_bytes.add(bytes);
        if bytes == 0 {
            self.empty_fetches.increment();
        }
    }
}
