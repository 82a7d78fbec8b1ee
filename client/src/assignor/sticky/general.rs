//! The assignment where members subscribe to different topics.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    super::{Member, layout::Layout},
    ownership::Ownership,
    racks::Racks,
};
use crate::topic_partition::TopicPartition;

/// Keeps what members own and still subscribe to, gives the rest to the least loaded, and then moves partitions until no move
/// from one member to another would bring their shares closer.
pub(super) fn assign(
    layout: &Layout<'_>,
    ownership: &Ownership,
    racks: &Racks<'_>,
    ranked: &[&Member],
) -> Vec<Vec<usize>> {
    let mut search = Search::new(layout, ranked);
    let revoked = search.keep_owned(ownership, racks);
    let first_assignment = search.load.iter().all(|load| *load == 0);
    let all = search.by_choice();
    let unassigned: Vec<usize> = all.iter().copied().filter(|partition| search.owners[*partition].is_none()).collect();
    if racks.matter() {
        search.give(&unassigned, |member, partition| !racks.mismatch(member, partition));
    }
    search.give(&unassigned, |_, _| true);

    search.leave_out_fixed();
    let before = search.snapshot();
    // New partitions are moved before old ones, unless some member had to give up partitions anyway.
    if !revoked {
        search.balance(&unassigned, ownership);
    }
    let moved = search.balance(&all, ownership);
    if moved && !first_assignment && search.imbalance() >= before.imbalance {
        search.owners = before.owners;
    }
    search.into_assigned()
}

/// An assignment that is being balanced.
struct Search<'a> {
    layout: &'a Layout<'a>,
    /// The members that subscribe to each topic, in order.
    subscribers: Vec<Vec<usize>>,
    /// How many partitions each member could get at most.
    possible: Vec<usize>,
    /// The member that each partition is assigned to.
    owners: Vec<Option<usize>>,
    /// How many partitions each member is assigned.
    load: Vec<usize>,
    /// How many partitions of each topic each member is assigned, where there are any.
    by_topic: Vec<HashMap<usize, usize>>,
    /// Load and rank of the members that may get or lose partitions, the least loaded first.
    queue: BTreeSet<(usize, usize)>,
    moves: Moves,
    /// How many more moves may leave loads no closer.
    detours: usize,
}

/// An assignment to return to.
struct Snapshot {
    owners: Vec<Option<usize>>,
    imbalance: usize,
}

impl<'a> Search<'a> {
    fn new(layout: &'a Layout<'a>, ranked: &[&Member]) -> Self {
        let mut subscribers = vec![Vec::new(); layout.topic_count()];
        let mut possible = vec![0; ranked.len()];
        for (member, subscription) in ranked.iter().map(|member| &member.subscription).enumerate() {
            let topics: BTreeSet<usize> = subscription.topics.iter().filter_map(|topic| layout.topic(topic)).collect();
            for topic in topics {
                subscribers[topic].push(member);
                possible[member] += layout.partitions(topic).len();
            }
        }
        Self {
            layout,
            subscribers,
            possible,
            owners: vec![None; layout.partition_count()],
            load: vec![0; ranked.len()],
            by_topic: vec![HashMap::new(); layout.topic_count()],
            queue: (0..ranked.len()).map(|member| (0, member)).collect(),
            moves: Moves::default(),
            detours: layout.partition_count(),
        }
    }

    /// Lets members keep what they own, and says whether one may not although the partition is still there.
    fn keep_owned(&mut self, ownership: &Ownership, racks: &Racks<'_>) -> bool {
        let mut revoked = false;
        for partition in 0..self.layout.partition_count() {
            let Some(owner) = ownership.owner(partition) else { continue };
            let subscribed = self.subscribers_of(partition).binary_search(&owner).is_ok();
            if subscribed && !racks.mismatch(owner, partition) {
                self.assign(partition, owner);
            } else {
                revoked = true;
            }
        }
        revoked
    }

