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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: "n".into(),
                partitions: vec![DeleteRecordsPartition { partition_index: 2, offset: 3 }],
            }],
            timeout_ms: 4,
        };
        2 => b"\x02" b"\x02n" b"\x02" b"\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0" b"\0" b"\0\0\0\x04" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0\0\0\x04";
    }

    literals! {
        let response = DeleteRecordsResponse {
            throttle_time_ms: 1,
            topics: vec![DeleteRecordsTopicResult {
                name: "n".into(),
                partitions: vec![DeleteRecordsPartitionResult {
                    partition_index: 3,
                    low_watermark: 4,
                    error_code: ErrorCode(5),
                }],
            }],
        };
        2 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\x05" b"\0" b"\0" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\x05";
    }
}
