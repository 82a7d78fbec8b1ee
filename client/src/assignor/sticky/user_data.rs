//! What the sticky assignors send along with a subscription.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ottla_protocol::{types::TopicName, wire::Str};

use super::{Claim, NO_GENERATION};
use crate::{
    assignor::{Member, PreviousAssignment},
    topic_partition::TopicPartition,
};

/// A member's claim under the eager protocol: what it was assigned last, from its user data. Data that cannot be read claims
/// nothing.
pub(super) fn claim_by_user_data(member: &Member) -> Claim {
    member.subscription.user_data.clone().and_then(decode_previous).unwrap_or_default()
}

/// A member's claim under the cooperative protocol: what it holds, with the generation of its subscription or, from older
/// members, of its user data.
pub(super) fn claim_by_subscription(member: &Member) -> Claim {
    let subscription = &member.subscription;
    let generation = subscription.generation.filter(|generation| *generation >= 0);
    let generation =
        generation.or_else(|| Some(subscription.user_data.clone()?.try_get_i32().unwrap_or(NO_GENERATION)));
    Claim { partitions: subscription.owned_partitions.clone(), generation }
}

pub(super) fn encode_generation(generation: i32) -> Bytes {
    Bytes::copy_from_slice(&generation.to_be_bytes())
}

/// Writes the last assignment: topics with their partitions, then the generation.
pub(super) fn encode_previous(previous: &PreviousAssignment) -> Bytes {
    let mut topics: BTreeMap<&TopicName, Vec<i32>> = BTreeMap::new();
    for TopicPartition { topic, partition } in &previous.partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    let mut out = BytesMut::new();
    // Counts and lengths fit: Kafka names are at most 249 bytes long, and a group's topics far fewer than 2^31.
    out.put_i32(topics.len() as i32);
    for (topic, partitions) in topics {
        out.put_i16(topic.len() as i16);
        out.put_slice(topic.as_bytes());
        out.put_i32(partitions.len() as i32);
        partitions.into_iter().for_each(|partition| out.put_i32(partition));
    }
    out.put_i32(previous.generation);
    out.freeze()
}

/// Reads what [`encode_previous`] writes; the first version of it had no generation.
fn decode_previous(mut data: Bytes) -> Option<Claim> {
    let mut partitions = Vec::new();
    for _ in 0..data.try_get_i32().ok()? {
        let topic = take_topic(&mut data)?;
        for _ in 0..data.try_get_i32().ok()? {
            partitions.push(TopicPartition { topic: topic.clone(), partition: data.try_get_i32().ok()? });
        }
    }
    let generation = if data.is_empty() { None } else { Some(data.try_get_i32().ok()?) };
    Some(Claim { partitions, generation })
}

fn take_topic(data: &mut Bytes) -> Option<TopicName> {
    let length = usize::try_from(data.try_get_i16().ok()?).ok()?;
    (length <= data.len()).then(|| Str::from_utf8(data.split_to(length)).ok().map(TopicName))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Topic `ab` with partitions 1 and 0, topic `c` with 7, generation 42, as Kafka's StickyAssignor writes it.
    const BYTES: &[u8] = b"\0\0\0\x02\0\x02ab\0\0\0\x02\0\0\0\x01\0\0\0\0\0\x01c\0\0\0\x01\0\0\0\x07\0\0\0\x2a";

    fn partitions() -> Vec<TopicPartition> {
        vec![TopicPartition::new("ab", 1), TopicPartition::new("ab", 0), TopicPartition::new("c", 7)]
    }

    #[test]
    fn an_assignment_is_written_and_read() {
        let previous = PreviousAssignment { partitions: partitions(), generation: 42 };
        assert_eq!(encode_previous(&previous), BYTES);
        let claim = Claim { partitions: partitions(), generation: Some(42) };
        assert_eq!(decode_previous(Bytes::from_static(BYTES)), Some(claim));
    }

    #[test]
    fn an_assignment_without_a_generation_is_read() {
        let claim = Claim { partitions: partitions(), generation: None };
        assert_eq!(decode_previous(Bytes::from_static(&BYTES[..BYTES.len() - 4])), Some(claim));
    }

    #[test]
    fn a_truncated_assignment_claims_nothing() {
        for end in (0..BYTES.len()).filter(|end| *end != BYTES.len() - 4) {
            assert_eq!(decode_previous(Bytes::from_static(&BYTES[..end])), None, "{end} bytes");
        }
    }

    #[test]
    fn hostile_counts_claim_nothing_and_allocate_nothing() {
        for data in [&b"\x7f\xff\xff\xff"[..], b"\0\0\0\x01\x7f\xff", b"\0\0\0\x01\0\x01a\x7f\xff\xff\xff\0\0\0\0"] {
            assert_eq!(decode_previous(Bytes::from_static(data)), None);
        }
    }

    #[test]
    fn a_cooperative_claim_takes_its_generation_from_wherever_it_is() {
        let generation = |generation, user_data: Option<&'static [u8]>| {
            let mut member = Member::default();
            member.subscription.generation = generation;
            member.subscription.user_data = user_data.map(Bytes::from_static);
            claim_by_subscription(&member).generation
        };
        assert_eq!(generation(Some(7), Some(b"\0\0\0\x05")), Some(7));
        assert_eq!(generation(Some(-1), Some(b"\0\0\0\x05")), Some(5));
        assert_eq!(generation(None, Some(b"\0\0\0\x05")), Some(5));
        assert_eq!(generation(None, Some(b"\0")), Some(NO_GENERATION));
        assert_eq!(generation(None, None), None);
    }
}
