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
