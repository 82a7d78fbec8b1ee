//! From the text of a definition to a [`MessageDefinition`].

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::{
    DefaultDefinition, FieldDefinition, MessageDefinition, MessageKind, ScalarType, TypeDefinition, VersionRange,
};

type Object = Map<String, Value>;
/// The fields of structs that are defined beside a message's fields.
type CommonStructs = HashMap<String, Vec<Value>>;

impl MessageDefinition {
    /// Parses a definition: JSON with `//` comments.
    ///
    /// # Errors
    /// It is not one that Kafka's own generator would take.
    pub(crate) fn parse(text: &str, package: &'static str) -> Result<Self> {
        let json: Object = serde_json::from_str(&without_comments(text))?;
        let common = common_structs(&json)?;
        let kind = kind(string(&json, "type")?)?;
        let versions = range(string(&json, "validVersions")?)?;
        let flexible = match json.get("flexibleVersions") {
            Some(value) => range(value.as_str().context("flexibleVersions")?)?,
            None => VersionRange::NONE,
        };
        Ok(Self {
            name: string(&json, "name")?.to_owned(),
            package,
            kind,
            key: json.get("apiKey").and_then(Value::as_i64).map(i16::try_from).transpose()?,
            versions,
            flexible,
            last_version_unstable: flag(&json, "latestVersionUnstable"),
            fields: fields(list(&json, "fields"), &common)?,
        })
    }
}

fn common_structs(json: &Object) -> Result<CommonStructs> {
    let structs = list(json, "commonStructs").iter().map(|definition| {
        let definition = definition.as_object().context("a common struct")?;
        Ok((string(definition, "name")?.to_owned(), list(definition, "fields").to_vec()))
    });
    structs.collect()
}

fn fields(list: &[Value], common: &CommonStructs) -> Result<Vec<FieldDefinition>> {
    list.iter().map(|value| field(value.as_object().context("a field")?, common)).collect()
}

fn field(json: &Object, common: &CommonStructs) -> Result<FieldDefinition> {
    let name = string(json, "name")?;
    let context = || format!("field {name}");
    let ty = ty(string(json, "type")?, list(json, "fields"), common).with_context(context)?;
    let optional_range = |key: &str| json.get(key).and_then(Value::as_str).map_or(Ok(VersionRange::NONE), range);
    let tagged = optional_range("taggedVersions")?;
    Ok(FieldDefinition {
        name: name.to_owned(),
        default: default(json.get("default"), &ty).with_context(context)?,
        ty,
        // A field that is tagged wherever it exists may say so only once.
        versions: if json.contains_key("versions") { optional_range("versions")? } else { tagged },
        nullable: optional_range("nullableVersions")?,
        tag: json.get("tag").and_then(Value::as_u64).map(u32::try_from).transpose()?,
        tagged,
        ignorable: flag(json, "ignorable"),
        never_flexible: match json.get("flexibleVersions").and_then(Value::as_str) {
            None => false,
            Some("none") => true,
            Some(other) => bail!("field {name} is flexible in '{other}' alone"),
        },
        entity: json.get("entityType").and_then(Value::as_str).map(str::to_owned),
    })
}

fn ty(name: &str, own_fields: &[Value], common: &CommonStructs) -> Result<TypeDefinition> {
    if let Some(element) = name.strip_prefix("[]") {
        return Ok(TypeDefinition::Array(Box::new(ty(element, own_fields, common)?)));
    }
    if let Some(scalar) = scalar(name) {
        return Ok(TypeDefinition::Scalar(scalar));
    }
    let list = if own_fields.is_empty() { common.get(name).map(Vec::as_slice) } else { Some(own_fields) };
    let list = list.with_context(|| format!("there is no struct {name}"))?;
    Ok(TypeDefinition::Struct(Arc::from(fields(list, common)?)))
}

fn scalar(name: &str) -> Option<ScalarType> {
    Some(match name {
        "bool" => ScalarType::Bool,
        "int8" => ScalarType::Int8,
        "int16" => ScalarType::Int16,
        "uint16" => ScalarType::Uint16,
        "int32" => ScalarType::Int32,
        "uint32" => ScalarType::Uint32,
        "int64" => ScalarType::Int64,
        "float64" => ScalarType::Float64,
        "uuid" => ScalarType::Uuid,
        "string" => ScalarType::String,
        "bytes" => ScalarType::Bytes,
        "records" => ScalarType::Records,
        _ => return None,
    })
}

fn kind(name: &str) -> Result<MessageKind> {
    Ok(match name {
        "request" => MessageKind::Request,
        "response" => MessageKind::Response,
        "header" => MessageKind::Header,
        "data" | "coordinator-key" | "coordinator-value" => MessageKind::Data,
        other => bail!("there is no kind '{other}'"),
    })
}

