use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Uuid, Wire};

/// Asks for topics and partitions page by page (KIP-966).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = request, versions = 0..=0, flexible = 0.., response = DescribeTopicPartitionsResponse)]
pub struct DescribeTopicPartitionsRequest {
    /// Empty for every topic.
    pub topics: Vec<TopicRequest>,
    #[wire(default = 2_000)]
    pub response_partition_limit: i32,
    /// Where the last response ended, `None` at first.
    #[wire(default = null)]
    pub cursor: Option<Cursor>,
}

/// A topic to describe.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicRequest {
    pub name: TopicName,
}

/// Where a page begins.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Cursor {
    pub topic_name: TopicName,
    pub partition_index: i32,
}

/// One page of topics and partitions.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeTopicPartitionsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Where the next page begins, `None` on the last one.
    #[wire(default = null)]
    pub next_cursor: Option<Cursor>,
}

/// One topic, or the part of it that fits the page.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: ErrorCode,
    pub name: Option<TopicName>,
    #[wire(ignorable)]
    pub topic_id: Uuid,
    #[wire(ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

/// One partition and its replicas.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    /// -1 when there is no leader.
    pub leader_id: NodeId,
    #[wire(default = -1, ignorable)]
    pub leader_epoch: i32,
    pub replica_nodes: Vec<NodeId>,
    pub isr_nodes: Vec<NodeId>,
    /// Replicas out of sync that still hold everything up to the high watermark.
    #[wire(default = null)]
    pub eligible_leader_replicas: Option<Vec<NodeId>>,
    /// Replicas that were eligible before they shut down uncleanly.
    #[wire(default = null)]
    pub last_known_elr: Option<Vec<NodeId>>,
    #[wire(ignorable)]
    pub offline_replicas: Vec<NodeId>,
}
