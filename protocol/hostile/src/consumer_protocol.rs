//! The blobs that members of a classic consumer group send each other.

use std::fmt::Debug;

use bytes::Bytes;
use ottla_protocol::messages::consumer_protocol::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use ottla_protocol::wire::{DecodeError, Decoder, Message, decode, decode_from, encode};

use crate::memory;
use crate::sample::{Sample, Size};

/// Reads an input: an even byte for a subscription and an odd one for an assignment, then the blob, which begins with
/// its version.
///
/// # Panics
/// If that takes more memory than promised, or what is read cannot be written and read again.
pub fn check(input: &[u8]) {
    let [which, blob @ ..] = input else { return };
    let blob = Bytes::copy_from_slice(blob);
    match which & 1 {
        0 => check_blob::<ConsumerProtocolSubscription>(blob),
        _ => check_blob::<ConsumerProtocolAssignment>(blob),
    }
}

fn check_blob<M: Message + PartialEq + Debug>(blob: Bytes) {
    let (read, peak) = memory::peak(|| read::<M>(blob.clone()));
    assert!(peak <= memory::most_for(blob.len()), "{peak} bytes for {} of input", blob.len());
    let Ok((version, message)) = read else { return };
    let written = encode(&message, version).expect("what was read can be written");
    assert_eq!(decode::<M>(written.clone(), version).expect("what was written can be read"), message);
    // A member that knows a later version appends to the blob.
    let longer = [&version.to_be_bytes()[..], &written, b"more"].concat();
    assert_eq!(read_ok::<M>(longer.into()), message, "what follows is left alone");
}

fn read_ok<M: Message>(blob: Bytes) -> M {
    read(blob).expect("what was written can be read").1
}

/// As members read it: one of a later version is read as the last that is known.
fn read<M: Message>(blob: Bytes) -> Result<(i16, M), DecodeError> {
    let mut decoder = Decoder::new(blob, 0, false);
    let version = i16::from_be_bytes(decoder.take()?).min(M::VERSIONS.last);
    Ok((version, decode_from(&mut decoder, version)?))
}

/// Both messages in every version, in the one after, and in one that there is not.
pub fn seeds() -> Vec<Vec<u8>> {
    let schemas = [ConsumerProtocolSubscription::SCHEMA, ConsumerProtocolAssignment::SCHEMA];
    let mut seeds = Vec::new();
    for (which, schema) in schemas.iter().enumerate() {
        for version in -1..=schema.versions.last + 1 {
            for size in [Size::SMALL, Size::EMPTY] {
                let body = Sample::of(schema, version.clamp(0, schema.versions.last), size).bytes;
                seeds.push([&[which as u8][..], &version.to_be_bytes(), &body].concat());
            }
        }
    }
    seeds
}
