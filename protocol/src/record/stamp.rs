//! Changing the header of a batch that is already sealed.

use bytes::{Bytes, BytesMut};

use super::header::write_crc;
use super::{BatchError, BatchHeader, ProducerStamp};

/// Where the fields are in a batch.
const BASE_OFFSET: usize = 0;
const PARTITION_LEADER_EPOCH: usize = 12;
const PRODUCER_ID: usize = 43;
const PRODUCER_EPOCH: usize = 51;
const BASE_SEQUENCE: usize = 53;

/// Gives a batch its place in a log: base offset and leader epoch. The checksum does not cover them.
///
/// # Errors
/// [`BatchError`] if `batch` does not begin with a batch header.
pub fn set_offset(batch: &mut [u8], base_offset: i64, partition_leader_epoch: i32) -> Result<(), BatchError> {
    check(batch)?;
    put(batch, BASE_OFFSET, &base_offset.to_be_bytes());
    put(batch, PARTITION_LEADER_EPOCH, &partition_leader_epoch.to_be_bytes());
    Ok(())
}

/// Gives a batch another producer id, epoch and sequence, and computes its checksum anew.
///
/// # Errors
/// [`BatchError`] if `batch` is not one whole batch.
pub fn set_producer(batch: &mut [u8], producer: ProducerStamp) -> Result<(), BatchError> {
    let size = check(batch)?;
    let available = batch.len();
    let batch = batch.get_mut(..size).ok_or(BatchError::Truncated { needed: size, available })?;
    put(batch, PRODUCER_ID, &producer.producer_id.to_be_bytes());
    put(batch, PRODUCER_EPOCH, &producer.producer_epoch.to_be_bytes());
    put(batch, BASE_SEQUENCE, &producer.base_sequence.to_be_bytes());
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

pub(super) fn into_mut(batch: Bytes) -> BytesMut {
    batch.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]))
}

fn check(batch: &[u8]) -> Result<usize, BatchError> {
    BatchHeader::read(batch).map(|header| header.size())
}

/// `batch` has been checked to hold a whole header.
fn put(batch: &mut [u8], at: usize, bytes: &[u8]) {
    batch[at..at + bytes.len()].copy_from_slice(bytes);
}
