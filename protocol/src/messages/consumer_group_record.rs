use bytes::Bytes;

use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupMetadataValue {
    pub epoch: i32,
    #[wire(tag = 0)]
    pub metadata_hash: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 4, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupPartitionMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 4, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupPartitionMetadataValue {
    pub topics: Vec<TopicMetadata>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicMetadata {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
    pub num_partitions: i32,
    pub partition_metadata: Vec<PartitionMetadata>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionMetadata {
    pub partition: i32,
    pub racks: Vec<Str>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 5, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 5, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupMemberMetadataValue {
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<TopicName>,
    pub subscribed_topic_regex: Option<Str>,
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    pub server_assignor: Option<Str>,
    #[wire(tag = 0, default = null)]
    pub classic_member_metadata: Option<ClassicMemberMetadata>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ClassicMemberMetadata {
    pub session_timeout_ms: i32,
    pub supported_protocols: Vec<ClassicProtocol>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ClassicProtocol {
    pub name: Str,
    pub metadata: Bytes,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 6, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 6, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 7, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 7, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
    pub partitions_pending_revocation: Vec<TopicPartitions>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
    #[wire(tag = 0, default = null)]
    pub assignment_epochs: Option<Vec<i32>>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupRegularExpressionKey {
    pub group_id: GroupId,
    pub regular_expression: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupRegularExpressionValue {
    pub topics: Vec<TopicName>,
    pub version: i64,
    pub timestamp: i64,
}
