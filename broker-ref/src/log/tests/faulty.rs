//! A directory of which some things cannot be renamed or removed, and what goes on all the same.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ottla_protocol::wire::Uuid;

use super::directory::{open_dir, partition, root_file};
use super::*;

/// A storage that refuses to rename or remove what is called like one of these, or dies before a call that changes
/// something.
#[derive(Clone, Debug)]
pub(super) struct Faulty {
    pub(super) inner: MemoryStorage,
    stuck: Arc<Mutex<Vec<&'static str>>>,
    left: Arc<AtomicUsize>,
}

impl Faulty {
    pub(super) fn new() -> Self {
        Self { inner: MemoryStorage::new(), stuck: Arc::default(), left: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    /// It is dead after so many changes.
    pub(super) fn live_for(&self, changes: usize) {
        self.left.store(changes, Ordering::Relaxed);
    }

    fn live(&self) -> io::Result<()> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        spent.map(drop).map_err(|_| io::Error::other("it is dead"))
    }

    pub(super) fn shared(&self) -> Arc<dyn Storage> {
        Arc::new(self.clone())
    }

    fn stick(&self, names: &[&'static str]) {
        *self.stuck.lock().unwrap() = names.to_vec();
    }

    fn move_it(&self, name: &str) -> io::Result<()> {
        self.live()?;
        let stuck = self.stuck.lock().unwrap().iter().any(|stuck| name.starts_with(stuck));
        if stuck { Err(io::Error::other("it is stuck")) } else { Ok(()) }
    }
}

impl Storage for Faulty {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.inner.lock()
    }

    fn list_dirs(&self) -> io::Result<Vec<String>> {
        self.inner.list_dirs()
    }

    fn list_files(&self, dir: &str) -> io::Result<Vec<FileInfo>> {
        self.inner.list_files(dir)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.inner.create_dir(dir)
    }

    fn rename_dir(&self, from: &str, to: &str) -> io::Result<()> {
        self.move_it(from)?;
        self.inner.rename_dir(from, to)
    }

    fn remove_dir(&self, dir: &str) -> io::Result<()> {
        self.move_it(dir)?;
        self.inner.remove_dir(dir)
    }

    fn open(&self, path: FilePath<'_>) -> io::Result<Arc<dyn StorageFile>> {
        self.live()?;
        self.inner.open(path)
    }

    fn read(&self, path: FilePath<'_>, limit: u64) -> io::Result<Option<Bytes>> {
        self.inner.read(path, limit)
    }

    fn write(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        self.live()?;
        self.inner.write(path, content)
    }

    fn write_atomically(&self, path: FilePath<'_>, content: Bytes) -> io::Result<()> {
        self.move_it(path.name)?;
        self.inner.write_atomically(path, content)
    }

    fn rename(&self, path: FilePath<'_>, to: &str) -> io::Result<()> {
        self.move_it(path.name)?;
        self.inner.rename(path, to)
    }

    fn remove(&self, path: FilePath<'_>) -> io::Result<bool> {
        self.move_it(path.name)?;
        self.inner.remove(path)
    }

    fn sync(&self, path: FilePath<'_>) -> io::Result<()> {
        self.live()?;
        self.inner.sync(path)
    }

    fn sync_dir(&self, dir: Option<&str>) -> io::Result<()> {
        self.move_it(dir.unwrap_or("/"))?;
        self.inner.sync_dir(dir)
    }

    fn is_memory(&self) -> bool {
        self.inner.is_memory()
    }

    fn location(&self) -> String {
        self.inner.location()
    }
}

const OLD: Uuid = Uuid([1; 16]);
const NEW: Uuid = Uuid([2; 16]);

#[test]
fn a_log_that_cannot_be_deleted_now_is_deleted_later_and_its_name_can_be_used_then() {
    let storage = Faulty::new();
    let mut manager = open_dir(&storage.shared(), NOW);
    let (used, unused) = (partition("used", 0), partition("unused", 0));
    for tp in [&used, &unused] {
        append(&mut manager.create(tp.clone(), OLD, small(), NOW).unwrap().lock(), batch(1, 10));
    }
    storage.stick(&["u"]);
    let deleted = manager.delete_all(&[used.clone(), unused.clone()], NOW);
    assert!(deleted.iter().all(|(_, deleted)| deleted.is_err()), "{deleted:?}");
    for _ in 0..3 {
        let refused = manager.create(used.clone(), NEW, small(), NOW).unwrap_err().to_string();
        assert!(refused.contains("cannot rename memory:/used-0: it is stuck"), "{refused}");
    }
    storage.stick(&[]);
    let log = manager.create(used.clone(), NEW, small(), NOW).unwrap();
    assert_eq!(log.lock().end_offset(), 0);
    assert!(manager.tick(NOW + 59_999).failures.is_empty());
    assert!(manager.get(&unused).is_some(), "it is tried again after a minute");
    assert!(manager.tick(NOW + 60_000).failures.is_empty());
    assert!(manager.get(&unused).is_none());
    assert!(manager.get(&used).is_some(), "the new one was not what had to be deleted");
    manager.tick(NOW + 120_000);
    assert_eq!(storage.list_dirs().unwrap(), ["used-0"]);
}

#[test]
fn a_directory_that_is_renamed_and_may_come_back_after_a_crash_is_out_of_the_way_for_now() {
    let storage = Faulty::new();
    let mut manager = open_dir(&storage.shared(), NOW);
    let old = manager.create(tp(), OLD, small(), NOW).unwrap();
    append(&mut old.lock(), batch(1, 10));
    storage.stick(&["/"]);
    manager.delete(&tp(), NOW).unwrap();
    assert_eq!(read_all(&old.lock(), 0).len(), batch(1, 10).len(), "who holds it can read on");
    storage.stick(&[]);
    assert_eq!(manager.create(tp(), NEW, small(), NOW).unwrap().lock().end_offset(), 0);
}

#[test]
fn what_cannot_be_removed_or_written_keeps_nothing_else_from_being_done() {
    let storage = Faulty::new();
    let mut manager = open_dir(&storage.shared(), NOW);
    for topic in ["a", "b"] {
        manager.create(partition(topic, 0), OLD, small(), NOW).unwrap();
        manager.delete(&partition(topic, 0), NOW).unwrap();
    }
    let config = LogConfig { retention_ms: Some(1), flush_messages: Some(1), ..small() };
    let log = manager.create(tp(), NEW, config, NOW).unwrap();
    (0..20).for_each(|_| {
        append(&mut log.lock(), batch(1, 100));
    });
    log.lock().delete_records(12, NOW).unwrap();
    let deleted = || file_names(&storage.shared()).iter().filter(|name| name.ends_with(".deleted")).count();
    assert!(deleted() >= 6, "two segments of three files");
    storage.stick(&["a-0", "00000000000000000000", "recovery-point"]);
    let report = manager.tick(NOW + 5 * 60_000);
    let told: Vec<String> = report.directory_failures.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("cannot remove memory:/a-0.") && told[1].contains("recovery-point"), "{told:?}");
    let [(failed, error)] = &report.failures[..] else { panic!("{report:?}") };
    assert_eq!((failed, error.to_string().contains("00000000000000000000")), (&tp(), true), "{error}");
    let dirs = storage.list_dirs().unwrap();
    assert!(dirs.iter().any(|dir| dir.starts_with("a-0.")) && !dirs.iter().any(|dir| dir.starts_with("b-0.")));
    assert_eq!(root_file(&storage.shared(), "replication-offset-checkpoint").unwrap(), "0\n1\nt 0 20\n");
    let log = log.lock();
    assert_eq!((log.recovery_point(), log.log_start_offset()), (20, 20), "flushed, and all of it is too old");
    assert_eq!(log.next_deletion_ms(), Some(NOW + 5 * 60_000 + log.config().file_delete_delay_ms));
}

