//! Keys and values of the internal topics, and whatever else is neither request nor response.

use std::sync::OnceLock;

use bytes::Bytes;
use ottla_protocol::messages::{ALL, MessageType};
use ottla_protocol::wire::schema::MessageKind;

use crate::message::check_one;
use crate::sample::{Sample, Size};

/// Reads an input: which message, its version counted from the first, and the message.
///
/// # Panics
/// As [`check_one`].
pub fn check(input: &[u8]) {
    let [which, version, body @ ..] = input else { return };
    let message = stored()[usize::from(*which) % stored().len()];
    let versions = message.schema.versions;
    let count = (versions.last - versions.first + 1) as u8;
    check_one(message, versions.first + i16::from(version % count), Bytes::copy_from_slice(body));
}

fn stored() -> &'static [&'static MessageType] {
    static STORED: OnceLock<Vec<&MessageType>> = OnceLock::new();
    STORED.get_or_init(|| {
        ALL.iter().filter(|message| matches!(message.schema.kind, MessageKind::Data | MessageKind::Header)).collect()
    })
}

/// Every version of every such message, with short and with empty fields.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (which, message) in stored().iter().enumerate() {
        for (index, version) in message.schema.versions.iter().enumerate() {
            for size in [Size::SMALL, Size::EMPTY] {
                let body = Sample::of(&message.schema, version, size).bytes;
                seeds.push([&[which as u8, index as u8][..], &body].concat());
            }
        }
    }
    seeds
}
