//! Subscriptions and assignments as the bytes that the coordinator passes on.
//!
//! Each is a version in two bytes and a message of that version. A newer version than we know begins like the newest that we
//! know, so it is read as that and what follows is left.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use ottla_protocol::{
    messages::consumer_protocol::{
        ConsumerProtocolAssignment, ConsumerProtocolSubscription, TopicPartition as TopicPartitions,
    },
    types::TopicName,
    wire::{DecodeError, Decoder, EncodeError, Message, decode_from, encode},
};

use super::{Assignment, Subscription};
use crate::topic_partition::TopicPartition;

impl Subscription {
    /// The metadata of a JoinGroup request, in the newest version: members that know only older ones read its beginning.
    ///
    /// Topics and owned partitions are in order, so that a coordinator sees no difference where there is none.
    ///
    /// # Errors
    /// [`EncodeError`] if a name or list is longer than the protocol allows.
    pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
        let mut topics = self.topics.clone();
        topics.sort_unstable();
        topics.dedup();
        with_version(&ConsumerProtocolSubscription {
            topics,
            user_data: self.user_data.clone(),
            owned_partitions: group(&self.owned_partitions),
            generation_id: self.generation.unwrap_or(-1),
            rack_id: self.rack.clone(),
        })
    }

    /// Reads what a member sent in any version.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a subscription.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, DecodeError> {
        let message: ConsumerProtocolSubscription = without_version(bytes)?;
        Ok(Self {
            topics: message.topics,
            user_data: message.user_data,
            owned_partitions: message.owned_partitions.into_iter().flat_map(ungroup).collect(),
            generation: Some(message.generation_id).filter(|generation| *generation >= 0),
            rack: message.rack_id,
        })
    }
}

impl Assignment {
    /// A member's assignment in a SyncGroup request, in the newest version.
    ///
    /// # Errors
    /// [`EncodeError`] if a name or list is longer than the protocol allows.
    pub fn to_bytes(&self) -> Result<Bytes, EncodeError> {
        let assigned_partitions = group(&self.partitions);
        with_version(&ConsumerProtocolAssignment { assigned_partitions, user_data: self.user_data.clone() })
    }

    /// Reads what the leader assigned in any version. No bytes at all are no partitions, which is what a coordinator gives to
    /// a member that its leader left out.
    ///
    /// The result does not keep `bytes` alive.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an assignment.
    pub fn from_bytes(bytes: Bytes) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let message: ConsumerProtocolAssignment = without_version(bytes)?;
        let detached = message.assigned_partitions.into_iter().map(|partitions| {
            let topic = partitions.topic.detach();
            TopicPartitions { topic, ..partitions }
        });
        Ok(Self {
            partitions: detached.flat_map(ungroup).collect(),
            user_data: message.user_data.map(|data| Bytes::copy_from_slice(&data)),
        })
    }
}

fn with_version<M: Message>(message: &M) -> Result<Bytes, EncodeError> {
    let version = M::VERSIONS.last;
    let body = encode(message, version)?;
    let mut bytes = BytesMut::with_capacity(2 + body.len());
    bytes.put_i16(version);
    bytes.put_slice(&body);
    Ok(bytes.freeze())
}

fn without_version<M: Message>(bytes: Bytes) -> Result<M, DecodeError> {
    let mut decoder = Decoder::new(bytes, 0, false);
    let version = i16::from_be_bytes(decoder.take()?);
    decode_from(&mut decoder, version.min(M::VERSIONS.last))
}

/// Partitions by topic, both in order.
fn group(partitions: &[TopicPartition]) -> Vec<TopicPartitions> {
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    for TopicPartition { topic, partition } in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    let grouped = topics.into_iter().map(|(topic, mut partitions)| {
        partitions.sort_unstable();
        TopicPartitions { topic: topic.clone(), partitions }
    });
    grouped.collect()
}

fn ungroup(TopicPartitions { topic, partitions }: TopicPartitions) -> impl Iterator<Item = TopicPartition> {
    partitions.into_iter().map(move |partition| TopicPartition { topic: topic.clone(), partition })
}

#[cfg(test)]
mod tests {
    use super::*;

    // As Kafka 4.3.1's ConsumerProtocol writes them.
    const HEAD: &[u8] = b"\0\0\0\x02\0\x02t1\0\x02t2\0\0\0\x04data";
    const OWNED: &[u8] = b"\0\0\0\x02\0\x02t1\0\0\0\x01\0\0\0\x05\0\x02t2\0\0\0\x02\0\0\0\0\0\0\0\x01";
    const ASSIGNED: &[u8] = b"\0\0\0\x02\0\x02t1\0\0\0\x01\0\0\0\x05\0\x02t2\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x04data";

