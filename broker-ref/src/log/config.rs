//! The settings of one log.

use ottla_protocol::record::{Compression, TimestampType};

/// What happens to old records: `cleanup.policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Old segments are deleted by time and size.
    pub delete: bool,
    /// The last record of each key is kept.
    pub compact: bool,
}

/// The settings of one log, under the names of Kafka's topic settings; the defaults are Kafka's.
///
/// `None` stands for Kafka's -1 or `Long.MAX_VALUE`: no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `segment.bytes`: a segment is rolled before it grows past this.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is rolled when its first record is older than this.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: at most this is subtracted from `segment_ms`, so that logs do not roll all at once.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: a segment is rolled when one of its indexes would grow past this.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: more bytes of batches than this lie between two index entries.
    pub index_interval_bytes: u32,
    /// `retention.ms`: segments whose largest timestamp is older are deleted.
    pub retention_ms: Option<i64>,
    /// `retention.bytes`: the oldest segments are deleted while the others hold this much.
    pub retention_bytes: Option<u64>,
    /// `file.delete.delay.ms`: how long a deleted file stays, so that readers can finish.
    pub file_delete_delay_ms: i64,
    /// `flush.messages`: flush after this many records.
    pub flush_messages: Option<i64>,
    /// `flush.ms`: flush when the oldest unflushed record is this old.
    pub flush_ms: Option<i64>,
    /// `max.message.bytes`: the largest batch. Checked by whoever validates batches.
    pub max_message_bytes: u32,
    /// `message.timestamp.type`. Applied by whoever validates batches.
    pub message_timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far a record may lie in the past.
    pub message_timestamp_before_max_ms: Option<i64>,
    /// `message.timestamp.after.max.ms`: how far a record may lie in the future.
    pub message_timestamp_after_max_ms: Option<i64>,
    /// `compression.type`: `None` is `producer`, which keeps each batch's own codec.
    pub compression_type: Option<Compression>,
    /// `compression.gzip.level`: -1 is the codec's default.
    pub compression_gzip_level: i32,
    /// `compression.lz4.level`.
    pub compression_lz4_level: i32,
    /// `compression.zstd.level`.
    pub compression_zstd_level: i32,
    /// `min.insync.replicas`. Checked by whoever owns the replicas.
    pub min_insync_replicas: i32,
    /// `min.cleanable.dirty.ratio`.
    pub min_cleanable_dirty_ratio: f64,
    /// `min.compaction.lag.ms`.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: Option<i64>,
    /// `delete.retention.ms`: how long a compacted log keeps tombstones.
    pub delete_retention_ms: i64,
    /// `producer.id.expiration.ms`: an idempotent producer that is idle for this long is forgotten.
    pub producer_id_expiration_ms: i64,
    /// How many bytes at the end of the log are also kept in memory, for readers that keep up.
    /// Not a Kafka setting; storage in memory needs none.
    pub tail_cache_bytes: usize,
}

impl Default for LogConfig {
    fn default() -> Self {
        const HOUR_MS: i64 = 60 * 60 * 1000;
        Self {
            cleanup_policy: CleanupPolicy { delete: true, compact: false },
            segment_bytes: 1024 * 1024 * 1024,
            segment_ms: 7 * 24 * HOUR_MS,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 * 1024 * 1024,
            index_interval_bytes: 4096,
            retention_ms: Some(7 * 24 * HOUR_MS),
            retention_bytes: None,
            file_delete_delay_ms: 60_000,
            flush_messages: None,
            flush_ms: None,
            max_message_bytes: 1_048_588,
            message_timestamp_type: TimestampType::CreateTime,
            message_timestamp_before_max_ms: None,
            message_timestamp_after_max_ms: Some(HOUR_MS),
            compression_type: None,
            compression_gzip_level: -1,
            compression_lz4_level: 9,
            compression_zstd_level: 3,
            min_insync_replicas: 1,
            min_cleanable_dirty_ratio: 0.5,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: None,
            delete_retention_ms: 24 * HOUR_MS,
            producer_id_expiration_ms: 24 * HOUR_MS,
            tail_cache_bytes: 2 * 1024 * 1024,
        }
    }
}

impl LogConfig {
    /// How old a segment gets, in milliseconds. Only what is in a segment that is over can be compacted.
    pub(crate) fn roll_ms(&self) -> i64 {
        let lag = self.max_compaction_lag_ms.filter(|_| self.cleanup_policy.compact);
        lag.map_or(self.segment_ms, |lag| lag.min(self.segment_ms))
    }

    /// Entries that an offset index of this size holds.
    pub(crate) fn max_offset_entries(&self) -> usize {
        self.segment_index_bytes as usize / super::index::OFFSET_ENTRY_LEN
    }

    /// Entries that a time index of this size holds.
    pub(crate) fn max_time_entries(&self) -> usize {
        self.segment_index_bytes as usize / super::index::TIME_ENTRY_LEN
    }
}
