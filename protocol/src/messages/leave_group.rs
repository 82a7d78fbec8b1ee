use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Takes members out of a classic group, so that it need not wait for a session timeout.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = request, versions = 0..=5, flexible = 4.., response = LeaveGroupResponse)]
pub struct LeaveGroupRequest {
    pub group_id: GroupId,
    #[wire(versions = ..=2)]
    pub member_id: Str,
    /// Several members from version 3, for admin tools (KIP-345).
    #[wire(versions = 3..)]
    pub members: Vec<MemberIdentity>,
}

/// A member that leaves.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberIdentity {
    /// Empty when `group_instance_id` names the member.
    pub member_id: Str,
    #[wire(default = null)]
    pub group_instance_id: Option<Str>,
    /// Why the member leaves, for the broker's log (KIP-800).
    #[wire(versions = 5.., default = null, ignorable)]
    pub reason: Option<Str>,
}

/// Which members have left.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = response, versions = 0..=5, flexible = 4..)]
pub struct LeaveGroupResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 3..)]
    pub members: Vec<MemberResponse>,
}

/// The outcome for one member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberResponse {
    pub member_id: Str,
    pub group_instance_id: Option<Str>,
    pub error_code: ErrorCode,
}
