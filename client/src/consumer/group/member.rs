//! A member of a group: when to join, to show that it lives, to give partitions up, to leave.
//!
//! ```text
//!            subscribe            joined, leads            assigned
//!  Outside ------------> Joining ---------------> Leading ----------> Syncing ------> Stable
//!     ^                   ^   \_______________________________________^                 |
//!     |                   |     joined, follows                                         |
//!     | no records taken  \____________ rebalance, topics changed, generation lost _____/
//!     \______ for too long, from anywhere
//! ```
//!
//! The driver calls [`step`](Member::step) after every change and sends what it returns; each answer comes back with the
//! attempt it belongs to, so that one to an earlier attempt is dropped.
//!
//! Partitions that are to be given up wait as [`Handover`] for the application; no join is sent before it is done with them.
//! Under the eager protocol that is everything before each join, under the cooperative one it is what a new assignment lacks,
//! followed by another join, in which others are assigned it.

use std::{
    borrow::Cow,
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse},
    },
    types::{GroupId, TopicName},
    wire::{EncodeError, Str},
};
use tokio::time::Instant;

use super::{
    lead::{Lead, PartitionCounts, partition_counts},
    topics::Topics,
};
use crate::{
    TopicPartition,
    assignor::{Assignment, Assignor, PreviousAssignment, RebalanceProtocol, Subscription},
    backoff::Backoff,
    consumer::error::{CommitError, GroupError},
    explain::{Wait, WaitSubject},
    metadata::ClusterMetadata,
};

/// The type of groups of consumers.
const PROTOCOL_TYPE: Str = Str::from_static("consumer");

/// How long to wait for metadata that would make for a better assignment.
const METADATA_PATIENCE: Duration = Duration::from_secs(3);

/// How often to ask for topics that are subscribed to and not there.
const MISSING_TOPICS_INTERVAL: Duration = Duration::from_secs(1);

/// Settings that matter here.
#[derive(Clone, Debug)]
pub(in crate::consumer) struct Settings {
    pub(in crate::consumer) group: GroupId,
    pub(in crate::consumer) instance: Option<Str>,
    pub(in crate::consumer) rack: Option<Str>,
    pub(in crate::consumer) session_timeout: Duration,
    pub(in crate::consumer) heartbeat_interval: Duration,
    pub(in crate::consumer) max_poll_interval: Duration,
    pub(in crate::consumer) assignors: Vec<Arc<dyn Assignor>>,
    pub(in crate::consumer) protocol: RebalanceProtocol,
    pub(in crate::consumer) backoff: Backoff,
}

/// Who a consumer is in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::consumer) struct Identity {
    pub(in crate::consumer) member_id: Str,
    pub(in crate::consumer) generation: i32,
}

/// What the application has to do for the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::consumer) enum Handover {
    /// Take notice of new partitions.
    Assigned(Vec<TopicPartition>),
    /// Give partitions up.
    Revoke(Vec<TopicPartition>),
    /// Take notice that partitions are gone.
    Lost(Vec<TopicPartition>),
}

impl Handover {
    /// Whether the group is joined again only after it.
    fn holds_back_join(&self) -> bool {
        !matches!(self, Self::Assigned(_))
    }
}

/// Why an answer did not come.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// It may come the next time.
    Passing(String),
    /// It never will.
    Final(GroupError),
}

/// Something to send to the coordinator, or to compute.
#[derive(Debug)]
pub(super) enum Action {
    Join(JoinGroupRequest),
    Lead(Lead),
    Sync(SyncGroupRequest),
    Heartbeat(HeartbeatRequest),
    /// Nothing depends on the answer.
    Leave {
        member_id: Str,
        reason: &'static str,
    },
}

/// An action and the attempt that its answer is for.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) attempt: u64,
    pub(super) action: Action,
}

/// What to do next.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) calls: Vec<Call>,
    /// Partitions to begin with.
    pub(super) assigned: Vec<TopicPartition>,
    /// Topics to keep in the metadata.
    pub(super) interest: BTreeSet<TopicName>,
    /// Whether newer metadata is needed.
    pub(super) refresh: bool,
    /// Whether the application should look.
    pub(super) wake: bool,
    /// When to ask again without an event.
    pub(super) next: Option<Instant>,
}

