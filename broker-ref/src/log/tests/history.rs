//! Random histories of a compacted log: appends of idempotent producers, crashes that tear, restarts, deletions and
//! compactions, against everything that was ever written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::Compression;

use super::*;

const HOUR_MS: i64 = 60 * 60 * 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    offset: i64,
    key: String,
    value: Option<String>,
    timestamp: i64,
}

struct History {
    random: fastrand::Rng,
    memory: MemoryStorage,
    config: LogConfig,
    log: Log,
    now_ms: i64,
    compacted_to: i64,
    values: u32,
    written: Vec<Written>,
    /// The last offset and sequence of each producer.
    produced: BTreeMap<i64, (i64, i32)>,
}

impl History {
    fn new(seed: u64) -> Self {
        let memory = MemoryStorage::new();
        let config = LogConfig {
            cleanup_policy: CleanupPolicy { delete: true, compact: true },
            min_cleanable_dirty_ratio: 0.0,
            delete_retention_ms: HOUR_MS,
            min_compaction_lag_ms: if seed.is_multiple_of(3) { HOUR_MS / 2 } else { 0 },
            // Longer than a history, so that a producer is known for as long as its records.
            producer_id_expiration_ms: 99 * DAY_MS,
            ..small()
        };
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        Self {
            random: fastrand::Rng::with_seed(seed),
            log: new_log(&storage, config.clone()),
            memory,
            config,
            now_ms: NOW,
            compacted_to: 0,
            values: 0,
            written: Vec::new(),
            produced: BTreeMap::new(),
        }
    }

    fn step(&mut self) {
        self.now_ms += self.random.i64(0..HOUR_MS / 4);
        match self.random.u8(0..20) {
            0..9 => self.append(),
            9 | 10 => drop(self.log.roll(self.now_ms).unwrap()),
            11 => self.crash(),
            12 => self.log.flush().unwrap(),
            13 => self.delete_records(),
            14 => self.log.tick(self.now_ms).unwrap(),
            15 => self.restart(),
            _ => self.compact(),
        }
    }

    fn append(&mut self) {
        let producer_id = self.random.i64(0..4);
        let next = self.log.producer(producer_id).map_or(0, |entry| entry.last_sequence() + 1);
        let producer = match producer_id {
            0 => ProducerStamp::NONE,
            _ => ProducerStamp { producer_id, producer_epoch: 0, base_sequence: next },
        };
        let codec = Compression::from_id(self.random.u8(0..5)).unwrap();
        let settings = BatchSettings { compression: codec.into(), producer, ..BatchSettings::default() };
        let mut builder = RecordBatchBuilder::new(settings);
        let mut records = Vec::new();
        for _ in 0..self.random.usize(1..5) {
            self.values += 1;
            let key = format!("k{}", self.random.u8(0..10));
            let value = (self.random.u8(0..3) > 0).then(|| format!("v{}", self.values));
            let timestamp = self.now_ms - self.random.i64(0..HOUR_MS);
            let bytes = value.as_ref().map(String::as_bytes);
            builder.append(timestamp, Some(key.as_bytes()), bytes, std::iter::empty()).unwrap();
            records.push(Written { offset: 0, key, value, timestamp });
        }
        let count = records.len() as i32;
        let bytes = BytesMut::from(&builder.seal(&mut Compressor::default()).unwrap()[..]);
        let info = self.log.append(bytes, Append { now_ms: self.now_ms, ..at(0) }).unwrap();
        self.log.set_high_watermark(self.log.end_offset());
        self.written.extend(records.into_iter().zip(info.base_offset..).map(|(r, offset)| Written { offset, ..r }));
        if producer_id > 0 {
            self.produced.insert(producer_id, (info.last_offset, next + count - 1));
        }
    }

    fn open(&mut self, open_log: OpenLog) {
        let storage: Arc<dyn Storage> = Arc::new(self.memory.clone());
        self.log = open(&storage, self.config.clone(), OpenLog { now_ms: self.now_ms, ..open_log });
        self.log.set_high_watermark(self.log.end_offset());
    }

    fn crash(&mut self) {
        let (keeps_all, mut tear) = (self.random.bool(), self.random.fork());
        self.memory = self.memory.crash(|_, synced, len| if keeps_all { len } else { tear.u64(synced..=len) });
        let recovery_point = self.log.recovery_point();
        self.open(unclean(&self.log));
        let end = self.log.end_offset();
        assert!(end >= recovery_point);
        if keeps_all {
            return;
        }
        let durable = recovery_point.max(self.compacted_to);
        let there: BTreeSet<i64> = self.found().iter().map(|record| record.offset).collect();
        self.written.retain(|r| r.offset < end && (r.offset < durable || there.contains(&r.offset)));
        self.produced.clear();
        self.compacted_to = self.compacted_to.min(end);
    }

