//! Finding records by their timestamps.

use bytes::Bytes;
use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{Batch, BatchHeader, TimestampType};

use super::batches::{BatchAt, Defect, checksum_matches};
use super::error::LogError;
use super::extent::{Extent, damage};
use super::index::TimeEntry;
use super::layout::FileKind;
use super::partition_log::Log;
use super::segment::Segment;
use super::storage::Dir;

/// A record, by its timestamp and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// The record's timestamp, in milliseconds.
    pub timestamp: i64,
    /// The record's offset.
    pub offset: i64,
    /// The leader epoch that its batch was written in.
    pub leader_epoch: i32,
}

/// Which record is looked for.
#[derive(Clone, Copy, Debug)]
enum Target {
    NotBefore(i64),
    Exactly(i64),
}

impl Target {
    fn timestamp(self) -> i64 {
        match self {
            Self::NotBefore(timestamp) | Self::Exactly(timestamp) => timestamp,
        }
    }

    fn is_met_by(self, timestamp: i64) -> bool {
        match self {
            Self::NotBefore(target) => timestamp >= target,
            Self::Exactly(target) => timestamp == target,
        }
    }
}

/// A search for a record by its timestamp, which needs the log no more: run it after the log's lock is released.
#[derive(Debug)]
#[must_use = "nothing is looked for until it is run"]
pub struct TimestampSearch {
    dir: Dir,
    target: Target,
    log_start_offset: i64,
    /// The segments that can have it, and what the time index says of where.
    extents: Vec<(Extent, Option<TimeEntry>)>,
}

