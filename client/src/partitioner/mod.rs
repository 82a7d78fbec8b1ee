//! Which partition a record goes to when its sender names none.

mod sticky;

pub use sticky::{QueueLoad, StickyPartition};

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::config::PartitionerName;

/// Chooses the partition of a record.
///
/// It is called for each record on the thread that sends, so it should neither block nor allocate.
pub trait Partitioner: fmt::Debug + Send + Sync {
    /// The partition for a record with this key and value, or `None` where any would do: the producer then fills one
    /// partition's batch after the other, which makes for the largest batches.
    ///
    /// A partition that the topic does not have fails the record.
    fn partition(&self, topic: &TopicPartitions<'_>, key: Option<&[u8]>, value: Option<&[u8]>) -> Option<i32>;
}

/// The partitions of a topic, as a partitioner sees them.
#[derive(Clone, Copy, Debug)]
pub struct TopicPartitions<'a> {
    name: &'a str,
    count: i32,
    available: &'a [i32],
    turns: &'a AtomicU32,
}

impl<'a> TopicPartitions<'a> {
    /// A view of a topic with partitions 0 to `count` - 1, those in `available` having a leader. `turns` is the counter
    /// of [`next_turn`](Self::next_turn), which the topic keeps.
    ///
    /// A count below 1 is taken for 1: a topic has at least one partition.
    #[inline]
    pub fn new(name: &'a str, count: i32, available: &'a [i32], turns: &'a AtomicU32) -> Self {
        Self { name, count: count.max(1), available, turns }
    }

    /// The topic's name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// How many partitions the topic has; at least 1.
    #[inline]
    pub fn count(&self) -> i32 {
        self.count
    }

    /// The partitions that have a leader, in order; may be empty.
    pub fn available(&self) -> &'a [i32] {
        self.available
    }

    /// Counts the records of this topic that asked for it, from 0 on, wrapping.
    pub fn next_turn(&self) -> u32 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// The partition for a hash: its remainder by the count of all partitions, with a leader or not, so that a key does
    /// not move when a broker fails.
    pub fn by_hash(&self, hash: u32) -> i32 {
        hash.checked_rem(self.count.unsigned_abs()).map_or(0, u32::cast_signed)
    }

    /// The available partition with this number, counted round and round; of all, if none is available.
    fn nth(&self, number: u32) -> i32 {
        let index = (number as usize).checked_rem(self.available.len());
        index.and_then(|index| self.available.get(index).copied()).unwrap_or_else(|| self.by_hash(number))
    }
}

/// murmur2 of the key, as Java's producer; any partition without a key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Murmur2;

impl Partitioner for Murmur2 {
    fn partition(&self, topic: &TopicPartitions<'_>, key: Option<&[u8]>, _value: Option<&[u8]>) -> Option<i32> {
        // Java clears the sign instead of taking the absolute value, which i32::MIN has none of.
        key.map(|key| topic.by_hash(ottla_protocol::murmur2::murmur2(key) & i32::MAX.unsigned_abs()))
    }
}

/// CRC-32 of the key, as librdkafka's `consistent_random`, its default; any partition without a key or with an empty one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crc32;

impl Partitioner for Crc32 {
    fn partition(&self, topic: &TopicPartitions<'_>, key: Option<&[u8]>, _value: Option<&[u8]>) -> Option<i32> {
        key.filter(|key| !key.is_empty()).map(|key| topic.by_hash(crc32fast::hash(key)))
    }
}

/// One available partition of a topic after the other, whatever the key.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin;

impl Partitioner for RoundRobin {
    fn partition(&self, topic: &TopicPartitions<'_>, _key: Option<&[u8]>, _value: Option<&[u8]>) -> Option<i32> {
        Some(topic.nth(topic.next_turn()))
    }
}

/// Any partition, as if no record had a key (`partitioner.ignore.keys`).
#[derive(Clone, Copy, Debug, Default)]
pub struct IgnoreKeys;

impl Partitioner for IgnoreKeys {
    fn partition(&self, _topic: &TopicPartitions<'_>, _key: Option<&[u8]>, _value: Option<&[u8]>) -> Option<i32> {
        None
    }
}

