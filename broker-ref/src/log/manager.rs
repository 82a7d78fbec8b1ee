//! One log directory: all its logs, their checkpoints, and what is done to them now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_protocol::wire::Uuid;

use super::LogConfig;
use super::checkpoint::{self, Offsets};
use super::compaction::Dirt;
use super::delayed::Delayed;
use super::directory::{FoundLog, Identity, LogDirectory};
use super::error::LogError;
use super::layout::{
    CLEAN_SHUTDOWN, COMPACTION_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT, LOG_START_OFFSET_CHECKPOINT,
    RECOVERY_POINT_CHECKPOINT, TopicPartition,
};
use super::load::OpenLog;
use super::parallel;
use super::partition_log::Log;
use super::storage::{Dir, Storage};

const MAX_CLEAN_SHUTDOWN_LEN: u64 = 4096;
/// Kafka notes the epoch of the broker's registration here. This broker does not register with anything.
const CLEAN_SHUTDOWN_CONTENT: &str = r#"{"version":0,"brokerEpoch":-1}"#;

/// A log, shared by all who use it.
#[derive(Clone, Debug)]
pub struct LogHandle(Arc<Mutex<Log>>);

impl LogHandle {
    /// Shares a log.
    pub fn new(log: Log) -> Self {
        Self(Arc::new(Mutex::new(log)))
    }

    /// Waits for the log. Hold it as short as possible, and never across an `await`.
    pub fn lock(&self) -> MutexGuard<'_, Log> {
        // A log is consistent between calls, and a failed write is remembered by the log itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A log that is to be created.
#[derive(Clone, Debug)]
pub struct NewLog {
    /// Its partition.
    pub partition: TopicPartition,
    /// The id of its topic.
    pub topic_id: Uuid,
    /// Its settings.
    pub config: LogConfig,
}

/// How often a log directory is looked after, under the names of Kafka's broker settings; the defaults are Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogManagerConfig {
    /// `log.retention.check.interval.ms`.
    pub retention_check_interval_ms: i64,
    /// `log.flush.offset.checkpoint.interval.ms`.
    pub recovery_point_checkpoint_interval_ms: i64,
    /// `log.flush.start.offset.checkpoint.interval.ms`.
    pub log_start_offset_checkpoint_interval_ms: i64,
    /// `replica.high.watermark.checkpoint.interval.ms`.
    pub high_watermark_checkpoint_interval_ms: i64,
    /// `file.delete.delay.ms`, for directories of deleted partitions.
    pub file_delete_delay_ms: i64,
}

impl Default for LogManagerConfig {
    fn default() -> Self {
        Self {
            retention_check_interval_ms: 5 * 60 * 1000,
            recovery_point_checkpoint_interval_ms: 60_000,
            log_start_offset_checkpoint_interval_ms: 60_000,
            high_watermark_checkpoint_interval_ms: 5_000,
            file_delete_delay_ms: 60_000,
        }
    }
}

/// What a [`LogManager::tick`] could not do.
#[derive(Debug, Default)]
pub struct TickReport {
    /// What failed, with the partition whose log it was of. All else was done.
    pub failures: Vec<(TopicPartition, LogError)>,
    /// Failures of the directory itself.
    pub directory_failures: Vec<LogError>,
}

/// All logs of one log directory.
///
/// It runs nothing by itself: call [`LogManager::tick`] about once a second, on a thread that may block.
pub struct LogManager {
    root: Dir,
    config: LogManagerConfig,
    directory_id: Uuid,
    logs: BTreeMap<TopicPartition, LogHandle>,
    /// Partitions whose logs are gone though they were durable up to an offset.
    missing: Offsets,
    /// Up to where logs are compacted.
    compacted: Offsets,
    /// Logs that cannot be compacted, and when that is tried again, in milliseconds since the epoch.
    uncompactable: BTreeMap<TopicPartition, i64>,
    /// Directories that were renamed and wait to be removed.
    deleted_dirs: Delayed<String>,
    /// Logs that could not be deleted.
    undeleted: Delayed<Undeleted>,
    timers: Timers,
    /// The checkpoints tell of partitions that are gone.
    checkpoints_are_stale: bool,
    /// Keeps other processes out for as long as this lives.
    _lock: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for LogManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogManager").field("root", &self.root).field("logs", &self.logs.len()).finish_non_exhaustive()
    }
}

