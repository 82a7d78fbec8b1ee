//! Balanced assignments that move as few partitions as can be.
//!
//! Both assignors share one algorithm, [`assign`]. It trusts what members say they own only as far as it can be true (see
//! `ownership`), and then takes one of two ways to the same guarantees: a fast one where all members subscribe to the same
//! topics (`constrained`), and a general one (`general`).
//!
//! Guarantees: each partition goes to exactly one member that subscribes to it; shares are as equal as subscriptions allow,
//! with equal subscriptions within one partition; and a partition leaves a member only for the sake of these.
//!
//! The result is Kafka's own, partition for partition, where Kafka's does not depend on the order of its hash maps, but for
//! three cases in which Kafka's can be wrong:
//! - a partition never moves back to an earlier owner that no longer subscribes to it;
//! - the newest claim of a partition holds however many older ones contradict each other;
//! - under the cooperative protocol, two members that claim one partition must both give it up, whatever they subscribe to.

#[expect(clippy::indexing_slicing, reason = "tables have an entry for each rank, or each number in the layout")]
mod constrained;
#[expect(clippy::indexing_slicing, reason = "tables have an entry for each rank, or each number in the layout")]
mod general;
#[expect(clippy::indexing_slicing, reason = "tables have an entry for each rank, or each number in the layout")]
mod ownership;
#[expect(clippy::indexing_slicing, reason = "tables have an entry for each rank, or each number in the layout")]
mod racks;
#[cfg(test)]
mod tests;
mod user_data;

use bytes::Bytes;

use self::{ownership::Ownership, racks::Racks};
use super::{
    Assignment, Assignor, ClusterTopics, Member, PreviousAssignment, RebalanceProtocol, layout::Layout, member::by_id,
};

/// Kafka's `sticky`: balanced, keeping what it can of the previous assignment, under the eager protocol.
///
/// All members give up their partitions before they join, so each sends its last assignment as user data.
#[derive(Clone, Copy, Debug, Default)]
pub struct StickyAssignor;

impl Assignor for StickyAssignor {
    fn name(&self) -> &str {
        "sticky"
    }

    fn user_data(&self, previous: Option<&PreviousAssignment>) -> Option<Bytes> {
        previous.map(user_data::encode_previous)
    }

    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        assign(topics, members, user_data::claim_by_user_data).into_assignments()
    }
}

/// Kafka's `cooperative-sticky`: the same, where members keep their partitions during a rebalance.
///
/// A partition that must move is left out of the assignment until its owner has given it up and joined again.
#[derive(Clone, Copy, Debug, Default)]
pub struct CooperativeStickyAssignor;

impl Assignor for CooperativeStickyAssignor {
    fn name(&self) -> &str {
        "cooperative-sticky"
    }

    fn protocols(&self) -> &[RebalanceProtocol] {
        &[RebalanceProtocol::Eager, RebalanceProtocol::Cooperative]
    }

    /// The generation, for leaders that do not read it from the subscription.
    fn user_data(&self, previous: Option<&PreviousAssignment>) -> Option<Bytes> {
        Some(user_data::encode_generation(previous.map_or(NO_GENERATION, |previous| previous.generation)))
    }

    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        let mut plan = assign(topics, members, user_data::claim_by_subscription);
        plan.withhold_what_others_hold();
        plan.into_assignments()
    }
}

/// The generation of a member that was never assigned anything.
const NO_GENERATION: i32 = -1;

/// What a member says it owns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Claim {
    partitions: Vec<crate::topic_partition::TopicPartition>,
    generation: Option<i32>,
}

impl Claim {
    fn generation(&self) -> i32 {
        self.generation.unwrap_or(NO_GENERATION)
    }
}

/// An assignment by numbers: of members by rank, of partitions by [`Layout`].
struct Plan<'a> {
    layout: Layout<'a>,
    ownership: Ownership,
    /// The member of each rank, as an index into the members given.
    members: Vec<usize>,
    /// By rank.
    partitions: Vec<Vec<usize>>,
}

/// Assigns all partitions, whoever may still hold them.
fn assign<'a>(topics: &'a ClusterTopics, members: &'a [Member], claim: fn(&Member) -> Claim) -> Plan<'a> {
    let layout = Layout::new(topics, members);
    let (order, ranked): (Vec<usize>, Vec<&Member>) = by_id(members).into_iter().unzip();
    let claims: Vec<Claim> = ranked.iter().map(|member| claim(member)).collect();
    let ownership = Ownership::new(&layout, &claims);
    let racks = Racks::new(&layout, &ranked);
    let partitions = if ranked.is_empty() {
        Vec::new()
    } else if subscriptions_equal(&ranked) {
        constrained::assign(&layout, &ownership, &racks)
    } else {
        general::assign(&layout, &ownership, &racks, &ranked)
    };
    Plan { layout, ownership, members: order, partitions }
}

fn subscriptions_equal(members: &[&Member]) -> bool {
    let mut topics = members.iter().map(|member| {
        let mut topics: Vec<_> = member.subscription.topics.iter().collect();
        topics.sort_unstable();
        topics.dedup();
        topics
    });
    let first = topics.next();
    topics.all(|topics| Some(&topics) == first.as_ref())
}

impl Plan<'_> {
    /// Takes partitions from a member that another one claims, unless they are its own already: the other must give them up
    /// first. That it claims them of an old generation or in error does not matter, for it may still read them.
    fn withhold_what_others_hold(&mut self) {
        for (rank, partitions) in self.partitions.iter_mut().enumerate() {
            partitions.retain(|partition| {
                self.ownership.owner(*partition) == Some(rank) || !self.ownership.claimed_by_others(*partition, rank)
            });
        }
    }

    #[expect(clippy::indexing_slicing, reason = "`members` has each index once")]
    fn into_assignments(self) -> Vec<Assignment> {
        let mut assignments = vec![Assignment::default(); self.members.len()];
        for (member, mut partitions) in self.members.into_iter().zip(self.partitions) {
            partitions.sort_unstable();
            assignments[member].partitions =
                partitions.into_iter().map(|partition| self.layout.name(partition)).collect();
        }
        assignments
    }
}
