//! One segment: a file of batches and its two indexes.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use ottla_protocol::record::BatchHeader;

use super::LogConfig;
use super::batches::{BatchAt, BatchScanner, Defect, HEADER_BLOCK, ScanError, Span, WHOLE_BLOCK};
use super::error::LogError;
use super::extent::Reported;
use super::index::{IndexDefect, IndexEntry, OffsetIndex, TimeEntry, TimeIndex};
use super::layout::FileKind;
use super::storage::{Dir, StorageFile};

/// No record has had a timestamp yet.
pub(crate) const NO_TIMESTAMP: i64 = -1;

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    pub(crate) file: Arc<dyn StorageFile>,
    /// Bytes of the file that hold batches.
    pub(crate) size: u32,
    /// The largest timestamp, or [`NO_TIMESTAMP`].
    pub(crate) max_timestamp: i64,
    /// The last offset of the batch that has it.
    pub(crate) offset_of_max_timestamp: i64,
    /// The largest timestamp of the first batch, once there is one.
    first_timestamp: Option<i64>,
    /// When the segment began, for what has no timestamps.
    created_ms: i64,
    /// When it was last written to.
    modified_ms: i64,
    offsets: OffsetIndex,
    times: TimeIndex,
    bytes_since_index_entry: u64,
    pub(crate) reported: Arc<Reported>,
}

/// How a segment is recovered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    /// All offsets of the segment are smaller.
    pub(crate) end_offset: i64,
    /// Everything before this offset was durable: damage there is no end of what was written, so what is sound behind
    /// it is kept.
    pub(crate) durable_before: i64,
    /// An offset that a batch ended before, if the segment reached it.
    pub(crate) boundary: Option<i64>,
    /// Whether what is not kept may be cut off the file.
    pub(crate) cut: bool,
    /// Nothing is cut off if the segment would end before this offset: what is missing was durable, and the bytes may
    /// be of help to who restores it.
    pub(crate) keep_before: i64,
}

/// Damage in a segment, and the offsets that are lost with it.
#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) defect: Defect,
    pub(crate) from: i64,
    /// Exclusive.
    pub(crate) to: i64,
}

/// What a recovery found in a segment.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// The offset after the last batch that is whole; the base offset if there is none.
    pub(crate) next_offset: i64,
    /// The first damage that has sound batches behind it, which were kept.
    pub(crate) kept: Option<Damage>,
    /// Why the rest is not part of the log, if there is one.
    pub(crate) end: Option<Damage>,
    /// Whether that rest was cut off.
    pub(crate) cut: bool,
    /// The leader epochs that begin in the segment, with their first offsets.
    pub(crate) epochs: Vec<(i32, i64)>,
}

impl Recovered {
    fn nothing(base_offset: i64) -> Self {
        Self { next_offset: base_offset, kept: None, end: None, cut: false, epochs: Vec::new() }
    }
}

impl Segment {
    /// A segment as its files stand; the indexes have yet to be loaded or rebuilt.
    pub(crate) fn open(dir: &Dir, base_offset: i64, created_ms: i64) -> Result<Self, LogError> {
        let name = FileKind::Log.name(base_offset);
        let file = dir.open(&name)?;
        let len = file.size().map_err(|e| dir.error("open", &name, e))?;
        let size = u32::try_from(len).ok().filter(|size| *size <= i32::MAX.unsigned_abs()).ok_or_else(|| {
            LogError::Corrupt {
                path: dir.path_of(&name),
                reason: format!("a segment has at most 2147483647 bytes, not {len}"),
                remedy: "restore it from a replica or a backup",
            }
        })?;
        Ok(Self { size, ..Self::empty(file, base_offset, created_ms) })
    }

    /// A segment whose file is empty, whatever it is called.
    pub(crate) fn empty(file: Arc<dyn StorageFile>, base_offset: i64, created_ms: i64) -> Self {
        Self {
            base_offset,
            file,
            size: 0,
            max_timestamp: NO_TIMESTAMP,
            offset_of_max_timestamp: base_offset,
            first_timestamp: None,
            created_ms,
            modified_ms: created_ms,
            offsets: OffsetIndex::default(),
            times: TimeIndex::default(),
            bytes_since_index_entry: 0,
            reported: Arc::default(),
        }
    }