impl TimestampSearch {
    /// Reads. Blocks.
    ///
    /// # Errors
    /// Those of the storage, and [`LogError::Corrupt`] if a batch cannot be decoded.
    pub fn run(self, decompressor: &mut Decompressor) -> Result<Option<TimestampOffset>, LogError> {
        for (extent, time_entry) in &self.extents {
            let found = match self.search(extent, *time_entry, decompressor)? {
                Searched::Done(found) => found,
                Searched::WrongIndex => {
                    let file = FileKind::TimeIndex.name(extent.base_offset);
                    extent.reported.index(&self.dir, &file, &"no batch has what it says");
                    match self.search(&extent.without_index(), None, decompressor)? {
                        Searched::Done(found) => found,
                        Searched::WrongIndex => None,
                    }
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first record of an extent that meets the target; only batches that reach it are decoded.
    fn search(
        &self,
        extent: &Extent,
        time_entry: Option<TimeEntry>,
        decompressor: &mut Decompressor,
    ) -> Result<Searched, LogError> {
        let mut batches = extent.batches(&self.dir);
        let mut unconfirmed = time_entry;
        while let Some(batch) = batches.next(None)? {
            let header = &batch.header;
            if let Some(entry) = unconfirmed
                && header.last_offset() >= extent.base_offset.saturating_add(i64::from(entry.relative_offset))
            {
                if header.max_timestamp != entry.timestamp {
                    return Ok(Searched::WrongIndex);
                }
                unconfirmed = None;
            }
            if header.max_timestamp < self.target.timestamp() || header.last_offset() < self.log_start_offset {
                continue;
            }
            let found = match self.first_of_append_time(header) {
                Some(found) => Some(found),
                None => self.find_in(extent, &batch, batches.bytes(&batch)?, decompressor)?,
            };
            if found.is_some() {
                return Ok(Searched::Done(found));
            }
        }
        Ok(Searched::Done(None))
    }

    /// With log append time, all records of a batch have the same, so there is no need to look at them unless some are
    /// below the log start offset.
    fn first_of_append_time(&self, header: &BatchHeader) -> Option<TimestampOffset> {
        let append_time = header.attributes.timestamp_type() == TimestampType::LogAppendTime;
        // Of a compressed message of an old format, the header has the last offset; and the first record of a batch may
        // have been compacted away.
        let is_whole = header.record_count > 0 && header.record_count - 1 == header.last_offset_delta;
        let first_is_known = header.magic == 2 && is_whole;
        (append_time && first_is_known && header.base_offset >= self.log_start_offset)
            .then_some(TimestampOffset {
                timestamp: header.max_timestamp,
                offset: header.base_offset,
                leader_epoch: header.partition_leader_epoch,
            })
            .filter(|first| self.target.is_met_by(first.timestamp))
    }

    fn find_in(
        &self,
        extent: &Extent,
        at: &BatchAt,
        bytes: Bytes,
        decompressor: &mut Decompressor,
    ) -> Result<Option<TimestampOffset>, LogError> {
        let BatchAt { position, header } = *at;
        if !checksum_matches(&bytes, &header) {
            let (from, to) = (header.base_offset, header.last_offset() + 1);
            let defect = Defect::Checksum { position };
            extent.reported.damage(&damage(&self.dir, &extent.log_name(), &defect, from, to));
            return Ok(None);
        }
        self.decode(bytes, &header, decompressor).map_err(|reason| LogError::Corrupt {
            path: self.dir.path_of(&extent.log_name()),
            reason: format!("the batch at byte {position} cannot be decoded: {reason}"),
            remedy: "look it up by offset instead, or delete the records up to it",
        })
    }

    fn decode(
        &self,
        mut batch: Bytes,
        header: &BatchHeader,
        decompressor: &mut Decompressor,
    ) -> Result<Option<TimestampOffset>, String> {
        let batch = Batch::take(&mut batch).map_err(|e| e.to_string())?;
        let records = batch.records(decompressor).map_err(|e| e.to_string())?;
        for record in &records {
            let record = record.map_err(|e| e.to_string())?;
            if self.target.is_met_by(record.timestamp) && record.offset >= self.log_start_offset {
                let leader_epoch = header.partition_leader_epoch;
                return Ok(Some(TimestampOffset { timestamp: record.timestamp, offset: record.offset, leader_epoch }));
            }
        }
        Ok(None)
    }
}

enum Searched {
    Done(Option<TimestampOffset>),
    /// The time index does not say what the batches do.
    WrongIndex,
}

impl Log {
    /// Finds out where to look for the first record that is not older than `timestamp`. Never blocks: with the search
    /// in hand, the log's lock can be released before files are read.
    pub fn plan_find_by_timestamp(&self, timestamp: i64) -> TimestampSearch {
        self.search(Target::NotBefore(timestamp), |max| max >= timestamp)
    }

    /// The same for the first record that has the largest timestamp.
    pub fn plan_find_max_timestamp(&self) -> TimestampSearch {
        let newest = self.segments_from(self.log_start_offset).map(|segment| segment.max_timestamp).max();
        let newest = newest.unwrap_or(-1);
        self.search(Target::Exactly(newest), |max| max >= 0 && max == newest)
    }

    fn search(&self, target: Target, can_have_it: impl Fn(i64) -> bool) -> TimestampSearch {
        let timestamp = target.timestamp();
        let entry_of = |segment: &Segment| {
            let entry = segment.time_entry_before(timestamp)?;
            segment.entry_before(segment.base_offset.saturating_add(i64::from(entry.relative_offset)))
        };
        let start = self.log_start_offset;
        let extents = self.extents_from(start, entry_of).zip(self.segments_from(start));
        let extents = extents.filter(|(_, segment)| can_have_it(segment.max_timestamp));
        TimestampSearch {
            dir: self.dir.clone(),
            target,
            log_start_offset: start,
            extents: extents.map(|(extent, segment)| (extent, segment.time_entry_before(timestamp))).collect(),
        }
    }

    /// The first record that is not older than `timestamp`. Blocks; see [`Log::plan_find_by_timestamp`].
    ///
    /// # Errors
    /// As for [`TimestampSearch::run`].
    pub fn find_by_timestamp(
        &self,
        timestamp: i64,
        decompressor: &mut Decompressor,
    ) -> Result<Option<TimestampOffset>, LogError> {
        self.plan_find_by_timestamp(timestamp).run(decompressor)
    }

    /// The first record that has the largest timestamp; `None` if no record has one. Blocks; see
    /// [`Log::plan_find_max_timestamp`].
    ///
    /// # Errors
    /// As for [`TimestampSearch::run`].
    pub fn find_max_timestamp(&self, decompressor: &mut Decompressor) -> Result<Option<TimestampOffset>, LogError> {
        self.plan_find_max_timestamp().run(decompressor)
    }
}
