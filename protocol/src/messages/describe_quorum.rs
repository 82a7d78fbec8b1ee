use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the state of the metadata quorum.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 55, kind = request, versions = 0..=2, flexible = 0.., response = DescribeQuorumResponse)]
pub struct DescribeQuorumRequest {
    pub topics: Vec<RequestTopicData>,
}

/// The partitions of one topic, which is always `__cluster_metadata`.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<RequestPartitionData>,
}

/// One partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct RequestPartitionData {
    pub partition_index: i32,
}

/// Leader, voters and observers of the quorum.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 55, kind = response, versions = 0..=2, flexible = 0..)]
pub struct DescribeQuorumResponse {
    pub error_code: ErrorCode,
    #[wire(versions = 2.., ignorable)]
    pub error_message: Option<Str>,
    pub topics: Vec<ResponseTopicData>,
    #[wire(versions = 2..)]
    pub nodes: Vec<Node>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponseTopicData {
    pub topic_name: TopicName,
    pub partitions: Vec<ResponsePartitionData>,
}

/// The quorum of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ResponsePartitionData {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 2.., ignorable)]
    pub error_message: Option<Str>,
    pub leader_id: NodeId,
    pub leader_epoch: i32,
    pub high_watermark: i64,
    pub current_voters: Vec<ReplicaState>,
    pub observers: Vec<ReplicaState>,
}

/// How far one replica has come.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: NodeId,
    #[wire(versions = 2..)]
    pub replica_directory_id: Uuid,
    pub log_end_offset: i64,
    /// The leader's clock at the replica's last fetch, -1 when not known (KIP-836).
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_fetch_timestamp: i64,
    /// When the replica last had everything, -1 when not known.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub last_caught_up_timestamp: i64,
}

/// The listeners of one voter (KIP-853).
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Node {
    pub node_id: NodeId,
    pub listeners: Vec<Listener>,
}

/// One address of a voter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeQuorumRequest {
            topics: vec![RequestTopicData {
                topic_name: "tn".into(),
                partitions: vec![RequestPartitionData { partition_index: 2 }],
            }],
        };
        0..=2 => b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x02" b"\0" b"\0" b"\0";
    }

    literals! {
        let mut response = DescribeQuorumResponse {
            error_code: ErrorCode(1),
            error_message: Some("em".into()),
            topics: vec![ResponseTopicData {
                topic_name: "tn".into(),
                partitions: vec![ResponsePartitionData {
                    partition_index: 4,
                    error_code: ErrorCode(5),
                    error_message: Some("em".into()),
                    leader_id: NodeId(7),
                    leader_epoch: 8,
                    high_watermark: 9,
                    current_voters: vec![ReplicaState {
                        replica_id: NodeId(10),
                        replica_directory_id: Uuid(*b"replica_direct11"),
                        log_end_offset: 12,
                        last_fetch_timestamp: 13,
                        last_caught_up_timestamp: 14,
                    }],
                    observers: vec![ReplicaState {
                        replica_id: NodeId(15),
                        replica_directory_id: Uuid(*b"replica_direct16"),
                        log_end_offset: 17,
                        last_fetch_timestamp: 18,
                        last_caught_up_timestamp: 19,
                    }],
                }],
            }],
            nodes: vec![Node {
                node_id: NodeId(20),
                listeners: vec![Listener { name: "n".into(), host: "h".into(), port: 9092 }],
            }],
        };
        2 =>
            b"\0\x01" b"\x03em" b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x04" b"\0\x05" b"\x03em" b"\0\0\0\x07" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\x02" b"\0\0\0\x0a" b"replica_direct11" b"\0\0\0\0\0\0\0\x0c" b"\0\0\0\0\0\0\0\x0d"
            b"\0\0\0\0\0\0\0\x0e" b"\0" b"\x02" b"\0\0\0\x0f" b"replica_direct16" b"\0\0\0\0\0\0\0\x11"
            b"\0\0\0\0\0\0\0\x12" b"\0\0\0\0\0\0\0\x13" b"\0" b"\0" b"\0" b"\x02" b"\0\0\0\x14" b"\x02" b"\x02n"
            b"\x02h" b"#\x84" b"\0" b"\0" b"\0";
        response.error_message = Some("".into());
        response.topics[0].partitions[0].error_message = Some("".into());
        response.topics[0].partitions[0].current_voters[0].replica_directory_id = Uuid::ZERO;
        response.topics[0].partitions[0].observers[0].replica_directory_id = Uuid::ZERO;
        response.nodes = vec![];
        1 =>
            b"\0\x01" b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x04" b"\0\x05" b"\0\0\0\x07" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\x02" b"\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0c" b"\0\0\0\0\0\0\0\x0d"
            b"\0\0\0\0\0\0\0\x0e" b"\0" b"\x02" b"\0\0\0\x0f" b"\0\0\0\0\0\0\0\x11" b"\0\0\0\0\0\0\0\x12"
            b"\0\0\0\0\0\0\0\x13" b"\0" b"\0" b"\0" b"\0";
        response.topics[0].partitions[0].current_voters[0].last_fetch_timestamp = -1;
        response.topics[0].partitions[0].current_voters[0].last_caught_up_timestamp = -1;
        response.topics[0].partitions[0].observers[0].last_fetch_timestamp = -1;
        response.topics[0].partitions[0].observers[0].last_caught_up_timestamp = -1;
        0 =>
            b"\0\x01" b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x04" b"\0\x05" b"\0\0\0\x07" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\x02" b"\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0c" b"\0" b"\x02" b"\0\0\0\x0f"
            b"\0\0\0\0\0\0\0\x11" b"\0" b"\0" b"\0" b"\0";
    }
}
