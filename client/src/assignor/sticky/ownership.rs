//! Who owned what before, as far as it can be true.

use super::{super::layout::Layout, Claim};

/// What members may keep.
///
/// Claims can contradict each other: a member that missed a rebalance claims what others got since, and one with a bug claims
/// anything. A partition is owned by the one member that claims it with the highest generation. If several do, none owns it,
/// and it is assigned anew. Partitions that do not exist, or that nobody subscribes to any more, are nobody's.
pub(super) struct Ownership {
    /// The members that claim each partition, by rank.
    claimants: Vec<Vec<usize>>,
    /// The owner of each partition.
    owners: Vec<Option<usize>>,
    /// For each partition the member that claims it with the highest generation that is not the newest of all.
    earlier: Vec<Option<usize>>,
    members: usize,
}

impl Ownership {
    pub(super) fn new(layout: &Layout<'_>, claims: &[Claim]) -> Self {
        let newest = claims.iter().map(Claim::generation).max();
        let mut claimants: Vec<Vec<usize>> = vec![Vec::new(); layout.partition_count()];
        for (rank, claim) in claims.iter().enumerate() {
            for partition in claim.partitions.iter().filter_map(|partition| layout.partition(partition)) {
                // A partition that a member names twice is still one claim.
                if claimants[partition].last() != Some(&rank) {
                    claimants[partition].push(rank);
                }
            }
        }
        let generation = |rank: &usize| claims[*rank].generation();
        let owners = claimants.iter().map(|claimants| only_max(claimants, generation));
        let earlier = claimants.iter().map(|claimants| {
            let earlier = claimants.iter().rev().filter(|rank| Some(generation(rank)) < newest);
            earlier.max_by_key(|rank| generation(rank)).copied()
        });
        Self { owners: owners.collect(), earlier: earlier.collect(), claimants, members: claims.len() }
    }

    pub(super) fn members(&self) -> usize {
        self.members
    }

    /// Who owned a partition.
    pub(super) fn owner(&self, partition: usize) -> Option<usize> {
        self.owners[partition]
    }

    /// Who owned a partition before the newest assignment, or would if it had not missed that.
    pub(super) fn earlier_owner(&self, partition: usize) -> Option<usize> {
        self.earlier[partition]
    }

    /// Whether a member other than this one claims a partition, rightly or not.
    pub(super) fn claimed_by_others(&self, partition: usize, rank: usize) -> bool {
        self.claimants[partition].iter().any(|claimant| *claimant != rank)
    }

    /// The partitions that each member owned, in order.
    pub(super) fn owned(&self) -> Vec<Vec<usize>> {
        let mut owned = vec![Vec::new(); self.members];
        for (partition, owner) in self.owners.iter().enumerate() {
            if let Some(owner) = owner {
                owned[*owner].push(partition);
            }
        }
        owned
    }
}

/// The member with the highest generation, if it is the only one.
fn only_max(claimants: &[usize], generation: impl Fn(&usize) -> i32) -> Option<usize> {
    let max = claimants.iter().map(&generation).max()?;
    let mut newest = claimants.iter().filter(|rank| generation(rank) == max);
    newest.next().filter(|_| newest.next().is_none()).copied()
}
