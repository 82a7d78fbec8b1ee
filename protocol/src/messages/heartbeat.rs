use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str};

/// Keeps a member of a classic group alive, and learns of rebalances.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = request, versions = 0..=4, flexible = 4.., response = HeartbeatResponse)]
pub struct HeartbeatRequest {
    pub group_id: GroupId,
    pub generation_id: i32,
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
}

/// [`ErrorCode::REBALANCE_IN_PROGRESS`] tells the member to join again.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = response, versions = 0..=4, flexible = 4..)]
pub struct HeartbeatResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}
