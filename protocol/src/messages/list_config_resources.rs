use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks for the resources that have settings. Version 0 lists client metrics subscriptions only.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 74, kind = request, versions = 0..=1, flexible = 0.., response = ListConfigResourcesResponse)]
pub struct ListConfigResourcesRequest {
    /// 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group; empty for all.
    #[wire(versions = 1..)]
    pub resource_types: Vec<i8>,
}

/// The resources.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 74, kind = response, versions = 0..=1, flexible = 0..)]
pub struct ListConfigResourcesResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub config_resources: Vec<ConfigResource>,
}

/// One resource.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ConfigResource {
    pub resource_name: Str,
    #[wire(versions = 1.., default = 16, ignorable)]
    pub resource_type: i8,
}
