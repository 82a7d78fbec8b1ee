use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 57, kind = request, versions = 0..=2, flexible = 0.., response = UpdateFeaturesResponse)]
pub struct UpdateFeaturesRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    pub feature_updates: Vec<FeatureUpdateKey>,
    #[wire(versions = 1..)]
    pub validate_only: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FeatureUpdateKey {
    pub feature: Str,
    pub max_version_level: i16,
    #[wire(versions = ..=0)]
    pub allow_downgrade: bool,
    #[wire(versions = 1.., default = 1)]
    pub upgrade_type: i8,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 57, kind = response, versions = 0..=2, flexible = 0..)]
pub struct UpdateFeaturesResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    #[wire(versions = ..=1, ignorable)]
    pub results: Vec<UpdatableFeatureResult>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct UpdatableFeatureResult {
    pub feature: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}
