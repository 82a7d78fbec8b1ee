//! Directories that are not as they were left.

use std::fmt::Write as _;
use std::sync::Mutex;

use ottla_protocol::compression::Decompressor;
use ottla_protocol::wire::Uuid;

use super::*;

/// What is said at level ERROR, or also at WARN, by this thread.
#[derive(Clone)]
pub(super) struct Errors(Arc<Mutex<Vec<String>>>, tracing::Level);

impl Errors {
    /// The errors that are told while `f` runs.
    fn of<R>(f: impl FnOnce() -> R) -> (R, Vec<String>) {
        Self::up_to(tracing::Level::ERROR, f)
    }

    /// The same with warnings.
    pub(super) fn and_warnings_of<R>(f: impl FnOnce() -> R) -> (R, Vec<String>) {
        Self::up_to(tracing::Level::WARN, f)
    }

    fn up_to<R>(level: tracing::Level, f: impl FnOnce() -> R) -> (R, Vec<String>) {
        let errors = Self(Arc::default(), level);
        let result = tracing::subscriber::with_default(errors.clone(), f);
        let said = errors.0.lock().unwrap().clone();
        (result, said)
    }
}

impl tracing::Subscriber for Errors {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= self.1
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                write!(self.0, "{field}={value:?} ").unwrap();
            }
        }
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn tiny() -> LogConfig {
    LogConfig { segment_bytes: 300, index_interval_bytes: 60, tail_cache_bytes: 0, ..small() }
}

/// A batch that was written, by where it is.
#[derive(Clone, Debug)]
struct Written {
    base_offset: i64,
    last_offset: i64,
    timestamp: i64,
    bytes: Bytes,
    file: String,
    /// In the file.
    start: usize,
    end: usize,
}

/// A log directory after an orderly stop: a partition with a few segments that begins within the first.
struct Directory {
    storage: MemoryStorage,
    written: Vec<Written>,
    start: i64,
    end: i64,
}

fn identity() -> Identity {
    Identity { cluster_id: "AAECAwQFBgcICQoLDA0ODw".to_owned(), node_id: 1 }
}

fn open_manager(storage: &MemoryStorage) -> Result<LogManager, LogError> {
    let config = LogManagerConfig::default();
    LogManager::open(Arc::new(storage.clone()), &identity(), config, |_| tiny(), NOW)
}