/// `none`, `3`, `3-5` or `3+`.
fn range(text: &str) -> Result<VersionRange> {
    let number = |text: &str| text.trim().parse::<i16>().with_context(|| format!("'{text}' is not a version"));
    if text == "none" {
        return Ok(VersionRange::NONE);
    }
    if let Some(first) = text.strip_suffix('+') {
        return Ok(VersionRange::new(number(first)?, i16::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(VersionRange::new(number(first)?, number(last)?))
}

/// Kafka writes most defaults as strings, numbers included.
fn default(value: Option<&Value>, ty: &TypeDefinition) -> Result<DefaultDefinition> {
    let text = match value {
        // A null that is not a string means "not given" to Kafka's generator.
        None | Some(Value::Null) => return Ok(DefaultDefinition::Zero),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text == "null" {
        return Ok(DefaultDefinition::Null);
    }
    let TypeDefinition::Scalar(scalar) = ty else { bail!("a struct or array with the default '{text}'") };
    Ok(match scalar {
        ScalarType::Bool => flag_default(&text)?,
        ScalarType::String => {
            if text.is_empty() {
                DefaultDefinition::Zero
            } else {
                DefaultDefinition::Str(text)
            }
        }
        ScalarType::Float64 | ScalarType::Uuid | ScalarType::Bytes | ScalarType::Records => {
            bail!("no default but null is known for this type, not '{text}'")
        }
        _ => match integer(&text)? {
            0 => DefaultDefinition::Zero,
            number => DefaultDefinition::Int(number),
        },
    })
}

fn flag_default(text: &str) -> Result<DefaultDefinition> {
    Ok(if text.parse::<bool>()? { DefaultDefinition::Bool(true) } else { DefaultDefinition::Zero })
}

fn integer(text: &str) -> Result<i64> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.with_context(|| format!("'{text}' is not a number"))
}

fn string<'j>(json: &'j Object, key: &str) -> Result<&'j str> {
    json.get(key).and_then(Value::as_str).with_context(|| format!("'{key}' is missing"))
}

fn list<'j>(json: &'j Object, key: &str) -> &'j [Value] {
    json.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn flag(json: &Object, key: &str) -> bool {
    json.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The text without `//` comments; inside a string the two slashes are text.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| &line[..comment_start(line)]).collect::<Vec<_>>().join("\n")
}

fn comment_start(line: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    for (position, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '/' if !in_string && line[position..].starts_with("//") => return position,
            _ => {}
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
// A licence.
{
  "apiKey": 7, "type": "request", "name": "SampleRequest",
  "validVersions": "1-4", // the "first" one is gone
  "flexibleVersions": "3+",
  "fields": [
    { "name": "Names", "type": "[]string", "versions": "0+", "nullableVersions": "2+", "default": "null",
      "entityType": "topicName", "about": "See https://example.invalid/x." },
    { "name": "Limit", "type": "int32", "versions": "2+", "default": "0x7fffffff", "ignorable": true },
    { "name": "Leader", "type": "Node", "versions": "4+", "taggedVersions": "4+", "tag": 0 }
  ],
  "commonStructs": [
    { "name": "Node", "versions": "0+", "fields": [ { "name": "Id", "type": "int32", "versions": "0+" } ] }
  ]
}"#;

    #[test]
    fn a_definition_with_comments_common_structs_and_odd_defaults_is_read() {
        let message = MessageDefinition::parse(SAMPLE, "p").unwrap();
        assert_eq!((message.key, message.versions), (Some(7), VersionRange::new(1, 4)));
        assert_eq!(message.flexible, VersionRange::new(3, i16::MAX));
        assert_eq!(message.class(), "p.SampleRequestData");
        let [names, limit, leader] = &message.fields[..] else { panic!("three fields") };
        assert_eq!((&names.default, names.entity.as_deref()), (&DefaultDefinition::Null, Some("topicName")));
        assert_eq!((&limit.default, limit.ignorable), (&DefaultDefinition::Int(i64::from(i32::MAX)), true));
        assert_eq!((leader.tag, leader.tagged), (Some(0), VersionRange::new(4, i16::MAX)));
        assert!(matches!(&leader.ty, TypeDefinition::Struct(fields) if fields[0].name == "Id"));
    }

    #[test]
    fn two_slashes_in_a_string_are_text() {
        assert_eq!(without_comments(r#""a//b\"//c" // d"#), r#""a//b\"//c" "#);
    }

    #[test]
    fn ranges_of_all_four_forms_are_read() {
        let ranges = ["none", "3", "3-5", "3+"].map(|text| range(text).unwrap());
        let expected = [(0, -1), (3, 3), (3, 5), (3, i16::MAX)].map(|(first, last)| VersionRange::new(first, last));
        assert_eq!(ranges, expected);
        assert!(range("x+").is_err());
    }
}
