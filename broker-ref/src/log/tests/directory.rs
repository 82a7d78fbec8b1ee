use ottla_protocol::wire::Uuid;

use super::*;

pub(super) fn identity() -> Identity {
    Identity { cluster_id: "AAECAwQFBgcICQoLDA0ODw".to_owned(), node_id: 1 }
}

pub(super) fn open_dir(storage: &Arc<dyn Storage>, now_ms: i64) -> LogManager {
    let config = LogManagerConfig::default();
    LogManager::open(Arc::clone(storage), &identity(), config, |_| small(), now_ms).unwrap()
}

pub(super) fn partition(topic: &str, index: i32) -> TopicPartition {
    TopicPartition::new(topic, index).unwrap()
}

pub(super) fn root_file(storage: &Arc<dyn Storage>, name: &str) -> Option<String> {
    let content = storage.read(FilePath::in_root(name), 1 << 20).unwrap()?;
    Some(String::from_utf8(content.to_vec()).unwrap())
}

#[test]
fn a_directory_is_the_same_after_an_orderly_stop() {
    for place in both() {
        let mut manager = open_dir(&place, NOW);
        for (topic, index) in [("b", 1), ("a", 0), ("b", 0)] {
            let log = manager.create(partition(topic, index), Uuid([1; 16]), small(), NOW).unwrap();
            (0..20).for_each(|_| {
                append(&mut log.lock(), batch(1, 100));
            });
        }
        manager.get(&partition("b", 0)).unwrap().lock().delete_records(3, NOW).unwrap();
        let directory_id = manager.directory_id();
        manager.close().unwrap();
        assert_eq!(root_file(&place, "recovery-point-offset-checkpoint").unwrap(), "0\n3\na 0 20\nb 0 20\nb 1 20\n");
        assert_eq!(root_file(&place, "replication-offset-checkpoint").unwrap(), "0\n3\na 0 20\nb 0 20\nb 1 20\n");
        assert_eq!(root_file(&place, "log-start-offset-checkpoint").unwrap(), "0\n1\nb 0 3\n");
        assert_eq!(root_file(&place, ".kafka_cleanshutdown").unwrap(), "{\"version\":0,\"brokerEpoch\":-1}");
        let properties = root_file(&place, "meta.properties").unwrap();
        for line in
            ["version=1", "cluster.id=AAECAwQFBgcICQoLDA0ODw", "node.id=1", &format!("directory.id={directory_id}")]
        {
            assert!(properties.lines().any(|found| found == line), "{line} in {properties}");
        }
        let manager = open_dir(&place, NOW);
        assert_eq!(root_file(&place, ".kafka_cleanshutdown"), None, "a crash from now on is one");
        assert_eq!(manager.directory_id(), directory_id);
        let offsets = |(tp, log): (&TopicPartition, &LogHandle)| {
            let log = log.lock();
            (tp.to_string(), log.log_start_offset(), log.high_watermark(), log.end_offset())
        };
        let found: Vec<_> = manager.logs().map(offsets).collect();
        assert_eq!(found, [("a-0".into(), 0, 20, 20), ("b-0".into(), 3, 20, 20), ("b-1".into(), 0, 20, 20)]);
    }
}

#[test]
fn a_crash_is_recovered_from_the_last_checkpoints() {
    let storage = MemoryStorage::new();
    let shared: Arc<dyn Storage> = Arc::new(storage.clone());
    let mut manager = open_dir(&shared, NOW);
    let log = manager.create(partition("t", 0), Uuid([1; 16]), small(), NOW).unwrap();
    (0..20).for_each(|_| {
        append(&mut log.lock(), batch(1, 100));
    });
    let report = manager.tick(NOW + 60_000);
    assert!(report.failures.is_empty() && report.directory_failures.is_empty());
    let sealed_end = log.lock().segment_base_offsets().last().unwrap();
    assert_eq!(root_file(&shared, "recovery-point-offset-checkpoint").unwrap(), format!("0\n1\nt 0 {sealed_end}\n"));
    let crashed: Arc<dyn Storage> = Arc::new(storage.crash(|_, synced, _| synced));
    let manager = open_dir(&crashed, NOW);
    let log = manager.get(&partition("t", 0)).unwrap();
    assert_eq!(log.lock().end_offset(), sealed_end, "what was not flushed is lost, and nothing else");
    assert_eq!(spans(read_all(&log.lock(), 0)).len() as i64, sealed_end);
}

