//! What of a batch is kept.

use bytes::Bytes;
use ottla_protocol::compression::{Compressor, Decompressor};
use ottla_protocol::record::rebuild::{Candidate, RebuildError, retain};
use ottla_protocol::record::{BatchError, BatchHeader, RecordBatch};

use super::latest::LatestOffsets;
use super::{Compaction, has_keys};

/// Decides which records stay.
pub(super) struct Sieve<'a> {
    compaction: &'a Compaction,
    latest: LatestOffsets,
    /// A batch that lies behind is kept as it is; none lies on both sides.
    compacted_to: i64,
    /// A record has passed whose key is not looked at. Of a tombstone behind it there is no telling what it deletes, so
    /// none goes any more.
    has_passed_unread: bool,
    compressor: Compressor,
    decompressor: Decompressor,
}

/// Why a batch cannot be compacted.
#[derive(Debug, thiserror::Error)]
pub(super) enum SieveError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

impl<'a> Sieve<'a> {
    pub(super) fn new(compaction: &'a Compaction, latest: LatestOffsets, compacted_to: i64) -> Self {
        let (compressor, decompressor) = (Compressor::default(), Decompressor::default());
        Self { compaction, latest, compacted_to, has_passed_unread: false, compressor, decompressor }
    }

    /// What is left of a batch, if anything is. One that `is_needed` is kept even without a record.
    pub(super) fn pass(
        &mut self,
        bytes: Bytes,
        header: &BatchHeader,
        is_needed: bool,
    ) -> Result<Option<Bytes>, SieveError> {
        self.has_passed_unread |= !has_keys(header) && !header.attributes.is_control();
        if !has_keys(header) || header.base_offset >= self.compacted_to {
            return Ok(Some(bytes));
        }
        let batch = RecordBatch::parse(bytes)?;
        let Compaction { limits, delete_horizon, producers, .. } = self.compaction;
        let tombstones_stay =
            self.has_passed_unread || batch.delete_horizon().is_none_or(|horizon| limits.now_ms < horizon);
        let latest = &self.latest;
        let stays = |record: Candidate<'_>| {
            // A record without a key was written before the topic was compacted.
            let is_latest = || record.key.is_some_and(|key| latest.is_latest(key, record.offset));
            is_latest() && (record.value.is_some() || tombstones_stay)
        };
        let kept = retain(&batch, stays, Some(*delete_horizon), &mut self.compressor, &mut self.decompressor)?;
        let is_empty = BatchHeader::read(&kept)?.record_count == 0;
        let is_producers_last =
            header.has_producer_id() && producers.get(&header.producer_id) == Some(&header.last_offset());
        Ok((!is_empty || is_needed || is_producers_last).then_some(kept))
    }
}
