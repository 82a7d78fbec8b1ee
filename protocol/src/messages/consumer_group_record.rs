//! Records of `__consumer_offsets` that hold consumer groups (KIP-848). One record per group or member and aspect; a
//! tombstone removes it.

use bytes::Bytes;

use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Key of a group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupMetadataKey {
    pub group_id: GroupId,
}

/// A group's epoch.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 3, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupMetadataValue {
    pub epoch: i32,
    /// Over the subscribed topics and their partitions, to notice when they change.
    #[wire(tag = 0)]
    pub metadata_hash: i64,
}

/// Key of the topics a group subscribes to.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 4, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupPartitionMetadataKey {
    pub group_id: GroupId,
}

/// The topics a group subscribes to. Replaced by `metadata_hash` in Kafka 4.1, and only deleted since.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 4, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupPartitionMetadataValue {
    pub topics: Vec<TopicMetadata>,
}

/// One topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicMetadata {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
    pub num_partitions: i32,
    pub partition_metadata: Vec<PartitionMetadata>,
}

/// The racks of one partition's replicas.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct PartitionMetadata {
    pub partition: i32,
    pub racks: Vec<Str>,
}

/// Key of what a member has told about itself.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 5, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupMemberMetadataKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member has told about itself.
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
    /// Set for a member that uses the classic protocol.
    #[wire(tag = 0)]
    pub classic_member_metadata: Option<ClassicMemberMetadata>,
}

/// What a member that uses the classic protocol has told beyond the rest.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ClassicMemberMetadata {
    pub session_timeout_ms: i32,
    pub supported_protocols: Vec<ClassicProtocol>,
}

/// One assignor the member can use.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct ClassicProtocol {
    pub name: Str,
    pub metadata: Bytes,
}

/// Key of the epoch of a group's target assignment.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 6, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupTargetAssignmentMetadataKey {
    pub group_id: GroupId,
}

/// The group epoch that the target assignment was computed for.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 6, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    /// When it was computed, in milliseconds since the epoch; 0 when not known.
    #[wire(tag = 0, ignorable)]
    pub assignment_timestamp: i64,
}

/// Key of what a member should own.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 7, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupTargetAssignmentMemberKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member should own.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 7, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

/// Key of what a member owns.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    pub group_id: GroupId,
    pub member_id: Str,
}

/// What a member owns and how far it has followed its target.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 8, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    /// Accepted too, for a member that missed the response with the new one.
    pub previous_member_epoch: i32,
    /// 0 stable, 1 has partitions to give up, 2 waits for partitions that others give up.
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
    pub partitions_pending_revocation: Vec<TopicPartitions>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
    /// When each partition was assigned, in the order of `partitions`; fences late commits.
    #[wire(tag = 0)]
    pub assignment_epochs: Option<Vec<i32>>,
}

/// Key of the topics that a regular expression matches.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = data, versions = 0..=0, flexible = none)]
pub struct ConsumerGroupRegularExpressionKey {
    pub group_id: GroupId,
    pub regular_expression: Str,
}

