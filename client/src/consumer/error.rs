//! Why consuming fails, one enum per kind of operation.

use std::time::Duration;

use ottla_protocol::{
    error_code::ErrorCode,
    record::{BatchError, RecordError},
};

use crate::{MetadataError, TopicPartition, config::ConfigError, net::RequestError};

use super::fetch::ChunkError;

/// Why there are no records.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumeError {
    /// The consumer has neither a subscription nor assigned partitions. Call `subscribe` or `assign`.
    #[error("nothing is subscribed to or assigned")]
    NothingAssigned,
    /// The group has no committed offset for the partition, and `auto.offset.reset` is an error. Seek, or commit one.
    #[error("{partition} has no committed offset")]
    NoOffset {
        /// The partition.
        partition: TopicPartition,
    },
    /// The log begins after the position or ends before it, and `auto.offset.reset` is an error. Seek.
    #[error("offset {offset} of {partition} is out of range")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: i64,
    },
    /// Records that were read are gone: a replica without them became leader. Only without an `auto.offset.reset`. Seek,
    /// to `end_offset` say.
    #[error("the log of {partition} was truncated to {end_offset:?}, before offset {offset}")]
    LogTruncated {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: i64,
        /// Up to where the log is as it was, if the leader knows.
        end_offset: Option<i64>,
    },
    /// The topic was deleted and created anew, and `auto.offset.reset` is an error. Seek.
    #[error("the topic of {partition} was created anew")]
    TopicCreatedAnew {
        /// The partition.
        partition: TopicPartition,
    },
    /// A batch cannot be read. Try again, for it may have been damaged on its way, or seek beyond it.
    #[error("bad batch at offset {offset} of {partition}: {reason}")]
    BadBatch {
        /// The partition.
        partition: TopicPartition,
        /// The position.
        offset: i64,
        /// What is wrong with it.
        reason: BadBatch,
    },
    /// The broker refuses to read the partition, for want of permission say.
    #[error("{partition}: {code}")]
    Refused {
        /// The partition.
        partition: TopicPartition,
        /// Why.
        code: ErrorCode,
    },
    /// The application took no records for `max.poll.interval.ms`, so the consumer left its group. The next call joins
    /// it again. Take fewer records at a time, or raise the interval.
    #[error("no records were taken for {interval:?}, so the group took the partitions away")]
    PollIntervalExceeded {
        /// The interval.
        interval: Duration,
    },
    /// The group does not take the consumer.
    #[error("group {group}: {reason}")]
    Group {
        /// The group.
        group: String,
        /// Why.
        reason: GroupError,
    },
}

/// What is wrong with a batch.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadBatch {
    /// The batch itself.
    #[error(transparent)]
    Batch(BatchError),
    /// A record in it.
    #[error(transparent)]
    Record(RecordError),
    /// The broker finds it damaged in its log (CORRUPT_MESSAGE); its own log says where. Seek beyond it to go on.
    #[error("the broker finds it damaged in its log")]
    Stored,
}

impl From<ChunkError> for BadBatch {
    fn from(error: ChunkError) -> Self {
        match error {
            ChunkError::Batch(error) => Self::Batch(error),
            ChunkError::Record(error) => Self::Record(error),
        }
    }
}

impl ConsumeError {
    /// Whether the same call can succeed later without a change.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::BadBatch { .. } | Self::PollIntervalExceeded { .. } => true,
            Self::Refused { code, .. } => code.is_retriable(),
            Self::NothingAssigned
            | Self::NoOffset { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::LogTruncated { .. }
            | Self::TopicCreatedAnew { .. }
            | Self::Group { .. } => false,
        }
    }

    /// Whether the consumer is of no use any more. After another error it goes on, with other partitions at least.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Group { .. })
    }

    /// The partition that the error is about, if it is about one.
    pub fn partition(&self) -> Option<&TopicPartition> {
        match self {
            Self::NoOffset { partition }
            | Self::OffsetOutOfRange { partition, .. }
            | Self::LogTruncated { partition, .. }
            | Self::TopicCreatedAnew { partition }
            | Self::BadBatch { partition, .. }
            | Self::Refused { partition, .. } => Some(partition),
            Self::NothingAssigned | Self::PollIntervalExceeded { .. } | Self::Group { .. } => None,
        }
    }
}

