//! Removing records: old ones from the start, wrong ones from the end.

use std::io::ErrorKind;

use super::batches::{BatchAt, ScanError};
use super::error::{LogError, ReadError};
use super::layout::{DELETED, FileKind};
use super::partition_log::Log;
use super::segment::{Segment, TailError};
use super::storage::Dir;

/// Files to be removed.
#[derive(Debug)]
pub(super) struct Removal {
    dir: Dir,
    files: Vec<String>,
}

impl Removal {
    /// Removes them. Those that cannot be removed are left in it, and the first failure is told.
    pub(super) fn run(&mut self) -> Result<(), LogError> {
        let mut failure = None;
        self.files.retain(|file| {
            let failed = self.dir.remove(file).err();
            let stays = failed.is_some();
            failure = failure.take().or(failed);
            stays
        });
        failure.map_or(Ok(()), Err)
    }
}

impl Log {
    /// Deletes the segments that are too old or too many by the log's settings, oldest first and only below the high
    /// watermark. The log start offset moves with them. Returns how many.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn apply_retention(&mut self, now_ms: i64) -> Result<usize, LogError> {
        self.check_usable()?;
        let mut deleted = self.delete_below_start(now_ms)?;
        if self.config.cleanup_policy.delete {
            deleted += self.delete_by_size(now_ms)?;
            deleted += self.delete_by_age(now_ms)?;
        }
        Ok(deleted)
    }

    fn delete_below_start(&mut self, now_ms: i64) -> Result<usize, LogError> {
        let start = self.log_start_offset;
        self.delete_while(now_ms, |_, next_base| next_base.is_some_and(|next| next <= start))
    }

    fn delete_by_size(&mut self, now_ms: i64) -> Result<usize, LogError> {
        let Some(limit) = self.config.retention_bytes else { return Ok(0) };
        let mut excess = self.size_bytes().saturating_sub(limit);
        self.delete_while(now_ms, |segment, _| match excess.checked_sub(u64::from(segment.size)) {
            Some(rest) if segment.size > 0 => {
                excess = rest;
                true
            }
            _ => false,
        })
    }

    fn delete_by_age(&mut self, now_ms: i64) -> Result<usize, LogError> {
        let Some(limit) = self.config.retention_ms else { return Ok(0) };
        self.delete_while(now_ms, |segment, _| now_ms.saturating_sub(segment.largest_timestamp()) > limit)
    }

    /// Deletes segments from the start for as long as `delete(segment, base offset of the next)` says so.
    fn delete_while(
        &mut self,
        now_ms: i64,
        mut delete: impl FnMut(&Segment, Option<i64>) -> bool,
    ) -> Result<usize, LogError> {
        let mut next_bases = self.segment_base_offsets().skip(1).map(Some).collect::<Vec<_>>().into_iter();
        let goes = |segment: &&Segment| {
            let next_base = next_bases.next().flatten();
            let ends = next_base.unwrap_or(self.end_offset);
            let empty_and_last = next_base.is_none() && segment.size == 0;
            self.high_watermark >= ends && !empty_and_last && delete(segment, next_base)
        };
        let count = self.segments().take_while(goes).count();
        if count > self.sealed.len() {
            self.roll(now_ms)?;
        }
        self.delete_oldest(count, now_ms)?;
        Ok(count)
    }

    fn delete_oldest(&mut self, count: usize, now_ms: i64) -> Result<(), LogError> {
        let first_kept = self.segment_base_offsets().nth(count).unwrap_or(self.active.base_offset);
        if count > 0 {
            tracing::debug!(path = %self.dir.path(), segments = count, first_kept, "segments deleted");
            self.move_start(first_kept)?;
        }
        let mut deleted = Ok(());
        for segment in self.sealed.drain(..count.min(self.sealed.len())).collect::<Vec<_>>() {
            // One whose files stay for now does not keep those of the others.
            let result = self.delete_files(segment.base_offset, now_ms);
            deleted = deleted.and(result);
        }
        deleted
    }

    fn move_start(&mut self, offset: i64) -> Result<(), LogError> {
        if offset <= self.log_start_offset {
            return Ok(());
        }
        self.log_start_offset = offset;
        self.high_watermark = self.high_watermark.max(offset);
        self.epochs_changed |= self.epochs.truncate_from_start(offset);
        self.save_epochs()
    }

    /// Renames the files of a segment. They are removed by [`Log::tick`] after `file.delete.delay.ms`, so that reads
    /// that are under way can finish.
    fn delete_files(&mut self, base_offset: i64, now_ms: i64) -> Result<(), LogError> {
        self.set_aside(base_offset, &FileKind::ALL, now_ms)
    }

    /// The same for some of the files of a segment.
    pub(super) fn set_aside(&mut self, base_offset: i64, kinds: &[FileKind], now_ms: i64) -> Result<(), LogError> {
        let mut deleted = Ok(());
        for kind in kinds {
            let name = kind.name(base_offset);
            let renamed = format!("{name}{DELETED}");
            match self.dir.rename(&name, &renamed) {
                Ok(()) => self.deleted.push(now_ms, renamed),
                // Not every segment has every file.
                Err(LogError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(other) => {
                    // It is removed under its own name then, which no new file gets before.
                    self.deleted.push(now_ms, name);
                    deleted = deleted.and(Err(other));
                }
            }
        }
        deleted
    }

    /// Removes files whose time has come, and forgets producers that have been idle for too long.
    ///
    /// # Errors
    /// Those of the storage. What could not be removed is tried again after `file.delete.delay.ms`.
    pub fn tick(&mut self, now_ms: i64) -> Result<(), LogError> {
        let mut removal = self.start_removal(now_ms);
        let removed = removal.run();
        self.finish_removal(removal, now_ms);
        removed
    }

    /// The first step of [`Log::tick`]: the second removes files, which can take long and needs the log no more.
    pub(super) fn start_removal(&mut self, now_ms: i64) -> Removal {
        self.producers.expire(now_ms, self.config.producer_id_expiration_ms);
        let files = self.deleted.take_due(now_ms, self.config.file_delete_delay_ms);
        Removal { dir: self.dir.clone(), files }
    }

    /// The third step: what could not be removed is remembered.
    pub(super) fn finish_removal(&mut self, removal: Removal, now_ms: i64) {
        removal.files.into_iter().for_each(|file| self.deleted.push(now_ms, file));
    }

    /// When [`Log::tick`] has a file to remove next, in milliseconds since the epoch.
    pub fn next_deletion_ms(&self) -> Option<i64> {
        Some(self.deleted.first_since_ms()?.saturating_add(self.config.file_delete_delay_ms))
    }

    /// Moves the log start offset, as DeleteRecords does, and deletes the segments that lie below it as a whole.
    /// Returns the log start offset.
    ///
    /// Flush the log up to there first: where a crash leaves less than that, what was deleted may be back.
    ///
    /// # Errors
    /// [`ReadError::OffsetOutOfRange`] if the offset is behind the high watermark or negative.
    pub fn delete_records(&mut self, offset: i64, now_ms: i64) -> Result<i64, ReadError> {
        self.check_usable()?;
        if offset < 0 || offset > self.high_watermark {
            let (log_start_offset, end_offset) = (self.log_start_offset, self.high_watermark);
            return Err(ReadError::OffsetOutOfRange { offset, log_start_offset, end_offset });
        }
        self.move_start(offset)?;
        self.delete_below_start(now_ms)?;
        Ok(self.log_start_offset)
    }

    /// Cuts the log so that it ends at this offset, or where the batch that holds it begins, or where the last batch
    /// before it ends if there is a gap. Used when a new leader has other records there. Returns where the log ends now.
    ///
    /// # Errors
    /// Those of the storage; the log takes no more writes if it was cut half way.
    pub fn truncate_to(&mut self, offset: i64, now_ms: i64) -> Result<i64, LogError> {
        self.check_usable()?;
        if offset >= self.end_offset {
            return Ok(self.end_offset);
        }
        let first = self.segment_base_offsets().next().unwrap_or(0);
        if offset < first {
            self.truncate_fully_and_start_at(offset, now_ms)?;
            return Ok(self.end_offset);
        }
        self.truncations.add_one();
        let cut = self.cut_segments(offset, now_ms);
        self.failed = cut.is_err();
        cut?;
        self.end_changed(now_ms)?;
        Ok(self.end_offset)
    }

    fn cut_segments(&mut self, offset: i64, now_ms: i64) -> Result<(), LogError> {
        while self.active.base_offset > offset {
            let Some(previous) = self.sealed.pop_back() else { break };
            let dropped = std::mem::replace(&mut self.active, previous);
            self.delete_files(dropped.base_offset, now_ms)?;
        }
        let cut = self.batch_to_cut(offset)?;
        if let Some(batch) = &cut {
            self.active.truncate(batch).map_err(|e| self.dir.error("truncate", &self.active.log_name(), e))?;
        }
        let end_offset = cut.map_or(i64::MAX, |batch| batch.header.base_offset);
        let next_offset = self.active.read_tail(end_offset).map_err(|e| self.tail_error(e))?;
        // What a restart finds: in a gap, the log ends before it.
        self.end_offset = next_offset.min(offset);
        Ok(())
    }

    /// The first batch of the active segment that ends at or behind an offset.
    fn batch_to_cut(&self, offset: i64) -> Result<Option<BatchAt>, LogError> {
        let entry = |segment: &Segment| segment.entry_before(offset);
        let Some(extent) = self.extents_from(self.active.base_offset, entry).next() else { return Ok(None) };
        let mut batches = extent.batches(&self.dir);
        while let Some(batch) = batches.next(Some(offset))? {
            if batch.header.last_offset() >= offset {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    fn tail_error(&self, error: TailError) -> LogError {
        let name = self.active.log_name();
        match error {
            TailError::Scan(ScanError::Io(source)) => self.dir.error("read", &name, source),
            TailError::Scan(ScanError::Defect(_)) | TailError::Index(_) => LogError::Corrupt {
                path: self.dir.path_of(&name),
                reason: error.to_string(),
                remedy: "restart the broker, so that recovery repairs the log",
            },
        }
    }

    /// Drops all records and lets the log begin and end at this offset. Used when the leader's log begins behind the
    /// end of this one.
    ///
    /// # Errors
    /// Those of the storage; the log takes no more writes if it was cut half way.
    pub fn truncate_fully_and_start_at(&mut self, offset: i64, now_ms: i64) -> Result<(), LogError> {
        self.check_usable()?;
        self.truncations.add_one();
        self.failed = true;
        let bases: Vec<i64> = self.segment_base_offsets().collect();
        for base_offset in bases {
            self.delete_files(base_offset, now_ms)?;
        }
        self.sealed.clear();
        self.deleted.remove(|name| !name.ends_with(DELETED));
        self.active = Segment::create(&self.dir, offset, now_ms)?;
        self.log_start_offset = offset;
        self.end_offset = offset;
        for snapshot in self.snapshot_offsets()? {
            self.dir.remove(&FileKind::ProducerSnapshot.name(snapshot))?;
        }
        self.epochs.clear();
        self.epochs_changed = true;
        self.end_changed(now_ms)?;
        self.failed = false;
        Ok(())
    }

    /// Brings in line what depends on where the log ends, after it has been cut.
    fn end_changed(&mut self, now_ms: i64) -> Result<(), LogError> {
        self.log_start_offset = self.log_start_offset.min(self.end_offset);
        self.high_watermark = self.high_watermark.clamp(self.log_start_offset, self.end_offset);
        self.recovery_point = self.recovery_point.min(self.end_offset);
        self.tail.clear();
        self.epochs_changed |= self.epochs.truncate_from_end(self.end_offset);
        self.save_epochs()?;
        self.load_producers(now_ms)
    }
}
