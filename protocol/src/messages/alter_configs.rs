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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type: 1,
                resource_name: "rn".into(),
                configs: vec![AlterableConfig { name: "n".into(), value: Some("v".into()) }],
            }],
            validate_only: true,
        };
        2 => b"\x02" b"\x01" b"\x03rn" b"\x02" b"\x02n" b"\x02v" b"\0" b"\0" b"\x01" b"\0";
        0..=1 => b"\0\0\0\x01" b"\x01" b"\0\x02rn" b"\0\0\0\x01" b"\0\x01n" b"\0\x01v" b"\x01";
    }

    literals! {
        let response = AlterConfigsResponse {
            throttle_time_ms: 1,
            responses: vec![AlterConfigsResourceResponse {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                resource_type: 4,
                resource_name: "rn".into(),
            }],
        };
        2 => b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x04" b"\x03rn" b"\0" b"\0";
        0..=1 => b"\0\0\0\x01" b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\x04" b"\0\x02rn";
    }
}
