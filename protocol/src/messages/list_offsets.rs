use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = request, versions = 1..=11, flexible = 6.., response = ListOffsetsResponse)]
pub struct ListOffsetsRequest {
    pub replica_id: NodeId,
    #[wire(versions = 2..)]
    pub isolation_level: i8,
    pub topics: Vec<ListOffsetsTopic>,
    #[wire(versions = 10.., ignorable)]
    pub timeout_ms: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsTopic {
    pub name: TopicName,
    pub partitions: Vec<ListOffsetsPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsPartition {
    pub partition_index: i32,
    #[wire(versions = 4.., default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = response, versions = 1..=11, flexible = 6..)]
pub struct ListOffsetsResponse {
    #[wire(versions = 2.., ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<ListOffsetsTopicResponse>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsTopicResponse {
    pub name: TopicName,
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsPartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = -1)]
    pub timestamp: i64,
    #[wire(default = -1)]
    pub offset: i64,
    #[wire(versions = 4.., default = -1)]
    pub leader_epoch: i32,
}
