//! A third encoder, straight from Kafka's definitions: neither ours nor Java's has a say in it.

use anyhow::{Result, bail};

use super::value::{self, Value};
use crate::definition::{FieldDefinition, MessageDefinition, ScalarType, TypeDefinition};

/// The bytes of a message, one value per field of its definition.
///
/// # Errors
/// A value is not of its field's type.
pub(crate) fn write(message: &MessageDefinition, values: &[Value], version: i16) -> Result<Vec<u8>> {
    let mut writer = Writer { bytes: Vec::new(), version, flexible: message.is_flexible(version) };
    writer.fields(&message.fields, values)?;
    Ok(writer.bytes)
}

struct Writer {
    bytes: Vec<u8>,
    version: i16,
    flexible: bool,
}

impl Writer {
    fn fields(&mut self, fields: &[FieldDefinition], values: &[Value]) -> Result<()> {
        let version = self.version;
        let present = || fields.iter().zip(values).filter(move |(field, _)| field.versions.contains(version));
        for (field, value) in present().filter(|(field, _)| !field.tagged.contains(version)) {
            self.field(field, value)?;
        }
        if self.flexible {
            let tagged = present().filter(|(field, value)| field.tagged.contains(version) && is_set(field, value));
            self.tagged(tagged.collect())?;
        }
        Ok(())
    }

    fn tagged(&mut self, mut fields: Vec<(&FieldDefinition, &Value)>) -> Result<()> {
        fields.sort_by_key(|(field, _)| field.tag);
        self.varint(fields.len());
        for (field, value) in fields {
            let mut inner = Self { bytes: Vec::new(), version: self.version, flexible: true };
            match (value, &field.ty) {
                // Behind a tag Kafka writes the mark of a struct as a varint, whose null is 0 and not -1.
                (Value::Null, TypeDefinition::Struct(_)) => inner.bytes.push(0),
                _ => inner.field(field, value)?,
            }
            self.varint(field.tag.unwrap_or_default() as usize);
            self.varint(inner.bytes.len());
            self.bytes.extend(inner.bytes);
        }
        Ok(())
    }

    fn field(&mut self, field: &FieldDefinition, value: &Value) -> Result<()> {
        let flexible = self.flexible;
        self.flexible &= !field.never_flexible;
        // Only a struct says in a byte of its own whether it is there; the lengths of all others can say it.
        let marked = field.nullable.contains(self.version) && matches!(field.ty, TypeDefinition::Struct(_));
        match value {
            Value::Null if marked => self.bytes.push(0xff),
            Value::Null => self.length(None, &field.ty),
            _ if marked => {
                self.bytes.push(1);
                self.value(&field.ty, value)?;
            }
            _ => self.value(&field.ty, value)?,
        }
        self.flexible = flexible;
        Ok(())
    }

    fn value(&mut self, ty: &TypeDefinition, value: &Value) -> Result<()> {
        match (ty, value) {
            (TypeDefinition::Struct(fields), Value::Struct(values)) => return self.fields(fields, values),
            (TypeDefinition::Array(element), Value::Array(values)) => {
                self.length(Some(values.len()), ty);
                return values.iter().try_for_each(|value| self.value(element, value));
            }
            (TypeDefinition::Scalar(scalar), Value::Int(number)) => {
                let bytes = number.to_be_bytes();
                self.bytes.extend(&bytes[8 - width(*scalar)..]);
            }
            (_, Value::Bool(value)) => self.bytes.push(u8::from(*value)),
            (_, Value::Float(value)) => self.bytes.extend(value.to_be_bytes()),
            (_, Value::Uuid(value)) => self.bytes.extend(value),
            (_, Value::Text(text)) => {
                self.length(Some(text.len()), ty);
                self.bytes.extend(text.as_bytes());
            }
            (_, Value::Bytes(bytes)) => {
                self.length(Some(bytes.len()), ty);
                self.bytes.extend(bytes);
            }
            (ty, value) => bail!("{value:?} is not of the type {ty:?}"),
        }
        Ok(())
    }

