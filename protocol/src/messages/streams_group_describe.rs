use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Asks for the state, topology and members of streams groups. For admin tools.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 89, kind = request, versions = 0..=0, flexible = 0.., response = StreamsGroupDescribeResponse)]
pub struct StreamsGroupDescribeRequest {
    pub group_ids: Vec<GroupId>,
    pub include_authorized_operations: bool,
}

/// The groups that a [`StreamsGroupDescribeRequest`] named.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 89, kind = response, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

/// One group.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: ErrorCode,
    #[wire(default = null)]
    pub error_message: Option<Str>,
    pub group_id: GroupId,
    /// `Empty`, `NotReady`, `Assigning`, `Reconciling`, `Stable` or `Dead`.
    pub group_state: Str,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    #[wire(default = null)]
    pub topology: Option<Topology>,
    pub members: Vec<Member>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(default = -0x8000_0000)]
    pub authorized_operations: i32,
}

/// What the application consists of.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Topology {
    pub epoch: i32,
    #[wire(default = null)]
    pub subtopologies: Option<Vec<Subtopology>>,
}

/// A part of the topology whose tasks run on their own.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<TopicName>,
    pub repartition_sink_topics: Vec<TopicName>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_source_topics: Vec<TopicInfo>,
}

/// An internal topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicInfo {
    pub name: TopicName,
    /// 0 when the number follows from the sources.
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<KeyValue>,
}

/// A key and its value.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

/// One member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Member {
    pub member_id: Str,
    pub member_epoch: i32,
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub topology_epoch: i32,
    pub process_id: Str,
    #[wire(default = null)]
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
    pub task_offsets: Vec<TaskOffset>,
    pub task_end_offsets: Vec<TaskOffset>,
    /// The tasks the member owns now.
    pub assignment: Assignment,
    /// The tasks the member should own.
    pub target_assignment: Assignment,
    /// The member uses the classic protocol.
    pub is_classic: bool,
}

/// A host and port of the application's.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

/// A sum of changelog offsets for one task.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskOffset {
    pub subtopology_id: Str,
    pub partition: i32,
    pub offset: i64,
}

/// Tasks of any subtopologies.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
}

/// Tasks of one subtopology.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = StreamsGroupDescribeRequest {
            group_ids: vec!["gi".into()],
            include_authorized_operations: true,
        };
        0 => b"\x02\x03gi" b"\x01" b"\0";
    }

    literals! {
        let response = StreamsGroupDescribeResponse {
            throttle_time_ms: 1,
            groups: vec![DescribedGroup {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                group_id: "gi".into(),
                group_state: "gs".into(),
                group_epoch: 6,
                assignment_epoch: 7,
                topology: Some(Topology {
                    epoch: 8,
                    subtopologies: Some(vec![Subtopology {
                        subtopology_id: "si".into(),
                        source_topics: vec!["st".into()],
                        repartition_sink_topics: vec!["rst".into()],
                        state_changelog_topics: vec![TopicInfo {
                            name: "n".into(),
                            partitions: 13,
                            replication_factor: 14,
                            topic_configs: vec![KeyValue { key: "k".into(), value: "v".into() }],
                        }],
                        repartition_source_topics: vec![TopicInfo {
                            name: "n".into(),
                            partitions: 18,
                            replication_factor: 19,
                            topic_configs: vec![KeyValue { key: "k".into(), value: "v".into() }],
                        }],
                    }]),
                }),
                members: vec![Member {
                    member_id: "mi".into(),
                    member_epoch: 23,
                    instance_id: Some("ii".into()),
                    rack_id: Some("ri".into()),
                    client_id: "ci".into(),
                    client_host: "ch".into(),
                    topology_epoch: 28,
                    process_id: "pi".into(),
                    user_endpoint: Some(Endpoint { host: "h".into(), port: 9092 }),
                    client_tags: vec![KeyValue { key: "k".into(), value: "v".into() }],
                    task_offsets: vec![TaskOffset { subtopology_id: "si".into(), partition: 35, offset: 36 }],
                    task_end_offsets: vec![TaskOffset { subtopology_id: "si".into(), partition: 38, offset: 39 }],
                    assignment: Assignment {
                        active_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![41] }],
                        standby_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![43] }],
                        warmup_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![45] }],
                    },
                    target_assignment: Assignment {
                        active_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![47] }],
                        standby_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![49] }],
                        warmup_tasks: vec![TaskIds { subtopology_id: "si".into(), partitions: vec![51] }],
                    },
                    is_classic: true,
                }],
                authorized_operations: 53,
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x03gi" b"\x03gs" b"\0\0\0\x06" b"\0\0\0\x07" b"\x01"
            b"\0\0\0\x08" b"\x02" b"\x03si" b"\x02\x03st" b"\x02\x04rst" b"\x02" b"\x02n" b"\0\0\0\x0d" b"\0\x0e"
            b"\x02" b"\x02k" b"\x02v" b"\0" b"\0" b"\x02" b"\x02n" b"\0\0\0\x12" b"\0\x13" b"\x02" b"\x02k" b"\x02v"
            b"\0" b"\0" b"\0" b"\0" b"\x02" b"\x03mi" b"\0\0\0\x17" b"\x03ii" b"\x03ri" b"\x03ci" b"\x03ch"
            b"\0\0\0\x1c" b"\x03pi" b"\x01" b"\x02h" b"#\x84" b"\0" b"\x02" b"\x02k" b"\x02v" b"\0" b"\x02" b"\x03si"
            b"\0\0\0#" b"\0\0\0\0\0\0\0$" b"\0" b"\x02" b"\x03si" b"\0\0\0&" b"\0\0\0\0\0\0\0'" b"\0" b"\x02" b"\x03si"
            b"\x02\0\0\0)" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0+" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0-" b"\0" b"\0"
            b"\x02" b"\x03si" b"\x02\0\0\0/" b"\0" b"\x02" b"\x03si" b"\x02\0\0\x001" b"\0" b"\x02" b"\x03si"
            b"\x02\0\0\x003" b"\0" b"\0" b"\x01" b"\0" b"\0\0\x005" b"\0" b"\0";
    }
}
