//! What is on the brokers' disks.

use ottla_protocol::{
    api_key::ApiKey,
    messages::describe_log_dirs::{
        DescribableLogDirTopic, DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse,
        DescribeLogDirsResult,
    },
    types::NodeId,
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Route, concurrently},
    groups::check,
    leaders::by_topic,
    rounds::Rule,
};
use crate::TopicPartition;

/// A log directory of a broker.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LogDirDescription {
    /// Its path on the broker.
    pub path: String,
    /// What is wrong with it, if anything.
    pub error: Option<ottla_protocol::error_code::ErrorCode>,
    /// The size of its volume in bytes, if the broker says (from 3.3 on).
    pub total_bytes: Option<u64>,
    /// The free space of its volume in bytes, if the broker says (from 3.3 on).
    pub usable_bytes: Option<u64>,
    /// Whether no new replicas are placed here (from 4.2 on).
    pub is_cordoned: bool,
    /// The replicas in it, by partition.
    pub replicas: Vec<ReplicaDescription>,
}

/// A replica in a log directory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaDescription {
    /// The partition.
    pub partition: TopicPartition,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// Records that it is behind the high watermark or, of a future replica, behind the one that it will replace.
    pub offset_lag: i64,
    /// Whether it is being copied here, to replace the one in another directory.
    pub is_future: bool,
}

impl LogDirDescription {
    fn from_wire(dir: &DescribeLogDirsResult) -> Self {
        let replica = |topic, partition: &DescribeLogDirsPartition| ReplicaDescription {
            partition: TopicPartition::new(topic, partition.partition_index),
            size_bytes: partition.partition_size,
            offset_lag: partition.offset_lag,
            is_future: partition.is_future_key,
        };
        let mut replicas: Vec<_> = dir
            .topics
            .iter()
            .flat_map(|topic| topic.partitions.iter().map(|partition| replica(topic.name.detach(), partition)))
            .collect();
        replicas.sort_by(|a, b| a.partition.cmp(&b.partition));
        Self {
            path: dir.log_dir.to_string(),
            error: Some(dir.error_code).filter(|code| !code.is_none()),
            total_bytes: u64::try_from(dir.total_bytes).ok(),
            usable_bytes: u64::try_from(dir.usable_bytes).ok(),
            is_cordoned: dir.is_cordoned,
            replicas,
        }
    }
}

impl Admin {
    /// Tells what is in the log directories of brokers: of these brokers, and of these partitions or of all. Cancel safe.
    ///
    /// Errors: [`AdminError::Request`] for a broker that does not exist or answer;
    /// [`AdminError::Refused`] with
    /// [`CLUSTER_AUTHORIZATION_FAILED`](ottla_protocol::error_code::ErrorCode::CLUSTER_AUTHORIZATION_FAILED) (told apart
    /// from no directories from 3.1 on).
    pub async fn describe_log_dirs(
        &self,
        brokers: impl IntoIterator<Item = NodeId>,
        partitions: Option<&[TopicPartition]>,
    ) -> Outcomes<NodeId, Vec<LogDirDescription>> {
        let topics = partitions.map(|partitions| {
            let topic = |(topic, partitions)| DescribableLogDirTopic { topic, partitions };
            by_topic(partitions).into_iter().map(topic).collect::<Vec<_>>()
        });
        let request = DescribeLogDirsRequest { topics };
        let mut rounds = self.rounds(ApiKey::DESCRIBE_LOG_DIRS, Rule::READ, brokers);
        while let Some(open) = rounds.next().await {
            let calls = open.into_iter().map(|node| {
                let (call, request, route) = (rounds.call.clone(), request.clone(), Route::Node(node));
                async move {
                    call.know_node(route).await;
                    (node, call.send(route, |_| Ok(request)).await)
                }
            });
            for (node, response) in concurrently(calls.collect::<Vec<_>>()).await {
                rounds.progress.settle(&node, response.and_then(|response| described(node, &response)));
            }
        }
        rounds.finish()
    }
}

fn described(node: NodeId, response: &DescribeLogDirsResponse) -> Result<Vec<LogDirDescription>, AdminError> {
    let dirs = || response.results.iter().map(LogDirDescription::from_wire).collect();
    check(format!("log directories of broker {node}"), response.error_code, None, dirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_an_old_version_does_not_tell_are_unknown() {
        let dir = LogDirDescription::from_wire(&DescribeLogDirsResult::default());
        assert_eq!((dir.total_bytes, dir.usable_bytes, dir.error), (None, None, None));
    }
}
