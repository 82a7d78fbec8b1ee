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