impl Directory {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let mut manager = open_manager(&storage).unwrap();
        let log = manager.create(tp(), Uuid([1; 16]), tiny(), NOW).unwrap();
        let mut sequence = 0;
        for i in 0..9 {
            let records = 1 + i % 2;
            let producer = ProducerStamp { producer_id: 5, producer_epoch: 0, base_sequence: sequence };
            let timestamps: Vec<i64> = (0..records).map(|r| NOW + i64::from(10 * i + r)).collect();
            let mut log = log.lock();
            log.append(batch_of(&timestamps, 4, producer), at(i / 5)).unwrap();
            let end = log.end_offset();
            log.set_high_watermark(end);
            sequence += records;
        }
        log.lock().delete_records(1, NOW).unwrap();
        let guard = log.lock();
        let written = written(&guard);
        let (start, end) = (guard.log_start_offset(), guard.end_offset());
        assert!(guard.segment_base_offsets().count() >= 3);
        drop(guard);
        manager.close().unwrap();
        Self { storage, written, start, end }
    }

    /// As a crash right after a flush of everything leaves it.
    fn crashed() -> Self {
        let directory = Self::new();
        directory.storage.remove(FilePath::in_root(".kafka_cleanshutdown")).unwrap();
        directory
    }

    fn files(&self) -> Vec<(Option<&'static str>, String, Bytes)> {
        let root = ["meta.properties", "recovery-point-offset-checkpoint", "log-start-offset-checkpoint"]
            .into_iter()
            .chain(["replication-offset-checkpoint", ".kafka_cleanshutdown"])
            .map(|name| (None, name.to_owned()));
        let partition = self.storage.list_files("t-0").unwrap().into_iter().map(|file| (Some("t-0"), file.name));
        root.chain(partition)
            .filter_map(|(dir, name)| {
                let content = self.storage.read(FilePath { dir, name: &name }, 1 << 20).unwrap()?;
                Some((dir, name, content))
            })
            .collect()
    }

    /// A copy in which one file has another content.
    fn with(&self, dir: Option<&str>, name: &str, content: Vec<u8>) -> MemoryStorage {
        let copy = self.storage.crash(|_, _, len| len);
        copy.write(FilePath { dir, name }, content.into()).unwrap();
        copy
    }

    fn without(&self, dir: Option<&str>, name: &str) -> MemoryStorage {
        let copy = self.storage.crash(|_, _, len| len);
        copy.remove(FilePath { dir, name }).unwrap();
        copy
    }

    fn log_file(&self, index: usize) -> (String, Bytes) {
        let mut files = self.files().into_iter().filter(|(_, name, _)| name.ends_with(".log"));
        let (_, name, content) = files.nth(index).unwrap();
        (name, content)
    }

    fn batches_in<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Written> {
        self.written.iter().filter(move |batch| batch.file == file)
    }

    /// Opens a copy and holds all that can be read against what was written, but for the batches that are damaged.
    /// Whether it was opened at all.
    fn check(&self, storage: &MemoryStorage, file: &str, what: &str, damaged: &dyn Fn(&Written) -> bool) -> bool {
        let manager = match open_manager(storage) {
            Ok(manager) => manager,
            Err(refused) => {
                let refused = refused.to_string();
                let named = matches!(file, "meta.properties" | "partition.metadata") && refused.contains(file);
                assert!(named, "{file} {what}: {refused}");
                return false;
            }
        };
        let log = manager.get(&tp()).unwrap();
        let mut log = log.lock();
        let start_may_go_back = matches!(file, "log-start-offset-checkpoint" | "leader-epoch-checkpoint");
        let start = log.log_start_offset();
        assert!(start == self.start || (start_may_go_back && start < self.start), "{file} {what}: begins at {start}");
        let (gaps, served): (Vec<_>, Vec<_>) = consume(&log, self.end).into_iter().partition(is_gap);
        for gap in gaps {
            let [(first, last)] = spans(gap)[..] else { unreachable!("one batch") };
            let hidden = self.written.iter().find(|b| !damaged(b) && b.base_offset <= last && first <= b.last_offset);
            assert!(hidden.is_none(), "{file} {what}: {first} to {last} hides {hidden:?}");
        }
        for batch in self.written.iter().filter(|batch| batch.last_offset >= start) {
            let found = served.iter().find(|served| base_offset(served) == batch.base_offset);
            assert!(found.is_some() || damaged(batch), "{file} {what}: {} is lost", batch.base_offset);
        }
        for bytes in &served {
            let batch = self.written.iter().find(|batch| batch.base_offset == base_offset(bytes));
            // The checksum does not cover the leader epoch.
            let same = batch.is_some_and(|batch| batch.bytes[..12] == bytes[..12] && batch.bytes[16..] == bytes[16..]);
            assert!(same, "{file} {what}: {} was not written", base_offset(bytes));
        }
        for batch in self.written.iter().filter(|batch| batch.base_offset >= start && !damaged(batch)) {
            let found = log.find_by_timestamp(batch.timestamp, &mut Decompressor::default()).unwrap();
            let found = found.map(|found| (found.timestamp, found.offset));
            assert_eq!(found, Some((batch.timestamp, batch.base_offset)), "{file} {what}: by timestamp");
        }
        let end = log.end_offset();
        assert_eq!(append(&mut log, batch(1, 1)).base_offset, end, "{file} {what}");
        assert_eq!(spans(read_all(&log, end)), [(end, end)], "{file} {what}");
        true
    }
}

/// Whether it stands for offsets that are gone.
fn is_gap(batch: &Bytes) -> bool {
    batches(batch.clone())[0].record_count() == 0
}

fn base_offset(batch: &Bytes) -> i64 {
    i64::from_be_bytes(batch[..8].try_into().unwrap())
}

