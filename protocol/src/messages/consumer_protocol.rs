use bytes::Bytes;

use crate::types::TopicName;
use crate::wire::{Message, Str, Wire};

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=3, flexible = none)]
pub struct ConsumerProtocolSubscription {
    pub topics: Vec<TopicName>,
    #[wire(default = null)]
    pub user_data: Option<Bytes>,
    #[wire(versions = 1.., ignorable)]
    pub owned_partitions: Vec<TopicPartition>,
    #[wire(versions = 2.., default = -1, ignorable)]
    pub generation_id: i32,
    #[wire(versions = 3.., default = null, ignorable)]
    pub rack_id: Option<Str>,
}

#[derive(Wire, Clone, Debug, PartialEq)]
pub struct TopicPartition {
    pub topic: TopicName,
    pub partitions: Vec<i32>,
}

#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=3, flexible = none)]
pub struct ConsumerProtocolAssignment {
    pub assigned_partitions: Vec<TopicPartition>,
    #[wire(default = null)]
    pub user_data: Option<Bytes>,
}
