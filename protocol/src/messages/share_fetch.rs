use crate::error_code::ErrorCode;
use crate::types::{GroupId, NodeId};
use crate::wire::{Message, Records, Str, Uuid, Wire};

/// Acquires records for a member of a share group, and acknowledges earlier ones.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 78, kind = request, versions = 1..=2, flexible = 1.., response = ShareFetchResponse)]
pub struct ShareFetchRequest {
    #[wire(default = null)]
    pub group_id: Option<GroupId>,
    pub member_id: Option<Str>,
    /// 0 opens a share session, -1 closes it; between the two each request adds one.
    pub share_session_epoch: i32,
    /// How long the broker may wait for `min_bytes` to gather.
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    /// Limit for the whole response. The first batch is returned even when it is larger.
    #[wire(default = 0x7fff_ffff)]
    pub max_bytes: i32,
    /// Limit for the whole response, rounded up to whole batches unless `share_acquire_mode` is 1.
    pub max_records: i32,
    /// The size of acquired batches that suits the member best, in records.
    pub batch_size: i32,
    /// 0 whole batches, 1 no more than `max_records` (KIP-1206).
    #[wire(versions = 2.., ignorable)]
    pub share_acquire_mode: i8,
    /// Some of the acknowledgements extend a lock (KIP-1222).
    #[wire(versions = 2..)]
    pub is_renew_ack: bool,
    /// Within a session only the partitions that are new or have acknowledgements.
    pub topics: Vec<FetchTopic>,
    /// Partitions to drop from the session.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

/// One partition, and what to acknowledge in it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchPartition {
    pub partition_index: i32,
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

/// A range of offsets to acknowledge, both ends included.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgementBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    /// One for the whole range, or one per offset: 0 gap, 1 accept, 2 release, 3 reject, 4 renew.
    pub acknowledge_types: Vec<i8>,
}

/// Partitions of one topic that leave the session.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ForgottenTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// The records acquired, and the outcome of the acknowledgements.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 78, kind = response, versions = 1..=2, flexible = 1..)]
pub struct ShareFetchResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    /// Records not acknowledged within this time go to other members.
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareFetchableTopicResponse>,
    /// Addresses of the leaders that `current_leader` names.
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// What was acquired of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ShareFetchableTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

/// What was acquired of one partition.
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
    /// Whole batches; only the offsets in `acquired_records` belong to the member.
    pub records: Records,
    pub acquired_records: Vec<AcquiredRecords>,
}

/// A partition's leader as the answering broker knows it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// -1 when unknown.
    pub leader_id: NodeId,
    pub leader_epoch: i32,
}

/// A range of offsets that the member now holds, both ends included.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcquiredRecords {
    pub first_offset: i64,
    pub last_offset: i64,
    /// How often they have been delivered, this time included.
    pub delivery_count: i16,
}

/// The address of a broker.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct NodeEndpoint {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
}
