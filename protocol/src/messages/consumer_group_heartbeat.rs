use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Joins, keeps up with and leaves a consumer group whose assignment the coordinator computes (KIP-848). After the
/// first heartbeat only what has changed is sent.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 68, kind = request, versions = 0..=1, flexible = 0.., response = ConsumerGroupHeartbeatResponse)]
pub struct ConsumerGroupHeartbeatRequest {
    pub group_id: GroupId,
    /// Chosen by the consumer, a UUID in base64, from version 1; assigned by the coordinator before.
    pub member_id: Str,
    /// 0 joins, -1 leaves, -2 leaves for now as a static member; else the epoch last received.
    pub member_epoch: i32,
    /// Set by a static member. `None` also when unchanged.
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    /// How long the member may take to give up partitions; -1 when unchanged.
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// `None` when unchanged.
    #[wire(default = null)]
    pub subscribed_topic_names: Option<Vec<TopicName>>,
    /// Resolved by the coordinator, in the syntax of RE2. `None` when unchanged.
    #[wire(versions = 1.., default = null)]
    pub subscribed_topic_regex: Option<Str>,
    /// Such as `uniform` or `range`. `None` when unchanged, or for the broker's choice.
    #[wire(default = null)]
    pub server_assignor: Option<Str>,
    /// What the member owns. `None` when unchanged.
    #[wire(default = null)]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// The member's epoch and, when it has changed, its assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 68, kind = response, versions = 0..=1, flexible = 0..)]
pub struct ConsumerGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    /// The member's id, which in version 0 the coordinator may have assigned.
    #[wire(default = null)]
    pub member_id: Option<Str>,
    pub member_epoch: i32,
    /// When to send the next heartbeat at the latest.
    pub heartbeat_interval_ms: i32,
    /// `None` when unchanged.
    #[wire(default = null)]
    pub assignment: Option<Assignment>,
}

/// The partitions the member should own.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = ConsumerGroupHeartbeatRequest {
            group_id: "g".into(),
            member_id: "m".into(),
            member_epoch: 3,
            instance_id: Some("ii".into()),
            rack_id: Some("r".into()),
            rebalance_timeout_ms: 6,
            subscribed_topic_names: Some(vec!["stn".into()]),
            subscribed_topic_regex: Some("str".into()),
            server_assignor: Some("sa".into()),
            topic_partitions: Some(vec![TopicPartitions { topic_id: Uuid([0xaa; 16]), partitions: vec![11] }]),
        };
        assert_bytes(
            &request,
            1,
            b"\x02g\x02m\0\0\0\x03\x03ii\x02r\0\0\0\x06\x02\x04stn\x04str\x03sa\x02\xaa\xaa\xaa\xaa\xaa\xaa\
             \xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\x02\0\0\0\x0b\0\0",
        );
        request.subscribed_topic_regex = None;
        assert_bytes(
            &request,
            0,
            b"\x02g\x02m\0\0\0\x03\x03ii\x02r\0\0\0\x06\x02\x04stn\x03sa\x02\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\
             \xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\x02\0\0\0\x0b\0\0",
        );
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let response = ConsumerGroupHeartbeatResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            member_id: Some("m".into()),
            member_epoch: 5,
            heartbeat_interval_ms: 6,
            assignment: Some(Assignment {
                topic_partitions: vec![TopicPartitions { topic_id: Uuid([0xa7; 16]), partitions: vec![8] }],
            }),
        };
        assert_bytes(
            &response,
            1,
            b"\0\0\0\x01\0\x02\x03em\x02m\0\0\0\x05\0\0\0\x06\x01\x02\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\xa7\
             \xa7\xa7\xa7\xa7\xa7\xa7\x02\0\0\0\x08\0\0\0",
        );
    }
}
