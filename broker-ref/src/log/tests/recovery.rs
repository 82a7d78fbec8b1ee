use ottla_protocol::record::stamp;

use super::*;

fn reopen_clean(storage: &Arc<dyn Storage>, mut log: Log, config: LogConfig) -> Log {
    log.close().unwrap();
    open(storage, config, OpenLog { clean_shutdown: true, ..unclean(&log) })
}

#[test]
fn a_log_is_the_same_after_it_was_closed_or_was_not() {
    for place in both() {
        let mut log = new_log(&place, small());
        let producer = |base_sequence| ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence };
        for i in 0..40 {
            let records = batch_of(&[NOW + i64::from(i), NOW], 30, producer(i * 2));
            log.append(records, at(i / 10)).unwrap();
        }
        log.set_high_watermark(40);
        let all = read_all(&log, 0);
        let bases: Vec<i64> = log.segment_base_offsets().collect();
        let epochs = log.leader_epochs().to_vec();
        for clean in [true, false, true, false] {
            let mut reopened =
                if clean { reopen_clean(&place, log, small()) } else { open(&place, small(), unclean(&log)) };
            assert_eq!(read_all(&reopened, 0), all);
            assert_eq!(reopened.segment_base_offsets().collect::<Vec<_>>(), bases);
            assert_eq!(reopened.leader_epochs(), epochs);
            assert_eq!((reopened.end_offset(), reopened.high_watermark()), (80, 40));
            let retry = reopened.append(batch_of(&[NOW + 39, NOW], 30, producer(78)), at(3)).unwrap();
            assert_eq!((retry.base_offset, retry.duplicate_timestamp), (78, Some(NOW + 39)));
            let found = reopened.find_by_timestamp(NOW + 20, &mut Default::default()).unwrap().unwrap();
            assert_eq!((found.timestamp, found.offset), (NOW + 20, 40));
            log = reopened;
        }
    }
}

#[test]
fn rebuilt_indexes_are_those_that_were_written() {
    let place = memory();
    let mut log = new_log(&place, small());
    (0..40).for_each(|i| {
        append(&mut log, batch_of(&[NOW + i * 7 % 11], 80, ProducerStamp::NONE));
    });
    log.close().unwrap();
    let indexes = || -> Vec<(String, Bytes)> {
        let names = file_names(&place).into_iter().filter(|name| name.ends_with("index"));
        names
            .map(|name| (name.clone(), place.read(FilePath::in_dir("t-0", &name), 1 << 20).unwrap().unwrap()))
            .collect()
    };
    let written = indexes();
    assert!(written.iter().filter(|(_, bytes)| !bytes.is_empty()).count() > 10);
    for (name, _) in &written {
        place.remove(FilePath::in_dir("t-0", name)).unwrap();
    }
    let mut rebuilt = open(&place, small(), OpenLog { recovery_point: 0, ..unclean(&log) });
    rebuilt.close().unwrap();
    assert_eq!(indexes(), written);
}

/// A log of three segments whose last holds a few batches; and where they begin in its file.
fn three_segments() -> (MemoryStorage, Log, Vec<(u64, i64)>) {
    let storage = MemoryStorage::new();
    let shared: Arc<dyn Storage> = Arc::new(storage.clone());
    let mut log = new_log(&shared, small());
    while log.segment_base_offsets().count() < 3 || log.end_offset() < log.segment_base_offsets().last().unwrap() + 9 {
        append(&mut log, batch(3, 20));
    }
    let last = log.segment_base_offsets().last().unwrap();
    let mut starts = Vec::new();
    let mut position = 0;
    for batch in batches(read_all(&log, last)) {
        starts.push((position, batch.base_offset()));
        position += batch.size_bytes() as u64;
    }
    starts.push((position, log.end_offset()));
    (storage, log, starts)
}

fn last_log_name(log: &Log) -> String {
    format!("{:020}.log", log.segment_base_offsets().last().unwrap())
}

#[test]
fn a_log_cut_at_any_byte_recovers_to_the_last_whole_batch() {
    let (storage, log, starts) = three_segments();
    let name = last_log_name(&log);
    let all = read_all(&log, 0);
    let (len, _) = *starts.last().unwrap();
    for clean_shutdown in [false, true] {
        for cut in 0..=len {
            let crashed = storage.crash(|path, _, len| if path.name == name { cut } else { len });
            let crashed: Arc<dyn Storage> = Arc::new(crashed);
            let mut recovered = open(&crashed, small(), OpenLog { clean_shutdown, ..unclean(&log) });
            let (_, expected) = starts.iter().rfind(|(start, _)| *start <= cut).unwrap();
            assert_eq!(recovered.end_offset(), *expected, "cut at {cut}");
            let kept = read_all(&recovered, 0);
            assert_eq!(kept, all[..kept.len()]);
            assert_eq!(append(&mut recovered, batch(1, 5)).base_offset, *expected);
            assert_eq!(spans(read_all(&recovered, 0)).last(), Some(&(*expected, *expected)));
        }
    }
}

