//! The partition that records without a key go to for the time being.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::TopicPartitions;

/// The partition of one topic that records without a key stick to, until a batch's worth of bytes went there.
///
/// Switching after bytes and not after records or time gives each partition the same load whatever the sizes of records,
/// and lets a slow broker grow its batches instead of its share. With [`set_load`](Self::set_load) a partition whose queue
/// is long is chosen more seldom.
///
/// Per record it costs one atomic load and one atomic exchange. The lock is taken once per switch.
#[derive(Debug)]
pub struct StickyPartition {
    /// The partition + 1 in the upper half, 0 before the first choice; the bytes that it got in the lower.
    state: AtomicU64,
    /// Seed of the next choice.
    seed: AtomicU64,
    batch_size: u32,
    weights: Mutex<Option<Weights>>,
}

/// How much of a partition waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLoad {
    /// The partition.
    pub partition: i32,
    /// What waits, in batches of `batch.size`.
    pub queued_batches: u32,
}

/// Partitions with the running sums of their weights.
#[derive(Debug)]
struct Weights {
    partitions: Vec<i32>,
    sums: Vec<u64>,
}

impl StickyPartition {
    /// A topic without a choice yet, that switches after `batch_size` bytes. The seed decides all choices.
    pub fn new(batch_size: usize, seed: u64) -> Self {
        Self {
            state: AtomicU64::new(0),
            seed: AtomicU64::new(seed),
            batch_size: u32::try_from(batch_size).unwrap_or(u32::MAX).max(1),
            weights: Mutex::new(None),
        }
    }

    /// Whether it was ever asked for a partition.
    pub(crate) fn is_used(&self) -> bool {
        self.state.load(Ordering::Relaxed) != 0
    }

    /// The partition to use now.
    #[inline]
    pub fn current(&self, topic: &TopicPartitions<'_>) -> i32 {
        let state = self.state.load(Ordering::Relaxed);
        match partition_of(state) {
            // A topic that was created anew may have fewer partitions.
            Some(partition) if partition < topic.count() => partition,
            _ => self.switch(state, topic),
        }
    }

    /// Notes that a record of `bytes` went to `partition`, and switches if that fills its share.
    ///
    /// `batch_full` says whether the partition's batch was closed by the record or holds `batch_size` bytes. While it is
    /// not, up to a second share goes there, since switching would leave a half-empty batch behind.
    #[inline]
    pub fn produced(&self, partition: i32, bytes: usize, batch_full: bool, topic: &TopicPartitions<'_>) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let added = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
            // Another sender switched meanwhile: the bytes belong to a share that is over.
            (partition_of(state) == Some(partition)).then(|| pack(partition, bytes_of(state).saturating_add(bytes)))
        });
        let Ok(before) = added else { return };
        let produced = bytes_of(before).saturating_add(bytes);
        if (produced >= self.batch_size && batch_full) || produced >= self.batch_size.saturating_mul(2) {
            self.switch(pack(partition, produced), topic);
        }
    }

    /// Weighs partitions by their queues: the longer, the fewer records. `loads` are the partitions to choose from at all:
    /// those with a leader, whose broker takes batches.
    ///
    /// With none, or with equal queues of all `topic` partitions, every available partition is as likely.
    pub fn set_load(&self, loads: &[QueueLoad], topic: &TopicPartitions<'_>) {
        let weights = Weights::new(loads, topic);
        *self.weights.lock().unwrap_or_else(PoisonError::into_inner) = weights;
    }

    /// Chooses a partition, unless another sender has replaced `seen` meanwhile; returns the one in use then.
    fn switch(&self, seen: u64, topic: &TopicPartitions<'_>) -> i32 {
        let next = self.choose(topic);
        match self.state.compare_exchange(seen, pack(next, 0), Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(state) => partition_of(state).filter(|partition| *partition < topic.count()).unwrap_or(next),
        }
    }

    fn choose(&self, topic: &TopicPartitions<'_>) -> i32 {
        let mut rng = fastrand::Rng::with_seed(self.seed.fetch_add(SEED_STEP, Ordering::Relaxed));
        let weights = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        let weighted = weights.as_ref().and_then(|weights| weights.choose(&mut rng));
        // Weights may be older than the topic.
        weighted.filter(|partition| *partition < topic.count()).unwrap_or_else(|| topic.nth(rng.u32(..)))
    }
}

impl Weights {
    /// Each partition weighs what its queue lacks to the longest one, plus 1; `None` if that makes no difference.
    fn new(loads: &[QueueLoad], topic: &TopicPartitions<'_>) -> Option<Self> {
        let longest = loads.iter().map(|load| load.queued_batches).max()?;
        let all = usize::try_from(topic.count()).unwrap_or_default();
        let equal = loads.iter().all(|load| load.queued_batches == longest);
        if all < 2 || (equal && loads.len() >= all) {
            return None;
        }
        let sums = loads.iter().scan(0, |sum, load| {
            *sum += u64::from(longest - load.queued_batches) + 1;
            Some(*sum)
        });
        Some(Self { partitions: loads.iter().map(|load| load.partition).collect(), sums: sums.collect() })
    }

    fn choose(&self, rng: &mut fastrand::Rng) -> Option<i32> {
        let number = rng.u64(..*self.sums.last()?);
        let index = self.sums.partition_point(|sum| *sum <= number);
        self.partitions.get(index).copied()
    }
}

