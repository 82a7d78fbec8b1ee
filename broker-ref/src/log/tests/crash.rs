//! Random histories with power cuts, against a list of batches.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// What was appended since the log was last known, and how much of it must be there.
#[derive(Clone, Debug, Default)]
struct Model {
    /// What can be read, perhaps with gaps.
    batches: Vec<Appended>,
    start: i64,
    end: i64,
    /// Everything before it was synced.
    synced: i64,
    /// Where the log began when its start was last durable.
    durable_start: i64,
}

#[derive(Clone, Debug)]
struct Appended {
    base: i64,
    last: i64,
    bytes: Bytes,
}

impl Model {
    fn append(&mut self, records: Bytes) {
        for batch in batches(records) {
            let (base, last) = (batch.base_offset(), batch.last_offset());
            self.batches.push(Appended { base, last, bytes: batch.bytes().clone() });
            self.end = batch.next_offset();
        }
    }

    /// `segment` is the last one that begins at the offset or before it. In a gap, the log ends before it.
    fn truncate(&mut self, offset: i64, segment: i64) {
        let kept = self.batches.iter().take_while(|batch| batch.last < offset).count();
        self.batches.truncate(kept);
        self.end = self.batches.last().map_or(segment, |batch| batch.last + 1).max(segment);
        self.start = self.start.min(self.end);
        self.synced = self.synced.min(self.end);
        self.durable_start = self.durable_start.min(self.end);
    }

    /// Only what a crash left of the files: of each segment whole batches, and nothing behind a torn one. It holds all
    /// that was synced.
    fn crash(&mut self, lengths: &BTreeMap<i64, u64>) {
        let before = std::mem::take(&mut self.batches);
        let first = *lengths.keys().next().unwrap();
        let ends = lengths.keys().skip(1).copied().chain(std::iter::once(i64::MAX));
        for ((segment, length), end) in lengths.iter().zip(ends) {
            self.end = *segment;
            let mut left = *length;
            for batch in before.iter().filter(|batch| (*segment..end).contains(&batch.base)) {
                let Some(rest) = left.checked_sub(batch.bytes.len() as u64) else { break };
                left = rest;
                self.end = batch.last + 1;
                self.batches.push(batch.clone());
            }
            if left > 0 {
                break;
            }
        }
        let kept: BTreeSet<i64> = self.batches.iter().map(|batch| batch.base).collect();
        let lost = before.iter().filter(|batch| batch.base >= first && !kept.contains(&batch.base));
        lost.for_each(|batch| assert!(batch.last >= self.synced, "{} was synced", batch.last));
    }

    /// Takes over where a log begins after a crash, which is no checkpoint's word.
    fn reopened(&mut self, log: &Log) {
        let (start, end) = (log.log_start_offset(), self.end);
        let what = format!("{start} to {end}, was {} and durable {}", self.start, self.durable_start);
        assert!(start >= self.durable_start.min(end) && start <= self.start.max(end), "{what}");
        (self.start, self.synced, self.durable_start) = (start, end, self.durable_start.min(start));
    }

    fn at(&self, thousandths: i64) -> i64 {
        self.start + (self.end - self.start) * thousandths / 1000
    }
}

fn config() -> LogConfig {
    LogConfig { segment_bytes: 600, index_interval_bytes: 100, tail_cache_bytes: 0, ..small() }
}

/// One log, its storage, and what it should be.
struct History {
    random: fastrand::Rng,
    storage: MemoryStorage,
    log: Log,
    model: Model,
    /// The checkpoints as they were last written.
    recovery_point: i64,
    log_start_offset: i64,
}

impl History {
    fn new(seed: u64) -> Self {
        let storage = MemoryStorage::new();
        let shared: Arc<dyn Storage> = Arc::new(storage.clone());
        let log = new_log(&shared, config());
        let random = fastrand::Rng::with_seed(seed);
        Self { random, storage, log, model: Model::default(), recovery_point: 0, log_start_offset: 0 }
    }

    fn step(&mut self) {
        match self.random.u32(0..24) {
            0..=11 => self.append(),
            12 => drop(self.log.roll(NOW).unwrap()),
            13 => self.flush(),
            14 => self.flush_overtaken(),
            15 => self.recovery_point = self.log.recovery_point(),
            16 => self.truncate(),
            17 => self.delete_records(),
            18 => self.retain(),
            19 => self.log.tick(NOW + 120_000).unwrap(),
            20 => self.close(),
            _ => self.crash(),
        }
        self.check();
    }

