//! The log of one replica of one partition.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_protocol::record::{BatchHeader, stamp};
use ottla_protocol::wire::Uuid;

use super::LogConfig;
use super::batches::{BatchAt, TransactionMarker, split};
use super::delayed::Delayed;
use super::error::{AppendError, LogError};
use super::extent::{Extent, Truncations};
use super::index::IndexEntry;
use super::layout::{FileKind, TopicPartition};
use super::leader_epochs::{EpochEndOffset, EpochEntry, LeaderEpochs};
use super::load::agree_on_topic_id;
use super::producer_state::{AppendOrigin, ProducerEntry, ProducerState};
use super::segment::{NO_TIMESTAMP, RollCheck, Segment};
use super::storage::Dir;
use super::tail::TailCache;

/// The log of one replica of one partition: segments, and what is known about them.
///
/// It is a plain value without threads, tasks or a clock: its owner keeps it behind a short lock or in one task, passes
/// the time, and calls [`Log::tick`] now and then. Methods that touch the storage block. Two kinds of them come in two
/// steps, so that the slow one can run without the lock: [`Log::plan_read`] and [`super::ReadPlan::run`], and
/// [`Log::start_flush`], [`super::Flush::run`] and [`Log::finish_flush`].
///
/// ```text
/// log start offset <= last stable offset <= high watermark <= log end offset
/// ```
/// The high watermark is where readers stop. Only its owner knows the other replicas, so only its owner moves it:
/// with one replica, to the log end offset after each append.
#[derive(Debug)]
pub struct Log {
    pub(super) partition: TopicPartition,
    pub(super) topic_id: Option<Uuid>,
    pub(super) dir: Dir,
    pub(super) config: LogConfig,
    /// Older segments, by base offset.
    pub(super) sealed: VecDeque<Segment>,
    /// The segment that is written to.
    pub(super) active: Segment,
    pub(super) log_start_offset: i64,
    pub(super) end_offset: i64,
    pub(super) high_watermark: i64,
    /// Everything before it is durable.
    pub(super) recovery_point: i64,
    pub(super) epochs: LeaderEpochs,
    /// Whether the leader epochs are newer than their checkpoint.
    pub(super) epochs_changed: bool,
    pub(super) producers: ProducerState,
    pub(super) tail: TailCache,
    /// When the oldest record that is not durable was appended.
    pub(super) unflushed_since_ms: Option<i64>,
    /// Counts truncations, so that a flush that was under way meanwhile claims nothing, and a read nothing of damage.
    pub(super) truncations: Truncations,
    /// Files that were renamed and wait to be removed.
    pub(super) deleted: Delayed<String>,
    /// A write failed and could not be undone.
    pub(super) failed: bool,
}

/// What to append with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Append {
    /// Written into each batch.
    pub leader_epoch: i32,
    /// Decides which checks are made of producers.
    pub origin: AppendOrigin,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// The offset of the first record.
    pub base_offset: i64,
    /// The offset of the last record.
    pub last_offset: i64,
    /// Present if the batch is a retry of one that is in the log: nothing was appended, the offsets are those of the
    /// original, and this is its largest timestamp in milliseconds.
    pub duplicate_timestamp: Option<i64>,
    /// Whether a new segment was begun.
    pub rolled: bool,
}

/// The offsets that a log is described by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOffsets {
    /// The first offset that can be read.
    pub log_start_offset: i64,
    /// Where readers of committed records stop (exclusive).
    pub last_stable_offset: i64,
    /// Where readers stop (exclusive).
    pub high_watermark: i64,
    /// Where the next record goes.
    pub log_end_offset: i64,
}

impl Log {
    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// The id of the topic, if it is known.
    pub fn topic_id(&self) -> Option<Uuid> {
        self.topic_id
    }

    /// Takes note of the topic's id, and writes it down if there was none.
    ///
    /// # Errors
    /// [`LogError::InconsistentTopicId`] if the log belongs to another topic, and those of the storage.
    pub fn set_topic_id(&mut self, topic_id: Uuid) -> Result<(), LogError> {
        if self.topic_id != Some(topic_id) {
            self.topic_id = agree_on_topic_id(&self.dir, Some(topic_id))?;
        }
        Ok(())
    }

