//! The partitions there are to assign.

use std::collections::BTreeMap;

use ottla_protocol::{types::TopicName, wire::Str};

/// Topics with their partitions and, where known, the racks of their replicas.
///
/// A subscribed topic that is not here has no metadata yet, and is left out of the assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterTopics {
    /// For each partition of a topic the racks of its replicas, sorted, each once.
    topics: BTreeMap<TopicName, Vec<Vec<Str>>>,
}

impl ClusterTopics {
    /// No topics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a topic with partitions 0 to `partitions` - 1, whose racks are not known.
    pub fn insert(&mut self, topic: impl Into<TopicName>, partitions: usize) {
        self.topics.insert(topic.into(), vec![Vec::new(); partitions]);
    }

    /// Adds a topic with the racks of the replicas of each partition, from partition 0 on. Offline replicas count: they
    /// are likely back before the next rebalance.
    pub fn insert_with_racks<R>(&mut self, topic: impl Into<TopicName>, partitions: impl IntoIterator<Item = R>)
    where
        R: IntoIterator<Item = Str>,
    {
        let racks = partitions.into_iter().map(|replicas| {
            let mut racks: Vec<Str> = replicas.into_iter().collect();
            racks.sort_unstable();
            racks.dedup();
            racks
        });
        self.topics.insert(topic.into(), racks.collect());
    }

    /// How many partitions a topic has; 0 if it is not here.
    pub fn partition_count(&self, topic: &str) -> usize {
        self.racks(topic).len()
    }

    /// The racks of each partition of a topic; empty if it is not here.
    pub(super) fn racks(&self, topic: &str) -> &[Vec<Str>] {
        self.topics.get(topic).map_or(&[], Vec::as_slice)
    }

    /// The topics by name with the racks of each partition.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&TopicName, &[Vec<Str>])> {
        self.topics.iter().map(|(topic, racks)| (topic, racks.as_slice()))
    }
}

/// Whether racks should decide anything: some consumer is in a rack with replicas, and not all racks have all partitions.
pub(super) fn racks_matter<'a>(
    consumers: impl IntoIterator<Item = &'a str>,
    partitions: impl IntoIterator<Item = &'a [Str]> + Clone,
) -> bool {
    let mut all: Vec<&str> = partitions.clone().into_iter().flatten().map(|rack| &**rack).collect();
    all.sort_unstable();
    all.dedup();
    consumers.into_iter().any(|rack| all.binary_search(&rack).is_ok())
        && !partitions.into_iter().all(|racks| racks.iter().map(|rack| &**rack).eq(all.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(racks: &[&[&'static str]]) -> ClusterTopics {
        let mut topics = ClusterTopics::new();
        topics.insert_with_racks("t", racks.iter().map(|racks| racks.iter().map(|rack| Str::from_static(rack))));
        topics
    }

    fn matter(consumers: &[&str], racks: &[&[&'static str]]) -> bool {
        let topics = topics(racks);
        racks_matter(consumers.iter().copied(), topics.racks("t").iter().map(Vec::as_slice))
    }

    #[test]
    fn racks_matter_where_some_partition_is_not_in_a_consumers_rack() {
        assert!(matter(&["a"], &[&["a", "b"], &["b", "c"]]));
        assert!(!matter(&["a", "b"], &[&["a", "b"], &["b", "a", "b"]]), "all racks have all partitions");
        assert!(!matter(&["x"], &[&["a"], &["b"]]), "no consumer is near a replica");
        assert!(!matter(&[], &[&["a"], &["b"]]));
        assert!(!matter(&["a"], &[&[], &[]]));
    }

    #[test]
    fn partitions_are_counted_with_and_without_racks() {
        let mut topics = topics(&[&["a"], &[]]);
        topics.insert("u", 3);
        assert_eq!(["t", "u", "v"].map(|topic| topics.partition_count(topic)), [2, 3, 0]);
    }
}
