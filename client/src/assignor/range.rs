//! Ranges of each topic's partitions.

use std::collections::{BTreeMap, HashMap};

use ottla_protocol::{types::TopicName, wire::Str};

use super::{Assignment, Assignor, ClusterTopics, Member, member::by_instance, topics::racks_matter};
use crate::topic_partition::TopicPartition;

/// Kafka's `range`: each topic's partitions in order, cut into one range per member that subscribes to it, in the order of
/// instance or member ids. The first members get one more where the division has a remainder.
///
/// Topics with as many partitions and the same subscribers are co-partitioned: a member gets the same partitions of each.
///
/// Where members and replicas have racks, and not every rack has every partition, members get partitions with a replica in
/// their rack first, as far as balance and co-partitioning allow it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RangeAssignor;

impl Assignor for RangeAssignor {
    fn name(&self) -> &str {
        "range"
    }

    #[expect(clippy::indexing_slicing, reason = "a consumer's member is an index into `members`")]
    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        let mut ranges = topic_ranges(topics, members);
        if ranges.iter().any(|range| range.racks_matter) {
            assign_by_rack(&mut ranges);
        }
        let mut assignments = vec![Assignment::default(); members.len()];
        for mut range in ranges {
            range.assign_rest();
            for (consumer, mut partitions) in range.consumers.iter().zip(range.assigned) {
                partitions.sort_unstable();
                let partitions = partitions.into_iter().map(|partition| TopicPartition::new(range.topic, partition));
                assignments[consumer.member].partitions.extend(partitions);
            }
        }
        assignments
    }
}

/// A topic while it is divided.
struct TopicRange<'a> {
    topic: &'a TopicName,
    racks: &'a [Vec<Str>],
    consumers: Vec<Consumer<'a>>,
    racks_matter: bool,
    /// In order.
    unassigned: Vec<i32>,
    /// By consumer.
    assigned: Vec<Vec<i32>>,
    /// Partitions that each consumer gets.
    quota: usize,
    /// Consumers that may get one more.
    extra: usize,
}

/// A member that subscribes to a topic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Consumer<'a> {
    member: usize,
    rack: Option<&'a str>,
}

/// The subscribed topics that have partitions, by name.
fn topic_ranges<'a>(topics: &'a ClusterTopics, members: &'a [Member]) -> Vec<TopicRange<'a>> {
    let mut consumers: HashMap<&str, Vec<Consumer<'a>>> = HashMap::new();
    for (index, member) in by_instance(members) {
        let subscription = &member.subscription;
        let consumer = Consumer { member: index, rack: subscription.rack() };
        for topic in &subscription.topics {
            let consumers = consumers.entry(topic).or_default();
            // A topic that a member names twice is still one subscription.
            if consumers.last() != Some(&consumer) {
                consumers.push(consumer);
            }
        }
    }
    let subscribed = topics.iter().filter(|(_, racks)| !racks.is_empty());
    subscribed.filter_map(|(topic, racks)| Some(TopicRange::new(topic, racks, consumers.remove(&**topic)?))).collect()
}

#[expect(clippy::indexing_slicing, reason = "a consumer is an index into `consumers`, and `assigned` is as long")]
impl<'a> TopicRange<'a> {
    fn new(topic: &'a TopicName, racks: &'a [Vec<Str>], consumers: Vec<Consumer<'a>>) -> Self {
        let partitions = i32::try_from(racks.len()).unwrap_or(i32::MAX);
        let racks_matter =
            racks_matter(consumers.iter().filter_map(|consumer| consumer.rack), racks.iter().map(Vec::as_slice));
        Self {
            topic,
            racks,
            racks_matter,
            unassigned: (0..partitions).collect(),
            assigned: vec![Vec::new(); consumers.len()],
            quota: racks.len() / consumers.len(),
            extra: racks.len() % consumers.len(),
            consumers,
        }
    }

    /// How many partitions a consumer may still get.
    fn room(&self, consumer: usize) -> usize {
        (self.quota + usize::from(self.extra > 0)).saturating_sub(self.assigned[consumer].len())
    }

    fn is_near(&self, consumer: usize, partition: i32) -> bool {
        let racks = usize::try_from(partition).ok().and_then(|partition| self.racks.get(partition));
        let near = |rack| racks.is_some_and(|racks| racks.iter().any(|other| &**other == rack));
        self.consumers[consumer].rack.is_none_or(near)
    }

