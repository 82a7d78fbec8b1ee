use crate::api_key::ApiKey;
use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Asks which versions of which APIs a broker serves. The first request on a connection.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 18, kind = request, versions = 0..=4, flexible = 3.., response = ApiVersionsResponse)]
pub struct ApiVersionsRequest {
    /// Letters, digits, `-` and `.` only, or the broker refuses the request (KIP-511).
    #[wire(versions = 3.., ignorable)]
    pub client_software_name: Str,
    #[wire(versions = 3.., ignorable)]
    pub client_software_version: Str,
}

/// What a broker serves. To a version it does not know it answers in version 0, so a reader tries that next.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 18, kind = response, versions = 0..=4, flexible = 3..)]
pub struct ApiVersionsResponse {
    pub error_code: ErrorCode,
    pub api_keys: Vec<ApiVersion>,
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = 3.., tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Grows with every change to `finalized_features`; -1 when there are none.
    #[wire(versions = 3.., tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    /// The feature levels in force, such as `transaction.version` (KIP-584).
    #[wire(versions = 3.., tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Only ever set by controllers before 4.0.
    #[wire(versions = 3.., tag = 3, ignorable)]
    pub zk_migration_ready: bool,
}

/// The versions of one API that a broker serves, both ends included.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ApiVersion {
    pub api_key: ApiKey,
    pub min_version: i16,
    pub max_version: i16,
}

/// The levels of one feature that a broker can run.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct SupportedFeatureKey {
    pub name: Str,
    pub min_version: i16,
    pub max_version: i16,
}

/// The level of one feature that is in force.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FinalizedFeatureKey {
    pub name: Str,
    pub max_version_level: i16,
    pub min_version_level: i16,
}
