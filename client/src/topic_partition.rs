//! A partition of a topic.

use std::fmt;

use ottla_protocol::types::TopicName;

/// A partition of a topic. Ordered by topic, then partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: TopicName,
    /// The partition's index, from 0 on.
    pub partition: i32,
}

impl TopicPartition {
    /// The partition of this index of the topic of this name.
    pub fn new(topic: impl Into<TopicName>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    /// Writes `topic-partition`, as Kafka does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}
