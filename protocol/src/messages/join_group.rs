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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = JoinGroupRequest {
            group_id: "g".into(),
            session_timeout_ms: 2,
            rebalance_timeout_ms: 3,
            member_id: "m".into(),
            group_instance_id: Some("gii".into()),
            protocol_type: "pt".into(),
            protocols: vec![JoinGroupRequestProtocol { name: "n".into(), metadata: Bytes::from_static(b"\x07\x08") }],
            reason: Some("r".into()),
        };
        assert_bytes(&request, 9, b"\x02g\0\0\0\x02\0\0\0\x03\x02m\x04gii\x03pt\x02\x02n\x03\x07\x08\0\x02r\0");
        request.reason = None;
        assert_bytes(&request, 7, b"\x02g\0\0\0\x02\0\0\0\x03\x02m\x04gii\x03pt\x02\x02n\x03\x07\x08\0\0");
        assert_bytes(
            &request,
            5,
            b"\0\x01g\0\0\0\x02\0\0\0\x03\0\x01m\0\x03gii\0\x02pt\0\0\0\x01\0\x01n\0\0\0\x02\x07\x08",
        );
        request.group_instance_id = None;
        assert_bytes(&request, 4, b"\0\x01g\0\0\0\x02\0\0\0\x03\0\x01m\0\x02pt\0\0\0\x01\0\x01n\0\0\0\x02\x07\x08");
        request.rebalance_timeout_ms = -1;
        assert_bytes(&request, 0, b"\0\x01g\0\0\0\x02\0\x01m\0\x02pt\0\0\0\x01\0\x01n\0\0\0\x02\x07\x08");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = JoinGroupResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            generation_id: 3,
            protocol_type: Some("pt".into()),
            protocol_name: Some("pn".into()),
            leader: "l".into(),
            skip_assignment: true,
            member_id: "m".into(),
            members: vec![JoinGroupResponseMember {
                member_id: "m".into(),
                group_instance_id: Some("gii".into()),
                metadata: Bytes::from_static(b"\x07\x08"),
            }],
        };
        assert_bytes(
            &response,
            9,
            b"\0\0\0\x01\0\x02\0\0\0\x03\x03pt\x03pn\x02l\x01\x02m\x02\x02m\x04gii\x03\x07\x08\0\0",
        );
        response.skip_assignment = false;
        assert_bytes(&response, 8, b"\0\0\0\x01\0\x02\0\0\0\x03\x03pt\x03pn\x02l\x02m\x02\x02m\x04gii\x03\x07\x08\0\0");
        response.protocol_type = None;
        assert_bytes(&response, 6, b"\0\0\0\x01\0\x02\0\0\0\x03\x03pn\x02l\x02m\x02\x02m\x04gii\x03\x07\x08\0\0");
        assert_bytes(
            &response,
            5,
            b"\0\0\0\x01\0\x02\0\0\0\x03\0\x02pn\0\x01l\0\x01m\0\0\0\x01\0\x01m\0\x03gii\0\0\0\x02\x07\x08",
        );
        response.members[0].group_instance_id = None;
        assert_bytes(
            &response,
            4,
            b"\0\0\0\x01\0\x02\0\0\0\x03\0\x02pn\0\x01l\0\x01m\0\0\0\x01\0\x01m\0\0\0\x02\x07\x08",
        );
        response.throttle_time_ms = 0;
        assert_bytes(&response, 1, b"\0\x02\0\0\0\x03\0\x02pn\0\x01l\0\x01m\0\0\0\x01\0\x01m\0\0\0\x02\x07\x08");
    }
}
