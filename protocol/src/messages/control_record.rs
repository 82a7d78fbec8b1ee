//! Keys and values of the control records that Kafka writes among an application's own: ends of transactions, and in
//! the metadata log changes of leader and voters.

use crate::types::NodeId;
use crate::wire::{Message, Str, Uuid, Wire};

/// What a control record's key holds after its two-byte version: 0 abort, 1 commit, 2 leader change, 3 snapshot header,
/// 4 snapshot footer, 5 KRaft version, 6 voters.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = none)]
pub struct ControlRecordTypeSchema {
    pub r#type: i16,
}

/// Value of an abort or commit marker, after its two-byte version.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = none)]
pub struct EndTxnMarker {
    /// Leader epoch of the coordinator's partition; older coordinators are fenced by it.
    pub coordinator_epoch: i32,
}

/// The version of the quorum protocol from here on.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct KRaftVersionRecord {
    pub version: i16,
    #[wire(name = "KRaftVersion")]
    pub kraft_version: i16,
}

/// The first record of a new leader of the metadata quorum.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=1, flexible = 0..)]
pub struct LeaderChangeMessage {
    pub version: i16,
    pub leader_id: NodeId,
    pub voters: Vec<LeaderChangeVoter>,
    /// Those who voted for the leader.
    pub granting_voters: Vec<LeaderChangeVoter>,
}

/// One voter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderChangeVoter {
    pub voter_id: NodeId,
    #[wire(versions = 1..)]
    pub voter_directory_id: Uuid,
}

/// Ends a metadata snapshot.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct SnapshotFooterRecord {
    pub version: i16,
}

/// Begins a metadata snapshot.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct SnapshotHeaderRecord {
    pub version: i16,
    /// Timestamp of the last batch that the snapshot covers.
    pub last_contained_log_timestamp: i64,
}

/// The voters of the quorum from here on (KIP-853).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct VotersRecord {
    pub version: i16,
    pub voters: Vec<Voter>,
}

/// One voter and where to reach it.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Voter {
    pub voter_id: NodeId,
    pub voter_directory_id: Uuid,
    pub endpoints: Vec<Endpoint>,
    #[wire(name = "KRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
}

/// One address of a voter.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}

/// The versions of the quorum protocol that a voter can run.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KRaftVersionFeature {
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}
