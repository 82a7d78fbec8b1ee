//! Coordinators and committed offsets.

use ottla_protocol::messages::{
    find_coordinator::FindCoordinatorRequest,
    offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
    offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics},
};

use super::*;

fn commit_of(topic: &str, topic_id: Uuid, partition_index: i32, metadata: &str) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        partition_index,
        committed_offset: 5,
        committed_metadata: Some(metadata.into()),
        ..Default::default()
    };
    let topic = OffsetCommitRequestTopic { name: topic.into(), topic_id, partitions: vec![partition] };
    OffsetCommitRequest {
        group_id: "g".into(),
        generation_id_or_member_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    }
}

impl Bench {
    async fn with_coordinator() -> Self {
        let bench = Self::new().await;
        bench.create_groups_topic().await;
        bench
    }

    async fn commit(&self, version: i16, request: OffsetCommitRequest) -> ErrorCode {
        offsets::commit(&self.cx(version), request).await.topics[0].partitions[0].error_code
    }
}

fn group(id: &str, topics: Option<&[i32]>) -> OffsetFetchRequestGroup {
    let topics = topics.map(|partitions| {
        vec![OffsetFetchRequestTopics {
            name: "t".into(),
            partition_indexes: partitions.to_vec(),
            ..Default::default()
        }]
    });
    OffsetFetchRequestGroup { group_id: id.into(), topics, ..Default::default() }
}

