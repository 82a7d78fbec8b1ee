use std::sync::Arc;

use ottla_protocol::{
    messages::fetch::EpochEndOffset,
    record::{BatchSettings, RecordBatchBuilder},
    wire::Records,
};

use super::*;
use crate::{
    config::ServerAddress,
    metadata::{Broker, PartitionMetadata, TopicMetadata},
};

/// An assignment of partition 0 of a topic, the clock, and the cluster.
struct Scene {
    now: Instant,
    metadata: ClusterMetadata,
    assignment: Assignment,
}

const NODE: NodeId = NodeId(1);

fn tp(partition: i32) -> TopicPartition {
    TopicPartition::new("t", partition)
}

fn id(byte: u8) -> Uuid {
    Uuid([byte; 16])
}

impl Scene {
    fn new(config: &ConsumerConfig) -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let settings = Settings::new(config, backoff, Duration::from_secs(60));
        let mut scene = Self {
            now: Instant::now(),
            metadata: ClusterMetadata::default(),
            assignment: Assignment::new(settings, fastrand::Rng::with_seed(1)),
        };
        scene.set_topic(id(1), 5);
        scene
    }

    fn resetting(reset: OffsetReset) -> Self {
        Self::new(&ConsumerConfig { auto_offset_reset: reset, ..ConsumerConfig::default() })
    }

    /// Two partitions with a leader at this epoch.
    fn set_topic(&mut self, id: Uuid, leader_epoch: i32) {
        for node in [1, 2] {
            let broker = Broker { id: NodeId(node), address: ServerAddress::new("b", node as u16), rack: None };
            self.metadata.brokers.insert(broker.id, broker);
        }
        let partitions = (0..2).map(|index| PartitionMetadata {
            index,
            leader: Some(NODE),
            leader_epoch,
            replicas: vec![NODE],
            in_sync_replicas: vec![NODE],
            offline_replicas: Vec::new(),
            error: ErrorCode::NONE,
        });
        let topic = TopicMetadata { name: "t".into(), id, is_internal: false, partitions: partitions.collect() };
        self.metadata.topics.insert(topic.name.clone(), Arc::new(topic));
    }

    fn work(&mut self) -> Work {
        self.assignment.work(self.now, &self.metadata)
    }

    /// At an offset that the group committed, ready to be fetched unless the epoch has to be checked first.
    fn begin_at(&mut self, offset: i64, leader_epoch: i32) {
        self.assignment.add(self.now, &tp(0), Start::Committed);
        let lookups = self.work().lookups;
        let [Lookup::Committed(tickets)] = &lookups[..] else { panic!("{lookups:?}") };
        self.assignment.found_committed(self.now, &tickets[0], Some(Position::new(offset, leader_epoch)));
    }

    fn fetching_from(offset: i64, reset: OffsetReset) -> Self {
        let mut scene = Self::resetting(reset);
        scene.begin_at(offset, -1);
        assert_eq!(scene.work().nodes, [NODE]);
        scene
    }

    fn plan(&mut self) -> FetchPlan {
        self.assignment.plan(self.now, NODE, &self.metadata, &UnderWay::default(), usize::MAX)
    }

    fn plan_one(&mut self) -> Wanted {
        let plan = self.plan();
        self.assignment.unreserve(plan.max_bytes);
        assert_eq!(plan.wanted.len(), 1, "{plan:?}");
        plan.wanted[0].clone()
    }

    fn fetched(&mut self, want: &Wanted, data: PartitionData) -> bool {
        self.assignment.fetched(self.now, NODE, want, &data)
    }

    fn offset_lookup(&mut self) -> OffsetLookup {
        let lookups = self.work().lookups;
        match &lookups[..] {
            [Lookup::Offsets(NODE, lookups)] => lookups[0].clone(),
            _ => panic!("{lookups:?}"),
        }
    }

    fn epoch_lookup(&mut self) -> EpochLookup {
        let lookups = self.work().lookups;
        match &lookups[..] {
            [Lookup::Epochs(NODE, lookups)] => lookups[0].clone(),
            _ => panic!("{lookups:?}"),
        }
    }

    fn error(&mut self) -> ConsumeError {
        match self.assignment.take(None) {
            Some(Ready::Error(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

fn records(base_offset: i64, count: usize) -> PartitionData {
    let settings = BatchSettings { base_offset, partition_leader_epoch: 5, ..BatchSettings::default() };
    let mut builder = RecordBatchBuilder::new(settings);
    for _ in 0..count {
        builder.append(1, None, Some(b"v"), []).unwrap();
    }
    PartitionData { high_watermark: 100, records: Some(Records(builder.seal_uncompressed())), ..Default::default() }
}

fn refusal(error_code: ErrorCode) -> PartitionData {
    PartitionData { error_code, ..PartitionData::default() }
}

#[test]
fn records_are_fetched_where_the_last_ones_ended_and_counted_until_they_are_released() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    assert_eq!((want.offset, want.current_leader_epoch, want.topic_id), (10, 5, id(1)));
    scene.fetched(&want, records(10, 5));
    assert_eq!(scene.plan_one().offset, 15);
    let bytes = scene.assignment.buffered_bytes();
    assert!(bytes > 0);
    let Some(Ready::Chunk(chunk)) = scene.assignment.take(None) else { panic!() };
    assert_eq!(chunk.bytes.len(), bytes);
    scene.assignment.consumed(scene.now, &tp(0), chunk.version, Position::new(15, 5));
    assert_eq!(scene.assignment.lag(&tp(0)), Some(85));
    scene.assignment.release(&tp(0), chunk.version, bytes);
    assert_eq!(scene.assignment.buffered_bytes(), 0);
}

#[test]
fn what_was_fetched_before_a_seek_is_dropped_when_it_comes() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.assignment.seek(scene.now, &tp(0), SeekTo::Offset(50), -1);
    scene.fetched(&want, records(10, 5));
    assert!(scene.assignment.take(None).is_none());
    assert_eq!(scene.plan_one().offset, 50);
}

#[test]
fn a_lookup_that_is_answered_after_a_seek_changes_nothing() {
    let mut scene = Scene::resetting(OffsetReset::Earliest);
    scene.assignment.add(scene.now, &tp(0), Start::Reset);
    let lookup = scene.offset_lookup();
    assert_eq!(lookup.target, OffsetTarget::Earliest);
    scene.assignment.seek(scene.now, &tp(0), SeekTo::Offset(50), -1);
    scene.assignment.found_offset(scene.now, &lookup.ticket, Some(3));
    assert_eq!(scene.assignment.position(&tp(0)), Some(Position::new(50, -1)));
}

#[test]
fn an_offset_out_of_range_is_reset_or_an_error() {
    let mut scene = Scene::fetching_from(10, OffsetReset::ByDuration(Duration::from_secs(5)));
    let want = scene.plan_one();
    scene.fetched(&want, refusal(ErrorCode::OFFSET_OUT_OF_RANGE));
    assert_eq!(scene.offset_lookup().target, OffsetTarget::Age(Duration::from_secs(5)));

    let mut scene = Scene::fetching_from(10, OffsetReset::Error);
    let want = scene.plan_one();
    scene.fetched(&want, refusal(ErrorCode::OFFSET_OUT_OF_RANGE));
    let error = scene.error();
    assert!(matches!(error, ConsumeError::OffsetOutOfRange { offset: 10, .. }), "{error}");
    assert!(scene.plan().wanted.is_empty(), "the application is to decide");
}

#[test]
fn a_batch_that_is_damaged_in_the_brokers_log_is_an_error_behind_the_records_before_it() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    let want = scene.plan_one();
    scene.fetched(&want, refusal(ErrorCode::CORRUPT_MESSAGE));
    let Some(Ready::Chunk(chunk)) = scene.assignment.take(None) else { panic!("the records come first") };
    scene.assignment.consumed(scene.now, &tp(0), chunk.version, Position::new(15, 5));
    let error = scene.error();
    assert!(matches!(error, ConsumeError::BadBatch { offset: 15, reason: BadBatch::Stored, .. }), "{error}");
    scene.assignment.seek(scene.now, &tp(0), SeekTo::Offset(20), -1);
    assert_eq!(scene.plan_one().offset, 20);
}

#[test]
fn a_reset_does_not_move_the_position_past_what_is_left_of_a_chunk() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Earliest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    let ahead = scene.plan_one();
    let Some(Ready::Chunk(chunk)) = scene.assignment.take(None) else { panic!() };
    scene.assignment.consumed(scene.now, &tp(0), chunk.version, Position::new(12, 5));
    scene.fetched(&ahead, refusal(ErrorCode::OFFSET_OUT_OF_RANGE));
    let lookup = scene.offset_lookup();
    scene.assignment.found_offset(scene.now, &lookup.ticket, Some(90));
    assert_eq!(scene.assignment.position(&tp(0)), Some(Position::new(12, 5)), "three records are not handed out yet");
    assert_eq!(scene.assignment.uncommitted()[&tp(0)].offset, 12);
    scene.assignment.consumed(scene.now, &tp(0), chunk.version, Position::new(15, 5));
    scene.assignment.release(&tp(0), chunk.version, chunk.bytes.len());
    assert_eq!(scene.plan_one().offset, 90);
}

