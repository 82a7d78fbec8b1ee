//! Planted differences: every one must be found, or the comparison is blind to that fact.

use std::sync::Arc;

use crate::definition::{
    DefaultDefinition, FieldDefinition, MessageDefinition, MessageKind, ScalarType, TypeDefinition, VersionRange,
};

/// Changes one fact of a field that exists in some versions, and says whether the field has it.
type FieldPlant = fn(&mut FieldDefinition, VersionRange) -> bool;
/// Changes one fact of a message.
type MessagePlant = fn(&mut MessageDefinition);

const MESSAGE_PLANTS: [MessagePlant; 6] = [
    |message| message.kind = if message.kind == MessageKind::Data { MessageKind::Header } else { MessageKind::Data },
    |message| message.versions.last += 1,
    |message| message.versions.first = message.versions.last + 1,
    |message| {
        message.flexible = if message.flexible.is_empty() { VersionRange::ALL } else { VersionRange::NONE };
    },
    |message| message.last_version_unstable = !message.last_version_unstable,
    |message| message.fields.push(extra()),
];

const FIELD_PLANTS: [FieldPlant; 9] = [
    |field, _| {
        field.name.push('X');
        true
    },
    |field, _| {
        field.versions = VersionRange::NONE;
        true
    },
    |field, within| {
        field.nullable =
            if field.nullable.intersect(within).is_empty() { VersionRange::ALL } else { VersionRange::NONE };
        true
    },
    |field, _| {
        field.tag = Some(field.tag.map_or(0, |tag| tag + 1));
        true
    },
    |field, _| {
        let was_tagged = field.tag.is_some();
        field.tagged = VersionRange::NONE;
        was_tagged
    },
    |field, _| {
        field.ignorable = !field.ignorable;
        true
    },
    |field, _| {
        field.never_flexible = !field.never_flexible;
        true
    },
    |field, _| {
        field.default =
            if field.default == DefaultDefinition::Null { DefaultDefinition::Zero } else { DefaultDefinition::Null };
        true
    },
    |field, _| {
        field.entity = Some("planted".to_owned());
        true
    },
];

/// All variants of a definition that have one fact changed.
pub(super) fn variants(message: &MessageDefinition) -> Vec<MessageDefinition> {
    let mut variants = Vec::new();
    for plant in MESSAGE_PLANTS {
        let mut variant = message.clone();
        plant(&mut variant);
        variants.push(variant);
    }
    for fields in field_variants(&message.fields, message.versions) {
        variants.push(MessageDefinition { fields, ..message.clone() });
    }
    variants
}

/// The variants of a list of fields, at every depth. A field that no version has is not on the wire, so it may differ.
fn field_variants(fields: &[FieldDefinition], versions: VersionRange) -> Vec<Vec<FieldDefinition>> {
    let mut variants = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let within = field.versions.intersect(versions);
        if within.is_empty() {
            continue;
        }
        let mut push = |changed: FieldDefinition| {
            let mut variant = fields.to_vec();
            variant[index] = changed;
            variants.push(variant);
        };
        for plant in FIELD_PLANTS {
            let mut changed = field.clone();
            if plant(&mut changed, within) {
                push(changed);
            }
        }
        for ty in type_variants(&field.ty, within) {
            push(FieldDefinition { ty, ..field.clone() });
        }
    }
    variants
}

fn type_variants(ty: &TypeDefinition, versions: VersionRange) -> Vec<TypeDefinition> {
    match ty {
        TypeDefinition::Scalar(ScalarType::Int8) => vec![TypeDefinition::Scalar(ScalarType::Int16)],
        TypeDefinition::Scalar(_) => vec![TypeDefinition::Scalar(ScalarType::Int8)],
        TypeDefinition::Array(element) => {
            let variants = type_variants(element, versions).into_iter().map(|ty| TypeDefinition::Array(Box::new(ty)));
            variants.chain([element.as_ref().clone()]).collect()
        }
        TypeDefinition::Struct(fields) => {
            let variants = field_variants(fields, versions);
            variants.into_iter().map(|fields| TypeDefinition::Struct(Arc::from(fields))).collect()
        }
    }
}

fn extra() -> FieldDefinition {
    FieldDefinition {
        name: "Planted".to_owned(),
        ty: TypeDefinition::Scalar(ScalarType::Int8),
        versions: VersionRange::ALL,
        nullable: VersionRange::NONE,
        tag: None,
        tagged: VersionRange::NONE,
        ignorable: false,
        never_flexible: false,
        default: DefaultDefinition::Zero,
        entity: None,
    }
}

#[cfg(test)]
mod tests {
    use ottla_protocol::wire::schema::{FieldSchema, MessageSchema, StructSchema, TypeSchema};

    use super::super::compare::differences;
    use super::*;

    const DEFINITION: &str = r#"{
  "type": "data", "name": "Sample", "validVersions": "0-1", "flexibleVersions": "1+",
  "fields": [
    { "name": "TopicName", "type": "string", "versions": "0+", "nullableVersions": "1+", "default": "null",
      "entityType": "topicName" },
    { "name": "Parts", "type": "[]Part", "versions": "1+", "taggedVersions": "1+", "tag": 0, "ignorable": true,
      "fields": [ { "name": "Index", "type": "int32", "versions": "0+" } ] },
    { "name": "Gone", "type": "int32", "versions": "7+" }
  ]
}"#;

    fn field(name: &'static str, ty: TypeSchema) -> FieldSchema {
        FieldSchema {
            name,
            ty,
            versions: VersionRange::ALL,
            nullable: VersionRange::NONE,
            tag: None,
            tagged: VersionRange::NONE,
            ignorable: false,
            never_flexible: false,
            default: None,
            entity: None,
        }
    }

    fn ours() -> MessageSchema {
        let since_1 = VersionRange::new(1, i16::MAX);
        let part = StructSchema { name: "Part", fields: Vec::leak(vec![field("index", TypeSchema::Int32)]) };
        let parts = TypeSchema::Array(Box::leak(Box::new(TypeSchema::Struct(Box::leak(Box::new(part))))));
        let fields = vec![
            FieldSchema {
                nullable: since_1,
                default: Some(ottla_protocol::wire::schema::DefaultSchema::Null),
                entity: Some("topicName"),
                ..field("topic_name", TypeSchema::String)
            },
            FieldSchema { versions: since_1, tag: Some(0), tagged: since_1, ignorable: true, ..field("parts", parts) },
        ];
        MessageSchema {
            name: "Sample",
            kind: MessageKind::Data,
            key: None,
            versions: VersionRange::new(0, 1),
            flexible: since_1,
            last_version_unstable: false,
            body: Box::leak(Box::new(StructSchema { name: "Sample", fields: Vec::leak(fields) })),
        }
    }

    #[test]
    fn what_is_equal_on_the_wire_is_no_difference() {
        let kafkas = MessageDefinition::parse(DEFINITION, "p").unwrap();
        assert_eq!(differences(&ours(), &kafkas), []);
    }

    #[test]
    fn every_planted_difference_is_found() {
        let kafkas = MessageDefinition::parse(DEFINITION, "p").unwrap();
        let variants = variants(&kafkas);
        assert!(variants.len() > 30, "{} variants", variants.len());
        for variant in variants {
            assert_ne!(differences(&ours(), &variant), [], "{variant:?}");
        }
    }
}
