//! Opening a log: finishing what was interrupted, loading what is sound, recovering what may not be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::str::FromStr;
use std::sync::Arc;

use ottla_protocol::wire::Uuid;

use super::LogConfig;
use super::batches::{BatchAt, BatchScanner, HEADER_BLOCK, ScanError, Span, TransactionMarker};
use super::error::LogError;
use super::extent::{Extent, Truncations, damage};
use super::layout::{CLEANED, DELETED, FileKind, PARTITION_METADATA, SWAP, SegmentFile, TopicPartition};
use super::leader_epochs::{EpochEntry, LeaderEpochs};
use super::partition_log::Log;
use super::producer_state::ProducerState;
use super::segment::{Damage, Recovered, Recovery, Segment, TailError};
use super::storage::{Dir, FileInfo, Storage};
use super::tail::TailCache;

/// More than a snapshot or `partition.metadata` has; a larger one is not read.
const MAX_SNAPSHOT_LEN: u64 = i32::MAX.unsigned_abs() as u64;
const MAX_METADATA_LEN: u64 = 4096;

/// What is known of a log before it is opened. The default is a new log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenLog {
    /// The id of the topic, if it is known.
    pub topic_id: Option<Uuid>,
    /// The log start offset by its checkpoint.
    pub log_start_offset: i64,
    /// The recovery point by its checkpoint: everything before it was durable.
    pub recovery_point: i64,
    /// The high watermark by its checkpoint.
    pub high_watermark: i64,
    /// Whether the directory was closed in order. If not, everything from the recovery point on is read and checked.
    pub clean_shutdown: bool,
    /// The time, in milliseconds since the epoch.
    pub now_ms: i64,
}

impl Log {
    /// Opens the log of a partition, created if it is not there.
    ///
    /// After an unclean shutdown the segments from the recovery point on are read, cut at the first batch that is not
    /// whole, and their indexes rebuilt; segments behind the cut are dropped. A gap between segments that are whole is no
    /// such place: compaction leaves it, whatever the topic's policy is now. What lies before the recovery point was
    /// durable: damage there is reported, and what is sound behind it stays.
    ///
    /// # Errors
    /// Those of the storage; [`LogError::InconsistentTopicId`]; [`LogError::Corrupt`] if a file that cannot be made
    /// again is damaged.
    pub fn open(
        storage: Arc<dyn Storage>,
        partition: TopicPartition,
        config: LogConfig,
        open: OpenLog,
    ) -> Result<Self, LogError> {
        let dir = Dir::partition(storage, partition.dir_name());
        let _span = tracing::debug_span!("load_log", path = %dir.path(), clean = open.clean_shutdown).entered();
        dir.create()?;
        let topic_id = agree_on_topic_id(&dir, open.topic_id)?;
        finish_interrupted_work(&dir)?;
        let checkpoint = LeaderEpochs::load(&dir)?;
        let epochs_are_lost = checkpoint.is_none();
        let mut epochs = checkpoint.unwrap_or_default();
        let Loaded { mut segments, end_offset, epochs: found, dropped } = load_segments(&dir, &config, &open)?;
        let active = match segments.pop_back() {
            Some(active) => active,
            None => Segment::create(&dir, end_offset, open.now_ms)?,
        };
        let first = segments.front().map_or(active.base_offset, |segment| segment.base_offset);
        let log_start_offset = believed_start(&dir, &open, epochs.entries(), end_offset).max(first);
        let mut epochs_changed = epochs.truncate_from_end(end_offset) | epochs_are_lost;
        for (epoch, start_offset) in found {
            epochs_changed |= epochs.assign(EpochEntry { epoch, start_offset });
        }
        epochs_changed |= epochs.truncate_from_start(log_start_offset);
        let recovery_point = if open.clean_shutdown { end_offset } else { open.recovery_point.clamp(0, end_offset) };
        let cached = if dir.storage().is_memory() { 0 } else { config.tail_cache_bytes };
        let mut log = Self {
            partition,
            topic_id,
            dir,
            config,
            sealed: segments,
            active,
            log_start_offset,
            end_offset,
            high_watermark: open.high_watermark.clamp(log_start_offset, end_offset),
            recovery_point,
            epochs,
            epochs_changed,
            producers: ProducerState::default(),
            tail: TailCache::new(cached),
            unflushed_since_ms: (recovery_point < end_offset).then_some(open.now_ms),
            truncations: Truncations::default(),
            deleted: dropped.into_iter().map(|name| (open.now_ms, name)).collect(),
            failed: false,
        };
        if epochs_are_lost {
            log.rebuild_epochs()?;
        }
        log.save_epochs()?;
        log.load_producers(open.now_ms)?;
        Ok(log)
    }

