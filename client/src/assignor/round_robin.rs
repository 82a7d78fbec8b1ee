//! One partition after the other to one member after the other.

use std::collections::{BTreeSet, HashSet};

use super::{Assignment, Assignor, ClusterTopics, Member, member::by_instance};
use crate::topic_partition::TopicPartition;

/// Kafka's `roundrobin`: all partitions of all topics in order, dealt out to the members in the order of instance or member
/// ids; a member that does not subscribe to a topic is passed over.
///
/// With equal subscriptions the members' shares differ by at most one partition. With others they may differ more; the
/// sticky assignors balance those.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobinAssignor;

impl Assignor for RoundRobinAssignor {
    fn name(&self) -> &str {
        "roundrobin"
    }

    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        let mut assignments = vec![Assignment::default(); members.len()];
        let subscribed: Vec<HashSet<_>> =
            members.iter().map(|member| member.subscription.topics.iter().collect()).collect();
        let mut turns = by_instance(members).into_iter().cycle();
        let all: BTreeSet<_> = subscribed.iter().flatten().copied().collect();
        for topic in all {
            for partition in 0..i32::try_from(topics.partition_count(topic)).unwrap_or(i32::MAX) {
                // Some member subscribes to it, or it would not be among all.
                let Some(member) = turns.find(|member| subscribed[*member].contains(topic)) else { break };
                assignments[member].partitions.push(TopicPartition::new(topic, partition));
            }
        }
        assignments
    }
}
