//! DescribeLogDirs: how large the logs are.

use std::collections::{BTreeMap, HashMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::describe_log_dirs::{
        DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
        DescribeLogDirsTopic,
    },
    types::TopicName,
};

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
