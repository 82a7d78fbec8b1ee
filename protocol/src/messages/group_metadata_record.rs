use bytes::Bytes;

use crate::types::GroupId;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = data, versions = 0..=0, flexible = none)]
pub struct GroupMetadataKey {
    pub group: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 2, kind = data, versions = 0..=4, flexible = 4..)]
pub struct GroupMetadataValue {
    pub protocol_type: Str,
    pub generation: i32,
    pub protocol: Option<Str>,
    pub leader: Option<Str>,
    #[wire(versions = 2.., default = -1, ignorable)]
    pub current_state_timestamp: i64,
    pub members: Vec<MemberMetadata>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct MemberMetadata {
    pub member_id: Str,
    #[wire(versions = 3.., default = null, ignorable)]
    pub group_instance_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    #[wire(versions = 1.., default = -1, ignorable)]
    pub rebalance_timeout: i32,
    pub session_timeout: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
}
