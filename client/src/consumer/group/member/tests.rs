use std::collections::HashMap;

use bytes::Bytes;
use ottla_protocol::{messages::join_group::JoinGroupResponseMember, types::NodeId, wire::Uuid};

use super::*;
use crate::{
    assignor::{CooperativeStickyAssignor, RangeAssignor},
    config::ServerAddress,
    metadata::{Broker, PartitionMetadata, TopicMetadata},
};

/// A member, the clock, and the cluster that it knows.
struct Scene {
    now: Instant,
    metadata: ClusterMetadata,
    member: Member,
}

fn tp(partition: i32) -> TopicPartition {
    TopicPartition::new("t", partition)
}

fn settings(assignor: impl Assignor + 'static, protocol: RebalanceProtocol) -> Settings {
    Settings {
        group: "g".into(),
        instance: None,
        rack: None,
        session_timeout: Duration::from_secs(45),
        heartbeat_interval: Duration::from_secs(3),
        max_poll_interval: Duration::from_secs(300),
        assignors: vec![Arc::new(assignor)],
        protocol,
        backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(1)),
    }
}

impl Scene {
    fn new(settings: Settings) -> Self {
        let now = Instant::now();
        let mut member = Member::new(now, Some(settings), fastrand::Rng::with_seed(1));
        member.subscribe(now, Topics::names(["t"]));
        let mut metadata = ClusterMetadata::default();
        let broker = Broker { id: NodeId(1), address: ServerAddress::new("b", 1), rack: None };
        metadata.brokers.insert(NodeId(1), broker);
        let mut scene = Self { now, metadata, member };
        scene.set_partitions("t", 4);
        scene
    }

    fn eager() -> Self {
        Self::new(settings(RangeAssignor, RebalanceProtocol::Eager))
    }

    fn cooperative() -> Self {
        Self::new(settings(CooperativeStickyAssignor, RebalanceProtocol::Cooperative))
    }

    fn set_partitions(&mut self, topic: &str, count: i32) {
        let partitions = (0..count).map(|index| PartitionMetadata {
            index,
            leader: Some(NodeId(1)),
            leader_epoch: 0,
            replicas: vec![NodeId(1)],
            in_sync_replicas: vec![NodeId(1)],
            offline_replicas: Vec::new(),
            error: ErrorCode::NONE,
        });
        let partitions = partitions.collect();
        let topic = TopicMetadata { name: topic.into(), id: Uuid::ZERO, is_internal: false, partitions };
        self.metadata.topics.insert(topic.name.clone(), Arc::new(topic));
    }

    fn step(&mut self) -> Step {
        self.member.step(self.now, &self.metadata)
    }

    fn after(&mut self, duration: Duration) -> Step {
        self.now += duration;
        self.step()
    }

