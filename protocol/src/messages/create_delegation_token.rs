use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Creates a token with which others can authenticate as its owner.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 38, kind = request, versions = 1..=3, flexible = 2.., response = CreateDelegationTokenResponse)]
pub struct CreateDelegationTokenRequest {
    /// `None` means whoever asks (KIP-373).
    #[wire(versions = 3..)]
    pub owner_principal_type: Option<Str>,
    #[wire(versions = 3..)]
    pub owner_principal_name: Option<Str>,
    pub renewers: Vec<CreatableRenewers>,
    /// -1 for the broker's default.
    pub max_lifetime_ms: i64,
}

/// A principal that may renew the token.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CreatableRenewers {
    pub principal_type: Str,
    pub principal_name: Str,
}

/// The new token. Timestamps are in milliseconds since the epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 38, kind = response, versions = 1..=3, flexible = 2..)]
pub struct CreateDelegationTokenResponse {
    pub error_code: ErrorCode,
    pub principal_type: Str,
    pub principal_name: Str,
    #[wire(versions = 3..)]
    pub token_requester_principal_type: Str,
    #[wire(versions = 3..)]
    pub token_requester_principal_name: Str,
    pub issue_timestamp_ms: i64,
    pub expiry_timestamp_ms: i64,
    pub max_timestamp_ms: i64,
    pub token_id: Str,
    pub hmac: Bytes,
    pub throttle_time_ms: i32,
}
