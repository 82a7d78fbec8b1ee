use super::*;

/// Segments of a few batches with a day between the timestamps of one and the next.
fn aged(place: &Place, config: LogConfig) -> Log {
    let mut log = new_log(place, config);
    for day in 0..5 {
        for _ in 0..3 {
            append(&mut log, batch_of(&[NOW + day * DAY_MS], 100, ProducerStamp::NONE));
        }
        if day < 4 {
            log.roll(NOW + day * DAY_MS).unwrap();
        }
    }
    log
}

fn bases(log: &Log) -> Vec<i64> {
    log.segment_base_offsets().collect()
}

#[test]
fn retention_by_time_goes_by_the_newest_record_of_each_segment() {
    for place in both() {
        let config = LogConfig { retention_ms: Some(2 * DAY_MS), ..LogConfig::default() };
        let mut log = aged(&place, config);
        assert_eq!(bases(&log), [0, 3, 6, 9, 12]);
        assert_eq!(log.apply_retention(NOW + 2 * DAY_MS).unwrap(), 0);
        assert_eq!(log.apply_retention(NOW + 2 * DAY_MS + 1).unwrap(), 1);
        assert_eq!((bases(&log), log.log_start_offset()), (vec![3, 6, 9, 12], 3));
        assert_eq!(log.apply_retention(NOW + 99 * DAY_MS).unwrap(), 4);
        assert_eq!((bases(&log), log.log_start_offset(), log.end_offset()), (vec![15], 15, 15));
        assert_eq!(log.apply_retention(NOW + 99 * DAY_MS).unwrap(), 0, "the active segment stays when it is empty");
        assert_eq!(append(&mut log, batch(1, 1)).base_offset, 15);
    }
}

#[test]
fn retention_by_time_stops_at_the_first_segment_that_is_kept() {
    let config = LogConfig { retention_ms: Some(DAY_MS), ..LogConfig::default() };
    let mut log = new_log(&memory(), config);
    for day in [5, 0, 0] {
        append(&mut log, batch_of(&[NOW + day * DAY_MS], 10, ProducerStamp::NONE));
        log.roll(NOW).unwrap();
    }
    assert_eq!(log.apply_retention(NOW + 5 * DAY_MS).unwrap(), 0);
}

#[test]
fn retention_by_size_keeps_at_least_that_much() {
    for place in both() {
        let size = 3 * batch(1, 100).len() as u64;
        let config = LogConfig { retention_ms: None, retention_bytes: Some(2 * size + 1), ..LogConfig::default() };
        let mut log = aged(&place, config);
        assert_eq!(log.apply_retention(NOW).unwrap(), 2);
        assert_eq!(bases(&log), [6, 9, 12]);
        assert_eq!(log.size_bytes(), 3 * size);
    }
}

#[test]
fn nothing_is_deleted_above_the_high_watermark_or_without_the_policy() {
    let config = LogConfig { retention_ms: Some(1), ..LogConfig::default() };
    let mut log = aged(&memory(), config.clone());
    log.set_high_watermark(7);
    assert_eq!(log.apply_retention(NOW + 99 * DAY_MS).unwrap(), 2);
    assert_eq!(bases(&log), [6, 9, 12]);
    let compact = CleanupPolicy { delete: false, compact: true };
    let mut log = aged(&memory(), LogConfig { cleanup_policy: compact, ..config });
    assert_eq!(log.apply_retention(NOW + 99 * DAY_MS).unwrap(), 0);
}

#[test]
fn deleted_files_are_renamed_at_once_and_removed_after_the_delay() {
    for place in both() {
        let config = LogConfig { retention_ms: Some(2 * DAY_MS), file_delete_delay_ms: 60_000, ..LogConfig::default() };
        let mut log = aged(&place, config);
        let now = NOW + 2 * DAY_MS + 1;
        let request = Read { offset: 0, max_bytes: 10, min_one_message: true, upper_bound: 99 };
        log.set_config(LogConfig { tail_cache_bytes: 0, ..log.config().clone() });
        let under_way = log.plan_read(request).unwrap();
        log.apply_retention(now).unwrap();
        let waiting = |place: &Place| file_names(place).iter().filter(|name| name.ends_with(".deleted")).count();
        assert_eq!(waiting(&place), 3, "log and two indexes");
        assert_eq!(under_way.run().unwrap().base_offset, Some(0));
        assert_eq!(log.next_deletion_ms(), Some(now + 60_000));
        log.tick(now + 59_999).unwrap();
        assert_eq!(waiting(&place), 3);
        log.tick(now + 60_000).unwrap();
        assert_eq!((waiting(&place), log.next_deletion_ms()), (0, None));
        assert!(!file_names(&place).iter().any(|name| name.starts_with("00000000000000000000.")));
    }
}

