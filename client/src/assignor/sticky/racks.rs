//! Which members are near which partitions.

use std::collections::HashMap;

use ottla_protocol::wire::Str;

use super::super::{Member, layout::Layout, topics::racks_matter};

/// The racks of members and of the replicas of partitions.
pub(super) struct Racks<'a> {
    layout: &'a Layout<'a>,
    /// By rank of the member; all `None` where racks do not matter.
    members: Vec<Option<&'a str>>,
    matter: bool,
    /// How many members are near each partition, or empty if no member has a rack.
    near: Vec<usize>,
}

impl<'a> Racks<'a> {
    pub(super) fn new(layout: &'a Layout<'a>, ranked: &[&'a Member]) -> Self {
        let mut members: Vec<_> = ranked.iter().map(|member| member.subscription.rack()).collect();
        let mut by_rack: HashMap<&str, usize> = HashMap::new();
        for rack in members.iter().flatten() {
            *by_rack.entry(rack).or_default() += 1;
        }
        let near = if by_rack.is_empty() {
            Vec::new()
        } else {
            let count = |racks: &[Str]| racks.iter().filter_map(|rack| by_rack.get(&**rack)).sum();
            layout.racks().map(count).collect()
        };
        let matter = racks_matter(by_rack.keys().copied(), layout.racks());
        if !matter {
            members.fill(None);
        }
        Self { layout, members, matter, near }
    }

    /// Whether racks should decide anything.
    pub(super) fn matter(&self) -> bool {
        self.matter
    }

    /// Whether a member has a rack that no replica of a partition is in.
    pub(super) fn mismatch(&self, member: usize, partition: usize) -> bool {
        self.members[member].is_some() && !self.is_near(member, partition)
    }

    /// Whether a member is in the rack of a replica of a partition.
    pub(super) fn is_near(&self, member: usize, partition: usize) -> bool {
        let racks = self.layout.racks_of(partition);
        self.members[member].is_some_and(|member| racks.iter().any(|rack| &**rack == member))
    }

    /// Puts partitions first that few members are near, for these have the least choice.
    pub(super) fn sort_by_choice(&self, partitions: &mut [usize]) {
        if !self.near.is_empty() {
            partitions.sort_by_key(|partition| self.near[*partition]);
        }
    }
}
