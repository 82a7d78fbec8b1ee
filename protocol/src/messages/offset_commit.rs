use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Stores a group's positions. Sent by consumers, and by admin tools for groups without members.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = request, versions = 2..=10, flexible = 8.., response = OffsetCommitResponse)]
pub struct OffsetCommitRequest {
    pub group_id: GroupId,
    /// The generation of a classic group or the member epoch of a consumer group; -1 from a client that is no member.
    #[wire(default = -1, ignorable)]
    pub generation_id_or_member_epoch: i32,
    #[wire(ignorable)]
    pub member_id: Str,
    #[wire(versions = 7.., default = null)]
    pub group_instance_id: Option<Str>,
    /// How long to keep the offsets, -1 for the broker's own setting.
    #[wire(versions = ..=4, default = -1, ignorable)]
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic>,
}

/// The positions in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestTopic {
    /// Replaced by `topic_id` from version 10.
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

/// The position in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    /// Offset of the next record to read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read, -1 when not known (KIP-320).
    #[wire(versions = 6.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    /// A note of the application's, returned with the offset.
    pub committed_metadata: Option<Str>,
}

/// Which positions were stored.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = response, versions = 2..=10, flexible = 8..)]
pub struct OffsetCommitResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponseTopic {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}