impl Step {
    fn at(&mut self, at: Instant) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

#[derive(Clone, Debug)]
enum Phase {
    /// Not in the group, and not on the way.
    Outside,
    Joining,
    Leading(Lead),
    Syncing(Vec<SyncGroupRequestAssignment>),
    Stable,
    Failed(GroupError),
}

impl Phase {
    fn name(&self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Joining => "joining",
            Self::Leading(_) => "leading",
            Self::Syncing(_) => "syncing",
            Self::Stable => "stable",
            Self::Failed(_) => "failed",
        }
    }
}

/// Attempts at what the phase needs.
#[derive(Debug, Default)]
struct Retry {
    in_flight: bool,
    failures: u32,
    not_before: Option<Instant>,
    trouble: Option<(Cow<'static, str>, Instant)>,
}

/// What the coordinator hears between joins.
#[derive(Debug, Default)]
struct Heartbeat {
    due: Option<Instant>,
    in_flight: bool,
    failures: u32,
    trouble: Option<(Cow<'static, str>, Instant)>,
}

/// Whether the application asks for records.
#[derive(Clone, Copy, Debug)]
enum Polling {
    Now,
    NotSince(Instant),
}

/// A member of a group, or one that may become it.
#[derive(Debug)]
pub(in crate::consumer) struct Member {
    settings: Option<Settings>,
    topics: Option<Topics>,
    /// The topics that the last join named.
    joined_topics: BTreeSet<TopicName>,
    member_id: Str,
    /// -1 outside of a generation.
    generation: i32,
    phase: Phase,
    since: Instant,
    retry: Retry,
    attempt: u64,
    heartbeat: Heartbeat,
    protocol_name: Option<Str>,
    /// What belongs to this member, without what waits to be given up.
    owned: BTreeSet<TopicPartition>,
    previous: Option<PreviousAssignment>,
    /// As leader, what the assignment was made for.
    led: Option<(BTreeSet<TopicName>, PartitionCounts)>,
    handovers: VecDeque<Handover>,
    /// Whether one that holds back the join is with the application.
    handing_over: bool,
    /// Partitions that were just assigned.
    fresh: Vec<TopicPartition>,
    leaves: Vec<(Str, &'static str)>,
    polling: Polling,
    poll_interval_exceeded: bool,
    /// Assignments that were received.
    rebalances: u64,
    next_missing: Instant,
    rng: fastrand::Rng,
}

impl Member {
    /// Without `settings` it never joins anything.
    pub(in crate::consumer) fn new(now: Instant, settings: Option<Settings>, rng: fastrand::Rng) -> Self {
        Self {
            settings,
            topics: None,
            joined_topics: BTreeSet::new(),
            member_id: Str::default(),
            generation: -1,
            phase: Phase::Outside,
            since: now,
            retry: Retry::default(),
            attempt: 0,
            heartbeat: Heartbeat::default(),
            protocol_name: None,
            owned: BTreeSet::new(),
            previous: None,
            led: None,
            handovers: VecDeque::new(),
            handing_over: false,
            fresh: Vec::new(),
            leaves: Vec::new(),
            polling: Polling::NotSince(now),
            poll_interval_exceeded: false,
            rebalances: 0,
            next_missing: now,
            rng,
        }
    }

    // --- What the application does ---

    /// Subscribes to these topics in place of those before.
    pub(in crate::consumer) fn subscribe(&mut self, now: Instant, topics: Topics) {
        self.topics = Some(topics);
        self.touch(now);
        if matches!(self.phase, Phase::Outside | Phase::Failed(_)) {
            self.enter(now, Phase::Joining);
        }
        // A member joins again when it sees that the topics are others; see `topics_changed`.
    }

    pub(in crate::consumer) fn is_subscribed(&self) -> bool {
        self.topics.is_some()
    }

    pub(in crate::consumer) fn subscribes_to_pattern(&self) -> bool {
        self.topics.as_ref().is_some_and(Topics::is_pattern)
    }

