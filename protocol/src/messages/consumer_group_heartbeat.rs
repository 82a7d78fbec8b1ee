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
