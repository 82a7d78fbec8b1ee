//! What the members of a classic consumer group tell each other through the coordinator: each blob is a two-byte
//! version followed by one of these messages in it.

use bytes::Bytes;

use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

/// What a member tells the group's leader in JoinGroup.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=3, flexible = none)]
pub struct ConsumerProtocolSubscription {
    pub topics: Vec<TopicName>,
    /// For the assignor, such as the sticky assignors' previous assignment.
    #[wire(default = null)]
    pub user_data: Option<Bytes>,
    /// What the member holds, for cooperative rebalancing (KIP-429).
    #[wire(versions = 1.., ignorable)]
    pub owned_partitions: Vec<TopicPartition>,
    /// The generation in which `owned_partitions` was assigned, -1 when not known (KIP-792).
    #[wire(versions = 2.., default = -1, ignorable)]
    pub generation_id: i32,
    #[wire(versions = 3.., default = null, ignorable)]
    pub rack_id: Option<Str>,
}

/// Partitions of one topic.
#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

/// What the leader assigns to a member in SyncGroup.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=3, flexible = none)]
pub struct ConsumerProtocolAssignment {
    pub assigned_partitions: Vec<TopicPartition>,
    #[wire(default = null)]
    pub user_data: Option<Bytes>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::literal::literals;

    literals! {
        let mut consumer_protocol_subscription = ConsumerProtocolSubscription {
            topics: vec!["t".into()],
            user_data: Some(Bytes::from_static(b"user_data")),
            owned_partitions: vec![TopicPartition { topic: "t".into(), partitions: vec![4] }],
            generation_id: 5,
            rack_id: Some("ri".into()),
        };
        3 =>
            b"\0\0\0\x01\0\x01t" b"\0\0\0\x09user_data" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x04" b"\0\0\0\x05"
            b"\0\x02ri";
        consumer_protocol_subscription.rack_id = None;
        2 => b"\0\0\0\x01\0\x01t" b"\0\0\0\x09user_data" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x04" b"\0\0\0\x05";
        consumer_protocol_subscription.generation_id = -1;
        1 => b"\0\0\0\x01\0\x01t" b"\0\0\0\x09user_data" b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x04";
        consumer_protocol_subscription.owned_partitions = vec![];
        0 => b"\0\0\0\x01\0\x01t" b"\0\0\0\x09user_data";
    }

    literals! {
        let consumer_protocol_assignment = ConsumerProtocolAssignment {
            assigned_partitions: vec![TopicPartition { topic: "t".into(), partitions: vec![2] }],
            user_data: Some(Bytes::from_static(b"user_data")),
        };
        0..=3 => b"\0\0\0\x01" b"\0\x01t" b"\0\0\0\x01\0\0\0\x02" b"\0\0\0\x09user_data";
    }
}
