//! Committing offsets: one task, so that a later commit never loses to an earlier one.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::offset_commit::{
        OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
    },
    types::{GroupId, NodeId, TopicName},
    wire::{Str, Uuid},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tracing::{Instrument, field};

use crate::{
    TopicPartition,
    backoff::Backoff,
    client::{CoordinatorError, CoordinatorType},
    explain::{Wait, WaitSubject},
    metadata::ClusterMetadata,
    net::{Purpose, RequestError},
};

use super::{
    assignment::Assignment,
    error::CommitError,
    group::Identity,
    offsets::{LAST_BY_NAME, by_topic, moves_coordinator, topic_ids},
    position::OffsetAndMetadata,
    shared::Shared,
};

/// Offsets to commit.
pub(super) type Offsets = HashMap<TopicPartition, OffsetAndMetadata>;

/// A commit that waits for its turn.
pub(super) struct Commit {
    pub(super) offsets: Offsets,
    pub(super) issuer: Issuer,
    /// When to give up.
    pub(super) deadline: Deadline,
    pub(super) done: oneshot::Sender<Result<(), CommitError>>,
}

/// Who the member was when the application committed.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
    identity: Option<Identity>,
    /// At which version the partitions were assigned to it.
    assigned_versions: HashMap<TopicPartition, u64>,
}

impl Issuer {
    pub(super) fn now(shared: &Shared, offsets: &Offsets) -> Self {
        let identity = shared.identity();
        Self::new(identity, &shared.assignment(), offsets)
    }

    fn new(identity: Option<Identity>, assignment: &Assignment, offsets: &Offsets) -> Self {
        let version = |partition: &TopicPartition| Some((partition.clone(), assignment.assigned_version(partition)?));
        Self { identity, assigned_versions: offsets.keys().filter_map(version).collect() }
    }

    /// Whether a partition has been the issuer's ever since.
    fn still_has(&self, partition: &TopicPartition, assignment: &Assignment) -> bool {
        let issued = self.assigned_versions.get(partition).copied();
        issued.is_some() && issued == assignment.assigned_version(partition)
    }
}

/// What came of an offset that was not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Code(ErrorCode),
    /// The answer does not have the partition.
    Unanswered,
}

impl Refusal {
    fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Code(code) => Some(code),
            Self::Unanswered => None,
        }
    }
}

/// The partitions that were not committed.
type Refused = HashMap<TopicPartition, Refusal>;

/// By which ids the topics of a commit are named.
type TopicIds = HashMap<TopicName, Uuid>;

fn codes(refused: &Refused) -> impl Iterator<Item = ErrorCode> {
    refused.values().filter_map(|refusal| refusal.code())
}

/// Until when to commit, and how long that was when the application did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    pub(super) after: Duration,
}

impl Deadline {
    pub(super) fn after(after: Duration) -> Self {
        Self { at: Instant::now() + after, after }
    }
}

/// A commit under way, to be explained.
#[derive(Clone, Debug)]
pub(super) struct CommitUnderWay {
    since: Instant,
    /// Why it was not done at once.
    cause: Option<String>,
}

impl CommitUnderWay {
    pub(super) fn explain(&self, group: &GroupId) -> Wait {
        let cause = self.cause.as_ref().map(|cause| format!(", last error: {cause}")).unwrap_or_default();
        let subject = WaitSubject::Group(group.to_string());
        Wait::new(subject, format!("offsets are being committed{cause}"), self.since)
    }
}

