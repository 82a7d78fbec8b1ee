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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = LeaveGroupRequest {
            group_id: "g".into(),
            members: vec![MemberIdentity {
                member_id: "m".into(),
                group_instance_id: Some("gii".into()),
                reason: Some("r".into()),
            }],
            ..Default::default()
        };
        assert_bytes(&request, 5, b"\x02g\x02\x02m\x04gii\x02r\0\0");
        request.members[0].reason = None;
        assert_bytes(&request, 4, b"\x02g\x02\x02m\x04gii\0\0");
        assert_bytes(&request, 3, b"\0\x01g\0\0\0\x01\0\x01m\0\x03gii");
        request.member_id = "m".into();
        request.members = vec![];
        assert_bytes(&request, 2, b"\0\x01g\0\x01m");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = LeaveGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            members: vec![MemberResponse {
                member_id: "m".into(),
                group_instance_id: Some("gii".into()),
                error_code: ErrorCode(5),
            }],
        };
        assert_bytes(&response, 5, b"\0\0\0\x01\0\x02\x02\x02m\x04gii\0\x05\0\0");
        assert_bytes(&response, 3, b"\0\0\0\x01\0\x02\0\0\0\x01\0\x01m\0\x03gii\0\x05");
        response.members = vec![];
        assert_bytes(&response, 2, b"\0\0\0\x01\0\x02");
        response.throttle_time_ms = 0;
        assert_bytes(&response, 0, b"\0\x02");
    }
}
