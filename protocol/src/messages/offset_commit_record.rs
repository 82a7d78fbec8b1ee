//! Records of `__consumer_offsets` that hold committed positions.

use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid};

/// Key of a position in the oldest format, which is read but not written any more.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct LegacyOffsetCommitKey {
    pub group: GroupId,
    pub topic: TopicName,
    pub partition: i32,
}

/// Value that belongs to a [`LegacyOffsetCommitKey`].
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 0, kind = data, versions = 0..=0, flexible = none)]
pub struct LegacyOffsetCommitValue {
    pub offset: i64,
    pub metadata: Str,
    pub commit_timestamp: i64,
}

/// Which group's position in which partition.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=0, flexible = none)]
pub struct OffsetCommitKey {
    pub group: GroupId,
    pub topic: TopicName,
    pub partition: i32,
}

/// A committed position.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 1, kind = data, versions = 0..=4, flexible = 4..)]
pub struct OffsetCommitValue {
    pub offset: i64,
    /// Leader epoch of the last record read, -1 when not known.
    #[wire(versions = 3.., default = -1, ignorable)]
    pub leader_epoch: i32,
    pub metadata: Str,
    /// In milliseconds since the epoch.
    pub commit_timestamp: i64,
    /// Only when the client set a retention of its own, else -1.
    #[wire(versions = 1..=1, default = -1, ignorable)]
    pub expire_timestamp: i64,
    /// Zero when not known.
    #[wire(versions = 4.., tag = 0, ignorable)]
    pub topic_id: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let legacy_offset_commit_key = LegacyOffsetCommitKey {
            group: "g".into(),
            topic: "t".into(),
            partition: 3,
        };
        0 => b"\0\x01g" b"\0\x01t" b"\0\0\0\x03";
    }

    literals! {
        let legacy_offset_commit_value = LegacyOffsetCommitValue {
            offset: 1,
            metadata: "m".into(),
            commit_timestamp: 3,
        };
        0 => b"\0\0\0\0\0\0\0\x01" b"\0\x01m" b"\0\0\0\0\0\0\0\x03";
    }

    literals! {
        let offset_commit_key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 3 };
        0 => b"\0\x01g" b"\0\x01t" b"\0\0\0\x03";
    }

    literals! {
        let mut offset_commit_value = OffsetCommitValue {
            offset: 1,
            leader_epoch: 2,
            metadata: "m".into(),
            commit_timestamp: 4,
            topic_id: Uuid(*b"topic_id.......6"),
            ..Default::default()
        };
        4 => b"\0\0\0\0\0\0\0\x01" b"\0\0\0\x02" b"\x02m" b"\0\0\0\0\0\0\0\x04" b"\x01" b"\0\x10" b"topic_id.......6";
        offset_commit_value.topic_id = Uuid::ZERO;
        3 => b"\0\0\0\0\0\0\0\x01" b"\0\0\0\x02" b"\0\x01m" b"\0\0\0\0\0\0\0\x04";
        offset_commit_value.leader_epoch = -1;
        2 => b"\0\0\0\0\0\0\0\x01" b"\0\x01m" b"\0\0\0\0\0\0\0\x04";
        offset_commit_value.expire_timestamp = 5;
        1 => b"\0\0\0\0\0\0\0\x01" b"\0\x01m" b"\0\0\0\0\0\0\0\x04" b"\0\0\0\0\0\0\0\x05";
        offset_commit_value.expire_timestamp = -1;
        0 => b"\0\0\0\0\0\0\0\x01" b"\0\x01m" b"\0\0\0\0\0\0\0\x04";
    }
}
