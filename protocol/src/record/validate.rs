//! What a broker checks in a batch from a producer before it appends it.

use std::ops::RangeInclusive;

use super::records::RawRecord;
use super::{BatchError, Compression, RecordBatch, RecordError};
use crate::compression::Decompressor;

/// Why a batch may not be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// The batch is empty, or its count and its last offset disagree: answer `INVALID_RECORD`.
    #[error("the batch says that it has {record_count} records, and offsets for {offsets}")]
    CountMismatch {
        /// The record count in the header.
        record_count: i32,
        /// The last offset delta in the header, plus one.
        offsets: i64,
    },
    /// Producers do not write control batches: answer `INVALID_RECORD`.
    #[error("a producer may not write a control batch")]
    Control,
    /// There is a producer id without a sequence: answer `INVALID_RECORD`.
    #[error("a batch of producer {producer_id} has no sequence")]
    NoSequence {
        /// The producer id.
        producer_id: i64,
    },
    /// The batch is damaged: answer `CORRUPT_MESSAGE`.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Its records are damaged, or too large when decompressed: answer `CORRUPT_MESSAGE`.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What the records of a batch are like, found in one pass over them.
///
/// Which of it is an error depends on the topic, so it is for the caller to say. Indexes count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSummary {
    /// The largest record timestamp in milliseconds. Never trust the header's: this is what to append.
    pub max_timestamp: i64,
    /// Offset of the first record with that timestamp, relative to the base offset.
    pub offset_delta_of_max_timestamp: i32,
    /// The first record without a key: not allowed in a compacted topic.
    pub first_keyless: Option<i32>,
    /// The first record whose timestamp is out of bounds.
    pub first_bad_timestamp: Option<BadTimestamp>,
    /// The first record whose offset delta is not its index: not allowed in a compressed batch, otherwise to be
    /// mended.
    pub first_bad_offset_delta: Option<i32>,
    /// Bytes of the records, decompressed.
    pub size_bytes: usize,
}

/// A record's timestamp that is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTimestamp {
    /// Which record.
    pub index: i32,
    /// What it has, in milliseconds.
    pub timestamp: i64,
}

/// Checks the header of a batch from a producer, and its checksum, but not its records.
///
/// # Errors
/// [`InvalidBatch`] for the first rule that it breaks.
pub fn check_header(batch: &RecordBatch) -> Result<(), InvalidBatch> {
    batch.verify_crc()?;
    let header = batch.header();
    let offsets = i64::from(header.last_offset_delta) + 1;
    if header.record_count <= 0 || offsets != i64::from(header.record_count) {
        return Err(InvalidBatch::CountMismatch { record_count: header.record_count, offsets });
    }
    if batch.is_control() {
        return Err(InvalidBatch::Control);
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        return Err(InvalidBatch::NoSequence { producer_id: header.producer_id });
    }
    Ok(())
}

/// Checks a batch from a producer, and every record in it, in one pass.
///
/// `timestamps` are the bounds in milliseconds for a record's create time; -1, no timestamp, is always allowed.
///
/// # Errors
/// [`InvalidBatch`] for the first rule that it breaks.
pub fn validate(
    batch: &RecordBatch,
    timestamps: RangeInclusive<i64>,
    decompressor: &mut Decompressor,
) -> Result<BatchSummary, InvalidBatch> {
    check_header(batch)?;
    if batch.compression() == Compression::None {
        return Ok(summarize(batch, batch.encoded_records(), timestamps)?);
    }
    let records = batch.records(decompressor)?;
    Ok(summarize(batch, records.encoded(), timestamps)?)
}

