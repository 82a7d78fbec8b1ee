use crate::types::NodeId;
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = none)]
pub struct ControlRecordTypeSchema {
    pub r#type: i16,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = none)]
pub struct EndTxnMarker {
    pub coordinator_epoch: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct KRaftVersionRecord {
    pub version: i16,
    #[wire(name = "KRaftVersion")]
    pub kraft_version: i16,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=1, flexible = 0..)]
pub struct LeaderChangeMessage {
    pub version: i16,
    pub leader_id: NodeId,
    pub voters: Vec<LeaderChangeVoter>,
    pub granting_voters: Vec<LeaderChangeVoter>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LeaderChangeVoter {
    pub voter_id: NodeId,
    #[wire(versions = 1..)]
    pub voter_directory_id: Uuid,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct SnapshotFooterRecord {
    pub version: i16,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct SnapshotHeaderRecord {
    pub version: i16,
    pub last_contained_log_timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
pub struct VotersRecord {
    pub version: i16,
    pub voters: Vec<Voter>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Voter {
    pub voter_id: NodeId,
    pub voter_directory_id: Uuid,
    pub endpoints: Vec<Endpoint>,
    #[wire(name = "KRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KRaftVersionFeature {
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}