    /// What the application has to do before this member leaves in peace, to be followed by
    /// [`handed_over`](Self::handed_over); `None` when nothing belongs to this member any more. Until then the group is not
    /// joined again: the partitions are this member's while the application gives them up.
    pub(in crate::consumer) fn give_up(&mut self) -> Option<Handover> {
        if let Some(handover) = self.take_handover() {
            return Some(handover);
        }
        let owned = self.take_owned();
        if owned.is_empty() {
            return None;
        }
        self.handing_over = true;
        Some(Handover::Revoke(owned))
    }

    fn take_owned(&mut self) -> Vec<TopicPartition> {
        std::mem::take(&mut self.owned).into_iter().collect()
    }

    /// Leaves the group. What still belonged to this member is returned.
    pub(in crate::consumer) fn leave(&mut self, now: Instant, reason: &'static str) -> Vec<TopicPartition> {
        self.topics = None;
        self.handovers.clear();
        self.handing_over = false;
        self.depart(reason);
        self.enter(now, Phase::Outside);
        self.take_owned()
    }

    /// The application asks for records.
    pub(in crate::consumer) fn polls(&mut self) {
        self.polling = Polling::Now;
    }

    /// The application does something else.
    pub(in crate::consumer) fn polled(&mut self, now: Instant) {
        self.polling = Polling::NotSince(now);
    }

    fn touch(&mut self, now: Instant) {
        if matches!(self.polling, Polling::NotSince(_)) {
            self.polling = Polling::NotSince(now);
        }
    }

    /// What the application has to do next, to be followed by [`handed_over`](Self::handed_over).
    pub(in crate::consumer) fn take_handover(&mut self) -> Option<Handover> {
        let handover = self.handovers.pop_front()?;
        self.handing_over = handover.holds_back_join();
        Some(handover)
    }

    pub(in crate::consumer) fn handed_over(&mut self, now: Instant) {
        if std::mem::take(&mut self.handing_over) {
            self.since = now;
        }
    }

    /// Whether the application has to be told that it asked for no records for too long; joins again.
    pub(in crate::consumer) fn take_poll_interval_exceeded(&mut self, now: Instant) -> Option<Duration> {
        if !std::mem::take(&mut self.poll_interval_exceeded) {
            return None;
        }
        if self.topics.is_some() && matches!(self.phase, Phase::Outside) {
            self.enter(now, Phase::Joining);
        }
        self.settings.as_ref().map(|settings| settings.max_poll_interval)
    }

    /// Why the group does not take the member, for good.
    pub(in crate::consumer) fn failure(&self) -> Option<GroupError> {
        match &self.phase {
            Phase::Failed(error) => Some(error.clone()),
            _ => None,
        }
    }

    // --- What others want to know ---

    /// Who the member is, while it is one.
    pub(in crate::consumer) fn identity(&self) -> Option<Identity> {
        (self.generation >= 0).then(|| Identity { member_id: self.member_id.clone(), generation: self.generation })
    }

    /// Who to commit as; nobody for partitions that are assigned by hand. A subscriber that is not a member now must not
    /// pass for one without a group: what it would commit may belong to others.
    pub(in crate::consumer) fn committer(&self) -> Result<Option<Identity>, CommitError> {
        match self.identity() {
            None if self.is_joining() => Err(CommitError::RebalanceInProgress),
            None if self.is_subscribed() => Err(CommitError::Rebalanced),
            identity => Ok(identity),
        }
    }

    /// How many rebalances have ended with an assignment for this member.
    pub(in crate::consumer) fn rebalances(&self) -> u64 {
        self.rebalances
    }

    /// Whether the rebalance under way goes on without the application.
    pub(in crate::consumer) fn is_joining(&self) -> bool {
        match self.phase {
            Phase::Joining => !self.join_is_held_back(),
            Phase::Leading(_) | Phase::Syncing(_) => true,
            Phase::Outside | Phase::Stable | Phase::Failed(_) => false,
        }
    }

