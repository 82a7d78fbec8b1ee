use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Wire};

/// Changes single settings of resources and leaves the others as they are (KIP-339).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 44, kind = request, versions = 0..=1, flexible = 1.., response = IncrementalAlterConfigsResponse)]
pub struct IncrementalAlterConfigsRequest {
    pub resources: Vec<AlterConfigsResource>,
    pub validate_only: bool,
}

/// A resource and the changes to it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterConfigsResource {
    /// 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.
    pub resource_type: i8,
    pub resource_name: Str,
    pub configs: Vec<AlterableConfig>,
}

/// A change to one setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct AlterableConfig {
    pub name: Str,
    /// 0 set, 1 reset to the default, 2 append to and 3 take out of a list.
    pub config_operation: i8,
    pub value: Option<Str>,
}

/// Which resources were changed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 44, kind = response, versions = 0..=1, flexible = 1..)]
pub struct IncrementalAlterConfigsResponse {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type: 1,
                resource_name: "rn".into(),
                configs: vec![AlterableConfig {
                    name: "n".into(),
                    config_operation: 4,
                    value: Some("v".into()),
                }],
            }],
            validate_only: true,
        };
        1 => b"\x02" b"\x01" b"\x03rn" b"\x02" b"\x02n" b"\x04" b"\x02v" b"\0" b"\0" b"\x01" b"\0";
        0 => b"\0\0\0\x01" b"\x01" b"\0\x02rn" b"\0\0\0\x01" b"\0\x01n" b"\x04" b"\0\x01v" b"\x01";
    }

    literals! {
        let response = IncrementalAlterConfigsResponse {
            throttle_time_ms: 1,
            responses: vec![AlterConfigsResourceResponse {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                resource_type: 4,
                resource_name: "rn".into(),
            }],
        };
        1 => b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x04" b"\x03rn" b"\0" b"\0";
        0 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\x04" b"\0\x02rn";
    }
}