/// The codes are those of Kafka 4.3.1.
#[tokio::test(start_paused = true)]
async fn offsets_are_committed_of_partitions_that_there_are() {
    let bench = Bench::with_coordinator().await;
    let id = bench.topic_id("t");
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(bench.commit(9, commit_of("nosuch", Uuid::ZERO, 0, "")).await, unknown);
    assert_eq!(bench.commit(9, commit_of("t", Uuid::ZERO, 2, "")).await, unknown);
    assert_eq!(bench.commit(9, commit_of("t", Uuid::ZERO, -1, "")).await, unknown);
    assert_eq!(bench.commit(10, commit_of("", NO_TOPIC, 0, "")).await, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!(bench.commit(9, commit_of("t", Uuid::ZERO, 0, &"x".repeat(4096))).await, ErrorCode::NONE);
    let too_large = bench.commit(9, commit_of("t", Uuid::ZERO, 0, &"x".repeat(4097))).await;
    assert_eq!(too_large, ErrorCode::OFFSET_METADATA_TOO_LARGE);
    assert_eq!(bench.commit(10, commit_of("", id, 1, "")).await, ErrorCode::NONE);
    let of_member = OffsetCommitRequest {
        member_id: "m".into(),
        generation_id_or_member_epoch: 1,
        group_id: "other".into(),
        ..commit_of("t", Uuid::ZERO, 0, "")
    };
    assert_eq!(bench.commit(8, of_member.clone()).await, ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.commit(9, of_member).await, ErrorCode::GROUP_ID_NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn the_offsets_of_a_group_are_fetched_once_however_often_it_is_named() {
    let bench = Bench::with_coordinator().await;
    assert_eq!(bench.commit(9, commit_of("t", Uuid::ZERO, 0, "note")).await, ErrorCode::NONE);
    let fetch = async |groups| {
        let response = offsets::fetch(&bench.cx(8), OffsetFetchRequest { groups, ..Default::default() }).await;
        let row = |p: &ottla_protocol::messages::offset_fetch::OffsetFetchResponsePartitions| {
            (p.partition_index, p.committed_offset)
        };
        let rows = response.groups.iter().map(|g| g.topics.iter().flat_map(|t| &t.partitions).map(row).collect());
        rows.collect::<Vec<Vec<_>>>()
    };
    assert_eq!(fetch(vec![group("g", None); 3]).await, [[(0, 5)]]);
    assert_eq!(fetch(vec![group("g", Some(&[0, 0])), group("g", Some(&[1]))]).await, [[(0, 5), (1, -1)]]);
    assert_eq!(fetch(vec![group("g", Some(&[1])), group("g", None)]).await, [[(0, 5)]]);
}

#[tokio::test(start_paused = true)]
async fn the_group_with_an_empty_id_is_one_without_offsets() {
    let bench = Bench::with_coordinator().await;
    let topics = || Some(vec![OffsetFetchRequestTopic { name: "t".into(), partition_indexes: vec![0] }]);
    for version in [1, 2] {
        let request = OffsetFetchRequest { topics: topics(), ..Default::default() };
        let single = offsets::fetch(&bench.cx(version), request).await;
        let partition = &single.topics[0].partitions[0];
        assert_eq!((single.error_code, partition.error_code), (ErrorCode::NONE, ErrorCode::NONE));
        assert_eq!(partition.committed_offset, -1);
    }
    let groups = vec![group("", None)];
    let several = offsets::fetch(&bench.cx(8), OffsetFetchRequest { groups, ..Default::default() }).await;
    assert_eq!((several.groups[0].error_code, several.groups[0].topics.len()), (ErrorCode::NONE, 0));
}

#[tokio::test(start_paused = true)]
async fn damage_in_the_log_of_groups_costs_no_other_group_its_offsets() {
    let bench = Bench::with(|c| c.topic("t", 2).config("offsets.topic.num.partitions", "1")).await;
    bench.create_groups_topic().await;
    let node = bench.cluster.node(0);
    let topic = node.replicas.topic(&crate::groups::TOPIC).unwrap();
    let partition = topic.partition(0).unwrap();
    let commit = async |group: &str| {
        let request = OffsetCommitRequest { group_id: group.into(), ..commit_of("t", Uuid::ZERO, 0, "") };
        assert_eq!(bench.commit(9, request).await, ErrorCode::NONE);
    };
    commit("g").await;
    let sound = crate::partition::run_plan(partition.plan_replay(0, 1 << 20).unwrap()).await.unwrap().into_bytes();
    let append = |damage: &dyn Fn(&mut [u8])| {
        let mut batch = bytes::BytesMut::from(&sound[..]);
        damage(&mut batch);
        partition.append_internal(batch, node.now_ms()).unwrap();
    };
    let other_offset = |batch: &mut [u8]| {
        let offset = 5_i64.to_be_bytes();
        let at = (61..).find(|at| batch[*at..*at + 8] == offset).unwrap();
        batch[at + 7] = 6;
    };
    let no_count = |batch: &mut [u8]| batch[57..61].copy_from_slice(&(-1_i32).to_be_bytes());
    append(&other_offset);
    append(&no_count);
    commit("other").await;
    append(&no_count);
    // What is kept in memory is given up.
    node.groups.close();
    for id in ["g", "other"] {
        let groups = vec![group(id, None)];
        let fetched = offsets::fetch(&bench.cx(8), OffsetFetchRequest { groups, ..Default::default() }).await;
        assert_eq!(fetched.groups[0].error_code, ErrorCode::NONE, "{id}");
        assert_eq!(fetched.groups[0].topics[0].partitions[0].committed_offset, 5, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_created_anew_does_not_inherit_the_offsets_of_the_one_before() {
    let bench = Bench::with_coordinator().await;
    assert_eq!(bench.commit(9, commit_of("t", Uuid::ZERO, 0, "")).await, ErrorCode::NONE);
    let state =
        ottla_protocol::messages::delete_topics::DeleteTopicState { name: Some("t".into()), ..Default::default() };
    let topic = ottla_protocol::messages::create_topics::CreatableTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request =
        ottla_protocol::messages::create_topics::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    // In one change, so that nobody sees a time without the topic.
    let node = bench.cluster.node(0);
    let changed = node.controller().change(|change| {
        let deleted = change.delete_topics(std::slice::from_ref(&state));
        (deleted[0].error_code, change.create_topics(&request)[0].error_code)
    });
    assert_eq!(changed.await.unwrap(), (ErrorCode::NONE, ErrorCode::NONE));
    for topics in [Some(&[0][..]), None] {
        let groups = vec![group("g", topics)];
        let fetched = offsets::fetch(&bench.cx(8), OffsetFetchRequest { groups, ..Default::default() }).await;
        let committed = fetched.groups[0].topics.iter().flat_map(|t| &t.partitions).map(|p| p.committed_offset);
        assert!(committed.into_iter().all(|offset| offset == -1), "{fetched:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_has_a_coordinator_and_other_things_have_none() {
    let bench = Bench::new().await;
    let find = async |version, key_type| {
        let keys = vec!["g".into()];
        let request = FindCoordinatorRequest { key: "g".into(), key_type, coordinator_keys: keys };
        let found = find_coordinator::handle(&bench.cx(version), request).await;
        let of_key = found.coordinators.first().map(|c| (c.error_code, c.node_id));
        of_key.unwrap_or((found.error_code, found.node_id))
    };
    for version in [1, 4] {
        assert_eq!(find(version, 0).await, (ErrorCode::NONE, NodeId(1)), "the topic is made with the first question");
        assert_eq!(find(version, 1).await, (ErrorCode::COORDINATOR_NOT_AVAILABLE, NodeId::NONE));
        assert_eq!(find(version, 9).await, (ErrorCode::INVALID_REQUEST, NodeId::NONE));
    }
}

/// The codes are those of Kafka 4.3.1, of which the last is what it answers while it has no coordinator yet.
#[tokio::test(start_paused = true)]
async fn the_key_of_a_share_coordinator_is_a_group_a_topic_and_a_partition() {
    let bench = Bench::new().await;
    let id = bench.topic_id("t");
    let find = async |version, key: &str| {
        let request = FindCoordinatorRequest { key_type: 2, coordinator_keys: vec![key.into()], ..Default::default() };
        find_coordinator::handle(&bench.cx(version), request).await.coordinators[0].error_code
    };
    let key = format!("a:b:{id}:0");
    let malformed =
        [format!("g:{id}:x"), format!(":{id}:0"), format!(" :{id}:0"), format!("g:{id}"), "g:x:0".to_owned()];
    for key in malformed {
        assert_eq!(find(6, &key).await, ErrorCode::INVALID_REQUEST, "{key}");
    }
    assert_eq!(find(5, &key).await, ErrorCode::INVALID_REQUEST, "that version knows no such keys");
    assert_eq!(find(6, &key).await, ErrorCode::COORDINATOR_NOT_AVAILABLE);
}
