//! ListOffsets: offsets by timestamp, and the ends of a log.

use std::collections::HashSet;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::list_offsets::{
        ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse,
        ListOffsetsTopicResponse,
    },
    types::TopicName,
};

use super::partition_by_name;
use crate::{dispatch::RequestContext, log::TimestampOffset, partition::TimestampQuery};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;
const READ_COMMITTED: i8 = 1;

pub(crate) async fn handle(cx: &RequestContext, request: ListOffsetsRequest) -> ListOffsetsResponse {
    let committed_only = request.isolation_level == READ_COMMITTED;
    let duplicates = duplicates(&request);
    let mut refused = HashSet::new();
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let index = asked.partition_index;
            let named = (topic.name.clone(), index);
            if !duplicates.contains(&named) {
                partitions.push(row(cx, index, look_up(cx, &topic.name, asked, committed_only).await));
            } else if refused.insert(named) {
                partitions.push(row(cx, index, Err(ErrorCode::INVALID_REQUEST)));
            }
        }
        if !partitions.is_empty() {
            topics.push(ListOffsetsTopicResponse { name: topic.name, partitions });
        }
    }
    ListOffsetsResponse { topics, ..Default::default() }
}

/// The partitions that a request names more than once; each of them is refused, once.
fn duplicates(request: &ListOffsetsRequest) -> HashSet<(TopicName, i32)> {
    let named = request.topics.iter().flat_map(|t| t.partitions.iter().map(|p| (&t.name, p.partition_index)));
    let mut seen = HashSet::new();
    named.filter(|named| !seen.insert(*named)).map(|(topic, index)| (topic.clone(), index)).collect()
}

/// The first version that knows a special timestamp.
fn known_from(timestamp: i64) -> i16 {
    match timestamp {
        MAX_TIMESTAMP => 7,
        EARLIEST_LOCAL => 8,
        LATEST_TIERED => 9,
        EARLIEST_PENDING_UPLOAD => 11,
        timestamp if timestamp < EARLIEST_PENDING_UPLOAD => i16::MAX,
        _ => 0,
    }
}

async fn look_up(
    cx: &RequestContext,
    topic: &str,
    asked: &ListOffsetsPartition,
    committed_only: bool,
) -> Result<Option<TimestampOffset>, ErrorCode> {
    if cx.version < known_from(asked.timestamp) {
        return Err(ErrorCode::UNSUPPORTED_VERSION);
    }
    let partition = partition_by_name(cx, topic, asked.partition_index).map_err(|(code, _)| code)?;
    let epoch = asked.current_leader_epoch;
    let query = match asked.timestamp {
        LATEST => {
            return partition.look_up(epoch, |log| {
                let offset = if committed_only { log.last_stable_offset() } else { log.high_watermark() };
                let leader_epoch = log.latest_leader_epoch().unwrap_or(-1);
                Some(TimestampOffset { timestamp: -1, offset, leader_epoch })
            });
        }
        EARLIEST | EARLIEST_LOCAL => {
            return partition.look_up(epoch, |log| {
                let offset = log.log_start_offset();
                let leader_epoch = log.leader_epoch_of(offset).unwrap_or(-1);
                Some(TimestampOffset { timestamp: -1, offset, leader_epoch })
            });
        }
        // There is no tiered storage, so nothing is in it and nothing waits for it.
        LATEST_TIERED | EARLIEST_PENDING_UPLOAD => return partition.look_up(epoch, |_| None),
        MAX_TIMESTAMP => TimestampQuery::Max,
        timestamp => TimestampQuery::NotBefore(timestamp),
    };
    // Reads files, and decompresses what it finds.
    let searched = tokio::task::spawn_blocking(move || partition.find_by_timestamp(epoch, query, committed_only));
    searched.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

fn row(
    cx: &RequestContext,
    partition_index: i32,
    found: Result<Option<TimestampOffset>, ErrorCode>,
) -> ListOffsetsPartitionResponse {
    /// The first version that has leader epochs.
    const LEADER_EPOCH_FROM: i16 = 4;
    let empty = ListOffsetsPartitionResponse { partition_index, ..Default::default() };
    match found {
        Err(error_code) => ListOffsetsPartitionResponse { error_code, ..empty },
        Ok(None) => empty,
        Ok(Some(TimestampOffset { timestamp, offset, leader_epoch })) => ListOffsetsPartitionResponse {
            timestamp,
            offset,
            leader_epoch: if cx.version >= LEADER_EPOCH_FROM { leader_epoch } else { -1 },
            ..empty
        },
    }
}
