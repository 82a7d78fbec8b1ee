use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::Message;

/// Puts off the expiry of a token.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 39, kind = request, versions = 1..=2, flexible = 2.., response = RenewDelegationTokenResponse)]
pub struct RenewDelegationTokenRequest {
    pub hmac: Bytes,
    /// -1 for the broker's default.
    pub renew_period_ms: i64,
}

/// The new expiry.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 39, kind = response, versions = 1..=2, flexible = 2..)]
pub struct RenewDelegationTokenResponse {
    pub error_code: ErrorCode,
    pub expiry_timestamp_ms: i64,
    pub throttle_time_ms: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = RenewDelegationTokenRequest {
            hmac: Bytes::from_static(b"hmac"),
            renew_period_ms: 2,
        };
        2 => b"\x05hmac" b"\0\0\0\0\0\0\0\x02" b"\0";
        1 => b"\0\0\0\x04hmac" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let response = RenewDelegationTokenResponse {
            error_code: ErrorCode(1),
            expiry_timestamp_ms: 2,
            throttle_time_ms: 3,
        };
        2 => b"\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0\0\0\x03" b"\0";
        1 => b"\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0\0\0\x03";
    }
}