/// Why a group does not take a consumer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// Another member has the same `group.instance.id`, and it joined later.
    #[error("another member with the same group.instance.id has taken over")]
    Fenced,
    /// No assignor is common to all members, or the group is not one of consumers. Set
    /// `partition.assignment.strategy` alike everywhere.
    #[error("no assignor is common to all members")]
    NoCommonAssignor,
    /// The coordinator refuses, for want of permission say.
    #[error("{0}")]
    Refused(ErrorCode),
    /// A request failed for good; a broker may be too old for a static member, say.
    #[error("{0}")]
    Request(String),
    /// A member sent what cannot be read.
    #[error("bad {what} of a member: {reason}")]
    BadMemberData {
        /// The subscription or assignment.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why offsets cannot be told.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OffsetError {
    /// The partition is not assigned to this consumer.
    #[error("{partition} is not assigned")]
    NotAssigned {
        /// The partition.
        partition: TopicPartition,
    },
    /// The consumer has no group. Set `group.id`.
    #[error("the consumer has no group")]
    NoGroup,
    /// The broker refuses.
    #[error("{subject}: {code}")]
    Refused {
        /// The partition or group.
        subject: String,
        /// Why.
        code: ErrorCode,
    },
    /// No answer came in time.
    #[error("no answer within {after:?}{cause}", cause = .cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default())]
    Timeout {
        /// How long was waited.
        after: Duration,
        /// What went wrong last.
        cause: Option<String>,
    },
    /// The topic is not known.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A request failed for good.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl OffsetError {
    /// Whether the same call can succeed later without a change.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::NotAssigned { .. } | Self::NoGroup => false,
            Self::Refused { code, .. } => code.is_retriable(),
            Self::Timeout { .. } | Self::Metadata(_) => true,
            Self::Request(error) => error.is_retriable(),
        }
    }
}

/// Why offsets were not committed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The consumer has no group. Set `group.id`.
    #[error("the consumer has no group")]
    NoGroup,
    /// The group has moved on without this member, which joins it again: others may have the partitions now, and records
    /// since the last commit are read again.
    #[error("the group was rebalanced without this member")]
    Rebalanced,
    /// A rebalance is under way. Take records, which completes it, and commit again what is still assigned.
    #[error("a rebalance is under way")]
    RebalanceInProgress,
    /// Another member with the same `group.instance.id` has taken over.
    #[error("another member with the same group.instance.id has taken over")]
    Fenced,
    /// The coordinator refuses an offset.
    #[error("{partition}: {code}")]
    Refused {
        /// The partition.
        partition: TopicPartition,
        /// Why; for [`ErrorCode::OFFSET_METADATA_TOO_LARGE`] shorten the metadata.
        code: ErrorCode,
    },
    /// The coordinator's answer leaves a partition out. Its offset may have been committed.
    #[error("the coordinator does not say whether it committed {partition}")]
    Unanswered {
        /// The partition.
        partition: TopicPartition,
    },
    /// No answer came in time. The offsets may have been committed.
    #[error("no answer within {after:?}{cause}", cause = .cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default())]
    Timeout {
        /// How long was waited.
        after: Duration,
        /// What went wrong last.
        cause: Option<String>,
    },
    /// A request failed for good.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The consumer is closed.
    #[error("the consumer is closed")]
    Closed,
}

impl CommitError {
    /// Whether the same call can succeed later without a change.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Unanswered { .. } | Self::RebalanceInProgress => true,
            Self::Refused { code, .. } => code.is_retriable(),
            Self::Request(error) => error.is_retriable(),
            Self::NoGroup | Self::Rebalanced | Self::Fenced | Self::Closed => false,
        }
    }

    /// Whether the consumer is of no use any more.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Fenced)
    }

    /// Whether the offsets may have been committed all the same.
    pub fn possibly_committed(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Unanswered { .. } => true,
            Self::Request(error) => error.possibly_done(),
            Self::NoGroup
            | Self::Rebalanced
            | Self::RebalanceInProgress
            | Self::Fenced
            | Self::Refused { .. }
            | Self::Closed => false,
        }
    }
}

/// Why a consumer cannot be made or its subscription changed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// Settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A subscription needs a group. Set `group.id`, or assign partitions.
    #[error("a subscription needs a group")]
    NoGroup,
    /// The pattern is not a regular expression.
    #[error("{pattern:?} is not a pattern: {reason}")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No protocol is common to all assignors: cooperative-sticky goes with others only where these are eager too.
    #[error("the assignors do not go together")]
    BadAssignors,
    /// Partitions are either subscribed to or assigned by hand, not both.
    #[error("partitions are both subscribed to and assigned")]
    SubscribedAndAssigned,
}