/// What becomes of a log that was found.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is opened with these settings.
    Ours(Box<LogConfig>),
    /// No topic is known for it: its directory is renamed, and stays.
    Stray,
    /// It is left as it is.
    Other,
}

/// A log whose deletion failed.
#[derive(Clone, Debug)]
struct Undeleted {
    partition: TopicPartition,
    log: LogHandle,
}

/// When each of the regular jobs was done last.
#[derive(Debug)]
struct Timers {
    retention_ms: i64,
    recovery_points_ms: i64,
    log_start_offsets_ms: i64,
    high_watermarks_ms: i64,
}

impl Timers {
    fn starting(now_ms: i64) -> Self {
        Self {
            retention_ms: now_ms,
            recovery_points_ms: now_ms,
            log_start_offsets_ms: now_ms,
            high_watermarks_ms: now_ms,
        }
    }
}

/// Whether a job that was done at `last_ms` is due again; if so, it counts as done. It is too when the clock was set
/// back since then, or it would not be for as long as the clock was set back by.
fn is_due(last_ms: &mut i64, interval_ms: i64, now_ms: i64) -> bool {
    let due = now_ms < *last_ms || now_ms.saturating_sub(*last_ms) >= interval_ms;
    if due {
        *last_ms = now_ms;
    }
    due
}

impl LogManager {
    /// Opens a log directory and all logs in it; those that were not closed in order are recovered. Blocks.
    ///
    /// `config_of` tells the settings of each partition's log.
    ///
    /// # Errors
    /// Those of [`LogDirectory::open`] and [`LogManager::load`].
    pub fn open(
        storage: Arc<dyn Storage>,
        identity: &Identity,
        config: LogManagerConfig,
        config_of: impl Fn(&TopicPartition) -> LogConfig,
        now_ms: i64,
    ) -> Result<Self, LogError> {
        let directory = LogDirectory::open(storage, identity)?;
        Self::load(directory, config, |found| Ok(Claim::Ours(config_of(&found.partition).into())), now_ms)
    }

    /// Opens the logs in a directory that are claimed; those that were not closed in order are recovered. Blocks.
    ///
    /// # Errors
    /// What `claim` refuses, before anything is touched; and those of [`Log::open`].
    pub fn load(
        directory: LogDirectory,
        config: LogManagerConfig,
        claim: impl Fn(&FoundLog) -> Result<Claim, LogError>,
        now_ms: i64,
    ) -> Result<Self, LogError> {
        let LogDirectory { root, id, lock, found, deleted, mut others } = directory;
        let claimed = found.into_iter().map(|found| Ok((claim(&found)?, found.partition)));
        let claimed = claimed.collect::<Result<Vec<_>, LogError>>()?;
        let checkpoints = Checkpoints::read(&root)?;
        // From here on a crash is an unclean shutdown, even while the logs are still being loaded.
        let clean_shutdown = root.read(CLEAN_SHUTDOWN, MAX_CLEAN_SHUTDOWN_LEN)?.is_some();
        root.remove(CLEAN_SHUTDOWN)?;
        let mut manager = Self {
            compacted: checkpoint::read_offsets(&root, COMPACTION_CHECKPOINT)?,
            root,
            config,
            directory_id: id,
            logs: BTreeMap::new(),
            missing: checkpoints.known_ends(),
            uncompactable: BTreeMap::new(),
            deleted_dirs: deleted.into_iter().map(|name| (now_ms, name)).collect(),
            undeleted: Delayed::default(),
            timers: Timers::starting(now_ms),
            checkpoints_are_stale: false,
            _lock: lock,
        };
        let mut strays = BTreeSet::new();
        for (claim, partition) in claimed {
            match claim {
                Claim::Ours(config) => {
                    let open = OpenLog { clean_shutdown, now_ms, ..checkpoints.of(&partition) };
                    let log = Log::open(Arc::clone(manager.root.storage()), partition.clone(), *config, open)?;
                    manager.logs.insert(partition, LogHandle::new(log));
                }
                Claim::Stray => drop(strays.insert(partition)),
                Claim::Other => others.push(partition.dir_name()),
            }
        }
        manager.put_aside(&strays)?;
        manager.trim_compacted();
        let Self { missing, logs, .. } = &mut manager;
        missing.retain(|partition, offset| *offset > 0 && !logs.contains_key(partition) && !strays.contains(partition));
        if !others.is_empty() {
            tracing::warn!(
                directory = manager.location(),
                "left alone, as they are no partitions of this broker: {}",
                some_of(&others)
            );
        }
        Ok(manager)
    }

