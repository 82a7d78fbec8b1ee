//! The assignment where all members subscribe to the same topics.

use std::collections::VecDeque;

use super::{super::layout::Layout, ownership::Ownership, racks::Racks};

/// Assigns to each member at least `min` and at most `max` partitions, which are equal or differ by one.
///
/// Members keep what they own up to that; the rest goes to members that lack partitions, near ones first, in turn.
pub(super) fn assign(layout: &Layout<'_>, ownership: &Ownership, racks: &Racks<'_>) -> Vec<Vec<usize>> {
    let mut balance = Balance::new(layout.partition_count(), ownership.members());
    balance.keep_owned(layout, ownership, racks);
    let mut unassigned = balance.unassigned(layout.partition_count());
    racks.sort_by_choice(&mut unassigned);
    if racks.matter() {
        unassigned.retain(|partition| !balance.give_near(*partition, racks));
    }
    balance.give_rest(unassigned);
    balance.assigned
}

/// Members on their way to their share.
struct Balance {
    /// The partitions that every member gets.
    min: usize,
    /// The partitions that `over_expected` members get; equal to `min` if that is none.
    max: usize,
    /// How many members should get more than `min`.
    over_expected: usize,
    /// How many have got it.
    over: usize,
    /// Members below `min`, in order.
    under_min: Vec<usize>,
    /// Members at `min` that may get one more, in order.
    at_min: VecDeque<usize>,
    /// Where among `under_min` the next search for a near member begins.
    turn: usize,
    /// By member.
    assigned: Vec<Vec<usize>>,
}

impl Balance {
    fn new(partitions: usize, members: usize) -> Self {
        Self {
            min: partitions / members,
            max: partitions.div_ceil(members),
            over_expected: partitions % members,
            over: 0,
            under_min: Vec::new(),
            at_min: VecDeque::new(),
            turn: 0,
            assigned: vec![Vec::new(); members],
        }
    }

    /// Lets members keep what they own and are near to, up to their share.
    fn keep_owned(&mut self, layout: &Layout<'_>, ownership: &Ownership, racks: &Racks<'_>) {
        for (member, mut owned) in ownership.owned().into_iter().enumerate() {
            owned.retain(|partition| !racks.mismatch(member, *partition));
            // By index first, so that a member that must give some up keeps the same partitions of each topic.
            owned.sort_by_key(|partition| (layout.index(*partition), *partition));
            owned.truncate(self.share(owned.len()));
            if owned.len() < self.min {
                self.under_min.push(member);
            } else if owned.len() == self.min && self.over < self.over_expected {
                self.at_min.push_back(member);
            } else if owned.len() > self.min {
                self.count_over();
            }
            self.assigned[member] = owned;
        }
    }

    /// How much of `owned` partitions a member may keep.
    fn share(&self, owned: usize) -> usize {
        let room_over = owned >= self.max && self.over < self.over_expected;
        if room_over { self.max } else { owned.min(self.min) }
    }

    /// Notes that one more member has more than `min`; after the last one the others stay at `min`.
    fn count_over(&mut self) {
        self.over += 1;
        if self.over == self.over_expected {
            self.at_min.clear();
        }
    }

    fn unassigned(&self, partitions: usize) -> Vec<usize> {
        let mut unassigned = vec![true; partitions];
        for partition in self.assigned.iter().flatten() {
            unassigned[*partition] = false;
        }
        (0..partitions).filter(|partition| unassigned[*partition]).collect()
    }

    /// Gives a partition to a near member that lacks some, and says whether there was one.
    fn give_near(&mut self, partition: usize, racks: &Racks<'_>) -> bool {
        let (below, first) = (&self.under_min, self.turn);
        let turns = (first..below.len()).chain(0..first.min(below.len()));
        if let Some(index) = turns.into_iter().find(|index| racks.is_near(below[*index], partition)) {
            self.give_below_min(index, partition);
            return true;
        }
        let Some(index) = self.at_min.iter().position(|member| racks.is_near(*member, partition)) else { return false };
        if let Some(member) = self.at_min.remove(index) {
            self.assigned[member].push(partition);
            self.count_over();
        }
        true
    }

    /// Gives a partition to the member at `index` of those below `min`; the next search begins after it.
    fn give_below_min(&mut self, index: usize, partition: usize) {
        let member = self.under_min[index];
        self.assigned[member].push(partition);
        self.turn = index;
        if self.assigned[member].len() < self.min {
            self.turn += 1;
        } else {
            self.under_min.remove(index);
            if self.over < self.over_expected {
                self.at_min.push_back(member);
            }
        }
        self.turn = self.turn.checked_rem(self.under_min.len()).unwrap_or(0);
    }

    /// Gives partitions to the members below `min` in turn, then one each to those at `min`.
    fn give_rest(&mut self, unassigned: Vec<usize>) {
        let mut next = 0;
        for partition in unassigned {
            if self.under_min.is_empty() {
                let Some(member) = self.at_min.pop_front() else { break };
                self.assigned[member].push(partition);
                continue;
            }
            next %= self.under_min.len();
            let member = self.under_min[next];
            self.assigned[member].push(partition);
            if self.assigned[member].len() == self.min {
                self.under_min.remove(next);
                self.at_min.push_back(member);
            } else {
                next += 1;
            }
        }
    }
}
