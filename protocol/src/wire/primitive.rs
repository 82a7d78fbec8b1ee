//! The types that messages are made of.

use std::{fmt, ops::Deref, str::FromStr};

use bytes::{BufMut, Bytes};

use super::{
    DecodeError, Decoder, EncodeError, Encoder, Str, Wire,
    derived::{FromLiteral, null_read},
    schema::TypeSchema,
};

macro_rules! fixed {
    ($($ty:ty, $schema:ident, $put:ident);* $(;)?) => {$(
        impl Wire for $ty {
            const TYPE: TypeSchema = TypeSchema::$schema;
            fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
                e.buffer().$put(*self);
                Ok(())
            }
            fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
                Ok(Self::from_be_bytes(d.take()?))
            }
            fn min_size(_: i16, _: bool) -> usize {
                size_of::<Self>()
            }
        }
        impl FromLiteral<Self> for $ty {
            fn from_literal(literal: Self) -> Self {
                literal
            }
        }
    )*};
}

fixed! {
    i8, Int8, put_i8;
    i16, Int16, put_i16;
    u16, Uint16, put_u16;
    i32, Int32, put_i32;
    u32, Uint32, put_u32;
    i64, Int64, put_i64;
    f64, Float64, put_f64;
}

impl Wire for bool {
    const TYPE: TypeSchema = TypeSchema::Bool;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        e.buffer().put_u8(u8::from(*self));
        Ok(())
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        let [byte] = d.take()?;
        Ok(byte != 0)
    }
    fn min_size(_: i16, _: bool) -> usize {
        1
    }
}

impl FromLiteral<Self> for bool {
    fn from_literal(literal: Self) -> Self {
        literal
    }
}

/// 16 bytes that name a topic, a directory or a member: Kafka prints them as 22 characters of base64url.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Uuid {
    /// All zeros: "none".
    pub const ZERO: Self = Self([0; 16]);
    /// Kafka keeps this one for the metadata topic.
    pub const ONE: Self = Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

    /// Whether it is [`Uuid::ZERO`].
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// A version 4 UUID made of random bits.
    #[must_use]
    pub fn from_random_bits(bits: u128) -> Self {
        let mut bytes = bits.to_be_bytes();
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 128 bits are 21 characters of 6 bits and one of the last 2, shifted to the top.
        let bits = u128::from_be_bytes(self.0);
        let mut text = [0u8; 22];
        for (i, c) in text.iter_mut().enumerate() {
            let index = if i < 21 { (bits >> (122 - 6 * i)) & 63 } else { (bits & 3) << 4 };
            *c = BASE64.get(index as usize).copied().unwrap_or_default();
        }
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 22 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 22 characters of base64url are expected")]
pub struct UuidError(String);

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(s: &str) -> Result<Self, UuidError> {
        let error = || UuidError(s.chars().take(64).collect());
        if s.len() != 22 {
            return Err(error());
        }
        let mut bits = 0u128;
        for (i, c) in s.bytes().enumerate() {
            let value = BASE64.iter().position(|&b| b == c).ok_or_else(error)? as u128;
            bits = if i < 21 { (bits << 6) | value } else { (bits << 2) | (value >> 4) };
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

impl Wire for Uuid {
    const TYPE: TypeSchema = TypeSchema::Uuid;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        e.buffer().put_slice(&self.0);
        Ok(())
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        d.take().map(Self)
    }
    fn min_size(_: i16, _: bool) -> usize {
        16
    }
}

impl Wire for Str {
    const TYPE: TypeSchema = TypeSchema::String;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        e.put_str(Some(self))
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        d.take_str()?.ok_or_else(|| null_read(d))
    }
    fn min_size(_: i16, flexible: bool) -> usize {
        Self::nullable_min_size(flexible)
    }
    fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
        e.put_str(value.map(Self::as_str))
    }
    fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
        d.take_str()
    }
    fn nullable_min_size(flexible: bool) -> usize {
        if flexible { 1 } else { 2 }
    }
}

impl FromLiteral<&'static str> for Str {
    fn from_literal(literal: &'static str) -> Self {
        Self::from_static(literal)
    }
}

impl Wire for Bytes {
    const TYPE: TypeSchema = TypeSchema::Bytes;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        e.put_bytes(Some(self))
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        d.take_byte_string()?.ok_or_else(|| null_read(d))
    }
    fn min_size(_: i16, flexible: bool) -> usize {
        Self::nullable_min_size(flexible)
    }
    fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
        e.put_bytes(value)
    }
    fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
        d.take_byte_string()
    }
    fn nullable_min_size(flexible: bool) -> usize {
        if flexible { 1 } else { 4 }
    }
}

/// Record batches inside a message, undecoded; see [`crate::record`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Records(pub Bytes);

impl Deref for Records {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl From<Bytes> for Records {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({} bytes)", self.0.len())
    }
}

impl Wire for Records {
    const TYPE: TypeSchema = TypeSchema::Records;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        self.0.encode(e)
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        Bytes::decode(d).map(Self)
    }
    fn min_size(version: i16, flexible: bool) -> usize {
        Bytes::min_size(version, flexible)
    }
    fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
        Bytes::encode_nullable(value.map(|records| &records.0), e)
    }
    fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
        Ok(Bytes::decode_nullable(d)?.map(Self))
    }
    fn nullable_min_size(flexible: bool) -> usize {
        Bytes::nullable_min_size(flexible)
    }
}

impl<T: Wire> Wire for Vec<T> {
    const TYPE: TypeSchema = TypeSchema::Array(&T::TYPE);
    const ENTITY: Option<&'static str> = T::ENTITY;
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError> {
        e.put_count(Some(self.len()))?;
        for element in self {
            element.encode(e)?;
        }
        Ok(())
    }
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError> {
        d.take_array()?.ok_or_else(|| null_read(d))
    }
    fn min_size(_: i16, flexible: bool) -> usize {
        Self::nullable_min_size(flexible)
    }
    fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
        match value {
            None => e.put_count(None),
            Some(elements) => elements.encode(e),
        }
    }
    fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
        d.take_array()
    }
    fn nullable_min_size(flexible: bool) -> usize {
        if flexible { 1 } else { 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_as_kafka_prints_it_and_reads_back() {
        let id: Uuid = "vgQe0XVwSgCqDYTtL7CVYw".parse().unwrap();
        assert_eq!(id.to_string(), "vgQe0XVwSgCqDYTtL7CVYw");
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Uuid::ONE.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert!("vgQe0XVwSgCqDYTtL7CVY".parse::<Uuid>().is_err());
        assert!("vgQe0XVwSgCqDYTtL7CV+w".parse::<Uuid>().is_err());
    }
}
