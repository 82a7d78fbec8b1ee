use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Enters a classic group, or rejoins it for a rebalance. The response arrives when all members have joined.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = request, versions = 0..=9, flexible = 6.., response = JoinGroupResponse)]
pub struct JoinGroupRequest {
    pub group_id: GroupId,
    /// The coordinator drops the member when no heartbeat arrives for this long.
    pub session_timeout_ms: i32,
    /// How long the coordinator waits for members to rejoin; -1 means `session_timeout_ms`.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub rebalance_timeout_ms: i32,
    /// Empty at first. The coordinator then assigns one and asks to join again with it (KIP-394).
    pub member_id: Str,
    /// Set by a static member (KIP-345).
    #[wire(versions = 5.., default = null)]
    pub group_instance_id: Option<Str>,
    /// `consumer`, `connect` or another kind of group; all members have the same.
    pub protocol_type: Str,
    /// The assignors the member can use, its favourite first.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Why the member joins, for the broker's log (KIP-800).
    #[wire(versions = 8.., default = null, ignorable)]
    pub reason: Option<Str>,
}

/// One assignor and what the member tells it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct JoinGroupRequestProtocol {
    pub name: Str,
    /// For consumers a [`ConsumerProtocolSubscription`](super::consumer_protocol::ConsumerProtocolSubscription) after
    /// its version.
    pub metadata: Bytes,
}

/// The new generation, and for the leader also the members to assign partitions to.
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
    /// The assignor every member supports that got the most votes.
    #[wire(nullable = 7..)]
    pub protocol_name: Option<Str>,
    /// Member id of the leader.
    pub leader: Str,
    /// Tells a static leader that has restarted to keep the assignment (KIP-814).
    #[wire(versions = 9..)]
    pub skip_assignment: bool,
    pub member_id: Str,
    /// Empty for all but the leader.
    pub members: Vec<JoinGroupResponseMember>,
}

/// What one member told the chosen assignor.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct JoinGroupResponseMember {
    pub member_id: Str,
    #[wire(versions = 5.., default = null, ignorable)]
    pub group_instance_id: Option<Str>,
    pub metadata: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = JoinGroupRequest {
            group_id: "gi".into(),
            session_timeout_ms: 2,
            rebalance_timeout_ms: 3,
            member_id: "mi".into(),
            group_instance_id: Some("gii".into()),
            protocol_type: "pt".into(),
            protocols: vec![JoinGroupRequestProtocol {
                name: "n".into(),
                metadata: Bytes::from_static(b"metadata"),
            }],
            reason: Some("r".into()),
        };
        8..=9 =>
            b"\x03gi"           // group_id
            b"\0\0\0\x02"       // session_timeout_ms
            b"\0\0\0\x03"       // rebalance_timeout_ms
            b"\x03mi"           // member_id
            b"\x04gii"          // group_instance_id
            b"\x03pt"           // protocol_type
            b"\x02"             // protocols
                b"\x02n"        // name
                b"\x09metadata" // metadata
                b"\0"           // no tagged fields
            b"\x02r"            // reason
            b"\0";              // no tagged fields
        request.reason = None;
        6..=7 =>
            b"\x03gi" b"\0\0\0\x02" b"\0\0\0\x03" b"\x03mi" b"\x04gii" b"\x03pt" b"\x02" b"\x02n" b"\x09metadata" b"\0"
            b"\0";
        5 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\0\0\x03" b"\0\x02mi" b"\0\x03gii" b"\0\x02pt" b"\0\0\0\x01" b"\0\x01n"
            b"\0\0\0\x08metadata";
        request.group_instance_id = None;
        1..=4 =>
            b"\0\x02gi" b"\0\0\0\x02" b"\0\0\0\x03" b"\0\x02mi" b"\0\x02pt" b"\0\0\0\x01" b"\0\x01n"
            b"\0\0\0\x08metadata";
        request.rebalance_timeout_ms = -1;
        0 => b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\x02pt" b"\0\0\0\x01" b"\0\x01n" b"\0\0\0\x08metadata";
    }

    literals! {
        let mut response = JoinGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            generation_id: 3,
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            leader: "l".into(),
            skip_assignment: true,
            member_id: "mi".into(),
            members: vec![JoinGroupResponseMember {
                member_id: "mi".into(),
                group_instance_id: Some("gii".into()),
                metadata: Bytes::from_static(b"metadata"),
            }],
        };
        9 =>
            b"\0\0\0\x01"       // throttle_time_ms
            b"\0\x02"           // error_code
            b"\0\0\0\x03"       // generation_id
            b"\x03pt"           // protocol_type
            b"\x03pn"           // protocol_name
            b"\x02l"            // leader
            b"\x01"             // skip_assignment
            b"\x03mi"           // member_id
            b"\x02"             // members
                b"\x03mi"       // member_id
                b"\x04gii"      // group_instance_id
                b"\x09metadata" // metadata
                b"\0"           // no tagged fields
            b"\0";              // no tagged fields
        response.skip_assignment = false;
        7..=8 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\x03pt" b"\x03pn" b"\x02l" b"\x03mi" b"\x02" b"\x03mi" b"\x04gii"
            b"\x09metadata" b"\0" b"\0";
        response.protocol_name = None;
        7..=8 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\x03pt" b"\0" b"\x02l" b"\x03mi" b"\x02" b"\x03mi" b"\x04gii"
            b"\x09metadata" b"\0" b"\0";
        response.protocol_type = None;
        response.protocol_name = Some("pn".into());
        6 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\x03pn" b"\x02l" b"\x03mi" b"\x02" b"\x03mi" b"\x04gii"
            b"\x09metadata" b"\0" b"\0";
        5 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\x02pn" b"\0\x01l" b"\0\x02mi" b"\0\0\0\x01" b"\0\x02mi"
            b"\0\x03gii" b"\0\0\0\x08metadata";
        response.members[0].group_instance_id = None;
        2..=4 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x03" b"\0\x02pn" b"\0\x01l" b"\0\x02mi" b"\0\0\0\x01" b"\0\x02mi"
            b"\0\0\0\x08metadata";
        response.throttle_time_ms = 0;
        0..=1 =>
            b"\0\x02" b"\0\0\0\x03" b"\0\x02pn" b"\0\x01l" b"\0\x02mi" b"\0\0\0\x01" b"\0\x02mi" b"\0\0\0\x08metadata";
    }
}
