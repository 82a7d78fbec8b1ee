//! The changes that the controller makes, as they are stored.
//!
//! The format is ours, not that of Kafka's `__cluster_metadata`; see [`store`](super::store) for what surrounds it.

use bytes::Bytes;
use ottla_protocol::{
    types::{NodeId, TopicName},
    wire::{self, DecodeError, EncodeError, Message, Str, Uuid},
};

use super::image::PartitionRegistration;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ControllerRecord {
    /// The cluster's id.
    ClusterId(Str),
    /// Producer ids below `next` have been given out.
    ProducerIds { next: i64 },
    /// A topic, without partitions yet.
    Topic { name: TopicName, id: Uuid },
    /// A topic is gone, with its partitions and settings.
    RemoveTopic { id: Uuid },
    /// A partition is new or has changed hands.
    Partition { topic: Uuid, index: i32, registration: PartitionRegistration },
    /// A topic's setting is set, or with `None` unset.
    TopicConfig { topic: Uuid, key: Str, value: Option<Str> },
    /// A broker's setting, or with no node the default of all brokers.
    BrokerConfig { node: Option<NodeId>, key: Str, value: Option<Str> },
    /// A group's setting is set, or with `None` unset. There need not be such a group.
    GroupConfig { group: Str, key: Str, value: Option<Str> },
}

/// Every record in one struct with a tagged field per kind: absent fields take no space, and a version that adds a
/// kind is told apart from damage.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
struct StoredRecord {
    kind: i8,
    #[wire(tag = 0)]
    name: Str,
    #[wire(tag = 1)]
    id: Uuid,
    #[wire(tag = 2)]
    number: i64,
    #[wire(tag = 3, default = null)]
    value: Option<Str>,
    #[wire(tag = 4, default = -1)]
    leader: NodeId,
    #[wire(tag = 5)]
    replicas: Vec<NodeId>,
    #[wire(tag = 6)]
    isr: Vec<NodeId>,
    #[wire(tag = 7)]
    leader_epoch: i32,
    #[wire(tag = 8)]
    group: Str,
}

/// The records of one change, which takes effect as a whole.
#[derive(Message, Clone, Debug, PartialEq)]
#[message(kind = data, versions = 0..=0, flexible = 0..)]
struct StoredChange {
    records: Vec<StoredRecord>,
}

/// Why a stored change cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordFormatError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("record kind {0} is not known: it was written by a newer version")]
    UnknownKind(i8),
}

/// The bytes of a change.
pub(crate) fn encode(records: &[ControllerRecord]) -> Result<Bytes, EncodeError> {
    wire::encode(&StoredChange { records: records.iter().map(StoredRecord::from).collect() }, 0)
}

/// The change that [`encode`] wrote.
pub(crate) fn decode(bytes: Bytes) -> Result<Vec<ControllerRecord>, RecordFormatError> {
    let change: StoredChange = wire::decode(bytes, 0)?;
    change.records.into_iter().map(ControllerRecord::try_from).collect()
}

impl From<&ControllerRecord> for StoredRecord {
    fn from(record: &ControllerRecord) -> Self {
        let empty = Self::default();
        match record.clone() {
            ControllerRecord::ClusterId(name) => Self { kind: 1, name, ..empty },
            ControllerRecord::ProducerIds { next } => Self { kind: 2, number: next, ..empty },
            ControllerRecord::Topic { name, id } => Self { kind: 3, name: name.0, id, ..empty },
            ControllerRecord::RemoveTopic { id } => Self { kind: 4, id, ..empty },
            ControllerRecord::Partition { topic, index, registration } => Self {
                kind: 5,
                id: topic,
                number: index.into(),
                leader: registration.leader,
                leader_epoch: registration.leader_epoch,
                replicas: registration.replicas,
                isr: registration.isr,
                ..empty
            },
            ControllerRecord::TopicConfig { topic, key, value } => {
                Self { kind: 6, id: topic, name: key, value, ..empty }
            }
            ControllerRecord::BrokerConfig { node, key, value } => {
                Self { kind: 7, leader: node.unwrap_or(NodeId::NONE), name: key, value, ..empty }
            }
            ControllerRecord::GroupConfig { group, key, value } => Self { kind: 8, group, name: key, value, ..empty },
        }
    }
}

impl TryFrom<StoredRecord> for ControllerRecord {
    type Error = RecordFormatError;

    fn try_from(stored: StoredRecord) -> Result<Self, Self::Error> {
        // The image outlives the file's buffer.
        let name = stored.name.detach();
        let value = stored.value.as_ref().map(Str::detach);
        Ok(match stored.kind {
            1 => Self::ClusterId(name),
            2 => Self::ProducerIds { next: stored.number },
            3 => Self::Topic { name: TopicName(name), id: stored.id },
            4 => Self::RemoveTopic { id: stored.id },
            5 => Self::Partition {
                topic: stored.id,
                index: i32::try_from(stored.number).unwrap_or(-1),
                registration: PartitionRegistration {
                    leader: stored.leader,
                    leader_epoch: stored.leader_epoch,
                    replicas: stored.replicas,
                    isr: stored.isr,
                },
            },
            6 => Self::TopicConfig { topic: stored.id, key: name, value },
            7 => {
                Self::BrokerConfig { node: Some(stored.leader).filter(|&node| node != NodeId::NONE), key: name, value }
            }
            8 => Self::GroupConfig { group: stored.group.detach(), key: name, value },
            kind => return Err(RecordFormatError::UnknownKind(kind)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_reads_back() {
        let id = Uuid::from_random_bits(7);
        let registration = PartitionRegistration {
            leader: NodeId(2),
            leader_epoch: 5,
            replicas: vec![NodeId(2), NodeId(3)],
            isr: vec![NodeId(2)],
        };
        let records = vec![
            ControllerRecord::ClusterId("cluster".into()),
            ControllerRecord::ProducerIds { next: 1 << 40 },
            ControllerRecord::Topic { name: "orders".into(), id },
            ControllerRecord::Partition { topic: id, index: 0, registration },
            ControllerRecord::TopicConfig { topic: id, key: "retention.ms".into(), value: Some("1".into()) },
            ControllerRecord::TopicConfig { topic: id, key: "retention.ms".into(), value: None },
            ControllerRecord::BrokerConfig { node: None, key: "log.retention.ms".into(), value: Some("".into()) },
            ControllerRecord::BrokerConfig { node: Some(NodeId(0)), key: "k".into(), value: None },
            ControllerRecord::GroupConfig { group: "g".into(), key: "k".into(), value: Some("v".into()) },
            ControllerRecord::RemoveTopic { id },
        ];
        assert_eq!(decode(encode(&records).unwrap()).unwrap(), records);
    }

    #[test]
    fn a_kind_of_a_newer_version_is_named() {
        let change = StoredChange { records: vec![StoredRecord { kind: 99, ..Default::default() }] };
        let error = decode(wire::encode(&change, 0).unwrap()).unwrap_err();
        assert!(matches!(error, RecordFormatError::UnknownKind(99)));
    }
}
