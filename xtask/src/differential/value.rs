//! Values of Kafka's messages, random ones above all.

use std::iter;

use fastrand::Rng;

use crate::definition::{DefaultDefinition, FieldDefinition, ScalarType, TypeDefinition};

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Of every integer type; only the low bytes count.
    Int(i64),
    Float(f64),
    Uuid([u8; 16]),
    Text(String),
    /// Bytes or records.
    Bytes(Vec<u8>),
    Array(Vec<Self>),
    /// One value per field of the definition, whether or not the version has the field.
    Struct(Vec<Self>),
}

/// How values are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// What Kafka's classes hold when nobody sets anything.
    Defaults,
    /// Null wherever null is allowed, one element in every array, and in every tagged field.
    Nulls,
    /// Anything.
    Random,
}

/// Chooses the fields of a message in one version.
#[derive(Debug)]
pub(crate) struct Generator<'r> {
    random: &'r mut Rng,
    version: i16,
    choice: Choice,
}

/// Deeper than any message of Kafka's nests arrays with several elements each.
const MOST_ELEMENTS: usize = 3;

impl<'r> Generator<'r> {
    /// A generator for one version.
    pub(crate) fn new(random: &'r mut Rng, version: i16, choice: Choice) -> Self {
        Self { random, version, choice }
    }

    /// A value for each of the fields.
    pub(crate) fn fields(&mut self, fields: &[FieldDefinition]) -> Vec<Value> {
        fields.iter().map(|field| self.field(field)).collect()
    }

    fn field(&mut self, field: &FieldDefinition) -> Value {
        let takes_default = match self.choice {
            Choice::Defaults => true,
            Choice::Nulls => false,
            Choice::Random => field.tag.is_some() && self.random.bool(),
        };
        if takes_default || !field.versions.contains(self.version) {
            return default(field);
        }
        let takes_null = self.choice == Choice::Nulls || self.random.u8(..4) == 0;
        if takes_null && field.nullable.contains(self.version) {
            return Value::Null;
        }
        self.value(&field.ty)
    }

    fn value(&mut self, ty: &TypeDefinition) -> Value {
        match ty {
            TypeDefinition::Scalar(scalar) => self.scalar(*scalar),
            TypeDefinition::Struct(fields) => Value::Struct(self.fields(fields)),
            TypeDefinition::Array(element) => {
                let count = if self.choice == Choice::Nulls { 1 } else { self.random.usize(..=MOST_ELEMENTS) };
                Value::Array(iter::repeat_with(|| self.value(element)).take(count).collect())
            }
        }
    }

    fn scalar(&mut self, scalar: ScalarType) -> Value {
        match scalar {
            ScalarType::Bool => Value::Bool(self.random.bool()),
            ScalarType::Int8 => Value::Int(self.integer(i8::MIN.into(), i8::MAX.into())),
            ScalarType::Int16 => Value::Int(self.integer(i16::MIN.into(), i16::MAX.into())),
            ScalarType::Uint16 => Value::Int(self.integer(0, u16::MAX.into())),
            ScalarType::Int32 => Value::Int(self.integer(i32::MIN.into(), i32::MAX.into())),
            ScalarType::Uint32 => Value::Int(self.integer(0, u32::MAX.into())),
            ScalarType::Int64 => Value::Int(self.integer(i64::MIN, i64::MAX)),
            ScalarType::Float64 => Value::Float((self.random.f64() - 0.5) * 1e9),
            ScalarType::Uuid => Value::Uuid(self.random.u128(..).to_be_bytes()),
            ScalarType::String => Value::Text(self.text()),
            ScalarType::Bytes | ScalarType::Records => Value::Bytes(self.bytes()),
        }
    }

    /// Half of the numbers are small or at the edge, where mistakes are.
    fn integer(&mut self, least: i64, most: i64) -> i64 {
        match self.random.u8(..8) {
            0 => least,
            1 => most,
            2 | 3 => self.random.i64(-2..=2).clamp(least, most),
            _ => self.random.i64(least..=most),
        }
    }

    fn text(&mut self) -> String {
        let length = self.length();
        let character = || match self.random.u8(..8) {
            0 => self.random.char('\u{80}'..='\u{7ff}'),
            1 => self.random.char('\u{1f600}'..='\u{1f64f}'),
            _ => self.random.alphanumeric(),
        };
        iter::repeat_with(character).take(length).collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.length();
        iter::repeat_with(|| self.random.u8(..)).take(length).collect()
    }

    /// Short, and now and then too long for a varint of one byte.
    fn length(&mut self) -> usize {
        if self.random.u8(..16) == 0 { self.random.usize(120..300) } else { self.random.usize(..12) }
    }
}

/// What Kafka's classes hold when nobody sets the field.
pub(crate) fn default(field: &FieldDefinition) -> Value {
    match &field.default {
        DefaultDefinition::Zero => zero(&field.ty),
        DefaultDefinition::Null => Value::Null,
        DefaultDefinition::Bool(value) => Value::Bool(*value),
        DefaultDefinition::Int(value) => Value::Int(*value),
        DefaultDefinition::Str(value) => Value::Text(value.clone()),
    }
}

fn zero(ty: &TypeDefinition) -> Value {
    match ty {
        TypeDefinition::Struct(fields) => Value::Struct(fields.iter().map(default).collect()),
        TypeDefinition::Array(_) => Value::Array(Vec::new()),
        TypeDefinition::Scalar(scalar) => match scalar {
            ScalarType::Bool => Value::Bool(false),
            ScalarType::Float64 => Value::Float(0.0),
            ScalarType::Uuid => Value::Uuid([0; 16]),
            ScalarType::String => Value::Text(String::new()),
            ScalarType::Bytes | ScalarType::Records => Value::Bytes(Vec::new()),
            ScalarType::Int8
            | ScalarType::Int16
            | ScalarType::Uint16
            | ScalarType::Int32
            | ScalarType::Uint32
            | ScalarType::Int64 => Value::Int(0),
        },
    }
}
