use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::Message;

/// Sets the expiry of a token, or ends it.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 40, kind = request, versions = 1..=2, flexible = 2.., response = ExpireDelegationTokenResponse)]
pub struct ExpireDelegationTokenRequest {
    pub hmac: Bytes,
    /// A negative period ends the token at once.
    pub expiry_time_period_ms: i64,
}

/// The new expiry.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 40, kind = response, versions = 1..=2, flexible = 2..)]
pub struct ExpireDelegationTokenResponse {
    pub error_code: ErrorCode,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = ExpireDelegationTokenRequest {
            hmac: Bytes::from_static(b"hmac"),
            expiry_time_period_ms: 2,
        };
        2 => b"\x05hmac" b"\0\0\0\0\0\0\0\x02" b"\0";
        1 => b"\0\0\0\x04hmac" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let response = ExpireDelegationTokenResponse {
            error_code: ErrorCode(1),
            expiry_timestamp_ms: 2,
            throttle_time_ms: 3,
        };
        2 => b"\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0\0\0\x03" b"\0";
        1 => b"\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0\0\0\x03";
    }
}
