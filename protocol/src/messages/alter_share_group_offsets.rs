use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 91, kind = request, versions = 0..=0, flexible = 0.., response = AlterShareGroupOffsetsResponse)]
pub struct AlterShareGroupOffsetsRequest {
    pub group_id: GroupId,
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsRequestTopic {
    pub topic_name: TopicName,
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsRequestPartition {
    pub partition_index: i32,
    pub start_offset: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 91, kind = response, versions = 0..=0, flexible = 0..)]
pub struct AlterShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsResponseTopic {
    pub topic_name: TopicName,
    pub topic_id: Uuid,
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}