    /// A commit by `identity` was refused: the group has gone on without the member.
    pub(in crate::consumer) fn commit_refused(&mut self, now: Instant, identity: &Identity, code: ErrorCode) {
        if self.identity().as_ref() != Some(identity) || self.retry.in_flight {
            return;
        }
        match code {
            ErrorCode::FENCED_INSTANCE_ID => self.fail(now, GroupError::Fenced),
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.member_id = Str::default();
                self.lose(now);
            }
            ErrorCode::ILLEGAL_GENERATION => self.lose(now),
            ErrorCode::REBALANCE_IN_PROGRESS => self.rejoin(now),
            _ => {}
        }
    }

    pub(in crate::consumer) fn explain(&self, now: Instant, metadata: &ClusterMetadata, waits: &mut Vec<Wait>) {
        let Some(settings) = self.settings.as_ref().filter(|_| self.topics.is_some()) else { return };
        let group = || WaitSubject::Group(settings.group.to_string());
        if self.join_is_held_back() {
            let reason = if self.handing_over {
                "partitions are being given up: the rebalance listener is told, and positions are committed"
            } else {
                "partitions are to be given up when records are asked for"
            };
            waits.push(Wait::new(WaitSubject::Application, reason, self.since));
        }
        if let Some((reason, since)) = self.retry.trouble.as_ref().or(self.heartbeat.trouble.as_ref()) {
            waits.push(Wait::new(group(), reason.clone(), *since));
        } else if let Some(reason) = self.reason() {
            waits.push(Wait::new(group(), reason, self.since));
        }
        for topic in self.joined_topics.iter().filter(|topic| metadata.topic(topic).is_none()) {
            let code = metadata.errors.get(topic).map_or_else(|| "not known yet".to_owned(), ToString::to_string);
            waits.push(Wait::new(group(), format!("topic {topic}: {code}"), self.since.min(now)));
        }
    }

    fn reason(&self) -> Option<Cow<'static, str>> {
        match &self.phase {
            Phase::Outside if self.poll_interval_exceeded => {
                Some("it was left because no records were asked for; asking joins it again".into())
            }
            Phase::Outside => Some("it is not joined".into()),
            Phase::Joining if self.join_is_held_back() => None,
            Phase::Joining => Some("the coordinator waits for the other members to join".into()),
            Phase::Leading(_) => Some("partitions are being assigned".into()),
            Phase::Syncing(_) => Some("the leader of the group is to assign partitions".into()),
            Phase::Stable if self.owned.is_empty() => Some("no partition is assigned to this member".into()),
            Phase::Stable => None,
            Phase::Failed(error) => Some(error.to_string().into()),
        }
    }

    // --- Steps ---

    /// What to do now.
    pub(super) fn step(&mut self, now: Instant, metadata: &ClusterMetadata) -> Step {
        let mut step = Step::default();
        if let Some(settings) = self.settings.clone() {
            self.watch_application(now, &settings, &mut step);
            self.watch_topics(now, metadata, &mut step);
            self.beat(now, &settings, &mut step);
            self.advance(now, &settings, metadata, &mut step);
        }
        let leaves = std::mem::take(&mut self.leaves).into_iter();
        let leaves = leaves.map(|(member_id, reason)| Call { attempt: 0, action: Action::Leave { member_id, reason } });
        step.calls.extend(leaves);
        step.assigned = std::mem::take(&mut self.fresh);
        step.wake = !self.handovers.is_empty() || self.poll_interval_exceeded || self.failure().is_some();
        step
    }

    fn watch_application(&mut self, now: Instant, settings: &Settings, step: &mut Step) {
        let Polling::NotSince(since) = self.polling else { return };
        if matches!(self.phase, Phase::Outside | Phase::Failed(_)) {
            return;
        }
        let deadline = since + settings.max_poll_interval;
        if deadline > now {
            step.at(deadline);
            return;
        }
        tracing::warn!(group = %settings.group, "no records were asked for within max.poll.interval.ms; leaving");
        self.depart("max.poll.interval.ms was exceeded");
        self.lose(now);
        self.enter(now, Phase::Outside);
        self.poll_interval_exceeded = true;
    }

