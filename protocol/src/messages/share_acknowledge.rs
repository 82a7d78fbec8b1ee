use crate::error_code::ErrorCode;
use crate::types::{GroupId, NodeId};
use crate::wire::{Message, Str, Uuid, Wire};

/// Acknowledges records of a share group without fetching more.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 79, kind = request, versions = 1..=2, flexible = 1.., response = ShareAcknowledgeResponse)]
pub struct ShareAcknowledgeRequest {
    #[wire(default = null)]
    pub group_id: Option<GroupId>,
    pub member_id: Option<Str>,
    /// -1 closes the share session; else each request adds one.
    pub share_session_epoch: i32,
    /// Some of the acknowledgements extend a lock (KIP-1222).
    #[wire(versions = 2..)]
    pub is_renew_ack: bool,
    pub topics: Vec<AcknowledgeTopic>,
}

/// The acknowledgements in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgeTopic {
    pub topic_id: Uuid,
    pub partitions: Vec<AcknowledgePartition>,
}

/// The acknowledgements in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AcknowledgePartition {
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

/// The outcome of the acknowledgements.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 79, kind = response, versions = 1..=2, flexible = 1..)]
pub struct ShareAcknowledgeResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    /// How long a renewed lock lasts.
    #[wire(versions = 2.., ignorable)]
    pub acquisition_lock_timeout_ms: i32,
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    /// Addresses of the leaders that `current_leader` names.
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ShareAcknowledgeTopicResponse {
    pub topic_id: Uuid,
    pub partitions: Vec<PartitionData>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub current_leader: LeaderIdAndEpoch,
}

/// A partition's leader as the answering broker knows it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// -1 when unknown.
    pub leader_id: NodeId,
    pub leader_epoch: i32,
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
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ShareAcknowledgeRequest {
            group_id: Some("gi".into()),
            member_id: Some("mi".into()),
            share_session_epoch: 3,
            is_renew_ack: true,
            topics: vec![AcknowledgeTopic {
                topic_id: Uuid(*b"topic_id.......5"),
                partitions: vec![AcknowledgePartition {
                    partition_index: 6,
                    acknowledgement_batches: vec![AcknowledgementBatch {
                        first_offset: 7,
                        last_offset: 8,
                        acknowledge_types: vec![9],
                    }],
                }],
            }],
        };
        2 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\x01" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\x02"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x02\x09" b"\0" b"\0" b"\0" b"\0";
        request.is_renew_ack = false;
        1 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\x02"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x02\x09" b"\0" b"\0" b"\0" b"\0";
    }

    literals! {
        let mut response = ShareAcknowledgeResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            acquisition_lock_timeout_ms: 4,
            responses: vec![ShareAcknowledgeTopicResponse {
                topic_id: Uuid(*b"topic_id.......5"),
                partitions: vec![PartitionData {
                    partition_index: 6,
                    error_code: ErrorCode(7),
                    error_message: Some("em".into()),
                    current_leader: LeaderIdAndEpoch { leader_id: NodeId(9), leader_epoch: 10 },
                }],
            }],
            node_endpoints: vec![NodeEndpoint {
                node_id: NodeId(11),
                host: "h".into(),
                port: 9092,
                rack: Some("r".into()),
            }],
        };
        2 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0\0\0\x04" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\0\x07"
            b"\x03em" b"\0\0\0\x09" b"\0\0\0\x0a" b"\0" b"\0" b"\0" b"\x02" b"\0\0\0\x0b" b"\x02h" b"\0\0#\x84"
            b"\x02r" b"\0" b"\0";
        response.acquisition_lock_timeout_ms = 0;
        1 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\0\x07" b"\x03em"
            b"\0\0\0\x09" b"\0\0\0\x0a" b"\0" b"\0" b"\0" b"\x02" b"\0\0\0\x0b" b"\x02h" b"\0\0#\x84" b"\x02r" b"\0"
            b"\0";
    }
}
