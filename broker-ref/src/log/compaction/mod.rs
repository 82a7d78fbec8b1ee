//! Compaction: of each key only the last record is kept (`cleanup.policy=compact`).
//!
//! ```text
//!    compacted before     |   dirty                       | not yet: younger than min.compaction.lag.ms,
//!    one record a key     |   since compacted_to          | not stable, or in the active segment
//!    ---------------------+-------------------------------+------------------------------------------
//!    0                    compacted_to                    end
//! ```
//! The keys of the dirty part are gathered with the last offset of each. Then all segments before `end` are written anew
//! without the records that have a later one of the same key, and take the place of the old ones, several small ones
//! together that of one.
//!
//! Offsets stay, and so do batches: a batch spans what it spanned, and of a producer the last one is kept even if it is
//! empty, or its next batch would look like one out of turn. The last batch of each new segment is kept too, so that its
//! file tells where it ends. A tombstone stays for `delete.retention.ms` after the first compaction that met it, so that a reader who
//! began before can see it; when that ends is written in its batch (KIP-534).
//!
//! What is transactional, a control batch, or of a format before Kafka 0.11 is kept as it is: no key in it replaces
//! another one, and no tombstone behind it goes.
//!
//! Deciding and replacing hold the log's lock for as long as a few renames take. In between nothing is held: the files
//! that are read are sealed, and what is written is called `.cleaned` until it is complete and durable.

mod latest;
mod rewrite;
mod sieve;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{BatchHeader, RecordBatch};

use self::latest::LatestOffsets;
use self::rewrite::Rewrite;
use self::sieve::Sieve;
use super::batches::{BatchAt, ScanError};
use super::error::{CompactionError, LogError};
use super::extent::Extent;
use super::layout::{CLEANED, FileKind, SWAP, SegmentFile};
use super::partition_log::Log;
use super::segment::Segment;
use super::storage::{Dir, StorageFile};

/// What there is to compact in a log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dirt {
    /// Everything before this offset was compacted together.
    pub compacted_to: i64,
    /// What lies at or behind this offset cannot be compacted yet.
    pub end: i64,
    /// Bytes of the dirty segments as a share of all that would be compacted, from 0 to 1.
    pub ratio: f64,
    /// Whether a record waits for longer than `max.compaction.lag.ms`.
    pub overdue: bool,
}

/// How much a compaction may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactionLimits {
    /// Memory for keys, in bytes: `log.cleaner.dedupe.buffer.size`. Where they do not fit, the rest is compacted later.
    pub key_bytes: usize,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// A compaction that has been decided on; it needs the log no more until it is finished.
#[derive(Debug)]
#[must_use = "nothing is compacted until it is run"]
pub struct Compaction {
    dir: Dir,
    extents: Vec<Extent>,
    dirt: Dirt,
    limits: CompactionLimits,
    segment_bytes: u64,
    index_interval_bytes: u32,
    delete_horizon: i64,
    /// The last offset of each producer's last batch.
    producers: HashMap<i64, i64>,
    truncations: u64,
}

/// A compaction that has been run, to be told to the log.
#[derive(Debug)]
#[must_use = "the log does not know of a compaction until it is finished"]
pub struct Compacted {
    /// Where the new files are. If the log was deleted since, another one may be there now.
    dir: Dir,
    replacements: Vec<Replacement>,
    compacted_to: i64,
    truncations: u64,
}

impl Compacted {
    /// Removes what was written.
    fn discard(&self) -> Result<(), LogError> {
        self.replacements.iter().try_for_each(|replacement| remove_unfinished(&self.dir, replacement.new.base_offset))
    }
}

/// A new segment, and the files in whose place it comes.
#[derive(Debug)]
struct Replacement {
    old: Vec<(i64, Arc<dyn StorageFile>)>,
    new: Segment,
}

impl Replacement {
    /// The names of the new files, in the end.
    fn names(&self) -> [String; 3] {
        rewrite::KINDS.map(|kind| kind.name(self.new.base_offset))
    }
}

