use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = request, versions = 0..=3, flexible = 2.., response = CreatePartitionsResponse)]
pub struct CreatePartitionsRequest {
    pub topics: Vec<CreatePartitionsTopic>,
    pub timeout_ms: i32,
    pub validate_only: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopic {
    pub name: TopicName,
    pub count: i32,
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsAssignment {
    pub broker_ids: Vec<NodeId>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 37, kind = response, versions = 0..=3, flexible = 2..)]
pub struct CreatePartitionsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<CreatePartitionsTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopicResult {
    pub name: TopicName,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}
