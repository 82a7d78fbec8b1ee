//! Where each key was written last.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The last offset of each key of a part of a log, in a bounded number of bytes.
///
/// As in Kafka, keys are told apart by 128 bits of hash, since the keys themselves could be of any size. The hash is
/// SipHash under two secrets of this process, so nobody can find two keys that are taken for one.
#[derive(Debug)]
pub(super) struct LatestOffsets {
    secrets: [RandomState; 2],
    offsets: HashMap<[u64; 2], i64>,
    most_keys: usize,
}

impl LatestOffsets {
    /// Bytes that a key takes, with the room that a hash table leaves free.
    const KEY_LEN: usize = 32;

    /// Room for the keys that fit in so many bytes, and for one at least.
    pub(super) fn within(bytes: usize) -> Self {
        let secrets = [RandomState::new(), RandomState::new()];
        Self { secrets, offsets: HashMap::new(), most_keys: (bytes / Self::KEY_LEN).max(1) }
    }

    pub(super) fn is_full(&self) -> bool {
        self.offsets.len() >= self.most_keys
    }

    /// Notes a record; offsets come in order.
    pub(super) fn put(&mut self, key: &[u8], offset: i64) {
        self.offsets.insert(self.hash(key), offset);
    }

    /// Whether there is no later record with this key.
    pub(super) fn is_latest(&self, key: &[u8], offset: i64) -> bool {
        self.offsets.get(&self.hash(key)).is_none_or(|latest| offset >= *latest)
    }

    fn hash(&self, key: &[u8]) -> [u64; 2] {
        self.secrets.each_ref().map(|secret| secret.hash_one(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_record_of_a_key_is_the_latest() {
        let mut latest = LatestOffsets::within(1000);
        for (offset, key) in ["a", "b", "a", ""].into_iter().enumerate() {
            latest.put(key.as_bytes(), offset as i64);
        }
        let found = ["a", "b", "a", "", "c"].into_iter().enumerate();
        let found: Vec<bool> = found.map(|(offset, key)| latest.is_latest(key.as_bytes(), offset as i64)).collect();
        assert_eq!(found, [false, true, true, true, true]);
    }

    #[test]
    fn it_is_full_at_its_size_whatever_the_keys() {
        let mut latest = LatestOffsets::within(320);
        (0..9_i64).for_each(|n| latest.put(&[b'k'; 1000][..100 + n as usize], n));
        assert!(!latest.is_full());
        latest.put(b"", 9);
        assert!(latest.is_full());
        assert!(!LatestOffsets::within(0).is_full(), "there is room for one");
    }
}
