//! Messages as Kafka's `JsonConverter` classes read them.

use base64::prelude::{BASE64_STANDARD, Engine};
use ottla_protocol::wire::Uuid;
use serde_json::{Map, Value as Json, json};

use super::value::Value;
use crate::definition::{FieldDefinition, MessageDefinition, TypeDefinition};

/// The fields that a message has in a version, one value per field of its definition.
pub(super) fn of(message: &MessageDefinition, values: &[Value], version: i16) -> Json {
    object(&message.fields, values, version)
}

fn object(fields: &[FieldDefinition], values: &[Value], version: i16) -> Json {
    let present = fields.iter().zip(values).filter(|(field, _)| field.versions.contains(version));
    let entries = present.map(|(field, value)| (camel_case(&field.name), json(&field.ty, value, version)));
    Json::Object(entries.collect::<Map<_, _>>())
}

fn json(ty: &TypeDefinition, value: &Value, version: i16) -> Json {
    match (ty, value) {
        (TypeDefinition::Struct(fields), Value::Struct(values)) => object(fields, values, version),
        (TypeDefinition::Array(element), Value::Array(values)) => {
            values.iter().map(|value| json(element, value, version)).collect()
        }
        (_, Value::Bool(value)) => json!(value),
        (_, Value::Int(number)) => json!(number),
        (_, Value::Float(number)) => json!(number),
        (_, Value::Uuid(bytes)) => json!(Uuid(*bytes).to_string()),
        (_, Value::Text(text)) => json!(text),
        (_, Value::Bytes(bytes)) => json!(BASE64_STANDARD.encode(bytes)),
        (_, Value::Null | Value::Struct(_) | Value::Array(_)) => Json::Null,
    }
}

fn camel_case(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_fields_of_its_version_by_their_names() {
        let definition = r#"{ "type": "data", "name": "Sample", "validVersions": "0-1", "flexibleVersions": "1+",
            "fields": [ { "name": "OldId", "type": "int16", "versions": "0" },
                        { "name": "Notes", "type": "[]string", "versions": "0+", "nullableVersions": "0+" } ] }"#;
        let definition = MessageDefinition::parse(definition, "p").unwrap();
        let values = [Value::Int(-2), Value::Array(vec![Value::Text("n".to_owned())])];
        assert_eq!(of(&definition, &values, 0), json!({"oldId": -2, "notes": ["n"]}));
        assert_eq!(of(&definition, &[Value::Int(0), Value::Null], 1), json!({"notes": null}));
    }
}