    fn partitions() -> Vec<TopicPartition> {
        vec![TopicPartition::new("t1", 5), TopicPartition::new("t2", 0), TopicPartition::new("t2", 1)]
    }

    fn subscription() -> Subscription {
        Subscription {
            topics: vec!["t1".into(), "t2".into()],
            user_data: Some(Bytes::from_static(b"data")),
            owned_partitions: partitions(),
            generation: Some(7),
            rack: Some("r".into()),
        }
    }

    fn bytes(parts: &[&[u8]]) -> Bytes {
        parts.concat().into()
    }

    #[test]
    fn a_subscription_is_written_in_order_and_in_the_newest_version() {
        let mut unordered = subscription();
        unordered.topics.reverse();
        unordered.owned_partitions.reverse();
        assert_eq!(unordered.to_bytes().unwrap(), bytes(&[b"\0\x03", HEAD, OWNED, b"\0\0\0\x07\0\x01r"]));
        let empty = b"\0\x03\0\0\0\x01\0\x01t\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff";
        assert_eq!(Subscription::new(["t"]).to_bytes().unwrap(), &empty[..]);
    }

    #[test]
    fn a_subscription_is_read_in_every_version() {
        let v0 = Subscription { owned_partitions: Vec::new(), generation: None, rack: None, ..subscription() };
        let v1 = Subscription { owned_partitions: partitions(), ..v0.clone() };
        let v2 = Subscription { generation: Some(7), ..v1.clone() };
        for (data, expected) in [
            (bytes(&[b"\0\0", HEAD]), v0),
            (bytes(&[b"\0\x01", HEAD, OWNED]), v1),
            (bytes(&[b"\0\x02", HEAD, OWNED, b"\0\0\0\x07"]), v2),
            (bytes(&[b"\0\x03", HEAD, OWNED, b"\0\0\0\x07\0\x01r"]), subscription()),
            (bytes(&[b"\0\x04", HEAD, OWNED, b"\0\0\0\x07\0\x01r", b"what comes next"]), subscription()),
        ] {
            assert_eq!(Subscription::from_bytes(data.clone()), Ok(expected), "{data:?}");
        }
    }

    #[test]
    fn a_generation_below_0_is_none() {
        let data = bytes(&[b"\0\x02", HEAD, OWNED, b"\xff\xff\xff\xff"]);
        assert_eq!(Subscription::from_bytes(data).unwrap().generation, None);
    }

    #[test]
    fn an_assignment_is_written_and_read_in_every_version() {
        let assignment = Assignment { partitions: partitions(), user_data: Some(Bytes::from_static(b"data")) };
        assert_eq!(assignment.to_bytes().unwrap(), bytes(&[b"\0\x03", ASSIGNED]));
        for version in [b"\0\0", b"\0\x01", b"\0\x02", b"\0\x03", b"\0\x63"] {
            assert_eq!(Assignment::from_bytes(bytes(&[version, ASSIGNED])), Ok(assignment.clone()));
        }
        assert_eq!(Assignment::default().to_bytes().unwrap(), &b"\0\x03\0\0\0\0\xff\xff\xff\xff"[..]);
        assert_eq!(Assignment::from_bytes(Bytes::new()), Ok(Assignment::default()));
    }

    #[test]
    fn truncated_bytes_are_an_error_at_every_length() {
        let whole = subscription().to_bytes().unwrap();
        for end in 0..whole.len() {
            assert!(Subscription::from_bytes(whole.slice(..end)).is_err(), "{end} bytes");
        }
        let whole = bytes(&[b"\0\x03", ASSIGNED]);
        for end in 1..whole.len() {
            assert!(Assignment::from_bytes(whole.slice(..end)).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn hostile_counts_and_versions_are_errors() {
        for data in [
            &b"\0\x03\x7f\xff\xff\xff"[..],
            b"\0\x03\xff\xff\xff\xff",
            b"\xff\xff\0\0\0\0",
            b"\0\x03\0\0\0\x01\x7f\xff",
        ] {
            assert!(Subscription::from_bytes(Bytes::from_static(data)).is_err(), "{data:?}");
            assert!(Assignment::from_bytes(Bytes::from_static(data)).is_err(), "{data:?}");
        }
    }
}
