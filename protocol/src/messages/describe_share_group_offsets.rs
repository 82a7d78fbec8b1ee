use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks where share groups stand in their partitions.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 90, kind = request, versions = 0..=1, flexible = 0.., response = DescribeShareGroupOffsetsResponse)]
pub struct DescribeShareGroupOffsetsRequest {
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
}

/// The partitions of one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    pub group_id: GroupId,
    /// `None` means every partition with state.
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    pub topic_name: TopicName,
    pub partitions: Vec<i32>,
}

/// Where the groups stand.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 90, kind = response, versions = 0..=1, flexible = 0..)]
pub struct DescribeShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
}

/// Where one group stands.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    pub group_id: GroupId,
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

/// Where the group stands in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    pub topic_name: TopicName,
    pub topic_id: Uuid,
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
}

/// Where the group stands in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    /// The first offset that may still be delivered, -1 when not set yet.
    pub start_offset: i64,
    pub leader_epoch: i32,
    /// Records not delivered yet, -1 when not known (KIP-1226).
    #[wire(versions = 1.., default = -1, ignorable)]
    pub lag: i64,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeShareGroupOffsetsRequest {
            groups: vec![DescribeShareGroupOffsetsRequestGroup {
                group_id: "gi".into(),
                topics: Some(vec![DescribeShareGroupOffsetsRequestTopic {
                    topic_name: "tn".into(),
                    partitions: vec![3],
                }]),
            }],
        };
        0..=1 => b"\x02" b"\x03gi" b"\x02" b"\x03tn" b"\x02\0\0\0\x03" b"\0" b"\0" b"\0";
    }

    literals! {
        let mut response = DescribeShareGroupOffsetsResponse {
            throttle_time_ms: 1,
            groups: vec![DescribeShareGroupOffsetsResponseGroup {
                group_id: "gi".into(),
                topics: vec![DescribeShareGroupOffsetsResponseTopic {
                    topic_name: "tn".into(),
                    topic_id: Uuid(*b"topic_id.......4"),
                    partitions: vec![DescribeShareGroupOffsetsResponsePartition {
                        partition_index: 5,
                        start_offset: 6,
                        leader_epoch: 7,
                        lag: 8,
                        error_code: ErrorCode(9),
                        error_message: Some("em".into()),
                    }],
                }],
                error_code: ErrorCode(11),
                error_message: Some("em".into()),
            }],
        };
        1 =>
            b"\0\0\0\x01" b"\x02" b"\x03gi" b"\x02" b"\x03tn" b"topic_id.......4" b"\x02" b"\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06" b"\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\0\x09" b"\x03em" b"\0" b"\0" b"\0\x0b"
            b"\x03em" b"\0" b"\0";
        response.groups[0].topics[0].partitions[0].lag = -1;
        0 =>
            b"\0\0\0\x01" b"\x02" b"\x03gi" b"\x02" b"\x03tn" b"topic_id.......4" b"\x02" b"\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06" b"\0\0\0\x07" b"\0\x09" b"\x03em" b"\0" b"\0" b"\0\x0b" b"\x03em" b"\0" b"\0";
    }
}
