//! What a partition remembers of idempotent producers, to tell a retry from a gap.
//!
//! ```text
//! <offset>.snapshot: the state after everything before that offset
//!   version i16 = 1 | crc u32, CRC-32C of all that follows | count i32 | count times:
//!   producer id i64 | producer epoch i16 | last sequence i32 | last offset i64 | offset delta i32 | timestamp i64
//!   | coordinator epoch i32 | first offset of the open transaction i64, or -1                        (46 bytes)
//! ```
//! A snapshot holds the last batch of a producer only, so the other four that are remembered do not survive a restart
//! unless the log is replayed.

use std::collections::{HashMap, VecDeque};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ottla_protocol::record::BatchHeader;

use super::batches::TransactionMarker;
use super::error::AppendError;

/// Batches remembered of each producer: as many as it may have in flight.
const BATCHES_RETAINED: usize = 5;
const NONE: i64 = -1;
const NO_SEQUENCE: i32 = -1;
const NO_EPOCH: i16 = -1;
const SNAPSHOT_VERSION: i16 = 1;
const SNAPSHOT_HEADER_LEN: usize = 10;
const SNAPSHOT_CRC_START: usize = 6;
const SNAPSHOT_ENTRY_LEN: usize = 46;

/// Who wrote a batch, which decides what is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A client: sequences and producer epochs are checked, and a retry is recognised.
    #[default]
    Client,
    /// A client whose transactions need no partition to be added first (Produce from version 12 on): its first
    /// sequence must be 0 as well.
    TransactionV2Client,
    /// A coordinator of this broker: producer epochs are checked.
    Coordinator,
    /// A leader, whose log is copied: nothing is checked.
    Replication,
}

impl AppendOrigin {
    fn is_client(self) -> bool {
        matches!(self, Self::Client | Self::TransactionV2Client)
    }
}

/// A batch that a producer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerBatch {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: i64,
    /// Its last offset minus its first.
    pub offset_delta: i32,
    /// Its largest timestamp, in milliseconds.
    pub timestamp: i64,
}

impl ProducerBatch {
    /// Sequence of its first record.
    pub fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }

    /// Offset of its first record.
    pub fn first_offset(&self) -> i64 {
        self.last_offset - i64::from(self.offset_delta)
    }
}

/// Sequences run from 0 to `i32::MAX` and around.
fn decrement_sequence(sequence: i32, by: i32) -> i32 {
    // The result of a mask with `i32::MAX` fits.
    i32::try_from((i64::from(sequence) - i64::from(by)) & i64::from(i32::MAX)).unwrap_or(i32::MAX)
}

fn follows(last: i32, next: i32) -> bool {
    i64::from(next) == i64::from(last) + 1 || (last == i32::MAX && next == 0)
}

/// What is known of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer's id.
    pub producer_id: i64,
    /// Its latest epoch, or -1.
    pub producer_epoch: i16,
    /// Its last batches in this epoch, oldest first.
    pub batches: VecDeque<ProducerBatch>,
    /// The epoch of the coordinator that ended its last transaction, or -1.
    pub coordinator_epoch: i32,
    /// The timestamp of what it wrote last, in milliseconds.
    pub last_timestamp: i64,
    /// When it last wrote, by the broker's clock, in milliseconds. This is what its expiry goes by: records may be of
    /// any time, and who writes old ones is not to be forgotten between a batch and its retry.
    pub seen_ms: i64,
    /// Where its open transaction begins.
    pub current_txn_first_offset: Option<i64>,
}

impl ProducerEntry {
    fn new(producer_id: i64) -> Self {
        Self {
            producer_id,
            producer_epoch: NO_EPOCH,
            batches: VecDeque::new(),
            coordinator_epoch: -1,
            last_timestamp: NONE,
            seen_ms: NONE,
            current_txn_first_offset: None,
        }
    }

    /// The sequence of its last record, or -1.
    pub fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    fn duplicate_of(&self, header: &BatchHeader) -> Option<ProducerBatch> {
        let same = |batch: &&ProducerBatch| {
            batch.first_sequence() == header.base_sequence && batch.last_sequence == header.last_sequence()
        };
        self.batches.iter().find(same).filter(|_| self.producer_epoch == header.producer_epoch).copied()
    }

    fn enter_epoch(&mut self, producer_epoch: i16) {
        if self.producer_epoch != producer_epoch {
            self.batches.clear();
            self.producer_epoch = producer_epoch;
        }
    }

