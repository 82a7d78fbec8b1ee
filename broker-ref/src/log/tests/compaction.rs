//! Logs of which only the last record of each key is kept.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::control::EndTransactionMarker;
use ottla_protocol::record::stamp;
use ottla_protocol::record::{Compression, TimestampType};

use super::faulty::Faulty;
use super::*;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn compacted() -> LogConfig {
    LogConfig {
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        min_cleanable_dirty_ratio: 0.0,
        delete_retention_ms: HOUR_MS,
        ..small()
    }
}

/// A record by its key, and its value unless it is a tombstone.
type Pair = (&'static str, Option<&'static str>);

fn pairs_of(pairs: &[(&str, Option<&str>)], settings: BatchSettings, now_ms: i64) -> BytesMut {
    let mut builder = RecordBatchBuilder::new(settings);
    for (key, value) in pairs {
        let key = (!key.is_empty()).then_some(key.as_bytes());
        builder.append(now_ms, key, value.map(str::as_bytes), [("h", Some(&b"x"[..]))]).unwrap();
    }
    BytesMut::from(&builder.seal(&mut Compressor::default()).unwrap()[..])
}

/// Each list is a segment of one batch.
fn with_segments(storage: &Arc<dyn Storage>, segments: &[&[Pair]]) -> Log {
    let mut log = new_log(storage, compacted());
    for pairs in segments {
        append(&mut log, pairs_of(pairs, BatchSettings::default(), NOW));
        log.roll(NOW).unwrap();
    }
    log
}

fn limits(now_ms: i64) -> CompactionLimits {
    CompactionLimits { key_bytes: 1 << 20, now_ms }
}

/// Compacts as far as it goes now. Up to where it is compacted then.
fn compact(log: &mut Log, compacted_to: i64, limits: CompactionLimits) -> i64 {
    let Some(dirt) = log.dirt(compacted_to, limits.now_ms) else { return compacted_to };
    let compacted = log.start_compaction(dirt, limits).run(&AtomicBool::new(false)).unwrap();
    log.finish_compaction(compacted, limits.now_ms).unwrap().unwrap()
}

/// Offset, key and value of every record.
fn records(log: &Log) -> Vec<(i64, String, Option<String>)> {
    let mut found = Vec::new();
    for batch in batches(read_all(log, log.log_start_offset())) {
        for record in &batch.records(&mut Decompressor::default()).unwrap() {
            let record = record.unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            found.push((record.offset, record.key.map(text).unwrap_or_default(), record.value.map(text)));
        }
    }
    found
}

fn offsets(log: &Log) -> Vec<i64> {
    records(log).into_iter().map(|(offset, ..)| offset).collect()
}

fn bases(log: &Log) -> Vec<i64> {
    log.segment_base_offsets().collect()
}

/// The log after a crash that left all that was written.
fn reopened(storage: &Arc<dyn Storage>, log: &Log) -> Log {
    let mut reopened = open(storage, log.config().clone(), OpenLog { recovery_point: 0, ..unclean(log) });
    reopened.set_high_watermark(reopened.end_offset());
    reopened
}

#[test]
fn of_each_key_the_last_record_is_left_at_its_offset() {
    for place in both() {
        let segments: [&[Pair]; 3] = [
            &[("a", Some("1")), ("b", Some("1")), ("a", Some("2"))],
            &[("b", Some("2")), ("c", Some("1"))],
            &[("a", Some("3"))],
        ];
        let mut log = with_segments(&place, &segments);
        append(&mut log, pairs_of(&[("c", Some("2"))], BatchSettings::default(), NOW));
        assert_eq!(compact(&mut log, 0, limits(NOW)), 6);
        let left = |offset, key: &str, value: &str| (offset, key.to_owned(), Some(value.to_owned()));
        let expected = [left(3, "b", "2"), left(4, "c", "1"), left(5, "a", "3"), left(6, "c", "2")];
        assert_eq!(records(&log), expected, "what is in the active segment replaces nothing yet");
        assert_eq!((bases(&log), log.log_start_offset(), log.end_offset()), (vec![0, 6], 0, 7));
        assert_eq!(spans(read_all(&log, 0)), [(3, 4), (5, 5), (6, 6)], "a batch without records is gone");
        assert_eq!(records(&reopened(&place, &log)), expected);
        log.roll(NOW).unwrap();
        assert_eq!(compact(&mut log, 6, limits(NOW)), 7);
        assert_eq!(offsets(&log), [3, 5, 6]);
        // The old files go as those of any segment that is deleted.
        let deleted = |place: &Place| file_names(place).iter().filter(|name| name.contains(".deleted")).count();
        assert!(deleted(&place) > 0);
        log.tick(NOW + 60_000).unwrap();
        assert_eq!(deleted(&place), 0);
        let names = file_names(&place);
        assert!(names.iter().all(|name| !name.contains(".cleaned") && !name.contains(".swap")), "{names:?}");
    }
}

