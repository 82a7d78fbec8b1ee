//! Records of `__consumer_offsets` that hold streams groups (KIP-1071).

use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Wire};

/// Key of a group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupMetadataKey {
    pub group_id: GroupId,
}

/// A group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 17, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupMetadataValue {
    pub epoch: i32,
    /// Over the topics of the topology and their partitions, to notice when they change.
    pub metadata_hash: i64,
    /// The topology whose topics were found in order, -1 for none.
    #[wire(tag = 0, default = -1)]
    pub validated_topology_epoch: i32,
    /// The group's settings that the last assignment was computed with.
    #[wire(tag = 1)]
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig>>,
}

/// One setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct LastAssignmentConfig {
    pub key: Str,
    pub value: Str,
}

/// Key of what a member has told about itself.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 19, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member has told about itself.
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

/// A host and port of the application's.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

/// A tag of the member's.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

/// Key of the epoch of a group's target assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

/// The group epoch that the target assignment was computed for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 20, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    /// When it was computed, in milliseconds since the epoch; 0 when not known.
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

/// Key of the tasks a member should own.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// The tasks a member should own.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 21, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTargetAssignmentMemberValue {
    pub active_tasks: Vec<TargetTaskIds>,
    pub standby_tasks: Vec<TargetTaskIds>,
    pub warmup_tasks: Vec<TargetTaskIds>,
}

/// Tasks of one subtopology that a member should own.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TargetTaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

/// Key of the tasks a member owns.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// The tasks a member owns and how far it has followed its target.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 22, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    /// Accepted too, for a member that missed the response with the new one.
    pub previous_member_epoch: i32,
    /// 1 stable, 2 has tasks to give up, 3 waits for tasks that others give up.
    pub state: i8,
    pub active_tasks: Vec<CurrentTaskIds>,
    pub standby_tasks: Vec<CurrentTaskIds>,
    pub warmup_tasks: Vec<CurrentTaskIds>,
    pub active_tasks_pending_revocation: Vec<CurrentTaskIds>,
    pub standby_tasks_pending_revocation: Vec<CurrentTaskIds>,
    pub warmup_tasks_pending_revocation: Vec<CurrentTaskIds>,
}

/// Tasks of one subtopology that a member owns.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CurrentTaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
    /// When each task was assigned, in the order of `partitions`; fences late commits.
    #[wire(tag = 0)]
    pub assignment_epochs: Option<Vec<i32>>,
}

/// Key of a group's topology.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = data, versions = 0..=0, flexible = none)]
pub struct StreamsGroupTopologyKey {
    pub group_id: GroupId,
}

/// A group's topology.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 23, kind = data, versions = 0..=0, flexible = 0..)]
pub struct StreamsGroupTopologyValue {
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
}

/// A part of the topology whose tasks run on their own.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<TopicName>,
    pub source_topic_regex: Vec<Str>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<TopicName>,
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
    pub topic_configs: Vec<TopicConfig>,
}

/// One topic setting.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicConfig {
    pub key: Str,
    pub value: Str,
}