    fn watch_topics(&mut self, now: Instant, metadata: &ClusterMetadata, step: &mut Step) {
        let Some(topics) = &self.topics else { return };
        let current = topics.resolve(metadata);
        // Without brokers, metadata begins anew.
        if matches!(self.phase, Phase::Stable) && !metadata.brokers.is_empty() {
            let recounted = |(topics, counts): &(BTreeSet<TopicName>, PartitionCounts)| {
                partition_counts(metadata, topics).iter().any(|(topic, count)| counts.get(topic) != Some(count))
            };
            if current != self.joined_topics || self.led.as_ref().is_some_and(recounted) {
                tracing::debug!("topics or their partitions changed");
                self.rejoin(now);
            }
        }
        step.interest.extend(self.led.iter().flat_map(|(topics, _)| topics).cloned());
        let missing = current.iter().any(|topic| metadata.topic(topic).is_none());
        if missing && !matches!(self.phase, Phase::Outside | Phase::Failed(_)) {
            if self.next_missing <= now {
                step.refresh = true;
                self.next_missing = now + MISSING_TOPICS_INTERVAL;
            }
            step.at(self.next_missing);
        }
        step.interest.extend(current);
    }

    fn beat(&mut self, now: Instant, settings: &Settings, step: &mut Step) {
        let joins = matches!(self.phase, Phase::Joining) && !self.join_is_held_back() && self.retry.in_flight;
        let is_member =
            self.generation >= 0 && matches!(self.phase, Phase::Stable | Phase::Joining | Phase::Leading(_));
        // A parked join or sync shows that the member lives, and would hold back what comes after it.
        if !is_member || joins || self.heartbeat.in_flight {
            return;
        }
        let due = *self.heartbeat.due.get_or_insert(now + settings.heartbeat_interval);
        if due > now {
            step.at(due);
            return;
        }
        self.heartbeat.in_flight = true;
        let request = HeartbeatRequest {
            group_id: settings.group.clone(),
            generation_id: self.generation,
            member_id: self.member_id.clone(),
            group_instance_id: settings.instance.clone(),
        };
        step.calls.push(Call { attempt: self.attempt, action: Action::Heartbeat(request) });
    }

    fn advance(&mut self, now: Instant, settings: &Settings, metadata: &ClusterMetadata, step: &mut Step) {
        if self.retry.in_flight || matches!(self.phase, Phase::Joining) && self.join_is_held_back() {
            return;
        }
        if let Some(at) = self.retry.not_before.filter(|at| *at > now) {
            step.at(at);
            return;
        }
        let action = match &self.phase {
            Phase::Outside | Phase::Stable | Phase::Failed(_) => return,
            Phase::Joining => match self.awaited_topics(metadata).filter(|until| *until > now) {
                Some(until) => return step.at(until),
                None => self.join(settings, metadata),
            },
            Phase::Leading(lead) => {
                let topics = lead.topics();
                let missing =
                    topics.iter().any(|topic| metadata.topic(topic).is_none() && !metadata.errors.contains_key(topic));
                step.interest.extend(topics);
                let until = self.since + METADATA_PATIENCE;
                if missing && until > now {
                    step.refresh = true;
                    return step.at(until);
                }
                Ok(Action::Lead(lead.clone()))
            }
            Phase::Syncing(assignments) => Ok(Action::Sync(self.sync(settings, assignments))),
        };
        match action {
            Ok(action) => {
                self.retry.in_flight = true;
                self.attempt += 1;
                self.heartbeat.in_flight = false;
                step.calls.push(Call { attempt: self.attempt, action });
            }
            Err(error) => {
                let reason = error.to_string();
                self.fail(now, GroupError::BadMemberData { what: "subscription", reason });
            }
        }
    }

    /// Until when to wait for topics that match before the first join.
    fn awaited_topics(&self, metadata: &ClusterMetadata) -> Option<Instant> {
        let topics = self.topics.as_ref().filter(|topics| topics.is_pattern() && self.generation < 0)?;
        topics.resolve(metadata).is_empty().then(|| self.since + METADATA_PATIENCE)
    }

