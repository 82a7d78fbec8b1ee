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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ApiVersionsRequest {
            client_software_name: "csn".into(),
            client_software_version: "csv".into(),
        };
        3..=4 =>
            b"\x04csn"   // client_software_name
            b"\x04csv"   // client_software_version
            b"\0";       // no tagged fields
        request.client_software_name = "".into();
        request.client_software_version = "".into();
        0..=2 => b"";
    }

    literals! {
        let mut response = ApiVersionsResponse {
            error_code: ErrorCode(1),
            api_keys: vec![ApiVersion { api_key: ApiKey(2), min_version: 3, max_version: 4 }],
            throttle_time_ms: 5,
            supported_features: vec![SupportedFeatureKey { name: "n".into(), min_version: 7, max_version: 8 }],
            finalized_features_epoch: 9,
            finalized_features: vec![FinalizedFeatureKey {
                name: "n".into(),
                max_version_level: 11,
                min_version_level: 12,
            }],
            zk_migration_ready: true,
        };
        3..=4 =>
            b"\0\x01"                 // error_code
            b"\x02"                   // api_keys
                b"\0\x02"             // api_key
                b"\0\x03"             // min_version
                b"\0\x04"             // max_version
                b"\0"                 // no tagged fields
            b"\0\0\0\x05"             // throttle_time_ms
            b"\x04"                   // 4 tagged fields
            b"\0\x08"                 // tag 0, 8 bytes: supported_features
                b"\x02"               // supported_features
                    b"\x02n"          // name
                    b"\0\x07"         // min_version
                    b"\0\x08"         // max_version
                    b"\0"             // no tagged fields
            b"\x01\x08"               // tag 1, 8 bytes: finalized_features_epoch
                b"\0\0\0\0\0\0\0\x09" // finalized_features_epoch
            b"\x02\x08"               // tag 2, 8 bytes: finalized_features
                b"\x02"               // finalized_features
                    b"\x02n"          // name
                    b"\0\x0b"         // max_version_level
                    b"\0\x0c"         // min_version_level
                    b"\0"             // no tagged fields
            b"\x03\x01"               // tag 3, 1 bytes: zk_migration_ready
                b"\x01";              // zk_migration_ready
        response.supported_features = vec![];
        response.finalized_features_epoch = -1;
        response.finalized_features = vec![];
        response.zk_migration_ready = false;
        1..=2 => b"\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x03" b"\0\x04" b"\0\0\0\x05";
        response.throttle_time_ms = 0;
        0 => b"\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x03" b"\0\x04";
    }
}
