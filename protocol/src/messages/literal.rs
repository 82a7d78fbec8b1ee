//! What every message is on the wire, byte by byte: each message's own file ends with `literals!` of it.
//!
//! The bytes are Kafka 4.3.1's own. Its generated Java classes made them from the same values in Kafka's JSON, field by
//! field under Kafka's names, and `cargo xtask literals` has them read and write every literal again. No byte comes from
//! our encoder.
//!
//! A value has every field set that its newest version has. Each statement between two literals takes away what the
//! versions below it cannot say. A literal is cut where a field ends, or where a count, a tag or a null ends.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::RangeInclusive;

use bytes::Bytes;

use crate::wire::schema::{FieldSchema, MessageSchema, StructSchema, TypeSchema, VersionRange};
use crate::wire::{self, Message};

/// A message and its bytes, which are the same in some versions.
pub(super) struct Literal<M> {
    pub(super) versions: RangeInclusive<i16>,
    pub(super) message: M,
    pub(super) bytes: Bytes,
}

/// A message that has literals.
pub(super) trait Literals: Message + PartialEq + Debug {
    /// From the newest version to the oldest. A second literal of a version shows what may be null from there on.
    fn literals() -> Vec<Literal<Self>>;
}

/// Literals of one message, and the test that holds it against them.
///
/// ```text
/// literals! {
///     let mut request = HeartbeatRequest { group_id: "g".into(), group_instance_id: Some("i".into()) };
///     3..=4 => b"\x02g" b"\x02i";
///     request.group_instance_id = None;
///     0..=2 => b"\x02g";
/// }
/// ```
macro_rules! literals {
    (let mut $name:ident = $($rest:tt)+) => {
        $crate::messages::literal::literals!(@message [mut] $name $($rest)+);
    };
    (let $name:ident = $($rest:tt)+) => {
        $crate::messages::literal::literals!(@message [] $name $($rest)+);
    };
    (@message [$($mut:tt)?] $name:ident $message:ident { $($fields:tt)* }; $($steps:tt)+) => {
        mod $name {
            use super::*;

            impl $crate::messages::literal::Literals for $message {
                fn literals() -> Vec<$crate::messages::literal::Literal<Self>> {
                    let mut literals = Vec::new();
                    let $($mut)? $name = $message { $($fields)* };
                    $crate::messages::literal::literals!(@step literals $name $($steps)+);
                    literals
                }
            }

            #[test]
            fn is_kafkas_bytes_in_every_version() {
                $crate::messages::literal::check::<$message>();
            }
        }
    };
    (@step $literals:ident $name:ident) => {};
    (@step $literals:ident $name:ident $first:literal ..= $last:literal => $($bytes:literal)+; $($rest:tt)*) => {
        $literals.push($crate::messages::literal::Literal {
            versions: $first..=$last,
            message: $name.clone(),
            bytes: [$(&$bytes[..]),+].concat().into(),
        });
        $crate::messages::literal::literals!(@step $literals $name $($rest)*);
    };
    (@step $literals:ident $name:ident $version:literal => $($rest:tt)+) => {
        $crate::messages::literal::literals!(@step $literals $name $version..=$version => $($rest)+);
    };
    (@step $literals:ident $name:ident $change:expr; $($rest:tt)+) => {
        $change;
        $crate::messages::literal::literals!(@step $literals $name $($rest)+);
    };
}

pub(super) use literals;

/// Fails unless a message is its literals, both ways, and has one wherever its layout changes.
pub(super) fn check<M: Literals>() {
    let literals = M::literals();
    for Literal { versions, message, bytes } in &literals {
        for version in versions.clone() {
            let place = format!("{} {version}", M::NAME);
            let written = wire::encode(message, version).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(written.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{place}");
            let read = wire::decode::<M>(bytes.clone(), version).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(&read, message, "{place}");
        }
        refuses_cut_and_longer(bytes, *versions.end(), |bytes, version| wire::decode::<M>(bytes, version).is_err());
    }
    let begun: BTreeSet<_> = literals.iter().map(|literal| *literal.versions.start()).collect();
    assert_eq!(&boundaries(&M::SCHEMA) - &begun, BTreeSet::new(), "{}: no literal begins at these versions", M::NAME);
    let covered: BTreeSet<_> = literals.into_iter().flat_map(|literal| literal.versions).collect();
    assert_eq!(covered, M::VERSIONS.iter().collect(), "{}: versions with a literal", M::NAME);
}

fn refuses_cut_and_longer(bytes: &Bytes, version: i16, is_refused: impl Fn(Bytes, i16) -> bool) {
    for len in 0..bytes.len() {
        assert!(is_refused(bytes.slice(..len), version), "the first {len} bytes of {bytes:?} are a message, too");
    }
    assert!(is_refused([&bytes[..], b"\0"].concat().into(), version), "a byte may follow {bytes:?}");
}

/// The versions in which anything of the layout begins or ends: the message itself, a field, its nullability, its tag,
/// compact lengths.
fn boundaries(schema: &MessageSchema) -> BTreeSet<i16> {
    let mut boundaries = BTreeSet::from([schema.versions.first]);
    add_edges(&mut boundaries, schema.flexible, schema.versions);
    add_fields(&mut boundaries, schema.body, schema.versions);
    boundaries.retain(|version| schema.versions.contains(*version));
    boundaries
}

fn add_fields(boundaries: &mut BTreeSet<i16>, body: &StructSchema, within: VersionRange) {
    for FieldSchema { ty, versions, nullable, tagged, .. } in body.fields {
        let present = versions.intersect(within);
        for range in [*versions, *nullable, *tagged] {
            add_edges(boundaries, range, within.intersect(present));
        }
        if let Some(part) = part_of(ty) {
            add_fields(boundaries, part, present);
        }
    }
}

fn add_edges(boundaries: &mut BTreeSet<i16>, range: VersionRange, within: VersionRange) {
    let range = range.intersect(within);
    if !range.is_empty() {
        boundaries.extend([range.first, range.last.saturating_add(1)]);
    }
}

fn part_of(ty: &TypeSchema) -> Option<&'static StructSchema> {
    match ty {
        TypeSchema::Struct(part) => Some(part),
        TypeSchema::Array(element) => part_of(element),
        _ => None,
    }
}
