//! What can go wrong with a log, one enum per operation.

use std::io;

use ottla_protocol::record::BatchError;

/// A log directory or one of its files could not be used.
///
/// Every variant names the file or directory, and its text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}; check free space, permissions, open files and the disk")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or directory.
        path: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A file holds what cannot be right and what no recovery may throw away.
    #[error("{path} is damaged: {reason}; {remedy}")]
    Corrupt {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another process uses the directory.
    #[error("{path} is locked: stop the other broker that uses this log directory, or give this one another")]
    Locked {
        /// The lock file.
        path: String,
    },
    /// The directory belongs to another cluster or node.
    #[error(
        "{path} says {key}={found}, but this broker has {key}={expected}: use the log directory of this node, or \
         correct the file if it is damaged"
    )]
    Foreign {
        /// The `meta.properties` file.
        path: String,
        /// Which property differs.
        key: &'static str,
        /// Its value in the file.
        found: String,
        /// The value that this broker runs with.
        expected: String,
    },
    /// The partition's directory belongs to an earlier topic of the same name.
    #[error(
        "{path} says topic id {found}, not {expected}: correct it if it is damaged, or move the directory away if the \
         topic was created anew"
    )]
    InconsistentTopicId {
        /// The `partition.metadata` file.
        path: String,
        /// The id in the file.
        found: String,
        /// The id asked for.
        expected: String,
    },
    /// The partition's directory belongs to another topic that there is.
    #[error(
        "{path} holds a log of topic {found}, not of {expected}: were directories swapped? Give it its name back, or \
         move it away"
    )]
    Misplaced {
        /// The directory.
        path: String,
        /// The topic whose log it is.
        found: String,
        /// The topic that the directory is called after.
        expected: String,
    },
    /// An earlier write failed and could not be undone, so the tail of the file is unknown.
    #[error("{path} had a failed write that could not be undone: restart the broker, so that recovery repairs the log")]
    Failed {
        /// The directory of the partition.
        path: String,
    },
    /// The name cannot be one of a topic, so there is no directory for it.
    #[error("topic name {name:?} is not legal: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-', and not '.' or '..'")]
    InvalidTopicName {
        /// The name, cut to a printable length.
        name: String,
    },
    /// There is no such partition in the directory.
    #[error("{path} does not exist: create the partition first")]
    UnknownPartition {
        /// The directory of the partition.
        path: String,
    },
}

/// Why an append was refused. Nothing was written, unless it is [`AppendError::Log`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The storage failed; the partition must not take further writes when it is [`LogError::Failed`].
    #[error(transparent)]
    Log(#[from] LogError),
    /// The buffer is not a whole number of v2 batches: the caller must validate first.
    #[error("the records are not valid: {0}")]
    InvalidBatch(#[from] BatchError),
    /// There was no batch in the buffer.
    #[error("there is nothing to append")]
    Empty,
    /// The batches do not fit in one segment: raise `segment.bytes` or send less (RECORD_LIST_TOO_LARGE).
    #[error("{size} bytes of records do not fit in a segment of {segment_bytes} bytes (segment.bytes)")]
    RecordListTooLarge {
        /// Bytes of the batches.
        size: u64,
        /// The limit.
        segment_bytes: u32,
    },
    /// A sequence number is missing or older than what is remembered (OUT_OF_ORDER_SEQUENCE_NUMBER).
    #[error("producer {producer_id} sent sequence {found} after {last}")]
    OutOfOrderSequence {
        /// The producer.
        producer_id: i64,
        /// The first sequence of the batch.
        found: i32,
        /// The last sequence in the log, or -1.
        last: i32,
    },
    /// A newer instance of the producer has written already (INVALID_PRODUCER_EPOCH).
    #[error("producer {producer_id} has epoch {found}, but epoch {current} has written already")]
    InvalidProducerEpoch {
        /// The producer.
        producer_id: i64,
        /// The epoch of the batch.
        found: i16,
        /// The epoch in the log.
        current: i16,
    },
    /// A batch outside of a transaction while the producer has one open (INVALID_TXN_STATE).
    #[error("producer {producer_id} has a transaction open, so its batches must be transactional")]
    InvalidTransactionState {
        /// The producer.
        producer_id: i64,
    },
    /// A replicated batch would not continue this log.
    #[error("offset {found} does not follow the log end offset {log_end_offset}")]
    OffsetsOutOfOrder {
        /// The base offset of the batch.
        found: i64,
        /// What the next offset can be at least.
        log_end_offset: i64,
    },
    /// The log has used up all offsets.
    #[error("the log end offset {log_end_offset} leaves no room for these records")]
    OffsetsExhausted {
        /// Where the log ends.
        log_end_offset: i64,
    },
}

/// Why a log was not compacted. It is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompactionError {
    /// The storage failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A batch cannot be read, and what cannot be read is not written anew.
    #[error("{path} cannot be compacted: {reason}; stop the broker and restore the file from a copy")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The new segment would have more than 2 GiB.
    #[error("{path} would be larger than a segment can be: lower segment.bytes")]
    TooLarge {
        /// The file.
        path: String,
    },
    /// The log was closed, or the broker stops.
    #[error("the compaction was ended before it was done")]
    Stopped,
}

/// Why an offset could not be read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The storage failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log does not hold this offset (OFFSET_OUT_OF_RANGE): seek to one that it holds.
    #[error("offset {offset} is outside of {log_start_offset} to {end_offset}")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: i64,
        /// The first offset that there is.
        log_start_offset: i64,
        /// The end (exclusive).
        end_offset: i64,
    },
}
