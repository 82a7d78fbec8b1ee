//! DeleteRecords: moves the log start offset.

use std::{collections::BTreeMap, sync::Arc};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::delete_records::{
        DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopicResult,
    },
    types::TopicName,
};

use super::partition_by_name;
use crate::{controller::is_internal, dispatch::RequestContext, node::Node, partition::Partition};

/// A partition, and the offset that it is to begin with; or why it cannot.
type Asked = Result<(Arc<Partition>, i64), ErrorCode>;

pub(crate) async fn delete(cx: &RequestContext, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    // Of a partition that is named repeatedly the last offset counts.
    let mut asked: BTreeMap<TopicName, BTreeMap<i32, i64>> = BTreeMap::new();
    for topic in request.topics {
        let offsets = topic.partitions.iter().map(|p| (p.partition_index, p.offset));
        asked.entry(topic.name).or_default().extend(offsets);
    }
    let find = |(name, offsets): &(TopicName, BTreeMap<i32, i64>)| -> Vec<Asked> {
        offsets.iter().map(|(index, offset)| Ok((find(cx, name, *index)?, *offset))).collect()
    };
    let asked: Vec<_> = asked.into_iter().collect();
    let found: Vec<Asked> = asked.iter().flat_map(find).collect();
    let node = cx.node.clone();
    let deleted = tokio::task::spawn_blocking(move || delete_all(&node, found)).await;
    let mut deleted = deleted.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())).into_iter();
    let topics = asked.into_iter().map(|(name, offsets)| {
        let partitions = offsets.into_keys().zip(&mut deleted).map(|(partition_index, result)| {
            let (low_watermark, error_code) = result.map_or_else(|code| (-1, code), |start| (start, ErrorCode::NONE));
            DeleteRecordsPartitionResult { partition_index, low_watermark, error_code }
        });
        DeleteRecordsTopicResult { partitions: partitions.collect(), name }
    });
    DeleteRecordsResponse { topics: topics.collect(), ..Default::default() }
}

fn find(cx: &RequestContext, topic: &str, index: i32) -> Result<Arc<Partition>, ErrorCode> {
    let partition = partition_by_name(cx, topic, index).map_err(|(code, _)| code)?;
    if is_internal(topic) { Err(ErrorCode::INVALID_TOPIC_EXCEPTION) } else { Ok(partition) }
}

/// Where each partition begins then. Blocks.
fn delete_all(node: &Node, asked: Vec<Asked>) -> Vec<Result<i64, ErrorCode>> {
    let now_ms = node.now_ms();
    let delete = |asked: Asked| asked.and_then(|(partition, offset)| partition.delete_records(offset, now_ms));
    let mut deleted: Vec<_> = asked.into_iter().map(delete).collect();
    if deleted.iter().all(Result::is_err) {
        return deleted;
    }
    // The records must not come back after a crash.
    if let Some(Err(error)) = node.replicas.with_logs(|logs| logs.checkpoint_log_start_offsets()) {
        tracing::error!(%error, "cannot write the log start offsets down");
        deleted.iter_mut().for_each(|result| *result = result.and(Err(ErrorCode::KAFKA_STORAGE_ERROR)));
    }
    deleted
}
