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
