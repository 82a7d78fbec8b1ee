use ottla_protocol::{
    messages::{
        offset_commit::{
            OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
        },
        offset_delete::{OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
        offset_fetch::OffsetFetchRequestTopics,
        txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic},
    },
    types::ProducerId,
    wire::Uuid,
};

use super::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn commit_of(generation: i32, member_id: &str, topic: &str, offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        committed_metadata: Some("note".into()),
        ..Default::default()
    };
    OffsetCommitRequest {
        group_id: GROUP.into(),
        generation_id_or_member_epoch: generation,
        member_id: member_id.into(),
        topics: vec![OffsetCommitRequestTopic {
            name: topic.into(),
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    }
}

impl Bench {
    fn commit_with(&mut self, api_version: i16, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        let token = self.token();
        let outcome = self.coordinator.offset_commit(self.now(), token, api_version, request);
        self.settle(outcome);
        match &self.replies[&token] {
            Reply::OffsetCommit(response) => response.clone(),
            other => panic!("not a reply to a commit: {other:?}"),
        }
    }

    fn commit(&mut self, request: &OffsetCommitRequest) -> ErrorCode {
        self.commit_with(9, request).topics[0].partitions[0].error_code
    }

    /// Commits without membership.
    fn commit_alone(&mut self, topic: &str, offset: i64) {
        assert_eq!(self.commit(&commit_of(-1, "", topic, offset)), ErrorCode::NONE);
    }

    /// Commits for the topic with this id.
    fn commit_for(&mut self, topic_id: Uuid, topic: &str, offset: i64) {
        let mut request = commit_of(-1, "", topic, offset);
        request.topics[0].topic_id = topic_id;
        assert_eq!(self.commit(&request), ErrorCode::NONE);
    }

    fn topic_deleted(&mut self, topic: &str, id: Uuid) {
        let outcome = self.coordinator.topic_deleted(&topic.into(), id);
        self.settle(outcome);
    }

    /// Every offset of the group: topic, offset and metadata.
    fn offsets(&self) -> Vec<(String, i64, String)> {
        let fetched = self.coordinator.offset_fetch(&GROUP.into(), None, false, |_| Uuid::ZERO);
        let topics = fetched
            .topics
            .into_iter()
            .flat_map(|topic| topic.partitions.into_iter().map(move |partition| (topic.name.clone(), partition)));
        let shown = topics.map(|(name, partition)| {
            (name.to_string(), partition.committed_offset, partition.metadata.expect("metadata").to_string())
        });
        shown.collect()
    }

    fn delete(&mut self, group: &str, topic: &str) -> (ErrorCode, Option<ErrorCode>) {
        let partitions = vec![OffsetDeleteRequestPartition { partition_index: 0 }];
        let topics = vec![OffsetDeleteRequestTopic { name: topic.into(), partitions }];
        let token = self.token();
        let request = OffsetDeleteRequest { group_id: group.into(), topics };
        let outcome = self.coordinator.offset_delete(token, &request);
        self.settle(outcome);
        match &self.replies[&token] {
            Reply::OffsetDelete(response) => {
                (response.error_code, response.topics.first().map(|topic| topic.partitions[0].error_code))
            }
            other => panic!("not a reply to a deletion: {other:?}"),
        }
    }

    fn expire(&mut self) {
        let outcome = self.coordinator.expire_offsets(self.now());
        self.settle(outcome);
    }

    fn delete_group(&mut self, group: &str) -> ErrorCode {
        let token = self.token();
        let outcome = self.coordinator.delete_groups(token, &[group.into()]);
        self.settle(outcome);
        match &self.replies[&token] {
            Reply::DeleteGroups(response) => response.results[0].error_code,
            other => panic!("not a reply to a deletion: {other:?}"),
        }
    }

    fn commit_in_transaction(&mut self, producer: i64, topic: &str, offset: i64) {
        let partition = TxnOffsetCommitRequestPartition { committed_offset: offset, ..Default::default() };
        let request = TxnOffsetCommitRequest {
            group_id: GROUP.into(),
            producer_id: ProducerId(producer),
            topics: vec![TxnOffsetCommitRequestTopic { name: topic.into(), partitions: vec![partition] }],
            ..Default::default()
        };
        let token = self.token();
        let outcome = self.coordinator.txn_offset_commit(self.now(), token, &request);
        assert_eq!(outcome.producer().map(|producer| producer.producer_id), Some(ProducerId(producer)));
        self.settle(outcome);
    }

    fn fetch_stable(&self, topic: &str) -> (ErrorCode, i64) {
        let topics =
            [OffsetFetchRequestTopics { name: topic.into(), partition_indexes: vec![0], ..Default::default() }];
        let fetched = self.coordinator.offset_fetch(&GROUP.into(), Some(&topics), true, |_| Uuid::ZERO);
        let partition = &fetched.topics[0].partitions[0];
        (partition.error_code, partition.committed_offset)
    }
}

fn offset(topic: &str, offset: i64) -> (String, i64, String) {
    (topic.to_owned(), offset, "note".to_owned())
}

#[test]
fn somebody_without_membership_may_commit_and_makes_a_simple_group() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    assert_eq!(bench.state(), "Empty");
    assert_eq!(bench.described().protocol_type, "");
}

