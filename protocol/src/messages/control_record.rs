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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let control_record_type_schema = ControlRecordTypeSchema { r#type: 1 };
        0 => b"\0\x01";
    }

    literals! {
        let end_txn_marker = EndTxnMarker { coordinator_epoch: 1 };
        0 => b"\0\0\0\x01";
    }

    literals! {
        let kraft_version_record = KRaftVersionRecord { version: 1, kraft_version: 2 };
        0 => b"\0\x01" b"\0\x02" b"\0";
    }

    literals! {
        let mut leader_change_message = LeaderChangeMessage {
            version: 1,
            leader_id: NodeId(2),
            voters: vec![LeaderChangeVoter {
                voter_id: NodeId(3),
                voter_directory_id: Uuid(*b"voter_directory4"),
            }],
            granting_voters: vec![LeaderChangeVoter {
                voter_id: NodeId(5),
                voter_directory_id: Uuid(*b"voter_directory6"),
            }],
        };
        1 =>
            b"\0\x01" b"\0\0\0\x02" b"\x02" b"\0\0\0\x03" b"voter_directory4" b"\0" b"\x02" b"\0\0\0\x05"
            b"voter_directory6" b"\0" b"\0";
        leader_change_message.voters[0].voter_directory_id = Uuid::ZERO;
        leader_change_message.granting_voters[0].voter_directory_id = Uuid::ZERO;
        0 => b"\0\x01" b"\0\0\0\x02" b"\x02" b"\0\0\0\x03" b"\0" b"\x02" b"\0\0\0\x05" b"\0" b"\0";
    }

    literals! {
        let snapshot_footer_record = SnapshotFooterRecord { version: 1 };
        0 => b"\0\x01" b"\0";
    }

    literals! {
        let snapshot_header_record = SnapshotHeaderRecord { version: 1, last_contained_log_timestamp: 2 };
        0 => b"\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0";
    }

    literals! {
        let voters_record = VotersRecord {
            version: 1,
            voters: vec![Voter {
                voter_id: NodeId(2),
                voter_directory_id: Uuid(*b"voter_directory3"),
                endpoints: vec![Endpoint { name: "n".into(), host: "h".into(), port: 9092 }],
                kraft_version_feature: KRaftVersionFeature {
                    min_supported_version: 7,
                    max_supported_version: 8,
                },
            }],
        };
        0 =>
            b"\0\x01" b"\x02" b"\0\0\0\x02" b"voter_directory3" b"\x02" b"\x02n" b"\x02h" b"#\x84" b"\0" b"\0\x07"
            b"\0\x08" b"\0" b"\0" b"\0";
    }
}