    /// A new segment. A file of this name from a write that failed is emptied.
    pub(crate) fn create(dir: &Dir, base_offset: i64, now_ms: i64) -> Result<Self, LogError> {
        let mut segment = Self::open(dir, base_offset, now_ms)?;
        segment.file.truncate(0).map_err(|e| dir.error("truncate", &segment.log_name(), e))?;
        segment.size = 0;
        segment.store_indexes(dir)?;
        Ok(segment)
    }

    pub(crate) fn log_name(&self) -> String {
        FileKind::Log.name(self.base_offset)
    }

    /// Loads the indexes from their files, if they are there and can be right.
    pub(crate) fn load_indexes(&mut self, dir: &Dir) -> Result<Result<(), IndexDefect>, LogError> {
        const MAX_LEN: u64 = i32::MAX.unsigned_abs() as u64;
        let missing = || Ok(Err(IndexDefect::Missing));
        let Some(offsets) = dir.read(&FileKind::OffsetIndex.name(self.base_offset), MAX_LEN)? else { return missing() };
        let Some(times) = dir.read(&FileKind::TimeIndex.name(self.base_offset), MAX_LEN)? else { return missing() };
        let decoded = OffsetIndex::decode(&offsets, self.size).and_then(|o| Ok((o, TimeIndex::decode(&times)?)));
        Ok(decoded.map(|(offsets, times)| {
            self.offsets = offsets;
            self.times = times;
            self.restore_max_timestamp();
        }))
    }

    fn restore_max_timestamp(&mut self) {
        let last = self.times.last();
        self.max_timestamp = last.map_or(NO_TIMESTAMP, |entry| entry.timestamp);
        self.offset_of_max_timestamp = self.base_offset + last.map_or(0, |entry| i64::from(entry.relative_offset));
    }

    /// Writes the indexes to their files.
    pub(crate) fn store_indexes(&self, dir: &Dir) -> Result<(), LogError> {
        self.encode_indexes().into_iter().try_for_each(|(kind, index)| dir.write(&kind.name(self.base_offset), index))
    }

    /// What is in the files of the indexes.
    pub(crate) fn encode_indexes(&self) -> [(FileKind, Bytes); 2] {
        [(FileKind::OffsetIndex, self.offsets.encode()), (FileKind::TimeIndex, self.times.encode())]
    }

    /// Closes the time index with the largest timestamp, as the last thing before the indexes are stored for good.
    pub(crate) fn seal(&mut self) {
        let relative_offset = self.relative(self.offset_of_max_timestamp);
        self.times.push(self.max_timestamp, relative_offset);
    }

    /// An offset as the indexes have it. [`Segment::takes`] keeps it in range.
    fn relative(&self, offset: i64) -> u32 {
        u32::try_from(offset - self.base_offset).unwrap_or(0)
    }

    /// Whether an offset can be told relative to this segment.
    pub(crate) fn takes(&self, offset: i64) -> bool {
        (0..=i64::from(i32::MAX)).contains(&(offset - self.base_offset))
    }

    /// Whether the next append should go to a new segment.
    pub(crate) fn should_roll(&self, config: &LogConfig, append: &RollCheck) -> bool {
        let full = u64::from(self.size) + append.bytes > u64::from(config.segment_bytes);
        let indexes_full =
            self.offsets.len() >= config.max_offset_entries() || self.times.len() + 1 >= config.max_time_entries();
        full || (self.size > 0 && self.is_old(config, append)) || indexes_full || !self.takes(append.last_offset)
    }

    /// By the timestamps of records where there are any, else by the clock.
    fn is_old(&self, config: &LogConfig, append: &RollCheck) -> bool {
        let age = match self.first_timestamp {
            Some(first) if first >= 0 && append.max_timestamp >= 0 => append.max_timestamp.saturating_sub(first),
            _ => append.now_ms.saturating_sub(self.created_ms),
        };
        age > config.roll_ms() - self.jitter_ms(config)
    }

    /// Different from segment to segment, and the same whenever it is asked for.
    fn jitter_ms(&self, config: &LogConfig) -> i64 {
        let bound = config.segment_jitter_ms.min(config.roll_ms());
        if bound <= 0 { 0 } else { fastrand::Rng::with_seed(self.base_offset.cast_unsigned()).i64(0..bound) }
    }

    /// Writes batches at the end, in one write.
    pub(crate) fn append(&mut self, records: Bytes, now_ms: i64) -> io::Result<()> {
        self.file.write_at(u64::from(self.size), records)?;
        self.modified_ms = now_ms;
        Ok(())
    }

