use crate::error_code::ErrorCode;
use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 35, kind = request, versions = 1..=5, flexible = 2.., response = DescribeLogDirsResponse)]
pub struct DescribeLogDirsRequest {
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribableLogDirTopic {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 35, kind = response, versions = 1..=5, flexible = 2..)]
pub struct DescribeLogDirsResponse {
    pub throttle_time_ms: i32,
    #[wire(versions = 3.., ignorable)]
    pub error_code: ErrorCode,
    pub results: Vec<DescribeLogDirsResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsResult {
    pub error_code: ErrorCode,
    pub log_dir: Str,
    pub topics: Vec<DescribeLogDirsTopic>,
    #[wire(versions = 4.., default = -1, ignorable)]
    pub total_bytes: i64,
    #[wire(versions = 4.., default = -1, ignorable)]
    pub usable_bytes: i64,
    #[wire(versions = 5.., ignorable)]
    pub is_cordoned: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsTopic {
    pub name: TopicName,
    pub partitions: Vec<DescribeLogDirsPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeLogDirsPartition {
    pub partition_index: i32,
    pub partition_size: i64,
    pub offset_lag: i64,
    pub is_future_key: bool,
}
