use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Stores a group's positions. Sent by consumers, and by admin tools for groups without members.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = request, versions = 2..=10, flexible = 8.., response = OffsetCommitResponse)]
pub struct OffsetCommitRequest {
    pub group_id: GroupId,
    /// The generation of a classic group or the member epoch of a consumer group; -1 from a client that is no member.
    #[wire(default = -1, ignorable)]
    pub generation_id_or_member_epoch: i32,
    #[wire(ignorable)]
    pub member_id: Str,
    #[wire(versions = 7.., default = null)]
    pub group_instance_id: Option<Str>,
    /// How long to keep the offsets, -1 for the broker's own setting.
    #[wire(versions = ..=4, default = -1, ignorable)]
    pub retention_time_ms: i64,
    pub topics: Vec<OffsetCommitRequestTopic>,
}

/// The positions in one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestTopic {
    /// Replaced by `topic_id` from version 10.
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

/// The position in one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    /// Offset of the next record to read.
    pub committed_offset: i64,
    /// Leader epoch of the last record read, -1 when not known (KIP-320).
    #[wire(versions = 6.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    /// A note of the application's, returned with the offset.
    pub committed_metadata: Option<Str>,
}

/// Which positions were stored.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = response, versions = 2..=10, flexible = 8..)]
pub struct OffsetCommitResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<OffsetCommitResponseTopic>,
}

/// The outcome for one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponseTopic {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

/// The outcome for one partition.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = OffsetCommitRequest {
            group_id: "gi".into(),
            generation_id_or_member_epoch: 2,
            member_id: "mi".into(),
            group_instance_id: Some("gii".into()),
            topics: vec![OffsetCommitRequestTopic {
                topic_id: Uuid(*b"topic_id.......7"),
                partitions: vec![OffsetCommitRequestPartition {
                    partition_index: 8,
                    committed_offset: 9,
                    committed_leader_epoch: 10,
                    committed_metadata: Some("cm".into()),
                }],
                ..Default::default()
            }],
            ..Default::default()
        };
        10 =>
            b"\x03gi"                     // group_id
            b"\0\0\0\x02"                 // generation_id_or_member_epoch
            b"\x03mi"                     // member_id
            b"\x04gii"                    // group_instance_id
            b"\x02"                       // topics
                b"topic_id.......7"       // topic_id
                b"\x02"                   // partitions
                    b"\0\0\0\x08"         // partition_index
                    b"\0\0\0\0\0\0\0\x09" // committed_offset
                    b"\0\0\0\x0a"         // committed_leader_epoch
                    b"\x03cm"             // committed_metadata
                    b"\0"                 // no tagged fields
                b"\0"                     // no tagged fields
            b"\0";                        // no tagged fields
        request.topics[0].name = "n".into();
        request.topics[0].topic_id = Uuid::ZERO;
        8..=9 =>
            b"\x03gi" b"\0\0\0\x02" b"\x03mi" b"\x04gii" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x08" b"\0\0\0\0\0\0\0\x09"
            b"\0\0\0\x0a" b"\x03cm" b"\0" b"\0" b"\0";
        7 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\x03gii" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\0\0\0\x0a" b"\0\x02cm";
        request.group_instance_id = None;
        6 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\0\0\0\x0a" b"\0\x02cm";
        request.topics[0].partitions[0].committed_leader_epoch = -1;
        5 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x08"
            b"\0\0\0\0\0\0\0\x09" b"\0\x02cm";
        request.retention_time_ms = 5;
        2..=4 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01"
            b"\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\0\x02cm";
    }

    literals! {
        let mut response = OffsetCommitResponse {
            throttle_time_ms: 1,
            topics: vec![OffsetCommitResponseTopic {
                topic_id: Uuid(*b"topic_id.......3"),
                partitions: vec![OffsetCommitResponsePartition {
                    partition_index: 4,
                    error_code: ErrorCode(5),
                }],
                ..Default::default()
            }],
        };
        10 =>
            b"\0\0\0\x01"           // throttle_time_ms
            b"\x02"                 // topics
                b"topic_id.......3" // topic_id
                b"\x02"             // partitions
                    b"\0\0\0\x04"   // partition_index
                    b"\0\x05"       // error_code
                    b"\0"           // no tagged fields
                b"\0"               // no tagged fields
            b"\0";                  // no tagged fields
        response.topics[0].name = "n".into();
        response.topics[0].topic_id = Uuid::ZERO;
        8..=9 => b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x04" b"\0\x05" b"\0" b"\0" b"\0";
        3..=7 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\x05";
        response.throttle_time_ms = 0;
        2 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x04" b"\0\x05";
    }
}