    fn expect_call(&mut self) -> Call {
        let mut calls = self.step().calls;
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    fn expect_join(&mut self) -> (u64, JoinGroupRequest) {
        match self.expect_call() {
            Call { attempt, action: Action::Join(request) } => (attempt, request),
            other => panic!("{other:?}"),
        }
    }

    /// Joins as a follower up to the sync.
    fn follow(&mut self, generation: i32) -> u64 {
        let (attempt, request) = self.expect_join();
        let response = JoinGroupResponse {
            generation_id: generation,
            protocol_name: Some(request.protocols[0].name.clone()),
            leader: "other".into(),
            member_id: "me".into(),
            ..JoinGroupResponse::default()
        };
        self.member.joined(self.now, attempt, &response);
        match self.expect_call() {
            Call { attempt, action: Action::Sync(request) } => {
                assert_eq!((request.generation_id, request.assignments.len()), (generation, 0));
                attempt
            }
            other => panic!("{other:?}"),
        }
    }

    fn assign(&mut self, generation: i32, partitions: &[i32]) -> Step {
        let attempt = self.follow(generation);
        let assignment = Assignment::new(partitions.iter().map(|partition| tp(*partition)).collect());
        let response = SyncGroupResponse { assignment: assignment.to_bytes().unwrap(), ..Default::default() };
        self.member.synced(self.now, attempt, &self.metadata, &response);
        self.step()
    }

    /// The application does what it has to.
    fn hand_over(&mut self) -> Vec<Handover> {
        let mut done = Vec::new();
        while let Some(handover) = self.member.take_handover() {
            done.push(handover);
            self.member.handed_over(self.now);
        }
        done
    }

    /// Lets the next heartbeat be answered.
    fn heartbeat(&mut self, code: ErrorCode) {
        let calls = self.after(Duration::from_secs(3)).calls;
        let [Call { attempt, action: Action::Heartbeat(_) }] = &calls[..] else { panic!("{calls:?}") };
        self.member.heart_beaten(self.now, *attempt, Ok(code));
    }
}

fn refusal(code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse { error_code: code, ..JoinGroupResponse::default() }
}

#[test]
fn a_member_without_a_subscription_does_nothing() {
    let mut member = Member::new(
        Instant::now(),
        Some(settings(RangeAssignor, RebalanceProtocol::Eager)),
        fastrand::Rng::with_seed(1),
    );
    let step = member.step(Instant::now(), &ClusterMetadata::default());
    assert!(step.calls.is_empty() && step.next.is_none());
}

#[test]
fn the_id_that_the_coordinator_gives_is_joined_with_at_once() {
    let mut scene = Scene::eager();
    let (attempt, request) = scene.expect_join();
    assert_eq!(request.member_id, "");
    let response = JoinGroupResponse { member_id: "me".into(), ..refusal(ErrorCode::MEMBER_ID_REQUIRED) };
    scene.member.joined(scene.now, attempt, &response);
    let (_, request) = scene.expect_join();
    assert_eq!(
        (&*request.member_id, request.session_timeout_ms, request.rebalance_timeout_ms),
        ("me", 45_000, 300_000)
    );
}

#[test]
fn an_assignment_is_begun_with_at_once_and_told_to_the_application() {
    let mut scene = Scene::eager();
    let step = scene.assign(1, &[0, 2]);
    assert_eq!(step.assigned, [tp(0), tp(2)]);
    assert!(step.wake);
    assert_eq!(scene.hand_over(), [Handover::Assigned(vec![tp(0), tp(2)])]);
    assert_eq!(scene.member.identity(), Some(Identity { member_id: "me".into(), generation: 1 }));
}

#[test]
fn partitions_of_topics_that_were_not_asked_for_are_left() {
    let mut scene = Scene::eager();
    let attempt = scene.follow(1);
    let assignment = Assignment::new(vec![tp(0), TopicPartition::new("u", 0)]);
    let response = SyncGroupResponse { assignment: assignment.to_bytes().unwrap(), ..Default::default() };
    scene.member.synced(scene.now, attempt, &scene.metadata, &response);
    assert_eq!(scene.step().assigned, [tp(0)]);
}

#[test]
fn an_eager_member_joins_again_only_when_the_application_has_given_everything_up() {
    let mut scene = Scene::eager();
    scene.assign(1, &[0, 1]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
    assert!(scene.step().calls.is_empty());
    let revoke = scene.member.take_handover().unwrap();
    assert_eq!(revoke, Handover::Revoke(vec![tp(0), tp(1)]));
    assert!(scene.step().calls.is_empty(), "the application is at it");
    // It shows meanwhile that it lives, and may commit.
    scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(scene.member.identity().unwrap().generation, 1);
    scene.member.handed_over(scene.now);
    let (_, request) = scene.expect_join();
    let subscription = Subscription::from_bytes(request.protocols[0].metadata.clone()).unwrap();
    assert_eq!((subscription.owned_partitions, &*request.member_id), (Vec::new(), "me"));
}

#[test]
fn a_cooperative_member_joins_with_what_it_has_and_gives_up_what_it_lost() {
    let mut scene = Scene::cooperative();
    scene.assign(1, &[0, 1]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
    let step = scene.assign(2, &[1, 2]);
    assert_eq!(step.assigned, [tp(2)]);
    assert!(step.calls.is_empty(), "{step:?}");
    assert_eq!(scene.hand_over(), [Handover::Revoke(vec![tp(0)]), Handover::Assigned(vec![tp(2)])]);
    let (_, request) = scene.expect_join();
    let subscription = Subscription::from_bytes(request.protocols[0].metadata.clone()).unwrap();
    assert_eq!((subscription.owned_partitions, subscription.generation), (vec![tp(1), tp(2)], Some(2)));
}

#[test]
fn a_leader_assigns_for_all_and_looks_after_the_topics() {
    let mut scene = Scene::eager();
    let (attempt, request) = scene.expect_join();
    let member =
        |id: &str, metadata: Bytes| JoinGroupResponseMember { member_id: id.into(), group_instance_id: None, metadata };
    let response = JoinGroupResponse {
        generation_id: 1,
        protocol_name: Some("range".into()),
        leader: "me".into(),
        member_id: "me".into(),
        members: vec![
            member("me", request.protocols[0].metadata.clone()),
            member("other", Subscription::new(["t"]).to_bytes().unwrap()),
            member("broken", Bytes::from_static(b"\0")),
        ],
        ..JoinGroupResponse::default()
    };
    scene.member.joined(scene.now, attempt, &response);
    let Call { attempt, action: Action::Lead(lead) } = scene.expect_call() else { panic!() };
    let result = lead.assign(&scene.metadata);
    scene.member.led(scene.now, attempt, &scene.metadata, result);
    let Call { attempt, action: Action::Sync(sync) } = scene.expect_call() else { panic!() };
    let shares: HashMap<_, _> = sync
        .assignments
        .iter()
        .map(|member| (&*member.member_id, Assignment::from_bytes(member.assignment.clone()).unwrap().partitions.len()))
        .collect();
    assert_eq!(shares, HashMap::from([("me", 2), ("other", 2), ("broken", 0)]));
    let response = SyncGroupResponse { assignment: sync.assignments[0].assignment.clone(), ..Default::default() };
    scene.member.synced(scene.now, attempt, &scene.metadata, &response);
    scene.step();
    scene.hand_over();
    assert!(scene.step().calls.is_empty());
    scene.set_partitions("t", 6);
    scene.step();
    assert!(matches!(&scene.hand_over()[..], [Handover::Revoke(_)]));
    scene.expect_join();
}

#[test]
fn a_lost_generation_takes_the_partitions_away_and_joins_as_the_same_member() {
    let mut scene = Scene::cooperative();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(scene.member.identity(), None);
    assert!(scene.step().calls.is_empty());
    assert_eq!(scene.hand_over(), [Handover::Lost(vec![tp(0)])]);
    let (_, request) = scene.expect_join();
    let subscription = Subscription::from_bytes(request.protocols[0].metadata.clone()).unwrap();
    assert_eq!((&*request.member_id, subscription.owned_partitions, subscription.generation), ("me", vec![], None));
}

#[test]
fn who_is_not_a_member_commits_nothing() {
    let mut scene = Scene::eager();
    assert!(matches!(scene.member.committer(), Err(CommitError::RebalanceInProgress)));
    scene.assign(1, &[0]);
    scene.hand_over();
    assert!(matches!(scene.member.committer(), Ok(Some(_))));
    scene.heartbeat(ErrorCode::ILLEGAL_GENERATION);
    assert!(matches!(scene.member.committer(), Err(CommitError::Rebalanced)));
    scene.member.leave(scene.now, "unsubscribed");
    assert!(matches!(scene.member.committer(), Ok(None)));
}

#[test]
fn an_unknown_member_joins_as_a_new_one() {
    let mut scene = Scene::eager();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::UNKNOWN_MEMBER_ID);
    scene.step();
    assert_eq!(scene.hand_over(), [Handover::Lost(vec![tp(0)])]);
    assert_eq!(scene.expect_join().1.member_id, "");
}

#[test]
fn a_refused_commit_makes_the_member_join_again_at_once() {
    for (code, id) in [(ErrorCode::ILLEGAL_GENERATION, "me"), (ErrorCode::UNKNOWN_MEMBER_ID, "")] {
        let mut scene = Scene::eager();
        scene.assign(1, &[0]);
        scene.hand_over();
        let identity = scene.member.identity().unwrap();
        scene.member.commit_refused(scene.now, &identity, code);
        assert_eq!(scene.hand_over(), [Handover::Lost(vec![tp(0)])]);
        assert_eq!(scene.expect_join().1.member_id, id);
        // The same answer to an earlier commit changes nothing.
        scene.member.commit_refused(scene.now, &identity, code);
        assert!(scene.step().calls.is_empty());
    }
}

#[test]
fn a_coordinator_that_is_not_there_is_asked_again_after_a_while_and_named() {
    let mut scene = Scene::eager();
    let (attempt, _) = scene.expect_join();
    scene.member.joined(scene.now, attempt, &refusal(ErrorCode::NOT_COORDINATOR));
    let step = scene.step();
    assert!(step.calls.is_empty());
    let mut waits = Vec::new();
    scene.member.explain(scene.now, &scene.metadata, &mut waits);
    assert!(waits[0].reason.contains("NOT_COORDINATOR"), "{waits:?}");
    let wait = step.next.unwrap() - scene.now;
    assert!(wait >= Duration::from_millis(80) && wait <= Duration::from_millis(120), "{wait:?}");
    assert_eq!(scene.after(wait).calls.len(), 1);
}

#[test]
fn final_refusals_are_told_for_good() {
    for (code, error) in [
        (ErrorCode::FENCED_INSTANCE_ID, GroupError::Fenced),
        (ErrorCode::INCONSISTENT_GROUP_PROTOCOL, GroupError::NoCommonAssignor),
        (ErrorCode::GROUP_MAX_SIZE_REACHED, GroupError::Refused(ErrorCode::GROUP_MAX_SIZE_REACHED)),
        (ErrorCode::GROUP_AUTHORIZATION_FAILED, GroupError::Refused(ErrorCode::GROUP_AUTHORIZATION_FAILED)),
    ] {
        let mut scene = Scene::eager();
        let (attempt, _) = scene.expect_join();
        scene.member.joined(scene.now, attempt, &refusal(code));
        assert_eq!(scene.member.failure(), Some(error));
        assert!(scene.after(Duration::from_secs(1000)).calls.is_empty());
    }
}

#[test]
fn a_join_that_comes_into_another_ones_way_is_sent_again_later() {
    let mut scene = Scene::eager();
    let (attempt, _) = scene.expect_join();
    scene.member.joined(scene.now, attempt, &refusal(ErrorCode::REBALANCE_IN_PROGRESS));
    assert_eq!(scene.member.failure(), None);
    let step = scene.step();
    assert!(step.calls.is_empty());
    scene.now = step.next.unwrap();
    scene.expect_join();
}

#[test]
fn an_answer_to_an_earlier_attempt_is_dropped() {
    let mut scene = Scene::eager();
    let (attempt, _) = scene.expect_join();
    scene.member.call_failed(scene.now, attempt, Failure::Passing("gone".into()));
    scene.after(Duration::from_secs(1));
    scene.member.joined(scene.now, attempt, &refusal(ErrorCode::FENCED_INSTANCE_ID));
    assert_eq!(scene.member.failure(), None);
}

#[test]
fn a_heartbeat_that_fails_is_sent_again_soon_and_keeps_the_partitions() {
    let mut scene = Scene::eager();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(scene.after(Duration::from_millis(120)).calls.len(), 1);
    assert!(scene.member.identity().is_some() && scene.hand_over().is_empty());
}

#[test]
fn an_application_that_asks_for_nothing_for_too_long_leaves_and_joins_again_when_told() {
    let mut scene = Scene::eager();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.member.polls();
    scene.after(Duration::from_secs(1000));
    assert!(scene.member.identity().is_some(), "it waits for records");
    scene.member.polled(scene.now);
    let calls = scene.after(Duration::from_secs(300)).calls;
    assert!(
        matches!(&calls[..], [Call { action: Action::Leave { member_id, .. }, .. }] if *member_id == "me"),
        "{calls:?}"
    );
    assert!(scene.after(Duration::from_secs(1000)).calls.is_empty());
    scene.member.polls();
    assert_eq!(scene.hand_over(), [Handover::Lost(vec![tp(0)])]);
    assert_eq!(scene.member.take_poll_interval_exceeded(scene.now), Some(Duration::from_secs(300)));
    assert_eq!(scene.expect_join().1.member_id, "");
    assert_eq!(scene.member.take_poll_interval_exceeded(scene.now), None);
}

#[test]
fn a_static_member_goes_without_a_word() {
    let mut scene =
        Scene::new(Settings { instance: Some("i".into()), ..settings(RangeAssignor, RebalanceProtocol::Eager) });
    assert_eq!(scene.assign(1, &[0]).assigned, [tp(0)]);
    scene.member.leave(scene.now, "closed");
    assert!(scene.step().calls.is_empty());
}

#[test]
fn a_restarted_static_leader_leaves_the_assignment_as_it_is() {
    let mut scene =
        Scene::new(Settings { instance: Some("i".into()), ..settings(RangeAssignor, RebalanceProtocol::Eager) });
    let (attempt, request) = scene.expect_join();
    let me = JoinGroupResponseMember {
        member_id: "me".into(),
        group_instance_id: Some("i".into()),
        metadata: request.protocols[0].metadata.clone(),
    };
    let response = JoinGroupResponse {
        generation_id: 5,
        protocol_name: Some("range".into()),
        leader: "me".into(),
        member_id: "me".into(),
        skip_assignment: true,
        members: vec![me],
        ..JoinGroupResponse::default()
    };
    scene.member.joined(scene.now, attempt, &response);
    let Call { action: Action::Sync(sync), .. } = scene.expect_call() else { panic!() };
    assert_eq!((sync.assignments, sync.group_instance_id.as_deref()), (Vec::new(), Some("i")));
}

#[test]
fn topics_that_change_are_joined_with() {
    let mut scene = Scene::cooperative();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.set_partitions("u", 1);
    scene.member.subscribe(scene.now, Topics::names(["t", "u"]));
    let (_, request) = scene.expect_join();
    let subscription = Subscription::from_bytes(request.protocols[0].metadata.clone()).unwrap();
    assert_eq!(subscription.topics, ["t", "u"]);
}

#[test]
fn a_topic_that_is_not_there_is_asked_for_now_and_then() {
    let mut scene = Scene::eager();
    scene.metadata.topics.clear();
    assert!(scene.step().refresh);
    assert!(!scene.after(Duration::from_millis(500)).refresh);
    assert!(scene.after(Duration::from_millis(500)).refresh);
}

#[test]
fn the_group_is_not_joined_again_while_the_application_gives_up_everything_to_leave() {
    for mut scene in [Scene::eager(), Scene::cooperative()] {
        scene.assign(1, &[0, 1]);
        scene.hand_over();
        assert_eq!(scene.member.give_up(), Some(Handover::Revoke(vec![tp(0), tp(1)])));
        scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
        let calls = scene.step().calls;
        assert!(calls.is_empty(), "the listener is being told, or the last commit is under way: {calls:?}");
        assert_eq!(scene.member.identity().map(|identity| identity.generation), Some(1), "it commits as the owner");
        scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
        scene.member.handed_over(scene.now);
        assert_eq!(scene.member.give_up(), None);
        scene.member.leave(scene.now, "closed");
        let call = scene.expect_call();
        assert!(matches!(call.action, Action::Leave { .. }), "{call:?}");
    }
}

#[test]
fn what_a_rebalance_takes_comes_first_when_everything_is_given_up() {
    let mut scene = Scene::eager();
    scene.assign(1, &[0]);
    scene.hand_over();
    scene.heartbeat(ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(scene.member.give_up(), Some(Handover::Revoke(vec![tp(0)])));
    assert!(scene.step().calls.is_empty());
    scene.member.handed_over(scene.now);
    assert_eq!(scene.member.give_up(), None);
}