    fn join(&mut self, settings: &Settings, metadata: &ClusterMetadata) -> Result<Action, EncodeError> {
        self.joined_topics = self.topics.as_ref().map(|topics| topics.resolve(metadata)).unwrap_or_default();
        let protocols: Result<Vec<_>, _> =
            settings.assignors.iter().map(|assignor| self.protocol(settings, &**assignor)).collect();
        let request = JoinGroupRequest {
            group_id: settings.group.clone(),
            session_timeout_ms: millis(settings.session_timeout),
            rebalance_timeout_ms: millis(settings.max_poll_interval),
            member_id: self.member_id.clone(),
            group_instance_id: settings.instance.clone(),
            protocol_type: PROTOCOL_TYPE,
            protocols: protocols?,
            reason: None,
        };
        Ok(Action::Join(request))
    }

    fn protocol(&self, settings: &Settings, assignor: &dyn Assignor) -> Result<JoinGroupRequestProtocol, EncodeError> {
        let subscription = Subscription {
            topics: self.joined_topics.iter().cloned().collect(),
            user_data: assignor.user_data(self.previous.as_ref()),
            owned_partitions: self.owned.iter().cloned().collect(),
            generation: Some(self.generation).filter(|generation| *generation >= 0),
            rack: settings.rack.clone(),
        };
        Ok(JoinGroupRequestProtocol { name: assignor.name().into(), metadata: subscription.to_bytes()? })
    }

    fn sync(&self, settings: &Settings, assignments: &[SyncGroupRequestAssignment]) -> SyncGroupRequest {
        SyncGroupRequest {
            group_id: settings.group.clone(),
            generation_id: self.generation,
            member_id: self.member_id.clone(),
            group_instance_id: settings.instance.clone(),
            protocol_type: Some(PROTOCOL_TYPE),
            protocol_name: self.protocol_name.clone(),
            assignments: assignments.to_vec(),
        }
    }

    fn join_is_held_back(&self) -> bool {
        self.handing_over || self.handovers.iter().any(Handover::holds_back_join)
    }

    // --- Answers ---

    fn redeem(&mut self, attempt: u64) -> bool {
        let current = attempt == self.attempt && self.retry.in_flight;
        if current {
            self.retry.in_flight = false;
        }
        current
    }

    pub(super) fn joined(&mut self, now: Instant, attempt: u64, response: &JoinGroupResponse) {
        if !self.redeem(attempt) {
            return;
        }
        match response.error_code {
            ErrorCode::NONE => self.enter_generation(now, response),
            // The coordinator gives the id first, so that one who lost the answer does not leave a second member behind.
            ErrorCode::MEMBER_ID_REQUIRED if self.member_id.is_empty() => self.member_id = response.member_id.detach(),
            code => self.refused(now, code),
        }
    }

    fn enter_generation(&mut self, now: Instant, response: &JoinGroupResponse) {
        let assignors = self.settings.iter().flat_map(|settings| &settings.assignors);
        let name = response.protocol_name.as_deref().unwrap_or_default();
        let Some(assignor) = assignors.into_iter().find(|assignor| assignor.name() == name).cloned() else {
            return self.fail(now, GroupError::NoCommonAssignor);
        };
        self.member_id = response.member_id.detach();
        self.generation = response.generation_id;
        self.protocol_name = Some(name.into());
        self.led = None;
        self.heartbeat = Heartbeat::default();
        if response.leader != response.member_id {
            return self.enter(now, Phase::Syncing(Vec::new()));
        }
        let lead = Lead::new(assignor, &response.members);
        if response.skip_assignment {
            // The group has an assignment already; from now on this member looks after it.
            self.led = Some((lead.topics(), PartitionCounts::new()));
            return self.enter(now, Phase::Syncing(Vec::new()));
        }
        self.enter(now, Phase::Leading(lead));
    }

    pub(super) fn led(
        &mut self,
        now: Instant,
        attempt: u64,
        metadata: &ClusterMetadata,
        result: Result<Vec<SyncGroupRequestAssignment>, GroupError>,
    ) {
        if !self.redeem(attempt) {
            return;
        }
        let Phase::Leading(lead) = &self.phase else { return };
        let topics = lead.topics();
        match result {
            Ok(assignments) => {
                self.led = Some((topics.clone(), partition_counts(metadata, &topics)));
                self.enter(now, Phase::Syncing(assignments));
            }
            Err(error) => self.fail(now, error),
        }
    }

