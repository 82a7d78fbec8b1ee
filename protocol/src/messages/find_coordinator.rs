use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Wire};

/// Asks which broker coordinates a group, a transactional id or a share partition.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = request, versions = 0..=6, flexible = 3.., response = FindCoordinatorResponse)]
pub struct FindCoordinatorRequest {
    #[wire(versions = ..=3)]
    pub key: Str,
    /// 0 group, 1 transaction, 2 share partition (a key of the form `group:topic-id:partition`).
    #[wire(versions = 1..)]
    pub key_type: i8,
    /// Several keys of one type (KIP-699).
    #[wire(versions = 4..)]
    pub coordinator_keys: Vec<Str>,
}

/// The coordinators that a [`FindCoordinatorRequest`] asked for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = response, versions = 0..=6, flexible = 3..)]
pub struct FindCoordinatorResponse {
    #[wire(versions = 1.., ignorable)]
    pub throttle_time_ms: i32,
    #[wire(versions = ..=3)]
    pub error_code: ErrorCode,
    #[wire(versions = 1..=3, ignorable)]
    pub error_message: Option<Str>,
    #[wire(versions = ..=3)]
    pub node_id: NodeId,
    #[wire(versions = ..=3)]
    pub host: Str,
    #[wire(versions = ..=3)]
    pub port: i32,
    #[wire(versions = 4..)]
    pub coordinators: Vec<Coordinator>,
}

/// The coordinator of one key.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Coordinator {
    pub key: Str,
    pub node_id: NodeId,
    pub host: Str,
    pub port: i32,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut request = FindCoordinatorRequest {
            key_type: 2,
            coordinator_keys: vec!["ck".into()],
            ..Default::default()
        };
        4..=6 =>
            b"\x02"       // key_type
            b"\x02\x03ck" // coordinator_keys
            b"\0";        // no tagged fields
        request.key = "k".into();
        request.coordinator_keys = vec![];
        3 => b"\x02k" b"\x02" b"\0";
        1..=2 => b"\0\x01k" b"\x02";
        request.key_type = 0;
        0 => b"\0\x01k";
    }

    literals! {
        let mut response = FindCoordinatorResponse {
            throttle_time_ms: 1,
            coordinators: vec![Coordinator {
                key: "k".into(),
                node_id: NodeId(8),
                host: "h".into(),
                port: 9092,
                error_code: ErrorCode(11),
                error_message: Some("em".into()),
            }],
            ..Default::default()
        };
        4..=6 =>
            b"\0\0\0\x01"     // throttle_time_ms
            b"\x02"           // coordinators
                b"\x02k"      // key
                b"\0\0\0\x08" // node_id
                b"\x02h"      // host
                b"\0\0#\x84"  // port
                b"\0\x0b"     // error_code
                b"\x03em"     // error_message
                b"\0"         // no tagged fields
            b"\0";            // no tagged fields
        response.error_code = ErrorCode(2);
        response.error_message = Some("em".into());
        response.node_id = NodeId(4);
        response.host = "h".into();
        response.port = 9092;
        response.coordinators = vec![];
        3 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0\0\0\x04" b"\x02h" b"\0\0#\x84" b"\0";
        1..=2 => b"\0\0\0\x01" b"\0\x02" b"\0\x02em" b"\0\0\0\x04" b"\0\x01h" b"\0\0#\x84";
        response.throttle_time_ms = 0;
        response.error_message = Some("".into());
        0 => b"\0\x02" b"\0\0\0\x04" b"\0\x01h" b"\0\0#\x84";
    }
}
