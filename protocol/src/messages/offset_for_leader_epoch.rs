use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Wire};

/// Asks where a leader epoch ended. Consumers detect a truncated log with it, followers where to truncate.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = request, versions = 2..=4, flexible = 4.., response = OffsetForLeaderEpochResponse)]
pub struct OffsetForLeaderEpochRequest {
    /// -1 for a consumer; -2 says nothing, and is the default of older versions.
    #[wire(versions = 3.., default = -2, ignorable)]
    pub replica_id: NodeId,
    pub topics: Vec<OffsetForLeaderTopic>,
}

/// The partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderTopic {
    pub topic: TopicName,
    pub partitions: Vec<OffsetForLeaderPartition>,
}

/// The epoch to look up in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderPartition {
    pub partition: i32,
    /// The leader epoch the client knows, -1 to skip the check.
    #[wire(default = -1, ignorable)]
    pub current_leader_epoch: i32,
    /// The epoch to look up.
    pub leader_epoch: i32,
}

/// The ends of the epochs.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = response, versions = 2..=4, flexible = 4..)]
pub struct OffsetForLeaderEpochResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

/// The ends in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetForLeaderTopicResult {
    pub topic: TopicName,
    pub partitions: Vec<EpochEndOffset>,
}

/// The end in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    pub error_code: ErrorCode,
    pub partition: i32,
    /// The largest epoch that is not above the one asked for, -1 when there is none.
    #[wire(default = -1, ignorable)]
    pub leader_epoch: i32,
    /// The offset after that epoch's last record.
    #[wire(default = -1)]
    pub end_offset: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = OffsetForLeaderEpochRequest {
            replica_id: NodeId(1),
            topics: vec![OffsetForLeaderTopic {
                topic: "t".into(),
                partitions: vec![OffsetForLeaderPartition {
                    partition: 3,
                    current_leader_epoch: 4,
                    leader_epoch: 5,
                }],
            }],
        };
        4 => b"\0\0\0\x01" b"\x02" b"\x02t" b"\x02" b"\0\0\0\x03" b"\0\0\0\x04" b"\0\0\0\x05" b"\0" b"\0" b"\0";
        3 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\x04" b"\0\0\0\x05";
        request.replica_id = NodeId(-2);
        2 => b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\x04" b"\0\0\0\x05";
    }

    literals! {
        let response = OffsetForLeaderEpochResponse {
            throttle_time_ms: 1,
            topics: vec![OffsetForLeaderTopicResult {
                topic: "t".into(),
                partitions: vec![EpochEndOffset {
                    error_code: ErrorCode(3),
                    partition: 4,
                    leader_epoch: 5,
                    end_offset: 6,
                }],
            }],
        };
        4 =>
            b"\0\0\0\x01" b"\x02" b"\x02t" b"\x02" b"\0\x03" b"\0\0\0\x04" b"\0\0\0\x05" b"\0\0\0\0\0\0\0\x06" b"\0"
            b"\0" b"\0";
        2..=3 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01" b"\0\x03" b"\0\0\0\x04" b"\0\0\0\x05"
            b"\0\0\0\0\0\0\0\x06";
    }
}
