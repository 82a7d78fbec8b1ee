use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64,
    #[wire(tag = 0, default = -1)]
    pub validated_topology_epoch: i32,
    #[wire(tag = 1, default = null)]
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LastAssignmentConfig {
    pub key: Str,
    pub value: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupMemberMetadataValue {
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    pub topology_epoch: i32,
    pub process_id: Str,
    #[wire(default = null)]
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTargetAssignmentMemberValue {
    pub active_tasks: Vec<TargetTaskIds>,
    pub standby_tasks: Vec<TargetTaskIds>,
    pub warmup_tasks: Vec<TargetTaskIds>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TargetTaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub active_tasks: Vec<CurrentTaskIds>,
    pub standby_tasks: Vec<CurrentTaskIds>,
    pub warmup_tasks: Vec<CurrentTaskIds>,
    pub active_tasks_pending_revocation: Vec<CurrentTaskIds>,
    pub standby_tasks_pending_revocation: Vec<CurrentTaskIds>,
    pub warmup_tasks_pending_revocation: Vec<CurrentTaskIds>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CurrentTaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
    #[wire(tag = 0, default = null)]
    pub assignment_epochs: Option<Vec<i32>>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTopologyKey {
    pub group_id: GroupId,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTopologyValue {
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<TopicName>,
    pub source_topic_regex: Vec<Str>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<TopicName>,
    pub repartition_source_topics: Vec<TopicInfo>,
    pub copartition_groups: Vec<CopartitionGroup>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicInfo {
    pub name: TopicName,
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<TopicConfig>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicConfig {
    pub key: Str,
    pub value: Str,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}
