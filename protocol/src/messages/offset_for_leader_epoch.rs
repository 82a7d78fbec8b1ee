use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = request, versions = 2..=4, flexible = 4.., response = OffsetForLeaderEpochResponse)]
pub struct OffsetForLeaderEpochRequest {
    #[wire(versions = 3.., default = -2, ignorable)]
    pub replica_id: NodeId,
    pub topics: Vec<OffsetForLeaderTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderTopic {
    pub topic: TopicName,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    #[wire(default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub leader_epoch: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = response, versions = 2..=4, flexible = 4..)]
pub struct OffsetForLeaderEpochResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderTopicResult {
    pub topic: TopicName,
    pub partitions: Vec<EpochEndOffset>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    pub error_code: ErrorCode,
    pub partition: i32,
    #[wire(default = -1, ignorable)]
    pub leader_epoch: i32,
    #[wire(default = -1)]
    pub end_offset: i64,
}