#[test]
fn a_deleted_partition_is_out_of_the_way_at_once_and_removed_later() {
    for place in both() {
        let mut manager = open_dir(&place, NOW);
        let tp = partition("t", 0);
        let old = manager.create(tp.clone(), Uuid([1; 16]), small(), NOW).unwrap();
        append(&mut old.lock(), batch(1, 10));
        manager.delete(&tp, NOW).unwrap();
        assert!(manager.get(&tp).is_none());
        assert!(matches!(manager.delete(&tp, NOW), Err(LogError::UnknownPartition { .. })));
        assert!(matches!(old.lock().append(batch(1, 10), at(0)), Err(AppendError::Log(LogError::Failed { .. }))));
        let new = manager.create(tp.clone(), Uuid([2; 16]), small(), NOW).unwrap();
        assert_eq!(new.lock().end_offset(), 0);
        let dirs = place.list_dirs().unwrap();
        assert_eq!(dirs.len(), 2);
        assert!(dirs[1].starts_with("t-0.") && dirs[1].ends_with("-delete") && dirs[1].len() == 4 + 32 + 7, "{dirs:?}");
        manager.tick(NOW + 59_999);
        assert_eq!(place.list_dirs().unwrap().len(), 2);
        manager.tick(NOW + 60_000);
        assert_eq!(place.list_dirs().unwrap(), ["t-0"]);
        // One that was left behind by a crash goes as well.
        manager.delete(&tp, NOW).unwrap();
        drop(manager);
        let mut manager = open_dir(&place, NOW);
        assert_eq!(manager.logs().count(), 0);
        manager.tick(NOW + 60_000);
        assert!(place.list_dirs().unwrap().is_empty());
    }
}

#[test]
fn directories_of_others_are_left_alone() {
    for place in both() {
        for dir in ["lost+found", "__cluster_metadata-0", "t-0.0123456789abcdef0123456789abcdef-stray"] {
            place.create_dir(dir).unwrap();
        }
        let mut manager = open_dir(&place, NOW);
        assert_eq!(manager.logs().count(), 0);
        manager.create(partition("t", 0), Uuid([1; 16]), small(), NOW).unwrap();
        drop(manager);
        let directory = LogDirectory::open(Arc::clone(&place), &identity()).unwrap();
        let mut manager = LogManager::load(directory, LogManagerConfig::default(), |_| Ok(Claim::Stray), NOW).unwrap();
        assert_eq!(manager.logs().count(), 0);
        manager.tick(NOW + 99 * DAY_MS);
        let dirs = place.list_dirs().unwrap();
        assert_eq!(dirs.iter().filter(|dir| dir.ends_with("-stray")).count(), 2, "{dirs:?}");
        assert_eq!(dirs.len(), 4);
    }
}

#[test]
fn a_directory_with_the_name_of_a_partition_and_no_log_in_it_is_left_alone() {
    for place in both() {
        place.create_dir("backup-20261127").unwrap();
        place.write(FilePath::in_dir("backup-20261127", "notes.txt"), Bytes::from_static(b"mine")).unwrap();
        place.create_dir("empty-0").unwrap();
        let manager = open_dir(&place, NOW);
        let found: Vec<String> = manager.logs().map(|(partition, _)| partition.to_string()).collect();
        assert_eq!(found, ["empty-0"], "whose creation was cut short");
        let files = place.list_files("backup-20261127").unwrap();
        assert_eq!(files.iter().map(|file| &file.name).collect::<Vec<_>>(), ["notes.txt"]);
    }
}

#[test]
fn a_directory_in_use_or_of_another_node_is_refused() {
    for place in both() {
        let manager = open_dir(&place, NOW);
        let again = |identity: &Identity| {
            LogManager::open(Arc::clone(&place), identity, LogManagerConfig::default(), |_| small(), NOW).unwrap_err()
        };
        assert!(matches!(again(&identity()), LogError::Locked { .. }));
        drop(manager);
        assert!(matches!(again(&Identity { node_id: 2, ..identity() }), LogError::Foreign { key: "node.id", .. }));
        let other = Identity { cluster_id: "other".to_owned(), ..identity() };
        assert!(matches!(again(&other), LogError::Foreign { key: "cluster.id", .. }));
        assert_eq!(read_identity(&place).unwrap(), Some(identity()));
    }
}

