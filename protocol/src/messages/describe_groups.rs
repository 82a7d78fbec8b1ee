use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Asks for the state and members of classic groups. For admin tools.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = request, versions = 0..=6, flexible = 5.., response = DescribeGroupsResponse)]
pub struct DescribeGroupsRequest {
    pub groups: Vec<GroupId>,
    #[wire(versions = 3..)]
    pub include_authorized_operations: bool,
}

/// The groups that a [`DescribeGroupsRequest`] named.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = response, versions = 0..=6, flexible = 5..)]
pub struct DescribeGroupsResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

/// One group. A group that does not exist has the state `Dead`, and from version 6 an error.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: ErrorCode,
    #[wire(versions = 6.., default = null)]
    pub error_message: Option<Str>,
    pub group_id: GroupId,
    /// `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Dead` or `Empty`.
    pub group_state: Str,
    pub protocol_type: Str,
    /// Name of the assignor; empty unless the group is stable.
    pub protocol_data: Str,
    pub members: Vec<DescribedGroupMember>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(versions = 3.., default = -0x8000_0000)]
    pub authorized_operations: i32,
}

/// One member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribedGroupMember {
    pub member_id: Str,
    #[wire(versions = 4.., default = null, ignorable)]
    pub group_instance_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub member_metadata: Bytes,
    pub member_assignment: Bytes,
}
