use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Wire};

/// Deletes groups without members, with their positions.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 42, kind = request, versions = 0..=2, flexible = 2.., response = DeleteGroupsResponse)]
pub struct DeleteGroupsRequest {
    pub groups_names: Vec<GroupId>,
}

/// Which groups were deleted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 42, kind = response, versions = 0..=2, flexible = 2..)]
pub struct DeleteGroupsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DeletableGroupResult>,
}

/// The outcome for one group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DeletableGroupResult {
    pub group_id: GroupId,
    pub error_code: ErrorCode,
}
