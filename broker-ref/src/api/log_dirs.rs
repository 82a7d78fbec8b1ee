//! DescribeLogDirs and AlterReplicaLogDirs: how large the logs are, and that they lie in the one directory there is.

use std::collections::{BTreeMap, HashMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        alter_replica_log_dirs::{
            AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsRequest,
            AlterReplicaLogDirsResponse,
        },
        describe_log_dirs::{
            DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
            DescribeLogDirsTopic,
        },
    },
    types::TopicName,
};

use super::partition_by_name;
use crate::{dispatch::RequestContext, log::TopicPartition};

pub(crate) async fn describe(cx: &RequestContext, request: DescribeLogDirsRequest) -> DescribeLogDirsResponse {
    let wanted: Option<HashMap<TopicName, HashSet<i32>>> = request
        .topics
        .map(|topics| topics.into_iter().map(|t| (t.topic, t.partitions.into_iter().collect())).collect());
    let is_wanted = |partition: &TopicPartition| {
        let of_topic = |topics: &HashMap<TopicName, HashSet<i32>>| {
            topics.get(partition.topic()).is_some_and(|partitions| partitions.contains(&partition.partition()))
        };
        wanted.as_ref().is_none_or(of_topic)
    };
    let result = cx.node.replicas.with_logs(|logs| {
        let mut topics: BTreeMap<&str, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
        for (partition, log) in logs.logs().filter(|(partition, _)| is_wanted(partition)) {
            topics.entry(partition.topic()).or_default().push(DescribeLogDirsPartition {
                partition_index: partition.partition(),
                partition_size: i64::try_from(log.lock().size_bytes()).unwrap_or(i64::MAX),
                ..Default::default()
            });
        }
        let topic = |(name, partitions): (&str, _)| DescribeLogDirsTopic { name: name.into(), partitions };
        DescribeLogDirsResult {
            log_dir: logs.location().into(),
            topics: topics.into_iter().map(topic).collect(),
            ..Default::default()
        }
    });
    let stopped = || DescribeLogDirsResult { error_code: ErrorCode::KAFKA_STORAGE_ERROR, ..Default::default() };
    DescribeLogDirsResponse { results: vec![result.unwrap_or_else(stopped)], ..Default::default() }
}

/// Every partition that is here is where it can be asked to be, and any other directory is not one of the broker's.
///
/// The name of the directory is compared as it is written, as Kafka does. Of two directories for one partition the
/// later one counts.
pub(crate) async fn alter(cx: &RequestContext, request: AlterReplicaLogDirsRequest) -> AlterReplicaLogDirsResponse {
    let location = cx.node.replicas.with_logs(|logs| logs.location());
    let mut outcomes: BTreeMap<TopicName, BTreeMap<i32, ErrorCode>> = BTreeMap::new();
    for dir in request.dirs {
        for topic in dir.topics {
            let outcome = |index| match &location {
                None => ErrorCode::KAFKA_STORAGE_ERROR,
                Some(location) if dir.path.as_str() != location => ErrorCode::LOG_DIR_NOT_FOUND,
                Some(_) => partition_by_name(cx, &topic.name, index).map_or_else(|(code, _)| code, |_| ErrorCode::NONE),
            };
            let partitions: Vec<(i32, ErrorCode)> = topic.partitions.iter().map(|&i| (i, outcome(i))).collect();
            outcomes.entry(topic.name).or_default().extend(partitions);
        }
    }
    let partition = |(partition_index, error_code)| AlterReplicaLogDirPartitionResult { partition_index, error_code };
    let results = outcomes.into_iter().map(|(topic_name, partitions)| AlterReplicaLogDirTopicResult {
        topic_name,
        partitions: partitions.into_iter().map(partition).collect(),
    });
    AlterReplicaLogDirsResponse { results: results.collect(), ..Default::default() }
}
