use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str};

/// Makes the cluster forget a broker that will not come back.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 64, kind = request, versions = 0..=0, flexible = 0.., response = UnregisterBrokerResponse)]
pub struct UnregisterBrokerRequest {
    pub broker_id: NodeId,
}

/// Whether the broker was forgotten.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 64, kind = response, versions = 0..=0, flexible = 0..)]
pub struct UnregisterBrokerResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = UnregisterBrokerRequest { broker_id: NodeId(1) };
        0 => b"\0\0\0\x01" b"\0";
    }

    literals! {
        let response = UnregisterBrokerResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
        };
        0 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0";
    }
}