impl Log {
    /// What there is to compact, where everything before `compacted_to` has been already.
    pub fn dirt(&self, compacted_to: i64, now_ms: i64) -> Option<Dirt> {
        let first = self.segment_base_offsets().next().unwrap_or(0);
        if !self.config.cleanup_policy.compact || self.failed {
            return None;
        }
        // One that cannot be right, or of records that were deleted since.
        let trusted = (self.log_start_offset..=self.active.base_offset).contains(&compacted_to);
        let compacted_to = if trusted { compacted_to } else { first };
        let end = self.first_not_compactable(compacted_to, now_ms);
        let (mut clean, mut dirty, mut oldest_ms) = (0.0, 0.0, i64::MAX);
        let ends = self.segment_base_offsets().skip(1);
        for (segment, segment_end) in self.sealed.iter().zip(ends).take_while(|(segment, _)| segment.base_offset < end)
        {
            let size = f64::from(segment.size);
            if segment_end <= compacted_to {
                clean += size;
            } else {
                dirty += size;
                oldest_ms = oldest_ms.min(segment.first_timestamp().filter(|ms| *ms >= 0).unwrap_or(i64::MAX));
            }
        }
        if compacted_to >= end || dirty == 0.0 {
            return None;
        }
        let overdue = self.config.max_compaction_lag_ms.is_some_and(|lag| now_ms.saturating_sub(oldest_ms) > lag);
        Some(Dirt { compacted_to, end, ratio: dirty / (clean + dirty), overdue })
    }

    /// Whether that is enough to be worth it, by `min.cleanable.dirty.ratio` and `max.compaction.lag.ms`.
    pub fn is_worth_compacting(&self, dirt: &Dirt) -> bool {
        dirt.overdue || dirt.ratio > self.config.min_cleanable_dirty_ratio
    }

    fn first_not_compactable(&self, from: i64, now_ms: i64) -> i64 {
        let lag = self.config.min_compaction_lag_ms;
        let is_young = |segment: &&Segment| lag > 0 && segment.largest_timestamp() > now_ms.saturating_sub(lag);
        let before = self.segments_before(from);
        let young = self.sealed.iter().skip(before).find(is_young);
        let end = young.map_or(self.active.base_offset, |segment| segment.base_offset);
        end.min(self.last_stable_offset())
    }

    /// The first step of a compaction.
    pub fn start_compaction(&self, dirt: Dirt, limits: CompactionLimits) -> Compaction {
        let first = self.segment_base_offsets().next().unwrap_or(0);
        let sealed = self.extents_from(first, |_| None).filter(|extent| extent.sealed);
        let last_of = |entry: &super::ProducerEntry| Some((entry.producer_id, entry.batches.back()?.last_offset));
        Compaction {
            dir: self.dir.clone(),
            extents: sealed.take_while(|extent| extent.base_offset < dirt.end).collect(),
            dirt,
            limits,
            segment_bytes: u64::from(self.config.segment_bytes),
            index_interval_bytes: self.config.index_interval_bytes,
            delete_horizon: limits.now_ms.saturating_add(self.config.delete_retention_ms),
            producers: self.producers.entries().filter_map(last_of).collect(),
            truncations: self.truncations.count(),
        }
    }

    /// The last step of a compaction: its segments take the place of those that they were made of. Returns the offset
    /// up to which the log is compacted now; `None` if segments were deleted in the meantime, and nothing is replaced.
    ///
    /// # Errors
    /// Those of the storage. Where it cannot be told what the files are now, the log takes no more writes: the next start
    /// of the broker ends what was begun.
    pub fn finish_compaction(&mut self, compacted: Compacted, now_ms: i64) -> Result<Option<i64>, LogError> {
        if let Err(unusable) = self.check_usable() {
            compacted.discard()?;
            return Err(unusable);
        }
        let replaced = |replacement: &Replacement| self.place_of(replacement).is_some();
        if compacted.truncations != self.truncations.count() || !compacted.replacements.iter().all(replaced) {
            compacted.discard()?;
            return Ok(None);
        }
        if let Err(error) = self.complete(&compacted.replacements) {
            // What is left of it would take the place of the old segments at the next start, whatever they are by then.
            self.failed = compacted.discard().is_err();
            return Err(error);
        }
        let Compacted { replacements, compacted_to, .. } = compacted;
        let replaced = self.replace(replacements, now_ms);
        self.failed = replaced.is_err();
        replaced?;
        self.tail.drop_before(compacted_to);
        Ok(Some(compacted_to))
    }

    /// Where the segments that are to be replaced lie among the sealed ones, if they are all there still.
    fn place_of(&self, replacement: &Replacement) -> Option<usize> {
        let (first, _) = replacement.old.first()?;
        let at = self.sealed.iter().position(|segment| segment.base_offset == *first)?;
        let mut sealed = self.sealed.iter().skip(at);
        let is_next = |(_, file): &(i64, Arc<dyn StorageFile>)| {
            sealed.next().is_some_and(|segment| Arc::ptr_eq(&segment.file, file))
        };
        replacement.old.iter().all(is_next).then_some(at)
    }