#[test]
fn a_tombstone_is_left_for_as_long_as_a_reader_may_need_it() {
    for (codec, ty) in [Compression::None, Compression::Zstd]
        .into_iter()
        .flat_map(|codec| [TimestampType::CreateTime, TimestampType::LogAppendTime].map(|ty| (codec, ty)))
    {
        let place = memory();
        let mut log = new_log(&place, compacted());
        let settings = BatchSettings { compression: codec.into(), ..BatchSettings::default() };
        for pairs in [&[("a", Some("1")), ("b", Some("1"))][..], &[("a", None), ("c", Some("1"))]] {
            let mut batch = pairs_of(pairs, settings, NOW);
            stamp::set_timestamp(&mut batch, ty, NOW).unwrap();
            append(&mut log, batch);
            log.roll(NOW).unwrap();
        }
        let to = compact(&mut log, 0, limits(NOW));
        assert_eq!(offsets(&log), [1, 2, 3]);
        let last = batches(read_all(&log, 2)).remove(0);
        assert_eq!(last.delete_horizon(), Some(NOW + HOUR_MS));
        let times: Vec<i64> = last
            .records(&mut Decompressor::default())
            .unwrap()
            .iter()
            .map(|record| record.unwrap().timestamp)
            .collect();
        assert_eq!(times, [NOW, NOW], "{codec:?} {ty:?}");
        let more = |log: &mut Log, key, now_ms, to| {
            append(log, pairs_of(&[(key, Some("1"))], BatchSettings::default(), NOW));
            log.roll(NOW).unwrap();
            compact(log, to, limits(now_ms))
        };
        let to = more(&mut log, "d", NOW + HOUR_MS - 1, to);
        assert_eq!(offsets(&log), [1, 2, 3, 4]);
        more(&mut log, "e", NOW + HOUR_MS, to);
        assert_eq!(offsets(&log), [1, 3, 4, 5]);
    }
}

/// With log append time, all records of a batch have the same.
#[test]
fn what_is_found_by_time_is_a_record_that_is_there() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    for pairs in [&[("a", Some("1")), ("b", Some("1"))][..], &[("a", Some("2"))]] {
        let mut batch = pairs_of(pairs, BatchSettings::default(), NOW);
        stamp::set_timestamp(&mut batch, TimestampType::LogAppendTime, NOW).unwrap();
        append(&mut log, batch);
    }
    log.roll(NOW).unwrap();
    let found = |log: &Log| log.find_by_timestamp(NOW, &mut Decompressor::default()).unwrap().unwrap().offset;
    assert_eq!(found(&log), 0);
    compact(&mut log, 0, limits(NOW));
    assert_eq!(found(&log), 1);
}

#[test]
fn what_cannot_be_compacted_yet_waits() {
    let place = memory();
    let mut log = with_segments(&place, &[&[("a", Some("1"))], &[("a", Some("2"))], &[("a", Some("3"))]]);
    let end = |log: &Log, now_ms| log.dirt(0, now_ms).map(|dirt| dirt.end);
    assert_eq!(end(&log, NOW), Some(3));
    log.set_config(LogConfig { min_compaction_lag_ms: 1000, ..compacted() });
    assert_eq!((end(&log, NOW + 999), end(&log, NOW + 1000)), (None, Some(3)));
    log.set_config(compacted());
    log.set_high_watermark(1);
    assert_eq!(end(&log, NOW), Some(1), "not what readers cannot see");
    log.set_high_watermark(3);
    assert_eq!(log.dirt(3, NOW), None, "all of it is");
    assert_eq!(log.dirt(99, NOW).map(|dirt| dirt.compacted_to), Some(0), "a checkpoint that cannot be right");
    log.set_config(LogConfig { cleanup_policy: CleanupPolicy { delete: true, compact: false }, ..compacted() });
    assert_eq!(log.dirt(0, NOW), None);
}

