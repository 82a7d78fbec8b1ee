//! OffsetFetch.

use std::collections::HashSet;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::offset_fetch::{
        OffsetFetchRequestTopics, OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
    },
    types::{GroupId, TopicName},
    wire::{Str, Uuid},
};

use super::{GroupCoordinator, offset::CommittedOffset};

impl GroupCoordinator {
    /// The committed offsets of a group, of these topics or of all. A partition without one has offset -1.
    ///
    /// The topics must have their names; their ids are passed through. `topic_id` tells which topic has a name now, or
    /// zero: offsets of another one that had it are not returned. With `require_stable`, a partition whose offset an open
    /// transaction may change has the error UNSTABLE_OFFSET_COMMIT. What is asked for repeatedly is answered once.
    pub fn offset_fetch(
        &self,
        group_id: &GroupId,
        topics: Option<&[OffsetFetchRequestTopics]>,
        require_stable: bool,
        topic_id: impl Fn(&TopicName) -> Uuid,
    ) -> OffsetFetchResponseGroup {
        let fetch = |topic: &TopicName, partition| {
            let stored = self.offsets.of_group(group_id).and_then(|topics| topics.get(topic)?.get(&partition));
            let offset = stored.filter(|offset| offset.is_of(topic_id(topic)));
            let unstable = require_stable && self.offsets.is_pending(group_id, topic, partition);
            if unstable { unstable_partition(partition) } else { response_partition(partition, offset) }
        };
        let topics = match topics {
            Some(topics) => each_once(topics).iter().map(|topic| response_topic(topic, fetch)).collect(),
            None => self.all_topics(group_id, &topic_id).iter().map(|topic| response_topic(topic, fetch)).collect(),
        };
        OffsetFetchResponseGroup { group_id: group_id.clone(), topics, ..Default::default() }
    }

    /// A request for every committed offset.
    fn all_topics(&self, group_id: &GroupId, topic_id: impl Fn(&TopicName) -> Uuid) -> Vec<OffsetFetchRequestTopics> {
        let topics = self.offsets.of_group(group_id).into_iter().flatten();
        let all = topics.map(|(topic, offsets)| {
            let id = topic_id(topic);
            let partitions = offsets.iter().filter(|(_, offset)| offset.is_of(id)).map(|(partition, _)| *partition);
            OffsetFetchRequestTopics {
                name: topic.clone(),
                partition_indexes: partitions.collect(),
                ..Default::default()
            }
        });
        all.filter(|topic| !topic.partition_indexes.is_empty()).collect()
    }
}

/// The topics and partitions without repetitions: metadata of an offset is a thousand times as long as an index, so
/// repeated indexes would make a short request a long response.
fn each_once(topics: &[OffsetFetchRequestTopics]) -> Vec<OffsetFetchRequestTopics> {
    let mut seen = HashSet::new();
    let once = topics.iter().map(|topic| {
        let new = |partition: &&i32| seen.insert((&topic.name, topic.topic_id, **partition));
        let partition_indexes = topic.partition_indexes.iter().filter(new).copied().collect();
        OffsetFetchRequestTopics { partition_indexes, ..topic.clone() }
    });
    // A topic that was asked for without partitions is answered without.
    let is_new = |(once, asked): &(OffsetFetchRequestTopics, &OffsetFetchRequestTopics)| {
        once.partition_indexes.is_empty() == asked.partition_indexes.is_empty()
    };
    once.zip(topics).filter(is_new).map(|(once, _)| once).collect()
}

fn response_topic(
    topic: &OffsetFetchRequestTopics,
    fetch: impl Fn(&TopicName, i32) -> OffsetFetchResponsePartitions,
) -> OffsetFetchResponseTopics {
    OffsetFetchResponseTopics {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(|partition| fetch(&topic.name, *partition)).collect(),
    }
}

fn response_partition(partition_index: i32, offset: Option<&CommittedOffset>) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: offset.map_or(NO_OFFSET, |offset| offset.offset),
        committed_leader_epoch: offset.map_or(NO_LEADER_EPOCH, |offset| offset.leader_epoch),
        metadata: Some(offset.map(|offset| offset.metadata.clone()).unwrap_or_default()),
        error_code: ErrorCode::NONE,
    }
}

fn unstable_partition(partition_index: i32) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: NO_OFFSET,
        committed_leader_epoch: NO_LEADER_EPOCH,
        metadata: Some(Str::default()),
        error_code: ErrorCode::UNSTABLE_OFFSET_COMMIT,
    }
}

const NO_OFFSET: i64 = -1;
const NO_LEADER_EPOCH: i32 = -1;
