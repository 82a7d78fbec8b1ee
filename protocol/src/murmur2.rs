//! The hash that Kafka's producers choose a partition by.

/// Kafka's seed.
const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;

/// The 32-bit MurmurHash2 of `key` with Kafka's seed. Java has the same bits as a signed number.
pub fn murmur2(key: &[u8]) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the length goes in with 32 bits, and no key is longer")]
    let mut hash = SEED ^ key.len() as u32;
    let (words, tail) = key.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        k ^= k >> 24;
        hash = hash.wrapping_mul(MULTIPLIER) ^ k.wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        let mut word = [0; 4];
        word.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
        hash = (hash ^ u32::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// The partition that Kafka's default partitioner chooses for `key` out of `partitions`.
///
/// The partitions are all that the topic has, whether or not they have a leader: a key stays where it is. Returns 0 if
/// `partitions` is not above 0.
pub fn partition_for_key(key: &[u8], partitions: i32) -> i32 {
    if partitions <= 0 {
        return 0;
    }
    // Not the absolute value: Java's clients clear the sign bit, too.
    (murmur2(key) & 0x7fff_ffff).cast_signed() % partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `org.apache.kafka.common.utils.Utils.murmur2` of 4.3.1.
    const FROM_JAVA: [(&[u8], i32); 12] = [
        (b"", 275_646_681),
        (b"21", -973_932_308),
        (b"foobar", -790_332_482),
        (b"a-little-bit-long-string", -985_981_536),
        (b"a-little-bit-longer-string", -1_486_304_829),
        (b"a", -1_563_381_124),
        (b"ab", 316_155_434),
        (b"abc", 479_470_107),
        (b"\0", 375_494_588),
        (b"\xff", -311_467_685),
        (b"\xff\xff\xff\xff", 644_171_429),
        (b"\x80\x80\x80\x80\x80", -1_525_148_316),
    ];

    #[test]
    fn hashes_are_those_of_java() {
        for (key, hash) in FROM_JAVA {
            assert_eq!(murmur2(key) as i32, hash, "{key:?}");
        }
    }

    #[test]
    fn a_negative_hash_gives_a_partition_as_in_java() {
        // (-973932308 & 0x7fffffff) % 7
        assert_eq!(partition_for_key(b"21", 7), 1_173_551_340 % 7);
        assert_eq!(partition_for_key(b"21", 1), 0);
        assert_eq!(partition_for_key(b"21", 0), 0);
        assert_eq!(partition_for_key(b"21", i32::MAX), 1_173_551_340);
    }
}
