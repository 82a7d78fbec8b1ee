//! The batches of a fetch response or a log segment, one after another.

use bytes::Bytes;

use super::{BatchError, RecordBatch};

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
    type Item = Result<RecordBatch, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.truncated.is_some() || self.rest.is_empty() {
            return None;
        }
        match RecordBatch::take(&mut self.rest) {
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
