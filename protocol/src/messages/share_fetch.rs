use crate::error_code::ErrorCode;
use crate::types::{GroupId, NodeId};
use crate::wire::{Message, Records, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 78, kind = request, versions = 1..=2, flexible = 1.., response = ShareFetchResponse)]
pub struct ShareFetchRequest {
    #[wire(default = null)]
    pub group_id: Option<GroupId>,
    pub member_id: Option<Str>,
    pub share_session_epoch: i32,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    #[wire(default = 0x7fff_ffff)]
    pub max_bytes: i32,
    pub max_records: i32,
    pub batch_size: i32,
    #[wire(versions = 2.., ignorable)]
    pub share_acquire_mode: i8,
    #[wire(versions = 2..)]
    pub is_renew_ack: bool,
    pub topics: Vec<FetchTopic>,
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchPartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgementBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub acknowledge_types: Vec<i8>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ForgottenTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 78, kind = response, versions = 1..=2, flexible = 1..)]
pub struct ShareFetchResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareFetchableTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ShareFetchableTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub acknowledge_error_code: ErrorCode,
    #[wire(default = null)]
    pub acknowledge_error_message: Option<Str>,
    pub current_leader: LeaderIdAndEpoch,
    pub records: Records,
    pub acquired_records: Vec<AcquiredRecords>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    pub leader_id: NodeId,
    pub leader_epoch: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcquiredRecords {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_count: i16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct NodeEndpoint {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
}