    /// From here on, the next start after a crash puts the new segments in the place of the old ones.
    fn complete(&self, replacements: &[Replacement]) -> Result<(), LogError> {
        for name in replacements.iter().flat_map(Replacement::names) {
            self.dir.rename(&format!("{name}{CLEANED}"), &format!("{name}{SWAP}"))?;
        }
        // Before anything is out of the way, what takes its place must be there to stay.
        self.dir.sync_names()
    }

    /// `.swap` goes last, for it is what tells a start to put the old files out of the way. All segments take a step
    /// together, since each has to be durable before the next.
    fn replace(&mut self, replacements: Vec<Replacement>, now_ms: i64) -> Result<(), LogError> {
        let names: Vec<String> = replacements.iter().flat_map(Replacement::names).collect();
        for replacement in replacements {
            self.take_in(replacement, now_ms)?;
        }
        self.dir.sync_names()?;
        for name in names {
            self.dir.rename(&format!("{name}{SWAP}"), &name)?;
        }
        self.dir.sync_names()
    }

    fn take_in(&mut self, replacement: Replacement, now_ms: i64) -> Result<(), LogError> {
        let Some(at) = self.place_of(&replacement) else { return Ok(()) };
        let Replacement { old, mut new } = replacement;
        let base_offset = new.base_offset;
        let replaced: Vec<Segment> = self.sealed.drain(at..at + old.len()).collect();
        let modified_ms = replaced.iter().map(Segment::modified_ms).max();
        new.set_modified_ms(modified_ms.unwrap_or(now_ms));
        self.sealed.insert(at, new);
        for segment in replaced {
            let kinds: &[FileKind] = match segment.base_offset == base_offset {
                // The producers at that offset are the same ones, and so are the aborted transactions.
                true => &rewrite::KINDS,
                false => &FileKind::ALL,
            };
            self.set_aside(segment.base_offset, kinds, now_ms)?;
        }
        Ok(())
    }
}

/// Removes a new segment, however far it has come.
fn remove_unfinished(dir: &Dir, base_offset: i64) -> Result<(), LogError> {
    for kind in rewrite::KINDS {
        for suffix in [CLEANED, SWAP] {
            dir.remove(&format!("{}{suffix}", kind.name(base_offset)))?;
        }
    }
    Ok(())
}

impl Compaction {
    /// Reads the dirty part, and writes all of it anew. Blocks, for as long as that takes; `stop` ends it.
    ///
    /// # Errors
    /// [`CompactionError`]; the log is as it was.
    pub fn run(self, stop: &AtomicBool) -> Result<Compacted, CompactionError> {
        // After a crash, what an earlier one has left would make a complete new segment behind it look like a part of it.
        self.remove_cleaned()?;
        let result = self.rewrite_all(stop);
        if result.is_err() {
            // What cannot be removed is tried again by the next compaction, and by the next start.
            let _ = self.remove_cleaned();
        }
        result
    }

    fn remove_cleaned(&self) -> Result<(), LogError> {
        let files = self.dir.list()?;
        files
            .iter()
            .filter(|file| file.name.ends_with(CLEANED))
            .try_for_each(|file| self.dir.remove(&file.name).map(drop))
    }

    fn rewrite_all(&self, stop: &AtomicBool) -> Result<Compacted, CompactionError> {
        let (latest, compacted_to) = self.gather_keys(stop)?;
        let mut sieve = Sieve::new(self, latest, compacted_to);
        let mut replacements = Vec::new();
        for group in self.groups(compacted_to)? {
            let Some(first) = group.first() else { continue };
            let new = self.rewrite(group, &mut sieve, Rewrite::begin(self, first.base_offset)?, stop)?;
            let old = group.iter().map(|extent| (extent.base_offset, Arc::clone(&extent.file))).collect();
            replacements.push(Replacement { old, new });
        }
        Ok(Compacted { dir: self.dir.clone(), replacements, compacted_to, truncations: self.truncations })
    }

    fn rewrite(
        &self,
        group: &[Extent],
        sieve: &mut Sieve<'_>,
        mut rewrite: Rewrite<'_>,
        stop: &AtomicBool,
    ) -> Result<Segment, CompactionError> {
        let last = group.iter().rfind(|extent| extent.size > 0).map_or(0, |extent| extent.base_offset);
        for extent in group {
            let mut batches = extent.checked_batches();
            while let Some(batch) = batches.next_checked(|_| true).map_err(|e| self.failed(extent, e))? {
                check(stop)?;
                let bytes = batches.bytes(&batch).map_err(|e| self.failed(extent, e.into()))?;
                let is_last = extent.base_offset == last && batches.position() >= extent.size;
                let kept = sieve.pass(bytes, &batch.header, is_last);
                if let Some(kept) = kept.map_err(|source| self.unreadable(extent, batch.position, source))? {
                    rewrite.push(kept)?;
                }
            }
        }
        rewrite.end()
    }

