use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the state and members of consumer groups. For admin tools.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 69, kind = request, versions = 0..=1, flexible = 0.., response = ConsumerGroupDescribeResponse)]
pub struct ConsumerGroupDescribeRequest {
    pub group_ids: Vec<GroupId>,
    pub include_authorized_operations: bool,
}

/// The groups that a [`ConsumerGroupDescribeRequest`] named.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 69, kind = response, versions = 0..=1, flexible = 0..)]
pub struct ConsumerGroupDescribeResponse {
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
    /// `Empty`, `Assigning`, `Reconciling`, `Stable` or `Dead`.
    pub group_state: Str,
    /// Grows with every change of members, subscriptions or topics.
    pub group_epoch: i32,
    /// The group epoch that the target assignment was computed for.
    pub assignment_epoch: i32,
    pub assignor_name: Str,
    pub members: Vec<Member>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(default = -0x8000_0000)]
    pub authorized_operations: i32,
}

/// One member.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Member {
    pub member_id: Str,
    #[wire(default = null)]
    pub instance_id: Option<Str>,
    #[wire(default = null)]
    pub rack_id: Option<Str>,
    pub member_epoch: i32,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<TopicName>,
    #[wire(default = null)]
    pub subscribed_topic_regex: Option<Str>,
    /// What the member owns now.
    pub assignment: Assignment,
    /// What the member should own.
    pub target_assignment: Assignment,
    /// 0 classic protocol, 1 consumer protocol, -1 not known (KIP-1099).
    #[wire(versions = 1.., default = -1, ignorable)]
    pub member_type: i8,
}

/// Partitions of any topics.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub topic_name: TopicName,
    pub partitions: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = ConsumerGroupDescribeRequest {
            group_ids: vec!["gi".into()],
            include_authorized_operations: true,
        };
        0..=1 => b"\x02\x03gi" b"\x01" b"\0";
    }

    literals! {
        let mut response = ConsumerGroupDescribeResponse {
            throttle_time_ms: 1,
            groups: vec![DescribedGroup {
                error_code: ErrorCode(2),
                error_message: Some("em".into()),
                group_id: "gi".into(),
                group_state: "gs".into(),
                group_epoch: 6,
                assignment_epoch: 7,
                assignor_name: "an".into(),
                members: vec![Member {
                    member_id: "mi".into(),
                    instance_id: Some("ii".into()),
                    rack_id: Some("ri".into()),
                    member_epoch: 12,
                    client_id: "ci".into(),
                    client_host: "ch".into(),
                    subscribed_topic_names: vec!["stn".into()],
                    subscribed_topic_regex: Some("str".into()),
                    assignment: Assignment {
                        topic_partitions: vec![TopicPartitions {
                            topic_id: Uuid(*b"topic_id......17"),
                            topic_name: "tn".into(),
                            partitions: vec![19],
                        }],
                    },
                    target_assignment: Assignment {
                        topic_partitions: vec![TopicPartitions {
                            topic_id: Uuid(*b"topic_id......20"),
                            topic_name: "tn".into(),
                            partitions: vec![22],
                        }],
                    },
                    member_type: 23,
                }],
                authorized_operations: 24,
            }],
        };
        1 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x03gi" b"\x03gs" b"\0\0\0\x06" b"\0\0\0\x07" b"\x03an" b"\x02"
            b"\x03mi" b"\x03ii" b"\x03ri" b"\0\0\0\x0c" b"\x03ci" b"\x03ch" b"\x02\x04stn" b"\x04str" b"\x02"
            b"topic_id......17" b"\x03tn" b"\x02\0\0\0\x13" b"\0" b"\0" b"\x02" b"topic_id......20" b"\x03tn"
            b"\x02\0\0\0\x16" b"\0" b"\0" b"\x17" b"\0" b"\0\0\0\x18" b"\0" b"\0";
        response.groups[0].members[0].member_type = -1;
        0 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x03gi" b"\x03gs" b"\0\0\0\x06" b"\0\0\0\x07" b"\x03an" b"\x02"
            b"\x03mi" b"\x03ii" b"\x03ri" b"\0\0\0\x0c" b"\x03ci" b"\x03ch" b"\x02\x04stn" b"\x04str" b"\x02"
            b"topic_id......17" b"\x03tn" b"\x02\0\0\0\x13" b"\0" b"\0" b"\x02" b"topic_id......20" b"\x03tn"
            b"\x02\0\0\0\x16" b"\0" b"\0" b"\0" b"\0\0\0\x18" b"\0" b"\0";
    }
}
