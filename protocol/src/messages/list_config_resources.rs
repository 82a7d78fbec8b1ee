use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 74, kind = request, versions = 0..=1, flexible = 0.., response = ListConfigResourcesResponse)]
pub struct ListConfigResourcesRequest {
    #[wire(versions = 1..)]
    pub resource_types: Vec<i8>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 74, kind = response, versions = 0..=1, flexible = 0..)]
pub struct ListConfigResourcesResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub config_resources: Vec<ConfigResource>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ConfigResource {
    pub resource_name: Str,
    #[wire(versions = 1.., default = 16, ignorable)]
    pub resource_type: i8,
}
