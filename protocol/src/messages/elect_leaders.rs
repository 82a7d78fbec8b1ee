use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

/// Elects leaders of partitions by hand.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 43, kind = request, versions = 0..=2, flexible = 2.., response = ElectLeadersResponse)]
pub struct ElectLeadersRequest {
    /// 0 the preferred replica, 1 any replica if none is in sync: unclean (KIP-460).
    #[wire(versions = 1..)]
    pub election_type: i8,
    /// `None` means every partition.
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

/// Which elections succeeded.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 43, kind = response, versions = 0..=2, flexible = 2..)]
pub struct ElectLeadersResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 1..)]
    pub error_code: ErrorCode,
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaElectionResult {
    pub topic: TopicName,
    pub partition_result: Vec<PartitionResult>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionResult {
    pub partition_id: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ElectLeadersRequest {
            election_type: 1,
            topic_partitions: Some(vec![TopicPartitions { topic: "t".into(), partitions: vec![3] }]),
            timeout_ms: 4,
        };
        2 => b"\x01" b"\x02" b"\x02t" b"\x02\0\0\0\x03" b"\0" b"\0\0\0\x04" b"\0";
        1 => b"\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x03" b"\0\0\0\x04";
        request.election_type = 0;
        0 => b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x03" b"\0\0\0\x04";
    }

    literals! {
        let mut response = ElectLeadersResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            replica_election_results: vec![ReplicaElectionResult {
                topic: "t".into(),
                partition_result: vec![PartitionResult {
                    partition_id: 4,
                    error_code: ErrorCode(5),
                    error_message: Some("em".into()),
                }],
            }],
        };
        2 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x02t" b"\x02" b"\0\0\0\x04" b"\0\x05" b"\x03em" b"\0" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\x05" b"\0\x02em";
        response.error_code = ErrorCode::NONE;
        0 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\x05" b"\0\x02em";
    }
}