impl PartitionerName {
    /// The partitioner of this name.
    pub fn partitioner(self) -> Arc<dyn Partitioner> {
        match self {
            Self::Murmur2 => Arc::new(Murmur2),
            Self::Crc32 => Arc::new(Crc32),
            Self::RoundRobin => Arc::new(RoundRobin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The choice for a key on a topic with `count` partitions.
    fn choose(partitioner: &dyn Partitioner, key: Option<&[u8]>, count: i32) -> Option<i32> {
        partitioner.partition(&TopicPartitions::new("t", count, &[], &AtomicU32::new(0)), key, None)
    }

    #[test]
    fn murmur2_chooses_as_java() {
        // From BuiltInPartitioner.partitionForKey of Apache Kafka 4.3.1.
        for (key, count, partition) in JAVA_CHOICES {
            assert_eq!(choose(&Murmur2, Some(key), count), Some(partition), "{key:?} of {count}");
        }
    }

    #[test]
    fn crc32_chooses_as_librdkafka() {
        // From rd_kafka_msg_partitioner_consistent of librdkafka 2.16.0.
        for (key, count, partition) in LIBRDKAFKA_CHOICES {
            assert_eq!(choose(&Crc32, Some(key), count), Some(partition), "{key:?} of {count}");
        }
    }

    #[test]
    fn records_without_a_key_may_go_anywhere() {
        assert_eq!(choose(&Murmur2, None, 5), None);
        assert_eq!(choose(&Crc32, None, 5), None);
        assert_eq!(choose(&Crc32, Some(b""), 5), None);
        assert_eq!(choose(&IgnoreKeys, Some(b"key"), 5), None);
    }

    #[test]
    fn a_key_does_not_move_when_its_partition_loses_its_leader() {
        let turns = AtomicU32::new(0);
        let all = TopicPartitions::new("t", 3, &[0, 1, 2], &turns);
        let one = TopicPartitions::new("t", 3, &[1], &turns);
        for key in 0..100u8 {
            let key = [key];
            assert_eq!(Murmur2.partition(&all, Some(&key), None), Murmur2.partition(&one, Some(&key), None));
            assert_eq!(Crc32.partition(&all, Some(&key), None), Crc32.partition(&one, Some(&key), None));
        }
    }

    #[test]
    fn round_robin_takes_available_partitions_in_turn() {
        let turns = AtomicU32::new(u32::MAX);
        let topic = TopicPartitions::new("t", 4, &[1, 3], &turns);
        let chosen: Vec<_> = (0..5).map(|_| RoundRobin.partition(&topic, None, None)).collect();
        assert_eq!(chosen, [Some(3), Some(1), Some(3), Some(1), Some(3)]);
        let topic = TopicPartitions::new("t", 3, &[], &turns);
        let chosen: Vec<_> = (0..3).map(|_| RoundRobin.partition(&topic, None, None)).collect();
        assert_eq!(chosen, [Some(1), Some(2), Some(0)]);
    }

    #[test]
    fn round_robin_counts_each_topic_by_itself() {
        let (a, b) = (AtomicU32::new(0), AtomicU32::new(0));
        let a = TopicPartitions::new("a", 2, &[0, 1], &a);
        let b = TopicPartitions::new("b", 2, &[0, 1], &b);
        let chosen: Vec<_> =
            (0..3).flat_map(|_| [&a, &b].map(|topic| RoundRobin.partition(topic, None, None))).collect();
        assert_eq!(chosen, [Some(0), Some(0), Some(1), Some(1), Some(0), Some(0)]);
    }

    #[test]
    fn a_topic_without_partitions_is_taken_for_one_with_a_single_one() {
        for count in [i32::MIN, -1, 0, 1] {
            let topic = TopicPartitions::new("t", count, &[], &AtomicU32::new(0)).by_hash(u32::MAX);
            assert_eq!(topic, 0);
        }
    }

    /// Key, count of partitions, Java's partition.
    const JAVA_CHOICES: [(&[u8], i32, i32); 28] = [
        (b"", 1, 0),
        (b"", 2, 1),
        (b"", 50, 31),
        (b"", 2147483647, 275646681),
        (b"a", 1, 0),
        (b"a", 6, 4),
        (b"a", 2147483647, 584102524),
        (b"ab", 2, 0),
        (b"ab", 6, 2),
        (b"ab", 50, 34),
        (b"ab", 2147483647, 316155434),
        (b"abc", 1, 0),
        (b"abc", 2, 1),
        (b"abc", 50, 7),
        (b"abcd", 1, 0),
        (b"abcd", 6, 2),
        (b"abcd", 2147483647, 823834100),
        (b"customer-42", 2, 1),
        (b"customer-42", 6, 3),
        (b"customer-42", 50, 3),
        (b"customer-42", 2147483647, 1604496153),
        (b"\xc3\xbcnl\xc3\xa4ut", 1, 0),
        (b"\xc3\xbcnl\xc3\xa4ut", 2, 1),
        (b"\xc3\xbcnl\xc3\xa4ut", 50, 39),
        (b"0123456789abcdef0", 2, 0),
        (b"0123456789abcdef0", 6, 0),
        (b"0123456789abcdef0", 50, 38),
        (b"0123456789abcdef0", 2147483647, 1856781438),
    ];

    /// Key, count of partitions, librdkafka's partition.
    const LIBRDKAFKA_CHOICES: [(&[u8], i32, i32); 14] = [
        (b"a", 1, 0),
        (b"a", 6, 3),
        (b"a", 2147483647, 1756872260),
        (b"ab", 6, 5),
        (b"ab", 50, 35),
        (b"customer-42", 6, 5),
        (b"customer-42", 50, 5),
        (b"0123456789abcdef0", 6, 3),
        (b"0123456789abcdef0", 50, 45),
        (b"\xc3\xbcnl\xc3\xa4ut", 6, 5),
        (b"\xc3\xbcnl\xc3\xa4ut", 50, 41),
        (b"123456789", 1, 0),
        (b"123456789", 50, 12),
        (b"123456789", 2147483647, 1274296615),
    ];
}
