use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

/// Asks a broker for the size of its replicas, by log directory.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 35, kind = request, versions = 1..=5, flexible = 2.., response = DescribeLogDirsResponse)]
pub struct DescribeLogDirsRequest {
    /// `None` means every topic.
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribableLogDirTopic {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

/// The log directories of one broker.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 35, kind = response, versions = 1..=5, flexible = 2..)]
pub struct DescribeLogDirsResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 3.., ignorable)]
    pub error_code: ErrorCode,
    pub results: Vec<DescribeLogDirsResult>,
}

/// One log directory.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsResult {
    pub error_code: ErrorCode,
    pub log_dir: Str,
    pub topics: Vec<DescribeLogDirsTopic>,
    /// Size of the volume, -1 when not known (KIP-827).
    #[wire(versions = 4.., default = -1, ignorable)]
    pub total_bytes: i64,
    /// Free space of the volume, -1 when not known.
    #[wire(versions = 4.., default = -1, ignorable)]
    pub usable_bytes: i64,
    /// No new replicas are placed here (KIP-1066).
    #[wire(versions = 5.., ignorable)]
    pub is_cordoned: bool,
}

/// The replicas of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsTopic {
    pub name: TopicName,
    pub partitions: Vec<DescribeLogDirsPartition>,
}

/// One replica.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsPartition {
    pub partition_index: i32,
    pub partition_size: i64,
    /// Records that the replica is behind the high watermark or, for a future replica, behind the one it will replace.
    pub offset_lag: i64,
    /// The replica is being copied here and will replace another directory's.
    pub is_future_key: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeLogDirsRequest {
            topics: Some(vec![DescribableLogDirTopic { topic: "t".into(), partitions: vec![2] }]),
        };
        2..=5 => b"\x02" b"\x02t" b"\x02\0\0\0\x02" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x02";
    }

    literals! {
        let mut response = DescribeLogDirsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            results: vec![DescribeLogDirsResult {
                error_code: ErrorCode(3),
                log_dir: "ld".into(),
                topics: vec![DescribeLogDirsTopic {
                    name: "n".into(),
                    partitions: vec![DescribeLogDirsPartition {
                        partition_index: 6,
                        partition_size: 7,
                        offset_lag: 8,
                        is_future_key: true,
                    }],
                }],
                total_bytes: 10,
                usable_bytes: 11,
                is_cordoned: true,
            }],
        };
        5 =>
            b"\0\0\0\x01" b"\0\x02" b"\x02" b"\0\x03" b"\x03ld" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x01" b"\0" b"\0" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0b"
            b"\x01" b"\0" b"\0";
        response.results[0].is_cordoned = false;
        4 =>
            b"\0\0\0\x01" b"\0\x02" b"\x02" b"\0\x03" b"\x03ld" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x01" b"\0" b"\0" b"\0\0\0\0\0\0\0\x0a" b"\0\0\0\0\0\0\0\x0b"
            b"\0" b"\0";
        response.results[0].total_bytes = -1;
        response.results[0].usable_bytes = -1;
        3 =>
            b"\0\0\0\x01" b"\0\x02" b"\x02" b"\0\x03" b"\x03ld" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x01" b"\0" b"\0" b"\0" b"\0";
        response.error_code = ErrorCode::NONE;
        2 =>
            b"\0\0\0\x01" b"\x02" b"\0\x03" b"\x03ld" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x06" b"\0\0\0\0\0\0\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\x01" b"\0" b"\0" b"\0" b"\0";
        1 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x03" b"\0\x02ld" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x06"
            b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x01";
    }
}
