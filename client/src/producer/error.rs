//! Why a record was not taken.

use std::time::Duration;

use crate::{client::MetadataError, config::ConfigError};

/// Why [`Producer::send`](super::Producer::send) did not take a record. Nothing of it is kept or written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nothing is known about the topic.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The topic has no such partition.
    #[error("{topic} has {count} partitions, so there is no partition {partition}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: i32,
        /// How many there are.
        count: i32,
    },
    /// The record is larger than `max.request.size` or `buffer.memory`. Raise them, and the topic's
    /// `max.message.bytes`.
    #[error(
        "the record takes up to {size} bytes, but at most {max} may be sent; raise max.request.size and buffer.memory"
    )]
    RecordTooLarge {
        /// Its size in bytes.
        size: usize,
        /// What may be.
        max: usize,
    },
    /// No room in `buffer.memory` within `max.block.ms`: the cluster takes records more slowly than they are sent.
    #[error("no room in buffer.memory after {after:?}; the brokers do not keep up")]
    BufferFull {
        /// How long was waited.
        after: Duration,
    },
    /// The producer was closed.
    #[error("the producer is closed")]
    Closed,
}

impl SendError {
    /// Whether the same record can be taken later.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::BufferFull { .. } | Self::Metadata(MetadataError::Timeout { .. }))
    }
}

/// Why a producer could not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildProducerError {
    /// The settings contradict each other.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `transactional.id` is set, and transactions are not there yet.
    #[error("transactional.id is set, but this version has no transactions yet; remove it")]
    TransactionsUnsupported,
}