    fn append(&mut self) {
        let mut records = BytesMut::new();
        for _ in 0..self.random.usize(1..4) {
            let count = self.random.usize(1..5);
            records.extend_from_slice(&batch(count, self.random.usize(0..30)));
        }
        let info = append(&mut self.log, records);
        assert_eq!(info.base_offset, self.model.end);
        self.model.append(read_all(&self.log, info.base_offset));
    }

    fn flush(&mut self) {
        self.log.flush().unwrap();
        self.model.synced = self.model.end;
    }

    /// A flush that was begun before a truncation and ends after it.
    fn flush_overtaken(&mut self) {
        let Some(flush) = self.log.start_flush() else { return };
        let end = self.model.end;
        self.truncate();
        self.append();
        let flushed = flush.run();
        self.log.finish_flush(flushed).unwrap();
        assert!(self.log.recovery_point() <= self.model.end);
        if self.log.recovery_point() >= end {
            self.model.synced = end.min(self.model.end);
        }
    }

    fn truncate(&mut self) {
        let offset = self.model.at(self.random.i64(0..1000));
        let segment = self.log.segment_base_offsets().take_while(|base| *base <= offset).last().unwrap();
        self.model.truncate(offset, segment);
        assert_eq!(self.log.truncate_to(offset, NOW).unwrap(), self.model.end);
        self.recovery_point = self.recovery_point.min(self.log.recovery_point());
    }

    fn delete_records(&mut self) {
        let offset = self.model.at(self.random.i64(0..1100)).min(self.model.end);
        self.model.start = self.log.delete_records(offset, NOW).unwrap();
        if self.random.bool() {
            self.log_start_offset = self.model.start;
            self.model.durable_start = self.model.start;
        }
    }

    fn retain(&mut self) {
        let by_size = LogConfig { retention_bytes: Some(1200), ..config() };
        self.log.set_config(by_size);
        self.log.apply_retention(NOW).unwrap();
        self.log.set_config(config());
        self.model.start = self.log.log_start_offset();
    }

    fn close(&mut self) {
        self.log.close().unwrap();
        self.model.synced = self.model.end;
        let clean = OpenLog { clean_shutdown: true, ..unclean(&self.log) };
        self.reopen(clean);
        (self.recovery_point, self.log_start_offset) = (self.log.recovery_point(), self.log.log_start_offset());
    }

    /// Of each file, what was not synced is lost, kept, or torn.
    fn crash(&mut self) {
        let random = &mut self.random;
        let mut lengths = BTreeMap::new();
        self.storage = self.storage.crash(|path, synced, len| {
            let left = match random.u32(0..3) {
                0 => synced,
                1 => len,
                _ => random.u64(synced..=len),
            };
            lengths.extend(path.name.strip_suffix(".log").map(|base| (base.parse().unwrap(), left)));
            left
        });
        self.model.crash(&lengths);
        self.reopen(OpenLog {
            topic_id: None,
            log_start_offset: self.log_start_offset,
            recovery_point: self.recovery_point,
            high_watermark: 0,
            clean_shutdown: false,
            now_ms: NOW,
        });
        self.model.reopened(&self.log);
    }

    fn reopen(&mut self, with: OpenLog) {
        let shared: Arc<dyn Storage> = Arc::new(self.storage.clone());
        self.log = open(&shared, config(), with);
        self.log.set_high_watermark(self.log.end_offset());
    }

    fn check(&self) {
        let Self { log, model, .. } = self;
        assert_eq!((log.log_start_offset(), log.end_offset()), (model.start, model.end));
        let mut offset = model.start;
        for Appended { last, bytes, .. } in model.batches.iter().filter(|batch| batch.last >= model.start) {
            // In a gap, with what is behind it.
            for offset in offset..=*last {
                assert_eq!(read(log, offset, 1).into_bytes(), bytes, "at {offset}");
            }
            offset = last + 1;
        }
        for offset in offset..model.end {
            // Nothing is left up to the end, and nobody waits there.
            assert_eq!(spans(read(log, offset, 1).into_bytes()), [(offset, model.end - 1)]);
        }
        assert!(read(log, model.end, 1).is_empty());
    }
}

#[test]
fn after_any_crash_a_log_is_what_was_appended_up_to_behind_what_was_synced() {
    let seeds = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).map_or(0..120, |seed| seed..seed + 1);
    for seed in seeds {
        let mut history = History::new(seed);
        let steps = std::panic::AssertUnwindSafe(|| (0..60).for_each(|_| history.step()));
        if let Err(panic) = std::panic::catch_unwind(steps) {
            eprintln!("SEED={seed} repeats this");
            std::panic::resume_unwind(panic);
        }
    }
}
