use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 44, kind = request, versions = 0..=1, flexible = 1.., response = IncrementalAlterConfigsResponse)]
pub struct IncrementalAlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterConfigsResource {
    pub resource_type: i8,
    pub resource_name: Str,
    pub configs: Vec<AlterableConfig>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterableConfig {
    pub name: Str,
    pub config_operation: i8,
    pub value: Option<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 44, kind = response, versions = 0..=1, flexible = 1..)]
pub struct IncrementalAlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterConfigsResourceResponse {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resource_type: i8,
    pub resource_name: Str,
}
