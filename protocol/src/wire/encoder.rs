//! Writes messages.

use bytes::{BufMut, Bytes, BytesMut};

use super::{EncodeError, schema::VersionRange};

/// Byte strings of at least this many bytes are handed on as they are instead of being copied into the frame.
const SHARE_FROM: usize = 4096;

/// Writes one message in one version.
///
/// Large byte strings (record batches) are not copied: the result is a list of chunks that together are the frame,
/// ready for a vectored write.
#[derive(Debug)]
pub struct Encoder {
    version: i16,
    flexible: bool,
    open: BytesMut,
    closed: Vec<Bytes>,
    closed_len: usize,
    /// Inside a tagged field the bytes must stay in one chunk, for its size is put in front afterwards.
    tagged_depth: u32,
}

impl Encoder {
    /// An encoder for one version of a message.
    pub fn new(version: i16, flexible: bool) -> Self {
        Self::with_buffer(BytesMut::with_capacity(256), version, flexible)
    }

    /// The same, appending to a buffer, which may hold bytes already.
    pub fn with_buffer(open: BytesMut, version: i16, flexible: bool) -> Self {
        Self { version, flexible, open, closed: Vec::new(), closed_len: 0, tagged_depth: 0 }
    }

    /// The version being written.
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Whether lengths are compact and structs end with tagged fields (KIP-482).
    pub fn is_flexible(&self) -> bool {
        self.flexible
    }

    /// Goes on with another version, as after a header.
    pub fn set_version(&mut self, version: i16, flexible: bool) {
        self.version = version;
        self.flexible = flexible;
    }

    /// Sets the version for a message that has `versions`.
    pub(super) fn begin(
        &mut self,
        message: &'static str,
        versions: VersionRange,
        flexible: VersionRange,
        version: i16,
    ) -> Result<(), EncodeError> {
        if !versions.contains(version) {
            return Err(EncodeError::UnsupportedVersion { message, version });
        }
        self.set_version(version, flexible.contains(version));
        Ok(())
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.closed_len + self.open.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The chunks that together are what was written.
    pub fn into_chunks(mut self) -> Vec<Bytes> {
        if !self.open.is_empty() || self.closed.is_empty() {
            self.closed.push(self.open.freeze());
        }
        self.closed
    }

    /// What was written in one piece; copies if there is more than one chunk.
    pub fn into_bytes(self) -> Bytes {
        let len = self.len();
        let mut chunks = self.into_chunks();
        if chunks.len() == 1 {
            return chunks.remove(0);
        }
        let mut all = BytesMut::with_capacity(len);
        for chunk in chunks {
            all.extend_from_slice(&chunk);
        }
        all.freeze()
    }

    /// Runs `f` with the classic encoding whatever the version says.
    pub(crate) fn inflexible<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let flexible = std::mem::replace(&mut self.flexible, false);
        let result = f(self);
        self.flexible = flexible;
        result
    }

    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.open
    }

    /// An unsigned varint of at most 5 bytes.
    pub fn put_uvarint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.open.put_u8((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.open.put_u8((value & 0x7f) as u8);
    }

    /// The count in front of an array's elements; `None` for a null array.
    pub fn put_count(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        let count = length::<i32>(count)?;
        match self.flexible {
            true => self.put_compact_length(count),
            false => self.open.put_i32(count.unwrap_or(-1)),
        }
        Ok(())
    }

    /// A string and its length. Kafka refuses strings of more than 32,767 bytes in every version.
    pub fn put_str(&mut self, value: Option<&str>) -> Result<(), EncodeError> {
        let length = length::<i16>(value.map(str::len))?;
        match self.flexible {
            true => self.put_compact_length(length.map(i32::from)),
            false => self.open.put_i16(length.unwrap_or(-1)),
        }
        self.open.put_slice(value.unwrap_or("").as_bytes());
        Ok(())
    }

    /// Bytes and their length. Long ones are shared, not copied.
    pub fn put_bytes(&mut self, value: Option<&Bytes>) -> Result<(), EncodeError> {
        self.put_count(value.map(Bytes::len))?;
        match value {
            Some(bytes) if bytes.len() >= SHARE_FROM && self.tagged_depth == 0 => self.share(bytes),
            Some(bytes) => self.open.put_slice(bytes),
            None => {}
        }
        Ok(())
    }

    fn share(&mut self, bytes: &Bytes) {
        let before = self.open.split().freeze();
        self.closed_len += before.len() + bytes.len();
        self.closed.push(before);
        self.closed.push(bytes.clone());
    }

    /// A length plus one as a varint, 0 for null.
    fn put_compact_length(&mut self, length: Option<i32>) {
        self.put_uvarint(length.map_or(0, |length| length.cast_unsigned() + 1));
    }

    /// One tagged field: tag, size, and what `content` writes.
    pub fn put_tagged(
        &mut self,
        tag: u32,
        content: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.put_uvarint(tag);
        let start = self.open.len();
        self.tagged_depth += 1;
        let result = content(self);
        self.tagged_depth -= 1;
        result?;
        // The size has a length of its own that depends on it: write it behind the content, then turn the two round.
        let size = self.open.len() - start;
        self.put_uvarint(u32::try_from(size).map_err(|_| EncodeError::TooLong(size))?);
        let size_len = self.open.len() - start - size;
        if let Some(written) = self.open.get_mut(start..) {
            written.rotate_right(size_len);
        }
        Ok(())
    }
}

/// A length in the type that the classic encoding has for it.
fn length<N: TryFrom<usize>>(length: Option<usize>) -> Result<Option<N>, EncodeError> {
    length.map(|length| N::try_from(length).map_err(|_| EncodeError::TooLong(length))).transpose()
}
