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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = UpdateFeaturesRequest {
            timeout_ms: 1,
            feature_updates: vec![FeatureUpdateKey {
                feature: "f".into(),
                max_version_level: 3,
                upgrade_type: 5,
                ..Default::default()
            }],
            validate_only: true,
        };
        1..=2 => b"\0\0\0\x01" b"\x02" b"\x02f" b"\0\x03" b"\x05" b"\0" b"\x01" b"\0";
        request.feature_updates[0].allow_downgrade = true;
        request.feature_updates[0].upgrade_type = 1;
        request.validate_only = false;
        0 => b"\0\0\0\x01" b"\x02" b"\x02f" b"\0\x03" b"\x01" b"\0" b"\0";
    }

    literals! {
        let mut response = UpdateFeaturesResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            ..Default::default()
        };
        2 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0";
        response.results = vec![UpdatableFeatureResult { feature: "f".into(), error_code: ErrorCode(5), error_message: Some("em".into()) }];
        0..=1 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x02" b"\x02f" b"\0\x05" b"\x03em" b"\0" b"\0";
    }
}
