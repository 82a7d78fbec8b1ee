use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Replaces all dynamic settings of resources. Deprecated: what is not named is reset.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 33, kind = request, versions = 0..=2, flexible = 2.., response = AlterConfigsResponse)]
pub struct AlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

/// A resource and its new settings.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterConfigsResource {
    /// 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.
    pub resource_type: i8,
    pub resource_name: Str,
    pub configs: Vec<AlterableConfig>,
}

/// One setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterableConfig {
    pub name: Str,
    pub value: Option<Str>,
}

/// Which resources were changed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 33, kind = response, versions = 0..=2, flexible = 2..)]
pub struct AlterConfigsResponse {
    pub throttle_time_ms: i32,
    pub responses: Vec<AlterConfigsResourceResponse>,
}

/// The outcome for one resource.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterConfigsResourceResponse {
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    pub resource_type: i8,
    pub resource_name: Str,
}
