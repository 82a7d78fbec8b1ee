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
