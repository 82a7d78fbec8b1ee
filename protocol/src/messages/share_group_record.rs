use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 10, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupMemberMetadataValue {
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<TopicName>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 11, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 12, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 13, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 14, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = data, versions = 0..=0, flexible = none)]
pub struct ShareGroupStatePartitionMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 15, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ShareGroupStatePartitionMetadataValue {
    pub initializing_topics: Vec<TopicPartitionsInfo>,
    pub initialized_topics: Vec<TopicPartitionsInfo>,
    pub deleting_topics: Vec<TopicInfo>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitionsInfo {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicInfo {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
}
