//! Records of `__consumer_offsets`, in Kafka's own bytes: a key is its type and its fields, a value its version and
//! its fields.

use bytes::{BufMut, Bytes, BytesMut};
use ottla_protocol::{
    messages::{
        group_metadata_record::{GroupMetadataKey, GroupMetadataValue},
        offset_commit_record::{OffsetCommitKey, OffsetCommitValue},
    },
    types::{GroupId, TopicName},
    wire::{DecodeError, EncodeError, Message, decode, encode},
};

/// A change of the coordinator's state. A value of none takes what the key names away.
#[derive(Clone, Debug, PartialEq)]
pub enum CoordinatorRecord {
    /// A committed offset.
    OffsetCommit {
        /// Group, topic and partition.
        key: OffsetCommitKey,
        /// The offset and what belongs to it.
        value: Option<OffsetCommitValue>,
    },
    /// A classic group.
    GroupMetadata {
        /// The group.
        key: GroupMetadataKey,
        /// Its generation and members.
        value: Option<GroupMetadataValue>,
    },
}

/// Bytes that are not a record of the coordinator.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Too short for the type of a key or the version of a value.
    #[error("a record's key or value ends before its version")]
    Truncated,
    /// A value of a version that is not known.
    #[error("version {0} of a record's value is not known")]
    UnknownVersion(i16),
    /// Fields that cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl CoordinatorRecord {
    pub(super) fn offset(group: &GroupId, topic: &TopicName, partition: i32, value: Option<OffsetCommitValue>) -> Self {
        let key = OffsetCommitKey { group: group.clone(), topic: topic.clone(), partition };
        Self::OffsetCommit { key, value }
    }

    pub(super) fn group(group: &GroupId, value: Option<GroupMetadataValue>) -> Self {
        Self::GroupMetadata { key: GroupMetadataKey { group: group.clone() }, value }
    }

    /// The bytes of key and value.
    ///
    /// # Errors
    /// A text that is too long for its field.
    pub fn encode(&self) -> Result<(Bytes, Option<Bytes>), EncodeError> {
        match self {
            Self::OffsetCommit { key, value } => {
                let version = |value: &OffsetCommitValue| {
                    // Only version 1 has a place for an expiration of its own.
                    if value.expire_timestamp >= 0 { OFFSET_WITH_EXPIRATION } else { OFFSET_VERSION }
                };
                let value = value.as_ref().map(|value| prefixed(version(value), value, version(value))).transpose()?;
                Ok((prefixed(OFFSET_KEY, key, 0)?, value))
            }
            Self::GroupMetadata { key, value } => {
                let value = value.as_ref().map(|value| prefixed(GROUP_VERSION, value, GROUP_VERSION)).transpose()?;
                Ok((prefixed(GROUP_KEY, key, 0)?, value))
            }
        }
    }

    /// Reads a record; none where its key is of a type that another kind of group uses.
    ///
    /// # Errors
    /// Bytes that are not what their type and version say.
    pub fn decode(key: Bytes, value: Option<Bytes>) -> Result<Option<Self>, RecordError> {
        let (kind, key) = split(key)?;
        Ok(Some(match kind {
            LEGACY_OFFSET_KEY | OFFSET_KEY => {
                Self::OffsetCommit { key: decode(key, 0)?, value: value.map(read_value).transpose()? }
            }
            GROUP_KEY => Self::GroupMetadata { key: decode(key, 0)?, value: value.map(read_value).transpose()? },
            _ => return Ok(None),
        }))
    }
}

/// A message behind a number of two bytes.
fn prefixed<M: Message>(prefix: i16, message: &M, version: i16) -> Result<Bytes, EncodeError> {
    let fields = encode(message, version)?;
    let mut bytes = BytesMut::with_capacity(size_of::<i16>() + fields.len());
    bytes.put_i16(prefix);
    bytes.put(fields);
    Ok(bytes.freeze())
}

fn split(bytes: Bytes) -> Result<(i16, Bytes), RecordError> {
    let (prefix, _) = bytes.split_first_chunk().ok_or(RecordError::Truncated)?;
    Ok((i16::from_be_bytes(*prefix), bytes.slice(prefix.len()..)))
}

fn read_value<M: Message>(bytes: Bytes) -> Result<M, RecordError> {
    let (version, fields) = split(bytes)?;
    if !M::VERSIONS.contains(version) {
        return Err(RecordError::UnknownVersion(version));
    }
    Ok(decode(fields, version)?)
}

