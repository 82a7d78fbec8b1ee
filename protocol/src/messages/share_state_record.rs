use crate::types::GroupId;
use crate::wire::{Message, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareSnapshotKey {
    pub group_id: GroupId,
    pub topic_id: Uuid,
    pub partition: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareSnapshotValue {
    pub snapshot_epoch: i32,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    #[wire(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    pub create_timestamp: i64,
    pub write_timestamp: i64,
    pub state_batches: Vec<StateBatch>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_state: i8,
    pub delivery_count: i16,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareUpdateKey {
    pub group_id: GroupId,
    pub topic_id: Uuid,
    pub partition: i32,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareUpdateValue {
    pub snapshot_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    #[wire(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    pub state_batches: Vec<StateBatch>,
}
