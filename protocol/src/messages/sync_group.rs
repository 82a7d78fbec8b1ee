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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = SyncGroupRequest {
            group_id: "g".into(),
            generation_id: 2,
            member_id: "m".into(),
            group_instance_id: Some("gii".into()),
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            assignments: vec![SyncGroupRequestAssignment {
                member_id: "m".into(),
                assignment: Bytes::from_static(b"\x07\x08"),
            }],
        };
        assert_bytes(&request, 5, b"\x02g\0\0\0\x02\x02m\x04gii\x03pt\x03pn\x02\x02m\x03\x07\x08\0\0");
        request.protocol_type = None;
        request.protocol_name = None;
        assert_bytes(&request, 4, b"\x02g\0\0\0\x02\x02m\x04gii\x02\x02m\x03\x07\x08\0\0");
        assert_bytes(&request, 3, b"\0\x01g\0\0\0\x02\0\x01m\0\x03gii\0\0\0\x01\0\x01m\0\0\0\x02\x07\x08");
        request.group_instance_id = None;
        assert_bytes(&request, 2, b"\0\x01g\0\0\0\x02\0\x01m\0\0\0\x01\0\x01m\0\0\0\x02\x07\x08");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = SyncGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            assignment: Bytes::from_static(b"\x07\x08"),
        };
        assert_bytes(&response, 5, b"\0\0\0\x01\0\x02\x03pt\x03pn\x03\x07\x08\0");
        response.protocol_type = None;
        response.protocol_name = None;
        assert_bytes(&response, 4, b"\0\0\0\x01\0\x02\x03\x07\x08\0");
        assert_bytes(&response, 3, b"\0\0\0\x01\0\x02\0\0\0\x02\x07\x08");
        response.throttle_time_ms = 0;
        assert_bytes(&response, 0, b"\0\x02\0\0\0\x02\x07\x08");
    }
}
