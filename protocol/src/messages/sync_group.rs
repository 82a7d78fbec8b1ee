use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Hands in the leader's assignment and fetches the member's own.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = request, versions = 0..=5, flexible = 4.., response = SyncGroupResponse)]
pub struct SyncGroupRequest {
    pub group_id: GroupId,
    pub generation_id: i32,
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
    /// Checked against the group when set (KIP-559).
    #[wire(versions = 5.., default = null, ignorable)]
    pub protocol_type: Option<Str>,
    #[wire(versions = 5.., default = null, ignorable)]
    pub protocol_name: Option<Str>,
    /// Empty for all but the leader.
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

/// What the leader assigns to one member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct SyncGroupRequestAssignment {
    pub member_id: Str,
    pub assignment: Bytes,
}

/// The member's assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = response, versions = 0..=5, flexible = 4..)]
pub struct SyncGroupResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(versions = 5.., default = null, ignorable)]
    pub protocol_type: Option<Str>,
    #[wire(versions = 5.., default = null, ignorable)]
    pub protocol_name: Option<Str>,
    /// For consumers a [`ConsumerProtocolAssignment`](super::consumer_protocol::ConsumerProtocolAssignment) after its
    /// version.
    pub assignment: Bytes,
}
