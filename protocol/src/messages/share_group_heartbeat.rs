use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Joins, keeps up with and leaves a share group (KIP-932). After the first heartbeat only what has changed is sent.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 76, kind = request, versions = 1..=1, flexible = 1.., response = ShareGroupHeartbeatResponse)]
pub struct ShareGroupHeartbeatRequest {
    pub group_id: GroupId,
    /// Chosen by the consumer, a UUID in base64.
    pub member_id: Str,
    /// 0 joins, -1 leaves; else the epoch last received.
    pub member_epoch: i32,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    /// `None` when unchanged.
    #[wire(default = null)]
    pub subscribed_topic_names: Option<Vec<TopicName>>,
}

/// The member's epoch and, when it has changed, its assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 76, kind = response, versions = 1..=1, flexible = 1..)]
pub struct ShareGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    #[wire(default = null)]
    pub member_id: Option<Str>,
    pub member_epoch: i32,
    /// When to send the next heartbeat at the latest.
    pub heartbeat_interval_ms: i32,
    /// `None` when unchanged.
    #[wire(default = null)]
    pub assignment: Option<Assignment>,
}

/// The partitions the member should fetch from.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = ShareGroupHeartbeatRequest {
            group_id: "gi".into(),
            member_id: "mi".into(),
            member_epoch: 3,
            rack_id: Some("ri".into()),
            subscribed_topic_names: Some(vec!["stn".into()]),
        };
        1 => b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\x03ri" b"\x02\x04stn" b"\0";
    }

    literals! {
        let response = ShareGroupHeartbeatResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            member_id: Some("mi".into()),
            member_epoch: 5,
            heartbeat_interval_ms: 6,
            assignment: Some(Assignment {
                topic_partitions: vec![TopicPartitions {
                    topic_id: Uuid(*b"topic_id.......7"),
                    partitions: vec![8],
                }],
            }),
        };
        1 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x03mi" b"\0\0\0\x05" b"\0\0\0\x06" b"\x01" b"\x02" b"topic_id.......7"
            b"\x02\0\0\0\x08" b"\0" b"\0" b"\0";
    }
}
