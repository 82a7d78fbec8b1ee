use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Asks a broker for the groups it coordinates. A cluster's groups take one request to every broker.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = request, versions = 0..=5, flexible = 3.., response = ListGroupsResponse)]
pub struct ListGroupsRequest {
    /// Empty means any state (KIP-518).
    #[wire(versions = 4..)]
    pub states_filter: Vec<Str>,
    /// `classic`, `consumer`, `share` or `streams`; empty means any type (KIP-848).
    #[wire(versions = 5..)]
    pub types_filter: Vec<Str>,
}

/// The groups of one broker.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = response, versions = 0..=5, flexible = 3..)]
pub struct ListGroupsResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub groups: Vec<ListedGroup>,
}

/// One group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ListedGroup {
    pub group_id: GroupId,
    pub protocol_type: Str,
    #[wire(versions = 4.., ignorable)]
    pub group_state: Str,
    #[wire(versions = 5.., ignorable)]
    pub group_type: Str,
}
