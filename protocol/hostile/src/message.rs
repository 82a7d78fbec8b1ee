//! Requests, responses and headers in any version.

use std::sync::OnceLock;

use bytes::Bytes;
use ottla_protocol::messages::{ALL, MessageType};
use ottla_protocol::wire::schema::MessageKind;

use crate::memory;
use crate::sample::{Sample, Size};

/// Set in the second byte of an input for a response.
const RESPONSE: u8 = 0x80;

/// Reads an input: the API key, the version counted from the first, with the top bit set for a response, and the
/// message.
///
/// # Panics
/// As [`check_one`].
pub fn check(input: &[u8]) {
    let [key, version, body @ ..] = input else { return };
    let apis = if version & RESPONSE == 0 { requests() } else { responses() };
    let known = apis.iter().position(|message| message.schema.key == Some(i16::from(*key)));
    // A key that is not in use stands for some API too.
    let message = apis[known.unwrap_or_else(|| usize::from(*key) % apis.len())];
    let versions = message.schema.versions;
    let count = (versions.last - versions.first + 1) as u8;
    let version = versions.first + i16::from((version & !RESPONSE) % count);
    check_one(message, version, Bytes::copy_from_slice(body));
}

fn requests() -> &'static [&'static MessageType] {
    static REQUESTS: OnceLock<Vec<&MessageType>> = OnceLock::new();
    REQUESTS.get_or_init(|| of_kind(MessageKind::Request))
}

fn responses() -> &'static [&'static MessageType] {
    static RESPONSES: OnceLock<Vec<&MessageType>> = OnceLock::new();
    RESPONSES.get_or_init(|| of_kind(MessageKind::Response))
}

fn of_kind(kind: MessageKind) -> Vec<&'static MessageType> {
    ALL.iter().filter(|message| message.schema.kind == kind).collect()
}

/// What an input of [`check`] begins with for this message, `None` if it is neither a request nor a response.
fn selector(message: &MessageType, version: i16) -> Option<[u8; 2]> {
    let kind = match message.schema.kind {
        MessageKind::Request => 0,
        MessageKind::Response => RESPONSE,
        MessageKind::Header | MessageKind::Data => return None,
    };
    let key = u8::try_from(message.schema.key?).ok()?;
    Some([key, (version - message.schema.versions.first) as u8 | kind])
}

/// Every version of every API, with short and with empty fields.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for message in ALL {
        for version in message.schema.versions.iter() {
            let Some(selector) = selector(message, version) else { continue };
            for size in [Size::SMALL, Size::EMPTY] {
                seeds.push([&selector[..], &Sample::of(&message.schema, version, size).bytes].concat());
            }
        }
    }
    seeds
}

/// Reads `input` as a message, and says whether it is one.
///
/// # Panics
/// If that takes more memory than promised, or the message can be read but not written, or is another once it is read
/// again, or a part of the input is a message as well.
pub fn check_one(message: &MessageType, version: i16, input: Bytes) -> bool {
    let name = message.schema.name;
    let (decoded, peak) = memory::peak(|| message.decode(input.clone(), version));
    assert!(peak <= memory::most_for(input.len()), "{name} {version}: {peak} bytes for {} of input", input.len());
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(error) => {
            assert!(error.position() <= input.len(), "{name} {version}: {error}");
            return false;
        }
    };
    let written = decoded.encode(version).unwrap_or_else(|error| panic!("{name} {version} was read: {error}"));
    let again = message.decode(written.clone(), version);
    let again = again.unwrap_or_else(|error| panic!("{name} {version} was written: {error}"));
    assert_eq!(again.encode(version).as_ref(), Ok(&written), "{name} {version}");
    // Not by `==`, to which a NaN is not equal. It takes longer than all the rest, so not for all.
    if input.len().is_multiple_of(4) {
        assert_eq!(format!("{again:?}"), format!("{decoded:?}"), "{name} {version}");
    }
    for len in [input.len().saturating_sub(1), input.len() / 2] {
        let part = message.decode(input.slice(..len), version);
        assert!(len == input.len() || part.is_err(), "{name} {version}: {len} of {} bytes are enough", input.len());
    }
    true
}