fn written(log: &Log) -> Vec<Written> {
    let bases: Vec<i64> = log.segment_base_offsets().collect();
    let mut position = 0;
    let mut file = String::new();
    let place = |batch: RecordBatch| {
        if bases.contains(&batch.base_offset()) {
            file = format!("{:020}.log", batch.base_offset());
            position = 0;
        }
        let start = position;
        position += batch.size_bytes();
        Written {
            base_offset: batch.base_offset(),
            last_offset: batch.last_offset(),
            timestamp: batch.header().base_timestamp,
            bytes: batch.bytes().clone(),
            file: file.clone(),
            start,
            end: position,
        }
    };
    // Whole segments, also what is below the log start offset.
    let mut all = BytesMut::new();
    for base in &bases {
        let path = format!("{base:020}.log");
        let content = log.dir.read(&path, 1 << 20).unwrap().unwrap();
        all.extend_from_slice(&content);
    }
    batches(all.freeze()).into_iter().map(place).collect()
}

/// All batches whose checksum is right, as a consumer gets them that steps over what it cannot get.
fn consume(log: &Log, end: i64) -> Vec<Bytes> {
    let mut served: Vec<Bytes> = Vec::new();
    let mut offset = log.log_start_offset();
    while offset < end.min(log.end_offset()) {
        let request = Read { offset, max_bytes: 1 << 20, min_one_message: true, upper_bound: i64::MAX };
        let mut rest = match log.read(request) {
            Ok(fetched) => fetched.into_bytes(),
            Err(ReadError::Log(LogError::Corrupt { .. })) => Bytes::new(),
            Err(other) => panic!("{other}"),
        };
        let before = offset;
        while let Ok(batch) = Batch::take(&mut rest) {
            if batch.verify_crc().is_err() {
                break;
            }
            offset = offset.max(batch.next_offset());
            if served.last().is_none_or(|last| base_offset(last) < base_offset(batch.bytes())) {
                served.push(batch.bytes().clone());
            }
        }
        offset = offset.max(before + 1);
    }
    served
}

fn flipped(content: &[u8], position: usize, mask: u8) -> Vec<u8> {
    let mut content = content.to_vec();
    content[position] ^= mask;
    content
}

fn assert_no_flipped_byte_does_harm(directory: &Directory, mask_of: impl Fn(usize) -> u8) {
    let mut refused = 0;
    for (dir, name, content) in directory.files() {
        for position in 0..content.len() {
            let storage = directory.with(dir, &name, flipped(&content, position, mask_of(position)));
            let damaged = |batch: &Written| batch.file == name && (batch.start..batch.end).contains(&position);
            refused += usize::from(!directory.check(&storage, &name, &format!("byte {position}"), &damaged));
        }
    }
    assert!(refused > 0, "damage to the directory's identity is not told");
}

#[test]
fn every_kind_of_file_of_a_directory_is_among_those_that_are_damaged() {
    let files = Directory::new().files();
    let kinds = ["meta.properties", "recovery-point-offset-checkpoint", "log-start-offset-checkpoint"]
        .into_iter()
        .chain(["replication-offset-checkpoint", ".kafka_cleanshutdown", "leader-epoch-checkpoint"])
        .chain(["partition.metadata", ".log", ".index", ".timeindex", ".snapshot"]);
    for kind in kinds {
        let damaged = files.iter().any(|(_, name, content)| name.ends_with(kind) && !content.is_empty());
        assert!(damaged, "{kind} is missing or empty");
    }
}

#[test]
fn no_flipped_byte_of_a_directory_costs_more_than_its_batch() {
    assert_no_flipped_byte_does_harm(&Directory::new(), |position| 1 << (position % 8));
    assert_no_flipped_byte_does_harm(&Directory::new(), |_| 0xff);
}

#[test]
fn no_flipped_byte_of_a_crashed_directory_costs_what_was_durable() {
    assert_no_flipped_byte_does_harm(&Directory::crashed(), |position| 1 << (position * 5 % 8));
}

