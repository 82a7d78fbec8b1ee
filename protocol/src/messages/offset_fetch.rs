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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = OffsetFetchRequest {
            groups: vec![OffsetFetchRequestGroup {
                group_id: "g".into(),
                member_id: Some("m".into()),
                member_epoch: 6,
                topics: Some(vec![OffsetFetchRequestTopics {
                    topic_id: Uuid([0xa8; 16]),
                    partition_indexes: vec![9],
                    ..Default::default()
                }]),
            }],
            require_stable: true,
            ..Default::default()
        };
        assert_bytes(
            &request,
            10,
            b"\x02\x02g\x02m\0\0\0\x06\x02\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\xa8\x02\
             \0\0\0\x09\0\0\x01\0",
        );
        request.groups[0].topics.as_mut().unwrap()[0].name = "n".into();
        request.groups[0].topics.as_mut().unwrap()[0].topic_id = Uuid::ZERO;
        assert_bytes(&request, 9, b"\x02\x02g\x02m\0\0\0\x06\x02\x02n\x02\0\0\0\x09\0\0\x01\0");
        request.groups[0].member_id = None;
        request.groups[0].member_epoch = -1;
        assert_bytes(&request, 8, b"\x02\x02g\x02\x02n\x02\0\0\0\x09\0\0\x01\0");
        request.group_id = "g".into();
        request.topics = Some(vec![OffsetFetchRequestTopic { name: "n".into(), partition_indexes: vec![3] }]);
        request.groups = vec![];
        assert_bytes(&request, 7, b"\x02g\x02\x02n\x02\0\0\0\x03\0\x01\0");
        request.require_stable = false;
        assert_bytes(&request, 6, b"\x02g\x02\x02n\x02\0\0\0\x03\0\0");
        assert_bytes(&request, 5, b"\0\x01g\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = OffsetFetchResponse {
            throttle_time_ms: 1,
            groups: vec![OffsetFetchResponseGroup {
                group_id: "g".into(),
                topics: vec![OffsetFetchResponseTopics {
                    topic_id: Uuid([0xab; 16]),
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
        assert_bytes(
            &response,
            10,
            b"\0\0\0\x01\x02\x02g\x02\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\xab\x02\0\0\
             \0\x0c\0\0\0\0\0\0\0\x0d\0\0\0\x0e\x02m\0\x10\0\0\0\x11\0\0",
        );
        response.groups[0].topics[0].name = "n".into();
        response.groups[0].topics[0].topic_id = Uuid::ZERO;
        assert_bytes(
            &response,
            9,
            b"\0\0\0\x01\x02\x02g\x02\x02n\x02\0\0\0\x0c\0\0\0\0\0\0\0\x0d\0\0\0\x0e\x02m\0\x10\0\0\0\x11\0\0",
        );
        response.topics = vec![OffsetFetchResponseTopic {
            name: "n".into(),
            partitions: vec![OffsetFetchResponsePartition {
                partition_index: 3,
                committed_offset: 4,
                committed_leader_epoch: 5,
                metadata: Some("m".into()),
                error_code: ErrorCode(7),
            }],
        }];
        response.error_code = ErrorCode(8);
        response.groups = vec![];
        assert_bytes(
            &response,
            7,
            b"\0\0\0\x01\x02\x02n\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\x05\x02m\0\x07\0\0\0\x08\0",
        );
        assert_bytes(
            &response,
            5,
            b"\0\0\0\x01\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0\x05\0\x01m\0\x07\0\x08",
        );
        response.topics[0].partitions[0].committed_leader_epoch = -1;
        assert_bytes(
            &response,
            4,
            b"\0\0\0\x01\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\x04\0\x01m\0\x07\0\x08",
        );
        response.throttle_time_ms = 0;
        assert_bytes(&response, 2, b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\x04\0\x01m\0\x07\0\x08");
        response.error_code = ErrorCode::NONE;
        assert_bytes(&response, 1, b"\0\0\0\x01\0\x01n\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\x04\0\x01m\0\x07");
    }
}
