//! OffsetForLeaderEpoch: where a leader epoch ended, so that a client notices that records were lost.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::offset_for_leader_epoch::{
        EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition,
        OffsetForLeaderTopicResult,
    },
};

use super::partition_by_name;
use crate::{dispatch::RequestContext, log};

pub(crate) async fn handle(cx: &RequestContext, request: OffsetForLeaderEpochRequest) -> OffsetForLeaderEpochResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| row(asked, look_up(cx, &topic.topic, asked))).collect();
        OffsetForLeaderTopicResult { topic: topic.topic, partitions }
    });
    OffsetForLeaderEpochResponse { topics: topics.collect(), ..Default::default() }
}

fn look_up(
    cx: &RequestContext,
    topic: &str,
    asked: &OffsetForLeaderPartition,
) -> Result<log::EpochEndOffset, ErrorCode> {
    let partition = partition_by_name(cx, topic, asked.partition).map_err(|(code, _)| code)?;
    partition.look_up(asked.current_leader_epoch, |log| log.end_offset_for_epoch(asked.leader_epoch))
}

fn row(asked: &OffsetForLeaderPartition, found: Result<log::EpochEndOffset, ErrorCode>) -> EpochEndOffset {
    let empty = EpochEndOffset { partition: asked.partition, ..Default::default() };
    match found {
        Ok(end) => EpochEndOffset { leader_epoch: end.epoch, end_offset: end.end_offset, ..empty },
        Err(error_code) => EpochEndOffset { error_code, ..empty },
    }
}