    /// Takes in a batch that has been written at `self.size`.
    pub(crate) fn note(&mut self, header: &BatchHeader, index_interval_bytes: u32) {
        if header.max_timestamp > self.max_timestamp {
            self.max_timestamp = header.max_timestamp;
            self.offset_of_max_timestamp = header.last_offset();
        }
        self.first_timestamp.get_or_insert(header.max_timestamp);
        if self.bytes_since_index_entry > u64::from(index_interval_bytes) {
            self.offsets.push(self.relative(header.last_offset()), self.size);
            self.times.push(self.max_timestamp, self.relative(self.offset_of_max_timestamp));
            self.bytes_since_index_entry = 0;
        }
        self.bytes_since_index_entry += header.size() as u64;
        self.size = self.size.saturating_add(u32::try_from(header.size()).unwrap_or(u32::MAX));
    }

    /// The batch to begin with to look for the one that holds an offset; the first of all if it is `None`.
    pub(crate) fn entry_before(&self, offset: i64) -> Option<IndexEntry> {
        let relative = offset.saturating_sub(self.base_offset).clamp(0, i64::from(i32::MAX));
        self.offsets.entry_before(u32::try_from(relative).unwrap_or(0), self.base_offset)
    }

    /// What the time index says of offsets before the first record that is not older than the target.
    pub(crate) fn time_entry_before(&self, target: i64) -> Option<TimeEntry> {
        self.times.entry_before(target)
    }

