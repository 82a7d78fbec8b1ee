use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = request, versions = 0..=4, flexible = 4.., response = HeartbeatResponse)]
pub struct HeartbeatRequest {
    pub group_id: GroupId,
    pub generation_id: i32,
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = response, versions = 0..=4, flexible = 4..)]
pub struct HeartbeatResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}