    /// Reads the leader epochs of all batches.
    fn rebuild_epochs(&mut self) -> Result<(), LogError> {
        let mut epochs = LeaderEpochs::default();
        for extent in self.extents_from(self.log_start_offset, |_| None) {
            let mut batches = extent.batches(&self.dir);
            while let Some(BatchAt { header, .. }) = batches.next(None)? {
                let start_offset = header.base_offset.max(self.log_start_offset);
                if header.last_offset() >= self.log_start_offset {
                    epochs.assign(EpochEntry { epoch: header.partition_leader_epoch, start_offset });
                }
            }
        }
        self.epochs = epochs;
        Ok(())
    }

    /// Rebuilds what is known of producers from the last sound snapshot and the batches behind it.
    pub(super) fn load_producers(&mut self, now_ms: i64) -> Result<(), LogError> {
        let (mut producers, from) = self.load_snapshot()?;
        let segment_of = |offset: i64| self.segments().rfind(|segment| segment.base_offset <= offset);
        producers.date(|offset| segment_of(offset).map(Segment::modified_ms));
        if from < self.end_offset {
            for extent in self.extents_from(from, |segment| segment.entry_before(from)) {
                replay(&self.dir, &extent, from, &mut producers, now_ms)?;
            }
        }
        producers.expire(now_ms, self.config.producer_id_expiration_ms);
        self.producers = producers;
        if from < self.end_offset { self.take_snapshot() } else { Ok(()) }
    }

    /// The last snapshot that is sound and not of a future that was cut off, and the offset that it is of.
    /// Removes those that will not be used.
    fn load_snapshot(&self) -> Result<(ProducerState, i64), LogError> {
        let bases: BTreeSet<i64> = self.segment_base_offsets().collect();
        let mut found = None;
        for offset in self.snapshot_offsets()?.into_iter().rev() {
            let name = FileKind::ProducerSnapshot.name(offset);
            let useful = offset <= self.end_offset && (found.is_none() || bases.contains(&offset));
            if !useful {
                self.dir.remove(&name)?;
            } else if found.is_none() {
                let content = self.dir.read(&name, MAX_SNAPSHOT_LEN)?.unwrap_or_default();
                match ProducerState::decode_snapshot(&content) {
                    Ok(producers) => found = Some((producers, offset.max(self.log_start_offset))),
                    Err(defect) => {
                        tracing::warn!("{} is not used: {defect}", self.dir.path_of(&name));
                        self.dir.remove(&name)?;
                    }
                }
            }
        }
        Ok(found.unwrap_or_else(|| (ProducerState::default(), self.log_start_offset)))
    }

    /// The offsets that there are producer snapshots of, in order.
    pub(super) fn snapshot_offsets(&self) -> Result<BTreeSet<i64>, LogError> {
        let files = self.dir.list()?;
        let plain = segment_files(&files, "");
        Ok(plain.filter(|file| file.kind == FileKind::ProducerSnapshot).map(|file| file.base_offset).collect())
    }
}

fn replay(dir: &Dir, extent: &Extent, from: i64, producers: &mut ProducerState, now_ms: i64) -> Result<(), LogError> {
    let mut batches = extent.batches(dir);
    while let Some(batch) = batches.next(None)? {
        let header = batch.header;
        if header.last_offset() < from || !header.has_producer_id() {
            continue;
        }
        let control = header.attributes.is_control();
        let marker = if control { TransactionMarker::of(batches.bytes(&batch)?) } else { None };
        producers.apply(&header, marker, now_ms);
    }
    Ok(())
}

