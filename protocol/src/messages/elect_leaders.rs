use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 43, kind = request, versions = 0..=2, flexible = 2.., response = ElectLeadersResponse)]
pub struct ElectLeadersRequest {
    #[wire(versions = 1..)]
    pub election_type: i8,
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 43, kind = response, versions = 0..=2, flexible = 2..)]
pub struct ElectLeadersResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 1..)]
    pub error_code: ErrorCode,
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ReplicaElectionResult {
    pub topic: TopicName,
    pub partition_result: Vec<PartitionResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionResult {
    pub partition_id: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}
