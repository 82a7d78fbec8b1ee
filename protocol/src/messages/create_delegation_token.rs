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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = CreateDelegationTokenRequest {
            owner_principal_type: Some("opt".into()),
            owner_principal_name: Some("opn".into()),
            renewers: vec![CreatableRenewers {
                principal_type: "pt".into(),
                principal_name: "pn".into(),
            }],
            max_lifetime_ms: 5,
        };
        3 => b"\x04opt" b"\x04opn" b"\x02" b"\x03pt" b"\x03pn" b"\0" b"\0\0\0\0\0\0\0\x05" b"\0";
        request.owner_principal_type = Some("".into());
        request.owner_principal_name = Some("".into());
        2 => b"\x02" b"\x03pt" b"\x03pn" b"\0" b"\0\0\0\0\0\0\0\x05" b"\0";
        1 => b"\0\0\0\x01" b"\0\x02pt" b"\0\x02pn" b"\0\0\0\0\0\0\0\x05";
    }

    literals! {
        let mut response = CreateDelegationTokenResponse {
            error_code: ErrorCode(1),
            principal_type: "pt".into(),
            principal_name: "pn".into(),
            token_requester_principal_type: "trpt".into(),
            token_requester_principal_name: "trpn".into(),
            issue_timestamp_ms: 6,
            expiry_timestamp_ms: 7,
            max_timestamp_ms: 8,
            token_id: "ti".into(),
            hmac: Bytes::from_static(b"hmac"),
            throttle_time_ms: 11,
        };
        3 =>
            b"\0\x01" b"\x03pt" b"\x03pn" b"\x05trpt" b"\x05trpn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\x03ti" b"\x05hmac" b"\0\0\0\x0b" b"\0";
        response.token_requester_principal_type = "".into();
        response.token_requester_principal_name = "".into();
        2 =>
            b"\0\x01" b"\x03pt" b"\x03pn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08" b"\x03ti"
            b"\x05hmac" b"\0\0\0\x0b" b"\0";
        1 =>
            b"\0\x01" b"\0\x02pt" b"\0\x02pn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08"
            b"\0\x02ti" b"\0\0\0\x04hmac" b"\0\0\0\x0b";
    }
}
