use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the positions that groups have stored. Several groups at once from version 8 (KIP-709).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 9, kind = request, versions = 1..=10, flexible = 6.., response = OffsetFetchResponse)]
pub struct OffsetFetchRequest {
    #[wire(versions = ..=7)]
    pub group_id: GroupId,
    /// `None` means every topic the group has positions for.
    #[wire(versions = ..=7, nullable = 2..)]
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    #[wire(versions = 8..)]
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Answer [`ErrorCode::UNSTABLE_OFFSET_COMMIT`] while a transaction may still change a position (KIP-447).
    #[wire(versions = 7..)]
    pub require_stable: bool,
}

/// The partitions of one topic, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopic {
    pub name: TopicName,
    pub partition_indexes: Vec<i32>,
}

/// The positions to look up of one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: GroupId,
    /// Set by a member of a consumer group, for fencing (KIP-848).
    #[wire(versions = 9.., default = null, ignorable)]
    pub member_id: Option<Str>,
    #[wire(versions = 9.., default = -1, ignorable)]
    pub member_epoch: i32,
    /// `None` means every topic the group has positions for.
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

/// The partitions of one topic, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partition_indexes: Vec<i32>,
}

/// The positions that an [`OffsetFetchRequest`] asked for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 9, kind = response, versions = 1..=10, flexible = 6..)]
pub struct OffsetFetchResponse {
    #[wire(versions = 3.., ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = ..=7)]
    pub topics: Vec<OffsetFetchResponseTopic>,
    #[wire(versions = 2..=7, ignorable)]
    pub error_code: ErrorCode,
    #[wire(versions = 8..)]
    pub groups: Vec<OffsetFetchResponseGroup>,
}

/// The positions in one topic, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopic {
    pub name: TopicName,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

/// The position in one partition, up to version 7.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    /// Offset of the next record to read, -1 when none is stored.
    pub committed_offset: i64,
    #[wire(versions = 5.., default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}

/// The positions of one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseGroup {
    pub group_id: GroupId,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: ErrorCode,
}

/// The positions in one topic, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponseTopics {
    #[wire(versions = ..=9, ignorable)]
    pub name: TopicName,
    #[wire(versions = 10.., ignorable)]
    pub topic_id: Uuid,
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

