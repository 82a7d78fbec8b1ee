use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Moves a share group without members to other offsets.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 91, kind = request, versions = 0..=0, flexible = 0.., response = AlterShareGroupOffsetsResponse)]
pub struct AlterShareGroupOffsetsRequest {
    pub group_id: GroupId,
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
}

/// The new offsets in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsRequestTopic {
    pub topic_name: TopicName,
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
}

/// The new offset in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsRequestPartition {
    pub partition_index: i32,
    pub start_offset: i64,
}

/// Which offsets were changed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 91, kind = response, versions = 0..=0, flexible = 0..)]
pub struct AlterShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsResponseTopic {
    pub topic_name: TopicName,
    pub topic_id: Uuid,
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterShareGroupOffsetsRequest {
            group_id: "gi".into(),
            topics: vec![AlterShareGroupOffsetsRequestTopic {
                topic_name: "tn".into(),
                partitions: vec![AlterShareGroupOffsetsRequestPartition {
                    partition_index: 3,
                    start_offset: 4,
                }],
            }],
        };
        0 => b"\x03gi" b"\x02" b"\x03tn" b"\x02" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0" b"\0" b"\0";
    }

    literals! {
        let response = AlterShareGroupOffsetsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            responses: vec![AlterShareGroupOffsetsResponseTopic {
                topic_name: "tn".into(),
                topic_id: Uuid(*b"topic_id.......5"),
                partitions: vec![AlterShareGroupOffsetsResponsePartition {
                    partition_index: 6,
                    error_code: ErrorCode(7),
                    error_message: Some("em".into()),
                }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x03tn" b"topic_id.......5" b"\x02" b"\0\0\0\x06" b"\0\x07"
            b"\x03em" b"\0" b"\0" b"\0";
    }
}
