use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str};

/// Carries one token of the SASL exchange to the broker.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 36, kind = request, versions = 0..=2, flexible = 2.., response = SaslAuthenticateResponse)]
pub struct SaslAuthenticateRequest {
    pub auth_bytes: Bytes,
}

/// Carries one token of the SASL exchange to the client.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 36, kind = response, versions = 0..=2, flexible = 2..)]
pub struct SaslAuthenticateResponse {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub auth_bytes: Bytes,
    /// The client must authenticate again within this time, 0 means never (KIP-368).
    #[wire(versions = 1.., ignorable)]
    pub session_lifetime_ms: i64,
}
