//! Opening a log: finishing what was interrupted, loading what is sound, recovering what may not be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::str::FromStr;
use std::sync::Arc;

use ottla_protocol::wire::Uuid;

use super::LogConfig;
use super::batches::{Defect, HEADER_BLOCK, ScanError, TransactionMarker};
use super::error::LogError;
use super::layout::{CLEANED, DELETED, FileKind, PARTITION_METADATA, SWAP, SegmentFile, TopicPartition};
use super::leader_epochs::{EpochEntry, LeaderEpochs};
use super::partition_log::{DeletedFile, Log};
use super::producer_state::ProducerState;
use super::read::scan_error;
use super::segment::{Recovered, Segment};
use super::storage::{Dir, FileInfo, Storage};
use super::tail::TailCache;

/// More than a snapshot or `partition.metadata` has; a larger one is not read.
const MAX_SNAPSHOT_LEN: u64 = i32::MAX as u64;
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
    /// whole, and their indexes rebuilt; segments behind the cut are dropped.
    ///
    /// # Errors
    /// Those of the storage; [`LogError::InconsistentTopicId`]; [`LogError::Corrupt`] where nothing may be cut.
    pub fn open(
        storage: Arc<dyn Storage>,
        partition: TopicPartition,
        config: LogConfig,
        open: OpenLog,
    ) -> Result<Self, LogError> {
        let dir = Dir::partition(storage, partition.dir_name());
        dir.create()?;
        let topic_id = agree_on_topic_id(&dir, open.topic_id)?;
        finish_interrupted_work(&dir)?;
        let mut epochs = LeaderEpochs::load(&dir)?;
        let Loaded { mut segments, end_offset, epochs: found, dropped } = load_segments(&dir, &config, &open)?;
        let active = match segments.pop_back() {
            Some(active) => active,
            None => Segment::create(&dir, end_offset, open.now_ms)?,
        };
        let first = segments.front().map_or(active.base_offset, |segment| segment.base_offset);
        let log_start_offset = open.log_start_offset.max(first);
        let mut epochs_changed = epochs.truncate_from_end(end_offset);
        for (epoch, start_offset) in found {
            epochs_changed |= epochs.assign(EpochEntry { epoch, start_offset });
        }
        epochs_changed |= epochs.truncate_from_start(log_start_offset);
        let recovery_point = if open.clean_shutdown { end_offset } else { open.recovery_point.clamp(0, end_offset) };
        let cached = if dir.storage().is_memory() { 0 } else { config.tail_cache_bytes };
        let due_ms = open.now_ms.saturating_add(config.file_delete_delay_ms);
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
            truncations: 0,
            deleted: dropped.into_iter().map(|name| DeletedFile { due_ms, name }).collect(),
            failed: false,
        };
        log.save_epochs()?;
        log.load_producers(open.now_ms)?;
        Ok(log)
    }

    /// Rebuilds what is known of producers from the last sound snapshot and the batches behind it.
    pub(super) fn load_producers(&mut self, now_ms: i64) -> Result<(), LogError> {
        let (mut producers, from) = self.load_snapshot(now_ms)?;
        if from < self.end_offset {
            for segment in self.segments_from(from) {
                replay(segment, from, &mut producers).map_err(|e| scan_error(&self.dir, &segment.log_name(), e))?;
            }
            producers.expire(now_ms, self.config.producer_id_expiration_ms);
        }
        self.producers = producers;
        if from < self.end_offset { self.take_snapshot() } else { Ok(()) }
    }

    /// The last snapshot that is sound and not of a future that was cut off, and the offset that it is of.
    /// Removes those that will not be used.
    fn load_snapshot(&self, now_ms: i64) -> Result<(ProducerState, i64), LogError> {
        let bases: BTreeSet<i64> = self.segment_base_offsets().collect();
        let mut found = None;
        for offset in self.snapshot_offsets()?.into_iter().rev() {
            let name = FileKind::ProducerSnapshot.name(offset);
            let useful = offset <= self.end_offset && (found.is_none() || bases.contains(&offset));
            if !useful {
                self.dir.remove(&name)?;
            } else if found.is_none() {
                let content = self.dir.read(&name, MAX_SNAPSHOT_LEN)?.unwrap_or_default();
                match ProducerState::decode_snapshot(&content, now_ms, self.config.producer_id_expiration_ms) {
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

fn replay(segment: &Segment, from: i64, producers: &mut ProducerState) -> Result<(), ScanError> {
    let mut scanner = segment.scan(segment.position_before(from), HEADER_BLOCK);
    loop {
        let batch = match scanner.next() {
            // Formats before 0.11 know no producer ids.
            Ok(None) | Err(ScanError::Defect(Defect::Legacy { .. })) => return Ok(()),
            Ok(Some(batch)) => batch,
            Err(other) => return Err(other),
        };
        let header = batch.header;
        if header.last_offset() < from || !header.has_producer_id() {
            continue;
        }
        let control = header.attributes.is_control();
        let marker = if control { TransactionMarker::of(scanner.bytes(&batch)?) } else { None };
        producers.apply(&header, marker);
    }
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
        if incomplete || matches!(file.suffix, DELETED | CLEANED) {
            dir.remove(name)?;
        }
    }
    let files = dir.list()?;
    for swap in segment_files(&files, SWAP).filter(|file| file.kind == FileKind::Log) {
        remove_covered(dir, &files, swap.base_offset)?;
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
    let mut scanner = super::batches::BatchScanner::new(&*file, 0, len, HEADER_BLOCK);
    let mut next_offset = base_offset;
    while let Some(batch) = scanner.next().map_err(|e| scan_error(dir, &name, e))? {
        next_offset = batch.header.last_offset() + 1;
    }
    for covered in segment_files(files, "").filter(|file| (base_offset..next_offset).contains(&file.base_offset)) {
        dir.remove(&covered.kind.name(covered.base_offset))?;
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

/// Opens all segments, and recovers those that need it.
fn load_segments(dir: &Dir, config: &LogConfig, open: &OpenLog) -> Result<Loaded, LogError> {
    let files = dir.list()?;
    let modified: BTreeMap<i64, Option<i64>> = files.iter().filter_map(log_file_time).collect();
    remove_orphans(dir, &files, &modified)?;
    let bases: Vec<i64> = modified.keys().copied().collect();
    let mut loaded = Loaded { segments: VecDeque::new(), end_offset: 0, epochs: Vec::new(), dropped: Vec::new() };
    for (i, (&base_offset, modified_ms)) in modified.iter().enumerate() {
        let next_base = bases.get(i + 1).copied();
        // The segment that holds the recovery point, and all behind it.
        let suspect = !open.clean_shutdown && next_base.is_none_or(|next| next > open.recovery_point);
        if suspect && base_offset < loaded.end_offset {
            tracing::warn!("{}: segment {base_offset} overlaps the one before, it is dropped", dir.path());
            drop_segments(dir, &files, base_offset, &mut loaded.dropped)?;
            break;
        }
        let mut segment = Segment::open(dir, base_offset, open.now_ms)?;
        segment.set_modified_ms(modified_ms.unwrap_or(open.now_ms));
        let (next_offset, cut) = load_segment(dir, config, &mut segment, suspect, next_base.is_none(), &mut loaded)?;
        loaded.end_offset = next_offset;
        loaded.segments.push_back(segment);
        if cut && suspect {
            if let Some(next) = next_base {
                drop_segments(dir, &files, next, &mut loaded.dropped)?;
            }
            break;
        }
    }
    if loaded.end_offset < open.log_start_offset {
        drop_segments(dir, &files, 0, &mut loaded.dropped)?;
        loaded.segments.clear();
        loaded.end_offset = open.log_start_offset;
    }
    Ok(loaded)
}

/// Loads a segment, or recovers it. Returns the offset after its last batch (for a sealed segment that is sound: its
/// base offset, as nobody asks), and whether something was cut off.
fn load_segment(
    dir: &Dir,
    config: &LogConfig,
    segment: &mut Segment,
    suspect: bool,
    last: bool,
    loaded: &mut Loaded,
) -> Result<(i64, bool), LogError> {
    if !suspect {
        match segment.load_indexes(dir)? {
            Ok(()) if !last => return Ok((segment.base_offset, false)),
            Ok(()) => match segment.read_tail() {
                Ok(next_offset) => return Ok((next_offset, false)),
                Err(ScanError::Defect(defect)) => tracing::warn!("{}: {defect}", dir.path_of(&segment.log_name())),
                Err(io) => return Err(scan_error(dir, &segment.log_name(), io)),
            },
            Err(defect) => {
                tracing::warn!("{}: its index is rebuilt: {defect}", dir.path_of(&segment.log_name()));
            }
        }
    }
    let recovered = segment.recover(config).map_err(|e| scan_error(dir, &segment.log_name(), e))?;
    let Recovered { next_offset, defect, epochs } = recovered;
    if let Some(defect) = &defect {
        tracing::warn!("{}: cut to {} bytes: {defect}", dir.path_of(&segment.log_name()), segment.size);
    }
    segment.seal();
    segment.store_indexes(dir)?;
    loaded.epochs.extend(epochs);
    Ok((next_offset, defect.is_some()))
}

fn log_file_time(file: &FileInfo) -> Option<(i64, Option<i64>)> {
    match SegmentFile::parse(&file.name)? {
        SegmentFile { base_offset, kind: FileKind::Log, suffix: "" } => Some((base_offset, file.modified_ms)),
        _ => None,
    }
}

/// Removes indexes without a segment. Snapshots have a life of their own.
fn remove_orphans(dir: &Dir, files: &[FileInfo], logs: &BTreeMap<i64, Option<i64>>) -> Result<(), LogError> {
    for SegmentFile { base_offset, kind, .. } in segment_files(files, "") {
        if kind != FileKind::ProducerSnapshot && !logs.contains_key(&base_offset) {
            dir.remove(&kind.name(base_offset))?;
        }
    }
    Ok(())
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