    pub(super) fn synced(
        &mut self,
        now: Instant,
        attempt: u64,
        metadata: &ClusterMetadata,
        response: &SyncGroupResponse,
    ) {
        if !self.redeem(attempt) {
            return;
        }
        if response.error_code != ErrorCode::NONE {
            return self.refused(now, response.error_code);
        }
        match Assignment::from_bytes(response.assignment.clone()) {
            Ok(assignment) => self.assigned(now, metadata, assignment),
            Err(error) => {
                self.fail(now, GroupError::BadMemberData { what: "assignment", reason: error.to_string() });
            }
        }
    }

    fn assigned(&mut self, now: Instant, metadata: &ClusterMetadata, assignment: Assignment) {
        if let Some((topics, counts)) = self.led.as_mut().filter(|(_, counts)| counts.is_empty()) {
            *counts = partition_counts(metadata, topics);
        }
        let mine = |partition: &TopicPartition| self.joined_topics.contains(&partition.topic);
        let target: BTreeSet<_> = assignment.partitions.into_iter().filter(mine).collect();
        let added: Vec<_> = target.difference(&self.owned).cloned().collect();
        let revoked: Vec<_> = self.owned.difference(&target).cloned().collect();
        tracing::debug!(generation = self.generation, ?added, ?revoked, "assigned");
        let partitions = target.iter().cloned().collect();
        self.previous = Some(PreviousAssignment { partitions, generation: self.generation });
        self.owned = target;
        self.rebalances += 1;
        self.enter(now, Phase::Stable);
        self.heartbeat = Heartbeat::default();
        self.fresh.extend(added.iter().cloned());
        let again = !revoked.is_empty();
        if again {
            self.handovers.push_back(Handover::Revoke(revoked));
        }
        self.handovers.push_back(Handover::Assigned(added));
        if again {
            // So that others are assigned what was given up.
            self.enter(now, Phase::Joining);
        }
    }

    /// A join or sync was refused.
    fn refused(&mut self, now: Instant, code: ErrorCode) {
        match code {
            ErrorCode::FENCED_INSTANCE_ID => self.fail(now, GroupError::Fenced),
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL => self.fail(now, GroupError::NoCommonAssignor),
            ErrorCode::UNKNOWN_MEMBER_ID if !self.member_id.is_empty() => {
                self.member_id = Str::default();
                self.lose(now);
            }
            ErrorCode::ILLEGAL_GENERATION if self.generation >= 0 => self.lose(now),
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::ILLEGAL_GENERATION | ErrorCode::MEMBER_ID_REQUIRED => {
                self.try_again(now, code.to_string());
            }
            ErrorCode::REBALANCE_IN_PROGRESS if matches!(self.phase, Phase::Syncing(_)) => self.rejoin(now),
            // To a join: another one of this member came in between.
            ErrorCode::REBALANCE_IN_PROGRESS => self.try_again(now, code.to_string()),
            code if code.is_retriable() => self.try_again(now, code.to_string()),
            code => self.fail(now, GroupError::Refused(code)),
        }
    }

    pub(super) fn call_failed(&mut self, now: Instant, attempt: u64, failure: Failure) {
        if !self.redeem(attempt) {
            return;
        }
        match failure {
            Failure::Passing(reason) => self.try_again(now, reason),
            Failure::Final(error) => self.fail(now, error),
        }
    }

    /// Begins again with a join, after a while: the coordinator may have forgotten what it was told before.
    fn try_again(&mut self, now: Instant, reason: String) {
        tracing::debug!(reason, "joining again");
        if matches!(self.phase, Phase::Leading(_) | Phase::Syncing(_)) {
            self.rejoin(now);
        }
        let failures = self.retry.failures.saturating_add(1);
        let delay = self.delay(failures);
        self.retry.failures = failures;
        self.retry.not_before = Some(now + delay);
        let since = self.retry.trouble.as_ref().map_or(now, |(_, since)| *since);
        self.retry.trouble = Some((reason.into(), since));
    }

