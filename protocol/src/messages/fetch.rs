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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = FetchRequest {
            cluster_id: Some("ci".into()),
            replica_state: ReplicaState { replica_id: NodeId(3), replica_epoch: 4 },
            max_wait_ms: 5,
            min_bytes: 6,
            max_bytes: 7,
            isolation_level: 8,
            session_id: 9,
            session_epoch: 10,
            topics: vec![FetchTopic {
                topic_id: Uuid(*b"topic_id......12"),
                partitions: vec![FetchPartition {
                    partition: 13,
                    current_leader_epoch: 14,
                    fetch_offset: 15,
                    last_fetched_epoch: 16,
                    log_start_offset: 17,
                    partition_max_bytes: 18,
                    replica_directory_id: Uuid(*b"replica_direct19"),
                    high_watermark: 20,
                }],
                ..Default::default()
            }],
            forgotten_topics_data: vec![ForgottenTopic {
                topic_id: Uuid(*b"topic_id......22"),
                partitions: vec![23],
                ..Default::default()
            }],
            rack_id: "ri".into(),
            ..Default::default()
        };
        18 =>
            b"\0\0\0\x05"                     // max_wait_ms
            b"\0\0\0\x06"                     // min_bytes
            b"\0\0\0\x07"                     // max_bytes
            b"\x08"                           // isolation_level
            b"\0\0\0\x09"                     // session_id
            b"\0\0\0\x0a"                     // session_epoch
            b"\x02"                           // topics
                b"topic_id......12"           // topic_id
                b"\x02"                       // partitions
                    b"\0\0\0\x0d"             // partition
                    b"\0\0\0\x0e"             // current_leader_epoch
                    b"\0\0\0\0\0\0\0\x0f"     // fetch_offset
                    b"\0\0\0\x10"             // last_fetched_epoch
                    b"\0\0\0\0\0\0\0\x11"     // log_start_offset
                    b"\0\0\0\x12"             // partition_max_bytes
                    b"\x02"                   // 2 tagged fields
                    b"\0\x10"                 // tag 0, 16 bytes: replica_directory_id
                        b"replica_direct19"   // replica_directory_id
                    b"\x01\x08"               // tag 1, 8 bytes: high_watermark
                        b"\0\0\0\0\0\0\0\x14" // high_watermark
                b"\0"                         // no tagged fields
            b"\x02"                           // forgotten_topics_data
                b"topic_id......22"           // topic_id
                b"\x02\0\0\0\x17"             // partitions
                b"\0"                         // no tagged fields
            b"\x03ri"                         // rack_id
            b"\x02"                           // 2 tagged fields
            b"\0\x03"                         // tag 0, 3 bytes: cluster_id
                b"\x03ci"                     // cluster_id
            b"\x01\x0d"                       // tag 1, 13 bytes: replica_state
                b"\0\0\0\x03"                 // replica_id
                b"\0\0\0\0\0\0\0\x04"         // replica_epoch
                b"\0";                        // no tagged fields
        request.topics[0].partitions[0].high_watermark = i64::MAX;
        17 =>
            b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\x02" b"topic_id......12"
            b"\x02" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\x10" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\x12"
            b"\x01" b"\0\x10" b"replica_direct19" b"\0" b"\x02" b"topic_id......22" b"\x02\0\0\0\x17" b"\0" b"\x03ri"
            b"\x02" b"\0\x03" b"\x03ci" b"\x01\x0d" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0";
        request.topics[0].partitions[0].replica_directory_id = Uuid::ZERO;
        15..=16 =>
            b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\x02" b"topic_id......12"
            b"\x02" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\x10" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\x12"
            b"\0" b"\0" b"\x02" b"topic_id......22" b"\x02\0\0\0\x17" b"\0" b"\x03ri" b"\x02" b"\0\x03" b"\x03ci"
            b"\x01\x0d" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0";
        request.replica_id = NodeId(2);
        request.replica_state = Default::default();
        13..=14 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\x02"
            b"topic_id......12" b"\x02" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\x10"
            b"\0\0\0\0\0\0\0\x11" b"\0\0\0\x12" b"\0" b"\0" b"\x02" b"topic_id......22" b"\x02\0\0\0\x17" b"\0"
            b"\x03ri" b"\x01" b"\0\x03" b"\x03ci";
        request.topics[0].topic = "t".into();
        request.topics[0].topic_id = Uuid::ZERO;
        request.forgotten_topics_data[0].topic = "t".into();
        request.forgotten_topics_data[0].topic_id = Uuid::ZERO;
        12 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\x02"
            b"\x02t" b"\x02" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\x10" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\x12" b"\0" b"\0" b"\x02" b"\x02t" b"\x02\0\0\0\x17" b"\0" b"\x03ri" b"\x01" b"\0\x03" b"\x03ci";
        request.cluster_id = None;
        request.topics[0].partitions[0].last_fetched_epoch = -1;
        11 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\0\0\0\x01"
            b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\x12" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x17" b"\0\x02ri";
        request.rack_id = "".into();
        9..=10 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\0\0\0\x01"
            b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\x12" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x17";
        request.topics[0].partitions[0].current_leader_epoch = -1;
        7..=8 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x09" b"\0\0\0\x0a" b"\0\0\0\x01"
            b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x0d" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\x12"
            b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x17";
        request.session_id = 0;
        request.session_epoch = -1;
        request.forgotten_topics_data = vec![];
        5..=6 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01"
            b"\0\0\0\x0d" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\x12";
        request.topics[0].partitions[0].log_start_offset = -1;
        4 =>
            b"\0\0\0\x02" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x08" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01"
            b"\0\0\0\x0d" b"\0\0\0\0\0\0\0\x0f" b"\0\0\0\x12";
    }

    literals! {
        let mut response = FetchResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            session_id: 3,
            responses: vec![FetchableTopicResponse {
                topic_id: Uuid(*b"topic_id.......5"),
                partitions: vec![PartitionData {
                    partition_index: 6,
                    error_code: ErrorCode(7),
                    high_watermark: 8,
                    last_stable_offset: 9,
                    log_start_offset: 10,
                    diverging_epoch: EpochEndOffset { epoch: 11, end_offset: 12 },
                    current_leader: LeaderIdAndEpoch { leader_id: NodeId(13), leader_epoch: 14 },
                    snapshot_id: SnapshotId { end_offset: 15, epoch: 16 },
                    aborted_transactions: Some(vec![AbortedTransaction {
                        producer_id: ProducerId(17),
                        first_offset: 18,
                    }]),
                    preferred_read_replica: NodeId(19),
                    records: Some(Records(Bytes::from_static(b"batches"))),
                }],
                ..Default::default()
            }],
            node_endpoints: vec![NodeEndpoint {
                node_id: NodeId(21),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
            }],
        };
        16..=18 =>
            b"\0\0\0\x01"                     // throttle_time_ms
            b"\0\x02"                         // error_code
            b"\0\0\0\x03"                     // session_id
            b"\x02"                           // responses
                b"topic_id.......5"           // topic_id
                b"\x02"                       // partitions
                    b"\0\0\0\x06"             // partition_index
                    b"\0\x07"                 // error_code
                    b"\0\0\0\0\0\0\0\x08"     // high_watermark
                    b"\0\0\0\0\0\0\0\x09"     // last_stable_offset
                    b"\0\0\0\0\0\0\0\x0a"     // log_start_offset
                    b"\x02"                   // aborted_transactions
                        b"\0\0\0\0\0\0\0\x11" // producer_id
                        b"\0\0\0\0\0\0\0\x12" // first_offset
                        b"\0"                 // no tagged fields
                    b"\0\0\0\x13"             // preferred_read_replica
                    b"\x08batches"            // records
                    b"\x03"                   // 3 tagged fields
                    b"\0\x0d"                 // tag 0, 13 bytes: diverging_epoch
                        b"\0\0\0\x0b"         // epoch
                        b"\0\0\0\0\0\0\0\x0c" // end_offset
                        b"\0"                 // no tagged fields
                    b"\x01\x09"               // tag 1, 9 bytes: current_leader
                        b"\0\0\0\x0d"         // leader_id
                        b"\0\0\0\x0e"         // leader_epoch
                        b"\0"                 // no tagged fields
                    b"\x02\x0d"               // tag 2, 13 bytes: snapshot_id
                        b"\0\0\0\0\0\0\0\x0f" // end_offset
                        b"\0\0\0\x10"         // epoch
                        b"\0"                 // no tagged fields
                b"\0"                         // no tagged fields
            b"\x01"                           // one tagged field
            b"\0\x0e"                         // tag 0, 14 bytes: node_endpoints
                b"\x02"                       // node_endpoints
                    b"\0\0\0\x15"             // node_id
                    b"\x02h"                  // host
                    b"\0\0#\x84"              // port
                    b"\x02r"                  // rack
                    b"\0";                    // no tagged fields
        response.node_endpoints = vec![];
        13..=15 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\x02" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\0\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\x08batches" b"\x03" b"\0\x0d" b"\0\0\0\x0b"
            b"\0\0\0\0\0\0\0\x0c" b"\0" b"\x01\x09" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0" b"\x02\x0d" b"\0\0\0\0\0\0\0\x0f"
            b"\0\0\0\x10" b"\0" b"\0" b"\0";
        response.responses[0].topic = "t".into();
        response.responses[0].topic_id = Uuid::ZERO;
        12 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\x02" b"\x02t" b"\x02" b"\0\0\0\x06" b"\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\x02" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\0\0\0\0\x12" b"\0" b"\0\0\0\x13" b"\x08batches" b"\x03" b"\0\x0d" b"\0\0\0\x0b"
            b"\0\0\0\0\0\0\0\x0c" b"\0" b"\x01\x09" b"\0\0\0\x0d" b"\0\0\0\x0e" b"\0" b"\x02\x0d" b"\0\0\0\0\0\0\0\x0f"
            b"\0\0\0\x10" b"\0" b"\0" b"\0";
        response.responses[0].partitions[0].diverging_epoch = Default::default();
        response.responses[0].partitions[0].current_leader = Default::default();
        response.responses[0].partitions[0].snapshot_id = Default::default();
        11 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x06" b"\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\0\0\0\0\x12" b"\0\0\0\x13" b"\0\0\0\x07batches";
        response.responses[0].partitions[0].preferred_read_replica = NodeId::NONE;
        7..=10 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x06" b"\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\0\0\0\0\x12" b"\0\0\0\x07batches";
        response.error_code = ErrorCode::NONE;
        response.session_id = 0;
        5..=6 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x06" b"\0\x07" b"\0\0\0\0\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\0\0\0\0\x12"
            b"\0\0\0\x07batches";
        response.responses[0].partitions[0].log_start_offset = -1;
        4 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x06" b"\0\x07" b"\0\0\0\0\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\0\0\0\0\x12" b"\0\0\0\x07batches";
    }
}
