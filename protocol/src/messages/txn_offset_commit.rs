use crate::error_code::ErrorCode;
use crate::types::{GroupId, ProducerId, TopicName, TransactionalId};
use crate::wire::{Message, Str, Wire};

/// Stores a group's positions as part of a transaction: they count when it commits.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 28, kind = request, versions = 0..=5, flexible = 3.., response = TxnOffsetCommitResponse)]
pub struct TxnOffsetCommitRequest {
    pub transactional_id: TransactionalId,
    pub group_id: GroupId,
    pub producer_id: ProducerId,
    pub producer_epoch: i16,
    /// The generation or member epoch of the consumer, -1 to skip the check (KIP-447).
    #[wire(versions = 3.., default = -1)]
    pub generation_id: i32,
    #[wire(versions = 3..)]
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

/// The positions in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestTopic {
    pub name: TopicName,
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

/// The position in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    pub partition_index: i32,
    /// Offset of the next record to read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read, -1 when not known.
    #[wire(versions = 2.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<Str>,
}

/// Which positions were accepted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 28, kind = response, versions = 0..=5, flexible = 3..)]
pub struct TxnOffsetCommitResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}
