//! Kafka's own definitions of its messages, the JSON files inside its jars.

mod library;
mod parse;

use std::sync::Arc;

pub(crate) use ottla_protocol::wire::schema::{MessageKind, VersionRange};

pub(crate) use self::library::Library;

/// A message as Kafka defines it.
#[derive(Clone, Debug)]
pub(crate) struct MessageDefinition {
    /// Its name, such as `FetchRequest`.
    pub(crate) name: String,
    /// The package of the class that Kafka generates from it.
    pub(crate) package: &'static str,
    /// Request, response, header or data.
    pub(crate) kind: MessageKind,
    /// The API key, or the type of a coordinator's record.
    pub(crate) key: Option<i16>,
    /// The versions that there are.
    pub(crate) versions: VersionRange,
    /// The flexible ones.
    pub(crate) flexible: VersionRange,
    /// Whether the last version may still change.
    pub(crate) last_version_unstable: bool,
    /// The fields of its body.
    pub(crate) fields: Vec<FieldDefinition>,
}

/// A field as Kafka defines it.
#[derive(Clone, Debug)]
pub(crate) struct FieldDefinition {
    pub(crate) name: String,
    pub(crate) ty: TypeDefinition,
    pub(crate) versions: VersionRange,
    pub(crate) nullable: VersionRange,
    pub(crate) tag: Option<u32>,
    pub(crate) tagged: VersionRange,
    pub(crate) ignorable: bool,
    pub(crate) never_flexible: bool,
    pub(crate) default: DefaultDefinition,
    pub(crate) entity: Option<String>,
}

/// A type as Kafka defines it.
#[derive(Clone, Debug)]
pub(crate) enum TypeDefinition {
    /// What has no parts.
    Scalar(ScalarType),
    /// Elements with a count.
    Array(Box<Self>),
    /// Fields in wire order. Shared where several fields have the type.
    Struct(Arc<[FieldDefinition]>),
}

/// A type without parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarType {
    Bool,
    Int8,
    Int16,
    Uint16,
    Int32,
    Uint32,
    Int64,
    Float64,
    Uuid,
    String,
    Bytes,
    Records,
}

/// What a field holds when nobody sets it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DefaultDefinition {
    /// The type's zero: 0, false, empty, or a struct of defaults.
    Zero,
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
}

impl MessageDefinition {
    /// The full name of the class that Kafka generates from it.
    pub(crate) fn class(&self) -> String {
        let suffix = match self.kind {
            MessageKind::Request | MessageKind::Response | MessageKind::Header => "Data",
            MessageKind::Data => "",
        };
        format!("{}.{}{suffix}", self.package, self.name)
    }

    /// Whether a version is flexible.
    pub(crate) fn is_flexible(&self, version: i16) -> bool {
        self.flexible.contains(version)
    }
}
