//! How values are laid out on the wire.
//!
//! Every message is a struct with `#[derive(Message)]`, its parts with `#[derive(Wire)]`; version facts are attributes
//! on their fields. [`Encoder`] and [`Decoder`] carry the version, so that a field costs one call.

mod decoder;
mod encoder;
mod error;
mod primitive;
pub mod schema;
mod str;
#[cfg(test)]
mod tests;

use bytes::Bytes;
pub use ottla_protocol_derive::{Message, Wire};

use self::schema::{MessageSchema, TypeSchema, VersionRange};
pub use self::{
    decoder::Decoder,
    encoder::Encoder,
    error::{DecodeError, DecodeErrorKind, EncodeError},
    primitive::{Records, Uuid, UuidError},
    str::Str,
};
use crate::api_key::ApiKey;

/// A value that can be written and read.
pub trait Wire: Sized {
    /// Its type as data.
    const TYPE: TypeSchema;
    /// Kafka's entity type, such as `topicName`.
    const ENTITY: Option<&'static str> = None;

    /// Writes it.
    ///
    /// # Errors
    /// If the encoder's version cannot express it.
    fn encode(&self, e: &mut Encoder) -> Result<(), EncodeError>;

    /// Reads it.
    ///
    /// # Errors
    /// If the bytes are not such a value.
    fn decode(d: &mut Decoder) -> Result<Self, DecodeError>;

    /// The fewest bytes that one can take.
    fn min_size(version: i16, flexible: bool) -> usize;

    /// Writes it where it may be null. Structs have a byte in front: -1 for null, 1 for a value.
    #[doc(hidden)]
    fn encode_nullable(value: Option<&Self>, e: &mut Encoder) -> Result<(), EncodeError> {
        match value {
            None => (-1i8).encode(e),
            Some(value) => {
                1i8.encode(e)?;
                value.encode(e)
            }
        }
    }

    /// Reads it where it may be null.
    #[doc(hidden)]
    fn decode_nullable(d: &mut Decoder) -> Result<Option<Self>, DecodeError> {
        if i8::decode(d)? < 0 { Ok(None) } else { Self::decode(d).map(Some) }
    }

    /// The fewest bytes where it may be null.
    #[doc(hidden)]
    fn nullable_min_size(_flexible: bool) -> usize {
        1
    }
}

/// A struct that stands by itself: a request, a response, a header, or data inside records.
pub trait Message: Wire + Default {
    /// Kafka's name for it.
    const NAME: &'static str;
    /// The versions there are.
    const VERSIONS: VersionRange;
    /// The versions that are flexible (KIP-482).
    const FLEXIBLE: VersionRange;
    /// Everything about it as data.
    const SCHEMA: MessageSchema;
}

/// A request and the response that answers it.
pub trait Request: Message {
    /// The API.
    const KEY: ApiKey;
    /// What answers it, in the same version.
    type Response: Response;
}

/// A response.
pub trait Response: Message {
    /// The API.
    const KEY: ApiKey;
}

/// Appends a message to an encoder that may hold a header already.
///
/// # Errors
/// If the message has no such version or the version cannot express its fields.
pub fn encode_onto<M: Message>(e: &mut Encoder, message: &M, version: i16) -> Result<(), EncodeError> {
    e.begin(M::NAME, M::VERSIONS, M::FLEXIBLE, version)?;
    message.encode(e)
}

/// A message's bytes.
///
/// # Errors
/// As [`encode_onto`].
pub fn encode<M: Message>(message: &M, version: i16) -> Result<Bytes, EncodeError> {
    let mut e = Encoder::new(version, false);
    encode_onto(&mut e, message, version)?;
    Ok(e.into_bytes())
}

/// Reads a message where the decoder stands, and leaves what follows it.
///
/// # Errors
/// If the message has no such version or the bytes are not one.
pub fn decode_from<M: Message>(d: &mut Decoder, version: i16) -> Result<M, DecodeError> {
    d.begin(M::VERSIONS, M::FLEXIBLE, version)?;
    M::decode(d)
}

/// Reads a message that is all of `bytes`.
///
/// # Errors
/// As [`decode_from`], and if bytes are left over.
pub fn decode<M: Message>(bytes: Bytes, version: i16) -> Result<M, DecodeError> {
    let mut d = Decoder::new(bytes, version, false);
    let message = decode_from(&mut d, version)?;
    d.finish()?;
    Ok(message)
}

/// What the code that the derive macros emit calls.
#[doc(hidden)]
pub mod derived {
    use super::{DecodeError, DecodeErrorKind, Decoder, EncodeError, Encoder, TypeSchema, Wire};

    /// A value from the literal of a `default` attribute.
    pub trait FromLiteral<L> {
        fn from_literal(literal: L) -> Self;
    }

    pub fn encode_inflexible<T: Wire>(value: &T, e: &mut Encoder) -> Result<(), EncodeError> {
        e.inflexible(|e| value.encode(e))
    }

    pub fn decode_inflexible<T: Wire>(d: &mut Decoder) -> Result<T, DecodeError> {
        d.inflexible(T::decode)
    }

    pub fn encode_nullable_inflexible<T: Wire>(value: Option<&T>, e: &mut Encoder) -> Result<(), EncodeError> {
        e.inflexible(|e| T::encode_nullable(value, e))
    }

    pub fn decode_nullable_inflexible<T: Wire>(d: &mut Decoder) -> Result<Option<T>, DecodeError> {
        d.inflexible(T::decode_nullable)
    }

    /// In a tagged field the byte in front of a struct that may be null is 0 for null, not -1.
    pub fn encode_nullable_tagged<T: Wire>(value: Option<&T>, e: &mut Encoder) -> Result<(), EncodeError> {
        match (T::TYPE, value) {
            (TypeSchema::Struct(_), None) => {
                e.put_uvarint(0);
                Ok(())
            }
            _ => T::encode_nullable(value, e),
        }
    }

    pub fn decode_nullable_tagged<T: Wire>(d: &mut Decoder) -> Result<Option<T>, DecodeError> {
        match T::TYPE {
            TypeSchema::Struct(_) => match d.take_uvarint()? {
                0 => Ok(None),
                _ => T::decode(d).map(Some),
            },
            _ => T::decode_nullable(d),
        }
    }

    #[cold]
    pub fn not_in_version(e: &Encoder, message: &'static str, field: &'static str) -> EncodeError {
        EncodeError::FieldNotInVersion { message, field, version: e.version() }
    }

    #[cold]
    pub fn null(e: &Encoder, message: &'static str, field: &'static str) -> EncodeError {
        EncodeError::NullNotAllowed { message, field, version: e.version() }
    }

    #[cold]
    pub(crate) fn null_read(d: &Decoder) -> DecodeError {
        d.error(DecodeErrorKind::NullNotAllowed)
    }
}