/// Indexes into the lists of the subtopology that have the same names.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let streams_group_metadata_key = StreamsGroupMetadataKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let streams_group_metadata_value = StreamsGroupMetadataValue {
            epoch: 1,
            metadata_hash: 2,
            validated_topology_epoch: 3,
            last_assignment_configs: Some(vec![LastAssignmentConfig { key: "k".into(), value: "v".into() }]),
        };
        0 =>
            b"\0\0\0\x01" b"\0\0\0\0\0\0\0\x02" b"\x02" b"\0\x04" b"\0\0\0\x03" b"\x01\x06" b"\x02" b"\x02k" b"\x02v"
            b"\0";
    }

    literals! {
        let streams_group_member_metadata_key = StreamsGroupMemberMetadataKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let streams_group_member_metadata_value = StreamsGroupMemberMetadataValue {
            instance_id: Some("ii".into()),
            rack_id: Some("ri".into()),
            client_id: "ci".into(),
            client_host: "ch".into(),
            rebalance_timeout_ms: 5,
            topology_epoch: 6,
            process_id: "pi".into(),
            user_endpoint: Some(Endpoint { host: "h".into(), port: 9092 }),
            client_tags: vec![KeyValue { key: "k".into(), value: "v".into() }],
        };
        0 =>
            b"\x03ii" b"\x03ri" b"\x03ci" b"\x03ch" b"\0\0\0\x05" b"\0\0\0\x06" b"\x03pi" b"\x01" b"\x02h" b"#\x84"
            b"\0" b"\x02" b"\x02k" b"\x02v" b"\0" b"\0";
    }

    literals! {
        let streams_group_target_assignment_metadata_key = StreamsGroupTargetAssignmentMetadataKey {
            group_id: "gi".into(),
        };
        0 => b"\0\x02gi";
    }

    literals! {
        let streams_group_target_assignment_metadata_value = StreamsGroupTargetAssignmentMetadataValue {
            assignment_epoch: 1,
            assignment_timestamp: 2,
        };
        0 => b"\0\0\0\x01" b"\x01" b"\0\x08" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let streams_group_target_assignment_member_key = StreamsGroupTargetAssignmentMemberKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let streams_group_target_assignment_member_value = StreamsGroupTargetAssignmentMemberValue {
            active_tasks: vec![TargetTaskIds { subtopology_id: "si".into(), partitions: vec![2] }],
            standby_tasks: vec![TargetTaskIds { subtopology_id: "si".into(), partitions: vec![4] }],
            warmup_tasks: vec![TargetTaskIds { subtopology_id: "si".into(), partitions: vec![6] }],
        };
        0 =>
            b"\x02" b"\x03si" b"\x02\0\0\0\x02" b"\0" b"\x02" b"\x03si" b"\x02\0\0\0\x04" b"\0" b"\x02" b"\x03si"
            b"\x02\0\0\0\x06" b"\0" b"\0";
    }

    literals! {
        let streams_group_current_member_assignment_key = StreamsGroupCurrentMemberAssignmentKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let streams_group_current_member_assignment_value = StreamsGroupCurrentMemberAssignmentValue {
            member_epoch: 1,
            previous_member_epoch: 2,
            state: 3,
            active_tasks: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![5],
                assignment_epochs: Some(vec![6]),
            }],
            standby_tasks: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![8],
                assignment_epochs: Some(vec![9]),
            }],
            warmup_tasks: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![11],
                assignment_epochs: Some(vec![12]),
            }],
            active_tasks_pending_revocation: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![14],
                assignment_epochs: Some(vec![15]),
            }],
            standby_tasks_pending_revocation: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![17],
                assignment_epochs: Some(vec![18]),
            }],
            warmup_tasks_pending_revocation: vec![CurrentTaskIds {
                subtopology_id: "si".into(),
                partitions: vec![20],
                assignment_epochs: Some(vec![21]),
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\x03" b"\x02" b"\x03si" b"\x02\0\0\0\x05" b"\x01" b"\0\x05" b"\x02\0\0\0\x06"
            b"\x02" b"\x03si" b"\x02\0\0\0\x08" b"\x01" b"\0\x05" b"\x02\0\0\0\x09" b"\x02" b"\x03si" b"\x02\0\0\0\x0b"
            b"\x01" b"\0\x05" b"\x02\0\0\0\x0c" b"\x02" b"\x03si" b"\x02\0\0\0\x0e" b"\x01" b"\0\x05" b"\x02\0\0\0\x0f"
            b"\x02" b"\x03si" b"\x02\0\0\0\x11" b"\x01" b"\0\x05" b"\x02\0\0\0\x12" b"\x02" b"\x03si" b"\x02\0\0\0\x14"
            b"\x01" b"\0\x05" b"\x02\0\0\0\x15" b"\0";
    }

    literals! {
        let streams_group_topology_key = StreamsGroupTopologyKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let streams_group_topology_value = StreamsGroupTopologyValue {
            epoch: 1,
            subtopologies: vec![Subtopology {
                subtopology_id: "si".into(),
                source_topics: vec!["st".into()],
                source_topic_regex: vec!["str".into()],
                state_changelog_topics: vec![TopicInfo {
                    name: "n".into(),
                    partitions: 6,
                    replication_factor: 7,
                    topic_configs: vec![TopicConfig { key: "k".into(), value: "v".into() }],
                }],
                repartition_sink_topics: vec!["rst".into()],
                repartition_source_topics: vec![TopicInfo {
                    name: "n".into(),
                    partitions: 12,
                    replication_factor: 13,
                    topic_configs: vec![TopicConfig { key: "k".into(), value: "v".into() }],
                }],
                copartition_groups: vec![CopartitionGroup {
                    source_topics: vec![16],
                    source_topic_regex: vec![17],
                    repartition_source_topics: vec![18],
                }],
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\x02" b"\x03si" b"\x02\x03st" b"\x02\x04str" b"\x02" b"\x02n" b"\0\0\0\x06" b"\0\x07"
            b"\x02" b"\x02k" b"\x02v" b"\0" b"\0" b"\x02\x04rst" b"\x02" b"\x02n" b"\0\0\0\x0c" b"\0\x0d" b"\x02"
            b"\x02k" b"\x02v" b"\0" b"\0" b"\x02" b"\x02\0\x10" b"\x02\0\x11" b"\x02\0\x12" b"\0" b"\0" b"\0";
    }
}
