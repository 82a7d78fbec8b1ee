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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeDelegationTokenRequest {
            owners: Some(vec![DescribeDelegationTokenOwner {
                principal_type: "pt".into(),
                principal_name: "pn".into(),
            }]),
        };
        2..=3 => b"\x02" b"\x03pt" b"\x03pn" b"\0" b"\0";
        1 => b"\0\0\0\x01" b"\0\x02pt" b"\0\x02pn";
    }

    literals! {
        let mut response = DescribeDelegationTokenResponse {
            error_code: ErrorCode(1),
            tokens: vec![DescribedDelegationToken {
                principal_type: "pt".into(),
                principal_name: "pn".into(),
                token_requester_principal_type: "trpt".into(),
                token_requester_principal_name: "trpn".into(),
                issue_timestamp: 6,
                expiry_timestamp: 7,
                max_timestamp: 8,
                token_id: "ti".into(),
                hmac: Bytes::from_static(b"hmac"),
                renewers: vec![DescribedDelegationTokenRenewer {
                    principal_type: "pt".into(),
                    principal_name: "pn".into(),
                }],
            }],
            throttle_time_ms: 13,
        };
        3 =>
            b"\0\x01" b"\x02" b"\x03pt" b"\x03pn" b"\x05trpt" b"\x05trpn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\x03ti" b"\x05hmac" b"\x02" b"\x03pt" b"\x03pn" b"\0" b"\0" b"\0\0\0\x0d" b"\0";
        response.tokens[0].token_requester_principal_type = "".into();
        response.tokens[0].token_requester_principal_name = "".into();
        2 =>
            b"\0\x01" b"\x02" b"\x03pt" b"\x03pn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07" b"\0\0\0\0\0\0\0\x08"
            b"\x03ti" b"\x05hmac" b"\x02" b"\x03pt" b"\x03pn" b"\0" b"\0" b"\0\0\0\x0d" b"\0";
        1 =>
            b"\0\x01" b"\0\0\0\x01" b"\0\x02pt" b"\0\x02pn" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07"
            b"\0\0\0\0\0\0\0\x08" b"\0\x02ti" b"\0\0\0\x04hmac" b"\0\0\0\x01" b"\0\x02pt" b"\0\x02pn" b"\0\0\0\x0d";
    }
}
