use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Uuid, Wire};

/// Adds a controller to the voters of the metadata quorum (KIP-853).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 80, kind = request, versions = 0..=1, flexible = 0.., response = AddRaftVoterResponse)]
pub struct AddRaftVoterRequest {
    pub cluster_id: Option<Str>,
    pub timeout_ms: i32,
    pub voter_id: NodeId,
    pub voter_directory_id: Uuid,
    pub listeners: Vec<Listener>,
    /// Answer once the new voter set is committed, not just written.
    #[wire(versions = 1.., default = true)]
    pub ack_when_committed: bool,
}

/// One address of the new voter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Listener {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}

/// Whether the voter was added.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 80, kind = response, versions = 0..=1, flexible = 0..)]
pub struct AddRaftVoterResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
}