#[test]
fn somebody_without_membership_may_not_commit_where_there_are_members() {
    let mut bench = Bench::new();
    let member = bench.single();
    assert_eq!(bench.commit(&commit_of(-1, "", "t", 5)), ErrorCode::UNKNOWN_MEMBER_ID);
    bench.leave(&[(&member.member_id, None)]);
    bench.commit_alone("t", 5);
}

#[test]
fn a_member_commits_in_its_generation() {
    let mut bench = Bench::new();
    let member = bench.single();
    assert_eq!(bench.commit(&commit_of(1, &member.member_id, "t", 5)), ErrorCode::NONE);
    assert_eq!(bench.commit(&commit_of(0, &member.member_id, "t", 6)), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.commit(&commit_of(1, "nobody", "t", 6)), ErrorCode::UNKNOWN_MEMBER_ID);
    let fenced = OffsetCommitRequest { group_instance_id: Some("i".into()), ..commit_of(1, &member.member_id, "t", 6) };
    assert_eq!(bench.commit(&fenced), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.offsets(), [offset("t", 5)]);
}

#[test]
fn a_member_commits_while_members_join_but_not_while_the_leader_assigns() {
    let mut bench = Bench::new();
    let member = bench.single();
    let joining = bench.join();
    assert_eq!(bench.commit(&commit_of(1, &member.member_id, "t", 5)), ErrorCode::NONE);
    bench.rejoin(&member.member_id);
    assert_eq!(bench.joined(joining).generation_id, 2);
    assert_eq!(bench.commit(&commit_of(2, &member.member_id, "t", 6)), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(bench.offsets(), [offset("t", 5)]);
}

#[test]
fn a_member_of_a_group_that_does_not_exist_is_told_so_as_its_version_knows() {
    let mut bench = Bench::new();
    let request = commit_of(1, "m", "t", 5);
    let code = |response: OffsetCommitResponse| response.topics[0].partitions[0].error_code;
    assert_eq!(code(bench.commit_with(9, &request)), ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(code(bench.commit_with(8, &request)), ErrorCode::ILLEGAL_GENERATION);
}

#[test]
fn a_commit_keeps_the_session() {
    let mut bench = Bench::new();
    let member = bench.single();
    for round in 0..5 {
        bench.pass(i64::from(SESSION_MS) - 1);
        assert_eq!(bench.commit(&commit_of(1, &member.member_id, "t", round)), ErrorCode::NONE);
    }
}

#[test]
fn metadata_that_is_too_long_fails_its_partition_alone() {
    let mut bench = Bench::new();
    let mut request = commit_of(-1, "", "t", 5);
    let partition = |partition_index, length| OffsetCommitRequestPartition {
        partition_index,
        committed_metadata: Some("m".repeat(length).into()),
        ..Default::default()
    };
    request.topics[0].partitions = vec![partition(0, 4096), partition(1, 4097)];
    let response = bench.commit_with(9, &request);
    let codes: Vec<ErrorCode> = response.topics[0].partitions.iter().map(|partition| partition.error_code).collect();
    assert_eq!(codes, [ErrorCode::NONE, ErrorCode::OFFSET_METADATA_TOO_LARGE]);
    assert_eq!(bench.offsets().len(), 1);
}

#[test]
fn a_commit_that_cannot_be_stored_changes_nothing() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    bench.append_error = Some(ErrorCode::NOT_ENOUGH_REPLICAS);
    assert_eq!(bench.commit(&commit_of(-1, "", "t", 6)), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(bench.offsets(), [offset("t", 5)]);
}

#[test]
fn what_was_never_committed_has_no_offset_and_no_error() {
    let mut bench = Bench::new();
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::NONE, -1));
    bench.commit_alone("t", 5);
    assert_eq!(bench.fetch_stable("u"), (ErrorCode::NONE, -1));
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::NONE, 5));
}

