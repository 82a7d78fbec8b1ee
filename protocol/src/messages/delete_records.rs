use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Wire};

/// Moves the log start of partitions forward. Streams trims its repartition topics with it.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = request, versions = 0..=2, flexible = 2.., response = DeleteRecordsResponse)]
pub struct DeleteRecordsRequest {
    pub topics: Vec<DeleteRecordsTopic>,
    pub timeout_ms: i32,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsTopic {
    pub name: TopicName,
    pub partitions: Vec<DeleteRecordsPartition>,
}

/// The new log start of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsPartition {
    pub partition_index: i32,
    /// First offset to keep; -1 means the high watermark.
    pub offset: i64,
}

/// The log starts after a [`DeleteRecordsRequest`].
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = response, versions = 0..=2, flexible = 2..)]
pub struct DeleteRecordsResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<DeleteRecordsTopicResult>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsTopicResult {
    pub name: TopicName,
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeleteRecordsPartitionResult {
    pub partition_index: i32,
    /// The lowest log start among the partition's live replicas.
    pub low_watermark: i64,
    pub error_code: ErrorCode,
}
