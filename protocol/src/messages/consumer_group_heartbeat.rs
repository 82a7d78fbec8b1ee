use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 68, kind = request, versions = 0..=1, flexible = 0.., response = ConsumerGroupHeartbeatResponse)]
pub struct ConsumerGroupHeartbeatRequest {
    pub group_id: GroupId,
    pub member_id: Str,
    pub member_epoch: i32,
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    #[wire(default = null)]
    pub subscribed_topic_names: Option<Vec<TopicName>>,
    #[wire(versions = 1.., default = null)]
    pub subscribed_topic_regex: Option<Str>,
    #[wire(default = null)]
    pub server_assignor: Option<Str>,
    #[wire(default = null)]
    pub topic_partitions: Option<Vec<TopicPartitions>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 68, kind = response, versions = 0..=1, flexible = 0..)]
pub struct ConsumerGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    #[wire(default = null)]
    pub member_id: Option<Str>,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    #[wire(default = null)]
    pub assignment: Option<Assignment>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}
