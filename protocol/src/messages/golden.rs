//! Kafka's own bytes, to hold ours against.

use std::{collections::HashMap, fmt::Debug};

use bytes::Bytes;

use super::{ALL, MessageType};
use crate::wire::{Message, decode, encode};

/// Fails unless `message` is `bytes` in `version`, both ways.
#[track_caller]
pub(super) fn assert_bytes<M: Message + PartialEq + Debug>(message: &M, version: i16, bytes: &'static [u8]) {
    let encoded = encode(message, version).unwrap();
    assert_eq!(encoded.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{} {version}", M::NAME);
    assert_eq!(&decode::<M>(Bytes::from_static(bytes), version).unwrap(), message, "{} {version}", M::NAME);
}

/// One line of the file: a message, the versions in which it looks like this, and its bytes.
struct Golden {
    message: &'static MessageType,
    versions: std::ops::RangeInclusive<i16>,
    bytes: Bytes,
}

impl Golden {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let message = MessageType::named(words.next()?)?;
        let (first, last) = words.next().map(|range| range.split_once('-').unwrap_or((range, range)))?;
        let versions = first.parse().ok()?..=last.parse().ok()?;
        Some(Self { message, versions, bytes: bytes_of_hex(words.next()?)? })
    }
}

fn bytes_of_hex(hex: &str) -> Option<Bytes> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

fn golden() -> Vec<Golden> {
    let lines = include_str!("golden.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Golden::parse(line).unwrap_or_else(|| panic!("not a golden line: {line}"))).collect()
}

#[test]
fn every_message_reads_and_writes_kafkas_bytes_in_every_version() {
    for Golden { message, versions, bytes } in golden() {
        for version in versions {
            let name = message.schema.name;
            let read = message.decode(bytes.clone(), version).unwrap_or_else(|e| panic!("{name} {version}: {e}"));
            let written = read.encode(version).unwrap();
            assert_eq!(written.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{name} {version}");
        }
    }
}

#[test]
fn every_version_of_every_message_is_there() {
    let mut seen: HashMap<_, Vec<_>> = HashMap::new();
    for Golden { message, versions, .. } in golden() {
        seen.entry(message.schema.name).or_default().extend(versions);
    }
    for message in ALL {
        let versions: Vec<_> = message.schema.versions.iter().collect();
        assert_eq!(seen.get(message.schema.name), Some(&versions), "{}", message.schema.name);
    }
}

#[test]
fn no_message_decodes_from_a_part_of_its_bytes_or_from_more() {
    for Golden { message, versions, bytes } in golden() {
        let version = *versions.end();
        for len in 0..bytes.len() {
            assert!(message.decode(bytes.slice(..len), version).is_err(), "{} {version}", message.schema.name);
        }
        let longer = [&bytes[..], b"\0"].concat();
        assert!(message.decode(longer.into(), version).is_err(), "{} {version}", message.schema.name);
    }
}
