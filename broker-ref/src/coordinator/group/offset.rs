//! Committed offsets, and those of open transactions.

use std::collections::{BTreeMap, BTreeSet};

use ottla_protocol::{
    messages::offset_commit_record::{OffsetCommitKey, OffsetCommitValue},
    types::{GroupId, ProducerId, TopicName},
    wire::{Str, Uuid},
};

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommittedOffset {
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    /// The topic that it was committed for; zero if nobody said.
    topic_id: Uuid,
    pub(super) metadata: Str,
    pub(super) commit_timestamp_ms: i64,
    /// When it expires, where the client said so itself.
    pub(super) expire_timestamp_ms: Option<i64>,
    /// The offset of the record that holds it: of two commits, the later record counts.
    record_offset: i64,
}

impl CommittedOffset {
    /// Whether it is of the topic with this id, as far as both are known: a topic that was deleted and created anew has
    /// its name back, but none of its offsets.
    pub(super) fn is_of(&self, topic_id: Uuid) -> bool {
        self.topic_id == topic_id || self.topic_id.is_zero() || topic_id.is_zero()
    }
}

/// Offsets by topic and partition.
pub(super) type GroupOffsets = BTreeMap<TopicName, BTreeMap<i32, CommittedOffset>>;

/// The offsets of all groups of a coordinator.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    committed: BTreeMap<GroupId, GroupOffsets>,
    /// By producer, as long as its transaction is open.
    pending: BTreeMap<ProducerId, BTreeMap<GroupId, GroupOffsets>>,
}

impl Offsets {
    /// Takes a record over, as committed or as part of a producer's transaction.
    pub(super) fn put(
        &mut self,
        record_offset: i64,
        producer_id: Option<ProducerId>,
        key: &OffsetCommitKey,
        value: &OffsetCommitValue,
    ) {
        let groups = match producer_id {
            Some(producer_id) => self.pending.entry(producer_id).or_default(),
            None => &mut self.committed,
        };
        let offset = CommittedOffset {
            offset: value.offset,
            leader_epoch: value.leader_epoch,
            topic_id: value.topic_id,
            metadata: value.metadata.detach(),
            commit_timestamp_ms: value.commit_timestamp,
            expire_timestamp_ms: Some(value.expire_timestamp).filter(|timestamp| *timestamp >= 0),
            record_offset,
        };
        let topics = groups.entry(key.group.detach()).or_default();
        topics.entry(key.topic.detach()).or_default().insert(key.partition, offset);
    }

    /// Takes an offset away, and with it what open transactions would commit in its place.
    pub(super) fn remove(&mut self, key: &OffsetCommitKey) {
        remove_from(&mut self.committed, key);
        self.pending.values_mut().for_each(|groups| remove_from(groups, key));
        self.pending.retain(|_, groups| !groups.is_empty());
    }

    /// Commits or drops what a producer's transaction holds.
    pub(super) fn end_transaction(&mut self, producer_id: ProducerId, committed: bool) {
        let Some(groups) = self.pending.remove(&producer_id) else { return };
        if !committed {
            return;
        }
        for (group, topics) in groups {
            let into = self.committed.entry(group).or_default();
            for (topic, partitions) in topics {
                let into = into.entry(topic).or_default();
                for (partition, offset) in partitions {
                    let newer = into.get(&partition).is_none_or(|present| present.record_offset < offset.record_offset);
                    if newer {
                        into.insert(partition, offset);
                    }
                }
            }
        }
    }

    pub(super) fn of_group(&self, group: &GroupId) -> Option<&GroupOffsets> {
        self.committed.get(group)
    }

    pub(super) fn is_pending(&self, group: &GroupId, topic: &TopicName, partition: i32) -> bool {
        self.pending_of(group).any(|topics| topics.get(topic).is_some_and(|offsets| offsets.contains_key(&partition)))
    }

    pub(super) fn has_open_transaction(&self, group: &GroupId) -> bool {
        self.pending_of(group).next().is_some()
    }

    /// Every partition of which the group has an offset, committed or in an open transaction, once.
    pub(super) fn partitions_of(&self, group: &GroupId) -> Vec<(TopicName, i32)> {
        let all = self.committed.get(group).into_iter().chain(self.pending_of(group));
        let each = all.flat_map(|topics| {
            let of_topic = |(topic, offsets): (&TopicName, &BTreeMap<i32, CommittedOffset>)| {
                offsets.keys().map(|partition| (topic.clone(), *partition)).collect::<Vec<_>>()
            };
            topics.iter().flat_map(of_topic)
        });
        each.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The partitions of a topic of which the group has an offset, committed or in an open transaction, once.
    pub(super) fn partitions_of_topic(&self, group: &GroupId, topic: &TopicName, topic_id: Uuid) -> BTreeSet<i32> {
        let all = self.committed.get(group).into_iter().chain(self.pending_of(group));
        let offsets = all.filter_map(|topics| topics.get(topic)).flatten();
        offsets.filter(|(_, offset)| offset.is_of(topic_id)).map(|(partition, _)| *partition).collect()
    }

    fn pending_of(&self, group: &GroupId) -> impl Iterator<Item = &GroupOffsets> {
        self.pending.values().filter_map(|groups| groups.get(group))
    }
}

fn remove_from(groups: &mut BTreeMap<GroupId, GroupOffsets>, key: &OffsetCommitKey) {
    let Some(topics) = groups.get_mut(&key.group) else { return };
    if let Some(partitions) = topics.get_mut(&key.topic) {
        partitions.remove(&key.partition);
        if partitions.is_empty() {
            topics.remove(&key.topic);
        }
    }
    if topics.is_empty() {
        groups.remove(&key.group);
    }
}
