use ottla_protocol::compression::Decompressor;

use super::*;

#[test]
fn batches_get_the_next_offsets_and_the_leader_epoch_and_keep_their_checksum() {
    for place in both() {
        let mut log = new_log(&place, LogConfig::default());
        let mut two = batch(3, 10);
        two.extend_from_slice(&batch(2, 10));
        let info = log.append(two, at(7)).unwrap();
        assert_eq!((info.base_offset, info.last_offset, info.duplicate_timestamp, info.rolled), (0, 4, None, false));
        assert_eq!(log.append(batch(1, 10), at(7)).unwrap().base_offset, 5);
        assert_eq!(log.end_offset(), 6);
        let all = read_all(&log, 0);
        assert_eq!(spans(all.clone()), [(0, 2), (3, 4), (5, 5)]);
        assert!(batches(all).iter().all(|b| b.header().partition_leader_epoch == 7));
    }
}

#[test]
fn a_read_within_a_batch_returns_the_whole_batch() {
    for place in both() {
        for tail_cache_bytes in [0, 1 << 20] {
            let mut log = new_log(&place, LogConfig { tail_cache_bytes, ..small() });
            let start = log.end_offset();
            (0..5).for_each(|_| {
                append(&mut log, batch(4, 20));
            });
            for offset in start..log.end_offset() {
                let base = start + (offset - start) / 4 * 4;
                let fetched = read(&log, offset, 1);
                assert_eq!((fetched.base_offset, fetched.next_offset), (Some(base), base + 4));
                assert_eq!(spans(fetched.into_bytes()), [(base, base + 3)]);
            }
        }
    }
}

#[test]
fn a_read_stays_within_its_size_but_for_the_first_batch_if_that_is_asked_for() {
    for place in both() {
        for tail_cache_bytes in [0, 1 << 20] {
            let mut log = new_log(&place, LogConfig { tail_cache_bytes, ..LogConfig::default() });
            let start = log.end_offset();
            let size = batch(1, 50).len();
            (0..5).for_each(|_| {
                append(&mut log, batch(1, 50));
            });
            for (max_bytes, min_one_message, batches) in [
                (0, false, 0),
                (0, true, 1),
                (size - 1, false, 0),
                (size, false, 1),
                (2 * size - 1, true, 1),
                (2 * size, true, 2),
                (usize::MAX, false, 5),
            ] {
                let fetched =
                    log.read(Read { offset: start, max_bytes, min_one_message, upper_bound: start + 5 }).unwrap();
                assert_eq!(fetched.size, batches * size, "{max_bytes} {min_one_message} {tail_cache_bytes}");
                assert_eq!(fetched.next_offset, start + batches as i64);
                assert_eq!(fetched.into_bytes().len(), batches * size);
            }
        }
    }
}

#[test]
fn a_read_stops_at_its_upper_bound() {
    for place in both() {
        for tail_cache_bytes in [0, 1 << 20] {
            let mut log = new_log(&place, LogConfig { tail_cache_bytes, ..LogConfig::default() });
            let start = log.end_offset();
            (0..3).for_each(|_| {
                append(&mut log, batch(2, 5));
            });
            let upto = |upper_bound| {
                let request = Read { offset: start, max_bytes: 1 << 20, min_one_message: true, upper_bound };
                log.read(request).unwrap().next_offset
            };
            assert_eq!([start, start + 2, start + 4, start + 100].map(upto), [start, start + 2, start + 4, start + 6]);
        }
    }
}

#[test]
fn an_offset_outside_of_the_log_is_out_of_range_but_its_end_is_not() {
    let mut log = new_log(&memory(), small());
    (0..30).for_each(|_| {
        append(&mut log, batch(1, 50));
    });
    log.delete_records(5, NOW).unwrap();
    for (offset, fine) in [(-1, false), (4, false), (5, true), (30, true), (31, false)] {
        let result = log.read(Read { offset, max_bytes: 100, min_one_message: true, upper_bound: i64::MAX });
        assert_eq!(result.is_ok(), fine, "{offset}");
    }
    assert!(read(&log, 30, 100).is_empty());
}

#[test]
fn the_tail_is_read_without_a_copy_and_without_the_file() {
    for place in both() {
        let mut log = new_log(&place, LogConfig::default());
        append(&mut log, batch(1, 100));
        let request = Read { offset: 0, max_bytes: 1000, min_one_message: true, upper_bound: 1 };
        let first = log.read(request).unwrap().into_bytes();
        let second = log.read(request).unwrap().into_bytes();
        assert_eq!(first.as_ptr(), second.as_ptr());
        assert_eq!(matches!(log.plan_read(request).unwrap(), ReadPlan::Ready(_)), !place.is_memory());
    }
}

