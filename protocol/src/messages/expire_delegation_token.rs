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
