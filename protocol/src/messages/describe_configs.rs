use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 32, kind = request, versions = 1..=4, flexible = 4.., response = DescribeConfigsResponse)]
pub struct DescribeConfigsRequest {
    pub resources: Vec<DescribeConfigsResource>,
    pub include_synonyms: bool,
    #[wire(versions = 3..)]
    pub include_documentation: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResource {
    pub resource_type: i8,
    pub resource_name: Str,
    pub configuration_keys: Option<Vec<Str>>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 32, kind = response, versions = 1..=4, flexible = 4..)]
pub struct DescribeConfigsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DescribeConfigsResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResult {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resource_type: i8,
    pub resource_name: Str,
    pub configs: Vec<DescribeConfigsResourceResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsResourceResult {
    pub name: Str,
    pub value: Option<Str>,
    pub read_only: bool,
    #[wire(default = -1, ignorable)]
    pub config_source: i8,
    pub is_sensitive: bool,
    #[wire(ignorable)]
    pub synonyms: Vec<DescribeConfigsSynonym>,
    #[wire(versions = 3.., ignorable)]
    pub config_type: i8,
    #[wire(versions = 3.., ignorable)]
    pub documentation: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeConfigsSynonym {
    pub name: Str,
    pub value: Option<Str>,
    pub source: i8,
}
