use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Wire};

/// Deletes positions of a group (KIP-496).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 47, kind = request, versions = 0..=0, flexible = none, response = OffsetDeleteResponse)]
pub struct OffsetDeleteRequest {
    pub group_id: GroupId,
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetDeleteRequestTopic {
    pub name: TopicName,
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

/// One partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetDeleteRequestPartition {
    pub partition_index: i32,
}

/// Which positions were deleted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 47, kind = response, versions = 0..=0, flexible = none)]
pub struct OffsetDeleteResponse {
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetDeleteResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetDeleteResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}