#[test]
fn the_tail_cache_keeps_to_its_limit_and_older_batches_come_from_the_file() {
    let place = files();
    let size = batch(1, 100).len();
    let mut log = new_log(&place, LogConfig { tail_cache_bytes: 3 * size, ..LogConfig::default() });
    (0..10).for_each(|_| {
        append(&mut log, batch(1, 100));
    });
    let cached = |offset| {
        let plan = log.plan_read(Read { offset, max_bytes: 1, min_one_message: true, upper_bound: 10 }).unwrap();
        matches!(plan, ReadPlan::Ready(_))
    };
    assert_eq!([0, 6, 7, 9].map(cached), [false, false, true, true]);
    assert_eq!(spans(read_all(&log, 0)).len(), 10);
}

#[test]
fn a_segment_rolls_before_it_would_grow_too_large_and_each_has_its_files() {
    for place in both() {
        let mut log = new_log(&place, small());
        let rolled: Vec<i64> =
            (0..30).map(|_| append(&mut log, batch(1, 100))).filter(|i| i.rolled).map(|i| i.base_offset).collect();
        assert!(rolled.len() > 3);
        assert_eq!(log.segment_base_offsets().skip(1).collect::<Vec<_>>(), rolled);
        let files = place.list_files("t-0").unwrap();
        for base in &rolled {
            let file = |extension| files.iter().find(|file| file.name == format!("{base:020}.{extension}")).unwrap();
            assert!(file("log").len <= 1000);
            assert_eq!(file("snapshot").len, 10);
            file("index");
            file("timeindex");
        }
    }
}

#[test]
fn a_segment_rolls_by_the_age_of_its_first_record() {
    let mut log = new_log(&memory(), LogConfig { segment_ms: 1000, ..LogConfig::default() });
    let stamped = |timestamp| batch_of(&[timestamp], 10, ProducerStamp::NONE);
    assert!(!append(&mut log, stamped(5000)).rolled);
    assert!(!append(&mut log, stamped(6000)).rolled);
    assert!(append(&mut log, stamped(6001)).rolled);
    // Without a timestamp, the clock counts.
    let late = Append { now_ms: NOW + 1001, ..at(0) };
    assert!(log.append(stamped(-1), late).unwrap().rolled);
}

#[test]
fn a_segment_rolls_when_its_index_is_full() {
    let config = LogConfig { segment_index_bytes: 40, index_interval_bytes: 1, ..LogConfig::default() };
    let mut log = new_log(&memory(), config);
    (0..20).for_each(|_| {
        append(&mut log, batch(1, 10));
    });
    assert!(log.segment_base_offsets().count() > 2);
}

#[test]
fn what_does_not_fit_in_a_segment_is_refused() {
    let mut log = new_log(&memory(), small());
    assert!(matches!(log.append(batch(1, 1000), at(0)), Err(AppendError::RecordListTooLarge { .. })));
    assert!(matches!(log.append(BytesMut::new(), at(0)), Err(AppendError::Empty)));
    assert!(matches!(log.append(BytesMut::from(&b"not a batch"[..]), at(0)), Err(AppendError::InvalidBatch(_))));
    let mut torn = batch(1, 10);
    torn.truncate(torn.len() - 1);
    assert!(matches!(log.append(torn, at(0)), Err(AppendError::InvalidBatch(_))));
    assert_eq!(log.end_offset(), 0);
}

#[test]
fn a_follower_keeps_the_offsets_of_its_leader_gaps_included() {
    for place in both() {
        let mut leader = new_log(&memory(), LogConfig::default());
        leader.truncate_fully_and_start_at(10, NOW).unwrap();
        (0..3).for_each(|epoch| {
            leader.append(batch(2, 10), at(epoch)).unwrap();
        });
        let all = read_all(&leader, 10);
        let mut follower = new_log(&place, LogConfig::default());
        let info = follower.append_replicated(all.clone(), NOW).unwrap();
        assert_eq!((info.base_offset, info.last_offset), (10, 15));
        assert_eq!(read_all(&follower, 0), all);
        assert_eq!(follower.leader_epochs(), leader.leader_epochs());
        let again = follower.append_replicated(all, NOW);
        assert!(matches!(again, Err(AppendError::OffsetsOutOfOrder { found: 10, log_end_offset: 16 })));
    }
}