    fn give(&mut self, consumer: usize, partitions: impl IntoIterator<Item = i32>) {
        let assigned = &mut self.assigned[consumer];
        let before = assigned.len();
        assigned.extend(partitions);
        if before <= self.quota && assigned.len() > self.quota {
            self.extra -= 1;
        }
    }

    /// Gives each consumer the first partitions with a replica near it.
    fn assign_near(&mut self) {
        for consumer in 0..self.consumers.len() {
            let near = self.unassigned.iter().copied().filter(|partition| self.is_near(consumer, *partition));
            let near: Vec<i32> = near.take(self.room(consumer)).collect();
            self.unassigned.retain(|partition| near.binary_search(partition).is_err());
            self.give(consumer, near);
        }
    }

    /// Gives each consumer the first partitions that are left.
    fn assign_rest(&mut self) {
        let mut rest = std::mem::take(&mut self.unassigned).into_iter();
        for consumer in 0..self.consumers.len() {
            let room = self.room(consumer);
            self.give(consumer, rest.by_ref().take(room));
        }
    }

    fn give_one(&mut self, consumer: usize, partition: i32) {
        self.unassigned.retain(|other| *other != partition);
        self.give(consumer, [partition]);
    }
}

/// Gives partitions to members near them: of co-partitioned topics together, of others by themselves.
fn assign_by_rack(ranges: &mut [TopicRange<'_>]) {
    let mut groups: BTreeMap<_, Vec<&mut TopicRange<'_>>> = BTreeMap::new();
    for range in ranges {
        groups.entry((range.consumers.clone(), range.racks.len())).or_default().push(range);
    }
    for mut group in groups.into_values() {
        match &mut group[..] {
            [range] if range.racks_matter => range.assign_near(),
            [_] => {}
            group => assign_together(group),
        }
    }
}

/// Gives each partition of all these topics to the first consumer that is near to it in each and has room in each.
fn assign_together(group: &mut [&mut TopicRange<'_>]) {
    let Some(first) = group.first() else { return };
    let partitions = i32::try_from(first.racks.len()).unwrap_or(i32::MAX);
    let mut consumers: Vec<usize> = (0..first.consumers.len()).collect();
    for partition in 0..partitions {
        let fits =
            |range: &&mut TopicRange<'_>, consumer| range.room(consumer) > 0 && range.is_near(consumer, partition);
        let found = consumers.iter().copied().find(|consumer| group.iter().all(|range| fits(range, *consumer)));
        let Some(consumer) = found else { continue };
        for range in group.iter_mut() {
            range.give_one(consumer, partition);
        }
        if group.iter().all(|range| range.room(consumer) == 0) {
            consumers.retain(|other| *other != consumer);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::assignor::vectors::Group;

    fn assigned(topics: &str, members: &str) -> String {
        format!("range {topics} {members}").parse::<Group>().unwrap().answer()
    }

    #[test]
    fn the_first_members_get_what_a_division_leaves() {
        assert_eq!(assigned("t0:3;t1:3", "C0////t0,t1/;C1////t0,t1/"), "t0-0,t0-1,t1-0,t1-1;t0-2,t1-2");
    }

    #[test]
    fn instance_ids_decide_before_member_ids() {
        assert_eq!(assigned("t:3", "C0/b///t/;C1/a///t/;B////t/"), "t-1;t-0;t-2");
    }

    #[test]
    fn members_get_partitions_of_their_rack_first() {
        assert_eq!(assigned("t:3:c,b,a", "A//a//t/;B//b//t/;C//c//t/"), "t-2;t-1;t-0");
    }

    #[test]
    fn topics_stay_co_partitioned_across_racks() {
        let racks = "t:4:a,b,a,b;u:4:a,b,a,b";
        assert_eq!(assigned(racks, "A//b//t,u/;B//a//t,u/"), "t-1,t-3,u-1,u-3;t-0,t-2,u-0,u-2");
    }

    #[test]
    fn topics_without_metadata_and_members_without_topics_get_nothing() {
        assert_eq!(assigned("t:2", "A////t,absent/;B////absent/"), "t-0,t-1;");
        assert_eq!(assigned("t:1", "A////t/;B////t/"), "t-0;");
    }
}
