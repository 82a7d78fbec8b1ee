//! Requests about partitions, each to the partition's leader.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use ottla_protocol::{
    error_code::ErrorCode,
    types::{NodeId, TopicName},
};

use super::{
    AdminError,
    call::{Call, Route, concurrently},
    describe_topics::metadata_request,
    rounds::Rounds,
};
use crate::TopicPartition;

/// The partitions of one topic, as requests want them.
pub(super) type ByTopic = BTreeMap<TopicName, Vec<i32>>;

/// Partitions by topic.
pub(super) fn by_topic<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> ByTopic {
    let mut topics = ByTopic::new();
    for partition in partitions {
        topics.entry(partition.topic.clone()).or_default().push(partition.partition);
    }
    topics
}

/// Who leads what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Leaders {
    by_node: BTreeMap<NodeId, Vec<TopicPartition>>,
    /// Partitions without a leader, and why.
    without: Vec<(TopicPartition, ErrorCode)>,
}

/// Why a partition has no leader, or who leads it, by topic and index.
type Known = BTreeMap<TopicName, Result<BTreeMap<i32, NodeId>, ErrorCode>>;

fn leaders(known: &Known, partitions: Vec<TopicPartition>) -> Leaders {
    let mut leaders = Leaders::default();
    for partition in partitions {
        let leader = match known.get(&partition.topic) {
            None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            Some(Err(code)) => Err(*code),
            Some(Ok(indexes)) => match indexes.get(&partition.partition) {
                None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                Some(node) if node.0 < 0 => Err(ErrorCode::LEADER_NOT_AVAILABLE),
                Some(node) => Ok(*node),
            },
        };
        match leader {
            Ok(node) => leaders.by_node.entry(node).or_default().push(partition),
            Err(code) => leaders.without.push((partition, code)),
        }
    }
    leaders
}

/// Asks any broker who leads the partitions. What the client believes may be old, and does not cover every topic.
async fn ask(call: &Call, partitions: &[TopicPartition]) -> Result<Known, AdminError> {
    let topics: Vec<TopicName> = by_topic(partitions).into_keys().collect();
    let response = call.send(Route::Any, |_| Ok(metadata_request(Some(&topics)))).await?;
    let known = response.topics.iter().filter_map(|topic| {
        let leaders = || topic.partitions.iter().map(|p| (p.partition_index, p.leader_id)).collect();
        let known = if topic.error_code.is_none() { Ok(leaders()) } else { Err(topic.error_code) };
        Some((topic.name.as_ref()?.detach(), known))
    });
    Ok(known.collect())
}

/// What one leader said about the partitions it was asked about.
pub(super) type LeaderAnswer<T> = Result<Vec<(TopicPartition, Result<T, AdminError>)>, AdminError>;

impl<T: Send + 'static> Rounds<TopicPartition, T> {
    /// Asks every leader about its partitions, all leaders side by side, until each partition has an outcome.
    pub(super) async fn ask_leaders<F>(&mut self, ask_leader: impl Fn(Call, Route, Arc<[TopicPartition]>) -> F)
    where
        F: Future<Output = LeaderAnswer<T>> + Send + 'static,
    {
        while let Some(open) = self.next().await {
            let known = match ask(&self.call, &open).await {
                Ok(known) => known,
                Err(error) => {
                    self.progress.fail(&open, &error);
                    continue;
                }
            };
            let Leaders { by_node, without } = leaders(&known, open);
            for (partition, code) in without {
                let refused = AdminError::refused(&partition, code, None);
                self.progress.settle(&partition, Err(refused));
            }
            let calls = by_node.into_iter().map(|(node, partitions)| {
                let call = self.call.clone();
                let partitions: Arc<[TopicPartition]> = partitions.into();
                let (route, asked) = (Route::Node(node), partitions.clone());
                let answer = ask_leader(call.clone(), route, partitions);
                async move {
                    call.know_node(route).await;
                    (asked, answer.await)
                }
            });
            for (asked, answer) in concurrently(calls.collect::<Vec<_>>()).await {
                match answer {
                    Err(error) => self.progress.fail(&asked, &error),
                    Ok(results) => {
                        for (partition, result) in results {
                            self.progress.settle(&partition, result);
                        }
                    }
                }
            }
        }
    }
}

/// One partition's result as a response tells it.
pub(super) fn result<T>(
    partition: TopicPartition,
    code: ErrorCode,
    value: impl FnOnce() -> T,
) -> (TopicPartition, Result<T, AdminError>) {
    let result = if code.is_none() { Ok(value()) } else { Err(AdminError::refused(&partition, code, None)) };
    (partition, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_go_to_their_leaders_and_those_without_one_say_why() {
        let known = Known::from([
            ("a".into(), Ok(BTreeMap::from([(0, NodeId(1)), (1, NodeId(2)), (2, NodeId::NONE)]))),
            ("b".into(), Err(ErrorCode::TOPIC_AUTHORIZATION_FAILED)),
        ]);
        let asked = [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 0), ("c", 0)];
        let found = leaders(&known, asked.map(|(topic, index)| TopicPartition::new(topic, index)).to_vec());
        assert_eq!(
            found.by_node,
            BTreeMap::from([
                (NodeId(1), vec![TopicPartition::new("a", 0)]),
                (NodeId(2), vec![TopicPartition::new("a", 1)])
            ])
        );
        let codes: Vec<_> = found.without.iter().map(|(partition, code)| (partition.to_string(), *code)).collect();
        assert_eq!(
            codes,
            [
                ("a-2".to_owned(), ErrorCode::LEADER_NOT_AVAILABLE),
                ("a-3".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                ("b-0".to_owned(), ErrorCode::TOPIC_AUTHORIZATION_FAILED),
                ("c-0".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            ]
        );
    }
}
