//! DescribeTopicPartitions: topics page by page.

use std::{collections::BTreeSet, sync::Arc};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::describe_topic_partitions::{
        Cursor, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
        DescribeTopicPartitionsResponsePartition, DescribeTopicPartitionsResponseTopic,
    },
    types::{NodeId, TopicName},
};

use super::authorized;
use crate::{
    controller::{MetadataImage, PartitionRegistration, Serving, Topic, check_name},
    dispatch::RequestContext,
};

pub(crate) async fn describe(
    cx: &RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> DescribeTopicPartitionsResponse {
    let image = cx.node.image();
    let cursor = request.cursor.unwrap_or_default();
    if cursor.partition_index < 0 {
        let invalid = |topic: &TopicName| unknown(topic.clone(), ErrorCode::INVALID_REQUEST);
        let topics = request.topics.iter().map(|topic| invalid(&topic.name)).collect();
        return DescribeTopicPartitionsResponse { topics, ..Default::default() };
    }
    let limit = cx.node.config().max_request_partition_size_limit.min(request.response_partition_limit);
    let mut page = Page { left: usize::try_from(limit).unwrap_or(0).max(1), cursor, response: Default::default() };
    let from = page.cursor.topic_name.clone();
    if request.topics.is_empty() {
        for topic in image.topics_from(&from) {
            if !page.add(&image, topic) {
                break;
            }
        }
        return page.response;
    }
    let names: BTreeSet<TopicName> = request.topics.into_iter().map(|topic| topic.name).collect();
    for name in names.into_iter().filter(|name| *name >= from) {
        let more = match image.topic(&name) {
            Some(topic) => page.add(&image, topic),
            None if check_name(&name).is_err() => page.add_unknown(name, ErrorCode::INVALID_TOPIC_EXCEPTION),
            None => page.add_unknown(name, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        };
        if !more {
            break;
        }
    }
    page.response
}

/// A response that is being filled.
struct Page {
    left: usize,
    /// Where it begins.
    cursor: Cursor,
    response: DescribeTopicPartitionsResponse,
}

impl Page {
    /// Adds a topic as far as there is room, and otherwise notes where the next page begins. Whether there was room.
    fn add(&mut self, image: &MetadataImage, topic: &Arc<Topic>) -> bool {
        let continued = topic.name == self.cursor.topic_name;
        let first = if continued { usize::try_from(self.cursor.partition_index).unwrap_or(0) } else { 0 };
        let next_page = |first: usize| Cursor { topic_name: topic.name.clone(), partition_index: first as i32 };
        if self.left == 0 {
            self.response.next_cursor = Some(next_page(first));
            return false;
        }
        let rows = topic.partitions.iter().enumerate().skip(first).take(self.left);
        let partitions: Vec<_> = rows.map(|(index, partition)| row(image, topic, index as i32, partition)).collect();
        self.left -= partitions.len();
        let end = first + partitions.len();
        self.response.topics.push(DescribeTopicPartitionsResponseTopic {
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: topic.is_internal(),
            partitions,
            topic_authorized_operations: authorized::TOPIC,
            ..Default::default()
        });
        if end < topic.partitions.len() {
            self.response.next_cursor = Some(next_page(end));
            return false;
        }
        true
    }

    fn add_unknown(&mut self, name: TopicName, code: ErrorCode) -> bool {
        self.response.topics.push(unknown(name, code));
        true
    }
}

fn unknown(name: TopicName, error_code: ErrorCode) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic { error_code, name: Some(name), ..Default::default() }
}

/// Here a partition without a leader is no error, as with Kafka.
fn row(
    image: &MetadataImage,
    topic: &Topic,
    partition_index: i32,
    partition: &PartitionRegistration,
) -> DescribeTopicPartitionsResponsePartition {
    let Serving { leader, in_sync, offline } = image.serving(topic, partition_index, partition);
    // The leader alone has all records: it leads again, and nobody else, as soon as it can.
    let eligible = if leader == NodeId::NONE { vec![partition.leader] } else { Vec::new() };
    DescribeTopicPartitionsResponsePartition {
        error_code: ErrorCode::NONE,
        partition_index,
        leader_id: leader,
        leader_epoch: partition.leader_epoch,
        replica_nodes: partition.replicas.clone(),
        isr_nodes: in_sync,
        eligible_leader_replicas: Some(eligible.clone()),
        last_known_elr: Some(eligible),
        offline_replicas: offline,
    }
}