    fn scan(&self, entry: Option<IndexEntry>, end_offset: i64) -> BatchScanner<'_> {
        let span = Span {
            position: entry.map_or(0, |entry| u64::from(entry.position)),
            end: u64::from(self.size),
            from: self.base_offset,
            to: end_offset,
            first_ends_with: entry.map(|entry| entry.last_offset),
        };
        BatchScanner::new(&*self.file, span, HEADER_BLOCK)
    }

    /// Reads the headers behind the last index entry, after which everything about the tail is known, and holds the
    /// ends of the indexes against them. All offsets of the segment are smaller than `end_offset`.
    /// Returns the offset after the last batch.
    ///
    /// # Errors
    /// [`TailError`] if the end of the segment or of one of its indexes is not as it should be.
    pub(crate) fn read_tail(&mut self, end_offset: i64) -> Result<i64, TailError> {
        let indexed = (self.max_timestamp, self.offset_of_max_timestamp);
        let last_entry = self.entry_before(i64::MAX);
        let mut next_offset = self.base_offset;
        let mut max = indexed;
        let first = self.scan(None, end_offset).next()?.map(|first| first.header.max_timestamp);
        let mut scanner = self.scan(last_entry, end_offset);
        while let Some(BatchAt { header, .. }) = scanner.next()? {
            next_offset = header.last_offset() + 1;
            if header.max_timestamp > max.0 {
                max = (header.max_timestamp, header.last_offset());
            }
        }
        self.first_timestamp = first;
        let indexed_size = last_entry.map_or(0, |entry| entry.position);
        self.bytes_since_index_entry = u64::from(self.size.saturating_sub(indexed_size));
        (self.max_timestamp, self.offset_of_max_timestamp) = max;
        Ok(next_offset)
    }

    /// Holds the last entry of the time index against the log, of a segment that is complete: it is closed with its
    /// largest timestamp. [`Segment::read_tail`] comes first.
    ///
    /// # Errors
    /// As for [`Segment::read_tail`].
    pub(crate) fn check_time_index(&self, end_offset: i64) -> Result<(), TailError> {
        let Some(last) = self.times.last() else {
            let any = self.max_timestamp >= 0 || self.first_timestamp.is_some_and(|first| first >= 0);
            return if any { Err(IndexDefect::Short.into()) } else { Ok(()) };
        };
        if last.timestamp < self.max_timestamp {
            return Err(IndexDefect::Short.into());
        }
        let offset = self.base_offset.saturating_add(i64::from(last.relative_offset));
        let mut scanner = self.scan(self.entry_before(offset), end_offset);
        while let Some(BatchAt { header, .. }) = scanner.next()? {
            if header.last_offset() >= offset {
                let found = header.max_timestamp == last.timestamp;
                return if found { Ok(()) } else { Err(IndexDefect::Foreign.into()) };
            }
        }
        Err(IndexDefect::Foreign.into())
    }

    /// Reads every batch from the start, ends the segment at the first that is not whole, and rebuilds the indexes.
    /// What is not cut off stays part of the segment, so that its readers are told of the damage.
    pub(crate) fn recover(&mut self, config: &LogConfig, recovery: &Recovery) -> io::Result<Recovered> {
        let len = self.size;
        let end = u64::from(len);
        self.reset();
        let file = Arc::clone(&self.file);
        let Recovery { end_offset: to, .. } = *recovery;
        let span = Span { position: 0, end, from: self.base_offset, to, first_ends_with: None };
        let mut scanner = BatchScanner::new(&*file, span, WHOLE_BLOCK);
        let mut recovered = Recovered::nothing(self.base_offset);
        loop {
            let from = scanner.next_offset();
            match self.recover_one(&mut scanner, recovery) {
                Ok(Some(batch)) => self.take_in(&batch, &mut recovered, config),
                Ok(None) => break,
                Err(ScanError::Io(io)) => return Err(io),
                Err(ScanError::Defect(defect)) => {
                    if from < recovery.durable_before && scanner.resume()? {
                        let to = scanner.next_offset();
                        recovered.kept.get_or_insert(Damage { defect, from, to });
                    } else {
                        recovered.end = Some(Damage { defect, from, to });
                        break;
                    }
                }
            }
        }
        if self.size < len {
            recovered.cut = recovery.cut && recovered.next_offset >= recovery.keep_before;
            if recovered.cut {
                self.file.truncate(u64::from(self.size))?;
            } else {
                self.size = len;
            }
        }
        Ok(recovered)
    }

    fn recover_one(&self, scanner: &mut BatchScanner<'_>, recovery: &Recovery) -> Result<Option<BatchAt>, ScanError> {
        let from = scanner.next_offset();
        scanner.next_checked(|header| {
            // Nothing but a damaged offset steps over where a batch ended.
            let steps_over = recovery.boundary.is_some_and(|at| from < at && at <= header.base_offset);
            !steps_over && self.takes(header.last_offset())
        })
    }

    fn take_in(&mut self, batch: &BatchAt, recovered: &mut Recovered, config: &LogConfig) {
        let BatchAt { position, header } = batch;
        recovered.next_offset = header.last_offset() + 1;
        let epoch = header.partition_leader_epoch;
        if epoch >= 0 && recovered.epochs.last().is_none_or(|(last, _)| *last < epoch) {
            recovered.epochs.push((epoch, header.base_offset));
        }
        // Positions of a segment fit; there may be damage in between.
        self.size = u32::try_from(*position).unwrap_or(self.size);
        self.note(header, config.index_interval_bytes);
    }

    fn reset(&mut self) {
        self.size = 0;
        self.max_timestamp = NO_TIMESTAMP;
        self.offset_of_max_timestamp = self.base_offset;
        self.first_timestamp = None;
        self.offsets = OffsetIndex::default();
        self.times = TimeIndex::default();
        self.bytes_since_index_entry = 0;
    }

    /// Cuts everything from a batch on. [`Segment::read_tail`] has to follow.
    pub(crate) fn truncate(&mut self, batch: &BatchAt) -> io::Result<()> {
        self.file.truncate(batch.position)?;
        // Positions of a segment fit: the batch was found below its size.
        self.size = u32::try_from(batch.position).unwrap_or(self.size);
        self.offsets.truncate(self.size);
        self.times.truncate(self.relative(batch.header.base_offset));
        self.restore_max_timestamp();
        Ok(())
    }

    /// The time that retention goes by: of the newest record, or of the file where records have no timestamps.
    pub(crate) fn largest_timestamp(&self) -> i64 {
        if self.max_timestamp >= 0 { self.max_timestamp } else { self.modified_ms }
    }

    /// The largest timestamp of the first batch, once there is one.
    pub(crate) fn first_timestamp(&self) -> Option<i64> {
        self.first_timestamp
    }

    /// When it was last written to, in milliseconds since the epoch.
    pub(crate) fn modified_ms(&self) -> i64 {
        self.modified_ms
    }

    pub(crate) fn set_modified_ms(&mut self, modified_ms: i64) {
        self.modified_ms = modified_ms;
    }
}

/// Why a segment cannot be used without a recovery.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TailError {
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Index(#[from] IndexDefect),
}

/// What is about to be appended, as far as rolling goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RollCheck {
    pub(crate) bytes: u64,
    pub(crate) last_offset: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) now_ms: i64,
}
