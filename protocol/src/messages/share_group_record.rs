//! Records of `__consumer_offsets` that hold share groups (KIP-932).

use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Key of what a member has told about itself.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member has told about itself.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupMemberMetadataValue {
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<TopicName>,
}

/// Key of a group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupMetadataKey {
    pub group_id: GroupId,
}

/// A group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupMetadataValue {
    pub epoch: i32,
    /// Over the subscribed topics and their partitions, to notice when they change.
    pub metadata_hash: i64,
}

/// Key of the epoch of a group's target assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

/// The group epoch that the target assignment was computed for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    /// When it was computed, in milliseconds since the epoch; 0 when not known.
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

/// Key of what a member should fetch from.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member should fetch from.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// Key of what a member fetches from.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member fetches from.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    /// Accepted too, for a member that missed the response with the new one.
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// Key of which partitions of a group have share state.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupStatePartitionMetadataKey {
    pub group_id: GroupId,
}

/// Which partitions of a group have share state.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupStatePartitionMetadataValue {
    /// The share coordinator has been asked to create their state.
    pub initializing_topics: Vec<TopicPartitionsInfo>,
    pub initialized_topics: Vec<TopicPartitionsInfo>,
    /// The share coordinator has been asked to delete their state.
    pub deleting_topics: Vec<TopicInfo>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitionsInfo {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
    pub partitions: Vec<i32>,
}

/// One topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicInfo {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let share_group_member_metadata_key = ShareGroupMemberMetadataKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let share_group_member_metadata_value = ShareGroupMemberMetadataValue {
            rack_id: Some("ri".into()),
            client_id: "ci".into(),
            client_host: "ch".into(),
            subscribed_topic_names: vec!["stn".into()],
        };
        0 => b"\x03ri" b"\x03ci" b"\x03ch" b"\x02\x04stn" b"\0";
    }

    literals! {
        let share_group_metadata_key = ShareGroupMetadataKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let share_group_metadata_value = ShareGroupMetadataValue { epoch: 1, metadata_hash: 2 };
        0 => b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x02" b"\0";
    }

    literals! {
        let share_group_target_assignment_metadata_key = ShareGroupTargetAssignmentMetadataKey {
            group_id: "gi".into(),
        };
        0 => b"\0\x02gi";
    }

    literals! {
        let share_group_target_assignment_metadata_value = ShareGroupTargetAssignmentMetadataValue {
            assignment_epoch: 1,
            assignment_timestamp: 2,
        };
        0 => b"\0\0\0\x01" b"\x01" b"\0\x08" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let share_group_target_assignment_member_key = ShareGroupTargetAssignmentMemberKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let share_group_target_assignment_member_value = ShareGroupTargetAssignmentMemberValue {
            topic_partitions: vec![TopicPartition {
                topic_id: Uuid(*b"topic_id.......1"),
                partitions: vec![2],
            }],
        };
        0 => b"\x02" b"topic_id.......1" b"\x02\0\0\0\x02" b"\0" b"\0";
    }

    literals! {
        let share_group_current_member_assignment_key = ShareGroupCurrentMemberAssignmentKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let share_group_current_member_assignment_value = ShareGroupCurrentMemberAssignmentValue {
            member_epoch: 1,
            previous_member_epoch: 2,
            state: 3,
            assigned_partitions: vec![TopicPartitions {
                topic_id: Uuid(*b"topic_id.......4"),
                partitions: vec![5],
            }],
        };
        0 => b"\0\0\0\x01" b"\0\0\0\x02" b"\x03" b"\x02" b"topic_id.......4" b"\x02\0\0\0\x05" b"\0" b"\0";
    }

    literals! {
        let share_group_state_partition_metadata_key = ShareGroupStatePartitionMetadataKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let share_group_state_partition_metadata_value = ShareGroupStatePartitionMetadataValue {
            initializing_topics: vec![TopicPartitionsInfo {
                topic_id: Uuid(*b"topic_id.......1"),
                topic_name: "tn".into(),
                partitions: vec![3],
            }],
            initialized_topics: vec![TopicPartitionsInfo {
                topic_id: Uuid(*b"topic_id.......4"),
                topic_name: "tn".into(),
                partitions: vec![6],
            }],
            deleting_topics: vec![TopicInfo {
                topic_id: Uuid(*b"topic_id.......7"),
                topic_name: "tn".into(),
            }],
        };
        0 =>
            b"\x02" b"topic_id.......1" b"\x03tn" b"\x02\0\0\0\x03" b"\0" b"\x02" b"topic_id.......4" b"\x03tn"
            b"\x02\0\0\0\x06" b"\0" b"\x02" b"topic_id.......7" b"\x03tn" b"\0" b"\0";
    }
}
