//! DeleteRecords: moves the log start offset.

use std::collections::BTreeMap;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::delete_records::{
        DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopicResult,
    },
    types::TopicName,
};

use super::partition_by_name;
use crate::{controller::is_internal, dispatch::RequestContext};

pub(crate) async fn delete(cx: &RequestContext, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    // Of a partition that is named repeatedly the last offset counts.
    let mut asked: BTreeMap<TopicName, BTreeMap<i32, i64>> = BTreeMap::new();
    for topic in request.topics {
        let offsets = topic.partitions.iter().map(|p| (p.partition_index, p.offset));
        asked.entry(topic.name).or_default().extend(offsets);
    }
    let mut topics = Vec::with_capacity(asked.len());
    for (name, offsets) in asked {
        let mut partitions = Vec::with_capacity(offsets.len());
        for (partition_index, offset) in offsets {
            let result = delete_before(cx, &name, partition_index, offset).await;
            partitions.push(DeleteRecordsPartitionResult {
                partition_index,
                low_watermark: *result.as_ref().unwrap_or(&-1),
                error_code: result.err().unwrap_or(ErrorCode::NONE),
            });
        }
        topics.push(DeleteRecordsTopicResult { name, partitions });
    }
    DeleteRecordsResponse { topics, ..Default::default() }
}

async fn delete_before(cx: &RequestContext, topic: &str, index: i32, offset: i64) -> Result<i64, ErrorCode> {
    let partition = partition_by_name(cx, topic, index).map_err(|(code, _)| code)?;
    if is_internal(topic) {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    let node = cx.node.clone();
    let deleted = tokio::task::spawn_blocking(move || {
        let start = partition.delete_records(offset, node.now_ms())?;
        // The records must not come back after a crash.
        match node.replicas.with_logs(|logs| logs.checkpoint_log_start_offsets()) {
            Some(Err(error)) => {
                tracing::error!(%error, "cannot write the log start offsets down");
                Err(ErrorCode::KAFKA_STORAGE_ERROR)
            }
            _ => Ok(start),
        }
    });
    deleted.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
