//! What differs between a schema of ours and Kafka's definition.

use std::fmt;

use ottla_protocol::wire::schema::{DefaultSchema, FieldSchema, MessageSchema, TypeSchema, VersionRange};

use crate::definition::{DefaultDefinition, FieldDefinition, MessageDefinition, ScalarType, TypeDefinition};

/// One fact on which the two sides do not agree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    place: String,
    fact: &'static str,
    ours: String,
    kafkas: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, fact, ours, kafkas } = self;
        write!(f, "{place}: {fact} is {ours}, Kafka has {kafkas}")
    }
}

/// All differences between the two sides of one message.
pub(super) fn differences(ours: &MessageSchema, kafkas: &MessageDefinition) -> Vec<Difference> {
    let versions = kafkas.versions;
    let mut comparison = Comparison { place: kafkas.name.clone(), differences: Vec::new() };
    comparison.fact("the kind", ours.kind, kafkas.kind);
    comparison.fact("the key", ours.key, kafkas.key.filter(|_| ours.key.is_some() || kafkas.is_api()));
    comparison.versions("versions", ours.versions, versions);
    comparison.versions("flexible versions", ours.flexible.intersect(versions), kafkas.flexible.intersect(versions));
    comparison.fact("an unstable last version", ours.last_version_unstable, kafkas.last_version_unstable);
    comparison.fields(ours.body.fields, &kafkas.fields, versions);
    comparison.differences
}

struct Comparison {
    place: String,
    differences: Vec<Difference>,
}

impl Comparison {
    fn fact<T: fmt::Debug + PartialEq>(&mut self, fact: &'static str, ours: T, kafkas: T) {
        if ours != kafkas {
            let [ours, kafkas] = [ours, kafkas].map(|value| format!("{value:?}"));
            self.differences.push(Difference { place: self.place.clone(), fact, ours, kafkas });
        }
    }

    fn versions(&mut self, fact: &'static str, ours: VersionRange, kafkas: VersionRange) {
        self.fact(fact, Shown(ours), Shown(kafkas));
    }

    /// Compares the fields that exist in some of the `versions`. Their order is that of the wire, so it counts.
    fn fields(&mut self, ours: &[FieldSchema], kafkas: &[FieldDefinition], versions: VersionRange) {
        let ours: Vec<_> = ours.iter().filter(|f| !f.versions.intersect(versions).is_empty()).collect();
        let kafkas: Vec<_> = kafkas.iter().filter(|f| !f.versions.intersect(versions).is_empty()).collect();
        let names = |names: Vec<String>| names.join(", ");
        self.fact(
            "the list of fields",
            names(ours.iter().map(|field| plain(field.name)).collect()),
            names(kafkas.iter().map(|field| plain(&field.name)).collect()),
        );
        for kafkas in kafkas {
            if let Some(ours) = ours.iter().find(|field| plain(field.name) == plain(&kafkas.name)) {
                let outer = self.place.len();
                self.place = format!("{}.{}", self.place, ours.name);
                self.field(ours, kafkas, versions);
                self.place.truncate(outer);
            }
        }
    }

    fn field(&mut self, ours: &FieldSchema, kafkas: &FieldDefinition, versions: VersionRange) {
        let within = kafkas.versions.intersect(versions);
        self.versions("versions", ours.versions.intersect(versions), within);
        self.versions("nullable versions", ours.nullable.intersect(within), kafkas.nullable.intersect(within));
        self.versions("tagged versions", ours.tagged.intersect(within), kafkas.tagged.intersect(within));
        self.fact("the tag", ours.tag, kafkas.tag);
        self.fact("ignorable", ours.ignorable, kafkas.ignorable);
        self.fact("never flexible", ours.never_flexible, kafkas.never_flexible);
        self.fact("the default", default(ours.default), kafkas.default.clone());
        // Ours may say more: Kafka's records of coordinators have no entity types at all.
        if kafkas.entity.is_some() {
            self.fact("the entity type", ours.entity, kafkas.entity.as_deref());
        }
        self.ty(&ours.ty, &kafkas.ty, within);
    }

    fn ty(&mut self, ours: &TypeSchema, kafkas: &TypeDefinition, versions: VersionRange) {
        match (ours, kafkas) {
            (TypeSchema::Array(ours), TypeDefinition::Array(kafkas)) => self.ty(ours, kafkas, versions),
            (TypeSchema::Struct(ours), TypeDefinition::Struct(kafkas)) => self.fields(ours.fields, kafkas, versions),
            _ => self.fact("the type", our_type(ours), kafkas_type(kafkas)),
        }
    }
}

impl MessageDefinition {
    /// Whether its key is an API's.
    fn is_api(&self) -> bool {
        use crate::definition::MessageKind::{Request, Response};
        matches!(self.kind, Request | Response)
    }
}

/// A name without what differs between Kafka's spelling and Rust's.
fn plain(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

fn default(ours: Option<DefaultSchema>) -> DefaultDefinition {
    match ours {
        None | Some(DefaultSchema::Bool(false) | DefaultSchema::Int(0) | DefaultSchema::Str("")) => {
            DefaultDefinition::Zero
        }
        Some(DefaultSchema::Null) => DefaultDefinition::Null,
        Some(DefaultSchema::Bool(true)) => DefaultDefinition::Bool(true),
        Some(DefaultSchema::Int(number)) => DefaultDefinition::Int(number),
        Some(DefaultSchema::Str(text)) => DefaultDefinition::Str(text.to_owned()),
    }
}

fn our_type(ty: &TypeSchema) -> String {
    let scalar = match ty {
        TypeSchema::Bool => ScalarType::Bool,
        TypeSchema::Int8 => ScalarType::Int8,
        TypeSchema::Int16 => ScalarType::Int16,
        TypeSchema::Uint16 => ScalarType::Uint16,
        TypeSchema::Int32 => ScalarType::Int32,
        TypeSchema::Uint32 => ScalarType::Uint32,
        TypeSchema::Int64 => ScalarType::Int64,
        TypeSchema::Float64 => ScalarType::Float64,
        TypeSchema::Uuid => ScalarType::Uuid,
        TypeSchema::String => ScalarType::String,
        TypeSchema::Bytes => ScalarType::Bytes,
        TypeSchema::Records => ScalarType::Records,
        TypeSchema::Array(element) => return format!("an array of {}", our_type(element)),
        TypeSchema::Struct(_) => return "a struct".to_owned(),
    };
    format!("{scalar:?}")
}

fn kafkas_type(ty: &TypeDefinition) -> String {
    match ty {
        TypeDefinition::Scalar(scalar) => format!("{scalar:?}"),
        TypeDefinition::Array(element) => format!("an array of {}", kafkas_type(element)),
        TypeDefinition::Struct(_) => "a struct".to_owned(),
    }
}

/// A range as Kafka writes it.
#[derive(PartialEq)]
struct Shown(VersionRange);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            range if range.is_empty() => write!(f, "none"),
            VersionRange { first, last } if first == last => write!(f, "{first}"),
            VersionRange { first, last: i16::MAX } => write!(f, "{first}+"),
            VersionRange { first, last } => write!(f, "{first}-{last}"),
        }
    }
}
