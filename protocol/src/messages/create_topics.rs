use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = request, versions = 2..=7, flexible = 5.., response = CreateTopicsResponse)]
pub struct CreateTopicsRequest {
    pub topics: Vec<CreatableTopic>,
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    pub validate_only: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopic {
    pub name: TopicName,
    pub num_partitions: i32,
    pub replication_factor: i16,
    pub assignments: Vec<CreatableReplicaAssignment>,
    pub configs: Vec<CreatableTopicConfig>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableReplicaAssignment {
    pub partition_index: i32,
    pub broker_ids: Vec<NodeId>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    pub name: Str,
    pub value: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = response, versions = 2..=7, flexible = 5..)]
pub struct CreateTopicsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<CreatableTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    pub name: TopicName,
    #[wire(versions = 7.., ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
    #[wire(versions = 5.., tag = 0, ignorable)]
    pub topic_config_error_code: ErrorCode,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub num_partitions: i32,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub replication_factor: i16,
    #[wire(versions = 5.., ignorable)]
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    pub name: Str,
    pub value: Option<Str>,
    pub read_only: bool,
    #[wire(default = -1, ignorable)]
    pub config_source: i8,
    pub is_sensitive: bool,
}
