//! Making a batch anew from one that is there: with another codec, or with fewer records.

use bytes::{Bytes, BytesMut};

use super::header::write_crc;
use super::records::{RawRecord, take_slice};
use super::varint::{self, Prefix, take_i32, take_i64, take_u8};
use super::{BatchHeader, Compression, HEADER_LEN, LOG_OVERHEAD, RecordBatch, RecordError, TimestampType};
use crate::compression::{CompressError, CompressionSettings, Compressor, Decompressor};

/// Why a batch cannot be made anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// Its records cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The codec fails.
    #[error(transparent)]
    Compress(#[from] CompressError),
    /// The batch would exceed the 2 GiB that the format has room for.
    #[error("a record batch cannot grow to {size} bytes")]
    TooLarge {
        /// Size in bytes that it would have.
        size: usize,
    },
}

/// The same batch with another codec, as a broker does for a topic whose `compression.type` differs.
///
/// # Errors
/// [`RebuildError`] if the batch cannot be read or written.
pub fn recompress(
    batch: &RecordBatch,
    compression: &CompressionSettings,
    compressor: &mut Compressor,
    decompressor: &mut Decompressor,
) -> Result<Bytes, RebuildError> {
    let records = batch.records(decompressor)?;
    assemble(*batch.header(), records.encoded(), compression, compressor)
}

/// What [`retain`] sees of a record.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Position in the partition.
    pub offset: i64,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    /// The key, if there is one.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
}