/// What the seed grows by from choice to choice: odd and far from any power of two, so that seeds do not repeat.
const SEED_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn pack(partition: i32, bytes: u32) -> u64 {
    (u64::from(partition.unsigned_abs()) + 1) << 32 | u64::from(bytes)
}

fn partition_of(state: u64) -> Option<i32> {
    i32::try_from((state >> 32).checked_sub(1)?).ok()
}

fn bytes_of(state: u64) -> u32 {
    (state & u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    const ALL: [i32; 4] = [0, 1, 2, 3];
    static TURNS: AtomicU32 = AtomicU32::new(0);

    fn topic(available: &[i32]) -> TopicPartitions<'_> {
        TopicPartitions::new("t", 4, available, &TURNS)
    }

    /// How often each of four partitions is chosen, with a switch after each record.
    fn shares(sticky: &StickyPartition, topic: &TopicPartitions<'_>, choices: usize) -> [usize; 4] {
        let mut shares = [0; 4];
        for _ in 0..choices {
            let partition = sticky.current(topic);
            shares[partition as usize] += 1;
            sticky.produced(partition, 1 << 20, true, topic);
        }
        shares
    }

    #[test]
    fn records_stick_until_a_batch_is_full() {
        let sticky = StickyPartition::new(1000, 3);
        let topic = topic(&ALL);
        let first = sticky.current(&topic);
        for _ in 0..9 {
            sticky.produced(first, 100, false, &topic);
            assert_eq!(sticky.current(&topic), first);
        }
        sticky.produced(first, 99, true, &topic);
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 999);
        sticky.produced(first, 1, true, &topic);
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 0, "switched");
    }

    #[test]
    fn a_batch_that_is_not_full_gets_at_most_a_second_share() {
        let sticky = StickyPartition::new(1000, 3);
        let topic = topic(&ALL);
        let first = sticky.current(&topic);
        sticky.produced(first, 1999, false, &topic);
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 1999);
        sticky.produced(first, 1, false, &topic);
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 0, "switched");
    }

    #[test]
    fn bytes_for_a_partition_that_is_not_current_do_not_count() {
        let sticky = StickyPartition::new(1000, 3);
        let topic = topic(&ALL);
        let first = sticky.current(&topic);
        sticky.produced((first + 1) % 4, 5000, true, &topic);
        assert_eq!(sticky.current(&topic), first);
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 0);
    }

    #[test]
    fn partitions_get_even_shares() {
        let shares = shares(&StickyPartition::new(1, 11), &topic(&ALL), 8000);
        assert!(shares.iter().all(|share| (1850..2150).contains(share)), "{shares:?}");
    }

    #[test]
    fn partitions_without_a_leader_get_nothing_while_others_have_one() {
        let sticky = StickyPartition::new(1, 11);
        let some = shares(&sticky, &topic(&[1, 3]), 1000);
        assert!(some[0] <= 1 && some[2] <= 1, "{some:?}");
        let none = shares(&sticky, &topic(&[]), 1000);
        assert!(none.iter().all(|share| *share > 150), "{none:?}");
    }

    #[test]
    fn long_queues_get_fewer_records() {
        let sticky = StickyPartition::new(1, 11);
        let topic = topic(&ALL);
        let load =
            [(0, 0), (1, 3), (2, 1), (3, 3)].map(|(partition, queued_batches)| QueueLoad { partition, queued_batches });
        sticky.set_load(&load, &topic);
        let shares = shares(&sticky, &topic, 9000);
        // Weights 4, 1, 3, 1.
        for (share, expected) in shares.into_iter().zip([4000, 1000, 3000, 1000]) {
            assert!(share.abs_diff(expected) < 200, "{shares:?}");
        }
    }

    #[test]
    fn a_partition_left_out_of_the_load_gets_nothing() {
        let sticky = StickyPartition::new(1, 11);
        let topic = topic(&ALL);
        let load = [0, 1, 2].map(|partition| QueueLoad { partition, queued_batches: 0 });
        sticky.set_load(&load, &topic);
        sticky.current(&topic);
        let with_load = shares(&sticky, &topic, 1000);
        assert!(with_load[3] == 0, "{with_load:?}");
        sticky.set_load(&[], &topic);
        assert!(shares(&sticky, &topic, 1000)[3] > 150);
    }

    #[test]
    fn a_topic_that_lost_partitions_is_chosen_for_anew() {
        let sticky = StickyPartition::new(1000, 5);
        sticky.state.store(pack(3, 10), Ordering::Relaxed);
        let smaller = TopicPartitions::new("t", 2, &[0, 1], &TURNS);
        assert!(sticky.current(&smaller) < 2);
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let sequence = |seed| {
            let sticky = StickyPartition::new(1, seed);
            let topic = topic(&ALL);
            (0..32).map(|_| shares(&sticky, &topic, 1)).collect::<Vec<_>>()
        };
        assert_eq!(sequence(1), sequence(1));
        assert_ne!(sequence(1), sequence(2));
    }

    #[test]
    fn many_senders_lose_no_bytes_and_switch_once_per_share() {
        let sticky = StickyPartition::new(usize::MAX, 5);
        let only = TopicPartitions::new("t", 1, &[0], &TURNS);
        sticky.current(&only);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| sticky.produced(0, 3, false, &only)));
            }
        });
        assert_eq!(bytes_of(sticky.state.load(Ordering::Relaxed)), 120_000);
    }
}