    fn restart(&mut self) {
        let (open_log, end) = (unclean(&self.log), self.log.end_offset());
        self.log.close().unwrap();
        self.open(OpenLog { clean_shutdown: true, recovery_point: end, ..open_log });
        assert_eq!(self.log.end_offset(), end);
    }

    fn delete_records(&mut self) {
        let offset = self.random.i64(self.log.log_start_offset()..=self.log.high_watermark());
        self.log.flush().unwrap();
        if self.random.u8(0..3) == 0 {
            self.log.delete_records(offset, self.now_ms).unwrap();
        }
    }

    fn compact(&mut self) {
        let Some(dirt) = self.log.dirt(self.compacted_to, self.now_ms) else { return };
        let limits = CompactionLimits { key_bytes: self.random.usize(1..15) * 32, now_ms: self.now_ms };
        let compacted = self.log.start_compaction(dirt, limits).run(&AtomicBool::new(false)).unwrap();
        if self.random.u8(0..4) == 0 {
            self.delete_records();
        }
        if let Some(to) = self.log.finish_compaction(compacted, self.now_ms).unwrap() {
            self.compacted_to = to;
        }
    }

    fn found(&self) -> Vec<Written> {
        let start = self.log.log_start_offset();
        let mut found = Vec::new();
        for batch in batches(read_all(&self.log, start)) {
            for record in &batch.records(&mut Decompressor::default()).unwrap() {
                let record = record.unwrap();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let (key, value) = (text(record.key.unwrap()), record.value.map(text));
                found.push(Written { offset: record.offset, key, value, timestamp: record.timestamp });
            }
        }
        found.retain(|record| record.offset >= start);
        found
    }

    fn check(&mut self) {
        let start = self.log.log_start_offset();
        let kept: Vec<&Written> = self.written.iter().filter(|record| record.offset >= start).collect();
        let found = self.found();
        assert_eq!(table(found.iter()), table(kept.iter().copied()));
        assert!(found.iter().all(|record| kept.contains(&record)), "what was not written");
        for (producer, last) in self.produced.iter().filter(|(_, (offset, _))| *offset >= start) {
            let known = self.log.producer(*producer).and_then(|entry| entry.batches.back());
            assert_eq!(known.map(|batch| (batch.last_offset, batch.last_sequence)), Some(*last), "producer {producer}");
        }
        let target = self.now_ms - self.random.i64(0..4 * HOUR_MS);
        let first = found.iter().find(|record| record.timestamp >= target).map(|r| (r.timestamp, r.offset));
        let by_time = self.log.find_by_timestamp(target, &mut Decompressor::default()).unwrap();
        assert_eq!(by_time.map(|found| (found.timestamp, found.offset)), first, "by timestamp");
        for offset in start..self.log.end_offset() {
            let fetched = read(&self.log, offset, 1);
            assert!(fetched.next_offset > offset, "stuck at {offset}");
            let next = found.iter().find(|record| record.offset >= offset);
            assert!(next.is_none_or(|next| fetched.base_offset.unwrap() <= next.offset), "passed over at {offset}");
        }
    }
}

/// What a reader of all records comes to: the last value of each key, and where it is.
fn table<'a>(records: impl Iterator<Item = &'a Written>) -> BTreeMap<&'a str, (i64, &'a str)> {
    let mut table = BTreeMap::new();
    for Written { offset, key, value, .. } in records {
        match value {
            Some(value) => table.insert(key.as_str(), (*offset, value.as_str())),
            None => table.remove(key.as_str()),
        };
    }
    table
}

/// Says how to have a history again that failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("SEED={} repeats this", self.0);
        }
    }
}

#[test]
fn whatever_happens_to_a_compacted_log_a_reader_comes_to_the_same_table() {
    let seeds = std::env::var("SEED").map_or_else(|_| (0..100).collect(), |seed| vec![seed.parse::<u64>().unwrap()]);
    for seed in seeds {
        let _seed = Seed(seed);
        let mut history = History::new(seed);
        for _ in 0..150 {
            history.step();
            history.check();
        }
    }
}