    fn add_batch(&mut self, header: &BatchHeader) {
        self.enter_epoch(header.producer_epoch);
        if self.batches.len() == BATCHES_RETAINED {
            self.batches.pop_front();
        }
        self.batches.push_back(ProducerBatch {
            last_sequence: header.last_sequence(),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        self.last_timestamp = header.max_timestamp;
        if header.attributes.is_transactional() {
            self.current_txn_first_offset.get_or_insert(header.base_offset);
        }
    }

    fn end_transaction(&mut self, header: &BatchHeader, marker: TransactionMarker) {
        self.enter_epoch(header.producer_epoch);
        self.current_txn_first_offset = None;
        self.coordinator_epoch = marker.coordinator_epoch;
        self.last_timestamp = header.max_timestamp;
    }
}

/// Why a snapshot is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SnapshotDefect {
    #[error("it has {0} bytes, which is not what its count says")]
    Length(usize),
    #[error("its version is {0}")]
    Version(i16),
    #[error("its checksum does not match")]
    Checksum,
}

/// The producers of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProducerState {
    producers: HashMap<i64, ProducerEntry>,
}

impl ProducerState {
    /// The producers, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &ProducerEntry> {
        self.producers.values()
    }

    pub(crate) fn get(&self, producer_id: i64) -> Option<&ProducerEntry> {
        self.producers.get(&producer_id)
    }

    /// Checks a batch that is about to be appended after `earlier`, another batch of the same producer in the same
    /// append. Returns the batch that it repeats, if it is a retry.
    pub(crate) fn check(
        &self,
        header: &BatchHeader,
        earlier: Option<&BatchHeader>,
        origin: AppendOrigin,
    ) -> Result<Option<ProducerBatch>, AppendError> {
        if origin == AppendOrigin::Replication || header.attributes.is_control() {
            return Ok(None);
        }
        let entry = self.get(header.producer_id);
        if origin.is_client()
            && let Some(duplicate) = entry.and_then(|entry| entry.duplicate_of(header))
        {
            return Ok(Some(duplicate));
        }
        let current = match (earlier, entry) {
            (Some(earlier), _) => Some((earlier.producer_epoch, earlier.last_sequence())),
            (None, entry) => entry.map(|entry| (entry.producer_epoch, entry.last_sequence())),
        };
        check_epoch(header, current)?;
        if origin.is_client() {
            check_sequence(header, current, origin)?;
        }
        let open = entry.is_some_and(|entry| entry.current_txn_first_offset.is_some());
        if open && !header.attributes.is_transactional() {
            return Err(AppendError::InvalidTransactionState { producer_id: header.producer_id });
        }
        Ok(None)
    }

    /// Takes in a batch that is in the log, with its offsets. `marker` is what it says if it is a control batch.
    pub(crate) fn apply(&mut self, header: &BatchHeader, marker: Option<TransactionMarker>, now_ms: i64) {
        if !header.has_producer_id() {
            return;
        }
        let entry = self.producers.entry(header.producer_id).or_insert_with(|| ProducerEntry::new(header.producer_id));
        entry.seen_ms = now_ms;
        match (header.attributes.is_control(), marker) {
            (false, _) => entry.add_batch(header),
            (true, Some(marker)) => entry.end_transaction(header, marker),
            (true, None) => {}
        }
    }

    /// Where the earliest open transaction begins.
    pub(crate) fn first_open_transaction(&self) -> Option<i64> {
        self.producers.values().filter_map(|entry| entry.current_txn_first_offset).min()
    }

    /// Forgets producers that have been idle for too long.
    pub(crate) fn expire(&mut self, now_ms: i64, expiration_ms: i64) {
        self.producers.retain(|_, entry| {
            // When the clock was set back, how long they have been idle cannot be told: they begin anew.
            entry.seen_ms = entry.seen_ms.min(now_ms);
            !is_expired(entry, now_ms, expiration_ms)
        });
    }

    pub(crate) fn encode_snapshot(&self) -> Bytes {
        let mut entries: Vec<&ProducerEntry> = self.producers.values().collect();
        entries.sort_unstable_by_key(|entry| entry.producer_id);
        let mut out = BytesMut::with_capacity(SNAPSHOT_HEADER_LEN + entries.len() * SNAPSHOT_ENTRY_LEN);
        out.put_i16(SNAPSHOT_VERSION);
        out.put_u32(0);
        out.put_i32(i32::try_from(entries.len()).unwrap_or(i32::MAX));
        for entry in entries {
            encode_entry(entry, &mut out);
        }
        let crc = crc32c::crc32c(out.get(SNAPSHOT_CRC_START..).unwrap_or_default());
        if let Some(field) = out.get_mut(2..SNAPSHOT_CRC_START) {
            field.copy_from_slice(&crc.to_be_bytes());
        }
        out.freeze()
    }

    /// Notes when each producer wrote its last batch, which a snapshot does not tell. Those that `written_ms` does not
    /// know of any more count as idle since the timestamp of that batch, as for Kafka.
    pub(crate) fn date(&mut self, written_ms: impl Fn(i64) -> Option<i64>) {
        for entry in self.producers.values_mut() {
            let written = entry.batches.back().and_then(|batch| written_ms(batch.last_offset));
            entry.seen_ms = written.unwrap_or(entry.last_timestamp);
        }
    }

    /// Reads a snapshot.
    pub(crate) fn decode_snapshot(bytes: &[u8]) -> Result<Self, SnapshotDefect> {
        let mut b = bytes;
        if bytes.len() < SNAPSHOT_HEADER_LEN {
            return Err(SnapshotDefect::Length(bytes.len()));
        }
        let version = b.get_i16();
        if version != SNAPSHOT_VERSION {
            return Err(SnapshotDefect::Version(version));
        }
        if b.get_u32() != crc32c::crc32c(bytes.get(SNAPSHOT_CRC_START..).unwrap_or_default()) {
            return Err(SnapshotDefect::Checksum);
        }
        let count = b.get_i32();
        if usize::try_from(count).ok().and_then(|n| n.checked_mul(SNAPSHOT_ENTRY_LEN)) != Some(b.len()) {
            return Err(SnapshotDefect::Length(bytes.len()));
        }
        let mut state = Self::default();
        while b.has_remaining() {
            let entry = decode_entry(&mut b);
            state.producers.insert(entry.producer_id, entry);
        }
        Ok(state)
    }
}