    /// The last offset of each key of the dirty part, and where that part ends: where there is no room for more.
    fn gather_keys(&self, stop: &AtomicBool) -> Result<(LatestOffsets, i64), CompactionError> {
        let mut latest = LatestOffsets::within(self.limits.key_bytes);
        let mut decompressor = Decompressor::default();
        let Dirt { compacted_to: from, end, .. } = self.dirt;
        for extent in self.extents.iter().filter(|extent| extent.end_offset > from) {
            let mut batches = extent.checked_batches();
            while let Some(batch) = batches.next_checked(|_| true).map_err(|e| self.failed(extent, e))? {
                check(stop)?;
                let BatchAt { header, position } = batch;
                if header.last_offset() < from || !has_keys(&header) {
                    continue;
                }
                if header.last_offset() >= end || latest.is_full() {
                    return Ok((latest, header.base_offset));
                }
                let bytes = batches.bytes(&batch).map_err(|e| self.failed(extent, e.into()))?;
                gather(bytes, &mut latest, &mut decompressor).map_err(|e| self.unreadable(extent, position, e))?;
            }
        }
        Ok((latest, end))
    }

    /// Neighbours that fit into one segment together.
    fn groups(&self, compacted_to: i64) -> Result<Vec<&[Extent]>, LogError> {
        let count = self.extents.iter().take_while(|extent| extent.base_offset < compacted_to).count();
        let mut rest = self.extents.get(..count).unwrap_or_default();
        let alone = self.with_transaction_index()?;
        let mut groups = Vec::new();
        while let Some(first) = rest.first() {
            let mut bytes = 0;
            let fits = |extent: &&Extent| {
                bytes += extent.size;
                let span = extent.end_offset.saturating_sub(first.base_offset);
                let together = !alone.contains(&first.base_offset) && !alone.contains(&extent.base_offset);
                let small = bytes <= self.segment_bytes && span <= i64::from(i32::MAX);
                extent.base_offset == first.base_offset || (together && small)
            };
            let (group, others) = rest.split_at(rest.iter().take_while(fits).count());
            groups.push(group);
            rest = others;
        }
        Ok(groups)
    }

    /// The segments with an index of transactions, which Kafka has written. It stays what it is for them alone.
    fn with_transaction_index(&self) -> Result<BTreeSet<i64>, LogError> {
        let files = self.dir.list()?;
        let of_transactions = |file: &super::FileInfo| match SegmentFile::parse(&file.name)? {
            SegmentFile { base_offset, kind: FileKind::TransactionIndex, suffix: "" } => Some(base_offset),
            _ => None,
        };
        Ok(files.iter().filter_map(of_transactions).collect())
    }

    /// Damage is not compacted away: its file may be restored.
    fn failed(&self, extent: &Extent, error: ScanError) -> CompactionError {
        let path = self.dir.path_of(&extent.log_name());
        match error {
            ScanError::Io(source) => self.dir.error("read", &extent.log_name(), source).into(),
            ScanError::Defect(defect) => CompactionError::Unreadable { path, reason: defect.to_string() },
        }
    }

    fn unreadable(&self, extent: &Extent, position: u64, source: impl std::fmt::Display) -> CompactionError {
        let path = self.dir.path_of(&extent.log_name());
        CompactionError::Unreadable { path, reason: format!("the batch at byte {position}: {source}") }
    }
}

fn check(stop: &AtomicBool) -> Result<(), CompactionError> {
    if stop.load(Ordering::Relaxed) { Err(CompactionError::Stopped) } else { Ok(()) }
}

/// Whether the keys of a batch count. Those of a transaction may be of one that was aborted.
fn has_keys(header: &BatchHeader) -> bool {
    header.magic >= 2 && !header.attributes.is_control() && !header.attributes.is_transactional()
}

fn gather(
    bytes: bytes::Bytes,
    latest: &mut LatestOffsets,
    decompressor: &mut Decompressor,
) -> Result<(), ottla_protocol::record::RecordError> {
    // It was parsed when it was appended.
    let Ok(batch) = RecordBatch::parse(bytes) else { return Ok(()) };
    for record in &batch.records(decompressor)? {
        let record = record?;
        if let Some(key) = record.key {
            latest.put(key, record.offset);
        }
    }
    Ok(())
}
