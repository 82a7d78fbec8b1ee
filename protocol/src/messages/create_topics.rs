use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Creates topics. For admin clients, Streams and Connect.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = request, versions = 2..=7, flexible = 5.., response = CreateTopicsResponse)]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    /// How long the broker may take until the topics exist everywhere.
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    /// Checks everything and creates nothing.
    pub validate_only: bool,
}

/// A topic to create.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopic {
    pub name: TopicName,
    /// -1 for the broker's default, or when `assignments` is given.
    pub num_partitions: i32,
    /// -1 for the broker's default, or when `assignments` is given.
    pub replication_factor: i16,
    /// Places the replicas by hand; empty leaves it to the broker.
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

/// The brokers of one partition, the preferred leader first.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<NodeId>,
}

/// One topic setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    pub name: Str,
    pub value: Option<Str>,
}

/// Which topics were created, and with what settings (KIP-525).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = response, versions = 2..=7, flexible = 5..)]
pub struct CreateTopicsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    pub name: TopicName,
    #[wire(versions = 7.., ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
    /// Set when the client may not see `configs`, which is then `None`.
    #[wire(versions = 5.., tag = 0, ignorable)]
    pub topic_config_error_code: ErrorCode,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub num_partitions: i32,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub replication_factor: i16,
    #[wire(versions = 5.., ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

/// One setting in force.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    pub name: Str,
    pub value: Option<Str>,
    pub read_only: bool,
    /// Who set it: 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 the built-in default.
    #[wire(default = -1, ignorable)]
    pub config_source: i8,
    /// The value is a secret, and not sent.
    pub is_sensitive: bool,
}