#[test]
fn a_new_topic_of_the_same_name_does_not_take_over_an_old_log() {
    let place = memory();
    let mut manager = open_dir(&place, NOW);
    manager.create(partition("t", 0), Uuid([1; 16]), small(), NOW).unwrap();
    let error = manager.create(partition("t", 0), Uuid([2; 16]), small(), NOW).unwrap_err();
    assert!(matches!(error, LogError::InconsistentTopicId { .. }));
}

#[test]
fn a_log_whose_directory_is_gone_begins_where_it_ended() {
    for clean in [true, false] {
        for place in both() {
            let mut manager = open_dir(&place, NOW);
            for (topic, records) in [("kept", 1), ("lost", 7), ("forgotten", 9)] {
                let log = manager.create(partition(topic, 0), Uuid([1; 16]), small(), NOW).unwrap();
                append(&mut log.lock(), batch(records, 10));
                log.lock().flush().unwrap();
            }
            match clean {
                true => manager.close().unwrap(),
                false => manager.checkpoint_recovery_points().map(|()| drop(manager)).unwrap(),
            }
            for name in ["lost-0", "forgotten-0"] {
                place.remove_dir(name).unwrap();
            }
            let mut manager = open_dir(&place, NOW);
            manager.retain_missing(|partition| partition.topic() == "lost");
            // A crash before it is there again.
            manager.checkpoint_recovery_points().unwrap();
            manager.checkpoint_high_watermarks().unwrap();
            drop(manager);
            let mut manager = open_dir(&place, NOW);
            let mut create = |topic| {
                let log = manager.create(partition(topic, 0), Uuid([1; 16]), small(), NOW).unwrap();
                let offsets = log.lock().offsets();
                (offsets.log_start_offset, offsets.log_end_offset)
            };
            assert_eq!([create("kept"), create("lost"), create("forgotten")], [(0, 1), (7, 7), (0, 0)]);
            manager.delete(&partition("lost", 0), NOW).unwrap();
            let log = manager.create(partition("lost", 0), Uuid([2; 16]), small(), NOW).unwrap();
            assert_eq!(log.lock().end_offset(), 0, "a new topic of the name begins anew");
        }
    }
}

#[test]
fn the_dirtiest_log_is_compacted_first_and_how_far_is_remembered() {
    for place in both() {
        let compact = LogConfig {
            cleanup_policy: CleanupPolicy { delete: false, compact: true },
            min_cleanable_dirty_ratio: 0.1,
            ..small()
        };
        let mut manager = open_dir(&place, NOW);
        for (topic, segments) in [("half", 2), ("whole", 2), ("none", 0), ("damaged", 1)] {
            let log = manager.create(partition(topic, 0), Uuid([1; 16]), compact.clone(), NOW).unwrap();
            for _ in 0..segments {
                append(&mut log.lock(), batch(1, 10));
                log.lock().roll(NOW).unwrap();
            }
        }
        let half = manager.get(&partition("half", 0)).unwrap();
        manager.note_compacted(&partition("half", 0), &half, 1).unwrap();
        let damaged = manager.get(&partition("damaged", 0)).unwrap();
        assert!(manager.note_uncompactable(&partition("damaged", 0), &damaged, NOW + 1));
        let mut order = Vec::new();
        while let Some((partition, log, dirt)) = manager.dirtiest(NOW) {
            let limits = CompactionLimits { key_bytes: 1000, now_ms: NOW };
            let compacted = log.lock().start_compaction(dirt, limits).run(&false.into()).unwrap();
            let to = log.lock().finish_compaction(compacted, NOW).unwrap().unwrap();
            manager.note_compacted(&partition, &log, to).unwrap();
            order.push((partition.to_string(), dirt.ratio, to));
        }
        assert_eq!(order, [("whole-0".to_owned(), 1.0, 2), ("half-0".to_owned(), 0.5, 2)]);
        let checkpoint = "0\n2\nhalf 0 2\nwhole 0 2\n";
        assert_eq!(root_file(&place, "cleaner-offset-checkpoint").unwrap(), checkpoint);
        manager.close().unwrap();
        let config = LogManagerConfig::default();
        let mut manager = LogManager::open(Arc::clone(&place), &identity(), config, |_| compact.clone(), NOW).unwrap();
        let next = manager.dirtiest(NOW).map(|(partition, ..)| partition.to_string());
        assert_eq!(next.as_deref(), Some("damaged-0"), "the others are known to be compacted");
        // A new topic of the name has not been compacted.
        manager.delete(&partition("whole", 0), NOW).unwrap();
        let log = manager.create(partition("whole", 0), Uuid([2; 16]), compact.clone(), NOW).unwrap();
        for _ in 0..3 {
            append(&mut log.lock(), batch(1, 10));
            log.lock().roll(NOW).unwrap();
        }
        manager.note_uncompactable(&partition("damaged", 0), &manager.get(&partition("damaged", 0)).unwrap(), NOW + 1);
        assert_eq!(manager.dirtiest(NOW).unwrap().2.compacted_to, 0);
    }
}

