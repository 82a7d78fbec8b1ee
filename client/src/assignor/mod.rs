//! Which member of a classic group gets which partitions.
//!
//! The members of a classic group choose one of them as leader, which assigns for all. Each sends a [`Subscription`] when it
//! joins; the leader's [`Assignor`] makes an [`Assignment`] for each out of them.

#[expect(clippy::indexing_slicing, reason = "it gives the numbers, and its tables have an entry for each")]
mod layout;
mod member;
mod protocol;
mod range;
mod round_robin;
mod sticky;
mod topics;
#[cfg(test)]
mod vectors;

pub use member::{Assignment, Member, PreviousAssignment, Subscription};
pub use range::RangeAssignor;
pub use round_robin::RoundRobinAssignor;
pub use sticky::{CooperativeStickyAssignor, StickyAssignor};
pub use topics::ClusterTopics;

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::config::AssignorName;

/// Assigns the partitions of the topics that a group subscribes to.
///
/// An assignor has no state: what it wants to know of earlier assignments travels in subscriptions, so that any member may
/// lead next.
pub trait Assignor: fmt::Debug + Send + Sync {
    /// The name by which members find an assignor that all of them have.
    fn name(&self) -> &str;

    /// The protocols that this assignor can be used with, best last.
    fn protocols(&self) -> &[RebalanceProtocol] {
        &[RebalanceProtocol::Eager]
    }

    /// Data of this assignor's own to send with a subscription. `previous` is what the member was assigned last, if
    /// anything.
    fn user_data(&self, previous: Option<&PreviousAssignment>) -> Option<Bytes> {
        let _ = previous;
        None
    }

    /// The assignments of all members, in the order of `members`.
    ///
    /// Each partition of a topic in `topics` must go to at most one member, which must subscribe to it. Member ids are
    /// unique.
    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment>;
}

/// What members do with their partitions during a rebalance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RebalanceProtocol {
    /// All members give up all partitions before they join again.
    Eager,
    /// Members keep their partitions; those that must move are given up first, and assigned in a second rebalance.
    Cooperative,
}

impl RebalanceProtocol {
    /// The best protocol that all these assignors can be used with, or `None` if there is none or no assignor.
    pub fn common(assignors: &[Arc<dyn Assignor>]) -> Option<Self> {
        [Self::Cooperative, Self::Eager].into_iter().find(|protocol| {
            !assignors.is_empty() && assignors.iter().all(|assignor| assignor.protocols().contains(protocol))
        })
    }
}

impl AssignorName {
    /// The assignor of this name.
    pub fn assignor(self) -> Arc<dyn Assignor> {
        match self {
            Self::Range => Arc::new(RangeAssignor),
            Self::RoundRobin => Arc::new(RoundRobinAssignor),
            Self::Sticky => Arc::new(StickyAssignor),
            Self::CooperativeSticky => Arc::new(CooperativeStickyAssignor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(names: &[AssignorName]) -> Option<RebalanceProtocol> {
        RebalanceProtocol::common(&names.iter().map(|name| name.assignor()).collect::<Vec<_>>())
    }

    #[test]
    fn the_protocol_is_the_best_that_all_assignors_have() {
        use AssignorName::{CooperativeSticky, Range, Sticky};
        assert_eq!(common(&[Range, CooperativeSticky]), Some(RebalanceProtocol::Eager));
        assert_eq!(common(&[CooperativeSticky]), Some(RebalanceProtocol::Cooperative));
        assert_eq!(common(&[Sticky]), Some(RebalanceProtocol::Eager));
        assert_eq!(common(&[]), None);
    }

    #[test]
    fn assignors_have_the_names_that_their_settings_have() {
        for name in
            [AssignorName::Range, AssignorName::RoundRobin, AssignorName::Sticky, AssignorName::CooperativeSticky]
        {
            assert_eq!(name.assignor().name(), name.name());
        }
    }
}