#[test]
fn recovery_stops_before_a_batch_with_any_byte_flipped() {
    let (storage, log, starts) = three_segments();
    let name = last_log_name(&log);
    let pairs = starts.windows(2).map(|w| (w[0], w[1].0));
    for ((start, base_offset), end) in pairs {
        // The checksum covers neither the offset nor the leader epoch.
        for position in (start + 8..start + 12).chain(start + 16..end) {
            let crashed = storage.crash(|_, _, len| len);
            let path = FilePath::in_dir("t-0", &name);
            let mut content = crashed.read(path, 1 << 20).unwrap().unwrap().to_vec();
            content[position as usize] ^= 1 << (position % 8);
            crashed.write(path, content.into()).unwrap();
            let crashed: Arc<dyn Storage> = Arc::new(crashed);
            let recovered = open(&crashed, small(), unclean(&log));
            assert_eq!(recovered.end_offset(), base_offset, "byte {position}");
        }
    }
}

#[test]
fn damage_in_the_middle_drops_all_behind_it_but_leaves_it_to_be_looked_at() {
    for place in both() {
        let mut log = new_log(&place, small());
        (0..40).for_each(|_| {
            append(&mut log, batch(1, 100));
        });
        let bases: Vec<i64> = log.segment_base_offsets().collect();
        let name = format!("{:020}.log", bases[1]);
        let file = place.open(FilePath::in_dir("t-0", &name)).unwrap();
        let len = file.size().unwrap();
        file.truncate(len - 1).unwrap();
        let recovered = open(&place, small(), unclean(&log));
        assert_eq!(recovered.end_offset(), bases[2] - 1);
        assert_eq!(recovered.segment_base_offsets().collect::<Vec<_>>(), bases[..2]);
        assert_eq!(spans(read_all(&recovered, 0)).len() as i64, bases[2] - 1);
        assert!(file_names(&place).contains(&format!("{:020}.log.deleted", bases[2])));
        assert!(!file_names(&place).contains(&format!("{:020}.log", bases[2])));
    }
}

#[test]
fn what_lies_before_the_recovery_point_is_not_read_again() {
    let place = memory();
    let mut log = new_log(&place, small());
    (0..40).for_each(|_| {
        append(&mut log, batch(1, 100));
    });
    log.flush().unwrap();
    assert_eq!(log.recovery_point(), 40);
    let name = format!("{:020}.log", 0);
    let file = place.open(FilePath::in_dir("t-0", &name)).unwrap();
    let mut damaged = file.read_at(0, 62).unwrap().concat();
    damaged[61] ^= 0xff;
    let rest = file.read_at(62, 10_000).unwrap().concat();
    place.write(FilePath::in_dir("t-0", &name), [damaged, rest].concat().into()).unwrap();
    assert_eq!(open(&place, small(), unclean(&log)).end_offset(), 40);
    assert_eq!(open(&place, small(), OpenLog { recovery_point: 0, ..unclean(&log) }).end_offset(), 0);
}

#[test]
fn preallocated_indexes_are_read_and_not_written_behind_the_zeros() {
    for place in both() {
        let mut log = new_log(&place, small());
        (0..16).for_each(|_| {
            append(&mut log, batch(1, 100));
        });
        log.close().unwrap();
        let base = log.segment_base_offsets().last().unwrap();
        let path = |name: &str| FilePath::in_dir("t-0", name).name.to_owned();
        for kind in ["index", "timeindex"] {
            let name = path(&format!("{base:020}.{kind}"));
            let mut content = place.read(FilePath::in_dir("t-0", &name), 1 << 20).unwrap().unwrap().to_vec();
            content.resize(120_000, 0);
            place.write(FilePath::in_dir("t-0", &name), content.into()).unwrap();
        }
        let mut reopened = open(&place, small(), OpenLog { clean_shutdown: true, ..unclean(&log) });
        append(&mut reopened, batch(1, 100));
        assert_eq!(spans(read_all(&reopened, 0)).len(), 17);
        reopened.close().unwrap();
        let index =
            place.list_files("t-0").unwrap().into_iter().find(|f| f.name == format!("{base:020}.index")).unwrap();
        assert!(index.len < 1000);
    }
}

