use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Moves partitions to other brokers, or cancels a move (KIP-455).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 45, kind = request, versions = 0..=1, flexible = 0.., response = AlterPartitionReassignmentsResponse)]
pub struct AlterPartitionReassignmentsRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    /// When `false`, a move that would add or drop replicas fails.
    #[wire(versions = 1.., default = true)]
    pub allow_replication_factor_change: bool,
    pub topics: Vec<ReassignableTopic>,
}

/// The moves in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignableTopic {
    pub name: TopicName,
    pub partitions: Vec<ReassignablePartition>,
}

/// The move of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignablePartition {
    pub partition_index: i32,
    /// The brokers to move to; `None` cancels a move in progress.
    #[wire(default = null)]
    pub replicas: Option<Vec<NodeId>>,
}

/// Which moves have begun.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 45, kind = response, versions = 0..=1, flexible = 0..)]
pub struct AlterPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 1.., default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub responses: Vec<ReassignableTopicResponse>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignableTopicResponse {
    pub name: TopicName,
    pub partitions: Vec<ReassignablePartitionResponse>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignablePartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}
