use crate::error_code::ErrorCode;
use crate::wire::{Message, Str};

/// Chooses the SASL mechanism before the exchange begins.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = request, versions = 0..=1, flexible = none, response = SaslHandshakeResponse)]
pub struct SaslHandshakeRequest {
    pub mechanism: Str,
}

/// Whether the mechanism is offered. After version 0 the tokens follow as bare frames, after version 1 as
/// [`SaslAuthenticateRequest`](super::sasl_authenticate::SaslAuthenticateRequest).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = response, versions = 0..=1, flexible = none)]
pub struct SaslHandshakeResponse {
    pub error_code: ErrorCode,
    /// What the broker offers.
    pub mechanisms: Vec<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = SaslHandshakeRequest { mechanism: "m".into() };
        0..=1 => b"\0\x01m";
    }

    literals! {
        let response = SaslHandshakeResponse {
            error_code: ErrorCode(1),
            mechanisms: vec!["m".into()],
        };
        0..=1 => b"\0\x01" b"\0\0\0\x01\0\x01m";
    }
}
