use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Moves partitions to other brokers, or cancels a move (KIP-455).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 45, kind = request, versions = 0..=1, flexible = 0.., response = AlterPartitionReassignmentsResponse)]
pub struct AlterPartitionReassignmentsRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    /// When `false`, a move that would add or drop replicas fails.
    #[wire(versions = 1.., default = true)]
    pub allow_replication_factor_change: bool,
    pub topics: Vec<ReassignableTopic>,
}

/// The moves in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignableTopic {
    pub name: TopicName,
    pub partitions: Vec<ReassignablePartition>,
}

/// The move of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignablePartition {
    pub partition_index: i32,
    /// The brokers to move to; `None` cancels a move in progress.
    #[wire(default = null)]
    pub replicas: Option<Vec<NodeId>>,
}

/// Which moves have begun.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 45, kind = response, versions = 0..=1, flexible = 0..)]
pub struct AlterPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 1.., default = true, ignorable)]
    pub allow_replication_factor_change: bool,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub responses: Vec<ReassignableTopicResponse>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignableTopicResponse {
    pub name: TopicName,
    pub partitions: Vec<ReassignablePartitionResponse>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReassignablePartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterPartitionReassignmentsRequest {
            timeout_ms: 1,
            topics: vec![ReassignableTopic {
                name: "n".into(),
                partitions: vec![ReassignablePartition {
                    partition_index: 4,
                    replicas: Some(vec![NodeId(5)]),
                }],
            }],
            ..Default::default()
        };
        1 => b"\0\0\0\x01" b"\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x04" b"\x02\0\0\0\x05" b"\0" b"\0" b"\0";
        0 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x04" b"\x02\0\0\0\x05" b"\0" b"\0" b"\0";
    }

    literals! {
        let response = AlterPartitionReassignmentsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(3),
            error_message: Some("em".into()),
            responses: vec![ReassignableTopicResponse {
                name: "n".into(),
                partitions: vec![ReassignablePartitionResponse {
                    partition_index: 6,
                    error_code: ErrorCode(7),
                    error_message: Some("em".into()),
                }],
            }],
            ..Default::default()
        };
        1 =>
            b"\0\0\0\x01" b"\x01" b"\0\x03" b"\x03em" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06" b"\0\x07" b"\x03em" b"\0"
            b"\0" b"\0";
        0 =>
            b"\0\0\0\x01" b"\0\x03" b"\x03em" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06" b"\0\x07" b"\x03em" b"\0" b"\0"
            b"\0";
    }
}