#[test]
fn the_offset_of_an_open_transaction_is_unstable() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    bench.commit_in_transaction(1, "t", 9);
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::UNSTABLE_OFFSET_COMMIT, -1));
    bench.coordinator.end_transaction(ProducerId(1), true);
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::NONE, 9));
}

#[test]
fn an_aborted_transaction_leaves_the_offset_as_it_was() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    bench.commit_in_transaction(1, "t", 9);
    bench.coordinator.end_transaction(ProducerId(1), false);
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::NONE, 5));
}

#[test]
fn of_a_transaction_and_a_later_commit_the_later_counts() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(1, "t", 9);
    bench.commit_alone("t", 5);
    bench.coordinator.end_transaction(ProducerId(1), true);
    assert_eq!(bench.fetch_stable("t"), (ErrorCode::NONE, 5));
}

#[test]
fn offsets_of_a_subscribed_topic_cannot_be_deleted() {
    let mut bench = Bench::new();
    let member = bench.single();
    for topic in ["t", "u"] {
        bench.commit(&commit_of(1, &member.member_id, topic, 5));
    }
    assert_eq!(bench.delete(GROUP, "t"), (ErrorCode::NONE, Some(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC)));
    assert_eq!(bench.delete(GROUP, "u"), (ErrorCode::NONE, Some(ErrorCode::NONE)));
    assert_eq!(bench.delete(GROUP, "never committed"), (ErrorCode::NONE, Some(ErrorCode::NONE)));
    assert_eq!(bench.offsets(), [offset("t", 5)]);
}

#[test]
fn offsets_are_deleted_of_groups_that_are_empty_or_of_consumers() {
    let mut bench = Bench::new();
    assert_eq!(bench.delete("nosuch", "t"), (ErrorCode::GROUP_ID_NOT_FOUND, None));
    bench.join_with(3, &JoinGroupRequest { protocol_type: "connect".into(), ..request("") });
    bench.pass(INITIAL_DELAY_MS);
    assert_eq!(bench.delete(GROUP, "t"), (ErrorCode::NON_EMPTY_GROUP, None));
}

#[test]
fn offsets_of_a_simple_group_expire_by_their_own_age() {
    let mut bench = Bench::new();
    bench.commit_alone("old", 5);
    bench.pass(DAY_MS);
    bench.commit_alone("new", 6);
    bench.pass(6 * DAY_MS - 1);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("new", 6), offset("old", 5)]);
    bench.pass(1);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("new", 6)]);
    bench.pass(DAY_MS);
    bench.expire();
    assert_eq!(bench.state(), "Dead");
}

#[test]
fn offsets_of_a_group_that_had_members_expire_when_it_has_been_empty_for_long() {
    let mut bench = Bench::new();
    let member = bench.single();
    bench.commit(&commit_of(1, &member.member_id, "t", 5));
    bench.pass_alive(60_000, &[&member]);
    bench.leave(&[(&member.member_id, None)]);
    bench.pass(7 * DAY_MS - 1);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    bench.fail_over();
    bench.pass(1);
    bench.expire();
    assert_eq!(bench.offsets(), []);
    assert_eq!(bench.state(), "Dead");
}

#[test]
fn a_stable_group_keeps_the_offsets_of_topics_that_it_subscribes_to() {
    let mut bench = Bench::with(GroupConfig { offsets_retention_ms: 5_000, ..GroupConfig::default() });
    let member = bench.single();
    for topic in ["t", "u"] {
        bench.commit(&commit_of(1, &member.member_id, topic, 5));
    }
    bench.pass_alive(5_000, &[&member]);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_group_that_rebalances_keeps_its_offsets() {
    let mut bench = Bench::with(GroupConfig { offsets_retention_ms: 5_000, ..GroupConfig::default() });
    let member = bench.single();
    bench.commit(&commit_of(1, &member.member_id, "u", 5));
    bench.join();
    bench.pass_alive(6_000, &[&member]);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("u", 5)]);
}

