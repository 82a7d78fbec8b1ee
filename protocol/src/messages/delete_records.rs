use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = request, versions = 0..=2, flexible = 2.., response = DeleteRecordsResponse)]
pub struct DeleteRecordsRequest {
    pub topics: Vec<DeleteRecordsTopic>,
    pub timeout_ms: i32,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsTopic {
    pub name: TopicName,
    pub partitions: Vec<DeleteRecordsPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsPartition {
    pub partition_index: i32,
    pub offset: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = response, versions = 0..=2, flexible = 2..)]
pub struct DeleteRecordsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DeleteRecordsTopicResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsTopicResult {
    pub name: TopicName,
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsPartitionResult {
    pub partition_index: i32,
    pub low_watermark: i64,
    pub error_code: ErrorCode,
}