/// Written before Kafka 0.9, with the same fields.
const LEGACY_OFFSET_KEY: i16 = 0;
const OFFSET_KEY: i16 = 1;
const GROUP_KEY: i16 = 2;
const OFFSET_WITH_EXPIRATION: i16 = 1;
const OFFSET_VERSION: i16 = 4;
const GROUP_VERSION: i16 = 3;

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::group_metadata_record::MemberMetadata;

    use super::*;

    fn round_trip(record: &CoordinatorRecord, key: &[u8], value: Option<&[u8]>) {
        let encoded = record.encode().expect("encodable");
        assert_eq!(encoded, (Bytes::copy_from_slice(key), value.map(Bytes::copy_from_slice)));
        let decoded = CoordinatorRecord::decode(encoded.0, encoded.1).expect("decodable");
        assert_eq!(decoded.as_ref(), Some(record));
    }

    #[test]
    fn an_empty_group_has_the_bytes_that_kafka_writes() {
        let value = GroupMetadataValue {
            protocol: None,
            leader: None,
            current_state_timestamp: 0x01a2_1404_d9f2,
            ..Default::default()
        };
        round_trip(
            &CoordinatorRecord::group(&"gx".into(), Some(value)),
            b"\0\x02\0\x02gx",
            Some(b"\0\x03\0\0\0\0\0\0\xff\xff\xff\xff\0\0\x01\xa2\x14\x04\xd9\xf2\0\0\0\0"),
        );
    }

    #[test]
    fn a_group_with_a_member_has_the_bytes_that_kafka_writes() {
        let value = GroupMetadataValue {
            protocol_type: "consumer".into(),
            generation: 1,
            protocol: Some("range".into()),
            leader: Some("m".into()),
            current_state_timestamp: 0x01a2_1404_da12,
            members: vec![MemberMetadata {
                member_id: "m".into(),
                group_instance_id: None,
                client_id: "c".into(),
                client_host: "/127.0.0.1".into(),
                rebalance_timeout: 300_000,
                session_timeout: 45_000,
                subscription: Bytes::from_static(b"sub"),
                assignment: Bytes::from_static(b"as"),
            }],
        };
        round_trip(
            &CoordinatorRecord::group(&"gx".into(), Some(value)),
            b"\0\x02\0\x02gx",
            Some(
                b"\0\x03\0\x08consumer\0\0\0\x01\0\x05range\0\x01m\0\0\x01\xa2\x14\x04\xda\x12\0\0\0\x01\
                  \0\x01m\xff\xff\0\x01c\0\x0a/127.0.0.1\0\x04\x93\xe0\0\0\xaf\xc8\0\0\0\x03sub\0\0\0\x02as",
            ),
        );
    }

    #[test]
    fn an_offset_has_the_bytes_that_kafka_writes() {
        let value = OffsetCommitValue {
            offset: 1,
            commit_timestamp: 0x01a2_1404_dad1,
            topic_id: "2zzJSdqwTjyohvNJMSDxwQ".parse().expect("a topic id"),
            ..Default::default()
        };
        round_trip(
            &CoordinatorRecord::offset(&"gx".into(), &"t2".into(), 0, Some(value)),
            b"\0\x01\0\x02gx\0\x02t2\0\0\0\0",
            Some(
                b"\0\x04\0\0\0\0\0\0\0\x01\xff\xff\xff\xff\x01\0\0\x01\xa2\x14\x04\xda\xd1\x01\0\x10\
                  \xdb\x3c\xc9\x49\xda\xb0\x4e\x3c\xa8\x86\xf3\x49\x31\x20\xf1\xc1",
            ),
        );
    }

    #[test]
    fn an_offset_with_an_expiration_of_its_own_is_written_in_the_version_that_has_one() {
        let value = OffsetCommitValue { offset: 7, commit_timestamp: 1, expire_timestamp: 2, ..Default::default() };
        round_trip(
            &CoordinatorRecord::offset(&"g".into(), &"t".into(), 3, Some(value)),
            b"\0\x01\0\x01g\0\x01t\0\0\0\x03",
            Some(b"\0\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02"),
        );
    }

    #[test]
    fn a_tombstone_has_no_value() {
        round_trip(&CoordinatorRecord::group(&"gx".into(), None), b"\0\x02\0\x02gx", None);
    }

    #[test]
    fn the_oldest_keys_are_read() {
        let record = CoordinatorRecord::decode(Bytes::from_static(b"\0\0\0\x01g\0\x01t\0\0\0\x03"), None);
        assert_eq!(record.expect("decodable"), Some(CoordinatorRecord::offset(&"g".into(), &"t".into(), 3, None)));
    }

    #[test]
    fn records_of_other_kinds_of_group_are_passed_over() {
        let record = CoordinatorRecord::decode(Bytes::from_static(b"\0\x03\0\x01g"), None);
        assert_eq!(record.expect("decodable"), None);
    }

    #[test]
    fn garbage_is_an_error() {
        let decode = |key: &'static [u8], value: &'static [u8]| {
            CoordinatorRecord::decode(Bytes::from_static(key), Some(Bytes::from_static(value)))
        };
        assert!(matches!(decode(b"\0", b""), Err(RecordError::Truncated)));
        assert!(matches!(decode(b"\0\x02\0\x02gx", b"\0"), Err(RecordError::Truncated)));
        assert!(matches!(decode(b"\0\x02\0\x02gx", b"\0\x63"), Err(RecordError::UnknownVersion(99))));
        assert!(matches!(decode(b"\0\x02\0\x09gx", b"\0\x03"), Err(RecordError::Decode(_))));
    }
}
