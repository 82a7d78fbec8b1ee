use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 90, kind = request, versions = 0..=1, flexible = 0.., response = DescribeShareGroupOffsetsResponse)]
pub struct DescribeShareGroupOffsetsRequest {
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    pub group_id: GroupId,
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    pub topic_name: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 90, kind = response, versions = 0..=1, flexible = 0..)]
pub struct DescribeShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    pub group_id: GroupId,
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    pub topic_name: TopicName,
    pub topic_id: Uuid,
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub start_offset: i64,
    pub leader_epoch: i32,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub lag: i64,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}
