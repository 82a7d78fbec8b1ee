use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Asks for the moves in progress.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 46, kind = request, versions = 0..=0, flexible = 0.., response = ListPartitionReassignmentsResponse)]
pub struct ListPartitionReassignmentsRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    /// `None` means every topic.
    #[wire(default = null)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsTopics {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

/// The moves in progress.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 46, kind = response, versions = 0..=0, flexible = 0..)]
pub struct ListPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub topics: Vec<OngoingTopicReassignment>,
}

/// The moves in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OngoingTopicReassignment {
    pub name: TopicName,
    pub partitions: Vec<OngoingPartitionReassignment>,
}

/// The move of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    /// Every replica at the moment, old and new.
    pub replicas: Vec<NodeId>,
    pub adding_replicas: Vec<NodeId>,
    pub removing_replicas: Vec<NodeId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = ListPartitionReassignmentsRequest {
            timeout_ms: 1,
            topics: Some(vec![ListPartitionReassignmentsTopics {
                name: "n".into(),
                partition_indexes: vec![3],
            }]),
        };
        0 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02\0\0\0\x03" b"\0" b"\0";
    }

    literals! {
        let response = ListPartitionReassignmentsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            topics: vec![OngoingTopicReassignment {
                name: "n".into(),
                partitions: vec![OngoingPartitionReassignment {
                    partition_index: 5,
                    replicas: vec![NodeId(6)],
                    adding_replicas: vec![NodeId(7)],
                    removing_replicas: vec![NodeId(8)],
                }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x05" b"\x02\0\0\0\x06"
            b"\x02\0\0\0\x07" b"\x02\0\0\0\x08" b"\0" b"\0" b"\0";
    }
}
