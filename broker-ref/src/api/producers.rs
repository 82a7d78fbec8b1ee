//! DescribeProducers: the producers that a partition remembers.

use std::collections::HashSet;

use ottla_protocol::{
    messages::describe_producers::{
        DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState, TopicResponse,
    },
    types::ProducerId,
    wire::Str,
};

use super::partition_by_name;
use crate::{dispatch::RequestContext, log::ProducerEntry};

pub(crate) async fn describe(cx: &RequestContext, request: DescribeProducersRequest) -> DescribeProducersResponse {
    let mut seen = HashSet::new();
    let topics = request.topics.into_iter().map(|topic| {
        // Each once: a partition may have thousands of producers.
        let new = topic.partition_indexes.iter().filter(|index| seen.insert((topic.name.clone(), **index)));
        let partitions = new.map(|&index| partition(cx, &topic.name, index)).collect();
        TopicResponse { name: topic.name, partitions }
    });
    DescribeProducersResponse { topics: topics.collect(), ..Default::default() }
}

fn partition(cx: &RequestContext, topic: &str, partition_index: i32) -> PartitionResponse {
    let found = partition_by_name(cx, topic, partition_index).map_err(|(code, _)| code);
    match found.and_then(|partition| partition.producers()) {
        Ok(producers) => PartitionResponse {
            partition_index,
            active_producers: producers.iter().map(state).collect(),
            ..Default::default()
        },
        Err(error_code) => PartitionResponse {
            partition_index,
            error_code,
            error_message: (!error_code.is_none()).then(|| Str::from_static(error_code.message())),
            ..Default::default()
        },
    }
}

fn state(entry: &ProducerEntry) -> ProducerState {
    ProducerState {
        producer_id: ProducerId(entry.producer_id),
        producer_epoch: entry.producer_epoch.into(),
        last_sequence: entry.last_sequence(),
        last_timestamp: entry.last_timestamp,
        coordinator_epoch: entry.coordinator_epoch,
        current_txn_start_offset: entry.current_txn_first_offset.unwrap_or(-1),
    }
}
