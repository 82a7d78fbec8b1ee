//! A valid message of any schema, with every field that the version has, and where its counts are.

use std::collections::HashSet;

use ottla_protocol::wire::schema::{FieldSchema, MessageSchema, StructSchema, TypeSchema};

/// The bytes of a message and the places of its counts and lengths.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The message.
    pub bytes: Vec<u8>,
    /// Its counts and lengths, in order.
    pub places: Vec<Place>,
    version: i16,
    size: Size,
    /// An array that has as many elements, with one in each around it and none in those inside it.
    wide: Option<(FieldName, usize)>,
    /// The field that is being written.
    field: FieldName,
}

/// The names of a struct and of a field in it.
pub type FieldName = (&'static str, &'static str);

/// How much a sample has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Elements of each array.
    pub elements: usize,
    /// Bytes of each string and byte string.
    pub text: usize,
}

impl Size {
    /// Something everywhere.
    pub const SMALL: Self = Self { elements: 2, text: 2 };
    /// Nothing where that is possible.
    pub const EMPTY: Self = Self { elements: 0, text: 0 };
}

/// Where a count or length stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Offset in bytes.
    pub at: usize,
    /// Bytes that it takes.
    pub len: usize,
    /// How it is written.
    pub form: Form,
    /// The fewest bytes of one of what is counted.
    pub unit: usize,
    /// Of which field; of which struct alone, for the number of its tags.
    pub field: FieldName,
    /// Whether it counts the elements of an array.
    pub is_array: bool,
}

/// How a count is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Two bytes, as in front of a string.
    Int16,
    /// Four bytes, as in front of bytes and arrays.
    Int32,
    /// A varint of the count plus one (KIP-482).
    Compact,
    /// A varint of a tag's size, or of how many tags there are.
    Varint,
}

impl Place {
    /// -1, -2 and the largest count, and their names.
    pub fn hostile_counts(&self) -> Vec<(&'static str, Vec<u8>)> {
        let int16 = |n: i16| n.to_be_bytes().to_vec();
        let int32 = |n: i32| n.to_be_bytes().to_vec();
        match self.form {
            Form::Int16 => vec![("-1", int16(-1)), ("-2", int16(-2)), ("the largest", int16(i16::MAX))],
            Form::Int32 => vec![("-1", int32(-1)), ("-2", int32(-2)), ("the largest", int32(i32::MAX))],
            Form::Compact => vec![("-1", varint(0)), ("-2", varint(u32::MAX)), ("the largest", varint(1 << 31))],
            Form::Varint => {
                vec![("-1", varint(u32::MAX)), ("-2", varint(u32::MAX - 1)), ("the largest", varint(i32::MAX as u32))]
            }
        }
    }

    /// The most that the `available` bytes after the count could hold: a lie that cannot be told from the truth before
    /// the elements are read.
    pub fn plausible_count(&self, available: usize) -> Vec<u8> {
        self.form.bytes(u32::try_from(available / self.unit.max(1)).unwrap_or(i32::MAX as u32))
    }
}

impl Form {
    fn bytes(self, number: u32) -> Vec<u8> {
        match self {
            Self::Int16 => i16::try_from(number).unwrap_or(i16::MAX).to_be_bytes().to_vec(),
            Self::Int32 => number.to_be_bytes().to_vec(),
            Self::Compact => varint(number + 1),
            Self::Varint => varint(number),
        }
    }
}

impl Sample {
    /// A message with every field that the version has.
    pub fn of(schema: &MessageSchema, version: i16, size: Size) -> Self {
        Self::new(schema, version, size, None)
    }

    /// The smallest such message of at least `len` bytes with as many elements in each array, `None` if the message has
    /// no arrays.
    pub fn of_at_least(schema: &MessageSchema, version: i16, len: usize, text: usize) -> Option<Self> {
        let without = Self::of(schema, version, Size { elements: 0, text });
        without.places.iter().find(|place| place.is_array)?;
        let mut elements = 2;
        loop {
            let sample = Self::of(schema, version, Size { elements, text });
            if sample.bytes.len() >= len {
                return Some(sample);
            }
            elements += elements.div_ceil(4);
        }
    }

    /// A message that is about `len` bytes long because of the elements of one array, in which nothing is that could be
    /// empty.
    pub fn dense(schema: &MessageSchema, version: i16, array: &Place, len: usize) -> Self {
        Self::new(schema, version, Size::EMPTY, Some((array.field, len / array.unit.max(1))))
    }

    fn new(schema: &MessageSchema, version: i16, size: Size, wide: Option<(FieldName, usize)>) -> Self {
        let mut sample = Self { bytes: Vec::new(), places: Vec::new(), version, size, wide, field: ("", "") };
        sample.put_struct(schema.body, schema.flexible.contains(version));
        sample
    }

    /// The first place of each field.
    pub fn fields(&self) -> Vec<&Place> {
        let mut seen = HashSet::new();
        self.places.iter().filter(|place| seen.insert(place.field)).collect()
    }

    /// The bytes with another count in one place.
    pub fn with_count(&self, place: &Place, count: &[u8]) -> Vec<u8> {
        [&self.bytes[..place.at], count, &self.bytes[place.at + place.len..]].concat()
    }

