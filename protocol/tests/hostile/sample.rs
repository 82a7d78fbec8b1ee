//! A valid message of any schema, with every field that the version has, and where its counts are.

use ottla_protocol::wire::schema::{FieldSchema, MessageSchema, StructSchema, TypeSchema};

/// The bytes of a message and the places of its counts and lengths.
pub(crate) struct Sample {
    pub(crate) bytes: Vec<u8>,
    pub(crate) places: Vec<Place>,
    version: i16,
}

/// Where a count or length stands.
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) len: usize,
    pub(crate) form: Form,
}

/// How a count is written.
#[derive(Clone, Copy)]
pub(crate) enum Form {
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
    pub(crate) fn hostile_counts(&self) -> Vec<(&'static str, Vec<u8>)> {
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
}

impl Sample {
    pub(crate) fn of(schema: &MessageSchema, version: i16) -> Self {
        let mut sample = Self { bytes: Vec::new(), places: Vec::new(), version };
        sample.put_struct(schema.body, schema.flexible.contains(version));
        sample
    }

    /// The bytes with another count in one place.
    pub(crate) fn with_count(&self, place: &Place, count: &[u8]) -> Vec<u8> {
        [&self.bytes[..place.at], count, &self.bytes[place.at + place.len..]].concat()
    }

    fn put_struct(&mut self, schema: &StructSchema, flexible: bool) {
        let present = |field: &&FieldSchema| field.versions.contains(self.version);
        let (tagged, plain): (Vec<_>, Vec<_>) =
            schema.fields.iter().filter(present).partition(|field| field.tag.is_some());
        for field in plain {
            self.put_field(field, flexible);
        }
        if flexible {
            self.put_tagged(tagged);
        }
    }

    fn put_tagged(&mut self, mut fields: Vec<&FieldSchema>) {
        fields.sort_by_key(|field| field.tag);
        self.put_number(fields.len() as u32, Form::Varint);
        for field in fields {
            self.bytes.extend(varint(field.tag.unwrap_or_default()));
            let mut content = Self { bytes: Vec::new(), places: Vec::new(), version: self.version };
            content.put_field(field, true);
            self.put_number(content.bytes.len() as u32, Form::Varint);
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
            TypeSchema::String => {
                self.put_number(2, counted(Form::Int16));
                self.bytes.extend(b"ab");
            }
            TypeSchema::Bytes | TypeSchema::Records => {
                self.put_number(3, counted(Form::Int32));
                self.bytes.extend(b"xyz");
            }
            TypeSchema::Array(element) => {
                self.put_number(2, counted(Form::Int32));
                self.put_value(element, flexible);
                self.put_value(element, flexible);
            }
            TypeSchema::Struct(schema) => self.put_struct(schema, flexible),
        }
    }

    fn put_number(&mut self, number: u32, form: Form) {
        let bytes = match form {
            Form::Int16 => (number as u16).to_be_bytes().to_vec(),
            Form::Int32 => number.to_be_bytes().to_vec(),
            Form::Compact => varint(number + 1),
            Form::Varint => varint(number),
        };
        self.places.push(Place { at: self.bytes.len(), len: bytes.len(), form });
        self.bytes.extend(bytes);
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

/// Random numbers from a seed: splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Changes, inserts, removes or repeats something.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(6) {
            0 => bytes.insert(at, self.next() as u8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => {
                let tail = bytes[at..].to_vec();
                bytes.extend_from_slice(&tail[..tail.len().min(64)]);
            }
            4 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 0xfe][self.below(6)],
            _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            _ => {}
        }
    }
}