#[test]
fn no_file_of_a_directory_cut_short_anywhere_costs_more_than_what_was_cut() {
    for directory in [Directory::new(), Directory::crashed()] {
        for (dir, name, content) in directory.files() {
            for len in 0..content.len() {
                let storage = directory.with(dir, &name, content[..len].to_vec());
                let damaged = |batch: &Written| batch.file == name && batch.end > len;
                directory.check(&storage, &name, &format!("cut to {len}"), &damaged);
            }
        }
    }
}

#[test]
fn a_missing_file_is_told_and_the_rest_is_served() {
    let directory = Directory::new();
    for (_, name, _) in directory.files().into_iter().filter(|(dir, ..)| dir.is_some()) {
        let storage = directory.without(Some("t-0"), &name);
        let damaged = |batch: &Written| batch.file == name;
        let first = directory.written[0].file == name;
        if !first {
            let (_, said) = Errors::of(|| directory.check(&storage, &name, "missing", &damaged));
            let told = said.iter().any(|said| said.contains(&name) && said.contains("missing"));
            assert_eq!(told, name.ends_with(".log"), "{name}: {said:?}");
        }
    }
    // Without the first segment, the log begins with the second.
    let first = directory.written[0].file.clone();
    let (manager, said) = Errors::of(|| open_manager(&directory.without(Some("t-0"), &first)).unwrap());
    assert!(said.iter().any(|said| said.contains(&first)), "{said:?}");
    let second = directory.written.iter().find(|batch| batch.file != first).unwrap().base_offset;
    assert_eq!(manager.get(&tp()).unwrap().lock().log_start_offset(), second);
}

/// What is beside the partitions: the directory's identity, the checkpoints, the mark of a clean end.
#[test]
fn a_missing_file_of_the_whole_directory_costs_no_record() {
    for directory in [Directory::new(), Directory::crashed()] {
        let mut missing = 0;
        for (dir, name, _) in directory.files().into_iter().filter(|(dir, ..)| dir.is_none()) {
            missing += 1;
            let storage = directory.without(dir, &name);
            assert!(directory.check(&storage, &name, "missing", &|_| false), "{name}");
        }
        assert!(missing >= 4);
    }
}

#[test]
fn a_gap_between_segments_is_told_even_without_an_index_to_tell_of_it() {
    let directory = Directory::new();
    let (name, _) = directory.log_file(1);
    let storage = directory.without(Some("t-0"), &name);
    for kind in ["index", "timeindex"] {
        storage.remove(FilePath::in_dir("t-0", &name.replace("log", kind))).unwrap();
    }
    let (_, said) = Errors::of(|| open_manager(&storage).unwrap());
    let lost: Vec<&Written> = directory.batches_in(&name).collect();
    let range = format!("from offset {} to before {}", lost[0].base_offset, lost.last().unwrap().last_offset + 1);
    assert!(said.iter().any(|said| said.contains(&range)), "{said:?}");
}

#[test]
fn damage_to_a_sealed_segment_is_told_once_with_its_place_and_only_its_readers_fail() {
    let directory = Directory::new();
    let (name, content) = directory.log_file(1);
    let hit = directory.batches_in(&name).nth(1).unwrap();
    // Offset, length, format: what is found without the checksum.
    for at in [0, 9, 16] {
        let storage = directory.with(Some("t-0"), &name, flipped(&content, hit.start + at, 0x40));
        let ((), said) = Errors::of(|| {
            let manager = open_manager(&storage).unwrap();
            let log = manager.get(&tp()).unwrap();
            let log = log.lock();
            let before = read(&log, hit.base_offset - 1, 1 << 20);
            assert_eq!(before.next_offset, hit.base_offset, "up to the damage");
            let request = Read { offset: hit.base_offset, max_bytes: 1, min_one_message: true, upper_bound: 99 };
            for _ in 0..3 {
                let refused = log.read(request).unwrap_err();
                assert!(matches!(refused, ReadError::Log(LogError::Corrupt { .. })), "{refused}");
            }
            assert_eq!(read(&log, hit.last_offset + 1, 1).base_offset, Some(hit.last_offset + 1), "behind the damage");
        });
        assert_eq!(said.len(), 1, "{said:?}");
        let place = [&name[..], &format!("at byte {}", hit.start), &format!("from offset {}", hit.base_offset)];
        assert!(place.iter().all(|part| said[0].contains(part)), "{said:?}");
    }
}

