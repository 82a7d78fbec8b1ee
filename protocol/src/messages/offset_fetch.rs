use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the positions that groups have stored. Several groups at once from version 8 (KIP-709).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 9, kind = request, versions = 1..=10, flexible = 6.., response = OffsetFetchResponse)]
pub struct OffsetFetchRequest {
    #[wire(versions = ..=7)]
    pub group_id: GroupId,
    /// `None` means every topic the group has positions for.
    #[wire(versions = ..=7, nullable = 2..)]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    #[wire(versions = 8..)]
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Answer [`ErrorCode::UNSTABLE_OFFSET_COMMIT`] while a transaction may still change a position (KIP-447).
    #[wire(versions = 7..)]
    pub require_stable: bool,
}

/// The partitions of one topic, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopic {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

/// The positions to look up of one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: GroupId,
    /// Set by a member of a consumer group, for fencing (KIP-848).
    #[wire(versions = 9.., default = null, ignorable)]
    pub member_id: Option<Str>,
    #[wire(versions = 9.., default = -1, ignorable)]
    pub member_epoch: i32,
    /// `None` means every topic the group has positions for.
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

/// The partitions of one topic, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

/// The positions that an [`OffsetFetchRequest`] asked for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 9, kind = response, versions = 1..=10, flexible = 6..)]
pub struct OffsetFetchResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = ..=7)]
    pub topics: Vec<OffsetFetchResponseTopic>,
    #[wire(versions = 2..=7, ignorable)]
    pub error_code: ErrorCode,
    #[wire(versions = 8..)]
    pub groups: Vec<OffsetFetchResponseGroup>,
}

/// The positions in one topic, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

/// The position in one partition, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    /// Offset of the next record to read, -1 when none is stored.
    pub committed_offset: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}

/// The positions of one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseGroup {
    pub group_id: GroupId,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: ErrorCode,
}

/// The positions in one topic, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

/// The position in one partition, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    /// Offset of the next record to read, -1 when none is stored.
    pub committed_offset: i64,
    #[wire(default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}
