use crate::error_code::ErrorCode;
use crate::types::{NodeId, TopicName};
use crate::wire::{Message, Uuid, Wire};

/// Asks for topics and partitions page by page (KIP-966).
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = request, versions = 0..=0, flexible = 0.., response = DescribeTopicPartitionsResponse)]
pub struct DescribeTopicPartitionsRequest {
    /// Empty for every topic.
    pub topics: Vec<TopicRequest>,
    #[wire(default = 2_000)]
    pub response_partition_limit: i32,
    /// Where the last response ended, `None` at first.
    #[wire(default = null)]
    pub cursor: Option<Cursor>,
}

/// A topic to describe.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicRequest {
    pub name: TopicName,
}

/// Where a page begins.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct Cursor {
    pub topic_name: TopicName,
    pub partition_index: i32,
}

/// One page of topics and partitions.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(key = 75, kind = response, versions = 0..=0, flexible = 0..)]
pub struct DescribeTopicPartitionsResponse {
    #[wire(ignorable)]
    pub throttle_time_ms: i32,
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Where the next page begins, `None` on the last one.
    #[wire(default = null)]
    pub next_cursor: Option<Cursor>,
}

/// One topic, or the part of it that fits the page.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    pub error_code: ErrorCode,
    pub name: Option<TopicName>,
    #[wire(ignorable)]
    pub topic_id: Uuid,
    #[wire(ignorable)]
    pub is_internal: bool,
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// Bit field over ACL operation codes; `i32::MIN` when not asked for.
    #[wire(default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
}

/// One partition and its replicas.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    pub error_code: ErrorCode,
    pub partition_index: i32,
    /// -1 when there is no leader.
    pub leader_id: NodeId,
    #[wire(default = -1, ignorable)]
    pub leader_epoch: i32,
    pub replica_nodes: Vec<NodeId>,
    pub isr_nodes: Vec<NodeId>,
    /// Replicas out of sync that still hold everything up to the high watermark.
    #[wire(default = null)]
    pub eligible_leader_replicas: Option<Vec<NodeId>>,
    /// Replicas that were eligible before they shut down uncleanly.
    #[wire(default = null)]
    pub last_known_elr: Option<Vec<NodeId>>,
    #[wire(ignorable)]
    pub offline_replicas: Vec<NodeId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let request = DescribeTopicPartitionsRequest {
            topics: vec![TopicRequest { name: "n".into() }],
            response_partition_limit: 2,
            cursor: Some(Cursor { topic_name: "tn".into(), partition_index: 4 }),
        };
        0 => b"\x02" b"\x02n" b"\0" b"\0\0\0\x02" b"\x01" b"\x03tn" b"\0\0\0\x04" b"\0" b"\0";
    }

    literals! {
        let response = DescribeTopicPartitionsResponse {
            throttle_time_ms: 1,
            topics: vec![DescribeTopicPartitionsResponseTopic {
                error_code: ErrorCode(2),
                name: Some("n".into()),
                topic_id: Uuid(*b"topic_id.......4"),
                is_internal: true,
                partitions: vec![DescribeTopicPartitionsResponsePartition {
                    error_code: ErrorCode(6),
                    partition_index: 7,
                    leader_id: NodeId(8),
                    leader_epoch: 9,
                    replica_nodes: vec![NodeId(10)],
                    isr_nodes: vec![NodeId(11)],
                    eligible_leader_replicas: Some(vec![NodeId(12)]),
                    last_known_elr: Some(vec![NodeId(13)]),
                    offline_replicas: vec![NodeId(14)],
                }],
                topic_authorized_operations: 15,
            }],
            next_cursor: Some(Cursor { topic_name: "tn".into(), partition_index: 17 }),
        };
        0 =>
            b"\0\0\0\x01" b"\x02" b"\0\x02" b"\x02n" b"topic_id.......4" b"\x01" b"\x02" b"\0\x06" b"\0\0\0\x07"
            b"\0\0\0\x08" b"\0\0\0\x09" b"\x02\0\0\0\x0a" b"\x02\0\0\0\x0b" b"\x02\0\0\0\x0c" b"\x02\0\0\0\x0d"
            b"\x02\0\0\0\x0e" b"\0" b"\0\0\0\x0f" b"\0" b"\x01" b"\x03tn" b"\0\0\0\x11" b"\0" b"\0";
    }
}
