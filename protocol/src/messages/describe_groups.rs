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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = DescribeGroupsRequest {
            groups: vec!["g".into()],
            include_authorized_operations: true,
        };
        5..=6 => b"\x02\x02g" b"\x01" b"\0";
        3..=4 => b"\0\0\0\x01\0\x01g" b"\x01";
        request.include_authorized_operations = false;
        0..=2 => b"\0\0\0\x01\0\x01g";
    }

    literals! {
        let mut response = DescribeGroupsResponse {
            throttle_time_ms: 1,
            groups: vec![DescribedGroup {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                group_id: "gi".into(),
                group_state: "gs".into(),
                protocol_type: "pt".into(),
                protocol_data: "pd".into(),
                members: vec![DescribedGroupMember {
                    member_id: "mi".into(),
                    group_instance_id: Some("gii".into()),
                    client_id: "ci".into(),
                    client_host: "ch".into(),
                    member_metadata: Bytes::from_static(b"member_metadata"),
                    member_assignment: Bytes::from_static(b"member_assignment"),
                }],
                authorized_operations: 14,
            }],
        };
        6 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x03gi" b"\x03gs" b"\x03pt" b"\x03pd" b"\x02" b"\x03mi"
            b"\x04gii" b"\x03ci" b"\x03ch" b"\x10member_metadata" b"\x12member_assignment" b"\0" b"\0\0\0\x0e" b"\0"
            b"\0";
        response.groups[0].error_message = None;
        5 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03gi" b"\x03gs" b"\x03pt" b"\x03pd" b"\x02" b"\x03mi" b"\x04gii"
            b"\x03ci" b"\x03ch" b"\x10member_metadata" b"\x12member_assignment" b"\0" b"\0\0\0\x0e" b"\0" b"\0";
        4 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02gi" b"\0\x02gs" b"\0\x02pt" b"\0\x02pd" b"\0\0\0\x01"
            b"\0\x02mi" b"\0\x03gii" b"\0\x02ci" b"\0\x02ch" b"\0\0\0\x0fmember_metadata"
            b"\0\0\0\x11member_assignment" b"\0\0\0\x0e";
        response.groups[0].members[0].group_instance_id = None;
        3 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02gi" b"\0\x02gs" b"\0\x02pt" b"\0\x02pd" b"\0\0\0\x01"
            b"\0\x02mi" b"\0\x02ci" b"\0\x02ch" b"\0\0\0\x0fmember_metadata" b"\0\0\0\x11member_assignment"
            b"\0\0\0\x0e";
        response.groups[0].authorized_operations = -2147483648;
        1..=2 =>
            b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02gi" b"\0\x02gs" b"\0\x02pt" b"\0\x02pd" b"\0\0\0\x01"
            b"\0\x02mi" b"\0\x02ci" b"\0\x02ch" b"\0\0\0\x0fmember_metadata" b"\0\0\0\x11member_assignment";
        response.throttle_time_ms = 0;
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\0\x02gi" b"\0\x02gs" b"\0\x02pt" b"\0\x02pd" b"\0\0\0\x01" b"\0\x02mi"
            b"\0\x02ci" b"\0\x02ch" b"\0\0\0\x0fmember_metadata" b"\0\0\0\x11member_assignment";
    }
}