fn summarize(
    batch: &RecordBatch,
    mut records: &[u8],
    timestamps: RangeInclusive<i64>,
) -> Result<BatchSummary, RecordError> {
    let base_timestamp = batch.header().base_timestamp;
    let mut summary = BatchSummary {
        max_timestamp: i64::MIN,
        offset_delta_of_max_timestamp: 0,
        first_keyless: None,
        first_bad_timestamp: None,
        first_bad_offset_delta: None,
        size_bytes: records.len(),
    };
    for index in 0..batch.record_count() {
        let record = RawRecord::take(&mut records)?;
        let timestamp = base_timestamp.wrapping_add(record.timestamp_delta);
        if timestamp > summary.max_timestamp {
            summary.max_timestamp = timestamp;
            summary.offset_delta_of_max_timestamp = index;
        }
        if !timestamps.contains(&timestamp) && timestamp != -1 {
            summary.first_bad_timestamp.get_or_insert(BadTimestamp { index, timestamp });
        }
        if record.key.is_none() {
            summary.first_keyless.get_or_insert(index);
        }
        if record.offset_delta != index {
            summary.first_bad_offset_delta.get_or_insert(index);
        }
        for header in record.headers {
            header?;
        }
    }
    match records.len() {
        0 => Ok(summary),
        left => Err(RecordError::TrailingBytes(left, "record of a batch")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::Compressor;
    use crate::record::{BatchSettings, ProducerStamp, RecordBatchBuilder, control};

    const ANY: RangeInclusive<i64> = i64::MIN..=i64::MAX;

    fn builder(compression: Compression) -> RecordBatchBuilder {
        RecordBatchBuilder::new(BatchSettings { compression: compression.into(), ..Default::default() })
    }

    fn sealed(mut builder: RecordBatchBuilder) -> RecordBatch {
        RecordBatch::parse(builder.seal(&mut Compressor::default()).unwrap()).unwrap()
    }

    /// A batch with a field of its header replaced and the checksum put right.
    fn with_bytes(batch: &RecordBatch, at: usize, bytes: &[u8]) -> RecordBatch {
        let mut changed = batch.bytes().to_vec();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        super::super::header::write_crc(&mut changed);
        RecordBatch::parse(changed.into()).unwrap()
    }

    #[test]
    fn a_batch_is_summed_up_in_one_pass_whatever_the_codec() {
        for codec in (0..5).filter_map(Compression::from_id) {
            let mut builder = builder(codec);
            builder.append(10, Some(b"k"), Some(b"v"), [("h", None)]).unwrap();
            builder.append(-1, Some(b"k"), None, []).unwrap();
            builder.append(99, None, Some(b"v"), []).unwrap();
            builder.append(99, None, Some(b"v"), []).unwrap();
            let size_bytes = builder.size_bytes() - crate::record::HEADER_LEN;
            let summary = validate(&sealed(builder), 0..=50, &mut Decompressor::default()).unwrap();
            let expected = BatchSummary {
                max_timestamp: 99,
                offset_delta_of_max_timestamp: 2,
                first_keyless: Some(2),
                first_bad_timestamp: Some(BadTimestamp { index: 2, timestamp: 99 }),
                first_bad_offset_delta: None,
                size_bytes,
            };
            assert_eq!(summary, expected, "{}", codec.name());
        }
    }

    #[test]
    fn counts_that_disagree_are_invalid() {
        let mut builder = builder(Compression::None);
        builder.append(1, None, None, []).unwrap();
        builder.append(1, None, None, []).unwrap();
        let batch = sealed(builder);
        let validate = |batch: &RecordBatch| validate(batch, ANY, &mut Decompressor::default());
        assert_eq!(
            validate(&with_bytes(&batch, 23, &2i32.to_be_bytes())),
            Err(InvalidBatch::CountMismatch { record_count: 2, offsets: 3 })
        );
        let fewer = with_bytes(&with_bytes(&batch, 23, &0i32.to_be_bytes()), 57, &1i32.to_be_bytes());
        assert_eq!(validate(&fewer), Err(RecordError::TrailingBytes(7, "record of a batch").into()));
        let none = with_bytes(&batch, 57, &0i32.to_be_bytes());
        assert_eq!(validate(&none), Err(InvalidBatch::CountMismatch { record_count: 0, offsets: 2 }));
    }

    #[test]
    fn an_offset_delta_out_of_order_is_found() {
        let mut builder = builder(Compression::None);
        builder.append(1, None, None, []).unwrap();
        builder.append(1, None, None, []).unwrap();
        // The second record's offset delta is in its fourth byte.
        let batch = with_bytes(&sealed(builder), 61 + 7 + 3, &[0]);
        let summary = validate(&batch, ANY, &mut Decompressor::default()).unwrap();
        assert_eq!(summary.first_bad_offset_delta, Some(1));
    }

    #[test]
    fn a_producer_id_without_a_sequence_a_control_batch_and_a_bad_checksum_are_invalid() {
        let mut builder = builder(Compression::None);
        builder.append(1, None, None, []).unwrap();
        builder.set_producer(ProducerStamp { producer_id: 4, producer_epoch: 0, base_sequence: -1 });
        let batch = sealed(builder);
        assert_eq!(check_header(&batch), Err(InvalidBatch::NoSequence { producer_id: 4 }));

        let marker = control::EndTransactionMarker { committed: true, coordinator_epoch: 0 }.to_batch(0, 4, 0);
        assert_eq!(check_header(&RecordBatch::parse(marker).unwrap()), Err(InvalidBatch::Control));

        let mut damaged = batch.bytes().to_vec();
        damaged[65] ^= 4;
        let damaged = RecordBatch::parse(damaged.into()).unwrap();
        assert!(matches!(check_header(&damaged), Err(InvalidBatch::Batch(BatchError::BadCrc { .. }))));
    }

    #[test]
    fn malformed_headers_are_found_without_being_asked_for() {
        let mut builder = builder(Compression::None);
        builder.append(1, None, None, [("abc", None)]).unwrap();
        // The header's key length, made to run past the end.
        let batch = with_bytes(&sealed(builder), 61 + 7, &[20]);
        let expected = RecordError::BadLength { field: "header key length", value: 10, available: 4 };
        assert_eq!(validate(&batch, ANY, &mut Decompressor::default()), Err(expected.into()));
    }
}