fn check_epoch(header: &BatchHeader, current: Option<(i16, i32)>) -> Result<(), AppendError> {
    match current {
        Some((current, _)) if header.producer_epoch < current => Err(AppendError::InvalidProducerEpoch {
            producer_id: header.producer_id,
            found: header.producer_epoch,
            current,
        }),
        _ => Ok(()),
    }
}

fn check_sequence(header: &BatchHeader, current: Option<(i16, i32)>, origin: AppendOrigin) -> Result<(), AppendError> {
    let found = header.base_sequence;
    let (in_order, last) = match current {
        Some((NO_EPOCH, last)) => (true, last),
        Some((epoch, last)) if epoch == header.producer_epoch => (follows(last, found), last),
        Some((_, last)) => (found == 0, last),
        // Its records may have been deleted, so any sequence can be the next one.
        None => (found == 0 || origin != AppendOrigin::TransactionV2Client, NO_SEQUENCE),
    };
    if in_order {
        return Ok(());
    }
    Err(AppendError::OutOfOrderSequence { producer_id: header.producer_id, found, last })
}

fn is_expired(entry: &ProducerEntry, now_ms: i64, expiration_ms: i64) -> bool {
    entry.current_txn_first_offset.is_none() && now_ms.saturating_sub(entry.seen_ms) >= expiration_ms
}

fn encode_entry(entry: &ProducerEntry, out: &mut BytesMut) {
    let last = entry.batches.back();
    out.put_i64(entry.producer_id);
    out.put_i16(entry.producer_epoch);
    out.put_i32(entry.last_sequence());
    out.put_i64(last.map_or(NONE, |batch| batch.last_offset));
    out.put_i32(last.map_or(0, |batch| batch.offset_delta));
    out.put_i64(entry.last_timestamp);
    out.put_i32(entry.coordinator_epoch);
    out.put_i64(entry.current_txn_first_offset.unwrap_or(NONE));
}