#[test]
fn what_readers_cannot_see_yet_replaces_nothing() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    for value in ["1", "2"] {
        log.append(pairs_of(&[("a", Some(value)), ("b", Some(value))], BatchSettings::default(), NOW), at(0)).unwrap();
    }
    log.roll(NOW).unwrap();
    log.set_high_watermark(2);
    assert_eq!(compact(&mut log, 0, limits(NOW)), 2);
    assert_eq!(offsets(&log), [0, 1, 2, 3]);
    log.set_high_watermark(4);
    assert_eq!(compact(&mut log, 2, limits(NOW)), 4);
    assert_eq!(offsets(&log), [2, 3]);
}

#[test]
fn a_log_is_compacted_when_enough_of_it_is_dirty_or_for_too_long() {
    let place = memory();
    let mut log = with_segments(&place, &[&[("a", Some("1"))], &[("b", Some("2"))], &[("c", Some("3"))]]);
    let half = LogConfig { min_cleanable_dirty_ratio: 0.5, ..compacted() };
    log.set_config(half.clone());
    let worth = |log: &Log, to, now_ms| log.dirt(to, now_ms).map(|dirt| log.is_worth_compacting(&dirt));
    assert_eq!([0, 1, 2, 3].map(|to| worth(&log, to, NOW)), [Some(true), Some(true), Some(false), None]);
    log.set_config(LogConfig { max_compaction_lag_ms: Some(1000), ..half });
    assert_eq!([1000, 1001].map(|later| worth(&log, 2, NOW + later)), [Some(false), Some(true)]);
}

#[test]
fn a_segment_is_over_before_its_records_wait_for_too_long() {
    let place = memory();
    let mut log = new_log(&place, LogConfig { max_compaction_lag_ms: Some(1000), ..compacted() });
    for (after, segments) in [(0, 1), (1000, 1), (1001, 2)] {
        append(&mut log, pairs_of(&[("a", Some("1"))], BatchSettings::default(), NOW + after));
        assert_eq!(bases(&log).len(), segments, "{after}");
    }
}

#[test]
fn small_segments_become_one_and_none_becomes_too_large() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    let value = "v".repeat(200);
    for n in 0..30 {
        append(&mut log, pairs_of(&[(&format!("k{n}"), Some(&value))], BatchSettings::default(), NOW));
        log.roll(NOW).unwrap();
    }
    compact(&mut log, 0, limits(NOW));
    assert_eq!(offsets(&log).len(), 30);
    assert_eq!(bases(&log), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30], "three of 300 bytes go into 1,000");
    let names = file_names(&place);
    let has = |name: &str| names.iter().any(|found| found == name);
    assert!(has("00000000000000000003.snapshot") && !has("00000000000000000004.snapshot"), "{names:?}");
    let again = reopened(&place, &log);
    assert_eq!((bases(&again), offsets(&again).len()), (bases(&log), 30));
}

#[test]
fn keys_that_do_not_fit_into_memory_are_compacted_in_turns() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    for n in 0..40 {
        append(&mut log, pairs_of(&[(&format!("k{}", n % 20), Some("v"))], BatchSettings::default(), NOW));
        log.roll(NOW).unwrap();
    }
    let few = CompactionLimits { key_bytes: 6 * 32, now_ms: NOW };
    let mut to = vec![0];
    while log.dirt(*to.last().unwrap(), NOW).is_some() {
        to.push(compact(&mut log, *to.last().unwrap(), few));
    }
    assert_eq!(to, [0, 6, 12, 18, 24, 30, 36, 40]);
    assert_eq!(offsets(&log), (20..40).collect::<Vec<_>>());
}