    /// Forgets up to where logs were compacted that are gone, or end before that.
    fn trim_compacted(&mut self) {
        let Self { compacted, logs, .. } = self;
        let before = compacted.len();
        compacted.retain(|partition, to| logs.get(partition).is_some_and(|log| *to <= log.lock().end_offset()));
        self.checkpoints_are_stale |= self.compacted.len() < before;
    }

    /// Renames the directories of logs that no topic is known for; they stay.
    fn put_aside(&mut self, strays: &BTreeSet<TopicPartition>) -> Result<(), LogError> {
        if strays.is_empty() {
            return Ok(());
        }
        for stray in strays {
            let (name, renamed) = (stray.dir_name(), stray.stray_dir_name(fastrand::u128(..)));
            self.root.storage().rename_dir(&name, &renamed).map_err(|e| self.root.error("rename", &name, e))?;
        }
        self.root.sync_names()?;
        self.checkpoints_are_stale = true;
        let names: Vec<String> = strays.iter().map(TopicPartition::dir_name).collect();
        tracing::warn!(
            directory = self.location(),
            "{} logs belong to no topic, and their directories end in -stray now: {}. If topics are missing, stop the \
             broker, give the directories their names back, and move ottla-metadata away: all topics are then made of \
             their directories",
            names.len(),
            some_of(&names)
        );
        Ok(())
    }

    /// Whether a log is to be there is known once the topics are: of the partitions that have none, only those that
    /// `expected` says are missed. Their logs begin where the lost ones ended, so that no offset is given twice.
    pub fn retain_missing(&mut self, expected: impl Fn(&TopicPartition) -> bool) {
        let before = self.missing.len();
        self.missing.retain(|partition, _| expected(partition));
        self.checkpoints_are_stale |= self.missing.len() < before;
    }

    /// The id of this directory, which a controller tells directories apart by.
    pub fn directory_id(&self) -> Uuid {
        self.directory_id
    }

    /// Where the directory is, for messages.
    pub fn location(&self) -> String {
        self.root.path()
    }

    /// All logs, by partition.
    pub fn logs(&self) -> impl Iterator<Item = (&TopicPartition, &LogHandle)> {
        self.logs.iter()
    }

    /// The log of a partition.
    pub fn get(&self, partition: &TopicPartition) -> Option<LogHandle> {
        self.logs.get(partition).cloned()
    }

    /// The log of a partition, created if it is not there. Blocks.
    ///
    /// # Errors
    /// [`LogError::InconsistentTopicId`] if there is a log of an earlier topic of this name, and those of the storage.
    pub fn create(
        &mut self,
        partition: TopicPartition,
        topic_id: Uuid,
        config: LogConfig,
        now_ms: i64,
    ) -> Result<LogHandle, LogError> {
        if self.is_undeleted(&partition) {
            // The name cannot be used until the log of the topic that had it is out of the way.
            self.delete(&partition, now_ms)?;
        }
        if let Some(log) = self.logs.get(&partition) {
            log.lock().set_topic_id(topic_id)?;
            return Ok(log.clone());
        }
        self.forget_earlier_logs()?;
        let new = NewLog { partition, topic_id, config };
        let log = self.open_new(&new, now_ms)?;
        self.insert_new(new.partition, log.clone());
        Ok(log)
    }

