use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks for the tokens of owners.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 41, kind = request, versions = 1..=3, flexible = 2.., response = DescribeDelegationTokenResponse)]
pub struct DescribeDelegationTokenRequest {
    /// `None` means every token the client may see.
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

/// An owner of tokens.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeDelegationTokenOwner {
    pub principal_type: Str,
    pub principal_name: Str,
}

/// The tokens. Timestamps are in milliseconds since the epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 41, kind = response, versions = 1..=3, flexible = 2..)]
pub struct DescribeDelegationTokenResponse {
    pub error_code: ErrorCode,
    pub tokens: Vec<DescribedDelegationToken>,
    pub throttle_time_ms: i32,
}

/// One token.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribedDelegationToken {
    pub principal_type: Str,
    pub principal_name: Str,
    #[wire(versions = 3..)]
    pub token_requester_principal_type: Str,
    #[wire(versions = 3..)]
    pub token_requester_principal_name: Str,
    pub issue_timestamp: i64,
    pub expiry_timestamp: i64,
    pub max_timestamp: i64,
    pub token_id: Str,
    pub hmac: Bytes,
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

/// A principal that may renew the token.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribedDelegationTokenRenewer {
    pub principal_type: Str,
    pub principal_name: Str,
}