#[test]
fn a_producer_goes_on_after_all_its_records_were_replaced() {
    for place in both() {
        let mut log = new_log(&place, compacted());
        let of = |producer_id, base_sequence| BatchSettings {
            producer: ProducerStamp { producer_id, producer_epoch: 0, base_sequence },
            ..BatchSettings::default()
        };
        for (producer, sequence) in [(1, 0), (1, 1), (2, 0)] {
            append(&mut log, pairs_of(&[("a", Some("v"))], of(producer, sequence), NOW));
            log.roll(NOW).unwrap();
        }
        append(&mut log, pairs_of(&[("a", Some("w"))], BatchSettings::default(), NOW));
        log.roll(NOW).unwrap();
        compact(&mut log, 0, limits(NOW));
        assert_eq!((offsets(&log), spans(read_all(&log, 0))), (vec![3], vec![(1, 1), (2, 2), (3, 3)]));
        // With no snapshot, the producers are told by the log alone.
        for name in file_names(&place).iter().filter(|name| name.ends_with(".snapshot")) {
            place.remove(FilePath::in_dir("t-0", name)).unwrap();
        }
        let mut log = reopened(&place, &log);
        let retried = log.append(pairs_of(&[("a", Some("v"))], of(1, 1), NOW), at(0)).unwrap();
        assert_eq!((retried.base_offset, retried.duplicate_timestamp), (1, Some(NOW)));
        assert!(log.append(pairs_of(&[("a", Some("v"))], of(2, 5), NOW), at(0)).is_err());
        assert_eq!(log.append(pairs_of(&[("a", Some("v"))], of(2, 1), NOW), at(0)).unwrap().base_offset, 4);
    }
}

fn append_transaction(log: &mut Log, pairs: &[Pair], committed: bool) {
    let transactional = BatchSettings {
        producer: ProducerStamp { producer_id: 1, producer_epoch: 0, base_sequence: 0 },
        transactional: true,
        ..BatchSettings::default()
    };
    append(log, pairs_of(pairs, transactional, NOW));
    let marker = EndTransactionMarker { committed, coordinator_epoch: 0 };
    let marker = BytesMut::from(&marker.to_batch(NOW, 1, 0)[..]);
    log.append(marker, Append { origin: AppendOrigin::Coordinator, ..at(0) }).unwrap();
}

#[test]
fn what_belongs_to_transactions_stays_as_it_is_and_replaces_nothing() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    append(&mut log, pairs_of(&[("a", Some("sure"))], BatchSettings::default(), NOW));
    append_transaction(&mut log, &[("a", Some("aborted"))], false);
    log.set_high_watermark(3);
    log.roll(NOW).unwrap();
    let before = read_all(&log, 0);
    assert_eq!(compact(&mut log, 0, limits(NOW)), 3);
    assert_eq!(read_all(&log, 0), before);
}

#[test]
fn a_tombstone_stays_that_may_be_of_what_belongs_to_a_transaction() {
    let place = memory();
    let mut log = new_log(&place, compacted());
    append_transaction(&mut log, &[("a", Some("committed"))], true);
    append(&mut log, pairs_of(&[("a", None)], BatchSettings::default(), NOW));
    let mut to = 0;
    for hours in [0, 2, 4] {
        append(&mut log, pairs_of(&[("z", Some("v"))], BatchSettings::default(), NOW));
        log.roll(NOW).unwrap();
        to = compact(&mut log, to, limits(NOW + hours * HOUR_MS));
    }
    let batches = batches(read_all(&log, 0));
    let tombstone = batches.iter().find(|batch| batch.base_offset() == 2).unwrap();
    assert_eq!((tombstone.record_count(), tombstone.delete_horizon()), (1, Some(NOW + HOUR_MS)));
}

#[test]
fn records_without_a_key_are_of_a_time_before_and_go() {
    let place = memory();
    let mut log = with_segments(&place, &[&[("", Some("1")), ("a", Some("2"))], &[("", Some("3"))]]);
    compact(&mut log, 0, limits(NOW));
    assert_eq!(offsets(&log), [1]);
    let file = place.read(FilePath::in_dir("t-0", "00000000000000000000.log"), 1000).unwrap().unwrap();
    assert_eq!(spans(file), [(0, 1), (2, 2)], "the file tells where it ends");
}

