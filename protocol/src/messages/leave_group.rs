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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = LeaveGroupRequest {
            group_id: "gi".into(),
            members: vec![MemberIdentity {
                member_id: "mi".into(),
                group_instance_id: Some("gii".into()),
                reason: Some("r".into()),
            }],
            ..Default::default()
        };
        5 =>
            b"\x03gi"      // group_id
            b"\x02"        // members
                b"\x03mi"  // member_id
                b"\x04gii" // group_instance_id
                b"\x02r"   // reason
                b"\0"      // no tagged fields
            b"\0";         // no tagged fields
        request.members[0].reason = None;
        4 => b"\x03gi" b"\x02" b"\x03mi" b"\x04gii" b"\0" b"\0";
        3 => b"\0\x02gi" b"\0\0\0\x01" b"\0\x02mi" b"\0\x03gii";
        request.member_id = "mi".into();
        request.members = vec![];
        0..=2 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let mut response = LeaveGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            members: vec![MemberResponse {
                member_id: "mi".into(),
                group_instance_id: Some("gii".into()),
                error_code: ErrorCode(5),
            }],
        };
        4..=5 =>
            b"\0\0\0\x01"  // throttle_time_ms
            b"\0\x02"      // error_code
            b"\x02"        // members
                b"\x03mi"  // member_id
                b"\x04gii" // group_instance_id
                b"\0\x05"  // error_code
                b"\0"      // no tagged fields
            b"\0";         // no tagged fields
        3 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x01" b"\0\x02mi" b"\0\x03gii" b"\0\x05";
        response.members = vec![];
        1..=2 => b"\0\0\0\x01" b"\0\x02";
        response.throttle_time_ms = 0;
        0 => b"\0\x02";
    }
}