#[test]
fn a_sealed_segment_that_was_cut_short_has_just_ended() {
    let directory = Directory::new();
    let (name, content) = directory.log_file(1);
    let last = directory.batches_in(&name).last().unwrap();
    let storage = directory.with(Some("t-0"), &name, content[..last.end - 1].to_vec());
    let ((), said) = Errors::of(|| {
        let manager = open_manager(&storage).unwrap();
        let log = manager.get(&tp()).unwrap();
        let log = log.lock();
        assert_eq!(read(&log, last.base_offset, 1).base_offset, Some(last.last_offset + 1));
    });
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(&name) && said[0].contains("1 bytes after the file"), "{said:?}");
    let kept = storage.read(FilePath::in_dir("t-0", &name), 1 << 20).unwrap().unwrap();
    assert_eq!(kept.len(), last.end - 1, "nothing was cut off");
}

#[test]
fn readers_are_told_of_garbage_at_the_end_of_a_sealed_segment_after_a_restart_too() {
    let directory = Directory::new();
    let (name, content) = directory.log_file(1);
    let last = directory.batches_in(&name).last().unwrap();
    let storage = directory.with(Some("t-0"), &name, flipped(&content, last.start + 16, 0x40));
    let manager = open_manager(&storage).unwrap();
    let log = manager.get(&tp()).unwrap();
    let log = log.lock();
    let request = Read { offset: last.base_offset, max_bytes: 1, min_one_message: true, upper_bound: i64::MAX };
    let refused = log.read(request).unwrap_err();
    assert!(matches!(refused, ReadError::Log(LogError::Corrupt { .. })), "{refused}");
    assert_eq!(read(&log, last.last_offset + 1, 1).base_offset, Some(last.last_offset + 1), "behind the damage");
}

#[test]
fn a_replay_takes_in_all_that_is_sound() {
    let directory = Directory::new();
    for hit in directory.written.iter().filter(|batch| batch.base_offset >= directory.start) {
        let content = directory.storage.read(FilePath::in_dir("t-0", &hit.file), 1 << 20).unwrap().unwrap();
        let storage = directory.with(Some("t-0"), &hit.file, flipped(&content, hit.start + 16, 0x40));
        let manager = open_manager(&storage).unwrap();
        let log = manager.get(&tp()).unwrap();
        let log = log.lock();
        let (mut offset, mut found) = (log.log_start_offset(), 0);
        while offset < log.end_offset() {
            let fetched = log.plan_replay(offset, 1 << 20).unwrap().run().unwrap();
            assert!(fetched.next_offset > offset, "stuck at {offset}");
            offset = fetched.next_offset;
            found += batches(fetched.into_bytes()).len();
        }
        let sound = directory.written.iter().filter(|batch| batch.base_offset >= directory.start).count() - 1;
        assert_eq!((offset, found), (directory.end, sound));
    }
}

#[test]
fn a_log_that_lost_its_durable_end_gives_the_offsets_to_no_other_records() {
    for directory in [Directory::new(), Directory::crashed()] {
        let last = directory.written.last().unwrap();
        let path = FilePath::in_dir("t-0", &last.file);
        let content = directory.storage.read(path, 1 << 20).unwrap().unwrap();
        let short = [last.start, last.end - 1].map(|len| content[..len].to_vec());
        for left in [flipped(&content, last.start + 16, 0x40)].into_iter().chain(short) {
            let storage = directory.with(Some("t-0"), &last.file, left.clone());
            let (manager, said) = Errors::of(|| open_manager(&storage).unwrap());
            assert!(said.iter().any(|said| said.contains(&format!("durable up to {}", directory.end))), "{said:?}");
            assert_eq!(storage.read(path, 1 << 20).unwrap().unwrap(), left, "nothing was cut off");
            let log = manager.get(&tp()).unwrap();
            assert_eq!(append(&mut log.lock(), batch(1, 1)).base_offset, directory.end);
            drop((manager, log));
            let reopened = open_manager(&storage).unwrap();
            let log = reopened.get(&tp()).unwrap();
            assert_eq!(log.lock().end_offset(), directory.end + 1);
            assert_eq!(consume(&log.lock(), i64::MAX).len(), directory.written.len() - 1, "all but one, and a new one");
        }
    }
}

