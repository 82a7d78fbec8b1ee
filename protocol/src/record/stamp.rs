//! Changing the header of a batch that is already sealed.

use bytes::{Bytes, BytesMut};

use super::header::{put, write_crc};
use super::{BatchError, BatchHeader, ProducerStamp, TimestampType};

/// Where the fields are in a batch.
const BASE_OFFSET: usize = 0;
const PARTITION_LEADER_EPOCH: usize = 12;
const ATTRIBUTES: usize = 21;
const MAX_TIMESTAMP: usize = 35;
const PRODUCER_ID: usize = 43;
const PRODUCER_EPOCH: usize = 51;
const BASE_SEQUENCE: usize = 53;

/// Gives a batch its place in a log: base offset and leader epoch. The checksum does not cover them.
///
/// # Errors
/// [`BatchError`] if `batch` does not begin with a batch header.
pub fn set_offset(batch: &mut [u8], base_offset: i64, partition_leader_epoch: i32) -> Result<(), BatchError> {
    BatchHeader::read(batch)?;
    put(batch, BASE_OFFSET, &base_offset.to_be_bytes());
    put(batch, PARTITION_LEADER_EPOCH, &partition_leader_epoch.to_be_bytes());
    Ok(())
}

/// Gives a batch another producer id, epoch and sequence, and computes its checksum anew.
///
/// # Errors
/// [`BatchError`] if `batch` is not one whole batch.
pub fn set_producer(batch: &mut [u8], producer: ProducerStamp) -> Result<(), BatchError> {
    let (_, batch) = whole(batch)?;
    put(batch, PRODUCER_ID, &producer.producer_id.to_be_bytes());
    put(batch, PRODUCER_EPOCH, &producer.producer_epoch.to_be_bytes());
    put(batch, BASE_SEQUENCE, &producer.base_sequence.to_be_bytes());
    write_crc(batch);
    Ok(())
}

/// Gives a batch another timestamp type and largest timestamp, and computes its checksum anew.
///
/// With [`TimestampType::LogAppendTime`] that timestamp stands for every record's own, so this is all that a broker
/// does for a topic with log append time.
///
/// # Errors
/// [`BatchError`] if `batch` is not one whole batch.
pub fn set_timestamp(batch: &mut [u8], timestamp_type: TimestampType, max_timestamp: i64) -> Result<(), BatchError> {
    let (header, batch) = whole(batch)?;
    let attributes = header.attributes.with_timestamp_type(timestamp_type);
    put(batch, ATTRIBUTES, &attributes.0.to_be_bytes());
    put(batch, MAX_TIMESTAMP, &max_timestamp.to_be_bytes());
    write_crc(batch);
    Ok(())
}

/// As [`set_offset`], in place if nobody else holds the bytes, else in a copy.
///
/// # Errors
/// As [`set_offset`].
pub fn with_offset(batch: Bytes, base_offset: i64, partition_leader_epoch: i32) -> Result<Bytes, BatchError> {
    let mut batch = into_mut(batch);
    set_offset(&mut batch, base_offset, partition_leader_epoch)?;
    Ok(batch.freeze())
}

/// As [`set_producer`], in place if nobody else holds the bytes, else in a copy: a producer that has moved to another
/// epoch sends what it has sealed again.
///
/// # Errors
/// As [`set_producer`].
pub fn with_producer(batch: Bytes, producer: ProducerStamp) -> Result<Bytes, BatchError> {
    let mut batch = into_mut(batch);
    set_producer(&mut batch, producer)?;
    Ok(batch.freeze())
}

/// As [`set_timestamp`], in place if nobody else holds the bytes, else in a copy.
///
/// # Errors
/// As [`set_timestamp`].
pub fn with_timestamp(batch: Bytes, timestamp_type: TimestampType, max_timestamp: i64) -> Result<Bytes, BatchError> {
    let mut batch = into_mut(batch);
    set_timestamp(&mut batch, timestamp_type, max_timestamp)?;
    Ok(batch.freeze())
}

fn into_mut(batch: Bytes) -> BytesMut {
    batch.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]))
}

/// The header of the batch at the front of `batch`, and all the batch's bytes.
fn whole(batch: &mut [u8]) -> Result<(BatchHeader, &mut [u8]), BatchError> {
    let header = BatchHeader::read(batch)?;
    let (needed, available) = (header.size(), batch.len());
    let batch = batch.get_mut(..needed).ok_or(BatchError::Truncated { needed, available })?;
    Ok((header, batch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::{Compressor, Decompressor};
    use crate::record::{BatchSettings, RecordBatch, RecordBatchBuilder};

    fn sealed() -> Bytes {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        builder.append(1000, Some(b"key"), Some(b"value"), []).unwrap();
        builder.append(2000, None, Some(b"value"), []).unwrap();
        builder.seal(&mut Compressor::default()).unwrap()
    }

    #[test]
    fn an_offset_is_set_without_a_new_checksum() {
        let before = RecordBatch::parse(sealed()).unwrap();
        let after = RecordBatch::parse(with_offset(sealed(), 77, 5).unwrap()).unwrap();
        after.verify_crc().unwrap();
        assert_eq!(after.header().crc, before.header().crc);
        assert_eq!((after.base_offset(), after.last_offset(), after.header().partition_leader_epoch), (77, 78, 5));
        assert_eq!(after.encoded_records(), before.encoded_records());
    }

    #[test]
    fn a_producer_is_set_with_a_new_checksum() {
        let producer = ProducerStamp { producer_id: 1 << 40, producer_epoch: 3, base_sequence: i32::MAX };
        let batch = RecordBatch::parse(with_producer(sealed(), producer).unwrap()).unwrap();
        batch.verify_crc().unwrap();
        let header = batch.header();
        assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (1 << 40, 3, i32::MAX));
        assert_eq!(header.last_sequence(), 0);
    }

    #[test]
    fn log_append_time_stands_for_every_timestamp() {
        let batch = with_timestamp(sealed(), TimestampType::LogAppendTime, 5000).unwrap();
        let batch = RecordBatch::parse(batch).unwrap();
        batch.verify_crc().unwrap();
        let records = batch.records(&mut Decompressor::default()).unwrap();
        let timestamps: Vec<_> = records.iter().map(|record| record.unwrap().timestamp).collect();
        assert_eq!(timestamps, [5000, 5000]);
    }

    #[test]
    fn shared_bytes_are_copied_and_unshared_ones_are_not() {
        let batch = sealed();
        let (place, other) = (batch.as_ptr(), batch.clone());
        assert_ne!(with_offset(batch, 1, 1).unwrap().as_ptr(), place);
        assert_eq!(with_offset(other, 1, 1).unwrap().as_ptr(), place);
    }

    #[test]
    fn bytes_that_are_no_whole_batch_are_refused() {
        let mut batch = sealed().to_vec();
        let len = batch.len();
        assert!(set_producer(&mut batch[..len - 1], ProducerStamp::NONE).is_err());
        assert!(set_offset(&mut batch[..60], 0, 0).is_err());
    }
}
