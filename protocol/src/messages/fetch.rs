use crate::error_code::ErrorCode;
use crate::types::{NodeId, ProducerId, TopicName};
use crate::wire::{Message, Records, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = request, versions = 4..=18, flexible = 12.., response = FetchResponse)]
pub struct FetchRequest {
    #[wire(versions = 12.., tag = 0, default = null, ignorable)]
    pub cluster_id: Option<Str>,
    #[wire(versions = ..=14, default = -1)]
    pub replica_id: NodeId,
    #[wire(versions = 15.., tag = 1)]
    pub replica_state: ReplicaState,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    #[wire(default = 0x7fff_ffff, ignorable)]
    pub max_bytes: i32,
    #[wire(ignorable)]
    pub isolation_level: i8,
    #[wire(versions = 7.., ignorable)]
    pub session_id: i32,
    #[wire(versions = 7.., default = -1, ignorable)]
    pub session_epoch: i32,
    pub topics: Vec<FetchTopic>,
    #[wire(versions = 7..)]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    #[wire(versions = 11.., ignorable)]
    pub rack_id: Str,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaState {
    #[wire(default = -1)]
    pub replica_id: NodeId,
    #[wire(default = -1)]
    pub replica_epoch: i64,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchTopic {
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchPartition {
    pub partition: i32,
    #[wire(versions = 9.., default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    #[wire(versions = 12.., default = -1)]
    pub last_fetched_epoch: i32,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    pub partition_max_bytes: i32,
    #[wire(versions = 17.., tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    #[wire(versions = 18.., tag = 1, default = 0x7fff_ffff_ffff_ffff, ignorable)]
    pub high_watermark: i64,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ForgottenTopic {
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = response, versions = 4..=18, flexible = 12..)]
pub struct FetchResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = 7.., ignorable)]
    pub error_code: ErrorCode,
    #[wire(versions = 7..)]
    pub session_id: i32,
    pub responses: Vec<FetchableTopicResponse>,
    #[wire(versions = 16.., tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchableTopicResponse {
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    pub high_watermark: i64,
    #[wire(default = -1, ignorable)]
    pub last_stable_offset: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    #[wire(versions = 12.., tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    #[wire(versions = 12.., tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    #[wire(versions = 12.., tag = 2)]
    pub snapshot_id: SnapshotId,
    #[wire(ignorable)]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    #[wire(versions = 11.., default = -1)]
    pub preferred_read_replica: NodeId,
    pub records: Option<Records>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    #[wire(default = -1)]
    pub epoch: i32,
    #[wire(default = -1)]
    pub end_offset: i64,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    #[wire(default = -1)]
    pub leader_id: NodeId,
    #[wire(default = -1)]
    pub leader_epoch: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct SnapshotId {
    #[wire(default = -1)]
    pub end_offset: i64,
    #[wire(default = -1)]
    pub epoch: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AbortedTransaction {
    pub producer_id: ProducerId,
    pub first_offset: i64,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct NodeEndpoint {
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    #[wire(default = null)]
    pub rack: Option<Str>,
}
