//! Partitions by number, so that an algorithm compares and looks up integers and not names.

use std::{collections::HashSet, ops::Range};

use ottla_protocol::{types::TopicName, wire::Str};

use super::{ClusterTopics, Member};
use crate::topic_partition::TopicPartition;

/// The partitions of the topics that some member subscribes to, numbered by topic name and partition.
pub(super) struct Layout<'a> {
    /// By name.
    topics: Vec<&'a TopicName>,
    /// The number of each topic's first partition, and after the last one the count of all.
    first: Vec<usize>,
    /// The topic of each partition.
    topic_of: Vec<usize>,
    /// The racks of each partition.
    racks: Vec<&'a [Str]>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(cluster: &'a ClusterTopics, members: &[Member]) -> Self {
        let subscribed: HashSet<_> = members.iter().flat_map(|member| &member.subscription.topics).collect();
        let mut layout = Self { topics: Vec::new(), first: vec![0], topic_of: Vec::new(), racks: Vec::new() };
        for (topic, racks) in cluster.iter().filter(|(topic, racks)| !racks.is_empty() && subscribed.contains(topic)) {
            layout.racks.extend(racks.iter().map(Vec::as_slice));
            layout.topic_of.resize(layout.racks.len(), layout.topics.len());
            layout.topics.push(topic);
            layout.first.push(layout.racks.len());
        }
        layout
    }

    pub(super) fn topic_count(&self) -> usize {
        self.topics.len()
    }

    pub(super) fn partition_count(&self) -> usize {
        self.racks.len()
    }

    /// The number of a topic, if it is among these.
    pub(super) fn topic(&self, name: &TopicName) -> Option<usize> {
        self.topics.binary_search(&name).ok()
    }

    /// The number of a partition, if there is such a one.
    pub(super) fn partition(&self, partition: &TopicPartition) -> Option<usize> {
        let partitions = self.partitions(self.topic(&partition.topic)?);
        let number = partitions.start.checked_add(usize::try_from(partition.partition).ok()?)?;
        partitions.contains(&number).then_some(number)
    }

    /// The partitions of a topic.
    pub(super) fn partitions(&self, topic: usize) -> Range<usize> {
        self.first[topic]..self.first[topic + 1]
    }

    pub(super) fn topic_of(&self, partition: usize) -> usize {
        self.topic_of[partition]
    }

    pub(super) fn racks_of(&self, partition: usize) -> &'a [Str] {
        self.racks[partition]
    }

    /// The racks of all partitions.
    pub(super) fn racks(&self) -> impl Iterator<Item = &'a [Str]> + Clone {
        self.racks.iter().copied()
    }

    /// The index of a partition within its topic.
    pub(super) fn index(&self, partition: usize) -> usize {
        partition - self.first[self.topic_of[partition]]
    }

    pub(super) fn name(&self, partition: usize) -> TopicPartition {
        let index = i32::try_from(self.index(partition)).unwrap_or(i32::MAX);
        TopicPartition::new(self.topics[self.topic_of[partition]], index)
    }
}
