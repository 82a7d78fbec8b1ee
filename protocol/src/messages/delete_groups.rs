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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DeleteGroupsRequest { groups_names: vec!["gn".into()] };
        2 => b"\x02\x03gn" b"\0";
        0..=1 => b"\0\0\0\x01\0\x02gn";
    }

    literals! {
        let response = DeleteGroupsResponse {
            throttle_time_ms: 1,
            results: vec![DeletableGroupResult { group_id: "gi".into(), error_code: ErrorCode(3) }],
        };
        2 => b"\0\0\0\x01" b"\x02" b"\x03gi" b"\0\x03" b"\0" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02gi" b"\0\x03";
    }
}
