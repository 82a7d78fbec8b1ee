use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Adds partitions to topics.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = request, versions = 0..=3, flexible = 2.., response = CreatePartitionsResponse)]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

/// The topic to grow.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopic {
    pub name: TopicName,
    /// The number of partitions afterwards.
    pub count: i32,
    /// Replicas of the new partitions, in order; `None` leaves it to the broker.
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

/// The brokers of one new partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<NodeId>,
}

/// Which topics have grown.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = response, versions = 0..=3, flexible = 2..)]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopicResult {
    pub name: TopicName,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}
