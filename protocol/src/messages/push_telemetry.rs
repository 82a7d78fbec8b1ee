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
