use crate::error_code::ErrorCode;
use crate::wire::{Message, Str, Uuid};

/// Asks which client metrics the cluster wants (KIP-714).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 71, kind = request, versions = 0..=0, flexible = 0.., response = GetTelemetrySubscriptionsResponse)]
pub struct GetTelemetrySubscriptionsRequest {
    /// Zero at first.
    pub client_instance_id: Uuid,
}

/// The metrics to push, and how.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 71, kind = response, versions = 0..=0, flexible = 0..)]
pub struct GetTelemetrySubscriptionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    /// The id assigned if the request had none.
    pub client_instance_id: Uuid,
    pub subscription_id: i32,
    /// Codec ids as in record batches, the favourite first.
    pub accepted_compression_types: Vec<i8>,
    pub push_interval_ms: i32,
    pub telemetry_max_bytes: i32,
    /// Counters as the change since the last push instead of totals.
    pub delta_temporality: bool,
    /// Prefixes of metric names; empty for none, one empty string for all.
    pub requested_metrics: Vec<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = GetTelemetrySubscriptionsRequest {
            client_instance_id: Uuid(*b"client_instance1"),
        };
        0 => b"client_instance1" b"\0";
    }

    literals! {
        let response = GetTelemetrySubscriptionsResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            client_instance_id: Uuid(*b"client_instance3"),
            subscription_id: 4,
            accepted_compression_types: vec![5],
            push_interval_ms: 6,
            telemetry_max_bytes: 7,
            delta_temporality: true,
            requested_metrics: vec!["rm".into()],
        };
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"client_instance3" b"\0\0\0\x04" b"\x02\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\x01"
            b"\x02\x03rm" b"\0";
    }
}
