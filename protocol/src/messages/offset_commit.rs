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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = OffsetCommitRequest {
            group_id: "g".into(),
            generation_id_or_member_epoch: 2,
            member_id: "m".into(),
            group_instance_id: Some("gii".into()),
            topics: vec![OffsetCommitRequestTopic {
                topic_id: Uuid([0xa7; 16]),
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
        assert_bytes(
            &request,
            10,
            b"\x02g\0\0\0\x02\x02m\x04gii\x02\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\
             \x02\0\0\0\x08\0\0\0\0\0\0\0\x09\0\0\0\x0a\x03cm\0\0\0",
        );
        request.topics[0].name = "n".into();
        request.topics[0].topic_id = Uuid::ZERO;
        assert_bytes(
            &request,
            9,
            b"\x02g\0\0\0\x02\x02m\x04gii\x02\x02n\x02\0\0\0\x08\0\0\0\0\0\0\0\x09\0\0\0\x0a\x03cm\0\0\0",
        );
        assert_bytes(
            &request,
            7,
            b"\0\x01g\0\0\0\x02\0\x01m\0\x03gii\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x09\0\0\0\
             \x0a\0\x02cm",
        );
        request.group_instance_id = None;
        assert_bytes(
            &request,
            6,
            b"\0\x01g\0\0\0\x02\0\x01m\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x09\0\0\0\x0a\0\x02c\
             m",
        );
        request.topics[0].partitions[0].committed_leader_epoch = -1;
        assert_bytes(
            &request,
            5,
            b"\0\x01g\0\0\0\x02\0\x01m\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x09\0\x02cm",
        );
        request.retention_time_ms = 5;
        assert_bytes(
            &request,
            4,
            b"\0\x01g\0\0\0\x02\0\x01m\0\0\0\0\0\0\0\x05\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\
             \x09\0\x02cm",
        );
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = OffsetCommitResponse {
            throttle_time_ms: 1,
            topics: vec![OffsetCommitResponseTopic {
                topic_id: Uuid([0xa3; 16]),
                partitions: vec![OffsetCommitResponsePartition { partition_index: 4, error_code: ErrorCode(5) }],
                ..Default::default()
            }],
        };
        assert_bytes(
            &response,
            10,
            b"\0\0\0\x01\x02\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\xa3\x02\0\0\0\x04\0\
             \x05\0\0\0",
        );
        response.topics[0].name = "n".into();
        response.topics[0].topic_id = Uuid::ZERO;
        assert_bytes(&response, 9, b"\0\0\0\x01\x02\x02n\x02\0\0\0\x04\0\x05\0\0\0");
        assert_bytes(&response, 7, b"\0\0\0\x01\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x04\0\x05");
        response.throttle_time_ms = 0;
        assert_bytes(&response, 2, b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x04\0\x05");
    }
}