    /// Creates the logs of many partitions, which takes far less time than one after the other. Blocks.
    ///
    /// One that cannot be created is left out: [`create`](Self::create) tries again, and says why.
    pub fn create_all(&mut self, new: &[NewLog], now_ms: i64) {
        let new: Vec<_> = new.iter().filter(|new| !self.logs.contains_key(&new.partition)).collect();
        if new.is_empty() || self.forget_earlier_logs().is_err() {
            return;
        }
        let opened = parallel::for_each(&new, |new| self.open_new(new, now_ms));
        for (new, opened) in new.into_iter().zip(opened) {
            if let Ok(log) = opened {
                self.insert_new(new.partition.clone(), log);
            }
        }
    }

    fn insert_new(&mut self, partition: TopicPartition, log: LogHandle) {
        self.missing.remove(&partition);
        self.compacted.remove(&partition);
        self.uncompactable.remove(&partition);
        self.logs.insert(partition, log);
    }

    /// After a crash, a new log must not be held against the offsets of an earlier one of its name.
    fn forget_earlier_logs(&mut self) -> Result<(), LogError> {
        if self.checkpoints_are_stale {
            self.checkpoint_recovery_points()?;
            self.checkpoint_log_start_offsets()?;
            self.checkpoint_high_watermarks()?;
            checkpoint::write_offsets(&self.root, COMPACTION_CHECKPOINT, &self.compacted)?;
            self.checkpoints_are_stale = false;
        }
        Ok(())
    }

    fn open_new(&self, new: &NewLog, now_ms: i64) -> Result<LogHandle, LogError> {
        let recovery_point = self.missing.get(&new.partition).copied().unwrap_or(0);
        let open = OpenLog { topic_id: Some(new.topic_id), recovery_point, now_ms, ..OpenLog::default() };
        let storage = Arc::clone(self.root.storage());
        Log::open(storage, new.partition.clone(), new.config.clone(), open).map(LogHandle::new)
    }

    /// Deletes a partition: its directory is renamed at once and removed after `file.delete.delay.ms`. Blocks.
    ///
    /// Who still holds the log can read what was flushed or is in memory, but not write.
    ///
    /// # Errors
    /// [`LogError::UnknownPartition`], and those of the storage.
    pub fn delete(&mut self, partition: &TopicPartition, now_ms: i64) -> Result<(), LogError> {
        self.delete_all(std::slice::from_ref(partition), now_ms).into_iter().try_for_each(|(_, deleted)| deleted)
    }

    /// Deletes many partitions, which takes far less time than one after the other. Blocks.
    ///
    /// # Errors
    /// As for [`LogManager::delete`], for each of them.
    pub fn delete_all(
        &mut self,
        partitions: &[TopicPartition],
        now_ms: i64,
    ) -> Vec<(TopicPartition, Result<(), LogError>)> {
        let moved = parallel::for_each(partitions, |partition| self.move_away(partition));
        if let Err(error) = self.root.sync_names() {
            // They are out of the way, and after a crash no topic is known for them.
            tracing::warn!(%error, "logs were deleted, but a crash may bring their directories back");
        }
        let mut ended = Vec::with_capacity(partitions.len());
        for (partition, moved) in partitions.iter().zip(moved) {
            let deleted = moved.map(|name| {
                self.logs.remove(partition);
                self.compacted.remove(partition);
                self.deleted_dirs.push(now_ms, name);
            });
            if deleted.is_err() {
                self.note_undeleted(partition, now_ms);
            }
            self.checkpoints_are_stale |= deleted.is_ok() | self.missing.remove(partition).is_some();
            ended.push((partition.clone(), deleted));
        }
        if let Err(error) = self.forget_earlier_logs() {
            // It is tried again before a log is created.
            tracing::warn!(%error, "logs were deleted, and the checkpoints still tell of them");
        }
        ended
    }

