//! Expiration of committed offsets, of groups without any, and of offsets of topics that are gone.

use ottla_protocol::{
    types::{GroupId, TopicName},
    wire::Uuid,
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    config::GroupConfig,
    offset::CommittedOffset,
    outcome::{Outcome, Undo},
    record::CoordinatorRecord,
};
use crate::clock::Moment;

impl GroupCoordinator {
    /// Takes away the offsets that nobody has used for the retention time, and empty groups that are left without any.
    ///
    /// To be called now and then; Kafka does so every 10 minutes.
    pub fn expire_offsets(&mut self, now: Moment) -> Outcome {
        let mut records = Vec::new();
        for group in self.groups.values() {
            let all_expired = self.expire_group(now.timestamp_ms, group, &mut records);
            if all_expired && group.is_empty() && group.pending_join.is_empty() {
                records.push(CoordinatorRecord::group(&group.id, None));
            }
        }
        without_replies(records)
    }

    /// Takes away the offsets of a topic that was deleted, of every group. Those of another topic that has the name now
    /// stay.
    pub fn topic_deleted(&mut self, topic: &TopicName, topic_id: Uuid) -> Outcome {
        let mut records = Vec::new();
        for id in self.groups.keys() {
            let of_topic = self.offsets.partitions_of_topic(id, topic, topic_id).into_iter();
            records.extend(of_topic.map(|partition| CoordinatorRecord::offset(id, topic, partition, None)));
        }
        without_replies(records)
    }

    /// Returns whether the group has nothing left that keeps it.
    fn expire_group(&self, now_ms: i64, group: &ClassicGroup, records: &mut Vec<CoordinatorRecord>) -> bool {
        let mut all_expired = !self.offsets.has_open_transaction(&group.id);
        for (topic, offsets) in self.offsets.of_group(&group.id).into_iter().flatten() {
            for (partition, offset) in offsets {
                let expired = is_expired(now_ms, &self.config, group, topic, offset);
                if expired && !self.offsets.is_pending(&group.id, topic, *partition) {
                    records.push(CoordinatorRecord::offset(&group.id, topic, *partition, None));
                } else {
                    all_expired = false;
                }
            }
        }
        all_expired
    }

    /// The records that take a group away with all its offsets.
    pub(super) fn tombstones(&self, group_id: &GroupId) -> Vec<CoordinatorRecord> {
        let partitions = self.offsets.partitions_of(group_id).into_iter();
        let offsets = partitions.map(|(topic, partition)| CoordinatorRecord::offset(group_id, &topic, partition, None));
        offsets.chain([CoordinatorRecord::group(group_id, None)]).collect()
    }
}

fn is_expired(
    now_ms: i64,
    config: &GroupConfig,
    group: &ClassicGroup,
    topic: &TopicName,
    offset: &CommittedOffset,
) -> bool {
    let Some(unused_since_ms) = unused_since_ms(group, offset) else { return false };
    if group.is_subscribed_to(topic) {
        return false;
    }
    match offset.expire_timestamp_ms {
        Some(timestamp_ms) => now_ms >= timestamp_ms,
        None => now_ms.saturating_sub(unused_since_ms) >= config.offsets_retention_ms,
    }
}

/// Since when an offset has had no user; none where it has one, or may have.
fn unused_since_ms(group: &ClassicGroup, offset: &CommittedOffset) -> Option<i64> {
    if group.protocol_type.is_none() {
        // Nobody ever joined: offsets are all that the group is for.
        return Some(offset.commit_timestamp_ms);
    }
    match group.state {
        GroupState::Empty => Some(group.state_since_ms.unwrap_or(offset.commit_timestamp_ms)),
        // The members are consumers of other topics, as far as is known.
        GroupState::Stable if group.are_consumers() && group.topics.is_some() => Some(offset.commit_timestamp_ms),
        _ => None,
    }
}

fn without_replies(records: Vec<CoordinatorRecord>) -> Outcome {
    Outcome { records, replies: Vec::new(), producer: None, undo: Undo::Nothing }
}