    fn delay(&mut self, failures: u32) -> Duration {
        let backoff = self.settings.as_ref().map(|settings| settings.backoff);
        backoff.map_or(Duration::ZERO, |backoff| backoff.delay(failures, &mut self.rng))
    }

    pub(super) fn heart_beaten(&mut self, now: Instant, attempt: u64, result: Result<ErrorCode, Failure>) {
        if attempt != self.attempt || !self.heartbeat.in_flight {
            return;
        }
        self.heartbeat.in_flight = false;
        let code = match result {
            Ok(code) => code,
            Err(Failure::Passing(reason)) => return self.heartbeat_failed(now, reason),
            Err(Failure::Final(error)) => return self.fail(now, error),
        };
        match code {
            ErrorCode::NONE => self.heard(now),
            ErrorCode::REBALANCE_IN_PROGRESS => {
                self.heard(now);
                if matches!(self.phase, Phase::Stable) {
                    self.rejoin(now);
                }
            }
            ErrorCode::ILLEGAL_GENERATION => self.lose(now),
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.member_id = Str::default();
                self.lose(now);
            }
            ErrorCode::FENCED_INSTANCE_ID => self.fail(now, GroupError::Fenced),
            code if code.is_retriable() => self.heartbeat_failed(now, code.to_string()),
            code => self.fail(now, GroupError::Refused(code)),
        }
    }

    fn heard(&mut self, now: Instant) {
        let interval = self.settings.as_ref().map_or(Duration::ZERO, |settings| settings.heartbeat_interval);
        self.heartbeat = Heartbeat { due: Some(now + interval), ..Heartbeat::default() };
    }

    fn heartbeat_failed(&mut self, now: Instant, reason: String) {
        self.heartbeat.failures = self.heartbeat.failures.saturating_add(1);
        let delay = self.delay(self.heartbeat.failures);
        self.heartbeat.due = Some(now + delay);
        let since = self.heartbeat.trouble.as_ref().map_or(now, |(_, since)| *since);
        self.heartbeat.trouble = Some((format!("heartbeat: {reason}").into(), since));
    }

    // --- Turns ---

    fn enter(&mut self, now: Instant, phase: Phase) {
        if let Some(settings) = &self.settings {
            let (group, member) = (&*settings.group, &*self.member_id);
            tracing::debug!(group, member, generation = self.generation, state = phase.name(), "membership");
        }
        self.phase = phase;
        self.since = now;
        self.retry = Retry::default();
        // Whatever is under way is for the phase before.
        self.attempt += 1;
        self.heartbeat.in_flight = false;
    }

    /// Joins again as the same member.
    fn rejoin(&mut self, now: Instant) {
        let eager = self.settings.as_ref().is_none_or(|settings| settings.protocol == RebalanceProtocol::Eager);
        if eager && !self.owned.is_empty() {
            let owned = self.take_owned();
            self.handovers.push_back(Handover::Revoke(owned));
        }
        self.enter(now, Phase::Joining);
    }

    /// Joins again with nothing, for the group has gone on without this member.
    fn lose(&mut self, now: Instant) {
        self.generation = -1;
        self.led = None;
        self.previous = None;
        self.heartbeat = Heartbeat::default();
        let owned = self.take_owned();
        if !owned.is_empty() {
            self.handovers.push_back(Handover::Lost(owned));
        }
        self.enter(now, Phase::Joining);
    }

    fn fail(&mut self, now: Instant, error: GroupError) {
        self.lose(now);
        self.enter(now, Phase::Failed(error));
    }

    /// Tells the coordinator, unless the member is static: that one may come back.
    fn depart(&mut self, reason: &'static str) {
        let is_static = self.settings.as_ref().is_some_and(|settings| settings.instance.is_some());
        if !self.member_id.is_empty() && !is_static {
            self.leaves.push((std::mem::take(&mut self.member_id), reason));
        }
        self.generation = -1;
        self.led = None;
    }
}

fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
