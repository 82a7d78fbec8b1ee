//! Waiting until the brokers know what the controller has decided.
//!
//! A controller answers when a change is decided; each broker learns of it a moment later. Whoever creates a topic and then
//! asks another broker for it would be told that there is none.

use std::time::Duration;

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::metadata::{MetadataRequest, MetadataResponseTopic},
    types::{NodeId, TopicName},
};
use tokio::time::Instant;

use super::{
    AdminError,
    call::{Call, Route, concurrently},
    error::needs,
};
use crate::backoff::Backoff;

/// How long to wait for the brokers at most. The change is made in any case; a broker that is slower is in trouble.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many brokers are asked at most: this must not connect to each one of a large cluster.
const MAX_BROKERS: usize = 16;

/// Waits until every topic that `request` asks for is as `wanted` says, by the word of every broker that answers.
pub(super) async fn wait_everywhere(call: &Call, request: MetadataRequest, wanted: Wanted) {
    if request.topics.as_ref().is_none_or(Vec::is_empty) {
        return;
    }
    let Ok(brokers) = call.known_brokers().await else { return };
    let deadline = call.deadline.min(Instant::now() + PATIENCE);
    let waits = brokers.into_iter().take(MAX_BROKERS).map(|node| {
        let wait = wait_for_broker(call.clone(), node, request.clone(), wanted.clone());
        async move {
            if tokio::time::timeout_at(deadline, wait).await.is_err() {
                tracing::debug!(%node, "a broker does not know yet what was changed");
            }
        }
    });
    concurrently(waits.collect::<Vec<_>>()).await;
}

async fn wait_for_broker(call: Call, node: NodeId, request: MetadataRequest, wanted: Wanted) {
    let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(200));
    for attempt in 1.. {
        match call.send(Route::Node(node), |version| for_version(version, &request)).await {
            Ok(response) if response.topics.iter().all(|topic| wanted.is_met(topic)) => return,
            Ok(_) => tokio::time::sleep(backoff.delay(attempt, &mut fastrand::Rng::new())).await,
            // A broker that is down learns of it when it is up again.
            Err(_) => return,
        }
    }
}

fn for_version(version: i16, request: &MetadataRequest) -> Result<MetadataRequest, AdminError> {
    if request.topics.iter().flatten().any(|topic| topic.name.is_none()) {
        needs(ApiKey::METADATA, "looking up a topic by id", 12, version)?;
    }
    Ok(request.clone())
}

/// What a broker should say about topics.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    /// They are there, each with at least so many partitions; one if nothing is said.
    Present(Vec<(TopicName, usize)>),
    /// They are not there.
    Absent,
}

impl Wanted {
    fn is_met(&self, topic: &MetadataResponseTopic) -> bool {
        let unknown = [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::UNKNOWN_TOPIC_ID].contains(&topic.error_code);
        match self {
            Self::Absent => unknown,
            Self::Present(counts) => {
                let count = counts.iter().find(|(name, _)| Some(name) == topic.name.as_ref()).map_or(1, |(_, n)| *n);
                // Any other error, such as a lack of permission, does not pass by waiting.
                let pending = unknown || topic.error_code == ErrorCode::LEADER_NOT_AVAILABLE;
                !pending && (!topic.error_code.is_none() || topic.partitions.len() >= count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::metadata::MetadataResponsePartition;

    use super::*;

    fn topic(error_code: ErrorCode, partitions: usize) -> MetadataResponseTopic {
        MetadataResponseTopic {
            error_code,
            name: Some("t".into()),
            partitions: vec![MetadataResponsePartition::default(); partitions],
            ..MetadataResponseTopic::default()
        }
    }

    #[test]
    fn a_topic_is_there_with_all_its_partitions() {
        let wanted = Wanted::Present(vec![("t".into(), 3)]);
        assert!(wanted.is_met(&topic(ErrorCode::NONE, 3)));
        assert!(!wanted.is_met(&topic(ErrorCode::NONE, 2)));
        assert!(!wanted.is_met(&topic(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, 0)));
        assert!(!wanted.is_met(&topic(ErrorCode::LEADER_NOT_AVAILABLE, 3)));
    }

    #[test]
    fn a_topic_that_may_not_be_seen_is_not_waited_for() {
        let refused = topic(ErrorCode::TOPIC_AUTHORIZATION_FAILED, 0);
        assert!(Wanted::Present(Vec::new()).is_met(&refused));
    }

    #[test]
    fn a_topic_is_gone_when_the_broker_does_not_know_it() {
        assert!(Wanted::Absent.is_met(&topic(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, 0)));
        assert!(Wanted::Absent.is_met(&topic(ErrorCode::UNKNOWN_TOPIC_ID, 0)));
        assert!(!Wanted::Absent.is_met(&topic(ErrorCode::NONE, 1)));
    }
}
