use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Raises and lowers feature levels (KIP-584).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 57, kind = request, versions = 0..=2, flexible = 0.., response = UpdateFeaturesResponse)]
pub struct UpdateFeaturesRequest {
    #[wire(default = 60_000)]
    pub timeout_ms: i32,
    pub feature_updates: Vec<FeatureUpdateKey>,
    #[wire(versions = 1..)]
    pub validate_only: bool,
}

/// The new level of one feature.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct FeatureUpdateKey {
    pub feature: Str,
    /// Less than 1 removes the feature.
    pub max_version_level: i16,
    #[wire(versions = ..=0)]
    pub allow_downgrade: bool,
    /// 1 upgrade only, 2 a downgrade that loses nothing, 3 any downgrade.
    #[wire(versions = 1.., default = 1)]
    pub upgrade_type: i8,
}

/// Whether all the levels were changed; from version 2 it is all or none.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 57, kind = response, versions = 0..=2, flexible = 0..)]
pub struct UpdateFeaturesResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
    #[wire(versions = ..=1, ignorable)]
    pub results: Vec<UpdatableFeatureResult>,
}

/// The outcome for one feature.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct UpdatableFeatureResult {
    pub feature: Str,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}
