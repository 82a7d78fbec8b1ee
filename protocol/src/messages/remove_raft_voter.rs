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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = RemoveRaftVoterRequest {
            cluster_id: Some("ci".into()),
            voter_id: NodeId(2),
            voter_directory_id: Uuid(*b"voter_directory3"),
        };
        0 => b"\x03ci" b"\0\0\0\x02" b"voter_directory3" b"\0";
    }

    literals! {
        let response = RemoveRaftVoterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
        };
        0 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0";
    }
}