#[test]
fn an_open_transaction_keeps_offset_and_group() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    bench.commit_in_transaction(1, "t", 9);
    bench.pass(8 * DAY_MS);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    bench.coordinator.end_transaction(ProducerId(1), false);
    bench.expire();
    assert_eq!(bench.state(), "Dead");
}

#[test]
fn a_retention_of_the_clients_own_counts() {
    let mut bench = Bench::new();
    bench.commit(&OffsetCommitRequest { retention_time_ms: 1000, ..commit_of(-1, "", "t", 5) });
    bench.fail_over();
    bench.pass(999);
    bench.expire();
    assert_eq!(bench.offsets(), [offset("t", 5)]);
    bench.pass(1);
    bench.expire();
    assert_eq!(bench.offsets(), []);
}

#[test]
fn offsets_of_a_topic_that_was_deleted_are_gone() {
    let mut bench = Bench::new();
    bench.commit_for(Uuid([1; 16]), "t", 5);
    bench.commit_alone("u", 6);
    bench.topic_deleted("t", Uuid([1; 16]));
    assert_eq!(bench.offsets(), [offset("u", 6)]);
}

#[test]
fn an_offset_without_a_topic_id_goes_with_the_topic_that_has_its_name() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    bench.topic_deleted("t", Uuid([1; 16]));
    assert_eq!(bench.offsets(), []);
}

#[test]
fn the_deletion_of_a_topic_leaves_the_offsets_of_the_one_that_has_its_name_now() {
    let mut bench = Bench::new();
    bench.commit_for(Uuid([2; 16]), "t", 5);
    bench.topic_deleted("t", Uuid([1; 16]));
    assert_eq!(bench.offsets(), [offset("t", 5)]);
}

#[test]
fn a_topic_created_anew_does_not_inherit_offsets() {
    let mut bench = Bench::new();
    bench.commit_for(Uuid([1; 16]), "t", 5);
    let fetch = |topics: Option<&[OffsetFetchRequestTopics]>, id| {
        let fetched = bench.coordinator.offset_fetch(&GROUP.into(), topics, false, |_| id);
        fetched.topics.iter().flat_map(|t| &t.partitions).map(|p| p.committed_offset).collect::<Vec<_>>()
    };
    let topics = [OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![0], ..Default::default() }];
    assert_eq!(fetch(Some(&topics), Uuid([1; 16])), [5]);
    assert_eq!(fetch(Some(&topics), Uuid([2; 16])), [-1]);
    assert_eq!(fetch(None, Uuid([2; 16])), []);
}

#[test]
fn what_is_asked_for_repeatedly_is_answered_once() {
    let mut bench = Bench::new();
    bench.commit_alone("t", 5);
    let topic = OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![0, 1, 0], ..Default::default() };
    let topics = [topic.clone(), topic];
    let fetched = bench.coordinator.offset_fetch(&GROUP.into(), Some(&topics), false, |_| Uuid::ZERO);
    let indexes = fetched.topics.iter().map(|t| t.partitions.iter().map(|p| p.partition_index).collect::<Vec<_>>());
    assert_eq!(indexes.collect::<Vec<_>>(), [[0, 1]]);
}

#[test]
fn a_group_is_deleted_with_its_offsets_unless_it_has_members() {
    let mut bench = Bench::new();
    assert_eq!(bench.delete_group("nosuch"), ErrorCode::GROUP_ID_NOT_FOUND);
    let member = bench.single();
    bench.commit(&commit_of(1, &member.member_id, "t", 5));
    assert_eq!(bench.delete_group(GROUP), ErrorCode::NON_EMPTY_GROUP);
    bench.leave(&[(&member.member_id, None)]);
    assert_eq!(bench.delete_group(GROUP), ErrorCode::NONE);
    assert_eq!(bench.offsets(), []);
    bench.fail_over();
    assert_eq!(bench.state(), "Dead");
}

#[test]
fn a_transaction_keeps_a_group_that_has_nothing_else() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(1, "t", 9);
    bench.expire();
    assert_eq!(bench.state(), "Empty");
    bench.coordinator.end_transaction(ProducerId(1), false);
    bench.expire();
    assert_eq!(bench.state(), "Dead");
}