#[test]
fn a_committed_offset_with_an_epoch_is_checked_before_anything_is_fetched() {
    let mut scene = Scene::resetting(OffsetReset::Latest);
    scene.begin_at(10, 4);
    let lookup = scene.epoch_lookup();
    assert_eq!((lookup.leader_epoch, lookup.current_leader_epoch), (4, 5));
    assert!(scene.plan().wanted.is_empty());
    scene.assignment.found_epoch_end(scene.now, &lookup.ticket, Some(Position::new(10, 4)));
    assert_eq!(scene.plan_one().offset, 10);
}

#[test]
fn a_truncated_log_is_gone_on_with_where_the_logs_part() {
    let mut scene = Scene::resetting(OffsetReset::Latest);
    scene.begin_at(10, 4);
    let ticket = scene.epoch_lookup().ticket;
    scene.assignment.found_epoch_end(scene.now, &ticket, Some(Position::new(7, 4)));
    assert_eq!(scene.assignment.position(&tp(0)), Some(Position::new(7, 4)));
    assert_eq!(scene.plan_one().offset, 7);
}

#[test]
fn a_truncated_log_is_an_error_without_a_reset_policy() {
    let mut scene = Scene::resetting(OffsetReset::Error);
    scene.begin_at(10, 4);
    let ticket = scene.epoch_lookup().ticket;
    scene.assignment.found_epoch_end(scene.now, &ticket, Some(Position::new(7, 4)));
    let error = scene.error();
    assert!(matches!(error, ConsumeError::LogTruncated { offset: 10, end_offset: Some(7), .. }), "{error}");
}

