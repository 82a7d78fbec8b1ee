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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let mut request = HeartbeatRequest {
            group_id: "g".into(),
            generation_id: 2,
            member_id: "m".into(),
            group_instance_id: Some("gii".into()),
        };
        assert_bytes(&request, 4, b"\x02g\0\0\0\x02\x02m\x04gii\0");
        assert_bytes(&request, 3, b"\0\x01g\0\0\0\x02\0\x01m\0\x03gii");
        request.group_instance_id = None;
        assert_bytes(&request, 2, b"\0\x01g\0\0\0\x02\0\x01m");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = HeartbeatResponse { throttle_time_ms: 1, error_code: ErrorCode(2) };
        assert_bytes(&response, 4, b"\0\0\0\x01\0\x02\0");
        assert_bytes(&response, 3, b"\0\0\0\x01\0\x02");
        response.throttle_time_ms = 0;
        assert_bytes(&response, 0, b"\0\x02");
    }
}
