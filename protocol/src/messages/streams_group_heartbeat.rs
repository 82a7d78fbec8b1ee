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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = StreamsGroupHeartbeatRequest {
            group_id: "gi".into(),
            member_id: "mi".into(),
            member_epoch: 3,
            endpoint_information_epoch: 4,
            instance_id: Some("ii".into()),
            rack_id: Some("ri".into()),
            rebalance_timeout_ms: 7,
            topology: Some(Topology {
                epoch: 8,
                subtopologies: vec![Subtopology {
                    subtopology_id: "si".into(),
                    source_topics: vec!["st".into()],
                    source_topic_regex: vec!["str".into()],
                    state_changelog_topics: vec![TopicInfo {
                        name: "n".into(),
                        partitions: 13,
                        replication_factor: 14,
                        topic_configs: vec![KeyValue { key: "k".into(), value: "v".into() }],
                    }],
                    repartition_sink_topics: vec!["rst".into()],
                    repartition_source_topics: vec![TopicInfo {
                        name: "n".into(),
                        partitions: 19,
                        replication_factor: 20,
                        topic_configs: vec![KeyValue { key: "k".into(), value: "v".into() }],
                    }],
                    copartition_groups: vec![CopartitionGroup {
                        source_topics: vec![23],
                        source_topic_regex: vec![24],
                        repartition_source_topics: vec![25],
                    }],
                }],
            }),
            active_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![27] }]),
            standby_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![29] }]),
            warmup_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![31] }]),
            process_id: Some("pi".into()),
            user_endpoint: Some(Endpoint { host: "h".into(), port: 9092 }),
            client_tags: Some(vec![KeyValue { key: "k".into(), value: "v".into() }]),
            task_offsets: Some(vec![TaskOffset { subtopology_id: "si".into(), partition: 38, offset: 39 }]),
            task_end_offsets: Some(vec![TaskOffset { subtopology_id: "si".into(), partition: 41, offset: 42 }]),
            shutdown_application: true,
        };
        0 =>
            b"\x03gi" b"\x03mi" b"\0\0\0\x03" b"\0\0\0\x04" b"\x03ii" b"\x03ri" b"\0\0\0\x07" b"\x01" b"\0\0\0\x08"
            b"\x02" b"\x03si" b"\x02\x03st" b"\x02\x04str" b"\x02" b"\x02n" b"\0\0\0\x0d" b"\0\x0e" b"\x02" b"\x02k"
            b"\x02v" b"\0" b"\0" b"\x02\x04rst" b"\x02" b"\x02n" b"\0\0\0\x13" b"\0\x14" b"\x02" b"\x02k" b"\x02v"
            b"\0" b"\0" b"\x02" b"\x02\0\x17" b"\x02\0\x18" b"\x02\0\x19" b"\0" b"\0" b"\0" b"\x02" b"\x03si"
            b"\x02\0\0\0\x1b" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0\x1d" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0\x1f" b"\0"
            b"\x03pi" b"\x01" b"\x02h" b"#\x84" b"\0" b"\x02" b"\x02k" b"\x02v" b"\0" b"\x02" b"\x03si" b"\0\0\0&"
            b"\0\0\0\0\0\0\0'" b"\0" b"\x02" b"\x03si" b"\0\0\0)" b"\0\0\0\0\0\0\0*" b"\0" b"\x01" b"\0";
    }

    literals! {
        let response = StreamsGroupHeartbeatResponse {
            throttle_time_ms: 1,
            error_code: ErrorCode(2),
            error_message: Some("em".into()),
            member_id: "mi".into(),
            member_epoch: 5,
            heartbeat_interval_ms: 6,
            acceptable_recovery_lag: 7,
            task_offset_interval_ms: 8,
            status: Some(vec![Status { status_code: 9, status_detail: "sd".into() }]),
            active_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![12] }]),
            standby_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![14] }]),
            warmup_tasks: Some(vec![TaskIds { subtopology_id: "si".into(), partitions: vec![16] }]),
            endpoint_information_epoch: 17,
            partitions_by_user_endpoint: Some(vec![EndpointToPartitions {
                user_endpoint: Endpoint { host: "h".into(), port: 9092 },
                active_partitions: vec![TopicPartition { topic: "t".into(), partitions: vec![21] }],
                standby_partitions: vec![TopicPartition { topic: "t".into(), partitions: vec![23] }],
            }]),
        };
        0 =>
            b"\0\0\0\x01" b"\0\x02" b"\x03em" b"\x03mi" b"\0\0\0\x05" b"\0\0\0\x06" b"\0\0\0\x07" b"\0\0\0\x08" b"\x02"
            b"\x09" b"\x03sd" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0\x0c" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0\x0e" b"\0"
            b"\x02" b"\x03si" b"\x02\0\0\0\x10" b"\0" b"\0\0\0\x11" b"\x02" b"\x02h" b"#\x84" b"\0" b"\x02" b"\x02t"
            b"\x02\0\0\0\x15" b"\0" b"\x02" b"\x02t" b"\x02\0\0\0\x17" b"\0" b"\0" b"\0";
    }
}