/// Of the segments that retention deletes, too.
#[test]
fn a_segment_whose_files_cannot_be_renamed_keeps_no_other_from_being_deleted() {
    let storage = Faulty::new();
    let mut log = new_log(&storage.shared(), LogConfig { retention_ms: Some(1), ..small() });
    (0..20).for_each(|_| {
        append(&mut log, batch(1, 100));
    });
    let segments = log.segment_base_offsets().count();
    assert!(segments > 2);
    storage.stick(&["00000000000000000000.log"]);
    assert!(log.apply_retention(NOW + DAY_MS).is_err());
    assert_eq!(log.log_start_offset(), 20);
    let names = file_names(&storage.shared());
    let kept: Vec<_> = names.iter().filter(|name| name.ends_with(".log")).collect();
    assert_eq!(kept, ["00000000000000000000.log", "00000000000000000020.log"], "{names:?}");
}

/// What is left of it would take their place at the next start, whatever they are by then.
#[test]
fn a_compaction_that_cannot_be_ended_leaves_the_old_segments_or_takes_no_more_writes() {
    for (stuck, usable) in
        [("t-0", true), ("00000000000000000002.log", false), ("00000000000000000000.index.swap", false)]
    {
        let storage = Faulty::new();
        let policy = CleanupPolicy { delete: true, compact: true };
        let config = LogConfig { cleanup_policy: policy, min_cleanable_dirty_ratio: 0.0, ..small() };
        let mut log = new_log(&storage.shared(), config.clone());
        for _ in 0..6 {
            append(&mut log, batch(1, 10));
            log.roll(NOW).unwrap();
        }
        let before = read_all(&log, 5);
        let dirt = log.dirt(0, NOW).unwrap();
        let limits = CompactionLimits { key_bytes: 1 << 20, now_ms: NOW };
        let compacted = log.start_compaction(dirt, limits).run(&false.into()).unwrap();
        storage.stick(&[stuck]);
        assert!(log.finish_compaction(compacted, NOW).is_err());
        storage.stick(&[]);
        if usable {
            log.delete_records(6, NOW).unwrap();
            append(&mut log, batch(1, 10));
        } else {
            assert!(
                matches!(log.append(batch(1, 10), at(0)), Err(AppendError::Log(LogError::Failed { .. }))),
                "{stuck}"
            );
        }
        let again = open(&storage.shared(), config, OpenLog { recovery_point: 0, ..unclean(&log) });
        let bases: Vec<i64> = again.segment_base_offsets().collect();
        match usable {
            true => assert_eq!((again.log_start_offset(), bases), (6, vec![6])),
            false => assert_eq!((read_all(&again, 5), bases), (before, vec![0, 6]), "{stuck}"),
        }
    }
}

#[test]
fn a_deleted_file_that_cannot_be_removed_keeps_no_log_from_being_opened() {
    let storage = Faulty::new();
    let mut log = with_deleted_segments(&storage);
    let deleted = |storage: &Faulty| file_names(&storage.shared()).iter().any(|name| name.ends_with(".deleted"));
    assert!(deleted(&storage));
    storage.stick(&["00000000000000000000.log.deleted"]);
    open(&storage.shared(), small(), unclean(&log));
    assert!(deleted(&storage));
    storage.stick(&[]);
    log = open(&storage.shared(), small(), unclean(&log));
    assert!(!deleted(&storage));
    assert_eq!(log.log_start_offset(), 20);
}

fn with_deleted_segments(storage: &Faulty) -> Log {
    let mut log = new_log(&storage.shared(), LogConfig { retention_ms: Some(1), ..small() });
    (0..20).for_each(|_| {
        append(&mut log, batch(1, 100));
    });
    log.apply_retention(NOW + DAY_MS).unwrap();
    log
}
