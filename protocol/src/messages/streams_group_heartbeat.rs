use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 88, kind = request, versions = 0..=0, flexible = 0.., response = StreamsGroupHeartbeatResponse)]
pub struct StreamsGroupHeartbeatRequest {
    pub group_id: GroupId,
    pub member_id: Str,
    pub member_epoch: i32,
    pub endpoint_information_epoch: i32,
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    #[wire(default = null)]
    pub topology: Option<Topology>,
    #[wire(default = null)]
    pub active_tasks: Option<Vec<TaskIds>>,
    #[wire(default = null)]
    pub standby_tasks: Option<Vec<TaskIds>>,
    #[wire(default = null)]
    pub warmup_tasks: Option<Vec<TaskIds>>,
    #[wire(default = null)]
    pub process_id: Option<Str>,
    #[wire(default = null)]
    pub user_endpoint: Option<Endpoint>,
    #[wire(default = null)]
    pub client_tags: Option<Vec<KeyValue>>,
    #[wire(default = null)]
    pub task_offsets: Option<Vec<TaskOffset>>,
    #[wire(default = null)]
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    pub shutdown_application: bool,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Topology {
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
    pub topic_configs: Vec<KeyValue>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
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

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskOffset {
    pub subtopology_id: Str,
    pub partition: i32,
    pub offset: i64,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 88, kind = response, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub member_id: Str,
    pub member_epoch: i32,
    pub heartbeat_interval_ms: i32,
    pub acceptable_recovery_lag: i32,
    pub task_offset_interval_ms: i32,
    pub status: Option<Vec<Status>>,
    #[wire(default = null)]
    pub active_tasks: Option<Vec<TaskIds>>,
    #[wire(default = null)]
    pub standby_tasks: Option<Vec<TaskIds>>,
    #[wire(default = null)]
    pub warmup_tasks: Option<Vec<TaskIds>>,
    pub endpoint_information_epoch: i32,
    #[wire(default = null)]
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Status {
    pub status_code: i8,
    pub status_detail: Str,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EndpointToPartitions {
    pub user_endpoint: Endpoint,
    pub active_partitions: Vec<TopicPartition>,
    pub standby_partitions: Vec<TopicPartition>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}