/// The log start offset by its checkpoint, unless that cannot be right. A log never begins behind its end, and its
/// first leader epoch begins with it or earlier, since that is written first.
fn believed_start(dir: &Dir, open: &OpenLog, epochs: &[EpochEntry], end_offset: i64) -> i64 {
    let first_epoch = epochs.first().map_or(end_offset, |first| first.start_offset);
    let limit = end_offset.min(first_epoch);
    if open.log_start_offset > limit {
        tracing::error!(
            log = dir.path(),
            checkpoint = open.log_start_offset,
            end_offset,
            first_epoch,
            "the checkpoint of the log start offset is damaged and not used: records that were deleted may be back"
        );
    }
    open.log_start_offset.min(limit)
}

/// Reads the topic id in `partition.metadata`, or writes it if there is none yet.
pub(super) fn agree_on_topic_id(dir: &Dir, wanted: Option<Uuid>) -> Result<Option<Uuid>, LogError> {
    let Some(content) = dir.read(PARTITION_METADATA, MAX_METADATA_LEN)? else {
        if let Some(id) = wanted {
            dir.write_atomically(PARTITION_METADATA, format!("version: 0\ntopic_id: {id}").into())?;
        }
        return Ok(wanted);
    };
    let path = dir.path_of(PARTITION_METADATA);
    let text = String::from_utf8_lossy(&content);
    let field = |key: &str| text.lines().filter_map(|line| line.split_once(':')).find(|(k, _)| k.trim() == key);
    let id = field("topic_id").and_then(|(_, id)| Uuid::from_str(id.trim()).ok());
    match (id.filter(|id| !id.is_zero() && field("version").is_some_and(|(_, v)| v.trim() == "0")), wanted) {
        (None, _) => Err(LogError::Corrupt {
            path,
            reason: "it holds no topic id".to_owned(),
            remedy: "write \"version: 0\" and \"topic_id: ID\" into it, with the id that the topic has",
        }),
        (Some(found), Some(expected)) if found != expected => {
            Err(LogError::InconsistentTopicId { path, found: found.to_string(), expected: expected.to_string() })
        }
        (found, _) => Ok(found),
    }
}

fn segment_files<'a>(files: &'a [FileInfo], suffix: &'a str) -> impl Iterator<Item = SegmentFile<'a>> {
    files.iter().filter_map(|file| SegmentFile::parse(&file.name)).filter(move |file| file.suffix == suffix)
}

/// Removes what waits for its deletion and what compaction has not finished, and finishes swapping in what it has.
///
/// Compaction writes `X.cleaned`, renames it to `X.swap` when it is complete, renames the segments that it replaces to
/// `X.deleted`, and last drops `.swap`. So a `.swap` file is complete, and what it covers may still be there.
fn finish_interrupted_work(dir: &Dir) -> Result<(), LogError> {
    let files = dir.list()?;
    let first_cleaned = segment_files(&files, CLEANED).map(|file| file.base_offset).min().unwrap_or(i64::MAX);
    for FileInfo { name, .. } in &files {
        let Some(file) = SegmentFile::parse(name) else { continue };
        // A swap behind an unfinished file belongs to a split that was not completed.
        let incomplete = file.suffix == SWAP && file.base_offset >= first_cleaned;
        if incomplete || file.suffix == CLEANED {
            dir.remove(name)?;
        }
    }
    let files = dir.list()?;
    for swap in segment_files(&files, SWAP).filter(|file| file.kind == FileKind::Log) {
        remove_covered(dir, &files, swap.base_offset)?;
    }
    // Only now is it known that nothing is to be made of them again.
    for FileInfo { name, .. } in &files {
        let is_deleted = SegmentFile::parse(name).is_some_and(|file| file.suffix == DELETED);
        if let Some(error) = is_deleted.then(|| dir.remove(name)).and_then(Result::err) {
            tracing::warn!(%error, "a file that was deleted is still there");
        }
    }
    for FileInfo { name, .. } in &files {
        if let Some(SegmentFile { base_offset, kind, suffix: SWAP }) = SegmentFile::parse(name) {
            dir.rename(name, &kind.name(base_offset))?;
        }
    }
    Ok(())
}

