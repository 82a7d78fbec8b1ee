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
