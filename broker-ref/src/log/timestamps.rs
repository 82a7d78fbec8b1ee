//! Finding records by their timestamps.

use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{RecordBatch, TimestampType};

use super::batches::{BatchAt, BatchScanner, HEADER_BLOCK, ScanError};
use super::error::LogError;
use super::partition_log::Log;
use super::read::scan_error;
use super::segment::Segment;

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

impl Log {
    /// The first record that is not older than `timestamp`. Blocks.
    ///
    /// # Errors
    /// Those of the storage, and [`LogError::Corrupt`] if a batch cannot be decoded.
    pub fn find_by_timestamp(
        &self,
        timestamp: i64,
        decompressor: &mut Decompressor,
    ) -> Result<Option<TimestampOffset>, LogError> {
        for segment in self.segments_from(self.log_start_offset).filter(|s| s.max_timestamp >= timestamp) {
            let position = segment.position_before_timestamp(timestamp);
            let wanted = |at: &TimestampOffset| at.timestamp >= timestamp && at.offset >= self.log_start_offset;
            if let Some(found) = self.find_record(segment, position, timestamp, wanted, decompressor)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The first record that has the largest timestamp; `None` if no record has one. Blocks.
    ///
    /// # Errors
    /// As for [`Log::find_by_timestamp`].
    pub fn find_max_timestamp(&self, decompressor: &mut Decompressor) -> Result<Option<TimestampOffset>, LogError> {
        let segments = self.segments_from(self.log_start_offset).filter(|segment| segment.max_timestamp >= 0);
        // The first of those that share it: `max_by_key` would return the last.
        let Some(newest) = segments.reduce(|a, b| if b.max_timestamp > a.max_timestamp { b } else { a }) else {
            return Ok(None);
        };
        let timestamp = newest.max_timestamp;
        let position = newest.position_before_timestamp(timestamp);
        let wanted = |at: &TimestampOffset| at.timestamp == timestamp && at.offset >= self.log_start_offset;
        self.find_record(newest, position, timestamp, wanted, decompressor)
    }

    /// The first record behind `position` that is wanted; only batches that reach `timestamp` are decoded.
    fn find_record(
        &self,
        segment: &Segment,
        position: u64,
        timestamp: i64,
        wanted: impl Fn(&TimestampOffset) -> bool,
        decompressor: &mut Decompressor,
    ) -> Result<Option<TimestampOffset>, LogError> {
        let mut scanner = segment.scan(position, HEADER_BLOCK);
        let error = |e| scan_error(&self.dir, &segment.log_name(), e);
        while let Some(batch) = scanner.next().map_err(error)? {
            if batch.header.max_timestamp < timestamp || batch.header.last_offset() < self.log_start_offset {
                continue;
            }
            let found = find_in_batch(&mut scanner, &batch, &wanted, decompressor);
            let found = found.map_err(|reason| match reason {
                Undecodable::Scan(e) => error(e),
                Undecodable::Records(reason) => LogError::Corrupt {
                    path: self.dir.path_of(&segment.log_name()),
                    reason: format!("the batch at byte {} cannot be decoded: {reason}", batch.position),
                    remedy: "look it up by offset instead, or delete the records up to it",
                },
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

enum Undecodable {
    Scan(ScanError),
    Records(String),
}

fn find_in_batch(
    scanner: &mut BatchScanner<'_>,
    batch: &BatchAt,
    wanted: impl Fn(&TimestampOffset) -> bool,
    decompressor: &mut Decompressor,
) -> Result<Option<TimestampOffset>, Undecodable> {
    let leader_epoch = batch.header.partition_leader_epoch;
    let header = &batch.header;
    if header.attributes.timestamp_type() == TimestampType::LogAppendTime && header.record_count > 0 {
        // All records have the same, so there is no need to look at them unless some are below the log start offset.
        let first = TimestampOffset { timestamp: header.max_timestamp, offset: header.base_offset, leader_epoch };
        if wanted(&first) {
            return Ok(Some(first));
        }
    }
    let bytes = scanner.bytes(batch).map_err(|e| Undecodable::Scan(e.into()))?;
    let parsed = RecordBatch::parse(bytes).map_err(|e| Undecodable::Records(e.to_string()))?;
    let records = parsed.records(decompressor).map_err(|e| Undecodable::Records(e.to_string()))?;
    for record in &records {
        let record = record.map_err(|e| Undecodable::Records(e.to_string()))?;
        let at = TimestampOffset { timestamp: record.timestamp, offset: record.offset, leader_epoch };
        if wanted(&at) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
