//! Why a message cannot be encoded or decoded.

use std::fmt;

/// Why a value cannot be written in a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The message does not exist in this version; negotiate one that it has.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version that was asked for.
        version: i16,
    },
    /// The field is set but the version lacks it, and leaving it out would change the meaning. Leave it at its
    /// default or use a newer version.
    #[error("{message}.{field} is set but version {version} does not have it")]
    FieldNotInVersion {
        /// The struct.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version.
        version: i16,
    },
    /// The field is null in a version where it may not be.
    #[error("{message}.{field} is null but version {version} does not allow that")]
    NullNotAllowed {
        /// The struct.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The version.
        version: i16,
    },
    /// A string or an array is longer than its length field can say.
    #[error("a value of length {0} does not fit its length field")]
    TooLong(usize),
}

/// Why bytes are not the message they should be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(Box<Place>);

/// Boxed, so that the result of reading a field fits into registers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    kind: DecodeErrorKind,
    position: usize,
    field: Option<(&'static str, &'static str)>,
}

/// The kinds of [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end before the value does.
    Truncated {
        /// Bytes that the value needs.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// A length or count that is negative where that means nothing, or more than the bytes that follow could hold.
    BadLength(i64),
    /// Null where the version does not allow it.
    NullNotAllowed,
    /// A string that is not UTF-8.
    BadUtf8,
    /// A varint of more bytes than its type allows.
    BadVarint,
    /// Tags that repeat or do not ascend, or a tagged field whose size is not the one announced.
    BadTag(u32),
    /// The message would take far more memory than its bytes justify.
    OverBudget,
    /// Bytes are left after the message.
    TrailingBytes(usize),
    /// The message does not exist in this version.
    UnsupportedVersion(i16),
}

impl DecodeError {
    pub(crate) fn new(kind: DecodeErrorKind, position: usize) -> Self {
        Self(Box::new(Place { kind, position, field: None }))
    }

    /// What is wrong.
    pub fn kind(&self) -> DecodeErrorKind {
        self.0.kind
    }

    /// Where, as a byte offset from the start of the input.
    pub fn position(&self) -> usize {
        self.0.position
    }

    /// The innermost struct and field that were being read.
    pub fn field(&self) -> Option<(&'static str, &'static str)> {
        self.0.field
    }

    /// Notes the field that was being read, unless a field inside it is noted already.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    pub fn within(mut self, message: &'static str, field: &'static str) -> Self {
        self.0.field.get_or_insert((message, field));
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            DecodeErrorKind::Truncated { needed, available } => {
                write!(f, "{needed} bytes are needed but {available} are left")?;
            }
            DecodeErrorKind::BadLength(length) => write!(f, "length {length} is out of range")?,
            DecodeErrorKind::NullNotAllowed => f.write_str("null is not allowed here")?,
            DecodeErrorKind::BadUtf8 => f.write_str("a string is not UTF-8")?,
            DecodeErrorKind::BadVarint => f.write_str("a varint is too long")?,
            DecodeErrorKind::BadTag(tag) => {
                write!(f, "tagged field {tag} is repeated, out of order or of a wrong size")?
            }
            DecodeErrorKind::OverBudget => f.write_str("the message would take too much memory")?,
            DecodeErrorKind::TrailingBytes(n) => write!(f, "{n} bytes are left after the message")?,
            DecodeErrorKind::UnsupportedVersion(v) => write!(f, "version {v} is not supported")?,
        }
        if let Some((message, field)) = self.0.field {
            write!(f, " in {message}.{field}")?;
        }
        write!(f, " at byte {}", self.0.position)
    }
}

impl std::error::Error for DecodeError {}
