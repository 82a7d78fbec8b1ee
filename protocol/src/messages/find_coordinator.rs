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
