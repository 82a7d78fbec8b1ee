//! Records of `__consumer_offsets` that hold classic groups.

use bytes::Bytes;

use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

/// Which group.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = data, versions = 0..=0, flexible = none)]
pub struct GroupMetadataKey {
    pub group: GroupId,
}

/// A classic group after a rebalance.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = data, versions = 0..=4, flexible = 4..)]
pub struct GroupMetadataValue {
    pub protocol_type: Str,
    pub generation: i32,
    /// The assignor in use.
    pub protocol: Option<Str>,
    /// Member id of the leader.
    pub leader: Option<Str>,
    /// When the group entered its state, in milliseconds since the epoch; -1 when not known.
    #[wire(versions = 2.., default = -1, ignorable)]
    pub current_state_timestamp: i64,
    pub members: Vec<MemberMetadata>,
}

/// One member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberMetadata {
    pub member_id: Str,
    #[wire(versions = 3.., default = null, ignorable)]
    pub group_instance_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    /// In milliseconds; -1 means the session timeout.
    #[wire(versions = 1.., default = -1, ignorable)]
    pub rebalance_timeout: i32,
    /// In milliseconds.
    pub session_timeout: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let group_metadata_key = GroupMetadataKey { group: "g".into() };
        0 => b"\0\x01g";
    }

    literals! {
        let mut group_metadata_value = GroupMetadataValue {
            protocol_type: "pt".into(),
            generation: 2,
            protocol: Some("p".into()),
            leader: Some("l".into()),
            current_state_timestamp: 5,
            members: vec![MemberMetadata {
                member_id: "mi".into(),
                group_instance_id: Some("gii".into()),
                client_id: "ci".into(),
                client_host: "ch".into(),
                rebalance_timeout: 10,
                session_timeout: 11,
                subscription: Bytes::from_static(b"subscription"),
                assignment: Bytes::from_static(b"assignment"),
            }],
        };
        4 =>
            b"\x03pt" b"\0\0\0\x02" b"\x02p" b"\x02l" b"\0\0\0\0\0\0\0\x05" b"\x02" b"\x03mi" b"\x04gii" b"\x03ci"
            b"\x03ch" b"\0\0\0\x0a" b"\0\0\0\x0b" b"\x0dsubscription" b"\x0bassignment" b"\0" b"\0";
        3 =>
            b"\0\x02pt" b"\0\0\0\x02" b"\0\x01p" b"\0\x01l" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\x01" b"\0\x02mi"
            b"\0\x03gii" b"\0\x02ci" b"\0\x02ch" b"\0\0\0\x0a" b"\0\0\0\x0b" b"\0\0\0\x0csubscription"
            b"\0\0\0\x0aassignment";
        group_metadata_value.members[0].group_instance_id = None;
        2 =>
            b"\0\x02pt" b"\0\0\0\x02" b"\0\x01p" b"\0\x01l" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\x01" b"\0\x02mi" b"\0\x02ci"
            b"\0\x02ch" b"\0\0\0\x0a" b"\0\0\0\x0b" b"\0\0\0\x0csubscription" b"\0\0\0\x0aassignment";
        group_metadata_value.current_state_timestamp = -1;
        1 =>
            b"\0\x02pt" b"\0\0\0\x02" b"\0\x01p" b"\0\x01l" b"\0\0\0\x01" b"\0\x02mi" b"\0\x02ci" b"\0\x02ch"
            b"\0\0\0\x0a" b"\0\0\0\x0b" b"\0\0\0\x0csubscription" b"\0\0\0\x0aassignment";
        group_metadata_value.members[0].rebalance_timeout = -1;
        0 =>
            b"\0\x02pt" b"\0\0\0\x02" b"\0\x01p" b"\0\x01l" b"\0\0\0\x01" b"\0\x02mi" b"\0\x02ci" b"\0\x02ch"
            b"\0\0\0\x0b" b"\0\0\0\x0csubscription" b"\0\0\0\x0aassignment";
    }
}