#[test]
fn interrupted_compactions_are_finished_or_undone() {
    let place = memory();
    let mut log = new_log(&place, small());
    (0..30).for_each(|_| {
        append(&mut log, batch(1, 100));
    });
    log.close().unwrap();
    let bases: Vec<i64> = log.segment_base_offsets().collect();
    let content =
        |base: i64| place.read(FilePath::in_dir("t-0", &format!("{base:020}.log")), 1 << 20).unwrap().unwrap();
    // The first two segments were compacted into one that keeps the last record only; a third was being written.
    let second = content(bases[1]);
    let last = batches(second).pop().unwrap();
    place.write(FilePath::in_dir("t-0", "00000000000000000000.log.swap"), last.bytes().clone()).unwrap();
    let unfinished = format!("{:020}.log.cleaned", bases[2]);
    place.write(FilePath::in_dir("t-0", &unfinished), Bytes::from_static(b"half")).unwrap();
    place.write(FilePath::in_dir("t-0", "00000000000000000000.log.deleted"), Bytes::from_static(b"old")).unwrap();
    let reopened = open(&place, small(), OpenLog { clean_shutdown: true, ..unclean(&log) });
    let kept: Vec<i64> = reopened.segment_base_offsets().collect();
    assert_eq!(kept, [&[0], &bases[2..]].concat());
    assert_eq!(read(&reopened, 0, 1).base_offset, Some(bases[2] - 1), "the first record is behind a gap");
    assert_eq!(reopened.end_offset(), 30);
    assert!(
        file_names(&place).iter().all(|n| !n.ends_with("swap") && !n.ends_with("cleaned") && !n.ends_with("deleted"))
    );
}

/// A directory of segments as compaction leaves them: offsets are missing between batches, at the end of segments, and
/// all of one's.
fn compacted(place: &Place) -> Bytes {
    place.create_dir("t-0").unwrap();
    // The base offset, and the first offset and the count of each batch.
    let segments: [(i64, &[(i64, usize)]); 5] =
        [(0, &[(0, 3), (5, 1)]), (40, &[(40, 4), (44, 6)]), (80, &[]), (90, &[(90, 1)]), (200, &[(200, 3)])];
    let mut all = Vec::new();
    for (base, kept) in segments {
        let mut segment = Vec::new();
        for (first, count) in kept {
            let mut records = batch(*count, 20);
            stamp::set_offset(&mut records, *first, 0).unwrap();
            segment.extend_from_slice(&records);
        }
        all.extend_from_slice(&segment);
        place.write(FilePath::in_dir("t-0", &format!("{base:020}.log")), segment.into()).unwrap();
    }
    all.into()
}

#[test]
fn gaps_that_compaction_left_cost_nothing_whatever_the_policy_is_now() {
    for place in both() {
        let all = compacted(&place);
        // Without a recovery point, and with one in a gap.
        for recovery_point in [0, 4, 60] {
            let log = open(&place, small(), OpenLog { recovery_point, now_ms: NOW, ..OpenLog::default() });
            assert_eq!((log.end_offset(), read_all(&log, 0)), (203, all.clone()), "{recovery_point}");
            assert_eq!(read(&log, 7, 1).base_offset, Some(40), "in a gap, what is behind it");
        }
    }
}

#[test]
fn a_log_that_is_cut_in_a_gap_ends_where_a_restart_finds_its_end() {
    for place in both() {
        compacted(&place);
        let mut log = open(&place, small(), OpenLog { now_ms: NOW, ..OpenLog::default() });
        for (offset, end) in [(150, 91), (91, 91), (90, 90), (85, 80), (70, 50), (46, 44), (20, 6), (4, 3)] {
            assert_eq!(log.truncate_to(offset, NOW).unwrap(), end, "cut to {offset}");
            assert_eq!(open(&place, small(), unclean(&log)).end_offset(), end, "after a restart, cut to {offset}");
        }
    }
}

#[test]
fn damaged_snapshots_are_passed_over() {
    let place = memory();
    let mut log = new_log(&place, small());
    let producer = |base_sequence| ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence };
    (0..30).for_each(|i| {
        append(&mut log, batch_of(&[NOW], 100, producer(i)));
    });
    log.close().unwrap();
    for name in file_names(&place).into_iter().filter(|name| name.ends_with("snapshot")) {
        let mut content = place.read(FilePath::in_dir("t-0", &name), 1 << 20).unwrap().unwrap().to_vec();
        *content.last_mut().unwrap() ^= 1;
        place.write(FilePath::in_dir("t-0", &name), content.into()).unwrap();
    }
    let reopened = open(&place, small(), OpenLog { clean_shutdown: true, ..unclean(&log) });
    let entry = reopened.producer(9).unwrap();
    assert_eq!((entry.last_sequence(), entry.batches.len()), (29, 5));
}