/// What was compacted of an earlier topic of the name, or of a log that is gone or was cut, says nothing of this one.
#[test]
fn how_far_a_log_is_compacted_is_forgotten_with_its_records() {
    for place in both() {
        let config = LogConfig { cleanup_policy: CleanupPolicy { delete: false, compact: true }, ..small() };
        let open = || {
            let defaults = LogManagerConfig::default();
            LogManager::open(Arc::clone(&place), &identity(), defaults, |_| config.clone(), NOW).unwrap()
        };
        let mut manager = open();
        for topic in ["again", "gone", "cut"] {
            let log = manager.create(partition(topic, 0), Uuid([1; 16]), config.clone(), NOW).unwrap();
            append(&mut log.lock(), batch(5, 10));
            log.lock().roll(NOW).unwrap();
            manager.note_compacted(&partition(topic, 0), &log, 5).unwrap();
        }
        manager.delete(&partition("again", 0), NOW).unwrap();
        assert_eq!(root_file(&place, "cleaner-offset-checkpoint").unwrap(), "0\n2\ncut 0 5\ngone 0 5\n");
        let log = manager.create(partition("again", 0), Uuid([2; 16]), config.clone(), NOW).unwrap();
        append(&mut log.lock(), batch(1, 10));
        drop((log, manager));
        place.remove_dir("gone-0").unwrap();
        place.open(FilePath::in_dir("cut-0", "00000000000000000000.log")).unwrap().truncate(0).unwrap();
        place.remove(FilePath::in_dir("cut-0", "00000000000000000005.log")).unwrap();
        let mut manager = open();
        for topic in ["again", "gone", "cut"] {
            let id = Uuid([if topic == "again" { 2 } else { 1 }; 16]);
            let log = manager.create(partition(topic, 0), id, config.clone(), NOW).unwrap();
            append(&mut log.lock(), batch(9, 10));
            log.lock().roll(NOW).unwrap();
        }
        let mut begins = Vec::new();
        while let Some((partition, log, dirt)) = manager.dirtiest(NOW) {
            begins.push((partition.to_string(), dirt.compacted_to));
            manager.note_compacted(&partition, &log, dirt.end).unwrap();
        }
        begins.sort_unstable();
        let expected = [("again-0", 0), ("cut-0", 0), ("gone-0", 5)].map(|(name, from)| (name.to_owned(), from));
        assert_eq!(begins, expected, "the one that is gone begins where it ended");
    }
}

/// A directory may be there without its log, which could not be opened.
#[test]
fn a_partition_without_its_log_is_deleted_as_well() {
    for place in both() {
        let mut manager = open_dir(&place, NOW);
        place.create_dir("t-0").unwrap();
        let metadata = Bytes::from_static(b"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
        place.write(FilePath::in_dir("t-0", "partition.metadata"), metadata).unwrap();
        assert!(manager.create(partition("t", 0), Uuid([2; 16]), small(), NOW).is_err());
        manager.delete(&partition("t", 0), NOW).unwrap();
        manager.create(partition("t", 0), Uuid([2; 16]), small(), NOW).unwrap();
        let gone = manager.delete(&partition("u", 0), NOW);
        assert!(matches!(gone, Err(LogError::UnknownPartition { .. })), "{gone:?}");
    }
}