    fn note_undeleted(&mut self, partition: &TopicPartition, now_ms: i64) {
        let Some(log) = self.logs.get(partition).filter(|_| !self.is_undeleted(partition)) else { return };
        self.undeleted.push(now_ms, Undeleted { partition: partition.clone(), log: log.clone() });
    }

    fn is_undeleted(&self, partition: &TopicPartition) -> bool {
        let is_this = |undeleted: &Undeleted| undeleted.partition == *partition;
        self.undeleted
            .iter()
            .filter(|undeleted| is_this(undeleted))
            .any(|undeleted| self.is_current(partition, &undeleted.log))
    }

    /// Renames a partition's directory; returns its new name, which is durable once the root's names are. The directory may
    /// be there without a log, which could not be opened.
    fn move_away(&self, partition: &TopicPartition) -> Result<String, LogError> {
        let (name, renamed) = (partition.dir_name(), partition.deleted_dir_name(fastrand::u128(..)));
        let log = self.logs.get(partition).map(LogHandle::lock);
        match (self.root.storage().rename_dir(&name, &renamed), log) {
            (Ok(()), Some(mut log)) => log.moved_away(&renamed),
            (Ok(()), None) => {}
            (Err(error), None) if error.kind() == io::ErrorKind::NotFound => {
                return Err(LogError::UnknownPartition { path: self.root.path_of(&name) });
            }
            (Err(error), _) => return Err(self.root.error("rename", &name, error)),
        }
        Ok(renamed)
    }

    /// Does what is due: flushes by `flush.messages` and `flush.ms` and of sealed segments, retention, removal of
    /// deleted files and directories, checkpoints. Each of these is done whatever becomes of the others. Blocks, but
    /// holds no log's lock while it syncs or removes files.
    pub fn tick(&mut self, now_ms: i64) -> TickReport {
        let mut report = TickReport::default();
        let retention = is_due(&mut self.timers.retention_ms, self.config.retention_check_interval_ms, now_ms);
        for (partition, log) in &self.logs {
            let failures = look_after(log, retention, now_ms);
            report.failures.extend(failures.map(|error| (partition.clone(), error)));
        }
        report.failures.extend(self.delete_again(now_ms));
        report.directory_failures.extend(self.remove_due(now_ms));
        report.directory_failures.extend(self.write_due_checkpoints(now_ms));
        report
    }

    /// Another try for what could not be deleted.
    fn delete_again(&mut self, now_ms: i64) -> Vec<(TopicPartition, LogError)> {
        let due = self.undeleted.take_due(now_ms, self.config.file_delete_delay_ms);
        let still_there: Vec<_> =
            due.into_iter().filter(|old| self.is_current(&old.partition, &old.log)).map(|old| old.partition).collect();
        if still_there.is_empty() {
            return Vec::new();
        }
        let deleted = self.delete_all(&still_there, now_ms);
        deleted.into_iter().filter_map(|(partition, deleted)| Some((partition, deleted.err()?))).collect()
    }

    fn remove_due(&mut self, now_ms: i64) -> Vec<LogError> {
        let mut failures = Vec::new();
        for name in self.deleted_dirs.take_due(now_ms, self.config.file_delete_delay_ms) {
            if let Err(error) = self.root.storage().remove_dir(&name) {
                failures.push(self.root.error("remove", &name, error));
                self.deleted_dirs.push(now_ms, name);
            }
        }
        failures
    }

