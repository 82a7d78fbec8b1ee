//! Making a log durable.

use std::sync::Arc;

use super::error::LogError;
use super::layout::FileKind;
use super::partition_log::Log;
use super::segment::Segment;
use super::storage::{Dir, StorageFile};

/// What has to be synced for the log to be durable up to an offset; running it needs the log no more.
#[derive(Debug)]
#[must_use = "a flush does nothing until it is run"]
pub struct Flush {
    dir: Dir,
    files: Vec<(Arc<dyn StorageFile>, String)>,
    /// Files that are written at once and not kept open: the indexes and the snapshots of sealed segments.
    names: Vec<String>,
    /// Whether there are files whose names are not durable yet.
    new_files: bool,
    end_offset: i64,
    truncations: u64,
}

/// A flush that has been run, to be told to the log.
#[derive(Debug)]
#[must_use = "the log does not know of a flush until it is finished"]
pub struct Flushed {
    end_offset: i64,
    truncations: u64,
    result: Result<(), FlushFailure>,
}

/// Why a flush did not succeed.
#[derive(Debug)]
struct FlushFailure {
    error: LogError,
    /// The system has failed to write batches, and may have dropped them: what the file holds is unknown.
    of_batches: bool,
}

impl Flush {
    /// The offset up to which the log is durable afterwards (exclusive).
    pub fn end_offset(&self) -> i64 {
        self.end_offset
    }

    /// Syncs the files. Blocks; several flushes of one log may run at the same time.
    pub fn run(self) -> Flushed {
        Flushed { result: self.sync(), end_offset: self.end_offset, truncations: self.truncations }
    }

    fn sync(&self) -> Result<(), FlushFailure> {
        for (file, name) in &self.files {
            let failed = |e| FlushFailure { error: self.dir.error("sync", name, e), of_batches: true };
            file.sync().map_err(failed)?;
        }
        // These are opened first, for which there may be no file descriptor; and what is not in them is made again.
        let others = self.names.iter().try_for_each(|name| self.dir.sync(name));
        let others = others.and_then(|()| if self.new_files { self.dir.sync_names() } else { Ok(()) });
        others.map_err(|error| FlushFailure { error, of_batches: false })
    }
}

impl Log {
    /// What is to be flushed by the log's own settings: all of it by `flush.messages` and `flush.ms`, or else the
    /// segments that were sealed since the last flush.
    pub fn due_flush(&self, now_ms: i64) -> Option<Flush> {
        if self.is_flush_due(now_ms) {
            return self.start_flush();
        }
        (self.recovery_point < self.active.base_offset).then(|| self.flush_to(self.active.base_offset))
    }

    fn is_flush_due(&self, now_ms: i64) -> bool {
        let unflushed = self.end_offset - self.recovery_point;
        // When the clock was set back, how old the records are cannot be told.
        let aged = |since: i64, limit: i64| now_ms < since || now_ms.saturating_sub(since) >= limit;
        unflushed > 0
            && (self.config.flush_messages.is_some_and(|limit| unflushed >= limit)
                || self.config.flush_ms.zip(self.unflushed_since_ms).is_some_and(|(limit, since)| aged(since, limit)))
    }

    /// Flushes everything that is in the log now; `None` if it is durable already.
    pub fn start_flush(&self) -> Option<Flush> {
        (self.recovery_point < self.end_offset).then(|| self.flush_to(self.end_offset))
    }

    fn flush_to(&self, end_offset: i64) -> Flush {
        let mut flush = Flush {
            dir: self.dir.clone(),
            files: Vec::new(),
            names: Vec::new(),
            // Once something of the active segment is durable, so are its name and what it began with.
            new_files: self.recovery_point <= self.active.base_offset,
            end_offset,
            truncations: self.truncations.count(),
        };
        let sealed = self.segments_from(self.recovery_point).filter(|s| s.base_offset < self.active.base_offset);
        for Segment { file, base_offset, .. } in sealed {
            flush.files.push((Arc::clone(file), FileKind::Log.name(*base_offset)));
            flush.names.extend([FileKind::OffsetIndex, FileKind::TimeIndex].map(|kind| kind.name(*base_offset)));
            flush.names.push(FileKind::ProducerSnapshot.name(*base_offset));
        }
        if end_offset > self.active.base_offset {
            // The indexes of the active segment are rebuilt after a crash, so they need not be durable.
            flush.files.push((Arc::clone(&self.active.file), self.active.log_name()));
            if flush.new_files {
                flush.names.push(FileKind::ProducerSnapshot.name(self.active.base_offset));
            }
        }
        flush
    }

    /// Takes note of a flush. The recovery point moves to where it was started.
    ///
    /// # Errors
    /// That of the flush. If it was of batches, what their files hold is unknown, and the log takes no more writes.
    pub fn finish_flush(&mut self, flushed: Flushed) -> Result<(), LogError> {
        let Flushed { end_offset, truncations, result } = flushed;
        if let Err(FlushFailure { error, of_batches }) = result {
            self.failed |= of_batches;
            return Err(error);
        }
        // What was truncated meanwhile may have been replaced by other records, which are not durable.
        if truncations == self.truncations.count() && end_offset > self.recovery_point {
            self.recovery_point = end_offset;
        }
        if self.recovery_point >= self.end_offset {
            self.unflushed_since_ms = None;
        }
        Ok(())
    }

    /// Makes everything in the log durable. Blocks.
    ///
    /// # Errors
    /// As for [`Log::finish_flush`].
    pub fn flush(&mut self) -> Result<(), LogError> {
        match self.start_flush() {
            Some(flush) => self.finish_flush(flush.run()),
            None => Ok(()),
        }
    }

    /// Flushes and writes down all that an orderly start wants to find: indexes, producers, leader epochs.
    /// The log can be read afterwards, but must be opened again to be written to.
    ///
    /// # Errors
    /// Those of the storage; the shutdown must not count as clean then.
    pub fn close(&mut self) -> Result<(), LogError> {
        self.check_usable()?;
        self.flush()?;
        self.active.seal();
        self.active.store_indexes(&self.dir)?;
        self.take_snapshot()?;
        self.save_epochs()?;
        for kind in [FileKind::OffsetIndex, FileKind::TimeIndex] {
            self.dir.sync(&kind.name(self.active.base_offset))?;
        }
        self.dir.sync(&FileKind::ProducerSnapshot.name(self.end_offset))?;
        self.dir.sync_names()
    }
}
