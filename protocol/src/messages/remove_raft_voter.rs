use crate::error_code::ErrorCode;
use crate::types::NodeId;
use crate::wire::{Message, Str, Uuid};

/// Removes a controller from the voters of the metadata quorum (KIP-853).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 81, kind = request, versions = 0..=0, flexible = 0.., response = RemoveRaftVoterResponse)]
pub struct RemoveRaftVoterRequest {
    pub cluster_id: Option<Str>,
    pub voter_id: NodeId,
    pub voter_directory_id: Uuid,
}

/// Whether the voter was removed.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 81, kind = response, versions = 0..=0, flexible = 0..)]
pub struct RemoveRaftVoterResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(ignorable)]
    pub error_message: Option<Str>,
}
