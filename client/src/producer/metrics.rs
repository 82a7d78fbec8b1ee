//! What a producer counts.

use std::time::Duration;

use crate::metrics::{define_metrics, mean};

define_metrics! {
    /// Counters of one producer since it was made.
    pub struct ProducerMetrics of ProducerCounters {
        /// Records in batches that were ready to be sent, each counted once.
        records: u64,
        /// Records that were delivered; with `acks=0`, handed to a connection.
        records_delivered: u64,
        /// Records whose delivery failed.
        records_failed: u64,
        /// Produce requests sent.
        requests: u64,
        /// Batches in them, those sent again too.
        batches: u64,
        /// Bytes of these batches, compressed.
        batch_bytes: u64,
        /// Bytes that batches took before they were compressed, each counted once.
        uncompressed_bytes: u64,
        /// Batches sent again.
        retries: u64,
        /// Batches cut up because the broker found them too large.
        splits: u64,
        /// Times that `send` had to wait for `buffer.memory`.
        memory_waits: u64,
        /// How long it waited for that, added up.
        memory_wait: Duration,
        /// Answers to produce requests.
        responses: u64,
        /// From handing a request to the connection to its answer, added up over the answers.
        request_latency: Duration,
    } read {
        /// The same on average; zero before the first answer.
        mean_request_latency: Duration,
        /// Bytes of `buffer.memory` that are free now.
        available_memory_bytes: u64,
    }
}

impl ProducerCounters {
    pub(super) fn answered(&self, latency: Duration) {
        self.responses.increment();
        self.request_latency.add(latency);
    }

    pub(super) fn metrics(&self, available_memory_bytes: usize) -> ProducerMetrics {
        let counted = self.snapshot();
        ProducerMetrics {
            mean_request_latency: mean(counted.request_latency, counted.responses),
            available_memory_bytes: available_memory_bytes as u64,
            ..counted
        }
    }
}
