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