/// The position in one partition, from version 8.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    /// Offset of the next record to read, -1 when none is stored.
    pub committed_offset: i64,
    #[wire(default = -1, ignorable)]
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = OffsetFetchRequest {
            groups: vec![OffsetFetchRequestGroup {
                group_id: "gi".into(),
                member_id: Some("mi".into()),
                member_epoch: 6,
                topics: Some(vec![OffsetFetchRequestTopics {
                    topic_id: Uuid(*b"topic_id.......8"),
                    partition_indexes: vec![9],
                    ..Default::default()
                }]),
            }],
            require_stable: true,
            ..Default::default()
        };
        10 =>
            b"\x02"                     // groups
                b"\x03gi"               // group_id
                b"\x03mi"               // member_id
                b"\0\0\0\x06"           // member_epoch
                b"\x02"                 // topics
                    b"topic_id.......8" // topic_id
                    b"\x02\0\0\0\x09"   // partition_indexes
                    b"\0"               // no tagged fields
                b"\0"                   // no tagged fields
            b"\x01"                     // require_stable
            b"\0";                      // no tagged fields
        request.groups[0].topics.as_mut().unwrap()[0].name = "n".into();
        request.groups[0].topics.as_mut().unwrap()[0].topic_id = Uuid::ZERO;
        9 => b"\x02" b"\x03gi" b"\x03mi" b"\0\0\0\x06" b"\x02" b"\x02n" b"\x02\0\0\0\x09" b"\0" b"\0" b"\x01" b"\0";
        request.groups[0].member_id = None;
        request.groups[0].member_epoch = -1;
        8 => b"\x02" b"\x03gi" b"\x02" b"\x02n" b"\x02\0\0\0\x09" b"\0" b"\0" b"\x01" b"\0";
        request.group_id = "gi".into();
        request.topics = Some(vec![OffsetFetchRequestTopic { name: "n".into(), partition_indexes: vec![3] }]);
        request.groups = vec![];
        7 => b"\x03gi" b"\x02" b"\x02n" b"\x02\0\0\0\x03" b"\0" b"\x01" b"\0";
        request.require_stable = false;
        6 => b"\x03gi" b"\x02" b"\x02n" b"\x02\0\0\0\x03" b"\0" b"\0";
        2..=5 => b"\0\x02gi" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01\0\0\0\x03";
        request.topics = None;
        2..=5 => b"\0\x02gi" b"\xff\xff\xff\xff";
        request.topics = Some(vec![OffsetFetchRequestTopic { name: "n".into(), partition_indexes: vec![3] }]);
        1 => b"\0\x02gi" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01\0\0\0\x03";
    }

    literals! {
        let mut response = OffsetFetchResponse {
            throttle_time_ms: 1,
            groups: vec![OffsetFetchResponseGroup {
                group_id: "gi".into(),
                topics: vec![OffsetFetchResponseTopics {
                    topic_id: Uuid(*b"topic_id......11"),
                    partitions: vec![OffsetFetchResponsePartitions {
                        partition_index: 12,
                        committed_offset: 13,
                        committed_leader_epoch: 14,
                        metadata: Some("m".into()),
                        error_code: ErrorCode(16),
                    }],
                    ..Default::default()
                }],
                error_code: ErrorCode(17),
            }],
            ..Default::default()
        };
        10 =>
            b"\0\0\0\x01"                     // throttle_time_ms
            b"\x02"                           // groups
                b"\x03gi"                     // group_id
                b"\x02"                       // topics
                    b"topic_id......11"       // topic_id
                    b"\x02"                   // partitions
                        b"\0\0\0\x0c"         // partition_index
                        b"\0\0\0\0\0\0\0\x0d" // committed_offset
                        b"\0\0\0\x0e"         // committed_leader_epoch
                        b"\x02m"              // metadata
                        b"\0\x10"             // error_code
                        b"\0"                 // no tagged fields
                    b"\0"                     // no tagged fields
                b"\0\x11"                     // error_code
                b"\0"                         // no tagged fields
            b"\0";                            // no tagged fields
        response.groups[0].topics[0].name = "n".into();
        response.groups[0].topics[0].topic_id = Uuid::ZERO;
        8..=9 =>
            b"\0\0\0\x01" b"\x02" b"\x03gi" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x0c" b"\0\0\0\0\0\0\0\x0d" b"\0\0\0\x0e"
            b"\x02m" b"\0\x10" b"\0" b"\0" b"\0\x11" b"\0" b"\0";
        response.topics = vec![OffsetFetchResponseTopic { name: "n".into(), partitions: vec![OffsetFetchResponsePartition { partition_index: 3, committed_offset: 4, committed_leader_epoch: 5, metadata: Some("m".into()), error_code: ErrorCode(7) }] }];
        response.error_code = ErrorCode(8);
        response.groups = vec![];
        6..=7 =>
            b"\0\0\0\x01" b"\x02" b"\x02n" b"\x02" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\0\0\x05" b"\x02m" b"\0\x07"
            b"\0" b"\0" b"\0\x08" b"\0";
        5 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\0\0\x05"
            b"\0\x01m" b"\0\x07" b"\0\x08";
        response.topics[0].partitions[0].committed_leader_epoch = -1;
        3..=4 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\x01m"
            b"\0\x07" b"\0\x08";
        response.throttle_time_ms = 0;
        2 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\x01m" b"\0\x07" b"\0\x08";
        response.error_code = ErrorCode::NONE;
        1 => b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x01" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\x01m" b"\0\x07";
    }
}
