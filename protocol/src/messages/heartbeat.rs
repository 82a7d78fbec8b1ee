use crate::error_code::ErrorCode;
use crate::types::GroupId;
use crate::wire::{Message, Str};

/// Keeps a member of a classic group alive, and learns of rebalances.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = request, versions = 0..=4, flexible = 4.., response = HeartbeatResponse)]
pub struct HeartbeatRequest {
    pub group_id: GroupId,
    pub generation_id: i32,
    pub member_id: Str,
    #[wire(versions = 3.., default = null)]
    pub group_instance_id: Option<Str>,
}

/// [`ErrorCode::REBALANCE_IN_PROGRESS`] tells the member to join again.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = response, versions = 0..=4, flexible = 4..)]
pub struct HeartbeatResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = HeartbeatRequest {
            group_id: "gi".into(),
            generation_id: 2,
            member_id: "mi".into(),
            group_instance_id: Some("gii".into()),
        };
        4 =>
            b"\x03gi"     // group_id
            b"\0\0\0\x02" // generation_id
            b"\x03mi"     // member_id
            b"\x04gii"    // group_instance_id
            b"\0";        // no tagged fields
        3 => b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi" b"\0\x03gii";
        request.group_instance_id = None;
        0..=2 => b"\0\x02gi" b"\0\0\0\x02" b"\0\x02mi";
    }

    literals! {
        let mut response = HeartbeatResponse { throttle_time_ms: 1, error_code: ErrorCode(2) };
        4 =>
            b"\0\0\0\x01" // throttle_time_ms
            b"\0\x02"     // error_code
            b"\0";        // no tagged fields
        1..=3 => b"\0\0\0\x01" b"\0\x02";
        response.throttle_time_ms = 0;
        0 => b"\0\x02";
    }
}
