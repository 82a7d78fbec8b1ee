use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Sets and removes SCRAM credentials. The broker never learns a password.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 51, kind = request, versions = 0..=0, flexible = 0.., response = AlterUserScramCredentialsResponse)]
pub struct AlterUserScramCredentialsRequest {
    pub deletions: Vec<ScramCredentialDeletion>,
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

/// A credential to remove.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ScramCredentialDeletion {
    pub name: Str,
    /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
}

/// A credential to set.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ScramCredentialUpsertion {
    pub name: Str,
    /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
    pub iterations: i32,
    pub salt: Bytes,
    /// The password after `iterations` rounds of the mechanism's hash with `salt`.
    pub salted_password: Bytes,
}

/// Which users were changed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 51, kind = response, versions = 0..=0, flexible = 0..)]
pub struct AlterUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterUserScramCredentialsResult>,
}

/// The outcome for one user.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    pub user: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterUserScramCredentialsRequest {
            deletions: vec![ScramCredentialDeletion { name: "n".into(), mechanism: 2 }],
            upsertions: vec![ScramCredentialUpsertion {
                name: "n".into(),
                mechanism: 4,
                iterations: 5,
                salt: Bytes::from_static(b"salt"),
                salted_password: Bytes::from_static(b"salted_password"),
            }],
        };
        0 =>
            b"\x02" b"\x02n" b"\x02" b"\0" b"\x02" b"\x02n" b"\x04" b"\0\0\0\x05" b"\x05salt" b"\x10salted_password"
            b"\0" b"\0";
    }

    literals! {
        let response = AlterUserScramCredentialsResponse {
            throttle_time_ms: 1,
            results: vec![AlterUserScramCredentialsResult {
                user: "u".into(),
                error_code: ErrorCode(3),
                error_message: Some("em".into()),
            }],
        };
        0 => b"\0\0\0\x01" b"\x02" b"\x02u" b"\0\x03" b"\x03em" b"\0" b"\0";
    }
}
