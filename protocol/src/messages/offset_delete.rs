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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = OffsetDeleteRequest {
            group_id: "gi".into(),
            topics: vec![OffsetDeleteRequestTopic {
                name: "n".into(),
                partitions: vec![OffsetDeleteRequestPartition { partition_index: 3 }],
            }],
        };
        0 => b"\0\x02gi" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03";
    }

    literals! {
        let response = OffsetDeleteResponse {
            error_code: ErrorCode(1),
            throttle_time_ms: 2,
            topics: vec![OffsetDeleteResponseTopic {
                name: "n".into(),
                partitions: vec![OffsetDeleteResponsePartition {
                    partition_index: 4,
                    error_code: ErrorCode(5),
                }],
            }],
        };
        0 => b"\0\x01" b"\0\0\0\x02" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\x05";
    }
}
