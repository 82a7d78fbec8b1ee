use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = request, versions = 2..=10, flexible = 8.., response = OffsetCommitResponse)]
pub struct OffsetCommitRequest {
    pub group_id: GroupId,
    #[wire(default = -1, ignorable)]
    pub generation_id_or_member_epoch: i32,
    #[wire(ignorable)]
    pub member_id: Str,
    #[wire(versions = 7.., default = null)]
    pub group_instance_id: Option<Str>,
    #[wire(versions = ..=4, default = -1, ignorable)]
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestTopic {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    #[wire(versions = 6.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub committed_metadata: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = response, versions = 2..=10, flexible = 8..)]
pub struct OffsetCommitResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponseTopic {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}