/// Damage in the dirty part is met by who gathers keys, and that before it by who writes what is left.
#[test]
fn a_damaged_log_is_not_compacted_and_nothing_is_lost() {
    for (damaged, compacted_to) in [(2, 0), (1, 0), (1, 2)] {
        let place = memory();
        let mut log = with_segments(&place, &[&[("a", Some("1"))], &[("a", Some("2"))], &[("b", Some("1"))]]);
        let name = format!("{damaged:020}.log");
        let path = FilePath::in_dir("t-0", &name);
        let file = place.open(path).unwrap();
        let mut content = file.read_at(0, 1000).unwrap().concat();
        content[70] ^= 1;
        file.write_at(0, content.clone().into()).unwrap();
        let dirt = log.dirt(compacted_to, NOW).unwrap();
        let error = log.start_compaction(dirt, limits(NOW)).run(&AtomicBool::new(false)).unwrap_err().to_string();
        assert!(error.contains(&format!("t-0/{name} cannot be compacted: the checksum")), "{error}");
        assert_eq!(place.read(path, 1000).unwrap().unwrap(), content);
        let names = file_names(&place);
        assert!(!names.iter().any(|name| name.contains(".cleaned")), "{names:?}");
        assert_eq!(bases(&log), [0, 1, 2, 3]);
        log.delete_records(3, NOW).unwrap();
        assert_eq!(log.dirt(0, NOW), None, "the damage is gone, and so is what was to be compacted");
    }
}

#[test]
fn what_was_compacted_survives_a_power_cut() {
    let memory = MemoryStorage::new();
    let storage: Arc<dyn Storage> = Arc::new(memory.clone());
    let mut log = with_segments(&storage, &[&[("a", Some("1"))], &[("a", Some("2"))], &[("b", Some("1"))]]);
    log.flush().unwrap();
    compact(&mut log, 0, limits(NOW));
    let cut: Arc<dyn Storage> = Arc::new(memory.crash(|_, synced, _| synced));
    let again = open(&cut, compacted(), unclean(&log));
    assert_eq!((bases(&again), records(&again)), (vec![0, 3], records(&log)));
}

#[test]
fn segments_that_are_deleted_during_a_compaction_stay_deleted() {
    for place in both() {
        let mut log = with_segments(&place, &[&[("a", Some("1"))], &[("b", Some("2"))], &[("c", Some("3"))]]);
        let dirt = log.dirt(0, NOW).unwrap();
        let run = |log: &Log| log.start_compaction(dirt, limits(NOW)).run(&AtomicBool::new(false)).unwrap();
        let compacted = run(&log);
        log.delete_records(1, NOW).unwrap();
        assert_eq!(log.finish_compaction(compacted, NOW).unwrap(), None);
        assert_eq!((offsets(&log), bases(&log)), (vec![1, 2], vec![1, 2, 3]));
        assert!(!file_names(&place).iter().any(|name| name.contains(".cleaned")));
        let truncated = run(&log);
        log.truncate_to(1, NOW).unwrap();
        assert_eq!(log.finish_compaction(truncated, NOW).unwrap(), None);
        assert_eq!(offsets(&log), [0_i64; 0]);
    }
}

#[test]
fn a_compaction_that_is_told_to_stop_leaves_nothing() {
    let place = memory();
    let log = with_segments(&place, &[&[("a", Some("1"))], &[("a", Some("2"))]]);
    let dirt = log.dirt(0, NOW).unwrap();
    let stopped = log.start_compaction(dirt, limits(NOW)).run(&AtomicBool::new(true));
    assert!(matches!(stopped, Err(CompactionError::Stopped)));
    assert_eq!(bases(&log), [0, 1, 2]);
    assert!(!file_names(&place).iter().any(|name| name.contains(".cleaned")));
}