#[test]
fn the_topic_id_is_written_once_and_guarded() {
    for place in both() {
        let id = ottla_protocol::wire::Uuid([7; 16]);
        let with = |topic_id| OpenLog { topic_id, now_ms: NOW, ..OpenLog::default() };
        open(&place, small(), with(None));
        assert!(!file_names(&place).contains(&"partition.metadata".to_owned()));
        open(&place, small(), with(Some(id)));
        let content = place.read(FilePath::in_dir("t-0", "partition.metadata"), 100).unwrap().unwrap();
        assert_eq!(content, "version: 0\ntopic_id: BwcHBwcHBwcHBwcHBwcHBw");
        assert_eq!(open(&place, small(), with(None)).topic_id(), Some(id));
        let other = with(Some(ottla_protocol::wire::Uuid([8; 16])));
        let error = Log::open(Arc::clone(&place), tp(), small(), other).unwrap_err();
        assert!(matches!(error, LogError::InconsistentTopicId { .. }), "{error}");
    }
}

#[test]
fn a_flush_is_due_by_count_by_age_and_after_a_roll() {
    let mut log = new_log(&memory(), LogConfig { flush_messages: Some(3), ..LogConfig::default() });
    append(&mut log, batch(2, 1));
    assert!(log.due_flush(NOW).is_none());
    append(&mut log, batch(1, 1));
    assert_eq!(log.due_flush(NOW).unwrap().end_offset(), 3);
    let mut log = new_log(&memory(), LogConfig { flush_ms: Some(10), ..LogConfig::default() });
    assert!(log.due_flush(NOW + 100).is_none());
    append(&mut log, batch(1, 1));
    assert!(log.due_flush(NOW + 9).is_none());
    assert_eq!(log.due_flush(NOW + 10).unwrap().end_offset(), 1);
    assert_eq!(log.due_flush(NOW - 1).unwrap().end_offset(), 1, "the clock was set back");
    let mut log = new_log(&memory(), small());
    while !append(&mut log, batch(1, 100)).rolled {}
    let flush = log.due_flush(NOW).unwrap();
    assert_eq!(flush.end_offset(), log.segment_base_offsets().last().unwrap());
    log.finish_flush(flush.run()).unwrap();
    assert!(log.due_flush(NOW).is_none());
}

/// A restart between a batch and its retry, where the records are of long ago.
#[test]
fn who_writes_old_records_is_remembered_for_as_long_as_any_other() {
    for place in both() {
        let producer = |base_sequence| ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence };
        let old = |sequence| batch_of(&[NOW - 99 * DAY_MS], 30, producer(sequence));
        // What files say of when they were written is the machine's time.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
        let at = Append { now_ms: now, ..at(0) };
        let mut log = new_log(&place, small());
        log.append(old(0), at).unwrap();
        log.tick(now + 1000).unwrap();
        assert!(log.append(old(0), at).unwrap().duplicate_timestamp.is_some());
        log.close().unwrap();
        let opened = |now_ms| open(&place, small(), OpenLog { clean_shutdown: true, now_ms, ..unclean(&log) });
        assert!(opened(now + 1000).append(old(0), at).unwrap().duplicate_timestamp.is_some());
        let mut later = opened(now + DAY_MS + 60_000);
        later.tick(now + 3 * DAY_MS).unwrap();
        assert_eq!(later.producers().count(), 0);
    }
}

#[test]
fn a_log_whose_indexes_hold_nothing_is_sound_after_an_orderly_stop() {
    for segment_index_bytes in [4, 8, 12, 24] {
        let place = memory();
        let config = LogConfig { segment_index_bytes, index_interval_bytes: 0, ..LogConfig::default() };
        let mut log = new_log(&place, config.clone());
        (0..20).for_each(|i| {
            append(&mut log, batch_of(&[NOW + i], 10, ProducerStamp::NONE));
        });
        let (reopened, said) = damage::Errors::and_warnings_of(|| reopen_clean(&place, log, config));
        assert_eq!((said, reopened.end_offset()), (Vec::<String>::new(), 20), "{segment_index_bytes}");
    }
}