/// Removes the segments whose offsets are in the log file `base_offset.log.swap`.
fn remove_covered(dir: &Dir, files: &[FileInfo], base_offset: i64) -> Result<(), LogError> {
    let name = format!("{}{SWAP}", FileKind::Log.name(base_offset));
    let file = dir.open(&name)?;
    let len = file.size().map_err(|e| dir.error("open", &name, e))?;
    let span = Span { position: 0, end: len, from: base_offset, to: i64::MAX, first_ends_with: None };
    let mut scanner = BatchScanner::new(&*file, span, HEADER_BLOCK);
    while scanner.next().map_err(|e| scan_error(dir, &name, e))?.is_some() {}
    let next_offset = scanner.next_offset();
    for covered in segment_files(files, "").filter(|file| (base_offset..next_offset).contains(&file.base_offset)) {
        // The producers at its base offset, and the aborted transactions, are those of the old segment.
        let stays = matches!(covered.kind, FileKind::TransactionIndex | FileKind::ProducerSnapshot);
        if covered.base_offset != base_offset || !stays {
            dir.remove(&covered.kind.name(covered.base_offset))?;
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Loaded {
    segments: VecDeque<Segment>,
    end_offset: i64,
    /// Leader epochs that recovery came across, with their first offsets.
    epochs: Vec<(i32, i64)>,
    /// Files of segments that were dropped, under the name that they wait for their deletion with.
    dropped: Vec<String>,
}

/// A segment that is being loaded.
#[derive(Clone, Copy, Debug)]
struct Loading {
    /// Where the next one begins.
    next_base: Option<i64>,
    /// Whether it may hold what was not durable when the broker died.
    suspect: bool,
    /// The log was durable up to here.
    durable_end: i64,
}

impl Loading {
    fn end_offset(&self) -> i64 {
        self.next_base.unwrap_or(i64::MAX)
    }
}

/// Opens all segments, and recovers those that need it.
fn load_segments(dir: &Dir, config: &LogConfig, open: &OpenLog) -> Result<Loaded, LogError> {
    let files = dir.list()?;
    let modified: BTreeMap<i64, Option<i64>> = files.iter().filter_map(log_file_time).collect();
    remove_orphans(dir, &files, &modified, open)?;
    let bases: Vec<i64> = modified.keys().copied().collect();
    let durable_end = believed_durable_end(dir, open, bases.last().copied());
    let mut loaded = Loaded { segments: VecDeque::new(), end_offset: 0, epochs: Vec::new(), dropped: Vec::new() };
    for (i, (&base_offset, modified_ms)) in modified.iter().enumerate() {
        let next_base = bases.get(i + 1).copied();
        // The segment that holds the recovery point, and all behind it.
        let suspect = !open.clean_shutdown && next_base.is_none_or(|next| next > open.recovery_point);
        let loading = Loading { next_base, suspect, durable_end };
        let mut segment = Segment::open(dir, base_offset, open.now_ms)?;
        segment.set_modified_ms(modified_ms.unwrap_or(open.now_ms));
        let (next_offset, whole) = load_segment(dir, config, open, &mut segment, loading, &mut loaded.epochs)?;
        loaded.end_offset = next_offset;
        loaded.segments.push_back(segment);
        let Some(next) = next_base else { break };
        if suspect && !whole {
            tracing::warn!("{}: the segments from {next} on do not follow offset {next_offset}, dropped", dir.path());
            drop_segments(dir, &files, next, &mut loaded.dropped)?;
            break;
        }
        if whole && next_offset < next && !config.cleanup_policy.compact {
            tell_gap(dir, base_offset, next_offset..next, suspect);
        }
    }
    // A log that has no segment left ends where it began.
    let must_end = if loaded.segments.is_empty() { durable_end.max(open.log_start_offset) } else { durable_end };
    if loaded.end_offset < must_end {
        if !loaded.segments.is_empty() {
            tracing::error!(
                log = dir.path(),
                "the log ends at offset {} but was durable up to {must_end}: stop the broker and restore its last \
                 segment from a copy, or go on without those records; new ones begin with offset {must_end}",
                loaded.end_offset
            );
        } else if durable_end > 0 {
            tracing::error!(
                log = dir.path(),
                "no segment of the log is left, which was durable up to {durable_end}: stop the broker and restore it \
                 from a copy, or go on without its records; new ones begin with offset {must_end}"
            );
        }
        // The offsets must not be given to other records: who has read up to there would miss those.
        loaded.segments.push_back(Segment::create(dir, must_end, open.now_ms)?);
        loaded.end_offset = must_end;
    }
    Ok(loaded)
}

/// Where the log ends at least, by its recovery point: at an orderly stop that is where it ended. No log reaches
/// further than its last segment can, so one that says so is damaged.
fn believed_durable_end(dir: &Dir, open: &OpenLog, last_base: Option<i64>) -> i64 {
    let limit = last_base.map_or(i64::MAX, |base| base.saturating_add(i64::from(i32::MAX)).saturating_add(1));
    if open.recovery_point <= limit {
        return open.recovery_point;
    }
    tracing::error!(
        log = dir.path(),
        recovery_point = open.recovery_point,
        "the checkpoint of the recovery point is damaged: whether the end of the log is missing cannot be told"
    );
    0
}

/// Loads a segment, or recovers it. Returns the offset after its last batch, and whether it is whole up to there.
fn load_segment(
    dir: &Dir,
    config: &LogConfig,
    open: &OpenLog,
    segment: &mut Segment,
    loading: Loading,
    epochs: &mut Vec<(i32, i64)>,
) -> Result<(i64, bool), LogError> {
    let last = loading.next_base.is_none();
    // At an orderly stop, the recovery point is where the log ends.
    let closed_at = Some(open.recovery_point).filter(|at| last && open.clean_shutdown && *at > 0);
    if !loading.suspect {
        match load_sound(dir, segment, &loading) {
            Ok(next_offset) if closed_at.is_none_or(|at| at == next_offset) => return Ok((next_offset, true)),
            Ok(next_offset) => {
                tracing::warn!(log = dir.path(), next_offset, ?closed_at, "the log does not end where it was closed");
            }
            Err(LoadError::Tail(error)) => {
                tracing::warn!("{} is read again, its indexes are rebuilt: {error}", dir.path_of(&segment.log_name()));
            }
            Err(LoadError::Log(error)) => return Err(error),
        }
    }
    let boundary = Some(open.recovery_point).filter(|at| last && *at > 0 && !config.cleanup_policy.compact);
    let recovery = Recovery {
        end_offset: loading.end_offset(),
        durable_before: if loading.suspect { open.recovery_point } else { i64::MAX },
        boundary,
        cut: last || loading.suspect,
        keep_before: loading.durable_end,
    };
    let recovered = segment.recover(config, &recovery).map_err(|e| dir.error("read", &segment.log_name(), e))?;
    let Recovered { next_offset, kept, end, cut, epochs: found } = recovered;
    let whole = end.is_none();
    tell(dir, segment, cut, kept, end);
    segment.seal();
    segment.store_indexes(dir)?;
    epochs.extend(found);
    Ok((next_offset, whole))
}

enum LoadError {
    Log(LogError),
    Tail(TailError),
}

impl<E: Into<TailError>> From<E> for LoadError {
    fn from(error: E) -> Self {
        Self::Tail(error.into())
    }
}

/// Loads the indexes of a segment and holds them against its end. Returns the offset after its last batch.
fn load_sound(dir: &Dir, segment: &mut Segment, loading: &Loading) -> Result<i64, LoadError> {
    let end_offset = loading.end_offset();
    segment.load_indexes(dir).map_err(LoadError::Log)??;
    let next_offset = segment.read_tail(end_offset)?;
    segment.check_time_index(end_offset)?;
    Ok(next_offset)
}

/// Says what a recovery found: the torn end of what was being written when the broker died, or damage.
fn tell(dir: &Dir, segment: &Segment, cut: bool, kept: Option<Damage>, end: Option<Damage>) {
    let name = segment.log_name();
    if let Some(Damage { defect, from, to }) = kept {
        segment.reported.damage(&damage(dir, &name, &defect, from, to));
    }
    match end {
        Some(Damage { defect, .. }) if cut => {
            tracing::warn!("{} is cut to {} bytes: {defect}", dir.path_of(&name), segment.size);
        }
        Some(Damage { defect, from, to }) => segment.reported.damage(&damage(dir, &name, &defect, from, to)),
        None => {}
    }
}

/// Says that a segment does not begin where the one before it ends. Both are sound, and there is no telling why from the
/// files alone, so both are kept, as Kafka does.
fn tell_gap(dir: &Dir, base_offset: i64, gap: std::ops::Range<i64>, suspect: bool) {
    let file = dir.path_of(&FileKind::Log.name(base_offset));
    let std::ops::Range { start, end } = gap;
    if suspect {
        tracing::warn!(
            file,
            "there are no records from offset {start} to before {end}: they were compacted away once, or written last \
             of this file and not yet durable when the broker died"
        );
    } else {
        tracing::error!(
            file,
            "the records from offset {start} to before {end} are missing, this file or one behind it: stop the broker \
             and restore it from a copy, or go on without them; all is well if the topic was compacted once"
        );
    }
}

fn log_file_time(file: &FileInfo) -> Option<(i64, Option<i64>)> {
    match SegmentFile::parse(&file.name)? {
        SegmentFile { base_offset, kind: FileKind::Log, suffix: "" } => Some((base_offset, file.modified_ms)),
        _ => None,
    }
}

/// Removes indexes without a segment, which a crash leaves behind now and then. Snapshots have a life of their own.
fn remove_orphans(
    dir: &Dir,
    files: &[FileInfo],
    logs: &BTreeMap<i64, Option<i64>>,
    open: &OpenLog,
) -> Result<(), LogError> {
    for SegmentFile { base_offset, kind, .. } in segment_files(files, "") {
        if kind == FileKind::ProducerSnapshot || logs.contains_key(&base_offset) {
            continue;
        }
        if open.clean_shutdown && kind == FileKind::OffsetIndex {
            let missing = dir.path_of(&FileKind::Log.name(base_offset));
            tracing::error!(
                "{missing} is missing although its index is there: stop the broker and restore it from a copy"
            );
        }
        dir.remove(&kind.name(base_offset))?;
    }
    Ok(())
}

fn scan_error(dir: &Dir, file: &str, error: ScanError) -> LogError {
    match error {
        ScanError::Io(source) => dir.error("read", file, source),
        ScanError::Defect(defect) => LogError::Corrupt {
            path: dir.path_of(file),
            reason: defect.to_string(),
            remedy: "it is the outcome of a compaction: restore it from a copy, or delete it, and what is left of the \
                     segments that it was made of is used again (those that end in .deleted, under their old names)",
        },
    }
}

/// Renames the files of all segments from `from` on, so that they are out of the way but can still be looked at.
fn drop_segments(dir: &Dir, files: &[FileInfo], from: i64, dropped: &mut Vec<String>) -> Result<(), LogError> {
    for file in segment_files(files, "").filter(|file| file.base_offset >= from) {
        let name = file.kind.name(file.base_offset);
        let renamed = format!("{name}{DELETED}");
        if dir.rename(&name, &renamed).is_ok() {
            dropped.push(renamed);
        } else {
            dir.remove(&name)?;
        }
    }
    Ok(())
}
