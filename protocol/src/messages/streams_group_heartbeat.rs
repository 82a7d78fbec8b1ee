use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Joins, keeps up with and leaves a streams group, whose tasks the coordinator assigns (KIP-1071). After the first
/// heartbeat only what has changed is sent.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 88, kind = request, versions = 0..=0, flexible = 0.., response = StreamsGroupHeartbeatResponse)]
pub struct StreamsGroupHeartbeatRequest {
    pub group_id: GroupId,
    /// Chosen by the client, a UUID in base64.
    pub member_id: Str,
    /// 0 joins, -1 leaves, -2 leaves for now as a static member; else the epoch last received.
    pub member_epoch: i32,
    /// The last `endpoint_information_epoch` received.
    pub endpoint_information_epoch: i32,
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    /// How long the member may take to give up tasks; -1 when unchanged.
    #[wire(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// Sent when joining only.
    #[wire(default = null)]
    pub topology: Option<Topology>,
    /// The active tasks the member owns. `None` when unchanged.
    #[wire(default = null)]
    pub active_tasks: Option<Vec<TaskIds>>,
    /// The standby tasks the member owns. `None` when unchanged.
    #[wire(default = null)]
    pub standby_tasks: Option<Vec<TaskIds>>,
    /// The warm-up tasks the member owns. `None` when unchanged.
    #[wire(default = null)]
    pub warmup_tasks: Option<Vec<TaskIds>>,
    /// Shared by all members of one process. `None` when unchanged.
    #[wire(default = null)]
    pub process_id: Option<Str>,
    /// Where the application serves interactive queries, if it does. `None` when unchanged.
    #[wire(default = null)]
    pub user_endpoint: Option<Endpoint>,
    /// For rack-aware assignment. `None` when unchanged.
    #[wire(default = null)]
    pub client_tags: Option<Vec<KeyValue>>,
    /// How far each task has restored its changelogs, summed over them. `None` when unchanged.
    #[wire(default = null)]
    pub task_offsets: Option<Vec<TaskOffset>>,
    /// How far each task's changelogs reach, summed over them. `None` when unchanged.
    #[wire(default = null)]
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    /// Ask every member of the group to stop.
    pub shutdown_application: bool,
}

/// What the application consists of.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Topology {
    /// Grows when the application changes its topology.
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
}

/// A part of the topology whose tasks run on their own.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<TopicName>,
    pub source_topic_regex: Vec<Str>,
    /// Created by the coordinator.
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<TopicName>,
    /// Created by the coordinator.
    pub repartition_source_topics: Vec<TopicInfo>,
    /// Sources that must have the same number of partitions.
    pub copartition_groups: Vec<CopartitionGroup>,
}

/// An internal topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicInfo {
    pub name: TopicName,
    /// 0 leaves the number to the coordinator, as always for changelogs.
    pub partitions: i32,
    /// 0 for the broker's default.
    pub replication_factor: i16,
    pub topic_configs: Vec<KeyValue>,
}

/// Indexes into the lists of the subtopology that have the same names.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

/// Tasks of one subtopology.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

/// A host and port of the application's.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

/// A key and its value.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

/// A sum of changelog offsets for one task.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskOffset {
    pub subtopology_id: Str,
    pub partition: i32,
    pub offset: i64,
}

/// The member's epoch and, when they have changed, its tasks.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 88, kind = response, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub member_id: Str,
    pub member_epoch: i32,
    /// When to send the next heartbeat at the latest.
    pub heartbeat_interval_ms: i32,
    /// A warm-up task this close to the end of its changelogs counts as caught up.
    pub acceptable_recovery_lag: i32,
    /// How often to send `task_offsets`.
    pub task_offset_interval_ms: i32,
    /// Conditions of the group that the application should know. `None` when there are none.
    pub status: Option<Vec<Status>>,
    /// The active tasks to own. `None` when unchanged.
    #[wire(default = null)]
    pub active_tasks: Option<Vec<TaskIds>>,
    /// The standby tasks to own. `None` when unchanged.
    #[wire(default = null)]
    pub standby_tasks: Option<Vec<TaskIds>>,
    /// The warm-up tasks to own. `None` when unchanged.
    #[wire(default = null)]
    pub warmup_tasks: Option<Vec<TaskIds>>,
    pub endpoint_information_epoch: i32,
    /// Where each partition can be queried. `None` when unchanged.
    #[wire(default = null)]
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

/// A condition of the group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Status {
    /// 0 stale topology, 1 missing source topics, 2 wrongly partitioned topics, 3 missing internal topics, 4 shutdown
    /// requested, 5 assignment delayed.
    pub status_code: i8,
    pub status_detail: Str,
}

/// The partitions that one endpoint holds.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct EndpointToPartitions {
    pub user_endpoint: Endpoint,
    pub active_partitions: Vec<TopicPartition>,
    pub standby_partitions: Vec<TopicPartition>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}
