use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks which SCRAM credentials users have, but not for the secrets (KIP-554).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 50, kind = request, versions = 0..=0, flexible = 0.., response = DescribeUserScramCredentialsResponse)]
pub struct DescribeUserScramCredentialsRequest {
    /// `None` or empty means every user.
    pub users: Option<Vec<UserName>>,
}

/// One user.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct UserName {
    pub name: Str,
}

/// The credentials.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 50, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

/// The credentials of one user.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    pub user: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub credential_infos: Vec<CredentialInfo>,
}

/// One credential.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CredentialInfo {
    /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
    pub iterations: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeUserScramCredentialsRequest {
            users: Some(vec![UserName { name: "n".into() }]),
        };
        0 => b"\x02" b"\x02n" b"\0" b"\0";
    }

    literals! {
        let response = DescribeUserScramCredentialsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            results: vec![DescribeUserScramCredentialsResult {
                user: "u".into(),
                error_code: ErrorCode(5),
                error_message: Some("em".into()),
                credential_infos: vec![CredentialInfo { mechanism: 7, iterations: 8 }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x02u" b"\0\x05" b"\x03em" b"\x02" b"\x07" b"\0\0\0\x08" b"\0"
            b"\0" b"\0";
    }
}