#[test]
fn a_retry_is_answered_with_the_original_offset_and_not_appended() {
    let mut log = new_log(&memory(), LogConfig::default());
    let producer = |base_sequence| ProducerStamp { producer_id: 5, producer_epoch: 0, base_sequence };
    append(&mut log, batch(1, 1));
    append(&mut log, batch_of(&[500, 600], 10, producer(0)));
    append(&mut log, batch_of(&[700], 10, producer(2)));
    let retry = append(&mut log, batch_of(&[500, 600], 10, producer(0)));
    assert_eq!((retry.base_offset, retry.last_offset, retry.duplicate_timestamp), (1, 2, Some(600)));
    assert_eq!(log.end_offset(), 4);
    assert!(matches!(
        log.append(batch_of(&[800], 10, producer(5)), at(0)),
        Err(AppendError::OutOfOrderSequence { producer_id: 5, found: 5, last: 2 })
    ));
}

#[test]
fn leader_epochs_are_noted_where_they_begin() {
    for place in both() {
        let mut log = new_log(&place, LogConfig::default());
        for epoch in [0, 0, 3, 3, 5] {
            log.append(batch(2, 1), at(epoch)).unwrap();
        }
        let entry = |epoch, start_offset| EpochEntry { epoch, start_offset };
        assert_eq!(log.leader_epochs(), [entry(0, 0), entry(3, 4), entry(5, 8)]);
        let path = FilePath::in_dir("t-0", "leader-epoch-checkpoint");
        assert_eq!(place.read(path, 100).unwrap().unwrap(), "0\n3\n0 0\n3 4\n5 8\n");
        assert_eq!(log.end_offset_for_epoch(3), EpochEndOffset { epoch: 3, end_offset: 8 });
        assert_eq!(log.end_offset_for_epoch(5), EpochEndOffset { epoch: 5, end_offset: 10 });
        assert_eq!((log.leader_epoch_of(7), log.leader_epoch_of(8)), (Some(3), Some(5)));
    }
}

#[test]
fn the_first_record_not_older_than_a_timestamp_is_found() {
    for place in both() {
        let mut log = new_log(&place, small());
        // Ten batches of three records, not in order within a batch: 1000 1020 1010, 1100 1120 1110, ...
        for i in 0..10 {
            let t = 1000 + 100 * i;
            append(&mut log, batch_of(&[t, t + 20, t + 10], 60, ProducerStamp::NONE));
        }
        assert!(log.segment_base_offsets().count() > 1);
        let find = |log: &Log, timestamp| {
            let found = log.find_by_timestamp(timestamp, &mut Decompressor::default()).unwrap();
            found.map(|found| (found.timestamp, found.offset))
        };
        assert_eq!(find(&log, -1), Some((1000, 0)));
        assert_eq!(find(&log, 1001), Some((1020, 1)));
        assert_eq!(find(&log, 1021), Some((1100, 3)));
        assert_eq!(find(&log, 1520), Some((1520, 16)));
        assert_eq!(find(&log, 1921), None);
        let max = log.find_max_timestamp(&mut Decompressor::default()).unwrap().unwrap();
        assert_eq!((max.timestamp, max.offset, max.leader_epoch), (1920, 28, 0));
        log.delete_records(2, NOW).unwrap();
        assert_eq!(find(&log, 0), Some((1010, 2)), "not below the log start offset");
    }
}

#[test]
fn a_search_by_timestamp_needs_the_log_no_more_once_it_is_planned() {
    for place in both() {
        let mut log = new_log(&place, small());
        (0..10).for_each(|i| {
            append(&mut log, batch_of(&[NOW + i], 60, ProducerStamp::NONE));
        });
        let (first, newest) = (log.plan_find_by_timestamp(NOW + 4), log.plan_find_max_timestamp());
        append(&mut log, batch_of(&[NOW + 99], 60, ProducerStamp::NONE));
        log.delete_records(8, NOW).unwrap();
        let mut decompressor = Decompressor::default();
        assert_eq!(first.run(&mut decompressor).unwrap().map(|found| found.offset), Some(4));
        assert_eq!(newest.run(&mut decompressor).unwrap().map(|found| found.offset), Some(9));
    }
}

#[test]
fn an_empty_log_has_no_timestamps() {
    let log = new_log(&memory(), small());
    assert_eq!(log.find_by_timestamp(0, &mut Decompressor::default()).unwrap(), None);
    assert_eq!(log.find_max_timestamp(&mut Decompressor::default()).unwrap(), None);
}

#[test]
fn the_high_watermark_stays_within_the_log() {
    let mut log = new_log(&memory(), small());
    append(&mut log, batch(5, 1));
    assert_eq!([-1, 3, 5, 99].map(|to| log.set_high_watermark(to)), [0, 3, 5, 5]);
    assert_eq!(
        log.offsets(),
        LogOffsets { log_start_offset: 0, last_stable_offset: 5, high_watermark: 5, log_end_offset: 5 }
    );
}