    fn write_due_checkpoints(&mut self, now_ms: i64) -> impl Iterator<Item = LogError> {
        let Self { config, timers, .. } = self;
        let recovery = is_due(&mut timers.recovery_points_ms, config.recovery_point_checkpoint_interval_ms, now_ms);
        let starts = is_due(&mut timers.log_start_offsets_ms, config.log_start_offset_checkpoint_interval_ms, now_ms);
        let watermarks = is_due(&mut timers.high_watermarks_ms, config.high_watermark_checkpoint_interval_ms, now_ms);
        let written = [
            recovery.then(|| self.checkpoint_recovery_points()),
            starts.then(|| self.checkpoint_log_start_offsets()),
            watermarks.then(|| self.checkpoint_high_watermarks()),
        ];
        written.into_iter().flatten().filter_map(Result::err)
    }

    /// The log that wants to be compacted most, and what there is to compact: where a record waits for longer than it
    /// may, or else the one of which the largest share is dirty.
    pub fn dirtiest(&self, now_ms: i64) -> Option<(TopicPartition, LogHandle, Dirt)> {
        let dirt = |(partition, log): (&TopicPartition, &LogHandle)| {
            let compacted_to = self.compacted.get(partition).copied().unwrap_or(0);
            let guard = log.lock();
            let dirt = guard.dirt(compacted_to, now_ms).filter(|dirt| guard.is_worth_compacting(dirt))?;
            drop(guard);
            Some((partition.clone(), log.clone(), dirt))
        };
        let waits = |partition| self.uncompactable.get(partition).is_some_and(|until_ms| now_ms < *until_ms);
        let candidates = self.logs.iter().filter(|(partition, _)| !waits(partition));
        let urgency = |dirt: &Dirt| (dirt.overdue, dirt.ratio);
        candidates
            .filter_map(dirt)
            .max_by(|(_, _, a), (_, _, b)| urgency(a).partial_cmp(&urgency(b)).unwrap_or(std::cmp::Ordering::Equal))
    }

    /// Notes up to where a log is compacted, unless it has been deleted since, and writes it down.
    ///
    /// # Errors
    /// Those of the storage; after a restart, more is compacted again than has to be.
    pub fn note_compacted(
        &mut self,
        partition: &TopicPartition,
        log: &LogHandle,
        compacted_to: i64,
    ) -> Result<(), LogError> {
        if self.is_current(partition, log) {
            self.compacted.insert(partition.clone(), compacted_to);
            checkpoint::write_offsets(&self.root, COMPACTION_CHECKPOINT, &self.compacted)?;
        }
        Ok(())
    }

    /// Leaves a log out that cannot be compacted, until then; whether it has not been deleted since.
    pub fn note_uncompactable(&mut self, partition: &TopicPartition, log: &LogHandle, until_ms: i64) -> bool {
        let is_current = self.is_current(partition, log);
        if is_current {
            self.uncompactable.insert(partition.clone(), until_ms);
        }
        is_current
    }

    fn is_current(&self, partition: &TopicPartition, log: &LogHandle) -> bool {
        self.logs.get(partition).is_some_and(|current| Arc::ptr_eq(&current.0, &log.0))
    }