/// Reads an entry; the caller has checked that there is one.
fn decode_entry(b: &mut &[u8]) -> ProducerEntry {
    let mut entry = ProducerEntry::new(b.get_i64());
    entry.producer_epoch = b.get_i16();
    let (last_sequence, last_offset, offset_delta, timestamp) = (b.get_i32(), b.get_i64(), b.get_i32(), b.get_i64());
    (entry.last_timestamp, entry.seen_ms) = (timestamp, timestamp);
    entry.coordinator_epoch = b.get_i32();
    entry.current_txn_first_offset = Some(b.get_i64()).filter(|offset| *offset >= 0);
    if last_offset >= 0 && offset_delta >= 0 && last_sequence >= 0 {
        entry.batches.push_back(ProducerBatch { last_sequence, last_offset, offset_delta, timestamp });
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use ottla_protocol::record::Attributes;

    const CLIENT: AppendOrigin = AppendOrigin::Client;

    fn batch(producer_epoch: i16, base_sequence: i32, records: i32, base_offset: i64) -> BatchHeader {
        BatchHeader {
            base_offset,
            batch_length: 100,
            partition_leader_epoch: 0,
            magic: 2,
            crc: 0,
            attributes: Attributes::default(),
            last_offset_delta: records - 1,
            base_timestamp: 0,
            max_timestamp: 1000 + base_offset,
            producer_id: 7,
            producer_epoch,
            base_sequence,
            record_count: records,
        }
    }

    /// A producer with epoch 3 that has written batches of two records with sequences 0 to 15 at offsets 100 to 115.
    fn state() -> ProducerState {
        let mut state = ProducerState::default();
        (0..8).for_each(|i| state.apply(&batch(3, i * 2, 2, 100 + i64::from(i) * 2), None, 5000 + i64::from(i)));
        state
    }

    fn answer(state: &ProducerState, header: &BatchHeader, origin: AppendOrigin) -> String {
        match state.check(header, None, origin) {
            Ok(None) => "append".to_owned(),
            Ok(Some(original)) => format!("duplicate of {} at {}", original.first_offset(), original.timestamp),
            Err(AppendError::OutOfOrderSequence { .. }) => "out of order".to_owned(),
            Err(AppendError::InvalidProducerEpoch { .. }) => "old epoch".to_owned(),
            Err(other) => other.to_string(),
        }
    }

    #[test]
    fn a_retry_of_one_of_the_last_five_batches_is_told_its_original_offset() {
        let state = state();
        assert_eq!(answer(&state, &batch(3, 14, 2, 0), CLIENT), "duplicate of 114 at 1114");
        assert_eq!(answer(&state, &batch(3, 6, 2, 0), CLIENT), "duplicate of 106 at 1106");
        assert_eq!(answer(&state, &batch(3, 4, 2, 0), CLIENT), "out of order", "the sixth last");
        assert_eq!(
            answer(&state, &batch(3, 14, 1, 0), CLIENT),
            "out of order",
            "another batch with that first sequence"
        );
        assert_eq!(answer(&state, &batch(2, 14, 2, 0), CLIENT), "old epoch");
    }

    #[test]
    fn sequences_have_no_gaps_within_an_epoch_and_begin_at_0_in_a_new_one() {
        let state = state();
        assert_eq!(answer(&state, &batch(3, 16, 5, 0), CLIENT), "append");
        assert_eq!(answer(&state, &batch(3, 17, 5, 0), CLIENT), "out of order");
        assert_eq!(answer(&state, &batch(4, 0, 1, 0), CLIENT), "append");
        assert_eq!(answer(&state, &batch(4, 16, 1, 0), CLIENT), "out of order");
    }

    #[test]
    fn a_producer_that_is_not_known_may_begin_anywhere_unless_its_transactions_add_partitions_by_themselves() {
        let state = ProducerState::default();
        assert_eq!(answer(&state, &batch(3, 16, 5, 0), CLIENT), "append");
        assert_eq!(answer(&state, &batch(3, 16, 5, 0), AppendOrigin::TransactionV2Client), "out of order");
        assert_eq!(answer(&state, &batch(3, 0, 5, 0), AppendOrigin::TransactionV2Client), "append");
    }

    #[test]
    fn replication_is_not_checked_and_a_coordinator_only_for_its_epoch() {
        let state = state();
        assert_eq!(answer(&state, &batch(2, 99, 1, 0), AppendOrigin::Replication), "append");
        assert_eq!(answer(&state, &batch(2, 99, 1, 0), AppendOrigin::Coordinator), "old epoch");
        assert_eq!(answer(&state, &batch(3, 99, 1, 0), AppendOrigin::Coordinator), "append");
    }

    #[test]
    fn sequences_wrap_from_the_largest_to_0() {
        let mut state = ProducerState::default();
        state.apply(&batch(0, i32::MAX - 1, 2, 0), None, 0);
        assert_eq!(answer(&state, &batch(0, 0, 2, 0), CLIENT), "append");
        assert_eq!(answer(&state, &batch(0, 1, 2, 0), CLIENT), "out of order");
        state.apply(&batch(0, 0, 1, 2), None, 0);
        state.apply(&batch(0, i32::MAX, 3, 3), None, 0);
        let entry = state.get(7).unwrap();
        assert_eq!(entry.last_sequence(), 1);
        assert_eq!(entry.batches[2].first_sequence(), i32::MAX);
        assert_eq!(answer(&state, &batch(0, i32::MAX, 3, 0), CLIENT), "duplicate of 3 at 1003");
    }

    #[test]
    fn batches_of_one_append_follow_each_other() {
        let state = state();
        let first = batch(3, 16, 2, 0);
        assert!(matches!(state.check(&batch(3, 18, 2, 0), Some(&first), CLIENT), Ok(None)));
        assert!(state.check(&batch(3, 17, 2, 0), Some(&first), CLIENT).is_err());
    }

    #[test]
    fn a_marker_ends_the_transaction_and_batches_outside_of_an_open_one_are_refused() {
        let mut state = state();
        let transactional = |mut header: BatchHeader| {
            header.attributes = header.attributes.with_transactional(true);
            header
        };
        state.apply(&transactional(batch(3, 16, 1, 116)), None, 0);
        assert_eq!(state.first_open_transaction(), Some(116));
        assert!(matches!(
            state.check(&batch(3, 17, 1, 0), None, CLIENT),
            Err(AppendError::InvalidTransactionState { producer_id: 7 })
        ));
        assert!(matches!(state.check(&transactional(batch(3, 17, 1, 0)), None, CLIENT), Ok(None)));
        let mut marker = transactional(batch(4, -1, 1, 117));
        marker.attributes = marker.attributes.with_control(true);
        state.apply(&marker, Some(TransactionMarker { coordinator_epoch: 9 }), 0);
        let entry = state.get(7).unwrap();
        assert_eq!((entry.producer_epoch, entry.coordinator_epoch, entry.current_txn_first_offset), (4, 9, None));
        assert_eq!(answer(&state, &batch(4, 0, 1, 0), CLIENT), "append");
        assert_eq!(answer(&state, &batch(4, 1, 1, 0), CLIENT), "out of order");
    }

    #[test]
    fn a_snapshot_has_46_bytes_for_each_producer() {
        let mut state = ProducerState::default();
        state.apply(&batch(3, 5, 2, 0x0102), None, 0x04ea);
        let snapshot = state.encode_snapshot();
        assert_eq!(snapshot[..2], *b"\0\x01");
        assert_eq!(snapshot[2..6], crc32c::crc32c(&snapshot[6..]).to_be_bytes());
        let entry = b"\0\0\0\x01\0\0\0\0\0\0\0\x07\0\x03\0\0\0\x06\0\0\0\0\0\0\x01\x03\0\0\0\x01\
            \0\0\0\0\0\0\x04\xea\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(snapshot[6..], entry[..]);
        let read = ProducerState::decode_snapshot(&snapshot).unwrap();
        assert_eq!(read.get(7), state.get(7));
    }

    #[test]
    fn a_snapshot_is_refused_whichever_byte_is_damaged_or_missing() {
        let snapshot = state().encode_snapshot();
        for i in 0..snapshot.len() {
            assert!(ProducerState::decode_snapshot(&snapshot[..i]).is_err(), "cut at {i}");
            let mut damaged = snapshot.to_vec();
            damaged[i] ^= 0x10;
            assert!(ProducerState::decode_snapshot(&damaged).is_err(), "byte {i}");
        }
    }

    #[test]
    fn idle_producers_are_forgotten_unless_they_have_a_transaction_open() {
        let mut state = state();
        state.expire(5007 + 99, 100);
        assert!(state.get(7).is_some(), "whatever the time of its records");
        let mut open = state.clone();
        let mut header = batch(3, 16, 1, 116);
        header.attributes = header.attributes.with_transactional(true);
        open.apply(&header, None, 0);
        open.expire(i64::MAX, 100);
        assert!(open.get(7).is_some());
        state.expire(5007 + 100, 100);
        assert!(state.get(7).is_none());
    }
}
