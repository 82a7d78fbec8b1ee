//! Members of groups whose coordinator goes away. The code is Kafka 4.3.1's.

use std::time::Duration;

use ottla_protocol::{
    messages::{
        create_topics::{CreatableTopic, CreateTopicsRequest},
        delete_topics::DeleteTopicState,
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        sync_group::SyncGroupRequest,
    },
    types::GroupId,
};
use tokio::task::JoinHandle;

use super::*;

const GROUP: GroupId = GroupId(Str::from_static("g"));

impl Bench {
    /// Whose first rebalance waits for so long.
    async fn with_delay(ms: &str) -> Self {
        let bench = Self::with(|cluster| cluster.config("group.initial.rebalance.delay.ms", ms)).await;
        bench.create_groups_topic().await;
        bench
    }

    /// Joins, and has come as far as it gets at once.
    async fn begin_to_join(&self, member_id: &Str) -> JoinHandle<JoinGroupResponse> {
        let protocol = JoinGroupRequestProtocol { name: "range".into(), metadata: Bytes::new() };
        let request = JoinGroupRequest {
            group_id: GROUP,
            session_timeout_ms: 30_000,
            rebalance_timeout_ms: 60_000,
            member_id: member_id.clone(),
            protocol_type: "consumer".into(),
            protocols: vec![protocol],
            ..Default::default()
        };
        // The last version that needs no second request for the member's id.
        let cx = self.cx(3);
        let joining = tokio::spawn(async move { groups::join(&cx, request).await });
        tokio::time::sleep(Duration::from_millis(1)).await;
        joining
    }

    /// Deletes the topic of groups, and in the same change creates it anew if that is wanted.
    async fn delete_groups_topic(&self, anew: bool) {
        let deleted = DeleteTopicState { name: Some(crate::groups::TOPIC), ..Default::default() };
        let topic = CreatableTopic {
            name: crate::groups::TOPIC,
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let created = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let node = self.cluster.node(0);
        let changed = node.controller().change(|change| {
            assert_eq!(change.delete_topics(&[deleted])[0].error_code, ErrorCode::NONE);
            if anew {
                assert_eq!(change.create_topics(&created)[0].error_code, ErrorCode::NONE);
            }
        });
        changed.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_join_is_sent_elsewhere_when_the_topic_of_groups_is_deleted() {
    for anew in [false, true] {
        let bench = Bench::with_delay("60000").await;
        let joining = bench.begin_to_join(&"".into()).await;
        assert!(!joining.is_finished());
        let begun = tokio::time::Instant::now();
        bench.delete_groups_topic(anew).await;
        assert_eq!(joining.await.unwrap().error_code, ErrorCode::NOT_COORDINATOR);
        assert_eq!(begun.elapsed(), Duration::ZERO, "and not when the wait would have ended");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_assignment_is_sent_elsewhere_when_the_topic_of_groups_is_deleted() {
    let bench = Bench::with_delay("0").await;
    let leader = bench.begin_to_join(&"".into()).await.await.unwrap().member_id;
    let follower = bench.begin_to_join(&"".into()).await;
    bench.begin_to_join(&leader).await.await.unwrap();
    let joined = follower.await.unwrap();
    assert_eq!((joined.error_code, joined.generation_id), (ErrorCode::NONE, 2));
    let request =
        SyncGroupRequest { group_id: GROUP, generation_id: 2, member_id: joined.member_id, ..Default::default() };
    let cx = bench.cx(3);
    let syncing = tokio::spawn(async move { groups::sync(&cx, request).await });
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!syncing.is_finished());
    let begun = tokio::time::Instant::now();
    bench.delete_groups_topic(false).await;
    assert_eq!(syncing.await.unwrap().error_code, ErrorCode::NOT_COORDINATOR);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn nobody_coordinates_a_group_while_there_is_no_topic_of_groups() {
    let bench = Bench::new().await;
    let joined = bench.begin_to_join(&"".into()).await.await.unwrap();
    assert_eq!(joined.error_code, ErrorCode::NOT_COORDINATOR);
    let request = HeartbeatRequest { group_id: GROUP, member_id: "m".into(), generation_id: 1, ..Default::default() };
    assert_eq!(groups::heartbeat(&bench.cx(3), request).await.error_code, ErrorCode::NOT_COORDINATOR);
}