#[test]
fn a_leader_that_tells_of_a_diverging_epoch_makes_what_was_fetched_ahead_void() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    let want = scene.plan_one();
    let diverging_epoch = EpochEndOffset { epoch: 4, end_offset: 12 };
    scene.fetched(&want, PartitionData { diverging_epoch, ..Default::default() });
    assert!(scene.assignment.take(None).is_none());
    assert_eq!(scene.plan_one().offset, 10, "nothing of it was handed out");
}

#[test]
fn a_new_leader_is_asked_whether_it_has_the_position() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    scene.set_topic(id(1), 6);
    let lookup = scene.epoch_lookup();
    assert_eq!((lookup.leader_epoch, lookup.current_leader_epoch), (5, 6));
    assert!(scene.plan().wanted.is_empty());
    // What is buffered can be taken meanwhile.
    assert!(matches!(scene.assignment.take(None), Some(Ready::Chunk(_))));
}

#[test]
fn a_topic_created_anew_is_read_from_its_beginning_though_its_epochs_are_lower() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    scene.set_topic(id(2), 0);
    let lookup = scene.offset_lookup();
    assert_eq!((lookup.target, lookup.current_leader_epoch), (OffsetTarget::Earliest, 0));
    assert!(scene.assignment.take(None).is_none(), "records of the old topic");
    scene.assignment.found_offset(scene.now, &lookup.ticket, Some(0));
    let want = scene.plan_one();
    assert_eq!((want.offset, want.topic_id), (0, id(2)));
}

