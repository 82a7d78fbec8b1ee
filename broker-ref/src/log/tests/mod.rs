//! Whole logs, over both kinds of storage.

mod append;
mod compaction;
mod crash;
mod damage;
mod directory;
mod faulty;
mod history;
mod model;
mod recovery;
mod removal;

use std::ops::Deref;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_protocol::compression::Compressor;
use ottla_protocol::record::{Batch, BatchSettings, ProducerStamp, RecordBatch, RecordBatchBuilder, RecordBatches};

use super::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The time of most tests: late in 2023.
const NOW: i64 = 1_700_000_000_000;

/// A storage, and the directory that it is in.
struct Place {
    storage: Arc<dyn Storage>,
    _dir: Option<tempfile::TempDir>,
}

impl Deref for Place {
    type Target = Arc<dyn Storage>;

    fn deref(&self) -> &Arc<dyn Storage> {
        &self.storage
    }
}

fn memory() -> Place {
    Place { storage: Arc::new(MemoryStorage::new()), _dir: None }
}

fn files() -> Place {
    let dir = tempfile::tempdir().unwrap();
    Place { storage: Arc::new(FileStorage::new(dir.path()).unwrap()), _dir: Some(dir) }
}

fn both() -> [Place; 2] {
    [memory(), files()]
}

fn tp() -> TopicPartition {
    TopicPartition::new("t", 0).unwrap()
}

/// Small enough that a few batches roll, with an index entry for nearly each.
fn small() -> LogConfig {
    LogConfig { segment_bytes: 1000, index_interval_bytes: 100, retention_ms: None, ..LogConfig::default() }
}

fn unclean(log: &Log) -> OpenLog {
    OpenLog {
        topic_id: None,
        log_start_offset: log.log_start_offset(),
        recovery_point: log.recovery_point(),
        high_watermark: log.high_watermark(),
        clean_shutdown: false,
        now_ms: NOW,
    }
}

fn open(storage: &Arc<dyn Storage>, config: LogConfig, open: OpenLog) -> Log {
    Log::open(Arc::clone(storage), tp(), config, open).unwrap()
}

fn new_log(storage: &Arc<dyn Storage>, config: LogConfig) -> Log {
    open(storage, config, OpenLog { now_ms: NOW, ..OpenLog::default() })
}

/// A batch as a producer sends it: a record for each timestamp, with a value of `value_len` bytes.
fn batch_of(timestamps: &[i64], value_len: usize, producer: ProducerStamp) -> BytesMut {
    let mut builder = RecordBatchBuilder::new(BatchSettings { producer, ..BatchSettings::default() });
    for timestamp in timestamps {
        builder.append(*timestamp, Some(b"k"), Some(&vec![b'v'; value_len]), std::iter::empty()).unwrap();
    }
    BytesMut::from(&builder.seal(&mut Compressor::default()).unwrap()[..])
}

fn batch(records: usize, value_len: usize) -> BytesMut {
    batch_of(&vec![NOW; records], value_len, ProducerStamp::NONE)
}

fn at(leader_epoch: i32) -> Append {
    Append { leader_epoch, origin: AppendOrigin::Client, now_ms: NOW }
}

/// Appends and lets readers have it, as the leader of a single replica does.
fn append(log: &mut Log, records: BytesMut) -> AppendInfo {
    let info = log.append(records, at(0)).unwrap();
    log.set_high_watermark(log.end_offset());
    info
}

fn read(log: &Log, offset: i64, max_bytes: usize) -> Fetched {
    log.read(Read { offset, max_bytes, min_one_message: true, upper_bound: i64::MAX }).unwrap()
}

/// Everything from an offset on.
fn read_all(log: &Log, mut offset: i64) -> Bytes {
    let mut all = BytesMut::new();
    while offset < log.end_offset() {
        let fetched = read(log, offset, 1 << 20);
        assert!(fetched.next_offset > offset, "stuck at {offset}");
        offset = fetched.next_offset;
        all.extend_from_slice(&fetched.into_bytes());
    }
    all.freeze()
}

/// The batches, whose checksums must be right.
fn batches(records: Bytes) -> Vec<RecordBatch> {
    let whole = |batch: Result<Batch, _>| match batch.unwrap() {
        Batch::V2(batch) => {
            batch.verify_crc().unwrap();
            batch
        }
        Batch::Legacy(batch) => panic!("{batch:?}"),
    };
    RecordBatches::new(records).map(whole).collect()
}

/// The first and last offsets of batches.
fn spans(records: Bytes) -> Vec<(i64, i64)> {
    batches(records).iter().map(|batch| (batch.base_offset(), batch.last_offset())).collect()
}

fn file_names(storage: &Arc<dyn Storage>) -> Vec<String> {
    storage.list_files("t-0").unwrap().into_iter().map(|file| file.name).collect()
}
