use crate::error_code::ErrorCode;
use crate::wire::{Message, Str};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = request, versions = 0..=1, flexible = none, response = SaslHandshakeResponse)]
pub struct SaslHandshakeRequest {
    pub mechanism: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = response, versions = 0..=1, flexible = none)]
pub struct SaslHandshakeResponse {
    pub error_code: ErrorCode,
    pub mechanisms: Vec<Str>,
}
