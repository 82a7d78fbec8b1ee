//! Committing offsets: one task, so that a later commit never loses to an earlier one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::offset_commit::{
        OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
    },
    types::{GroupId, NodeId},
    wire::Str,
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
    net::{Purpose, RequestError},
};

use super::{
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
    /// Who the member was when the application committed.
    pub(super) issuer: Option<Identity>,
    /// When to give up.
    pub(super) deadline: Deadline,
    pub(super) done: oneshot::Sender<Result<(), CommitError>>,
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
        let (issuer, deadline) = (first.issuer.clone(), first.deadline);
        let mut waiting = vec![first];
        while let Ok(next) = commits.try_recv() {
            if next.issuer != issuer || next.deadline.after != deadline.after {
                next_turn = Some(next);
                break;
            }
            waiting.push(next);
        }
        let mut offsets = Offsets::new();
        for commit in &waiting {
            offsets.extend(commit.offsets.iter().map(|(partition, offset)| (partition.clone(), offset.clone())));
        }
        let span = tracing::debug_span!(
            "commit",
            group = shared.group.as_deref(),
            member = issuer.as_ref().map(|issuer| &*issuer.member_id),
            generation = issuer.as_ref().map(|issuer| issuer.generation),
            partitions = offsets.len(),
            error = field::Empty,
        );
        shared.note_committing(Some(CommitUnderWay { since: Instant::now(), cause: None }));
        let committing = commit(&shared, issuer.as_ref(), deadline, &offsets, &mut rng);
        let result = committing.instrument(span.clone()).await;
        shared.note_committing(None);
        for Commit { offsets, done, .. } in waiting {
            let result = match &result {
                Ok(refused) => refused
                    .iter()
                    .find(|(partition, _)| offsets.contains_key(*partition))
                    .map_or(Ok(()), |(partition, code)| Err(refusal(partition, *code))),
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

fn refusal(partition: &TopicPartition, code: ErrorCode) -> CommitError {
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
    issuer: Option<&Identity>,
    Deadline { at: deadline, after }: Deadline,
    offsets: &Offsets,
    rng: &mut fastrand::Rng,
) -> Result<HashMap<TopicPartition, ErrorCode>, CommitError> {
    let Some(group) = &shared.group else { return Err(CommitError::NoGroup) };
    if offsets.is_empty() {
        return Ok(HashMap::new());
    }
    let since = Instant::now();
    let backoff = Backoff::retry(&shared.inner.config);
    let mut failures = 0;
    loop {
        let identity = shared.member().committer()?;
        check_still_owner(shared, issuer, identity.as_ref(), offsets)?;
        let attempt = tokio::time::timeout_at(deadline, attempt(shared, group, identity.as_ref(), offsets)).await;
        let cause = match attempt {
            Ok(Ok(refused)) => match refused.values().find(|code| is_passing(shared, identity.as_ref(), **code)) {
                Some(code) => code.to_string(),
                None => {
                    tell_member(shared, identity.as_ref(), &refused);
                    note_committed(shared, offsets, &refused);
                    return Ok(refused);
                }
            },
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
    shared: &Shared,
    issuer: Option<&Identity>,
    present: Option<&Identity>,
    offsets: &Offsets,
) -> Result<(), CommitError> {
    let Some(issuer) = issuer.filter(|issuer| present != Some(*issuer)) else { return Ok(()) };
    let same_member = present.is_some_and(|present| present.member_id == issuer.member_id);
    let assignment = shared.assignment();
    let owned: HashSet<&TopicPartition> = assignment.partitions().collect();
    if same_member && offsets.keys().all(|partition| owned.contains(partition)) {
        return Ok(());
    }
    Err(CommitError::Rebalanced)
}

fn note_committed(shared: &Shared, offsets: &Offsets, refused: &HashMap<TopicPartition, ErrorCode>) {
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
fn tell_member(shared: &Shared, identity: Option<&Identity>, refused: &HashMap<TopicPartition, ErrorCode>) {
    let Some((identity, code)) = identity.zip(refused.values().next()) else { return };
    shared.member().commit_refused(Instant::now(), identity, *code);
    shared.group_work.notify_one();
}

async fn attempt(
    shared: &Shared,
    group: &GroupId,
    identity: Option<&Identity>,
    offsets: &Offsets,
) -> Result<HashMap<TopicPartition, ErrorCode>, CoordinatorError> {
    let inner = &shared.inner;
    let node = inner.coordinator(CoordinatorType::Group, group).await?;
    let sent = send(shared, node, group, identity, offsets).await;
    let refused = sent.map_err(|error| {
        inner.forget_coordinator(CoordinatorType::Group, group);
        CoordinatorError::Request(error)
    })?;
    if refused.values().any(|code| moves_coordinator(*code)) {
        inner.forget_coordinator(CoordinatorType::Group, group);
    }
    if refused.values().any(|code| code.invalidates_metadata()) {
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
) -> Result<HashMap<TopicPartition, ErrorCode>, RequestError> {
    // Not the connection for coordination: a commit must not wait behind a join.
    let connection = shared.inner.connection(node, Purpose::General).await?;
    let ids = topic_ids(&shared.inner.metadata(), offsets.keys()).filter(|_| connection.versions().has_topic_ids());
    let cap = if ids.is_some() { i16::MAX } else { LAST_BY_NAME };
    let version = connection.versions().newest_below::<OffsetCommitRequest>(cap)?;
    let ids = ids.unwrap_or_default();
    let topics = by_topic(offsets).into_iter().map(|(name, partitions)| OffsetCommitRequestTopic {
        topic_id: ids.get(&name).copied().unwrap_or_default(),
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
    Ok(refused(shared, &response))
}

fn partition(partition_index: i32, offset: &OffsetAndMetadata) -> OffsetCommitRequestPartition {
    OffsetCommitRequestPartition {
        partition_index,
        committed_offset: offset.offset,
        committed_leader_epoch: offset.leader_epoch.unwrap_or(-1),
        committed_metadata: Some(offset.metadata.clone()),
    }
}

fn refused(shared: &Shared, response: &OffsetCommitResponse) -> HashMap<TopicPartition, ErrorCode> {
    let metadata = shared.inner.metadata();
    let mut refused = HashMap::new();
    for topic in &response.topics {
        let name = if topic.topic_id.is_zero() { Some(&topic.name) } else { metadata.topic_name(topic.topic_id) };
        let Some(name) = name else { continue };
        for partition in topic.partitions.iter().filter(|partition| !partition.error_code.is_none()) {
            let key = TopicPartition { topic: name.detach(), partition: partition.partition_index };
            refused.insert(key, partition.error_code);
        }
    }
    refused
}