#[test]
fn delete_records_moves_the_start_and_deletes_whole_segments_only() {
    for place in both() {
        let mut log = aged(&place, LogConfig { retention_ms: None, ..LogConfig::default() });
        log.set_high_watermark(14);
        assert!(matches!(log.delete_records(15, NOW), Err(ReadError::OffsetOutOfRange { end_offset: 14, .. })));
        assert!(log.delete_records(-1, NOW).is_err());
        assert_eq!(log.delete_records(7, NOW).unwrap(), 7);
        assert_eq!(bases(&log), [6, 9, 12]);
        assert_eq!(log.delete_records(2, NOW).unwrap(), 7, "it does not go back");
        assert_eq!(log.leader_epochs(), [EpochEntry { epoch: 0, start_offset: 7 }]);
        let reopened = open(&place, LogConfig::default(), unclean(&log));
        assert_eq!(reopened.log_start_offset(), 7);
        assert_eq!(log.delete_records(14, NOW).unwrap(), 14);
        assert_eq!(spans(read_all(&log, 14)), [(14, 14)]);
    }
}

#[test]
fn truncation_cuts_segments_epochs_and_producers() {
    for place in both() {
        let mut log = new_log(&place, small());
        let producer = |base_sequence| ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence };
        for i in 0..30 {
            log.append(batch_of(&[NOW + i64::from(i), NOW], 60, producer(i * 2)), at(i / 10)).unwrap();
            log.set_high_watermark(log.end_offset());
        }
        let all = read_all(&log, 0);
        assert_eq!(log.truncate_to(99, NOW).unwrap(), 60, "behind the end there is nothing to do");
        assert_eq!(log.truncate_to(43, NOW).unwrap(), 42, "the batch that holds it goes as a whole");
        assert_eq!((log.end_offset(), log.high_watermark()), (42, 42));
        assert_eq!(log.truncate_to(20, NOW).unwrap(), 20);
        let kept = read_all(&log, 0);
        assert_eq!(kept, all[..kept.len()]);
        assert_eq!(spans(kept).last(), Some(&(18, 19)));
        assert_eq!(log.leader_epochs(), [EpochEntry { epoch: 0, start_offset: 0 }]);
        assert_eq!(log.producer(9).unwrap().last_sequence(), 19);
        assert_eq!(log.append(batch_of(&[NOW], 60, producer(20)), at(4)).unwrap().base_offset, 20);
        let mut reopened = open(&place, small(), unclean(&log));
        assert_eq!(read_all(&reopened, 0), read_all(&log, 0));
        let max = reopened.find_max_timestamp(&mut Default::default()).unwrap().unwrap();
        assert_eq!((max.timestamp, max.offset), (NOW + 9, 18));
        assert_eq!(reopened.truncate_to(0, NOW).unwrap(), 0);
        assert_eq!((reopened.size_bytes(), reopened.producers().count()), (0, 0));
    }
}

#[test]
fn a_log_can_start_over_anywhere() {
    for place in both() {
        let mut log = new_log(&place, small());
        let stamp = ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence: 0 };
        (0..30).for_each(|_| {
            append(&mut log, batch(1, 60));
        });
        append(&mut log, batch_of(&[NOW], 1, stamp));
        log.close().unwrap();
        log.truncate_fully_and_start_at(1000, NOW).unwrap();
        assert_eq!((log.log_start_offset(), log.end_offset(), log.high_watermark()), (1000, 1000, 1000));
        assert!(log.leader_epochs().is_empty() && log.producers().next().is_none());
        append(&mut log, batch(2, 10));
        let reopened = open(&place, small(), unclean(&log));
        assert_eq!((bases(&reopened), reopened.end_offset()), (vec![1000], 1002));
        assert_eq!(reopened.producers().count(), 0);
    }
}
