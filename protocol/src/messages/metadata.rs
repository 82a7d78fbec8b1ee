use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for brokers, topics, partitions and their leaders. The first thing every client needs.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = request, versions = 0..=13, flexible = 9.., response = MetadataResponse)]
pub struct MetadataRequest {
    /// `None` means all topics. In version 0, which has no null, an empty list does.
    #[wire(nullable = 1..)]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Whether a missing topic may be created, if the broker's settings allow it too.
    #[wire(versions = 4.., default = true)]
    pub allow_auto_topic_creation: bool,
    #[wire(versions = 8..=10)]
    pub include_cluster_authorized_operations: bool,
    #[wire(versions = 8..)]
    pub include_topic_authorized_operations: bool,
}

/// One topic, by name or (from version 12) by id.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// Zero when the topic is named.
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(nullable = 10..)]
    pub name: Option<TopicName>,
}

/// The cluster as the answering broker knows it.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = response, versions = 0..=13, flexible = 9..)]
pub struct MetadataResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub brokers: Vec<MetadataResponseBroker>,
    #[wire(versions = 2.., default = null, ignorable)]
    pub cluster_id: Option<Str>,
    /// A broker that takes admin requests, -1 when there is none.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub controller_id: NodeId,
    pub topics: Vec<MetadataResponseTopic>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(versions = 8..=10, default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
    /// [`ErrorCode::REBOOTSTRAP_REQUIRED`] tells the client to start over (KIP-1102).
    #[wire(versions = 13.., ignorable)]
    pub error_code: ErrorCode,
}

/// The address of a broker on the listener that was asked.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseBroker {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(versions = 1.., default = null, ignorable)]
    pub rack: Option<Str>,
}

/// One topic and its partitions.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: ErrorCode,
    /// `None` when an id was asked for that the broker does not know.
    #[wire(nullable = 12..)]
    pub name: Option<TopicName>,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    #[wire(versions = 1.., ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<MetadataResponsePartition>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(versions = 8.., default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

/// One partition and its replicas.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    /// -1 when there is no leader.
    pub leader_id: NodeId,
    #[wire(versions = 7.., default = -1, ignorable)]
    pub leader_epoch: i32,
    /// Every replica, the preferred leader first.
    pub replica_nodes: Vec<NodeId>,
    /// The replicas that are in sync.
    pub isr_nodes: Vec<NodeId>,
    /// The replicas whose broker or disk is down.
    #[wire(versions = 5.., ignorable)]
    pub offline_replicas: Vec<NodeId>,
}
