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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = AddRaftVoterRequest {
            cluster_id: Some("ci".into()),
            timeout_ms: 2,
            voter_id: NodeId(3),
            voter_directory_id: Uuid(*b"voter_directory4"),
            listeners: vec![Listener { name: "n".into(), host: "h".into(), port: 9092 }],
            ..Default::default()
        };
        1 =>
            b"\x03ci" b"\0\0\0\x02" b"\0\0\0\x03" b"voter_directory4" b"\x02" b"\x02n" b"\x02h" b"#\x84" b"\0" b"\x01"
            b"\0";
        0 => b"\x03ci" b"\0\0\0\x02" b"\0\0\0\x03" b"voter_directory4" b"\x02" b"\x02n" b"\x02h" b"#\x84" b"\0" b"\0";
    }

    literals! {
        let response = AddRaftVoterResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
        };
        0..=1 => b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\0";
    }
}