#[test]
fn errors_of_a_leader_that_moved_ask_for_metadata_and_are_tried_again_later() {
    for code in [
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::FENCED_LEADER_EPOCH,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::UNKNOWN_TOPIC_ID,
    ] {
        let mut scene = Scene::fetching_from(10, OffsetReset::Error);
        let want = scene.plan_one();
        assert!(scene.fetched(&want, refusal(code)), "{code}");
        let plan = scene.plan();
        assert!(plan.wanted.is_empty() && plan.next.is_some(), "{code}");
        scene.now = plan.next.unwrap();
        assert_eq!(scene.plan_one().offset, 10, "{code}");
    }
}

#[test]
fn a_follower_is_fetched_from_until_it_fails() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    let data = PartitionData { preferred_read_replica: NodeId(2), high_watermark: 10, ..Default::default() };
    scene.fetched(&want, data);
    assert!(scene.plan().wanted.is_empty());
    assert_eq!(scene.work().nodes, [NodeId(2)]);
    let plan = scene.assignment.plan(scene.now, NodeId(2), &scene.metadata, &UnderWay::default(), usize::MAX);
    scene.assignment.unreserve(plan.max_bytes);
    let refused = refusal(ErrorCode::OFFSET_NOT_AVAILABLE);
    scene.assignment.fetched(scene.now, NodeId(2), &plan.wanted[0], &refused);
    assert_eq!(scene.plan_one().offset, 10);
}

#[test]
fn no_partition_takes_more_than_its_share_of_the_buffer() {
    let config = ConsumerConfig { max_buffered_bytes: 400, ..ConsumerConfig::default() };
    let mut scene = Scene::new(&config);
    scene.begin_at(10, -1);
    scene.assignment.add(scene.now, &tp(1), Start::Reset);
    scene.work();
    let want = scene.plan_one();
    assert_eq!(want.max_bytes, 100, "half of half");
    scene.fetched(&want, records(10, 20));
    let plan = scene.plan();
    assert!(plan.wanted.is_empty(), "{plan:?}");
    let Some(Ready::Chunk(chunk)) = scene.assignment.take(None) else { panic!() };
    let bytes = chunk.bytes.len();
    assert!(scene.assignment.release(&tp(0), chunk.version, bytes), "a fetch waits for this");
    assert_eq!(scene.plan_one().offset, 30);
}

#[test]
fn a_partition_is_read_ahead_by_one_answer() {
    let batch = records(0, 10).records.unwrap().len();
    let config = ConsumerConfig { max_partition_fetch_bytes: batch, ..ConsumerConfig::default() };
    let mut scene = Scene::new(&config);
    scene.begin_at(0, -1);
    for offset in [0, 10] {
        let want = scene.plan_one();
        scene.fetched(&want, records(offset, 10));
    }
    assert!(scene.plan().wanted.is_empty(), "two answers wait");
    let Some(Ready::Chunk(chunk)) = scene.assignment.take(None) else { panic!() };
    assert!(scene.plan().wanted.is_empty(), "the first is still being read");
    assert!(scene.assignment.release(&tp(0), chunk.version, chunk.bytes.len()), "a fetch waits for this");
    assert_eq!(scene.plan_one().offset, 20);
}

#[test]
fn a_paused_partition_is_neither_fetched_nor_handed_out() {
    let mut scene = Scene::fetching_from(10, OffsetReset::Latest);
    let want = scene.plan_one();
    scene.fetched(&want, records(10, 5));
    scene.assignment.set_paused(scene.now, &tp(0), true);
    assert!(scene.assignment.take(None).is_none() && scene.plan().wanted.is_empty());
    scene.assignment.set_paused(scene.now, &tp(0), false);
    assert!(matches!(scene.assignment.take(None), Some(Ready::Chunk(_))));
}

#[test]
fn a_partition_without_a_leader_is_explained() {
    let mut scene = Scene::resetting(OffsetReset::Earliest);
    scene.metadata.topics.clear();
    scene.metadata.errors.insert("t".into(), ErrorCode::LEADER_NOT_AVAILABLE);
    scene.assignment.add(scene.now, &tp(0), Start::Reset);
    assert!(scene.work().refresh);
    let mut waits = Vec::new();
    scene.assignment.explain(scene.now, &scene.metadata, &mut waits);
    assert!(waits[0].reason.contains("LEADER_NOT_AVAILABLE"), "{waits:?}");
}