    /// All partitions, those that few members subscribe to first, for these have the least choice.
    fn by_choice(&self) -> Vec<usize> {
        let mut partitions: Vec<usize> = (0..self.layout.partition_count()).collect();
        partitions.sort_by_key(|partition| self.subscribers_of(*partition).len());
        partitions
    }

    /// Gives each partition that has no owner to the least loaded subscriber for which `fits` holds.
    fn give(&mut self, partitions: &[usize], fits: impl Fn(usize, usize) -> bool) {
        for partition in partitions.iter().copied() {
            if self.owners[partition].is_none()
                && let Some(member) = self.least_loaded(partition, |member| fits(member, partition))
            {
                self.assign(partition, member);
            }
        }
    }

    /// Takes out of the balance what cannot move: members that have all they subscribe to, with no other subscriber.
    fn leave_out_fixed(&mut self) {
        for member in 0..self.load.len() {
            let shared = |topic: usize| self.subscribers[topic].len() > 1 && self.by_topic[topic].contains_key(&member);
            if self.load[member] == self.possible[member] && !(0..self.layout.topic_count()).any(shared) {
                self.queue.remove(&(self.load[member], member));
            }
        }
    }

    /// Moves each of these partitions to a less loaded member if that evens out the two, again and again until nothing is left
    /// to do, and says whether any moved.
    ///
    /// All but a limited number of moves lower the sum of the squares of all loads, so this comes to an end.
    fn balance(&mut self, partitions: &[usize], ownership: &Ownership) -> bool {
        let mut moved_any = false;
        let mut balanced = self.is_balanced();
        loop {
            let mut moved = false;
            for partition in partitions.iter().copied() {
                if balanced {
                    break;
                }
                if self.improve(partition, ownership) {
                    moved = true;
                    balanced = self.is_balanced();
                }
            }
            if !moved {
                return moved_any;
            }
            moved_any = true;
        }
    }

    /// Moves one partition if that evens out loads, preferably back to a member that had it earlier.
    fn improve(&mut self, partition: usize, ownership: &Ownership) -> bool {
        let Some(owner) = self.owners[partition] else { return false };
        let earlier = ownership.earlier_owner(partition).filter(|earlier| {
            self.evens_out(owner, *earlier) && self.subscribers_of(partition).binary_search(earlier).is_ok()
        });
        let target = earlier.or_else(|| {
            let least = self.least_loaded(partition, |_| true)?;
            self.evens_out(owner, least).then_some(least)
        });
        let Some(target) = target else { return false };
        let back = self.moves.instead_of(self.layout, partition, owner, target);
        let partition = back.filter(|back| self.may_move_back(*back, target)).unwrap_or(partition);
        self.reassign(partition, target);
        true
    }

    /// Whether a partition may move back to a member for another one of the topic that should go there. Its present owner may
    /// be a third member that it came to later, and then loads need not get closer; such moves are few and counted.
    fn may_move_back(&mut self, partition: usize, to: usize) -> bool {
        let Some(owner) = self.owners[partition] else { return false };
        if self.evens_out(owner, to) {
            return true;
        }
        self.detours = self.detours.saturating_sub(1);
        self.detours > 0
    }

    /// Whether a partition less for one member and one more for the other brings their loads closer.
    fn evens_out(&self, from: usize, to: usize) -> bool {
        self.load[from] > self.load[to] + 1
    }

    fn subscribers_of(&self, partition: usize) -> &[usize] {
        &self.subscribers[self.layout.topic_of(partition)]
    }

    /// The least loaded subscriber of a partition for which `fits` holds; of several the first.
    fn least_loaded(&self, partition: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let fitting = self.subscribers_of(partition).iter().copied().filter(|member| fits(*member));
        fitting.min_by_key(|member| (self.load[*member], *member))
    }

    /// Whether no partition could move and bring two loads closer.
    fn is_balanced(&self) -> bool {
        let (Some((least, _)), Some((most, _))) = (self.queue.first(), self.queue.last()) else { return true };
        *least + 1 >= *most || (0..self.layout.topic_count()).all(|topic| self.is_topic_balanced(topic))
    }

