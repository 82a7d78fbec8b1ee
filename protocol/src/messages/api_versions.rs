use crate::api_key::ApiKey;
use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 18, kind = request, versions = 0..=4, flexible = 3.., response = ApiVersionsResponse)]
pub struct ApiVersionsRequest {
    #[wire(versions = 3.., ignorable)]
    pub client_software_name: Str,
    #[wire(versions = 3.., ignorable)]
    pub client_software_version: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 18, kind = response, versions = 0..=4, flexible = 3..)]
pub struct ApiVersionsResponse {
    pub error_code: ErrorCode,
    pub api_keys: Vec<ApiVersion>,
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = 3.., tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey>,
    #[wire(versions = 3.., tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    #[wire(versions = 3.., tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    #[wire(versions = 3.., tag = 3, ignorable)]
    pub zk_migration_ready: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ApiVersion {
    pub api_key: ApiKey,
    pub min_version: i16,
    pub max_version: i16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct SupportedFeatureKey {
    pub name: Str,
    pub min_version: i16,
    pub max_version: i16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FinalizedFeatureKey {
    pub name: Str,
    pub max_version_level: i16,
    pub min_version_level: i16,
}
