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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = SaslAuthenticateRequest {
            auth_bytes: Bytes::from_static(b"auth_bytes"),
        };
        2 =>
            b"\x0bauth_bytes" // auth_bytes
            b"\0";            // no tagged fields
        0..=1 => b"\0\0\0\x0aauth_bytes";
    }

    literals! {
        let mut response = SaslAuthenticateResponse {
            error_code: ErrorCode(1),
            error_message: Some("em".into()),
            auth_bytes: Bytes::from_static(b"auth_bytes"),
            session_lifetime_ms: 4,
        };
        2 =>
            b"\0\x01"             // error_code
            b"\x03em"             // error_message
            b"\x0bauth_bytes"     // auth_bytes
            b"\0\0\0\0\0\0\0\x04" // session_lifetime_ms
            b"\0";                // no tagged fields
        1 => b"\0\x01" b"\0\x02em" b"\0\0\0\x0aauth_bytes" b"\0\0\0\0\0\0\0\x04";
        response.session_lifetime_ms = 0;
        0 => b"\0\x01" b"\0\x02em" b"\0\0\0\x0aauth_bytes";
    }
}
