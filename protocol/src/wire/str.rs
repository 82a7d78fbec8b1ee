//! Strings as slices of the frame they came in.

use std::{borrow::Borrow, fmt, ops::Deref};

use bytes::Bytes;
use bytestring::ByteString;

/// An immutable UTF-8 string that shares its bytes: cloning it copies nothing.
///
/// A decoded `Str` keeps the whole frame that it came in alive. State that outlives the request keeps
/// [`detach`](Self::detach)ed copies.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(ByteString);

impl Str {
    /// A string that borrows a literal.
    pub const fn from_static(s: &'static str) -> Self {
        Self(ByteString::from_static(s))
    }

    /// A string of bytes that must be UTF-8, without copying them.
    ///
    /// # Errors
    /// If they are not.
    pub fn from_utf8(bytes: Bytes) -> Result<Self, std::str::Utf8Error> {
        ByteString::try_from(bytes).map(Self)
    }

    /// A copy that keeps nothing else alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self::from(&**self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes, shared.
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }
}

impl Deref for Str {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self
    }
}

// `ByteString` hashes and compares as `str` does, which is what `Borrow` asks for.
impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for Str {
    fn from(s: &str) -> Self {
        Self(ByteString::from(s))
    }
}

impl From<String> for Str {
    fn from(s: String) -> Self {
        Self(ByteString::from(s))
    }
}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}