    /// Writes the recovery points down.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_recovery_points(&self) -> Result<(), LogError> {
        self.checkpoint(RECOVERY_POINT_CHECKPOINT, &self.missing, |log| Some(log.recovery_point()))
    }

    /// Writes down where logs begin, if not with 0. Worth doing at once after records were deleted on request. Kafka leaves
    /// out what is the base offset of a segment, but a file before that may not have been removed yet.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_log_start_offsets(&self) -> Result<(), LogError> {
        let start = |log: &Log| Some(log.log_start_offset()).filter(|start| *start > 0);
        self.checkpoint(LOG_START_OFFSET_CHECKPOINT, &Offsets::new(), start)
    }

    /// Writes the high watermarks down.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_high_watermarks(&self) -> Result<(), LogError> {
        self.checkpoint(HIGH_WATERMARK_CHECKPOINT, &Offsets::new(), |log| Some(log.high_watermark()))
    }

    fn checkpoint(&self, file: &str, others: &Offsets, offset: impl Fn(&Log) -> Option<i64>) -> Result<(), LogError> {
        let of = |(tp, log): (&TopicPartition, &LogHandle)| Some((tp.clone(), offset(&log.lock())?));
        let mut offsets: Offsets = self.logs.iter().filter_map(of).collect();
        offsets.extend(others.clone());
        checkpoint::write_offsets(&self.root, file, &offsets)
    }

    /// Ends all writing at once, as if the process were killed: who still holds a log can only read what is in memory or
    /// open. Waits for writes that are under way, and unlocks the directory.
    pub fn halt(self) {
        for log in self.logs.values() {
            log.lock().halt();
        }
    }

    /// Flushes and closes all logs and marks the shutdown as clean, so that the next start needs no recovery. Blocks.
    ///
    /// # Errors
    /// The first failure; the other logs are closed all the same, but the next start recovers.
    pub fn close(self) -> Result<(), LogError> {
        let mut closed = Ok(());
        for log in self.logs.values() {
            let result = log.lock().close();
            closed = closed.and(result);
        }
        closed?;
        self.checkpoint_recovery_points()?;
        self.checkpoint_log_start_offsets()?;
        self.checkpoint_high_watermarks()?;
        self.root.write_atomically(CLEAN_SHUTDOWN, CLEAN_SHUTDOWN_CONTENT.into())
    }
}

/// Does each of the jobs, whatever becomes of the others; returns what went wrong.
fn look_after(log: &LogHandle, retention: bool, now_ms: i64) -> impl Iterator<Item = LogError> {
    let mut removal = log.lock().start_removal(now_ms);
    let removed = removal.run();
    log.lock().finish_removal(removal, now_ms);
    let flush = log.lock().due_flush(now_ms);
    let flushed = flush.map_or(Ok(()), |flush| {
        let flushed = flush.run();
        log.lock().finish_flush(flushed)
    });
    let deleted = if retention { log.lock().apply_retention(now_ms).map(drop) } else { Ok(()) };
    [removed, flushed, deleted].into_iter().filter_map(Result::err)
}

/// The offsets that were written down for the logs of a directory.
struct Checkpoints {
    recovery_points: Offsets,
    log_starts: Offsets,
    high_watermarks: Offsets,
}

impl Checkpoints {
    fn read(root: &Dir) -> Result<Self, LogError> {
        Ok(Self {
            recovery_points: checkpoint::read_offsets(root, RECOVERY_POINT_CHECKPOINT)?,
            log_starts: checkpoint::read_offsets(root, LOG_START_OFFSET_CHECKPOINT)?,
            high_watermarks: checkpoint::read_offsets(root, HIGH_WATERMARK_CHECKPOINT)?,
        })
    }

    /// How far each log is known to have reached.
    fn known_ends(&self) -> Offsets {
        let mut ends = self.recovery_points.clone();
        for (partition, high_watermark) in &self.high_watermarks {
            let end = ends.entry(partition.clone()).or_insert(0);
            *end = (*end).max(*high_watermark);
        }
        ends
    }

    fn of(&self, partition: &TopicPartition) -> OpenLog {
        let at = |offsets: &Offsets| offsets.get(partition).copied().unwrap_or(0);
        OpenLog {
            log_start_offset: at(&self.log_starts),
            recovery_point: at(&self.recovery_points),
            high_watermark: at(&self.high_watermarks),
            ..OpenLog::default()
        }
    }
}

/// The first few of many names, for messages.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_holds_up_no_job() {
        let mut last_ms = 1_000_000;
        assert!(!is_due(&mut last_ms, 100, 1_000_099));
        assert!(is_due(&mut last_ms, 100, 5_000));
        assert!(!is_due(&mut last_ms, 100, 5_099));
        assert!(is_due(&mut last_ms, 100, 5_100));
    }
}