#[test]
fn who_reads_where_the_end_of_a_log_is_lost_is_taken_to_its_end() {
    let directory = Directory::new();
    let last = directory.written.last().unwrap();
    let content = directory.storage.read(FilePath::in_dir("t-0", &last.file), 1 << 20).unwrap().unwrap();
    let storage = directory.with(Some("t-0"), &last.file, content[..last.start].to_vec());
    let manager = open_manager(&storage).unwrap();
    let log = manager.get(&tp()).unwrap();
    let (end, mut log) = (directory.end, log.lock());
    for offset in last.base_offset..end {
        let fetched = read(&log, offset, 1);
        assert_eq!((fetched.base_offset, fetched.next_offset, fetched.size), (Some(offset), end, 61));
        assert_eq!(spans(fetched.into_bytes()), [(offset, end - 1)]);
        let request = Read { offset, max_bytes: 60, min_one_message: false, upper_bound: i64::MAX };
        assert!(log.read(request).unwrap().is_empty(), "it is larger than what was asked for");
        let committed = log.read(Read { max_bytes: 61, upper_bound: offset, ..request }).unwrap();
        assert!(committed.is_empty(), "it is no further than what may be read");
    }
    append(&mut log, batch(1, 1));
    assert_eq!(spans(read(&log, last.base_offset, 1 << 20).into_bytes()), [(end, end)]);
}

/// The first segment lost its end, and the second all that it had.
#[test]
fn who_reads_where_records_are_lost_is_not_taken_over_those_behind() {
    let place = memory();
    let mut log = new_log(&place, LogConfig { tail_cache_bytes: 0, ..small() });
    for _ in 0..4 {
        append(&mut log, batch(1, 10));
        append(&mut log, batch(1, 10));
        log.roll(NOW).unwrap();
    }
    let open = |name| place.open(FilePath::in_dir("t-0", name)).unwrap();
    let [first, second] = ["00000000000000000000.log", "00000000000000000002.log"].map(open);
    first.truncate(first.size().unwrap() / 2).unwrap();
    let size = usize::try_from(second.size().unwrap()).unwrap();
    second.truncate(0).unwrap();
    second.write_at(0, vec![0xff; size].into()).unwrap();
    let request = |offset| Read { offset, max_bytes: 1000, min_one_message: true, upper_bound: 8 };
    for lost in [1, 2, 3] {
        let told = log.read(request(lost)).unwrap_err().to_string();
        assert!(told.contains("00000000000000000002.log is damaged"), "{told}");
    }
    assert_eq!(log.read(request(4)).unwrap().base_offset, Some(4));
    second.truncate(0).unwrap();
    assert_eq!(
        spans(log.read(request(1)).unwrap().into_bytes()),
        [(1, 3)],
        "of an empty file there is nothing to tell"
    );
}

#[test]
fn a_recovery_point_that_no_log_can_reach_is_not_used() {
    let directory = Directory::crashed();
    let checkpoint = b"0\n1\nt 0 9000000000000000000\n".to_vec();
    let storage = directory.with(None, "recovery-point-offset-checkpoint", checkpoint);
    let (manager, said) = Errors::of(|| open_manager(&storage).unwrap());
    assert!(said.iter().any(|said| said.contains("recovery point is damaged")), "{said:?}");
    assert_eq!(manager.get(&tp()).unwrap().lock().end_offset(), directory.end);
}

