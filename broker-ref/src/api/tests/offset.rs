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
async fn a_group_without_an_id_is_an_error_where_the_version_has_room_for_it() {
    let bench = Bench::with_coordinator().await;
    let topics = || Some(vec![OffsetFetchRequestTopic { name: "t".into(), partition_indexes: vec![0] }]);
    let single = |version| {
        let cx = bench.cx(version);
        async move { offsets::fetch(&cx, OffsetFetchRequest { topics: topics(), ..Default::default() }).await }
    };
    assert_eq!(single(1).await.topics[0].partitions[0].error_code, ErrorCode::INVALID_GROUP_ID);
    assert_eq!(single(2).await.error_code, ErrorCode::INVALID_GROUP_ID);
    let groups = vec![group("", None)];
    let several = offsets::fetch(&bench.cx(8), OffsetFetchRequest { groups, ..Default::default() }).await;
    assert_eq!(several.groups[0].error_code, ErrorCode::INVALID_GROUP_ID);
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
