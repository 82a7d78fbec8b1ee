//! Records of `__share_group_state`: what a share group has delivered of a partition. Updates add to the last snapshot.

use crate::types::GroupId;
use crate::wire::{Message, Uuid, Wire};

/// Key of a snapshot.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareSnapshotKey {
    pub group_id: GroupId,
    pub topic_id: Uuid,
    pub partition: i32,
}

/// The whole state of one partition for one group.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareSnapshotValue {
    /// Grows with every snapshot; updates name the one they add to.
    pub snapshot_epoch: i32,
    /// Grows when the state is initialized anew.
    pub state_epoch: i32,
    pub leader_epoch: i32,
    /// The first offset that may still be delivered.
    pub start_offset: i64,
    /// Records from `start_offset` on that are done with, -1 when not known (KIP-1226).
    #[wire(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    pub create_timestamp: i64,
    pub write_timestamp: i64,
    pub state_batches: Vec<StateBatch>,
}

/// The state of a range of offsets, both ends included.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    /// 0 available, 2 acknowledged, 4 archived.
    pub delivery_state: i8,
    pub delivery_count: i16,
}

/// Key of an update.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareUpdateKey {
    pub group_id: GroupId,
    pub topic_id: Uuid,
    pub partition: i32,
}

/// What has changed since the snapshot.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareUpdateValue {
    pub snapshot_epoch: i32,
    pub leader_epoch: i32,
    /// -1 when unchanged.
    pub start_offset: i64,
    /// Records from `start_offset` on that are done with, -1 when not known (KIP-1226).
    #[wire(tag = 0, default = -1)]
    pub delivery_complete_count: i32,
    pub state_batches: Vec<StateBatch>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let share_snapshot_key = ShareSnapshotKey {
            group_id: "gi".into(),
            topic_id: Uuid(*b"topic_id.......2"),
            partition: 3,
        };
        0 => b"\0\x02gi" b"topic_id.......2" b"\0\0\0\x03";
    }

    literals! {
        let share_snapshot_value = ShareSnapshotValue {
            snapshot_epoch: 1,
            state_epoch: 2,
            leader_epoch: 3,
            start_offset: 4,
            delivery_complete_count: 5,
            create_timestamp: 6,
            write_timestamp: 7,
            state_batches: vec![StateBatch {
                first_offset: 8,
                last_offset: 9,
                delivery_state: 10,
                delivery_count: 11,
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\0\0\0\x03" b"\0\0\0\0\0\0\0\x04" b"\0\0\0\0\0\0\0\x06" b"\0\0\0\0\0\0\0\x07"
            b"\x02" b"\0\0\0\0\0\0\0\x08" b"\0\0\0\0\0\0\0\x09" b"\x0a" b"\0\x0b" b"\0" b"\x01" b"\0\x04" b"\0\0\0\x05";
    }

    literals! {
        let share_update_key = ShareUpdateKey {
            group_id: "gi".into(),
            topic_id: Uuid(*b"topic_id.......2"),
            partition: 3,
        };
        0 => b"\0\x02gi" b"topic_id.......2" b"\0\0\0\x03";
    }

    literals! {
        let share_update_value = ShareUpdateValue {
            snapshot_epoch: 1,
            leader_epoch: 2,
            start_offset: 3,
            delivery_complete_count: 4,
            state_batches: vec![StateBatch {
                first_offset: 5,
                last_offset: 6,
                delivery_state: 7,
                delivery_count: 8,
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\x02" b"\0\0\0\0\0\0\0\x05" b"\0\0\0\0\0\0\0\x06"
            b"\x07" b"\0\x08" b"\0" b"\x01" b"\0\x04" b"\0\0\0\x04";
    }
}