#[test]
fn who_reads_an_old_segment_meanwhile_can_finish() {
    for place in both() {
        let mut log = with_segments(&place, &[&[("a", Some("1"))], &[("a", Some("2"))]]);
        log.set_config(LogConfig { tail_cache_bytes: 0, ..compacted() });
        let request = Read { offset: 0, max_bytes: 10, min_one_message: true, upper_bound: 99 };
        let under_way = log.plan_read(request).unwrap();
        compact(&mut log, 0, limits(NOW));
        assert_eq!(spans(under_way.run().unwrap().into_bytes()), [(0, 0)]);
        assert_eq!(spans(log.plan_read(request).unwrap().run().unwrap().into_bytes()), [(1, 1)]);
    }
}

/// The topic is deleted and created anew while it is compacted, and then killed in the middle of a swap.
#[test]
fn what_a_compaction_of_an_earlier_topic_writes_is_in_nobodys_way() {
    let place = memory();
    let load = || {
        let identity = directory::identity();
        LogManager::open(Arc::clone(&place), &identity, LogManagerConfig::default(), |_| compacted(), NOW).unwrap()
    };
    let mut manager = load();
    let old = manager.create(tp(), ottla_protocol::wire::Uuid([1; 16]), compacted(), NOW).unwrap();
    // Too large to become one.
    let value = "v".repeat(200);
    for n in 0..12 {
        append(&mut old.lock(), pairs_of(&[(&format!("k{n}"), Some(&value))], BatchSettings::default(), NOW));
        old.lock().roll(NOW).unwrap();
    }
    let (_, _, dirt) = manager.dirtiest(NOW).unwrap();
    let [first, second] = [(); 2].map(|()| old.lock().start_compaction(dirt, limits(NOW)));
    manager.delete(&tp(), NOW).unwrap();
    let new = manager.create(tp(), ottla_protocol::wire::Uuid([2; 16]), compacted(), NOW).unwrap();
    let unfinished = || file_names(&place).into_iter().filter(|name| name.ends_with(".cleaned")).count();
    let finished = first.run(&AtomicBool::new(false)).unwrap();
    assert!(unfinished() > 0 && old.lock().finish_compaction(finished, NOW).is_err());
    assert_eq!(unfinished(), 0);
    // As if it had panicked, or the broker had been killed.
    drop(second.run(&AtomicBool::new(false)).unwrap());
    assert!(unfinished() > 0);
    append(&mut new.lock(), pairs_of(&[("a", Some("1"))], BatchSettings::default(), NOW));
    new.lock().roll(NOW).unwrap();
    let (_, _, dirt) = manager.dirtiest(NOW).unwrap();
    let compaction = new.lock().start_compaction(dirt, limits(NOW));
    let compacted = compaction.run(&AtomicBool::new(false)).unwrap();
    assert_eq!(unfinished(), 3, "but for what it has written itself");
    new.lock().finish_compaction(compacted, NOW).unwrap().unwrap();
    assert_eq!((unfinished(), offsets(&new.lock())), (0, vec![0]));
}

/// The state that a reader of the whole log comes to.
fn table(log: &Log) -> BTreeMap<String, String> {
    let mut table = BTreeMap::new();
    for (_, key, value) in records(log) {
        match value {
            Some(value) => table.insert(key, value),
            None => table.remove(&key),
        };
    }
    table
}

/// A tombstone goes in this compaction, and what it deleted must not come back whatever is left of it.
#[test]
fn a_crash_at_any_step_of_a_compaction_leaves_the_same_table() {
    // All of it becomes one segment, or several.
    for (segment_bytes, least) in [(1000, 12), (250, 30)] {
        let steps = crash_at_each_step(segment_bytes);
        assert!(steps >= least, "only {steps} steps were tried");
    }
}

