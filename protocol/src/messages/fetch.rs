use crate::error_code::ErrorCode;
use crate::types::{NodeId, ProducerId, TopicName};
use crate::wire::{Message, Records, Str, Uuid, Wire};

/// Reads record batches from one or more partitions. Sent by consumers and by follower replicas.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = request, versions = 4..=18, flexible = 12.., response = FetchResponse)]
pub struct FetchRequest {
    /// Set by controllers that fetch the metadata log; the receiver compares it with its own.
    #[wire(versions = 12.., tag = 0, default = null, ignorable)]
    pub cluster_id: Option<Str>,
    /// -1 for a consumer, else the follower's node id. Part of `replica_state` from version 15.
    #[wire(versions = ..=14, default = -1)]
    pub replica_id: NodeId,
    #[wire(versions = 15.., tag = 1)]
    pub replica_state: ReplicaState,
    /// How long the broker may wait for `min_bytes` to gather.
    pub max_wait_ms: i32,
    /// The broker answers as soon as it has this much, or `max_wait_ms` have passed.
    pub min_bytes: i32,
    /// Limit for the whole response. The first batch is returned even when it is larger (KIP-74).
    #[wire(default = 0x7fff_ffff, ignorable)]
    pub max_bytes: i32,
    /// 0 read uncommitted, 1 read committed: records up to the last stable offset only (KIP-98).
    #[wire(ignorable)]
    pub isolation_level: i8,
    /// The fetch session to continue, 0 to start one (KIP-227).
    #[wire(versions = 7.., ignorable)]
    pub session_id: i32,
    /// 0 starts a session, -1 ends it or goes without one; within a session each request adds one.
    #[wire(versions = 7.., default = -1, ignorable)]
    pub session_epoch: i32,
    /// Within a session only the partitions that are new or have changed.
    pub topics: Vec<FetchTopic>,
    /// Partitions to drop from the session.
    #[wire(versions = 7..)]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Where the consumer runs, so that the leader can point it to a closer replica (KIP-392).
    #[wire(versions = 11.., ignorable)]
    pub rack_id: Str,
}

/// Identifies a fetching follower (KIP-903).
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// -1 for a consumer.
    #[wire(default = -1)]
    pub replica_id: NodeId,
    /// The follower's broker epoch, -1 for a consumer.
    #[wire(default = -1)]
    pub replica_epoch: i64,
}

/// The partitions to read of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchTopic {
    /// Replaced by `topic_id` from version 13 (KIP-516).
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<FetchPartition>,
}

/// Where to read one partition, and how much.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchPartition {
    pub partition: i32,
    /// The leader epoch the reader knows, -1 to skip the check (KIP-320).
    #[wire(versions = 9.., default = -1, ignorable)]
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    /// Leader epoch of the record before `fetch_offset`, -1 when not known. Lets the leader detect that a follower's
    /// log has diverged (KIP-595).
    #[wire(versions = 12.., default = -1)]
    pub last_fetched_epoch: i32,
    /// The follower's own log start offset, -1 for a consumer.
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Limit for this partition, subject to the same exception as `max_bytes`.
    pub partition_max_bytes: i32,
    /// The follower's log directory (KIP-853).
    #[wire(versions = 17.., tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    /// The high watermark the follower knows, so that the leader answers at once when it has a newer one; the default
    /// turns this off (KIP-1166).
    #[wire(versions = 18.., tag = 1, default = 0x7fff_ffff_ffff_ffff, ignorable)]
    pub high_watermark: i64,
}

/// Partitions of one topic that leave the session.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ForgottenTopic {
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// The record batches that a [`FetchRequest`] asked for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = response, versions = 4..=18, flexible = 12..)]
pub struct FetchResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    /// An error with the session or the request as a whole.
    #[wire(versions = 7.., ignorable)]
    pub error_code: ErrorCode,
    /// The session this response belongs to, 0 when there is none.
    #[wire(versions = 7..)]
    pub session_id: i32,
    /// Within a session only the partitions with records, errors or moved offsets.
    pub responses: Vec<FetchableTopicResponse>,
    /// Addresses of the leaders that `current_leader` names (KIP-951).
    #[wire(versions = 16.., tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// What was read of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FetchableTopicResponse {
    #[wire(versions = ..=12, ignorable)]
    pub topic: TopicName,
    #[wire(versions = 13.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

/// What was read of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    /// End of what is replicated, exclusive.
    pub high_watermark: i64,
    /// First offset of the oldest open transaction, or the high watermark; -1 when not known.
    #[wire(default = -1, ignorable)]
    pub last_stable_offset: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Set when the follower must truncate: the largest common epoch and its end offset.
    #[wire(versions = 12.., tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    /// Set with [`ErrorCode::NOT_LEADER_OR_FOLLOWER`] and [`ErrorCode::FENCED_LEADER_EPOCH`].
    #[wire(versions = 12.., tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    /// Set when the offset is older than the log, and a snapshot must be fetched first.
    #[wire(versions = 12.., tag = 2)]
    pub snapshot_id: SnapshotId,
    /// Aborted transactions that overlap `records`; `None` unless reading committed records.
    #[wire(ignorable)]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Fetch from this replica from now on, -1 for the leader (KIP-392).
    #[wire(versions = 11.., default = -1)]
    pub preferred_read_replica: NodeId,
    /// Whole batches, except that the last one may be cut off. The first may begin before the offset asked for.
    pub records: Option<Records>,
}

/// A leader epoch and the offset after its last record.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    #[wire(default = -1)]
    pub epoch: i32,
    #[wire(default = -1)]
    pub end_offset: i64,
}

/// A partition's leader as the answering broker knows it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// -1 when unknown.
    #[wire(default = -1)]
    pub leader_id: NodeId,
    #[wire(default = -1)]
    pub leader_epoch: i32,
}

/// The end offset and epoch that name a snapshot of the metadata log.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct SnapshotId {
    #[wire(default = -1)]
    pub end_offset: i64,
    #[wire(default = -1)]
    pub epoch: i32,
}

/// A transaction whose records a committed reader skips.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AbortedTransaction {
    pub producer_id: ProducerId,
    /// The producer's records from here up to its abort marker are to be dropped.
    pub first_offset: i64,
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
