//! Control records: what brokers write among the data, for each other and for consumers.

use bytes::{Buf, Bytes};

use super::{AppendError, BatchSettings, ProducerStamp, RecordBatchBuilder};
use crate::compression::CompressionSettings;

/// What a control record is about. Types that are not known here are legal, and to be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ControlRecordType(pub i16);

impl ControlRecordType {
    /// A transaction has been aborted.
    pub const ABORT: Self = Self(0);
    /// A transaction has been committed.
    pub const COMMIT: Self = Self(1);
    /// A leader of the metadata quorum has been elected.
    pub const LEADER_CHANGE: Self = Self(2);
    /// A metadata snapshot begins.
    pub const SNAPSHOT_HEADER: Self = Self(3);
    /// A metadata snapshot ends.
    pub const SNAPSHOT_FOOTER: Self = Self(4);
    /// The quorum's protocol version.
    pub const KRAFT_VERSION: Self = Self(5);
    /// The quorum's voters.
    pub const KRAFT_VOTERS: Self = Self(6);
}

/// Why a record of a control batch cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlRecordError {
    /// The key is missing, too short, or of a version below 0.
    #[error("a control record's key is malformed")]
    BadKey,
    /// A transaction marker's value is missing, too short, or of a version below 0.
    #[error("a transaction marker's value is malformed")]
    BadMarker,
}

/// A control record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlRecord {
    /// The end of a transaction.
    EndTransaction(EndTransactionMarker),
    /// Anything else, with its value as it is.
    Other {
        /// What it is about.
        record_type: ControlRecordType,
        /// Its value: a message of its own schema, in whose first two bytes the version is.
        value: Bytes,
    },
}

impl ControlRecord {
    /// Reads a record of a control batch.
    ///
    /// # Errors
    /// [`ControlRecordError`] if it is not one.
    pub fn parse(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Self, ControlRecordError> {
        let record_type = Self::parse_type(key)?;
        let committed = match record_type {
            ControlRecordType::COMMIT => true,
            ControlRecordType::ABORT => false,
            record_type => {
                return Ok(Self::Other { record_type, value: Bytes::copy_from_slice(value.unwrap_or_default()) });
            }
        };
        let coordinator_epoch = parse_marker(value.unwrap_or_default()).ok_or(ControlRecordError::BadMarker)?;
        Ok(Self::EndTransaction(EndTransactionMarker { committed, coordinator_epoch }))
    }

    /// Reads only what a record of a control batch is about.
    ///
    /// # Errors
    /// [`ControlRecordError::BadKey`] if its key does not say.
    pub fn parse_type(key: Option<&[u8]>) -> Result<ControlRecordType, ControlRecordError> {
        let mut key = key.ok_or(ControlRecordError::BadKey)?;
        // A later version may have more fields, but these come first.
        match (key.try_get_i16(), key.try_get_i16()) {
            (Ok(0..), Ok(record_type)) => Ok(ControlRecordType(record_type)),
            _ => Err(ControlRecordError::BadKey),
        }
    }
}

fn parse_marker(mut value: &[u8]) -> Option<i32> {
    let version = value.try_get_i16().ok()?;
    let coordinator_epoch = value.try_get_i32().ok()?;
    (version >= 0).then_some(coordinator_epoch)
}

/// Ends a transaction on one partition: what was written before it becomes visible, or never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// Committed or aborted.
    pub committed: bool,
    /// Epoch of the transaction coordinator that decided it.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// The marker as a batch, to be appended to the partition's log.
    ///
    /// `timestamp` is in milliseconds since the epoch.
    #[expect(clippy::expect_used, reason = "a record of ten bytes fits into a batch")]
    pub fn to_batch(&self, timestamp: i64, producer_id: i64, producer_epoch: i16) -> Bytes {
        let record_type = if self.committed { ControlRecordType::COMMIT } else { ControlRecordType::ABORT };
        let mut value = [0; 6];
        value[2..].copy_from_slice(&self.coordinator_epoch.to_be_bytes());
        let settings = BatchSettings {
            producer: ProducerStamp { producer_id, producer_epoch, base_sequence: -1 },
            transactional: true,
            ..BatchSettings::default()
        };
        control_batch(settings, timestamp, record_type, &value).expect("ten bytes fit into a batch")
    }
}

/// A control batch of one record, never compressed.
///
/// # Errors
/// [`AppendError`] if the value is too large for a batch.
pub fn control_batch(
    settings: BatchSettings,
    timestamp: i64,
    record_type: ControlRecordType,
    value: &[u8],
) -> Result<Bytes, AppendError> {
    let mut key = [0; 4];
    key[2..].copy_from_slice(&record_type.0.to_be_bytes());
    let settings = BatchSettings { control: true, compression: CompressionSettings::default(), ..settings };
    let mut builder = RecordBatchBuilder::with_capacity(settings, 128 + value.len());
    builder.append(timestamp, Some(&key), Some(value), [])?;
    Ok(builder.seal_uncompressed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordBatch;

    #[test]
    fn a_type_that_is_not_known_is_kept_as_it_is() {
        let settings = BatchSettings { base_offset: 9, ..BatchSettings::default() };
        let bytes = control_batch(settings, 5, ControlRecordType(99), b"\0\x01body").unwrap();
        let batch = RecordBatch::parse(bytes).unwrap();
        assert!(batch.is_control() && !batch.is_transactional());
        let records = batch.records(&mut Default::default()).unwrap();
        let record = records.iter().next().unwrap().unwrap();
        let expected =
            ControlRecord::Other { record_type: ControlRecordType(99), value: Bytes::from_static(b"\0\x01body") };
        assert_eq!(ControlRecord::parse(record.key, record.value), Ok(expected));
    }

    #[test]
    fn a_later_version_of_a_marker_is_read_by_its_first_fields() {
        let parsed = ControlRecord::parse(Some(b"\0\x01\0\x01more"), Some(b"\0\x02\0\0\0\x07more"));
        let marker = EndTransactionMarker { committed: true, coordinator_epoch: 7 };
        assert_eq!(parsed, Ok(ControlRecord::EndTransaction(marker)));
    }

    #[test]
    fn malformed_keys_and_markers_are_errors() {
        for key in [None, Some(&b""[..]), Some(b"\0\0\0"), Some(b"\xff\xff\0\0")] {
            assert_eq!(ControlRecord::parse(key, Some(b"\0\0\0\0\0\0")), Err(ControlRecordError::BadKey));
        }
        for value in [None, Some(&b"\0\0\0\0\0"[..]), Some(b"\xff\xff\0\0\0\0")] {
            assert_eq!(ControlRecord::parse(Some(b"\0\0\0\0"), value), Err(ControlRecordError::BadMarker));
        }
    }
}