    fn put_struct(&mut self, schema: &StructSchema, flexible: bool) {
        let present = |field: &&FieldSchema| field.versions.contains(self.version);
        let (tagged, plain): (Vec<&FieldSchema>, Vec<&FieldSchema>) =
            schema.fields.iter().filter(present).partition(|field| field.tag.is_some());
        for field in plain {
            self.field = (schema.name, field.name);
            self.put_field(field, flexible);
        }
        if flexible {
            self.field = (schema.name, "");
            self.put_tagged(schema.name, tagged);
        }
    }

    fn put_tagged(&mut self, owner: &'static str, mut fields: Vec<&FieldSchema>) {
        fields.sort_by_key(|field| field.tag);
        // A tag and a size.
        self.put_number(fields.len(), Form::Varint, 2);
        for field in fields {
            self.bytes.extend(varint(field.tag.unwrap_or_default()));
            let field_name = (owner, field.name);
            let mut content = Self { bytes: Vec::new(), places: Vec::new(), field: field_name, ..*self };
            content.put_field(field, true);
            self.field = (owner, "");
            self.put_number(content.bytes.len(), Form::Varint, 1);
            let start = self.bytes.len();
            self.places.extend(content.places.into_iter().map(|place| Place { at: place.at + start, ..place }));
            self.bytes.extend(content.bytes);
        }
    }

    fn put_field(&mut self, field: &FieldSchema, flexible: bool) {
        let flexible = flexible && !field.never_flexible;
        if matches!(field.ty, TypeSchema::Struct(_)) && field.nullable.contains(self.version) {
            self.bytes.push(1);
        }
        self.put_value(&field.ty, flexible);
    }

    fn put_value(&mut self, ty: &TypeSchema, flexible: bool) {
        let counted = |classic| if flexible { Form::Compact } else { classic };
        match ty {
            TypeSchema::Bool => self.bytes.push(1),
            TypeSchema::Int8 => self.bytes.push(2),
            TypeSchema::Int16 | TypeSchema::Uint16 => self.bytes.extend([0, 3]),
            TypeSchema::Int32 | TypeSchema::Uint32 => self.bytes.extend([0, 0, 0, 4]),
            TypeSchema::Int64 => self.bytes.extend([0, 0, 0, 0, 0, 0, 0, 5]),
            TypeSchema::Float64 => self.bytes.extend(1.5f64.to_be_bytes()),
            TypeSchema::Uuid => self.bytes.extend([6; 16]),
            TypeSchema::String => self.put_text(counted(Form::Int16)),
            TypeSchema::Bytes | TypeSchema::Records => self.put_text(counted(Form::Int32)),
            TypeSchema::Array(element) => self.put_array(element, flexible, counted(Form::Int32)),
            TypeSchema::Struct(schema) => self.put_struct(schema, flexible),
        }
    }

    fn put_array(&mut self, element: &TypeSchema, flexible: bool, form: Form) {
        let is_wide = self.wide.is_some_and(|(field, _)| field == self.field);
        let elements = match self.wide {
            Some((_, elements)) if is_wide => elements,
            Some(_) => 1,
            None => self.size.elements,
        };
        let outer = if is_wide { self.wide.take() } else { None };
        self.put_number(elements, form, self.min_size(element, flexible));
        if let Some(place) = self.places.last_mut() {
            place.is_array = true;
        }
        for _ in 0..elements {
            self.put_value(element, flexible);
        }
        self.wide = outer.or(self.wide);
    }

    fn put_text(&mut self, form: Form) {
        let text = self.size.text;
        self.put_number(text, form, 1);
        self.bytes.extend(b"abcdefghijklmnopqrstuvwxyz".iter().cycle().take(text));
    }

    fn put_number(&mut self, number: usize, form: Form, unit: usize) {
        let bytes = form.bytes(number as u32);
        let place = Place { at: self.bytes.len(), len: bytes.len(), form, unit, field: self.field, is_array: false };
        self.places.push(place);
        self.bytes.extend(bytes);
    }

    /// The fewest bytes that a value takes.
    fn min_size(&self, ty: &TypeSchema, flexible: bool) -> usize {
        match ty {
            TypeSchema::Bool | TypeSchema::Int8 => 1,
            TypeSchema::Int16 | TypeSchema::Uint16 => 2,
            TypeSchema::Int32 | TypeSchema::Uint32 => 4,
            TypeSchema::Int64 | TypeSchema::Float64 => 8,
            TypeSchema::Uuid => 16,
            TypeSchema::String => {
                if flexible {
                    1
                } else {
                    2
                }
            }
            TypeSchema::Bytes | TypeSchema::Records | TypeSchema::Array(_) => {
                if flexible {
                    1
                } else {
                    4
                }
            }
            TypeSchema::Struct(schema) => {
                let plain = schema.fields.iter().filter(|field| field.tag.is_none());
                let present = plain.filter(|field| field.versions.contains(self.version));
                let sizes = present.map(|field| match field.ty {
                    TypeSchema::Struct(_) if field.nullable.contains(self.version) => 1,
                    _ => self.min_size(&field.ty, flexible && !field.never_flexible),
                });
                sizes.sum::<usize>() + usize::from(flexible)
            }
        }
    }
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
