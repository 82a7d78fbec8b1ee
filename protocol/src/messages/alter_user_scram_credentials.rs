use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 51, kind = request, versions = 0..=0, flexible = 0.., response = AlterUserScramCredentialsResponse)]
pub struct AlterUserScramCredentialsRequest {
    pub deletions: Vec<ScramCredentialDeletion>,
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ScramCredentialDeletion {
    pub name: Str,
    pub mechanism: i8,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ScramCredentialUpsertion {
    pub name: Str,
    pub mechanism: i8,
    pub iterations: i32,
    pub salt: Bytes,
    pub salted_password: Bytes,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 51, kind = response, versions = 0..=0, flexible = 0..)]
pub struct AlterUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AlterUserScramCredentialsResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    pub user: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}
