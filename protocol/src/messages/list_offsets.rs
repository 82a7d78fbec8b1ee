use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Wire};

/// Looks up offsets by timestamp or by a special position such as the log's start or end.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = request, versions = 1..=11, flexible = 6.., response = ListOffsetsResponse)]
pub struct ListOffsetsRequest {
    /// -1 for a consumer.
    pub replica_id: NodeId,
    /// 0 read uncommitted: the end is the high watermark. 1 read committed: the end is the last stable offset.
    #[wire(versions = 2..)]
    pub isolation_level: i8,
    pub topics: Vec<ListOffsetsTopic>,
    /// How long the broker may wait for offsets in tiered storage (KIP-1075).
    #[wire(versions = 10.., ignorable)]
    pub timeout_ms: i32,
}

/// The partitions of one topic to look up.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsTopic {
    pub name: TopicName,
    pub partitions: Vec<ListOffsetsPartition>,
}

/// The lookup for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsPartition {
    pub partition_index: i32,
    /// The leader epoch the client knows, -1 to skip the check.
    #[wire(versions = 4.., default = -1, ignorable)]
    pub current_leader_epoch: i32,
    /// In milliseconds: the first record at or after it. Negative values are positions: -1 the end, -2 the log start,
    /// -3 the record with the largest timestamp (from version 7), -4 the local log start (8), -5 the last offset in
    /// tiered storage (9), -6 the first offset not tiered yet (11).
    pub timestamp: i64,
}

/// The offsets that a [`ListOffsetsRequest`] asked for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = response, versions = 1..=11, flexible = 6..)]
pub struct ListOffsetsResponse {
    #[wire(versions = 2.., ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<ListOffsetsTopicResponse>,
}

/// The offsets of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsTopicResponse {
    pub name: TopicName,
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

/// The offset of one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListOffsetsPartitionResponse {
    pub partition_index: i32,
    pub error_code: ErrorCode,
    /// Timestamp of the record found, -1 for a position or when there is none.
    #[wire(default = -1)]
    pub timestamp: i64,
    /// -1 when no record is that recent.
    #[wire(default = -1)]
    pub offset: i64,
    /// Leader epoch of the record found, -1 when not known.
    #[wire(versions = 4.., default = -1)]
    pub leader_epoch: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ListOffsetsRequest {
            replica_id: NodeId(1),
            isolation_level: 2,
            topics: vec![ListOffsetsTopic {
                name: "n".into(),
                partitions: vec![ListOffsetsPartition {
                    partition_index: 4,
                    current_leader_epoch: 5,
                    timestamp: 6,
                }],
            }],
            timeout_ms: 7,
        };
        10..=11 =>
            b"\0\0\0\x01"                 // replica_id
            b"\x02"                       // isolation_level
            b"\x02"                       // topics
                b"\x02n"                  // name
                b"\x02"                   // partitions
                    b"\0\0\0\x04"         // partition_index
                    b"\0\0\0\x05"         // current_leader_epoch
                    b"\0\0\0\0\0\0\0\x06" // timestamp
                    b"\0"                 // no tagged fields
                b"\0"                     // no tagged fields
            b"\0\0\0\x07"                 // timeout_ms
            b"\0";                        // no tagged fields
        request.timeout_ms = 0;
        6..=9 =>
            b"\0\0\0\x01" b"\x02" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x04" b"\0\0\0\x05" b"\0\0\0\0\0\0\0\x06" b"\0"
            b"\0" b"\0";
        4..=5 =>
            b"\0\0\0\x01" b"\x02" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06";
        request.topics[0].partitions[0].current_leader_epoch = -1;
        2..=3 => b"\0\0\0\x01" b"\x02" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\0\0\0\0\0\0\x06";
        request.isolation_level = 0;
        1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\0\0\0\0\0\0\x06";
    }

    literals! {
        let mut response = ListOffsetsResponse {
            throttle_time_ms: 1,
            topics: vec![ListOffsetsTopicResponse {
                name: "n".into(),
                partitions: vec![ListOffsetsPartitionResponse {
                    partition_index: 3,
                    error_code: ErrorCode(4),
                    timestamp: 5,
                    offset: 6,
                    leader_epoch: 7,
                }],
            }],
        };
        6..=11 =>
            b"\0\0\0\x01"                 // throttle_time_ms
            b"\x02"                       // topics
                b"\x02n"                  // name
                b"\x02"                   // partitions
                    b"\0\0\0\x03"         // partition_index
                    b"\0\x04"             // error_code
                    b"\0\0\0\0\0\0\0\x05" // timestamp
                    b"\0\0\0\0\0\0\0\x06" // offset
                    b"\0\0\0\x07"         // leader_epoch
                    b"\0"                 // no tagged fields
                b"\0"                     // no tagged fields
            b"\0";                        // no tagged fields
        4..=5 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06" b"\0\0\0\x07";
        response.topics[0].partitions[0].leader_epoch = -1;
        2..=3 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06";
        response.throttle_time_ms = 0;
        1 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\x04" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06";
    }
}
