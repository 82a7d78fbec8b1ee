use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = request, versions = 0..=5, flexible = 4.., response = LeaveGroupResponse)]
pub struct LeaveGroupRequest {
    pub group_id: GroupId,
    #[wire(versions = ..=2)]
    pub member_id: Str,
    #[wire(versions = 3..)]
    pub members: Vec<MemberIdentity>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberIdentity {
    pub member_id: Str,
    #[wire(default = null)]
    pub group_instance_id: Option<Str>,
    #[wire(versions = 5.., default = null, ignorable)]
    pub reason: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = response, versions = 0..=5, flexible = 4..)]
pub struct LeaveGroupResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 3..)]
    pub members: Vec<MemberResponse>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberResponse {
    pub member_id: Str,
    pub group_instance_id: Option<Str>,
    pub error_code: ErrorCode,
}
