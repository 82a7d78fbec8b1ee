use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = request, versions = 0..=9, flexible = 6.., response = JoinGroupResponse)]
pub struct JoinGroupRequest {
    pub group_id: GroupId,
    pub session_timeout_ms: i32,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    pub member_id: Str,
    #[wire(versions = 5.., default = null)]
    pub group_instance_id: Option<Str>,
    pub protocol_type: Str,
    pub protocols: Vec<JoinGroupRequestProtocol>,
    #[wire(versions = 8.., default = null, ignorable)]
    pub reason: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct JoinGroupRequestProtocol {
    pub name: Str,
    pub metadata: Bytes,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = response, versions = 0..=9, flexible = 6..)]
pub struct JoinGroupResponse {
    #[wire(versions = 2.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = -1)]
    pub generation_id: i32,
    #[wire(versions = 7.., default = null, ignorable)]
    pub protocol_type: Option<Str>,
    #[wire(nullable = 7..)]
    pub protocol_name: Option<Str>,
    pub leader: Str,
    #[wire(versions = 9..)]
    pub skip_assignment: bool,
    pub member_id: Str,
    pub members: Vec<JoinGroupResponseMember>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct JoinGroupResponseMember {
    pub member_id: Str,
    #[wire(versions = 5.., default = null, ignorable)]
    pub group_instance_id: Option<Str>,
    pub metadata: Bytes,
}
