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
    use crate::messages::literal::literals;

    literals! {
        let mut request = SyncGroupRequest {
            group_id: "gi".into(),
            generation_id: 2,
            member_id: "mi".into(),
            group_instance_id: Some("gii".into()),
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            assignments: vec![SyncGroupRequestAssignment {
                member_id: "mi".into(),
                assignment: Bytes::from_static(b"assignment"),
            }],
        };
        5 =>
            b"\x03gi"             // group_id
            b"\0\0\0\x02"         // generation_id
            b"\x03mi"             // member_id
            b"\x04gii"            // group_instance_id
            b"\x03pt"             // protocol_type
            b"\x03pn"             // protocol_name
            b"\x02"               // assignments
                b"\x03mi"         // member_id
                b"\x0bassignment" // assignment
                b"\0"             // no tagged fields
            b"\0";                // no tagged fields
        request.protocol_type = None;
        request.protocol_name = None;
        4 => b"\x03gi" b"\0\0\0\x02" b"\x03mi" b"\x04gii" b"\x02" b"\x03mi" b"\x0bassignment" b"\0" b"\0";
        3 => b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\x03gii" b"\0\0\0\x01" b"\0\x02mi" b"\0\0\0\x0aassignment";
        request.group_instance_id = None;
        0..=2 => b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\0\0\x01" b"\0\x02mi" b"\0\0\0\x0aassignment";
    }

    literals! {
        let mut response = SyncGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            assignment: Bytes::from_static(b"assignment"),
        };
        5 =>
            b"\0\0\0\x01"     // throttle_time_ms
            b"\0\x02"         // error_code
            b"\x03pt"         // protocol_type
            b"\x03pn"         // protocol_name
            b"\x0bassignment" // assignment
            b"\0";            // no tagged fields
        response.protocol_type = None;
        response.protocol_name = None;
        4 => b"\0\0\0\x01" b"\0\x02" b"\x0bassignment" b"\0";
        1..=3 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x0aassignment";
        response.throttle_time_ms = 0;
        0 => b"\0\x02" b"\0\0\0\x0aassignment";
    }
}
