//! Questions of the application about offsets, asked again until there is an answer or no time left.

use std::{collections::HashMap, future::Future};

use ottla_protocol::{
    error_code::ErrorCode,
    types::{GroupId, NodeId},
};
use tokio::time::Instant;

use crate::{TopicPartition, backoff::Backoff, client::Inner};

use super::{
    assignment::OffsetTarget,
    error::OffsetError,
    offsets::{GroupRequestError, OffsetAndTimestamp, fetch_committed, list_offsets},
    position::OffsetAndMetadata,
};

/// An answer so far: what is still missing is asked again.
enum Attempt<T> {
    Done(T),
    Again(String),
}

async fn until_deadline<T, F>(inner: &Inner, mut attempt: impl FnMut() -> F) -> Result<T, OffsetError>
where
    F: Future<Output = Result<Attempt<T>, OffsetError>>,
{
    let timeout = inner.config.default_api_timeout;
    let deadline = Instant::now() + timeout;
    let backoff = Backoff::retry(&inner.config);
    let mut failures = 0;
    loop {
        let cause = match tokio::time::timeout_at(deadline, attempt()).await {
            Ok(Ok(Attempt::Done(answer))) => return Ok(answer),
            Ok(Ok(Attempt::Again(cause))) => cause,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(OffsetError::Timeout { after: timeout, cause: None }),
        };
        failures += 1;
        let again = Instant::now() + backoff.delay(failures, &mut fastrand::Rng::new());
        if again >= deadline {
            return Err(OffsetError::Timeout { after: timeout, cause: Some(cause) });
        }
        tokio::time::sleep_until(again).await;
    }
}

/// The committed offsets of a group; partitions without one are left out.
pub(super) async fn committed(
    inner: &Inner,
    group: &GroupId,
    partitions: &[TopicPartition],
) -> Result<HashMap<TopicPartition, OffsetAndMetadata>, OffsetError> {
    until_deadline(inner, || async {
        let found = match fetch_committed(inner, group, partitions).await {
            Ok(found) => found,
            Err(error) if error.is_retriable() => return Ok(Attempt::Again(error.to_string())),
            Err(GroupRequestError::Refused(code)) => {
                return Err(OffsetError::Refused { subject: group.to_string(), code });
            }
            Err(GroupRequestError::Request(error)) => return Err(error.into()),
            Err(error @ GroupRequestError::Coordinator(_)) => return Err(coordinator_error(group, error)),
        };
        let mut offsets = HashMap::new();
        for (partition, result) in found {
            match result {
                Ok(Some(offset)) => drop(offsets.insert(partition, offset)),
                Ok(None) => {}
                Err(code) if code.is_retriable() => return Ok(Attempt::Again(format!("{partition}: {code}"))),
                Err(code) => return Err(OffsetError::Refused { subject: partition.to_string(), code }),
            }
        }
        Ok(Attempt::Done(offsets))
    })
    .await
}

fn coordinator_error(group: &GroupId, error: GroupRequestError) -> OffsetError {
    use crate::client::CoordinatorError;
    match error {
        GroupRequestError::Coordinator(CoordinatorError::Refused(code)) | GroupRequestError::Refused(code) => {
            OffsetError::Refused { subject: group.to_string(), code }
        }
        GroupRequestError::Coordinator(CoordinatorError::Request(error)) | GroupRequestError::Request(error) => {
            error.into()
        }
    }
}

/// Offsets of partitions, whoever leads them; `None` where no record is as young as asked for.
pub(super) async fn offsets(
    inner: &Inner,
    isolation_level: i8,
    targets: &[(TopicPartition, OffsetTarget)],
) -> Result<HashMap<TopicPartition, Option<OffsetAndTimestamp>>, OffsetError> {
    let mut found = HashMap::new();
    let timeout = inner.config.default_api_timeout;
    let deadline = Instant::now() + timeout;
    let backoff = Backoff::retry(&inner.config);
    let mut failures = 0;
    while found.len() < targets.len() {
        let round = round(inner, isolation_level, targets, &mut found);
        let cause = match tokio::time::timeout_at(deadline, round).await {
            Ok(Ok(None)) => continue,
            Ok(Ok(Some(cause))) => cause,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(OffsetError::Timeout { after: timeout, cause: None }),
        };
        failures += 1;
        let again = Instant::now() + backoff.delay(failures, &mut fastrand::Rng::new());
        if again >= deadline {
            return Err(OffsetError::Timeout { after: timeout, cause: Some(cause) });
        }
        inner.request_refresh();
        tokio::time::sleep_until(again).await;
    }
    Ok(found)
}

/// Asks for what is not found yet. Returns why something is still missing, if it is.
async fn round(
    inner: &Inner,
    isolation_level: i8,
    targets: &[(TopicPartition, OffsetTarget)],
    found: &mut HashMap<TopicPartition, Option<OffsetAndTimestamp>>,
) -> Result<Option<String>, OffsetError> {
    let mut by_node: HashMap<NodeId, Vec<(TopicPartition, OffsetTarget, i32)>> = HashMap::new();
    let mut missing = None;
    for (partition, target) in targets.iter().filter(|(partition, _)| !found.contains_key(partition)) {
        let topic = inner.topic(&partition.topic, inner.config.default_api_timeout).await?;
        let Some(known) = topic.partition(partition.partition) else {
            let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            return Err(OffsetError::Refused { subject: partition.to_string(), code });
        };
        match known.leader {
            Some(node) => by_node.entry(node).or_default().push((partition.clone(), *target, known.leader_epoch)),
            None => missing = Some(format!("{partition} has no leader")),
        }
    }
    for (node, lookups) in by_node {
        match list_offsets(inner, node, isolation_level, &lookups).await {
            Ok(answers) => {
                for (partition, answer) in answers {
                    match answer {
                        Ok(offset) => drop(found.insert(partition, offset)),
                        Err(code) if is_passing(code) => missing = Some(format!("{partition}: {code}")),
                        Err(code) => return Err(OffsetError::Refused { subject: partition.to_string(), code }),
                    }
                }
            }
            Err(error) if error.is_retriable() => missing = Some(error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    let incomplete = targets.iter().any(|(partition, _)| !found.contains_key(partition));
    Ok(incomplete.then(|| missing.unwrap_or_else(|| "a broker left partitions out of its answer".to_owned())))
}

fn is_passing(code: ErrorCode) -> bool {
    code.is_retriable() || matches!(code, ErrorCode::FENCED_LEADER_EPOCH | ErrorCode::UNKNOWN_LEADER_EPOCH)
}
