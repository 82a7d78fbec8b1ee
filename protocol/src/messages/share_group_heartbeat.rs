use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 76, kind = request, versions = 1..=1, flexible = 1.., response = ShareGroupHeartbeatResponse)]
pub struct ShareGroupHeartbeatRequest {
    pub group_id: GroupId,
    pub member_id: Str,
    pub member_epoch: i32,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    #[wire(default = null)]
    pub subscribed_topic_names: Option<Vec<TopicName>>,
}

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
    pub heartbeat_interval_ms: i32,
    #[wire(default = null)]
    pub assignment: Option<Assignment>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}
