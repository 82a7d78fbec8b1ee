use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = request, versions = 0..=0, flexible = 0.., response = DescribeTopicPartitionsResponse)]
pub struct DescribeTopicPartitionsRequest {
    pub topics: Vec<TopicRequest>,
    #[wire(default = 2_000)]
    pub response_partition_limit: i32,
    #[wire(default = null)]
    pub cursor: Option<Cursor>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicRequest {
    pub name: TopicName,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Cursor {
    pub topic_name: TopicName,
    pub partition_index: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeTopicPartitionsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    #[wire(default = null)]
    pub next_cursor: Option<Cursor>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: ErrorCode,
    pub name: Option<TopicName>,
    #[wire(ignorable)]
    pub topic_id: Uuid,
    #[wire(ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    #[wire(default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    pub leader_id: NodeId,
    #[wire(default = -1, ignorable)]
    pub leader_epoch: i32,
    pub replica_nodes: Vec<NodeId>,
    pub isr_nodes: Vec<NodeId>,
    #[wire(default = null)]
    pub eligible_leader_replicas: Option<Vec<NodeId>>,
    #[wire(default = null)]
    pub last_known_elr: Option<Vec<NodeId>>,
    #[wire(ignorable)]
    pub offline_replicas: Vec<NodeId>,
}