/// The topics that a regular expression matched when it was last resolved.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 16, kind = data, versions = 0..=0, flexible = 0..)]
pub struct ConsumerGroupRegularExpressionValue {
    pub topics: Vec<TopicName>,
    /// The version of the metadata image that was searched.
    pub version: i64,
    pub timestamp: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let consumer_group_metadata_key = ConsumerGroupMetadataKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let consumer_group_metadata_value = ConsumerGroupMetadataValue { epoch: 1, metadata_hash: 2 };
        0 => b"\0\0\0\x01" b"\x01" b"\0\x08" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let consumer_group_partition_metadata_key = ConsumerGroupPartitionMetadataKey { group_id: "gi".into() };
        0 => b"\0\x02gi";
    }

    literals! {
        let consumer_group_partition_metadata_value = ConsumerGroupPartitionMetadataValue {
            topics: vec![TopicMetadata {
                topic_id: Uuid(*b"topic_id.......1"),
                topic_name: "tn".into(),
                num_partitions: 3,
                partition_metadata: vec![PartitionMetadata { partition: 4, racks: vec!["r".into()] }],
            }],
        };
        0 => b"\x02" b"topic_id.......1" b"\x03tn" b"\0\0\0\x03" b"\x02" b"\0\0\0\x04" b"\x02\x02r" b"\0" b"\0" b"\0";
    }

    literals! {
        let consumer_group_member_metadata_key = ConsumerGroupMemberMetadataKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let consumer_group_member_metadata_value = ConsumerGroupMemberMetadataValue {
            instance_id: Some("ii".into()),
            rack_id: Some("ri".into()),
            client_id: "ci".into(),
            client_host: "ch".into(),
            subscribed_topic_names: vec!["stn".into()],
            subscribed_topic_regex: Some("str".into()),
            rebalance_timeout_ms: 7,
            server_assignor: Some("sa".into()),
            classic_member_metadata: Some(ClassicMemberMetadata {
                session_timeout_ms: 9,
                supported_protocols: vec![ClassicProtocol {
                    name: "n".into(),
                    metadata: Bytes::from_static(b"metadata"),
                }],
            }),
        };
        0 =>
            b"\x03ii" b"\x03ri" b"\x03ci" b"\x03ch" b"\x02\x04stn" b"\x04str" b"\0\0\0\x07" b"\x03sa" b"\x01" b"\0\x13"
            b"\x01" b"\0\0\0\x09" b"\x02" b"\x02n" b"\x09metadata" b"\0" b"\0";
    }

    literals! {
        let consumer_group_target_assignment_metadata_key = ConsumerGroupTargetAssignmentMetadataKey {
            group_id: "gi".into(),
        };
        0 => b"\0\x02gi";
    }

    literals! {
        let consumer_group_target_assignment_metadata_value = ConsumerGroupTargetAssignmentMetadataValue {
            assignment_epoch: 1,
            assignment_timestamp: 2,
        };
        0 => b"\0\0\0\x01" b"\x01" b"\0\x08" b"\0\0\0\0\0\0\0\x02";
    }

    literals! {
        let consumer_group_target_assignment_member_key = ConsumerGroupTargetAssignmentMemberKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let consumer_group_target_assignment_member_value = ConsumerGroupTargetAssignmentMemberValue {
            topic_partitions: vec![TopicPartition {
                topic_id: Uuid(*b"topic_id.......1"),
                partitions: vec![2],
            }],
        };
        0 => b"\x02" b"topic_id.......1" b"\x02\0\0\0\x02" b"\0" b"\0";
    }

    literals! {
        let consumer_group_current_member_assignment_key = ConsumerGroupCurrentMemberAssignmentKey {
            group_id: "gi".into(),
            member_id: "mi".into(),
        };
        0 => b"\0\x02gi" b"\0\x02mi";
    }

    literals! {
        let consumer_group_current_member_assignment_value = ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: 1,
            previous_member_epoch: 2,
            state: 3,
            assigned_partitions: vec![TopicPartitions {
                topic_id: Uuid(*b"topic_id.......4"),
                partitions: vec![5],
                assignment_epochs: Some(vec![6]),
            }],
            partitions_pending_revocation: vec![TopicPartitions {
                topic_id: Uuid(*b"topic_id.......7"),
                partitions: vec![8],
                assignment_epochs: Some(vec![9]),
            }],
        };
        0 =>
            b"\0\0\0\x01" b"\0\0\0\x02" b"\x03" b"\x02" b"topic_id.......4" b"\x02\0\0\0\x05" b"\x01" b"\0\x05"
            b"\x02\0\0\0\x06" b"\x02" b"topic_id.......7" b"\x02\0\0\0\x08" b"\x01" b"\0\x05" b"\x02\0\0\0\x09" b"\0";
    }

    literals! {
        let consumer_group_regular_expression_key = ConsumerGroupRegularExpressionKey {
            group_id: "gi".into(),
            regular_expression: "re".into(),
        };
        0 => b"\0\x02gi" b"\0\x02re";
    }

    literals! {
        let consumer_group_regular_expression_value = ConsumerGroupRegularExpressionValue {
            topics: vec!["t".into()],
            version: 2,
            timestamp: 3,
        };
        0 => b"\x02\x02t" b"\0\0\0\0\0\0\0\x02" b"\0\0\0\0\0\0\0\x03" b"\0";
    }
}
