//! The batches of a fetch response or a log segment, one after another.

use bytes::Bytes;

use super::{BatchError, LegacyBatch, RecordBatch, RecordError, Records};
use crate::compression::Decompressor;

/// Where the magic is in a batch of any format.
const MAGIC: usize = 16;

/// A batch of any format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// Format 2, all that a broker since 4.0 has.
    V2(RecordBatch),
    /// Format 0 or 1, from an older broker or an old log.
    Legacy(LegacyBatch),
}

impl Batch {
    /// Takes a batch from the front of `bytes`, which is unchanged on an error.
    ///
    /// # Errors
    /// [`BatchError`] if there is none; [`BatchError::Truncated`] if the bytes end within it.
    pub fn take(bytes: &mut Bytes) -> Result<Self, BatchError> {
        match bytes.get(MAGIC) {
            None => Err(BatchError::Truncated { needed: MAGIC + 1, available: bytes.len() }),
            Some(0 | 1) => LegacyBatch::take(bytes).map(Self::Legacy),
            Some(_) => RecordBatch::take(bytes).map(Self::V2),
        }
    }

    /// The whole batch.
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::V2(batch) => batch.bytes(),
            Self::Legacy(batch) => batch.bytes(),
        }
    }

    /// The batch, if it is of format 2.
    pub fn as_v2(&self) -> Option<&RecordBatch> {
        match self {
            Self::V2(batch) => Some(batch),
            Self::Legacy(_) => None,
        }
    }

    /// The offset after the batch: where to read on, even when compaction has left it empty.
    pub fn next_offset(&self) -> i64 {
        match self {
            Self::V2(batch) => batch.next_offset(),
            Self::Legacy(batch) => batch.last_offset().wrapping_add(1),
        }
    }

    /// Whether the batch holds a control record instead of data.
    pub fn is_control(&self) -> bool {
        self.as_v2().is_some_and(RecordBatch::is_control)
    }

    /// Compares the checksum with the bytes.
    ///
    /// # Errors
    /// [`BatchError::BadCrc`] if they differ.
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        match self {
            Self::V2(batch) => batch.verify_crc(),
            Self::Legacy(batch) => batch.verify_crc(),
        }
    }

    /// The records, decompressed if need be.
    ///
    /// # Errors
    /// As [`RecordBatch::records`] and [`LegacyBatch::records`].
    pub fn records(&self, decompressor: &mut Decompressor) -> Result<Records, RecordError> {
        match self {
            Self::V2(batch) => batch.records(decompressor),
            Self::Legacy(batch) => batch.records(decompressor),
        }
    }
}

/// Takes batches from the front of `bytes`, as a broker returns them.
///
/// A broker cuts its answer at the size that was asked for, so the last batch may be incomplete. Iteration then just
/// ends; [`truncated`](Self::truncated) tells that from a clean end, and [`rest`](Self::rest) has the bytes. It also
/// ends after the first error.
#[derive(Clone, Debug)]
pub struct RecordBatches {
    rest: Bytes,
    failed: bool,
    truncated: Option<usize>,
}

impl RecordBatches {
    /// Iterates over the batches in `bytes`.
    pub fn new(bytes: Bytes) -> Self {
        Self { rest: bytes, failed: false, truncated: None }
    }

    /// Once iteration has ended in the middle of a batch: how many bytes that batch needs, as far as its first bytes
    /// tell.
    pub fn truncated(&self) -> Option<usize> {
        self.truncated
    }

    /// The bytes that are still to be read: after the end those of an incomplete or bad batch.
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }
}

impl Iterator for RecordBatches {
    type Item = Result<Batch, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.truncated.is_some() || self.rest.is_empty() {
            return None;
        }
        match Batch::take(&mut self.rest) {
            Err(BatchError::Truncated { needed, .. }) => {
                self.truncated = Some(needed);
                None
            }
            result => {
                self.failed = result.is_err();
                Some(result)
            }
        }
    }
}

impl std::iter::FusedIterator for RecordBatches {}
