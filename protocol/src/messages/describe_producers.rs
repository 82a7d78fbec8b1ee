use crate::error_code::ErrorCode;
use crate::types::{ProducerId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Asks a partition's leader for its active producers, to find hanging transactions (KIP-664).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 61, kind = request, versions = 0..=0, flexible = 0.., response = DescribeProducersResponse)]
pub struct DescribeProducersRequest {
    pub topics: Vec<TopicRequest>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicRequest {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

/// The producers.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 61, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeProducersResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TopicResponse>,
}

/// The producers in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicResponse {
    pub name: TopicName,
    pub partitions: Vec<PartitionResponse>,
}

/// The producers in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub active_producers: Vec<ProducerState>,
}

/// One producer's last batch and open transaction.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ProducerState {
    pub producer_id: ProducerId,
    pub producer_epoch: i32,
    #[wire(default = -1)]
    pub last_sequence: i32,
    #[wire(default = -1)]
    pub last_timestamp: i64,
    pub coordinator_epoch: i32,
    /// -1 when no transaction is open.
    #[wire(default = -1)]
    pub current_txn_start_offset: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeProducersRequest {
            topics: vec![TopicRequest { name: "n".into(), partition_indexes: vec![2] }],
        };
        0 => b"\x02" b"\x02n" b"\x02\0\0\0\x02" b"\0" b"\0";
    }

    literals! {
        let response = DescribeProducersResponse {
            throttle_time_ms: 1,
            topics: vec![TopicResponse {
                name: "n".into(),
                partitions: vec![PartitionResponse {
                    partition_index: 3,
                    error_code: ErrorCode(4),
                    error_message: Some("em".into()),
                    active_producers: vec![ProducerState {
                        producer_id: ProducerId(6),
                        producer_epoch: 7,
                        last_sequence: 8,
                        last_timestamp: 9,
                        coordinator_epoch: 10,
                        current_txn_start_offset: 11,
                    }],
                }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\x04" b"\x03em" b"\x02" b"\0\0\0\0\0\0\0\x06"
            b"\0\0\0\x07" b"\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0b" b"\0" b"\0" b"\0"
            b"\0";
    }
}
