use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 9, kind = request, versions = 1..=10, flexible = 6.., response = OffsetFetchResponse)]
pub struct OffsetFetchRequest {
    #[wire(versions = ..=7)]
    pub group_id: GroupId,
    #[wire(versions = ..=7, nullable = 2..)]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    #[wire(versions = 8..)]
    pub groups: Vec<OffsetFetchRequestGroup>,
    #[wire(versions = 7..)]
    pub require_stable: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopic {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: GroupId,
    #[wire(versions = 9.., default = null, ignorable)]
    pub member_id: Option<Str>,
    #[wire(versions = 9.., default = -1, ignorable)]
    pub member_epoch: i32,
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

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

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseGroup {
    pub group_id: GroupId,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: ErrorCode,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    pub committed_offset: i64,
    #[wire(default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}