#[test]
fn a_log_is_not_held_against_the_offsets_of_an_earlier_one_of_its_name() {
    let directory = Directory::new();
    let mut manager = open_manager(&directory.storage).unwrap();
    manager.delete(&tp(), NOW).unwrap();
    let log = manager.create(tp(), Uuid([2; 16]), tiny(), NOW).unwrap();
    append(&mut log.lock(), batch(1, 1));
    manager.halt();
    let manager = open_manager(&directory.storage).unwrap();
    assert_eq!(manager.get(&tp()).unwrap().lock().end_offset(), 1);
}

#[test]
fn damaged_leader_epochs_are_made_again_from_the_log() {
    let directory = Directory::new();
    let epochs = open_manager(&directory.storage).unwrap().get(&tp()).unwrap().lock().leader_epochs().to_vec();
    assert!(epochs.len() > 1);
    let storage = directory.with(Some("t-0"), "leader-epoch-checkpoint", b"0\n1\n".to_vec());
    for _ in 0..2 {
        let manager = open_manager(&storage).unwrap();
        assert_eq!(manager.get(&tp()).unwrap().lock().leader_epochs(), epochs);
    }
}

/// A message of format 1, as brokers before Kafka 0.11 wrote them.
fn old_message(offset: i64, timestamp: i64, value: &[u8]) -> Vec<u8> {
    let mut body = vec![1, 0];
    body.extend(timestamp.to_be_bytes());
    body.extend((-1_i32).to_be_bytes());
    body.extend((value.len() as i32).to_be_bytes());
    body.extend(value);
    let bit = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let crc = !body.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit));
    let mut message = offset.to_be_bytes().to_vec();
    message.extend((body.len() as i32 + 4).to_be_bytes());
    message.extend(crc.to_be_bytes());
    message.extend(body);
    message
}

#[test]
fn messages_of_before_kafka_0_11_are_kept_and_served_as_they_are() {
    for clean_shutdown in [true, false] {
        for place in both() {
            place.create_dir("t-0").unwrap();
            let old: Vec<Vec<u8>> = (0..5).map(|i| old_message(i, NOW + i, b"old")).collect();
            let path = FilePath::in_dir("t-0", "00000000000000000000.log");
            place.write(path, old.concat().into()).unwrap();
            let with = OpenLog { clean_shutdown, now_ms: NOW, ..OpenLog::default() };
            let mut log = open(&place, tiny(), with);
            assert_eq!(log.end_offset(), 5);
            append(&mut log, batch(2, 4));
            let first = read(&log, 3, 1 << 20).into_bytes();
            assert_eq!(first[..old[3].len()], old[3], "from the message that was asked for");
            assert_eq!(read(&log, 5, 1).base_offset, Some(5));
            let found = log.find_by_timestamp(NOW + 2, &mut Decompressor::default()).unwrap().unwrap();
            assert_eq!((found.timestamp, found.offset), (NOW + 2, 2));
            let mut reopened = open(&place, tiny(), unclean(&log));
            assert_eq!(reopened.end_offset(), 7);
            assert_eq!(reopened.truncate_to(4, NOW).unwrap(), 4);
            assert_eq!(open(&place, tiny(), unclean(&reopened)).end_offset(), 4);
        }
    }
}

#[test]
fn an_old_message_that_is_torn_or_damaged_is_cut_like_any_other() {
    let place = memory();
    place.create_dir("t-0").unwrap();
    let old: Vec<Vec<u8>> = (0..3).map(|i| old_message(i, NOW, b"old")).collect();
    let content = old.concat();
    for position in 2 * old[0].len()..content.len() {
        let path = FilePath::in_dir("t-0", "00000000000000000000.log");
        // The offset is in no checksum.
        let in_offset = position < 2 * old[0].len() + 8;
        place.write(path, flipped(&content, position, 0x80).into()).unwrap();
        let with = OpenLog { now_ms: NOW, ..OpenLog::default() };
        let end = open(&place, tiny(), with).end_offset();
        assert!(end == 2 || in_offset, "byte {position}: {end}");
        place.write(path, content[..position].to_vec().into()).unwrap();
        assert_eq!(open(&place, tiny(), with).end_offset(), 2, "cut at {position}");
    }
}
