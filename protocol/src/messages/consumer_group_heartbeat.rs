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
    use crate::messages::literal::literals;

    literals! {
        let mut request = ConsumerGroupHeartbeatRequest {
            group_id: "gi".into(),
            member_id: "mi".into(),
            member_epoch: 3,
            instance_id: Some("ii".into()),
            rack_id: Some("ri".into()),
            rebalance_timeout_ms: 6,
            subscribed_topic_names: Some(vec!["stn".into()]),
            subscribed_topic_regex: Some("str".into()),
            server_assignor: Some("sa".into()),
            topic_partitions: Some(vec![TopicPartitions {
                topic_id: Uuid(*b"topic_id......10"),
                partitions: vec![11],
            }]),
        };
        1 =>
            b"\x03gi"               // group_id
            b"\x03mi"               // member_id
            b"\0\0\0\x03"           // member_epoch
            b"\x03ii"               // instance_id
            b"\x03ri"               // rack_id
            b"\0\0\0\x06"           // rebalance_timeout_ms
            b"\x02\x04stn"          // subscribed_topic_names
            b"\x04str"              // subscribed_topic_regex
            b"\x03sa"               // server_assignor
            b"\x02"                 // topic_partitions
                b"topic_id......10" // topic_id
                b"\x02\0\0\0\x0b"   // partitions
                b"\0"               // no tagged fields
            b"\0";                  // no tagged fields
        request.subscribed_topic_regex = None;
        0 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\x03ii" b"\x03ri" b"\0\0\0\x06" b"\x02\x04stn" b"\x03sa" b"\x02"
            b"topic_id......10" b"\x02\0\0\0\x0b" b"\0" b"\0";
    }

    literals! {
        let response = ConsumerGroupHeartbeatResponse {
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
        0..=1 =>
            b"\0\0\0\x01"               // throttle_time_ms
            b"\0\x02"                   // error_code
            b"\x03em"                   // error_message
            b"\x03mi"                   // member_id
            b"\0\0\0\x05"               // member_epoch
            b"\0\0\0\x06"               // heartbeat_interval_ms
            b"\x01"                     // assignment
                b"\x02"                 // topic_partitions
                    b"topic_id.......7" // topic_id
                    b"\x02\0\0\0\x08"   // partitions
                    b"\0"               // no tagged fields
                b"\0"                   // no tagged fields
            b"\0";                      // no tagged fields
    }
}