    /// The directory was renamed because the partition is gone: there is nothing to write to.
    pub(super) fn moved_away(&mut self, renamed: &str) {
        self.dir = Dir::partition(Arc::clone(self.dir.storage()), renamed.to_owned());
        self.failed = true;
    }

    /// Writes and removes nothing any more: the directory may be another one's.
    pub(super) fn halt(&mut self) {
        self.failed = true;
        self.deleted.clear();
    }

    /// The settings.
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Changes the settings; they hold from the next call on.
    pub fn set_config(&mut self, config: LogConfig) {
        let cached = if self.dir.storage().is_memory() { 0 } else { config.tail_cache_bytes };
        self.tail.set_limit(cached);
        self.config = config;
    }

    /// All offsets at once.
    pub fn offsets(&self) -> LogOffsets {
        LogOffsets {
            log_start_offset: self.log_start_offset,
            last_stable_offset: self.last_stable_offset(),
            high_watermark: self.high_watermark,
            log_end_offset: self.end_offset,
        }
    }

    /// The first offset that can be read.
    pub fn log_start_offset(&self) -> i64 {
        self.log_start_offset
    }

    /// The offset that the next record gets.
    pub fn end_offset(&self) -> i64 {
        self.end_offset
    }

    /// Where readers stop (exclusive).
    pub fn high_watermark(&self) -> i64 {
        self.high_watermark
    }

    /// Where readers of committed records stop (exclusive): the first record of an open transaction, if there is one.
    pub fn last_stable_offset(&self) -> i64 {
        let first_unstable = self.producers.first_open_transaction().unwrap_or(i64::MAX).max(self.log_start_offset);
        self.high_watermark.min(first_unstable)
    }

    /// Moves the high watermark, kept between the start and the end of the log. Returns where it is now.
    pub fn set_high_watermark(&mut self, offset: i64) -> i64 {
        self.high_watermark = offset.clamp(self.log_start_offset, self.end_offset);
        self.high_watermark
    }

    /// Everything before this offset survives a crash.
    pub fn recovery_point(&self) -> i64 {
        self.recovery_point
    }

    /// Bytes of all segments.
    pub fn size_bytes(&self) -> u64 {
        self.segments().map(|segment| u64::from(segment.size)).sum()
    }

    /// The base offsets of the segments, in order.
    pub fn segment_base_offsets(&self) -> impl Iterator<Item = i64> {
        self.segments().map(|segment| segment.base_offset)
    }

    /// The producers that are remembered, in no order.
    pub fn producers(&self) -> impl Iterator<Item = &ProducerEntry> {
        self.producers.entries()
    }

    /// What is remembered of one producer.
    pub fn producer(&self, producer_id: i64) -> Option<&ProducerEntry> {
        self.producers.get(producer_id)
    }

    /// The leader epochs, in order.
    pub fn leader_epochs(&self) -> &[EpochEntry] {
        self.epochs.entries()
    }

    /// The latest leader epoch that wrote to the log.
    pub fn latest_leader_epoch(&self) -> Option<i32> {
        self.epochs.latest()
    }

    /// The leader epoch of the record at an offset.
    pub fn leader_epoch_of(&self, offset: i64) -> Option<i32> {
        self.epochs.epoch_of(offset)
    }

    /// Where a leader epoch ends.
    pub fn end_offset_for_epoch(&self, leader_epoch: i32) -> EpochEndOffset {
        self.epochs.end_offset_for(leader_epoch, self.end_offset)
    }

