//! DeleteRecords: moves the log start offset.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::delete_records::{
        DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse,
        DeleteRecordsTopicResult,
    },
};

use super::partition_by_name;
use crate::{controller::is_internal, dispatch::RequestContext};

pub(crate) async fn delete(cx: &RequestContext, request: DeleteRecordsRequest) -> DeleteRecordsResponse {
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let result = delete_before(cx, &topic.name, asked).await;
            partitions.push(DeleteRecordsPartitionResult {
                partition_index: asked.partition_index,
                low_watermark: *result.as_ref().unwrap_or(&-1),
                error_code: result.err().unwrap_or(ErrorCode::NONE),
            });
        }
        topics.push(DeleteRecordsTopicResult { name: topic.name, partitions });
    }
    DeleteRecordsResponse { topics, ..Default::default() }
}

async fn delete_before(cx: &RequestContext, topic: &str, asked: &DeleteRecordsPartition) -> Result<i64, ErrorCode> {
    let partition = partition_by_name(cx, topic, asked.partition_index).map_err(|(code, _)| code)?;
    if is_internal(topic) {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    let (node, offset) = (cx.node.clone(), asked.offset);
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
