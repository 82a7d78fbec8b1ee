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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ListGroupsRequest {
            states_filter: vec!["sf".into()],
            types_filter: vec!["tf".into()],
        };
        5 => b"\x02\x03sf" b"\x02\x03tf" b"\0";
        request.types_filter = vec![];
        4 => b"\x02\x03sf" b"\0";
        request.states_filter = vec![];
        3 => b"\0";
        0..=2 => b"";
    }

    literals! {
        let mut response = ListGroupsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            groups: vec![ListedGroup {
                group_id: "gi".into(),
                protocol_type: "pt".into(),
                group_state: "gs".into(),
                group_type: "gt".into(),
            }],
        };
        5 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x03gi" b"\x03pt" b"\x03gs" b"\x03gt" b"\0" b"\0";
        response.groups[0].group_type = "".into();
        4 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x03gi" b"\x03pt" b"\x03gs" b"\0" b"\0";
        response.groups[0].group_state = "".into();
        3 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x03gi" b"\x03pt" b"\0" b"\0";
        1..=2 => b"\0\0\0\x01" b"\0\x02" b"\0\0\0\x01" b"\0\x02gi" b"\0\x02pt";
        response.throttle_time_ms = 0;
        0 => b"\0\x02" b"\0\0\0\x01" b"\0\x02gi" b"\0\x02pt";
    }
}
