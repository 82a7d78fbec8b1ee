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
    use crate::messages::golden::assert_bytes;

    #[test]
    fn request_has_kafkas_bytes_in_every_layout() {
        let request = SaslAuthenticateRequest { auth_bytes: Bytes::from_static(b"\x07\x08") };
        assert_bytes(&request, 2, b"\x03\x07\x08\0");
        assert_bytes(&request, 1, b"\0\0\0\x02\x07\x08");
    }

    #[test]
    fn response_has_kafkas_bytes_in_every_layout() {
        let mut response = SaslAuthenticateResponse {
            error_code: ErrorCode(1),
            error_message: Some("em".into()),
            auth_bytes: Bytes::from_static(b"\x07\x08"),
            session_lifetime_ms: 4,
        };
        assert_bytes(&response, 2, b"\0\x01\x03em\x03\x07\x08\0\0\0\0\0\0\0\x04\0");
        assert_bytes(&response, 1, b"\0\x01\0\x02em\0\0\0\x02\x07\x08\0\0\0\0\0\0\0\x04");
        response.session_lifetime_ms = 0;
        assert_bytes(&response, 0, b"\0\x01\0\x02em\0\0\0\x02\x07\x08");
    }
}
