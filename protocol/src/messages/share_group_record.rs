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