/// Commits what comes, in order; what waits at the same time shares a request. Ends when nobody can send more.
pub(super) async fn run(shared: Arc<Shared>, mut commits: mpsc::UnboundedReceiver<Commit>, mut rng: fastrand::Rng) {
    let mut next_turn = None;
    loop {
        let Some(first) = (match next_turn.take() {
            Some(commit) => Some(commit),
            None => commits.recv().await,
        }) else {
            return;
        };
        let (mut issuer, deadline) = (first.issuer.clone(), first.deadline);
        let mut waiting = vec![first];
        while let Ok(next) = commits.try_recv() {
            if next.issuer.identity != issuer.identity || next.deadline.after != deadline.after {
                next_turn = Some(next);
                break;
            }
            waiting.push(next);
        }
        let mut offsets = Offsets::new();
        for commit in &waiting {
            offsets.extend(commit.offsets.iter().map(|(partition, offset)| (partition.clone(), offset.clone())));
            let versions = &commit.issuer.assigned_versions;
            issuer.assigned_versions.extend(versions.iter().map(|(partition, version)| (partition.clone(), *version)));
        }
        let span = tracing::debug_span!(
            "commit",
            group = shared.group.as_deref(),
            member = issuer.identity.as_ref().map(|issuer| &*issuer.member_id),
            generation = issuer.identity.as_ref().map(|issuer| issuer.generation),
            partitions = offsets.len(),
            error = field::Empty,
        );
        shared.note_committing(Some(CommitUnderWay { since: Instant::now(), cause: None }));
        let committing = commit(&shared, &issuer, deadline, &offsets, &mut rng);
        let result = committing.instrument(span.clone()).await;
        shared.note_committing(None);
        for Commit { offsets, done, .. } in waiting {
            let result = match &result {
                Ok(refused) => refused
                    .iter()
                    .find(|(partition, _)| offsets.contains_key(*partition))
                    .map_or(Ok(()), |(partition, refusal)| Err(to_error(partition, *refusal))),
                Err(error) => Err(error.clone()),
            };
            match &result {
                Ok(()) => shared.counters.commits.increment(),
                Err(error) => {
                    shared.counters.commit_failures.increment();
                    span.record("error", field::display(error));
                    tracing::debug!(parent: &span, %error, "offsets were not committed");
                }
            }
            // Nobody waits for a commit that was left to itself.
            let _ = done.send(result);
        }
    }
}

fn to_error(partition: &TopicPartition, refusal: Refusal) -> CommitError {
    let Refusal::Code(code) = refusal else { return CommitError::Unanswered { partition: partition.clone() } };
    match code {
        ErrorCode::ILLEGAL_GENERATION | ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::GROUP_ID_NOT_FOUND => {
            CommitError::Rebalanced
        }
        ErrorCode::REBALANCE_IN_PROGRESS => CommitError::RebalanceInProgress,
        ErrorCode::FENCED_INSTANCE_ID => CommitError::Fenced,
        code => CommitError::Refused { partition: partition.clone(), code },
    }
}

