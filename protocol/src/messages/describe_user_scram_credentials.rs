use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 50, kind = request, versions = 0..=0, flexible = 0.., response = DescribeUserScramCredentialsResponse)]
pub struct DescribeUserScramCredentialsRequest {
    pub users: Option<Vec<UserName>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct UserName {
    pub name: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 50, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeUserScramCredentialsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    pub user: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub credential_infos: Vec<CredentialInfo>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CredentialInfo {
    pub mechanism: i8,
    pub iterations: i32,
}
