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
