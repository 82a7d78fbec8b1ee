use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 46, kind = request, versions = 0..=0, flexible = 0.., response = ListPartitionReassignmentsResponse)]
pub struct ListPartitionReassignmentsRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    #[wire(default = null)]
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsTopics {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 46, kind = response, versions = 0..=0, flexible = 0..)]
pub struct ListPartitionReassignmentsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub topics: Vec<OngoingTopicReassignment>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OngoingTopicReassignment {
    pub name: TopicName,
    pub partitions: Vec<OngoingPartitionReassignment>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OngoingPartitionReassignment {
    pub partition_index: i32,
    pub replicas: Vec<NodeId>,
    pub adding_replicas: Vec<NodeId>,
    pub removing_replicas: Vec<NodeId>,
}
