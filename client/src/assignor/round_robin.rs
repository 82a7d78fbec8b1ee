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

    #[expect(clippy::indexing_slicing, reason = "turns have the indexes of `members`")]
    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        let mut assignments = vec![Assignment::default(); members.len()];
        let order = by_instance(members).into_iter();
        let subscribed: Vec<(usize, HashSet<_>)> =
            order.map(|(index, member)| (index, member.subscription.topics.iter().collect())).collect();
        let mut turns = subscribed.iter().cycle();
        let all: BTreeSet<_> = subscribed.iter().flat_map(|(_, topics)| topics).copied().collect();
        for topic in all {
            for partition in 0..i32::try_from(topics.partition_count(topic)).unwrap_or(i32::MAX) {
                // Some member subscribes to it, or it would not be among all.
                let Some((member, _)) = turns.find(|(_, topics)| topics.contains(topic)) else { break };
                assignments[*member].partitions.push(TopicPartition::new(topic, partition));
            }
        }
        assignments
    }
}

#[cfg(test)]
mod tests {
    use crate::assignor::vectors::Group;

    fn assigned(topics: &str, members: &str) -> String {
        format!("roundrobin {topics} {members}").parse::<Group>().unwrap().answer()
    }

    #[test]
    fn partitions_are_dealt_out_in_turn() {
        assert_eq!(assigned("t0:3;t1:3", "C0////t0,t1/;C1////t0,t1/"), "t0-0,t0-2,t1-1;t0-1,t1-0,t1-2");
    }

    #[test]
    fn members_that_do_not_subscribe_are_passed_over() {
        let members = "C0////t0/;C1////t0,t1/;C2////t0,t1,t2/";
        assert_eq!(assigned("t0:1;t1:2;t2:3", members), "t0-0;t1-0;t1-1,t2-0,t2-1,t2-2");
    }

    #[test]
    fn instance_ids_decide_before_member_ids() {
        assert_eq!(assigned("t:3", "C0/b///t/;C1/a///t/;B////t/"), "t-1;t-0;t-2");
    }
}
