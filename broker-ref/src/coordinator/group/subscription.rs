//! The topics that a consumer subscribes to, read from what it tells its assignor.

use bytes::{Buf, Bytes};
use ottla_protocol::{
    messages::consumer_protocol::ConsumerProtocolSubscription,
    types::TopicName,
    wire::{Decoder, Message, decode_from},
};

/// The topics of a subscription, if it is one.
///
/// Every version begins like version 0, so that versions to come can be read as well.
pub(super) fn subscribed_topics(mut metadata: Bytes) -> Option<Vec<TopicName>> {
    if metadata.remaining() < size_of::<i16>() || metadata.get_i16() < 0 {
        return None;
    }
    let version = ConsumerProtocolSubscription::VERSIONS.first;
    let mut decoder = Decoder::new(metadata, version, false);
    let subscription: ConsumerProtocolSubscription = decode_from(&mut decoder, version).ok()?;
    Some(subscription.topics.iter().map(TopicName::detach).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_versions_are_read_like_the_first() {
        let topics = |bytes: &'static [u8]| subscribed_topics(Bytes::from_static(bytes));
        let expected = Some(vec![TopicName::from("t1"), TopicName::from("t2")]);
        assert_eq!(topics(b"\0\0\0\0\0\x02\0\x02t1\0\x02t2\xff\xff\xff\xff"), expected);
        assert_eq!(topics(b"\0\x63\0\0\0\x02\0\x02t1\0\x02t2\xff\xff\xff\xffand more"), expected);
    }

    #[test]
    fn what_is_no_subscription_has_no_topics() {
        for bytes in [&b""[..], b"\0", b"\xff\xff\0\0\0\0\xff\xff\xff\xff", b"\0\0\x7f\xff\xff\xff", b"connect"] {
            assert_eq!(subscribed_topics(Bytes::from_static(bytes)), None, "{bytes:?}");
        }
    }
}
