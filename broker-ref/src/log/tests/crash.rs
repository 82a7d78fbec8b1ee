//! Random histories with power cuts, against a list of batches.

use super::*;

/// What was appended since the log was last known, and how much of it must be there.
#[derive(Clone, Debug, Default)]
struct Model {
    /// First offset, last offset, bytes.
    batches: Vec<(i64, i64, Bytes)>,
    start: i64,
    end: i64,
    /// Everything before it was synced.
    synced: i64,
    /// Where the log began when its start was last durable.
    durable_start: i64,
}

impl Model {
    fn append(&mut self, records: Bytes) {
        for batch in batches(records) {
            self.batches.push((batch.base_offset(), batch.last_offset(), batch.bytes().clone()));
            self.end = batch.next_offset();
        }
    }

    fn truncate(&mut self, offset: i64) {
        if let Some(first) = self.batches.iter().position(|(_, last, _)| *last >= offset) {
            self.end = self.batches[first].0;
            self.batches.truncate(first);
            self.start = self.start.min(self.end);
            self.synced = self.synced.min(self.end);
            self.durable_start = self.durable_start.min(self.end);
        }
    }

    /// Takes over what a crash left, which must be what was appended, up to somewhere behind what was synced.
    fn crashed(&mut self, log: &Log) {
        let (start, end) = (log.log_start_offset(), log.end_offset());
        let Self { synced, durable_start, .. } = *self;
        let what = format!("{start} to {end} of {} to {}, {synced} synced, from {durable_start}", self.start, self.end);
        assert!(start <= end && end <= self.end && end >= synced, "{what}");
        assert!(start >= durable_start.min(end) && start <= self.start.max(end), "{what}");
        self.batches.retain(|(_, last, _)| *last < end);
        (self.start, self.end, self.synced, self.durable_start) = (start, end, end, self.durable_start.min(start));
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
        self.model.truncate(offset);
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
        self.storage = self.storage.crash(|_, synced, len| match random.u32(0..3) {
            0 => synced,
            1 => len,
            _ => random.u64(synced..=len),
        });
        self.reopen(OpenLog {
            topic_id: None,
            log_start_offset: self.log_start_offset,
            recovery_point: self.recovery_point,
            high_watermark: 0,
            clean_shutdown: false,
            now_ms: NOW,
        });
        self.model.crashed(&self.log);
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
        for (base, last, bytes) in model.batches.iter().filter(|(_, last, _)| *last >= model.start) {
            for offset in offset.max(*base)..=*last {
                let fetched = read(log, offset, 1);
                assert_eq!(fetched.into_bytes(), bytes, "at {offset}");
            }
            offset = last + 1;
        }
        assert_eq!(offset, model.end);
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
