use bytes::Bytes;

use crate::error_code::ErrorCode;
use crate::wire::{Message, Uuid};

/// Delivers client metrics in the OpenTelemetry format.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 72, kind = request, versions = 0..=0, flexible = 0.., response = PushTelemetryResponse)]
pub struct PushTelemetryRequest {
    pub client_instance_id: Uuid,
    /// From the subscription that asked for them.
    pub subscription_id: i32,
    /// The client is closing and this is its last push.
    pub terminating: bool,
    pub compression_type: i8,
    pub metrics: Bytes,
}

/// Whether the metrics were accepted.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 72, kind = response, versions = 0..=0, flexible = 0..)]
pub struct PushTelemetryResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = PushTelemetryRequest {
            client_instance_id: Uuid(*b"client_instance1"),
            subscription_id: 2,
            terminating: true,
            compression_type: 4,
            metrics: Bytes::from_static(b"metrics"),
        };
        0 => b"client_instance1" b"\0\0\0\x02" b"\x01" b"\x04" b"\x08metrics" b"\0";
    }

    literals! {
        let response = PushTelemetryResponse { throttle_time_ms: 1, error_code: ErrorCode(2) };
        0 => b"\0\0\0\x01" b"\0\x02" b"\0";
    }
}