    fn is_topic_balanced(&self, topic: usize) -> bool {
        let least = self.subscribers[topic].iter().map(|member| self.load[*member]).min().unwrap_or(0);
        let most = self.by_topic[topic].keys().map(|member| self.load[*member]).max().unwrap_or(0);
        least + 1 >= most
    }

    fn assign(&mut self, partition: usize, member: usize) {
        self.owners[partition] = Some(member);
        *self.by_topic[self.layout.topic_of(partition)].entry(member).or_default() += 1;
        self.set_load(member, self.load[member] + 1);
    }

    fn reassign(&mut self, partition: usize, to: usize) {
        let Some(from) = self.owners[partition] else { return };
        self.moves.record(self.layout, partition, from, to);
        let by_topic = &mut self.by_topic[self.layout.topic_of(partition)];
        if let Some(count) = by_topic.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                by_topic.remove(&from);
            }
        }
        self.set_load(from, self.load[from] - 1);
        self.assign(partition, to);
    }

    fn set_load(&mut self, member: usize, load: usize) {
        if self.queue.remove(&(self.load[member], member)) {
            self.queue.insert((load, member));
        }
        self.load[member] = load;
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { owners: self.owners.clone(), imbalance: self.imbalance() }
    }

    /// The sum of the differences between the loads of any two members.
    fn imbalance(&self) -> usize {
        let loads = self.queue.iter().map(|(load, _)| *load);
        let (sum, _) =
            loads.enumerate().fold((0, 0), |(sum, below), (index, load)| (sum + load * index - below, below + load));
        sum
    }

    fn into_assigned(self) -> Vec<Vec<usize>> {
        let mut assigned = vec![Vec::new(); self.load.len()];
        for (partition, owner) in self.owners.into_iter().enumerate() {
            if let Some(owner) = owner {
                assigned[owner].push(partition);
            }
        }
        assigned
    }
}

/// Which partitions moved from whom to whom, so that two members do not exchange partitions of one topic.
#[derive(Default)]
struct Moves {
    /// From and to, by partition.
    by_partition: HashMap<usize, (usize, usize)>,
    /// Partitions by topic, from and to.
    by_pair: BTreeMap<(usize, usize, usize), BTreeSet<usize>>,
}

impl Moves {
    fn record(&mut self, layout: &Layout<'_>, partition: usize, from: usize, to: usize) {
        let topic = layout.topic_of(partition);
        let mut first = from;
        if let Some((earlier, via)) = self.by_partition.remove(&partition) {
            if let Some(partitions) = self.by_pair.get_mut(&(topic, earlier, via)) {
                partitions.remove(&partition);
            }
            first = earlier;
        }
        // One that is back where it began did not move.
        if first != to {
            self.by_partition.insert(partition, (first, to));
            self.by_pair.entry((topic, first, to)).or_default().insert(partition);
        }
    }

    /// A partition of the same topic that moved the other way, and had better move back.
    ///
    /// Kafka takes the first that its hash set yields. Any would do, but with the same one a leader of either kind decides
    /// alike.
    fn instead_of(&self, layout: &Layout<'_>, partition: usize, from: usize, to: usize) -> Option<usize> {
        let from = self.by_partition.get(&partition).map_or(from, |(first, _)| *first);
        let candidates = self.by_pair.get(&(layout.topic_of(partition), to, from))?;
        candidates.iter().copied().min_by_key(|candidate| hash_order(&layout.name(*candidate), candidates.len()))
    }
}

/// Where Java's `HashSet` of this many partitions has one of them: its bucket.
fn hash_order(partition: &TopicPartition, count: usize) -> u32 {
    let topic = partition.topic.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    let hash = (partition.partition.cast_unsigned().wrapping_add(31)).wrapping_mul(31).wrapping_add(topic);
    let buckets = u32::try_from(count + count / 3 + 1).unwrap_or(u32::MAX).max(16).next_power_of_two();
    (hash ^ (hash >> 16)) & (buckets - 1)
}
