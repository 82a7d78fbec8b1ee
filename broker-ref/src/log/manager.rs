//! One log directory: all its logs, their checkpoints, and what is done to them now and then.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla_protocol::wire::Uuid;

use super::LogConfig;
use super::checkpoint::{self, Offsets};
use super::error::LogError;
use super::layout::{
    CLEAN_SHUTDOWN, DirKind, HIGH_WATERMARK_CHECKPOINT, LOCK, LOG_START_OFFSET_CHECKPOINT, META_PROPERTIES,
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

/// Whose log directory it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The cluster's id.
    pub cluster_id: String,
    /// The node's id.
    pub node_id: i32,
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
    /// The partitions whose log failed. The others were looked after.
    pub failures: Vec<(TopicPartition, LogError)>,
    /// A failure of the directory itself.
    pub directory_failure: Option<LogError>,
}

/// All logs of one log directory.
///
/// It runs nothing by itself: call [`LogManager::tick`] about once a second, on a thread that may block.
pub struct LogManager {
    root: Dir,
    config: LogManagerConfig,
    directory_id: Uuid,
    logs: BTreeMap<TopicPartition, LogHandle>,
    deleted_dirs: VecDeque<(i64, String)>,
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

/// The identity that a log directory has, or `None` if it is new.
///
/// # Errors
/// Those of the storage, and [`LogError::Corrupt`] if `meta.properties` does not say.
pub fn read_identity(storage: &Arc<dyn Storage>) -> Result<Option<Identity>, LogError> {
    let root = Dir::root(Arc::clone(storage));
    let Some(properties) = checkpoint::read_properties(&root, META_PROPERTIES)? else { return Ok(None) };
    let cluster_id = properties.get("cluster.id").cloned();
    let node_id = properties.get("node.id").or_else(|| properties.get("broker.id")).and_then(|id| id.parse().ok());
    match (cluster_id, node_id) {
        (Some(cluster_id), Some(node_id)) => Ok(Some(Identity { cluster_id, node_id })),
        _ => Err(LogError::Corrupt {
            path: root.path_of(META_PROPERTIES),
            reason: "it does not say cluster.id and node.id".to_owned(),
            remedy: "write both into it, as they were",
        }),
    }
}

impl LogManager {
    /// Opens a log directory and all logs in it; those that were not closed in order are recovered. Blocks.
    ///
    /// `config_of` tells the settings of each partition's log.
    ///
    /// # Errors
    /// [`LogError::Locked`] if another broker uses the directory, [`LogError::Foreign`] if it is another node's, and
    /// those of [`Log::open`].
    pub fn open(
        storage: Arc<dyn Storage>,
        identity: &Identity,
        config: LogManagerConfig,
        config_of: impl Fn(&TopicPartition) -> LogConfig,
        now_ms: i64,
    ) -> Result<Self, LogError> {
        let root = Dir::root(Arc::clone(&storage));
        let lock = storage.lock().map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => LogError::Locked { path: root.path_of(LOCK) },
            _ => root.error("lock", LOCK, e),
        })?;
        let directory_id = agree_on_identity(&root, &storage, identity)?;
        // From here on a crash is an unclean shutdown, even while the logs are still being loaded.
        let clean_shutdown = root.read(CLEAN_SHUTDOWN, MAX_CLEAN_SHUTDOWN_LEN)?.is_some();
        root.remove(CLEAN_SHUTDOWN)?;
        let timers = Timers::starting(now_ms);
        let (logs, deleted_dirs) = (BTreeMap::new(), VecDeque::new());
        let mut manager =
            Self { root, config, directory_id, logs, deleted_dirs, timers, checkpoints_are_stale: false, _lock: lock };
        manager.load(clean_shutdown, config_of, now_ms)?;
        Ok(manager)
    }

    fn load(
        &mut self,
        clean_shutdown: bool,
        config_of: impl Fn(&TopicPartition) -> LogConfig,
        now_ms: i64,
    ) -> Result<(), LogError> {
        let recovery_points = checkpoint::read_offsets(&self.root, RECOVERY_POINT_CHECKPOINT)?;
        let log_starts = checkpoint::read_offsets(&self.root, LOG_START_OFFSET_CHECKPOINT)?;
        let high_watermarks = checkpoint::read_offsets(&self.root, HIGH_WATERMARK_CHECKPOINT)?;
        let names = self.root.storage().list_dirs().map_err(|e| self.root.error("list", "", e))?;
        for name in names {
            let partition = match DirKind::of(&name) {
                DirKind::Partition(partition) => partition,
                DirKind::Deleted => {
                    self.deleted_dirs.push_back((now_ms.saturating_add(self.config.file_delete_delay_ms), name));
                    continue;
                }
                DirKind::Stray | DirKind::Future | DirKind::Other => {
                    tracing::warn!("{} is left alone: it is no partition of this broker", self.root.path_of(&name));
                    continue;
                }
            };
            let at = |offsets: &Offsets| offsets.get(&partition).copied().unwrap_or(0);
            let open = OpenLog {
                topic_id: None,
                log_start_offset: at(&log_starts),
                recovery_point: at(&recovery_points),
                high_watermark: at(&high_watermarks),
                clean_shutdown,
                now_ms,
            };
            let config = config_of(&partition);
            let log = Log::open(Arc::clone(self.root.storage()), partition.clone(), config, open)?;
            self.logs.insert(partition, LogHandle::new(log));
        }
        Ok(())
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
        if let Some(log) = self.logs.get(&partition) {
            log.lock().set_topic_id(topic_id)?;
            return Ok(log.clone());
        }
        self.forget_earlier_logs()?;
        let new = NewLog { partition, topic_id, config };
        let log = self.open_new(&new, now_ms)?;
        self.logs.insert(new.partition, log.clone());
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
                self.logs.insert(new.partition.clone(), log);
            }
        }
    }

    /// After a crash, a new log must not be held against the offsets of an earlier one of its name.
    fn forget_earlier_logs(&mut self) -> Result<(), LogError> {
        if self.checkpoints_are_stale {
            self.checkpoint_recovery_points()?;
            self.checkpoint_log_start_offsets()?;
            self.checkpoints_are_stale = false;
        }
        Ok(())
    }

    fn open_new(&self, new: &NewLog, now_ms: i64) -> Result<LogHandle, LogError> {
        let open = OpenLog { topic_id: Some(new.topic_id), now_ms, ..OpenLog::default() };
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
        let due_ms = now_ms.saturating_add(self.config.file_delete_delay_ms);
        let moved = parallel::for_each(partitions, |partition| {
            let name = partition.deleted_dir_name(fastrand::u128(..));
            self.move_away(partition, &name).map(|()| name)
        });
        let ended = partitions.iter().zip(moved).map(|(partition, moved)| {
            let deleted = moved.map(|name| {
                self.logs.remove(partition);
                self.checkpoints_are_stale = true;
                self.deleted_dirs.push_back((due_ms, name));
            });
            (partition.clone(), deleted)
        });
        ended.collect()
    }

    /// Puts a partition that no topic is known for out of the way; its directory is renamed and stays. Blocks.
    ///
    /// # Errors
    /// As for [`LogManager::delete`].
    pub fn make_stray(&mut self, partition: &TopicPartition) -> Result<(), LogError> {
        self.move_away(partition, &partition.stray_dir_name(fastrand::u128(..)))?;
        self.logs.remove(partition);
        self.checkpoints_are_stale = true;
        Ok(())
    }

    fn move_away(&self, partition: &TopicPartition, renamed: &str) -> Result<(), LogError> {
        let name = partition.dir_name();
        let unknown = || LogError::UnknownPartition { path: self.root.path_of(&name) };
        let mut log = self.logs.get(partition).ok_or_else(unknown)?.lock();
        self.root.storage().rename_dir(&name, renamed).map_err(|e| self.root.error("rename", &name, e))?;
        log.moved_away(renamed);
        Ok(())
    }

    /// Does what is due: flushes by `flush.messages` and `flush.ms` and of sealed segments, retention, removal of
    /// deleted files and directories, checkpoints. Blocks, but holds no log's lock while it syncs or removes files.
    pub fn tick(&mut self, now_ms: i64) -> TickReport {
        let mut report = TickReport::default();
        let retention = is_due(&mut self.timers.retention_ms, self.config.retention_check_interval_ms, now_ms);
        for (partition, log) in &self.logs {
            if let Err(error) = look_after(log, retention, now_ms) {
                report.failures.push((partition.clone(), error));
            }
        }
        report.directory_failure = self.tick_directory(now_ms).err();
        report
    }

    fn tick_directory(&mut self, now_ms: i64) -> Result<(), LogError> {
        while let Some((_, name)) = self.deleted_dirs.front().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.root.storage().remove_dir(name).map_err(|e| self.root.error("remove", name, e))?;
            self.deleted_dirs.pop_front();
        }
        let Self { config, timers, .. } = self;
        let recovery = is_due(&mut timers.recovery_points_ms, config.recovery_point_checkpoint_interval_ms, now_ms);
        let starts = is_due(&mut timers.log_start_offsets_ms, config.log_start_offset_checkpoint_interval_ms, now_ms);
        let watermarks = is_due(&mut timers.high_watermarks_ms, config.high_watermark_checkpoint_interval_ms, now_ms);
        if recovery {
            self.checkpoint_recovery_points()?;
        }
        if starts {
            self.checkpoint_log_start_offsets()?;
        }
        if watermarks {
            self.checkpoint_high_watermarks()?;
        }
        Ok(())
    }

    /// Writes the recovery points down.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_recovery_points(&self) -> Result<(), LogError> {
        self.checkpoint(RECOVERY_POINT_CHECKPOINT, |log| Some(log.recovery_point()))
    }

    /// Writes the log start offsets down, where they are not the base offset of a segment anyway. Worth doing at once
    /// after records were deleted on request.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_log_start_offsets(&self) -> Result<(), LogError> {
        let within_segment = |log: &Log| log.segment_base_offsets().next().is_some_and(|f| f < log.log_start_offset());
        self.checkpoint(LOG_START_OFFSET_CHECKPOINT, |log| within_segment(log).then(|| log.log_start_offset()))
    }

    /// Writes the high watermarks down.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn checkpoint_high_watermarks(&self) -> Result<(), LogError> {
        self.checkpoint(HIGH_WATERMARK_CHECKPOINT, |log| Some(log.high_watermark()))
    }

    fn checkpoint(&self, file: &str, offset: impl Fn(&Log) -> Option<i64>) -> Result<(), LogError> {
        let of = |(tp, log): (&TopicPartition, &LogHandle)| Some((tp.clone(), offset(&log.lock())?));
        checkpoint::write_offsets(&self.root, file, &self.logs.iter().filter_map(of).collect())
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

fn look_after(log: &LogHandle, retention: bool, now_ms: i64) -> Result<(), LogError> {
    let mut removal = log.lock().start_removal(now_ms);
    let removed = removal.run();
    log.lock().finish_removal(removal);
    removed?;
    let flush = log.lock().due_flush(now_ms);
    if let Some(flush) = flush {
        let flushed = flush.run();
        log.lock().finish_flush(flushed)?;
    }
    if retention {
        log.lock().apply_retention(now_ms)?;
    }
    Ok(())
}

/// Compares the directory's identity with the node's, or gives it to a new directory. Returns the directory's id.
fn agree_on_identity(root: &Dir, storage: &Arc<dyn Storage>, wanted: &Identity) -> Result<Uuid, LogError> {
    if let Some(found) = read_identity(storage)? {
        let foreign =
            |key, found, expected| LogError::Foreign { path: root.path_of(META_PROPERTIES), key, found, expected };
        if found.cluster_id != wanted.cluster_id {
            return Err(foreign("cluster.id", found.cluster_id, wanted.cluster_id.clone()));
        }
        if found.node_id != wanted.node_id {
            return Err(foreign("node.id", found.node_id.to_string(), wanted.node_id.to_string()));
        }
    }
    let mut properties = checkpoint::read_properties(root, META_PROPERTIES)?.unwrap_or_default();
    if let Some(id) = properties.get("directory.id").and_then(|id| id.parse().ok()) {
        return Ok(id);
    }
    let id = random_id();
    let pairs = [
        ("version", "1".to_owned()),
        ("cluster.id", wanted.cluster_id.clone()),
        ("node.id", wanted.node_id.to_string()),
        ("directory.id", id.to_string()),
    ];
    properties.extend(pairs.map(|(key, value)| (key.to_owned(), value)));
    checkpoint::write_properties(root, META_PROPERTIES, &properties)?;
    Ok(id)
}

/// An id whose text does not look like a command line option.
fn random_id() -> Uuid {
    loop {
        let id = Uuid::from_random_bits(fastrand::u128(..));
        if !id.to_string().starts_with('-') {
            return id;
        }
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