/// The same batch with only the records that `keep` says, as compaction needs it: offsets, sequences and the codec
/// stay, and a batch may end up empty.
///
/// A batch that keeps a tombstone is given `delete_horizon`, unless it has one: the time, in milliseconds since the epoch,
/// from which on a compaction may drop its tombstones (KIP-534). `None` gives it to no batch. A batch to which nothing
/// happens stays as it is, byte for byte.
///
/// # Errors
/// [`RebuildError`] if the batch cannot be read or written.
pub fn retain(
    batch: &RecordBatch,
    mut keep: impl FnMut(Candidate<'_>) -> bool,
    delete_horizon: Option<i64>,
    compressor: &mut Compressor,
    decompressor: &mut Decompressor,
) -> Result<Bytes, RebuildError> {
    let records = batch.records(decompressor)?;
    let mut header = *batch.header();
    let append_time = header.append_time();
    let mut kept = Vec::with_capacity(records.encoded().len());
    let mut rest = &records.encoded()[..];
    let (mut count, mut max_timestamp, mut has_tombstone) = (0, -1, false);
    for _ in 0..header.record_count {
        let before = rest;
        let record = RawRecord::take(&mut rest)?;
        let timestamp = append_time.unwrap_or_else(|| header.base_timestamp.wrapping_add(record.timestamp_delta));
        let offset = header.base_offset.wrapping_add(i64::from(record.offset_delta));
        if keep(Candidate { offset, timestamp, key: record.key, value: record.value }) {
            // A record is relative to the base offset and timestamp, which stay: its bytes do too.
            kept.extend_from_slice(before.get(..before.len() - rest.len()).unwrap_or_default());
            count += 1;
            has_tombstone |= record.value.is_none();
            max_timestamp = timestamp.max(max_timestamp);
        }
    }
    let delete_horizon = delete_horizon.filter(|_| has_tombstone && !header.attributes.has_delete_horizon());
    if count == header.record_count && delete_horizon.is_none() {
        return Ok(batch.bytes().clone());
    }
    header.record_count = count;
    if count == 0 {
        // As Kafka writes it: no codec for no records, and the largest timestamp stays.
        return assemble(header, &[], &CompressionSettings::default(), compressor);
    }
    if header.attributes.timestamp_type() == TimestampType::CreateTime {
        header.max_timestamp = max_timestamp;
    }
    if let Some(horizon) = delete_horizon {
        // It takes the place of the timestamp that those of the records are relative to.
        kept = shift_timestamps(&kept, header.base_timestamp.wrapping_sub(horizon))?;
        header.base_timestamp = horizon;
        header.attributes = header.attributes.with_delete_horizon(true);
    }
    assemble(header, &kept, &batch.compression().into(), compressor)
}

/// The same records with timestamps that are relative to another one, which lies `by` milliseconds before.
fn shift_timestamps(mut records: &[u8], by: i64) -> Result<Vec<u8>, RecordError> {
    let mut shifted = Vec::with_capacity(records.len());
    while !records.is_empty() {
        let len = take_i32(&mut records)?;
        let mut body = take_slice(&mut records, len, "record length")?;
        let attributes = take_u8(&mut body)?;
        let timestamp_delta = take_i64(&mut body)?.wrapping_add(by);
        let mut prefix = Prefix::new();
        let len = 1 + varint::len_i64(timestamp_delta) + body.len();
        prefix.put_i32(i32::try_from(len).unwrap_or(i32::MAX));
        prefix.put_u8(attributes);
        prefix.put_i64(timestamp_delta);
        shifted.extend_from_slice(prefix.as_slice());
        shifted.extend_from_slice(body);
    }
    Ok(shifted)
}

fn assemble(
    mut header: BatchHeader,
    records: &[u8],
    compression: &CompressionSettings,
    compressor: &mut Compressor,
) -> Result<Bytes, RebuildError> {
    let records = match compression.compression() {
        Compression::None => records,
        _ => compressor.compress(compression, records)?,
    };
    let size = HEADER_LEN + records.len();
    header.batch_length = i32::try_from(size - LOG_OVERHEAD).map_err(|_| RebuildError::TooLarge { size })?;
    header.attributes = header.attributes.with_compression(compression.compression());
    let mut batch = BytesMut::with_capacity(size);
    header.write(&mut batch);
    batch.extend_from_slice(records);
    write_crc(&mut batch);
    Ok(batch.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BatchSettings, ProducerStamp, RecordBatchBuilder};

    fn batch(compression: Compression) -> RecordBatch {
        let mut builder = RecordBatchBuilder::new(BatchSettings {
            compression: compression.into(),
            producer: ProducerStamp { producer_id: 7, producer_epoch: 1, base_sequence: 40 },
            transactional: true,
            base_offset: 1000,
            partition_leader_epoch: 3,
            ..Default::default()
        });
        for n in 0..10i64 {
            builder.append(50 - n, Some(&[n as u8]), Some(b"value"), [("header", Some(&b"x"[..]))]).unwrap();
        }
        RecordBatch::parse(builder.seal(&mut Compressor::default()).unwrap()).unwrap()
    }

    fn keys(batch: &RecordBatch) -> Vec<(i64, u8)> {
        batch.verify_crc().unwrap();
        let records = batch.records(&mut Decompressor::default()).unwrap();
        let keys = records.iter().map(|record| record.map(|r| (r.offset, r.key.unwrap()[0])).unwrap());
        keys.collect()
    }

    #[test]
    fn recompression_changes_the_codec_and_nothing_else() {
        let (mut compressor, mut decompressor) = (Compressor::default(), Decompressor::default());
        let codecs = || (0..5).filter_map(Compression::from_id);
        for (from, to) in codecs().flat_map(|from| codecs().map(move |to| (from, to))) {
            let before = batch(from);
            let after = recompress(&before, &to.into(), &mut compressor, &mut decompressor).unwrap();
            assert_eq!(after, batch(to).into_bytes(), "{} to {}", from.name(), to.name());
        }
    }

    #[test]
    fn what_is_retained_keeps_its_offset_and_the_batch_its_place() {
        let (mut compressor, mut decompressor) = (Compressor::default(), Decompressor::default());
        for codec in (0..5).filter_map(Compression::from_id) {
            let before = batch(codec);
            let keep = |candidate: Candidate<'_>| candidate.offset % 4 == 3;
            let after = retain(&before, keep, None, &mut compressor, &mut decompressor).unwrap();
            let after = RecordBatch::parse(after).unwrap();
            assert_eq!(keys(&after), [(1003, 3), (1007, 7)]);
            assert_eq!((after.base_offset(), after.last_offset()), (1000, 1009));
            assert_eq!(after.header().max_timestamp, 47);
            assert_eq!(after.header().last_sequence(), 49);
        }
    }

    #[test]
    fn a_batch_that_keeps_a_tombstone_is_told_once_when_it_may_go() {
        let (mut compressor, mut decompressor) = (Compressor::default(), Decompressor::default());
        for (codec, ty) in (0..5)
            .filter_map(Compression::from_id)
            .flat_map(|codec| [TimestampType::CreateTime, TimestampType::LogAppendTime].map(|ty| (codec, ty)))
        {
            let settings = BatchSettings { compression: codec.into(), base_offset: 7, ..Default::default() };
            let mut builder = RecordBatchBuilder::new(settings);
            for (timestamp, value) in [(90, Some(&b"v"[..])), (i64::MAX, None), (0, None), (95, Some(b"w"))] {
                builder.append(timestamp, Some(b"k"), value, [("h", Some(&b"x"[..]))]).unwrap();
            }
            let mut bytes = BytesMut::from(&builder.seal(&mut compressor).unwrap()[..]);
            if ty == TimestampType::LogAppendTime {
                crate::record::stamp::set_timestamp(&mut bytes, ty, 1234).unwrap();
            }
            let before = RecordBatch::parse(bytes.freeze()).unwrap();
            let all = |batch: &RecordBatch| {
                batch.verify_crc().unwrap();
                let records = batch.records(&mut Decompressor::default()).unwrap();
                let parts =
                    |r: crate::record::RecordRef<'_>| format!("{} {} {:?}", r.offset, r.timestamp, (r.key, r.value));
                records.iter().map(|record| parts(record.unwrap())).collect::<Vec<_>>()
            };
            let mut retained = |batch: &RecordBatch, keep: &dyn Fn(i64) -> bool, horizon| {
                let kept = retain(batch, |c| keep(c.offset), horizon, &mut compressor, &mut decompressor).unwrap();
                RecordBatch::parse(kept).unwrap()
            };
            let after = retained(&before, &|_| true, Some(5_000_000));
            assert_eq!((after.delete_horizon(), all(&after)), (Some(5_000_000), all(&before)), "{codec:?} {ty:?}");
            assert_eq!(after.header().max_timestamp, before.header().max_timestamp);
            let again = retained(&after, &|_| true, Some(6_000_000));
            assert_eq!((again.delete_horizon(), all(&again)), (Some(5_000_000), all(&before)), "it has one");
            let without = retained(&before, &|offset| offset == 7 || offset == 10, Some(5_000_000));
            assert_eq!(without.delete_horizon(), None, "no tombstone is left");
            assert_eq!(retained(&before, &|_| true, None).delete_horizon(), None);
        }
    }

    #[test]
    fn a_batch_may_be_left_empty_and_still_be_read() {
        let (mut compressor, mut decompressor) = (Compressor::default(), Decompressor::default());
        for codec in (0..5).filter_map(Compression::from_id) {
            let empty = retain(&batch(codec), |_| false, None, &mut compressor, &mut decompressor).unwrap();
            let empty = RecordBatch::parse(empty).unwrap();
            assert_eq!(keys(&empty), []);
            assert_eq!((empty.next_offset(), empty.header().max_timestamp), (1010, 50));
            assert_eq!(empty.size_bytes(), HEADER_LEN);
        }
    }
}
