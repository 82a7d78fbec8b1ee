use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = request, versions = 0..=6, flexible = 3.., response = FindCoordinatorResponse)]
pub struct FindCoordinatorRequest {
    #[wire(versions = ..=3)]
    pub key: Str,
    #[wire(versions = 1..)]
    pub key_type: i8,
    #[wire(versions = 4..)]
    pub coordinator_keys: Vec<Str>,
}

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