/// Returns how many steps there were.
fn crash_at_each_step(segment_bytes: u32) -> usize {
    for left in 0.. {
        let dying = Faulty::new();
        let storage = dying.shared();
        let segments: [&[Pair]; 4] = [
            &[("a", Some("1")), ("b", Some("1"))],
            &[("a", None), ("c", Some("1"))],
            &[("b", Some("2")), ("d", Some("1"))],
            &[("d", None)],
        ];
        let mut log = with_segments(&storage, &segments);
        let to = compact(&mut log, 0, limits(NOW));
        for key in ["e", "b"] {
            append(&mut log, pairs_of(&[(key, Some("3"))], BatchSettings::default(), NOW));
            log.roll(NOW).unwrap();
        }
        let later = NOW + 2 * HOUR_MS;
        let expected = table(&log);
        log.set_config(LogConfig { segment_bytes, ..compacted() });
        let dirt = log.dirt(to, later).unwrap();
        dying.live_for(left);
        let compacted = log.start_compaction(dirt, limits(later)).run(&AtomicBool::new(false));
        let finished = compacted.map_err(drop).and_then(|c| log.finish_compaction(c, later).map_err(drop));
        dying.live_for(usize::MAX);
        assert_eq!(table(&log), expected, "as it goes on, after step {left}");
        for synced_only in [false, true] {
            let crashed = dying.inner.crash(|_, synced, len| if synced_only { synced } else { len });
            let crashed: Arc<dyn Storage> = Arc::new(crashed);
            let again = reopened(&crashed, &log);
            let found = table(&again);
            if synced_only {
                // Nothing was flushed but what was compacted.
                assert!(!found.contains_key("a") && !found.contains_key("d"), "step {left}: {found:?}");
                continue;
            }
            assert_eq!(found, expected, "step {left}");
            assert_eq!((again.log_start_offset(), again.end_offset()), (0, log.end_offset()), "step {left}");
            let names = file_names(&crashed);
            assert!(names.iter().all(|n| !n.ends_with(".cleaned") && !n.ends_with(".swap")), "step {left}: {names:?}");
        }
        if finished.is_ok() {
            return left;
        }
    }
    unreachable!("it ends at some step")
}

/// Random batches, rolls, restarts and compactions, against the table that they make.
#[test]
fn a_random_log_makes_the_same_table_however_often_it_is_compacted() {
    let seeds = std::env::var("SEED").map_or_else(|_| (0..60).collect(), |seed| vec![seed.parse::<u64>().unwrap()]);
    for seed in seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let place = memory();
        let mut log = new_log(&place, compacted());
        let (mut now_ms, mut to, mut value) = (NOW, 0, 0);
        let mut expected = BTreeMap::new();
        let mut written = BTreeMap::new();
        for _ in 0..120 {
            now_ms += random.i64(0..HOUR_MS / 4);
            match random.u8(0..10) {
                0..6 => {
                    let mut pairs = Vec::new();
                    for _ in 0..random.usize(1..6) {
                        value += 1;
                        let tombstone = random.u8(0..4) == 0;
                        pairs.push((format!("k{}", random.u8(0..12)), (!tombstone).then(|| format!("v{value}"))));
                    }
                    let codec = Compression::from_id(random.u8(0..5)).unwrap();
                    let settings = BatchSettings { compression: codec.into(), ..BatchSettings::default() };
                    let borrowed: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
                    let info = append(&mut log, pairs_of(&borrowed, settings, now_ms));
                    for ((key, value), offset) in pairs.into_iter().zip(info.base_offset..) {
                        written.insert(offset, (key.clone(), value.clone()));
                        match value {
                            Some(value) => expected.insert(key, value),
                            None => expected.remove(&key),
                        };
                    }
                }
                6 => drop(log.roll(now_ms).unwrap()),
                7 => log = reopened(&place, &log),
                _ => {
                    let key_bytes = random.usize(1..15) * 32;
                    to = compact(&mut log, to, CompactionLimits { key_bytes, now_ms });
                }
            }
            assert_eq!(table(&log), expected, "SEED={seed} repeats this");
            let found = records(&log);
            for (offset, key, value) in &found {
                assert_eq!(written.get(offset), Some(&(key.clone(), value.clone())), "SEED={seed} offset {offset}");
            }
            let below: Vec<&String> = found.iter().filter(|(offset, ..)| *offset < to).map(|(_, key, _)| key).collect();
            let distinct: std::collections::BTreeSet<_> = below.iter().collect();
            assert_eq!(below.len(), distinct.len(), "SEED={seed} a key is there twice before {to}");
            assert_eq!(log.log_start_offset(), 0, "SEED={seed}");
        }
    }
}
