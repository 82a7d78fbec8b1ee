use crate::error_code::ErrorCode;
use crate::types::{GroupId, TopicName};
use crate::wire::{Message, Str, Uuid, Wire};

/// Asks for the state and members of share groups. For admin tools.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 77, kind = request, versions = 1..=1, flexible = 1.., response = ShareGroupDescribeResponse)]
pub struct ShareGroupDescribeRequest {
    pub group_ids: Vec<GroupId>,
    pub include_authorized_operations: bool,
}

/// The groups that a [`ShareGroupDescribeRequest`] named.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 77, kind = response, versions = 1..=1, flexible = 1..)]
pub struct ShareGroupDescribeResponse {
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
    /// `Empty`, `Stable` or `Dead`.
    pub group_state: Str,
    pub group_epoch: i32,
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
    pub rack_id: Option<Str>,
    pub member_epoch: i32,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<TopicName>,
    pub assignment: Assignment,
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
        let request = ShareGroupDescribeRequest {
            group_ids: vec!["gi".into()],
            include_authorized_operations: true,
        };
        1 => b"\x02\x03gi" b"\x01" b"\0";
    }

    literals! {
        let response = ShareGroupDescribeResponse {
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
                    rack_id: Some("ri".into()),
                    member_epoch: 11,
                    client_id: "ci".into(),
                    client_host: "ch".into(),
                    subscribed_topic_names: vec!["stn".into()],
                    assignment: Assignment {
                        topic_partitions: vec![TopicPartitions {
                            topic_id: Uuid(*b"topic_id......15"),
                            topic_name: "tn".into(),
                            partitions: vec![17],
                        }],
                    },
                }],
                authorized_operations: 18,
            }],
        };
        1 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x03em" b"\x03gi" b"\x03gs" b"\0\0\0\x06" b"\0\0\0\x07" b"\x03an" b"\x02"
            b"\x03mi" b"\x03ri" b"\0\0\0\x0b" b"\x03ci" b"\x03ch" b"\x02\x04stn" b"\x02" b"topic_id......15" b"\x03tn"
            b"\x02\0\0\0\x11" b"\0" b"\0" b"\0" b"\0\0\0\x12" b"\0" b"\0";
    }
}
