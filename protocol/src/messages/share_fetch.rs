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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ShareFetchRequest {
            group_id: Some("gi".into()),
            member_id: Some("mi".into()),
            share_session_epoch: 3,
            max_wait_ms: 4,
            min_bytes: 5,
            max_bytes: 6,
            max_records: 7,
            batch_size: 8,
            share_acquire_mode: 9,
            is_renew_ack: true,
            topics: vec![FetchTopic {
                topic_id: Uuid(*b"topic_id......11"),
                partitions: vec![FetchPartition {
                    partition_index: 12,
                    acknowledgement_batches: vec![AcknowledgementBatch {
                        first_offset: 13,
                        last_offset: 14,
                        acknowledge_types: vec![15],
                    }],
                }],
            }],
            forgotten_topics_data: vec![ForgottenTopic {
                topic_id: Uuid(*b"topic_id......16"),
                partitions: vec![17],
            }],
        };
        2 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\0\0\0\x04" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\0\0\0\x08"
            b"\x09" b"\x01" b"\x02" b"topic_id......11" b"\x02" b"\0\0\0\x0c" b"\x02" b"\0\0\0\0\0\0\0\x0d"
            b"\0\0\0\0\0\0\0\x0e" b"\x02\x0f" b"\0" b"\0" b"\0" b"\x02" b"topic_id......16" b"\x02\0\0\0\x11" b"\0"
            b"\0";
        request.share_acquire_mode = 0;
        request.is_renew_ack = false;
        1 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\0\0\0\x04" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\0\0\0\x08"
            b"\x02" b"topic_id......11" b"\x02" b"\0\0\0\x0c" b"\x02" b"\0\0\0\0\0\0\0\x0d" b"\0\0\0\0\0\0\0\x0e"
            b"\x02\x0f" b"\0" b"\0" b"\0" b"\x02" b"topic_id......16" b"\x02\0\0\0\x11" b"\0" b"\0";
    }

    literals! {
        let response = ShareFetchResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            acquisition_lock_timeout_ms: 4,
            responses: vec![ShareFetchableTopicResponse {
                topic_id: Uuid(*b"topic_id.......5"),
                partitions: vec![PartitionData {
                    partition_index: 6,
                    error_code: ErrorCode(7),
                    error_message: Some("em".into()),
                    acknowledge_error_code: ErrorCode(9),
                    acknowledge_error_message: Some("aem".into()),
                    current_leader: LeaderIdAndEpoch { leader_id: NodeId(11), leader_epoch: 12 },
                    records: Records(Bytes::from_static(b"batches")),
                    acquired_records: vec![AcquiredRecords {
                        first_offset: 14,
                        last_offset: 15,
                        delivery_count: 16,
                    }],
                }],
            }],
            node_endpoints: vec![NodeEndpoint {
                node_id: NodeId(17),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
            }],
        };
        1..=2 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0\0\0\x04" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\0\x07"
            b"\x03em" b"\0\x09" b"\x04aem" b"\0\0\0\x0b" b"\0\0\0\x0c" b"\0" b"\x08batches" b"\x02"
            b"\0\0\0\0\0\0\0\x0e" b"\0\0\0\0\0\0\0\x0f" b"\0\x10" b"\0" b"\0" b"\0" b"\x02" b"\0\0\0\x11" b"\x02h"
            b"\0\0#\x84" b"\x02r" b"\0" b"\0";
    }
}
