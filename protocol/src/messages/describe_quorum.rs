use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 55, kind = request, versions = 0..=2, flexible = 0.., response = DescribeQuorumResponse)]
pub struct DescribeQuorumRequest {
    pub topics: Vec<RequestTopicData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<RequestPartitionData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestPartitionData {
    pub partition_index: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 55, kind = response, versions = 0..=2, flexible = 0..)]
pub struct DescribeQuorumResponse {
    pub error_code: ErrorCode,
    #[wire(versions = 2.., ignorable)]
    pub error_message: Option<Str>,
    pub topics: Vec<ResponseTopicData>,
    #[wire(versions = 2..)]
    pub nodes: Vec<Node>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponseTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<ResponsePartitionData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponsePartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 2.., ignorable)]
    pub error_message: Option<Str>,
    pub leader_id: NodeId,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub current_voters: Vec<ReplicaState>,
    pub observers: Vec<ReplicaState>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: NodeId,
    #[wire(versions = 2..)]
    pub replica_directory_id: Uuid,
    pub log_end_offset: i64,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Node {
    pub node_id: NodeId,
    pub listeners: Vec<Listener>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}