/// Commits, again and again while the coordinator is not there. Returns the partitions that were refused.
async fn commit(
    shared: &Shared,
    issuer: &Issuer,
    Deadline { at: deadline, after }: Deadline,
    offsets: &Offsets,
    rng: &mut fastrand::Rng,
) -> Result<Refused, CommitError> {
    let Some(group) = &shared.group else { return Err(CommitError::NoGroup) };
    if offsets.is_empty() {
        return Ok(HashMap::new());
    }
    let since = Instant::now();
    let backoff = Backoff::retry(&shared.inner.config);
    let mut failures = 0;
    let mut ids = TopicIds::new();
    loop {
        let identity = shared.member().committer()?;
        check_still_owner(issuer, identity.as_ref(), &shared.assignment(), offsets)?;
        let attempt =
            tokio::time::timeout_at(deadline, attempt(shared, group, identity.as_ref(), offsets, &mut ids)).await;
        let cause = match attempt {
            Ok(Ok(refused)) => {
                let metadata = shared.inner.metadata();
                let passing =
                    refused.iter().filter(|(partition, _)| !is_created_anew(&metadata, &ids, &partition.topic));
                let mut passing = passing.filter_map(|(_, refusal)| refusal.code());
                let passing = passing.find(|code| is_passing(shared, identity.as_ref(), *code));
                let Some(code) = passing else {
                    tell_member(shared, identity.as_ref(), &refused);
                    note_committed(shared, offsets, &refused);
                    return Ok(refused);
                };
                code.to_string()
            }
            Ok(Err(CoordinatorError::Request(error))) if !error.is_retriable() => return Err(error.into()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => return Err(CommitError::Timeout { after, cause: None }),
        };
        failures += 1;
        let again = Instant::now() + backoff.delay(failures, rng);
        if again >= deadline {
            return Err(CommitError::Timeout { after, cause: Some(cause) });
        }
        tracing::debug!(cause, "committing again");
        shared.note_committing(Some(CommitUnderWay { since, cause: Some(cause) }));
        tokio::time::sleep_until(again).await;
    }
}

/// Fails if the group has gone on since the application committed and the partitions may be another member's by now:
/// in the present generation's name the coordinator would take the commit, and set that member's offsets back.
fn check_still_owner(
    issuer: &Issuer,
    present: Option<&Identity>,
    assignment: &Assignment,
    offsets: &Offsets,
) -> Result<(), CommitError> {
    if issuer.identity.as_ref() == present {
        return Ok(());
    }
    // One that was no member, or is none now, has no claim to what the present member was assigned.
    let members = issuer.identity.as_ref().zip(present);
    let same_member = members.is_some_and(|(issuer, present)| issuer.member_id == present.member_id);
    if same_member && offsets.keys().all(|partition| issuer.still_has(partition, assignment)) {
        return Ok(());
    }
    Err(CommitError::Rebalanced)
}

fn note_committed(shared: &Shared, offsets: &Offsets, refused: &Refused) {
    let mut assignment = shared.assignment();
    for (partition, offset) in offsets.iter().filter(|(partition, _)| !refused.contains_key(*partition)) {
        assignment.note_committed(partition, offset.offset);
    }
}

/// Whether the same commit may succeed in a while.
fn is_passing(shared: &Shared, identity: Option<&Identity>, code: ErrorCode) -> bool {
    match code {
        // Where the rebalance needs the application, waiting for it here would be in vain.
        ErrorCode::REBALANCE_IN_PROGRESS => shared.member().is_joining(),
        // The next generation may have begun while the commit was under way.
        ErrorCode::ILLEGAL_GENERATION => {
            let current = shared.identity();
            current.is_some() && current.as_ref() != identity
        }
        code => code.is_retriable(),
    }
}

/// A member that learns so that the group has gone on without it joins again at once.
fn tell_member(shared: &Shared, identity: Option<&Identity>, refused: &Refused) {
    let Some((identity, code)) = identity.zip(codes(refused).next()) else { return };
    shared.member().commit_refused(Instant::now(), identity, code);
    shared.group_work.notify_one();
}

async fn attempt(
    shared: &Shared,
    group: &GroupId,
    identity: Option<&Identity>,
    offsets: &Offsets,
    ids: &mut TopicIds,
) -> Result<Refused, CoordinatorError> {
    let inner = &shared.inner;
    let node = inner.coordinator(CoordinatorType::Group, group).await?;
    let sent = send(shared, node, group, identity, offsets, ids).await;
    let refused = sent.map_err(|error| {
        inner.forget_coordinator(CoordinatorType::Group, group);
        CoordinatorError::Request(error)
    })?;
    if codes(&refused).any(moves_coordinator) {
        inner.forget_coordinator(CoordinatorType::Group, group);
    }
    if codes(&refused).any(|code| code.invalidates_metadata()) {
        inner.request_refresh();
    }
    Ok(refused)
}

async fn send(
    shared: &Shared,
    node: NodeId,
    group: &GroupId,
    identity: Option<&Identity>,
    offsets: &Offsets,
    ids: &mut TopicIds,
) -> Result<Refused, RequestError> {
    // Not the connection for coordination: a commit must not wait behind a join.
    let connection = shared.inner.connection(node, Purpose::General).await?;
    note_ids(ids, &shared.inner.metadata(), offsets);
    let by_id = !ids.is_empty() && connection.versions().has_topic_ids();
    let cap = if by_id { i16::MAX } else { LAST_BY_NAME };
    let version = connection.versions().newest_below::<OffsetCommitRequest>(cap)?;
    let topics = by_topic(offsets).into_iter().map(|(name, partitions)| OffsetCommitRequestTopic {
        topic_id: ids.get(&name).copied().filter(|_| by_id).unwrap_or_default(),
        name,
        partitions: partitions.into_iter().map(|(index, offset)| partition(index, offset)).collect(),
    });
    let instance = shared.config.group_instance_id.as_deref().filter(|_| identity.is_some() && version >= 7);
    let request = OffsetCommitRequest {
        group_id: group.clone(),
        generation_id_or_member_epoch: identity.map_or(-1, |identity| identity.generation),
        member_id: identity.map(|identity| identity.member_id.clone()).unwrap_or_default(),
        group_instance_id: instance.map(Str::from),
        topics: topics.collect(),
        ..Default::default()
    };
    let response = connection.send(&request, version, shared.inner.config.request_timeout)?.wait().await?;
    Ok(refused(offsets, ids, &response))
}

/// Notes by which ids to commit, once all topics have one. Another attempt keeps to them: the offsets mean nothing in a
/// topic that was created anew.
fn note_ids(ids: &mut TopicIds, metadata: &ClusterMetadata, offsets: &Offsets) {
    if ids.is_empty() {
        *ids = topic_ids(metadata, offsets.keys()).unwrap_or_default();
    }
}

/// Whether the topic is another one by now, so that trying again is in vain.
fn is_created_anew(metadata: &ClusterMetadata, ids: &TopicIds, topic: &TopicName) -> bool {
    let present = metadata.topic(topic).map(|topic| topic.id).filter(|id| !id.is_zero());
    ids.get(topic).zip(present).is_some_and(|(id, present)| *id != present)
}

fn partition(partition_index: i32, offset: &OffsetAndMetadata) -> OffsetCommitRequestPartition {
    OffsetCommitRequestPartition {
        partition_index,
        committed_offset: offset.offset,
        committed_leader_epoch: offset.leader_epoch.unwrap_or(-1),
        committed_metadata: Some(offset.metadata.clone()),
    }
}

/// What the response does not say to be committed. Topics have the ids of the request: metadata may have forgotten them
/// meanwhile, or know the topic by another one.
fn refused(offsets: &Offsets, ids: &TopicIds, response: &OffsetCommitResponse) -> Refused {
    let names: HashMap<Uuid, &TopicName> = ids.iter().map(|(name, id)| (*id, name)).collect();
    let mut refused: Refused = offsets.keys().map(|partition| (partition.clone(), Refusal::Unanswered)).collect();
    for topic in &response.topics {
        let name = if topic.topic_id.is_zero() { Some(&topic.name) } else { names.get(&topic.topic_id).copied() };
        let Some(name) = name else { continue };
        for partition in &topic.partitions {
            let key = TopicPartition { topic: name.clone(), partition: partition.partition_index };
            let Some(refusal) = refused.get_mut(&key) else { continue };
            if !partition.error_code.is_none() {
                *refusal = Refusal::Code(partition.error_code);
            } else if *refusal == Refusal::Unanswered {
                refused.remove(&key);
            }
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::offset_commit::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};

    use super::*;
    use crate::{
        config::ConsumerConfig,
        consumer::assignment::{Settings, Start},
        metadata::TopicMetadata,
    };

    fn tp(partition: i32) -> TopicPartition {
        TopicPartition::new("t", partition)
    }

    fn offsets(partitions: &[i32]) -> Offsets {
        partitions.iter().map(|partition| (tp(*partition), OffsetAndMetadata::new(7))).collect()
    }

    fn response(topic_id: Uuid, partitions: &[(i32, ErrorCode)]) -> OffsetCommitResponse {
        let partitions = partitions.iter().map(|(partition_index, error_code)| OffsetCommitResponsePartition {
            partition_index: *partition_index,
            error_code: *error_code,
        });
        let topic = OffsetCommitResponseTopic { topic_id, partitions: partitions.collect(), ..Default::default() };
        OffsetCommitResponse { topics: vec![topic], ..Default::default() }
    }

    #[test]
    fn a_refusal_is_told_by_the_topic_id_of_the_request() {
        let id = Uuid([1; 16]);
        let ids = HashMap::from([(TopicName::from("t"), id)]);
        let answer = response(id, &[(0, ErrorCode::UNKNOWN_TOPIC_ID), (1, ErrorCode::NONE)]);
        let refused = refused(&offsets(&[0, 1]), &ids, &answer);
        assert_eq!(refused, HashMap::from([(tp(0), Refusal::Code(ErrorCode::UNKNOWN_TOPIC_ID))]));
    }

    #[test]
    fn a_partition_that_the_answer_leaves_out_is_not_committed() {
        let ids = HashMap::from([(TopicName::from("t"), Uuid([1; 16]))]);
        let answer = response(Uuid([1; 16]), &[(0, ErrorCode::NONE)]);
        assert_eq!(refused(&offsets(&[0, 1]), &ids, &answer), HashMap::from([(tp(1), Refusal::Unanswered)]));
        let answer = response(Uuid([2; 16]), &[(0, ErrorCode::NONE), (1, ErrorCode::NONE)]);
        assert_eq!(refused(&offsets(&[0, 1]), &ids, &answer).len(), 2, "the id is of another topic");
        let error = to_error(&tp(1), Refusal::Unanswered);
        assert!(matches!(&error, CommitError::Unanswered { partition } if *partition == tp(1)), "{error}");
        assert!(error.is_retriable() && error.possibly_committed());
    }

    fn metadata(id: Uuid) -> ClusterMetadata {
        let topic = TopicMetadata { name: "t".into(), id, is_internal: false, partitions: Vec::new() };
        let mut metadata = ClusterMetadata::default();
        metadata.topics.insert(topic.name.clone(), Arc::new(topic));
        metadata
    }

    #[test]
    fn another_attempt_does_not_commit_to_a_topic_that_was_created_anew() {
        let (old, new, topic) = (Uuid([1; 16]), Uuid([2; 16]), TopicName::from("t"));
        let mut ids = TopicIds::new();
        note_ids(&mut ids, &metadata(old), &offsets(&[0]));
        assert!(!is_created_anew(&metadata(old), &ids, &topic));
        note_ids(&mut ids, &metadata(new), &offsets(&[0]));
        assert_eq!(ids.get(&topic), Some(&old));
        assert!(is_created_anew(&metadata(new), &ids, &topic));
        assert!(!is_created_anew(&ClusterMetadata::default(), &ids, &topic), "metadata may be late");
    }

    fn assignment() -> Assignment {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let settings = Settings::new(&ConsumerConfig::default(), backoff, Duration::from_secs(60));
        let mut assignment = Assignment::new(settings, fastrand::Rng::with_seed(1));
        assignment.add(Instant::now(), &tp(0), Start::Committed);
        assignment
    }

    fn member(generation: i32) -> Option<Identity> {
        Some(Identity { member_id: "me".into(), generation })
    }

    #[test]
    fn a_commit_made_outside_of_a_generation_is_not_sent_in_the_name_of_the_next() {
        let (assignment, offsets) = (assignment(), offsets(&[0]));
        let outside = Issuer::new(None, &assignment, &offsets);
        let checked = check_still_owner(&outside, member(2).as_ref(), &assignment, &offsets);
        assert!(matches!(checked, Err(CommitError::Rebalanced)), "{checked:?}");
        // By hand there is no generation, before and after.
        check_still_owner(&outside, None, &assignment, &offsets).unwrap();
    }

    #[test]
    fn a_commit_outlives_a_rebalance_unless_its_partition_was_away_meanwhile() {
        let (mut assignment, offsets) = (assignment(), offsets(&[0]));
        let issuer = Issuer::new(member(1), &assignment, &offsets);
        check_still_owner(&issuer, member(2).as_ref(), &assignment, &offsets).unwrap();
        assignment.remove(&tp(0));
        assignment.add(Instant::now(), &tp(0), Start::Committed);
        let checked = check_still_owner(&issuer, member(3).as_ref(), &assignment, &offsets);
        assert!(matches!(checked, Err(CommitError::Rebalanced)), "{checked:?}");
    }
}
