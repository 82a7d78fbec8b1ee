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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = ListConfigResourcesRequest { resource_types: vec![1] };
        1 => b"\x02\x01" b"\0";
        request.resource_types = vec![];
        0 => b"\0";
    }

    literals! {
        let mut response = ListConfigResourcesResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            config_resources: vec![ConfigResource { resource_name: "rn".into(), resource_type: 4 }],
        };
        1 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x03rn" b"\x04" b"\0" b"\0";
        response.config_resources[0].resource_type = 16;
        0 => b"\0\0\0\x01" b"\0\x02" b"\x02" b"\x03rn" b"\0" b"\0";
    }
}
