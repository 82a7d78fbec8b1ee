//! Names and ids that are not interchangeable although they look alike on the wire.

use std::{borrow::Borrow, fmt, ops::Deref};

use crate::wire::{DecodeError, Decoder, EncodeError, Encoder, Str, Wire, derived::FromLiteral, schema::TypeSchema};

macro_rules! delegate_wire {
    ($ty:ident, $inner:ty, $entity:literal) => {
        impl Wire for $ty {
            const TYPE: TypeSchema = <$inner as Wire>::TYPE;
            const ENTITY: Option<&'static str> = Some($entity);
            fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
                self.0.encode(e)
            }
            fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
                Wire::decode(d).map(Self)
            }
            fn min_size(version: i16, flexible: bool) -> usize {
                <$inner as Wire>::min_size(version, flexible)
            }
            fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
                Wire::encode_nullable(value.map(|v| &v.0), e)
            }
            fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
                Ok(Wire::decode_nullable(d)?.map(Self))
            }
            fn nullable_min_size(flexible: bool) -> usize {
                <$inner as Wire>::nullable_min_size(flexible)
            }
        }
    };
}

macro_rules! name {
    ($(#[$doc:meta])* $ty:ident, $entity:literal) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $ty(pub Str);

        impl $ty {
            /// A name that borrows a literal.
            pub const fn from_static(s: &'static str) -> Self {
                Self(Str::from_static(s))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A copy that does not keep the frame it came in alive.
            #[must_use]
            pub fn detach(&self) -> Self {
                Self(self.0.detach())
            }
        }

        impl Deref for $ty {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $ty {
            fn as_ref(&self) -> &str {
                self
            }
        }

        impl Borrow<str> for $ty {
            fn borrow(&self) -> &str {
                self
            }
        }

        impl From<&str> for $ty {
            fn from(s: &str) -> Self {
                Self(s.into())
            }
        }

        impl From<String> for $ty {
            fn from(s: String) -> Self {
                Self(s.into())
            }
        }

        impl From<Str> for $ty {
            fn from(s: Str) -> Self {
                Self(s)
            }
        }

        impl From<&$ty> for $ty {
            fn from(name: &$ty) -> Self {
                name.clone()
            }
        }

        impl From<&String> for $ty {
            fn from(s: &String) -> Self {
                Self(s.as_str().into())
            }
        }

        impl From<$ty> for Str {
            fn from(name: $ty) -> Self {
                name.0
            }
        }

        impl PartialEq<str> for $ty {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $ty {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl fmt::Debug for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self)
            }
        }

        impl FromLiteral<&'static str> for $ty {
            fn from_literal(literal: &'static str) -> Self {
                Self::from_static(literal)
            }
        }

        delegate_wire!($ty, Str, $entity);
    };
}

name!(
    /// The name of a topic.
    TopicName, "topicName"
);
name!(
    /// The name of a group, of any kind.
    GroupId, "groupId"
);
name!(
    /// The name that a transactional producer keeps across restarts.
    TransactionalId, "transactionalId"
);

macro_rules! id {
    ($(#[$doc:meta])* $ty:ident, $inner:ty, $entity:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $ty(pub $inner);

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromLiteral<$inner> for $ty {
            fn from_literal(literal: $inner) -> Self {
                Self(literal)
            }
        }

        delegate_wire!($ty, $inner, $entity);
    };
}

id!(
    /// The id of a node; -1 where there is none.
    NodeId, i32, "brokerId"
);
id!(
    /// The id of an idempotent producer; -1 where there is none.
    ProducerId, i64, "producerId"
);

impl NodeId {
    /// No node.
    pub const NONE: Self = Self(-1);
}

impl ProducerId {
    /// No idempotent producer.
    pub const NONE: Self = Self(-1);
}
