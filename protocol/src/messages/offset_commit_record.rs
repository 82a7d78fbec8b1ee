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