    /// A length or count, in the form of the type; none stands for null.
    fn length(&mut self, length: Option<usize>, ty: &TypeDefinition) {
        let is_text = matches!(ty, TypeDefinition::Scalar(ScalarType::String));
        if self.flexible {
            return self.varint(length.map_or(0, |length| length + 1));
        }
        let length = length.map_or(-1, |length| length as i64).to_be_bytes();
        self.bytes.extend(&length[if is_text { 6 } else { 4 }..]);
    }

    fn varint(&mut self, mut rest: usize) {
        while rest > 0x7f {
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

/// A tagged field goes over the wire unless it has its default.
fn is_set(field: &FieldDefinition, value: &Value) -> bool {
    *value != value::default(field)
}

fn width(scalar: ScalarType) -> usize {
    match scalar {
        ScalarType::Int8 => 1,
        ScalarType::Int16 | ScalarType::Uint16 => 2,
        ScalarType::Int32 | ScalarType::Uint32 => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::MessageDefinition;

    const SAMPLE: &str = r#"{
  "type": "data", "name": "Sample", "validVersions": "0-1", "flexibleVersions": "1+",
  "fields": [
    { "name": "Id", "type": "int16", "versions": "0+" },
    { "name": "Note", "type": "string", "versions": "0+", "nullableVersions": "0+" },
    { "name": "Sizes", "type": "[]int8", "versions": "1+" },
    { "name": "Owner", "type": "Owner", "versions": "1+", "nullableVersions": "1+", "fields": [
      { "name": "Old", "type": "bytes", "versions": "1+", "flexibleVersions": "none" }
    ]},
    { "name": "Late", "type": "int32", "versions": "1+", "taggedVersions": "1+", "tag": 1, "default": "-1" },
    { "name": "Early", "type": "Early", "versions": "1+", "nullableVersions": "1+", "taggedVersions": "1+", "tag": 0,
      "fields": [ { "name": "Flag", "type": "bool", "versions": "1+" } ] }
  ]
}"#;

    fn sample(late: i64, early: Value) -> Vec<Value> {
        let owner = Value::Struct(vec![Value::Bytes(b"xy".to_vec())]);
        let sizes = Value::Array(vec![Value::Int(1), Value::Int(-1)]);
        vec![Value::Int(258), Value::Null, sizes, owner, Value::Int(late), early]
    }

    #[test]
    fn a_classic_version_has_plain_lengths_and_only_its_own_fields() {
        let definition = MessageDefinition::parse(SAMPLE, "p").unwrap();
        let bytes = write(&definition, &sample(-1, Value::Null), 0).unwrap();
        assert_eq!(bytes, b"\x01\x02\xff\xff");
    }

    #[test]
    fn tagged_fields_come_in_the_order_of_their_tags_unless_they_have_their_default() {
        let definition = MessageDefinition::parse(SAMPLE, "p").unwrap();
        let start = b"\x01\x02\x00\x03\x01\xff\x01\x00\x00\x00\x02xy\x00";
        let default = Value::Struct(vec![Value::Bool(false)]);
        assert_eq!(write(&definition, &sample(-1, default), 1).unwrap(), [&start[..], b"\x00"].concat());
        let set = Value::Struct(vec![Value::Bool(true)]);
        let tags = b"\x02\x00\x03\x01\x01\x00\x01\x04\x00\x00\x00\x05";
        assert_eq!(write(&definition, &sample(5, set), 1).unwrap(), [&start[..], tags].concat());
    }

    #[test]
    fn a_null_struct_behind_a_tag_is_a_zero() {
        let definition = MessageDefinition::parse(SAMPLE, "p").unwrap();
        let bytes = write(&definition, &sample(-1, Value::Null), 1).unwrap();
        assert!(bytes.ends_with(b"\x01\x00\x01\x00"), "{}", bytes.escape_ascii());
    }
}
