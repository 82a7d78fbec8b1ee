use crate::error_code::ErrorCode;
use crate::types::{GroupId, NodeId};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 79, kind = request, versions = 1..=2, flexible = 1.., response = ShareAcknowledgeResponse)]
pub struct ShareAcknowledgeRequest {
    #[wire(default = null)]
    pub group_id: Option<GroupId>,
    pub member_id: Option<Str>,
    pub share_session_epoch: i32,
    #[wire(versions = 2..)]
    pub is_renew_ack: bool,
    pub topics: Vec<AcknowledgeTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgeTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AcknowledgePartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgePartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgementBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub acknowledge_types: Vec<i8>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 79, kind = response, versions = 1..=2, flexible = 1..)]
pub struct ShareAcknowledgeResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    #[wire(versions = 2.., ignorable)]
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ShareAcknowledgeTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub current_leader: LeaderIdAndEpoch,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    pub leader_id: NodeId,
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
