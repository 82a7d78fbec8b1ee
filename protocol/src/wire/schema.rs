//! Messages described as data: what the derive macros know, for parity checks, generators and documentation.

/// A range of versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The first version.
    pub first: i16,
    /// The last version; `i16::MAX` where the range is open.
    pub last: i16,
}

impl VersionRange {
    /// No version at all.
    pub const NONE: Self = Self { first: 0, last: -1 };
    /// Every version.
    pub const ALL: Self = Self { first: 0, last: i16::MAX };

    /// The range `first..=last`.
    pub const fn new(first: i16, last: i16) -> Self {
        Self { first, last }
    }

    /// Whether the range holds `version`.
    pub const fn contains(self, version: i16) -> bool {
        self.first <= version && version <= self.last
    }

    /// Whether the range holds nothing.
    pub const fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// What both ranges hold.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        let first = if self.first > other.first { self.first } else { other.first };
        let last = if self.last < other.last { self.last } else { other.last };
        if first > last { Self::NONE } else { Self { first, last } }
    }

    /// The versions, one by one. Only for ranges with an end.
    pub fn iter(self) -> impl Iterator<Item = i16> {
        self.first..=self.last
    }
}

/// What kind of message a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A request.
    Request,
    /// A response.
    Response,
    /// A request or response header.
    Header,
    /// Data that is stored in records or sent inside another message.
    Data,
}

/// A message: its name, versions and fields.
#[derive(Clone, Copy, Debug)]
pub struct MessageSchema {
    /// Kafka's name for it.
    pub name: &'static str,
    /// Request, response, header or data.
    pub kind: MessageKind,
    /// The API key of a request or response; the record type of coordinator records that have one.
    pub key: Option<i16>,
    /// The versions that we encode and decode.
    pub versions: VersionRange,
    /// The versions that are flexible (KIP-482): compact lengths and tagged fields.
    pub flexible: VersionRange,
    /// Whether Kafka marks the last version as unstable.
    pub last_version_unstable: bool,
    /// The body.
    pub body: &'static StructSchema,
}

/// A struct: a message's body or a part of it.
#[derive(Clone, Copy, Debug)]
pub struct StructSchema {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its fields in wire order.
    pub fields: &'static [FieldSchema],
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct FieldSchema {
    /// The name in Rust, or Kafka's where they differ by more than case.
    pub name: &'static str,
    /// Its type, without nullability.
    pub ty: TypeSchema,
    /// The versions that have the field; to be intersected with those of the message.
    pub versions: VersionRange,
    /// The versions in which it may be null.
    pub nullable: VersionRange,
    /// The tag, for a tagged field.
    pub tag: Option<u32>,
    /// The versions in which it is tagged.
    pub tagged: VersionRange,
    /// Whether it may be left out silently in a version that lacks it.
    pub ignorable: bool,
    /// Whether it keeps the classic encoding in flexible versions.
    pub never_flexible: bool,
    /// The default where it is not the type's zero.
    pub default: Option<DefaultSchema>,
    /// Kafka's entity type, such as `topicName`.
    pub entity: Option<&'static str>,
}

/// A default that is not zero, empty or false.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultSchema {
    /// Null.
    Null,
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A string.
    Str(&'static str),
}

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum TypeSchema {
    /// One byte, 0 or 1.
    Bool,
    /// Signed, 1 byte.
    Int8,
    /// Signed, 2 bytes.
    Int16,
    /// Unsigned, 2 bytes.
    Uint16,
    /// Signed, 4 bytes.
    Int32,
    /// Unsigned, 4 bytes.
    Uint32,
    /// Signed, 8 bytes.
    Int64,
    /// IEEE 754, 8 bytes.
    Float64,
    /// 16 bytes.
    Uuid,
    /// UTF-8 with a length.
    String,
    /// Bytes with a length.
    Bytes,
    /// Record batches, encoded like bytes.
    Records,
    /// Elements with a count.
    Array(&'static Self),
    /// A nested struct.
    Struct(&'static StructSchema),
}
