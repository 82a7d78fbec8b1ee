//! What members tell the leader and are told by it.

use std::cmp::Ordering;

use bytes::Bytes;
use ottla_protocol::{types::TopicName, wire::Str};

use crate::topic_partition::TopicPartition;

/// What a member sends when it joins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// The topics that it wants partitions of.
    pub topics: Vec<TopicName>,
    /// The assignor's own data.
    pub user_data: Option<Bytes>,
    /// The partitions that it holds while it joins; none under the eager protocol.
    pub owned_partitions: Vec<TopicPartition>,
    /// The generation that it got them in, if it says.
    pub generation: Option<i32>,
    /// Where it runs, if it says.
    pub rack: Option<Str>,
}

impl Subscription {
    /// A first subscription to topics: nothing owned, no rack.
    pub fn new(topics: impl IntoIterator<Item = impl Into<TopicName>>) -> Self {
        Self { topics: topics.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The member's rack, unless it is empty, which means none.
    pub(super) fn rack(&self) -> Option<&str> {
        self.rack.as_deref().filter(|rack| !rack.is_empty())
    }
}

/// A member of a group, as its leader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The id that the coordinator gave it.
    pub member_id: Str,
    /// The name that a static member gave itself.
    pub group_instance_id: Option<Str>,
    /// What it subscribes to.
    pub subscription: Subscription,
}

/// What a member is assigned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Its partitions.
    pub partitions: Vec<TopicPartition>,
    /// The assignor's own data.
    pub user_data: Option<Bytes>,
}

impl Assignment {
    /// An assignment of partitions without data.
    pub fn new(partitions: Vec<TopicPartition>) -> Self {
        Self { partitions, user_data: None }
    }
}

/// What a member was assigned last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviousAssignment {
    /// Its partitions.
    pub partitions: Vec<TopicPartition>,
    /// The generation of that assignment.
    pub generation: i32,
}

/// Members with their indexes, in the order that range and round robin go by: static members first, by instance id, for it
/// outlives a restart; then the others by member id.
pub(super) fn by_instance(members: &[Member]) -> Vec<(usize, &Member)> {
    sorted(members, |a, b| match (&a.group_instance_id, &b.group_instance_id) {
        (Some(a), Some(b)) => compare(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => compare(&a.member_id, &b.member_id),
    })
}

/// Members with their indexes, in the order of their member ids.
pub(super) fn by_id(members: &[Member]) -> Vec<(usize, &Member)> {
    sorted(members, |a, b| compare(&a.member_id, &b.member_id))
}

fn sorted(members: &[Member], compare: impl Fn(&Member, &Member) -> Ordering) -> Vec<(usize, &Member)> {
    let mut order: Vec<_> = members.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| compare(a, b));
    order
}

/// Java's order of strings, by UTF-16 units, which every leader of a group must agree on.
fn compare(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, instance: Option<&str>) -> Member {
        Member { member_id: id.into(), group_instance_id: instance.map(Into::into), ..Member::default() }
    }

    fn indexes(order: Vec<(usize, &Member)>) -> Vec<usize> {
        order.into_iter().map(|(index, _)| index).collect()
    }

    #[test]
    fn static_members_come_first_and_by_instance() {
        let members = [member("a", None), member("b", Some("z")), member("c", Some("y")), member("A", None)];
        assert_eq!(indexes(by_instance(&members)), [2, 1, 3, 0]);
        assert_eq!(indexes(by_id(&members)), [3, 0, 1, 2]);
    }

    #[test]
    fn ids_are_ordered_by_utf_16_units_as_in_java() {
        // U+1F600 is D83D DE00 in UTF-16 and so before U+FF21, unlike in UTF-8.
        let members = [member("\u{FF21}", None), member("\u{1F600}", None)];
        assert_eq!(indexes(by_id(&members)), [1, 0]);
    }
}
