use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName, TransactionalId};
use crate::wire::{Message, Records, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = request, versions = 3..=13, flexible = 9.., response = ProduceResponse)]
pub struct ProduceRequest {
    #[wire(default = null)]
    pub transactional_id: Option<TransactionalId>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicProduceData {
    #[wire(versions = ..=12, ignorable)]
    pub name: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partition_data: Vec<PartitionProduceData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionProduceData {
    pub index: i32,
    pub records: Option<Records>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = response, versions = 3..=13, flexible = 9..)]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = 10.., tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicProduceResponse {
    #[wire(versions = ..=12, ignorable)]
    pub name: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partition_responses: Vec<PartitionProduceResponse>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: ErrorCode,
    pub base_offset: i64,
    #[wire(default = -1, ignorable)]
    pub log_append_time_ms: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    #[wire(versions = 8.., ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    #[wire(versions = 8.., default = null, ignorable)]
    pub error_message: Option<Str>,
    #[wire(versions = 10.., tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct BatchIndexAndErrorMessage {
    pub batch_index: i32,
    #[wire(default = null)]
    pub batch_index_error_message: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    #[wire(default = -1)]
    pub leader_id: NodeId,
    #[wire(default = -1)]
    pub leader_epoch: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct NodeEndpoint {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
}
