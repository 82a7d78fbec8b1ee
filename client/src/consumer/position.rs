//! Where a consumer is in a partition.

use ottla_protocol::wire::Str;

/// A place in a partition's log: before the record with this offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Position {
    /// The offset of the next record.
    pub(super) offset: i64,
    /// The epoch of the leader that wrote the record before it; -1 if that is not known.
    pub(super) leader_epoch: i32,
}

impl Position {
    pub(super) fn new(offset: i64, leader_epoch: i32) -> Self {
        Self { offset, leader_epoch }
    }
}

/// Where to seek to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SeekTo {
    /// The first record there is.
    Beginning,
    /// After the last record there is; with `read_committed`, before the first record of an open transaction.
    End,
    /// The record with this offset, or the first one after it.
    Offset(i64),
    /// The first record with this timestamp, in milliseconds since the epoch, or a later one. The end if there is none.
    Timestamp(i64),
}

/// Where the log of a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watermarks {
    /// The offset of the first record; -1 from a broker that does not tell (before 1.0).
    pub log_start_offset: i64,
    /// The offset of the first record of an open transaction, or the high watermark if there is none: up to here
    /// `read_committed` reads.
    pub last_stable_offset: i64,
    /// The offset after the last record that all in-sync replicas have: up to here `read_uncommitted` reads.
    pub high_watermark: i64,
}

/// An offset to commit, or that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffsetAndMetadata {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The epoch of the leader that wrote the record before it, if it is known.
    pub leader_epoch: Option<i32>,
    /// Whatever the application wants to keep with it, up to `offset.metadata.max.bytes` of the broker (4096).
    pub metadata: Str,
}

impl OffsetAndMetadata {
    /// The offset of the next record to read.
    pub fn new(offset: i64) -> Self {
        Self { offset, leader_epoch: None, metadata: Str::default() }
    }

    /// With text to keep with it.
    #[must_use]
    pub fn with_metadata(mut self, metadata: impl Into<Str>) -> Self {
        self.metadata = metadata.into();
        self
    }

    /// With the epoch of the leader that wrote the record before it.
    #[must_use]
    pub fn with_leader_epoch(mut self, leader_epoch: Option<i32>) -> Self {
        self.leader_epoch = leader_epoch;
        self
    }
}

impl From<i64> for OffsetAndMetadata {
    fn from(offset: i64) -> Self {
        Self::new(offset)
    }
}

impl From<Position> for OffsetAndMetadata {
    fn from(position: Position) -> Self {
        let leader_epoch = Some(position.leader_epoch).filter(|epoch| *epoch >= 0);
        Self::new(position.offset).with_leader_epoch(leader_epoch)
    }
}