    pub(super) fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.sealed.iter().chain(std::iter::once(&self.active))
    }

    /// How many segments lie before the one that an offset lies in.
    pub(super) fn segments_before(&self, offset: i64) -> usize {
        if self.active.base_offset <= offset {
            return self.sealed.len();
        }
        self.sealed.partition_point(|segment| segment.base_offset <= offset).saturating_sub(1)
    }

    /// The segment that an offset lies in, and those behind it.
    pub(super) fn segments_from(&self, offset: i64) -> impl Iterator<Item = &Segment> {
        self.segments().skip(self.segments_before(offset))
    }

    /// The files of the segment that an offset lies in and of those behind it, to be read from the entry on that
    /// `entry_of` says.
    pub(super) fn extents_from(
        &self,
        offset: i64,
        entry_of: impl Fn(&Segment) -> Option<IndexEntry>,
    ) -> impl Iterator<Item = Extent> {
        let first = self.segments_before(offset);
        let ends = self.segment_base_offsets().skip(first + 1).map(Some).chain(std::iter::once(None));
        let truncations = self.truncations.count();
        self.segments().skip(first).zip(ends).map(move |(segment, next_base)| Extent {
            file: Arc::clone(&segment.file),
            base_offset: segment.base_offset,
            end_offset: next_base.unwrap_or(self.end_offset),
            size: u64::from(segment.size),
            sealed: next_base.is_some(),
            entry: entry_of(segment),
            reported: Arc::clone(&segment.reported),
            truncations: (self.truncations.clone(), truncations),
        })
    }

    /// Appends batches as the leader: gives them the next offsets and the leader epoch, and writes them with one write.
    ///
    /// The batches are taken as validated. The buffer is patched in place and kept to serve readers, so hand over one
    /// that holds these batches and nothing else.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing is appended then.
    pub fn append(&mut self, mut records: BytesMut, append: Append) -> Result<AppendInfo, AppendError> {
        self.check_usable()?;
        let mut batches = split(&records)?;
        if let Some(duplicate) = self.check_producers(&batches, append.origin)? {
            return Ok(duplicate);
        }
        let size = records.len() as u64;
        if size > u64::from(self.config.segment_bytes) {
            return Err(AppendError::RecordListTooLarge { size, segment_bytes: self.config.segment_bytes });
        }
        self.assign_offsets(&mut records, &mut batches, append.leader_epoch)?;
        self.write(records.freeze(), &batches, append.now_ms)
    }

    /// Appends batches that were read from the leader of this partition, with the offsets and epochs that they have.
    ///
    /// # Errors
    /// [`AppendError::OffsetsOutOfOrder`] if they would not continue this log; nothing is appended then.
    pub fn append_replicated(&mut self, records: Bytes, now_ms: i64) -> Result<AppendInfo, AppendError> {
        self.check_usable()?;
        let batches = split(&records)?;
        let mut next = self.end_offset;
        for BatchAt { header, .. } in &batches {
            if header.base_offset < next {
                return Err(AppendError::OffsetsOutOfOrder { found: header.base_offset, log_end_offset: next });
            }
            next = next_offset(header).ok_or(AppendError::OffsetsExhausted { log_end_offset: next })?;
        }
        self.write(records, &batches, now_ms)
    }

    pub(super) fn check_usable(&self) -> Result<(), LogError> {
        if self.failed { Err(LogError::Failed { path: self.dir.path() }) } else { Ok(()) }
    }

    fn check_producers(&self, batches: &[BatchAt], origin: AppendOrigin) -> Result<Option<AppendInfo>, AppendError> {
        for (i, BatchAt { header, .. }) in batches.iter().enumerate() {
            if !header.has_producer_id() {
                continue;
            }
            let same_producer = |earlier: &&BatchAt| earlier.header.producer_id == header.producer_id;
            let earlier = batches.iter().take(i).rfind(same_producer).map(|earlier| &earlier.header);
            if let Some(duplicate) = self.producers.check(header, earlier, origin)? {
                return Ok(Some(AppendInfo {
                    base_offset: duplicate.first_offset(),
                    last_offset: duplicate.last_offset,
                    duplicate_timestamp: Some(duplicate.timestamp),
                    rolled: false,
                }));
            }
        }
        Ok(None)
    }

    fn assign_offsets(&self, records: &mut [u8], batches: &mut [BatchAt], epoch: i32) -> Result<(), AppendError> {
        let mut next = self.end_offset;
        for BatchAt { position, header } in batches {
            header.base_offset = next;
            header.partition_leader_epoch = epoch;
            next = next_offset(header).ok_or(AppendError::OffsetsExhausted { log_end_offset: self.end_offset })?;
            let start = usize::try_from(*position).unwrap_or(usize::MAX);
            stamp::set_offset(records.get_mut(start..).unwrap_or_default(), header.base_offset, epoch)?;
        }
        Ok(())
    }

    fn write(&mut self, records: Bytes, batches: &[BatchAt], now_ms: i64) -> Result<AppendInfo, AppendError> {
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else { return Err(AppendError::Empty) };
        let info = AppendInfo {
            base_offset: first.header.base_offset,
            last_offset: last.header.last_offset(),
            duplicate_timestamp: None,
            rolled: self.roll_if_due(&records, batches, now_ms)?,
        };
        self.note_epochs(batches)?;
        self.write_to_active(records.clone(), now_ms)?;
        for batch in batches {
            self.active.note(&batch.header, self.config.index_interval_bytes);
            self.producers.apply(&batch.header, marker_in(&records, batch), now_ms);
        }
        self.end_offset = info.last_offset + 1;
        self.unflushed_since_ms.get_or_insert(now_ms);
        self.tail.push(info.base_offset, self.end_offset, records);
        Ok(info)
    }

    fn roll_if_due(&mut self, records: &Bytes, batches: &[BatchAt], now_ms: i64) -> Result<bool, LogError> {
        let check = RollCheck {
            bytes: records.len() as u64,
            last_offset: batches.last().map_or(self.end_offset, |last| last.header.last_offset()),
            max_timestamp: batches.iter().map(|batch| batch.header.max_timestamp).max().unwrap_or(NO_TIMESTAMP),
            now_ms,
        };
        if !self.active.should_roll(&self.config, &check) {
            return Ok(false);
        }
        self.roll(now_ms)
    }

    /// Begins a new segment at the end of the log, unless the active one is empty and begins there.
    /// Returns whether it did.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn roll(&mut self, now_ms: i64) -> Result<bool, LogError> {
        if self.active.base_offset == self.end_offset {
            return Ok(false);
        }
        self.active.seal();
        self.active.store_indexes(&self.dir)?;
        self.take_snapshot()?;
        let next = Segment::create(&self.dir, self.end_offset, now_ms)?;
        tracing::debug!(path = %self.dir.path(), base_offset = self.end_offset, "segment rolled");
        self.sealed.push_back(std::mem::replace(&mut self.active, next));
        Ok(true)
    }

    /// Writes down the producers as they are at the end of the log.
    pub(super) fn take_snapshot(&self) -> Result<(), LogError> {
        self.dir.write(&FileKind::ProducerSnapshot.name(self.end_offset), self.producers.encode_snapshot())
    }

    /// The checkpoint is written before the records: epochs that begin behind the end are dropped when a log is opened,
    /// but one that is missing would not be noticed.
    fn note_epochs(&mut self, batches: &[BatchAt]) -> Result<(), LogError> {
        for BatchAt { header, .. } in batches {
            let entry = EpochEntry { epoch: header.partition_leader_epoch, start_offset: header.base_offset };
            self.epochs_changed |= self.epochs.assign(entry);
        }
        self.save_epochs()
    }

    pub(super) fn save_epochs(&mut self) -> Result<(), LogError> {
        if self.epochs_changed {
            self.epochs.save(&self.dir)?;
            self.epochs_changed = false;
        }
        Ok(())
    }

    /// A write that fails half way is cut off again; if that fails too, the log takes no more.
    fn write_to_active(&mut self, records: Bytes, now_ms: i64) -> Result<(), LogError> {
        let Err(source) = self.active.append(records, now_ms) else { return Ok(()) };
        self.failed = self.active.file.truncate(u64::from(self.active.size)).is_err();
        Err(self.dir.error("append to", &self.active.log_name(), source))
    }
}

/// The offset after a batch, unless there is none.
fn next_offset(header: &BatchHeader) -> Option<i64> {
    header.base_offset.checked_add(i64::from(header.last_offset_delta))?.checked_add(1)
}

/// What a batch of a buffer says about a transaction, if it is a control batch.
fn marker_in(records: &Bytes, batch: &BatchAt) -> Option<TransactionMarker> {
    if !batch.header.attributes.is_control() {
        return None;
    }
    let start = usize::try_from(batch.position).ok()?;
    TransactionMarker::of(records.slice(start..start.checked_add(batch.header.size())?))
}
