//! Reading a batch: a view over its bytes that decodes nothing but the header.

use bytes::{Buf, Bytes};

use super::builder::MIN_RECORD_LEN;
use super::header::crc_of;
use super::{
    Attributes, BatchError, BatchHeader, Compression, HEADER_LEN, LOG_OVERHEAD, RecordError, Records, TimestampType,
};
use crate::compression::Decompressor;

/// One v2 record batch: its bytes, and its header decoded and checked.
///
/// The checks of [`parse`](Self::parse) make the rest safe to use; they do not cover the checksum
/// ([`verify_crc`](Self::verify_crc)) and the records, which are decoded as they are iterated over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBatch {
    bytes: Bytes,
    header: BatchHeader,
    compression: Compression,
}

impl RecordBatch {
    /// Reads a batch that takes up the whole of `bytes`.
    ///
    /// # Errors
    /// [`BatchError`] if that is not a v2 batch, or not one alone.
    pub fn parse(mut bytes: Bytes) -> Result<Self, BatchError> {
        let batch = Self::take(&mut bytes)?;
        if bytes.is_empty() { Ok(batch) } else { Err(BatchError::TrailingBytes(bytes.len())) }
    }

    /// Takes a batch from the front of `bytes`, which is unchanged on an error.
    ///
    /// # Errors
    /// [`BatchError`] if there is no v2 batch; [`BatchError::Truncated`] if the bytes end within it.
    pub fn take(bytes: &mut Bytes) -> Result<Self, BatchError> {
        let header = BatchHeader::read(bytes)?;
        let size = header.size();
        if bytes.len() < size {
            return Err(BatchError::Truncated { needed: size, available: bytes.len() });
        }
        let codec = header.attributes.codec_id();
        let compression = Compression::from_id(codec).ok_or(BatchError::UnknownCompression(codec))?;
        if !may_hold(header.record_count, size, compression) {
            return Err(BatchError::BadRecordCount { count: header.record_count, size });
        }
        if header.last_offset_delta < 0 {
            return Err(BatchError::BadLastOffsetDelta(header.last_offset_delta));
        }
        Ok(Self { bytes: bytes.split_to(size), header, compression })
    }

    /// A batch of no records that stands for the offsets from `base_offset` to `last_offset`: who reads it goes on behind
    /// them, as he does behind what compaction leaves of a batch whose records are all gone.
    ///
    /// A batch spans at most 2^31 offsets, so it may end before `last_offset`; it has one at least.
    pub fn empty(base_offset: i64, last_offset: i64) -> Self {
        let last_offset_delta = i32::try_from(last_offset.saturating_sub(base_offset).max(0)).unwrap_or(i32::MAX);
        let mut header = BatchHeader {
            base_offset,
            batch_length: i32::try_from(HEADER_LEN - LOG_OVERHEAD).unwrap_or_default(),
            partition_leader_epoch: -1,
            magic: 2,
            crc: 0,
            attributes: Attributes::default(),
            last_offset_delta,
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        };
        let mut bytes = [0; HEADER_LEN];
        header.write_into(&mut bytes);
        header.crc = crc_of(&bytes);
        header.write_into(&mut bytes);
        Self { bytes: Bytes::copy_from_slice(&bytes), header, compression: Compression::None }
    }

    /// The header.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The attributes.
    pub fn attributes(&self) -> Attributes {
        self.header.attributes
    }

    /// The codec of the records.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// The whole batch.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The whole batch, without the view.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Size of the batch in bytes, header included.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Offset of the first record that the batch was written with.
    pub fn base_offset(&self) -> i64 {
        self.header.base_offset
    }

    /// Offset of the last record that the batch was written with.
    pub fn last_offset(&self) -> i64 {
        self.header.last_offset()
    }

    /// The offset after the batch: where to read on, even when compaction has left it empty.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().wrapping_add(1)
    }

    /// Records in the batch; 0 is legal in a compacted log.
    pub fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// Whether the batch holds a control record instead of data.
    pub fn is_control(&self) -> bool {
        self.header.attributes.is_control()
    }

    /// Whether the batch is part of a transaction.
    pub fn is_transactional(&self) -> bool {
        self.header.attributes.is_transactional()
    }

    /// When compaction may remove the batch's tombstones, in milliseconds, once it has been set.
    pub fn delete_horizon(&self) -> Option<i64> {
        self.header.attributes.has_delete_horizon().then_some(self.header.base_timestamp)
    }

    /// Compares the checksum with the bytes.
    ///
    /// # Errors
    /// [`BatchError::BadCrc`] if they differ.
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        let computed = crc_of(&self.bytes);
        if computed == self.header.crc {
            return Ok(());
        }
        Err(BatchError::BadCrc { stored: self.header.crc, computed })
    }

    /// The encoded records, as they are in the batch.
    pub fn encoded_records(&self) -> &[u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// The records, decompressed if need be. Without compression that copies nothing.
    ///
    /// # Errors
    /// [`RecordError::Decompress`] if decompression fails or exceeds the decompressor's limit;
    /// [`RecordError::BadRecordCount`] if there is no room for as many records as the header says.
    pub fn records(&self, decompressor: &mut Decompressor) -> Result<Records, RecordError> {
        let encoded = match self.compression {
            Compression::None => {
                let mut records = self.bytes.clone();
                records.advance(HEADER_LEN);
                records
            }
            // A codec's frame around nothing is legal, and so is nothing at all.
            _ if self.bytes.len() == HEADER_LEN => Bytes::new(),
            compression => decompressor.decompress(compression, self.encoded_records())?,
        };
        let count = self.header.record_count;
        let fits = |count: usize| count.saturating_mul(MIN_RECORD_LEN) <= encoded.len();
        if !usize::try_from(count).is_ok_and(fits) {
            return Err(RecordError::BadRecordCount { count, size: encoded.len() });
        }
        Ok(Records::v2(encoded, &self.header))
    }
}

/// Without compression a record takes [`MIN_RECORD_LEN`] bytes; with it, the count is checked after decompression.
fn may_hold(count: i32, size: usize, compression: Compression) -> bool {
    let Ok(count) = usize::try_from(count) else { return false };
    match compression {
        Compression::None => count.saturating_mul(MIN_RECORD_LEN) <= size - HEADER_LEN,
        _ => true,
    }
}

impl BatchHeader {
    /// The timestamp that stands for every record's own, if the broker set it.
    pub(super) fn append_time(&self) -> Option<i64> {
        (self.attributes.timestamp_type() == TimestampType::LogAppendTime).then_some(self.max_timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_batch_is_one_that_spans_its_offsets() {
        let most = i64::from(i32::MAX);
        for (base, last, spans_to) in [(7, 9, 9), (7, 7, 7), (7, 3, 7), (0, i64::MAX, most), (most, 2 * most, 2 * most)]
        {
            let batch = RecordBatch::empty(base, last);
            let read = RecordBatch::parse(batch.bytes().clone()).unwrap();
            read.verify_crc().unwrap();
            assert_eq!(read, batch);
            assert_eq!((read.base_offset(), read.last_offset(), read.record_count()), (base, spans_to, 0));
            assert_eq!(read.records(&mut Decompressor::default()).unwrap().iter().count(), 0);
        }
    }
}
