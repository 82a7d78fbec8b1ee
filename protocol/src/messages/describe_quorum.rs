use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the state of the metadata quorum.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 55, kind = request, versions = 0..=2, flexible = 0.., response = DescribeQuorumResponse)]
pub struct DescribeQuorumRequest {
    pub topics: Vec<RequestTopicData>,
}

/// The partitions of one topic, which is always `__cluster_metadata`.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<RequestPartitionData>,
}

/// One partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestPartitionData {
    pub partition_index: i32,
}

/// Leader, voters and observers of the quorum.
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

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponseTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<ResponsePartitionData>,
}

/// The quorum of one partition.
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

/// How far one replica has come.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: NodeId,
    #[wire(versions = 2..)]
    pub replica_directory_id: Uuid,
    pub log_end_offset: i64,
    /// The leader's clock at the replica's last fetch, -1 when not known (KIP-836).
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    /// When the replica last had everything, -1 when not known.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
}

/// The listeners of one voter (KIP-853).
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Node {
    pub node_id: NodeId,
    pub listeners: Vec<Listener>,
}

/// One address of a voter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}
