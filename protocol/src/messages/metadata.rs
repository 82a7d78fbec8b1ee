use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = request, versions = 0..=13, flexible = 9.., response = MetadataResponse)]
pub struct MetadataRequest {
    #[wire(nullable = 1..)]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    #[wire(versions = 4.., default = true)]
    pub allow_auto_topic_creation: bool,
    #[wire(versions = 8..=10)]
    pub include_cluster_authorized_operations: bool,
    #[wire(versions = 8..)]
    pub include_topic_authorized_operations: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(nullable = 10..)]
    pub name: Option<TopicName>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = response, versions = 0..=13, flexible = 9..)]
pub struct MetadataResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    #[wire(versions = 2.., default = null, ignorable)]
    pub cluster_id: Option<Str>,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub controller_id: NodeId,
    pub topics: Vec<MetadataResponseTopic>,
    #[wire(versions = 8..=10, default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
    #[wire(versions = 13.., ignorable)]
    pub error_code: ErrorCode,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseBroker {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(versions = 1.., default = null, ignorable)]
    pub rack: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: ErrorCode,
    #[wire(nullable = 12..)]
    pub name: Option<TopicName>,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(versions = 1.., ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    #[wire(versions = 8.., default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    pub leader_id: NodeId,
    #[wire(versions = 7.., default = -1, ignorable)]
    pub leader_epoch: i32,
    pub replica_nodes: Vec<NodeId>,
    pub isr_nodes: Vec<NodeId>,
    #[wire(versions = 5.., ignorable)]
    pub offline_replicas: Vec<NodeId>,
}
