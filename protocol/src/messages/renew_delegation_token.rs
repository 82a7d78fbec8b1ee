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
