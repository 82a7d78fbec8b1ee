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
            self.open.put_u8((value as u8) | 0x80);
            value >>= 7;
        }
        self.open.put_u8(value as u8);
    }

    /// The count in front of an array's elements; `None` for a null array.
    pub fn put_count(&mut self, count: Option<usize>) -> Result<(), EncodeError> {
        self.put_length(count, i32::MAX as usize, |e, n| e.open.put_i32(n))
    }

    /// A string and its length. Kafka refuses strings of more than 32,767 bytes in every version.
    pub fn put_str(&mut self, value: Option<&str>) -> Result<(), EncodeError> {
        self.put_length(value.map(str::len), i16::MAX as usize, |e, n| e.open.put_i16(n as i16))?;
        self.open.put_slice(value.unwrap_or("").as_bytes());
        Ok(())
    }

    /// Bytes and their length. Long ones are shared, not copied.
    pub fn put_bytes(&mut self, value: Option<&Bytes>) -> Result<(), EncodeError> {
        self.put_length(value.map(Bytes::len), i32::MAX as usize, |e, n| e.open.put_i32(n))?;
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

    fn put_length(
        &mut self,
        length: Option<usize>,
        max: usize,
        put_classic: impl FnOnce(&mut Self, i32),
    ) -> Result<(), EncodeError> {
        if let Some(length) = length.filter(|&length| length > max) {
            return Err(EncodeError::TooLong(length));
        }
        // Bounded by `max` above.
        match (self.flexible, length) {
            (true, None) => self.put_uvarint(0),
            (true, Some(n)) => self.put_uvarint(n as u32 + 1),
            (false, None) => put_classic(self, -1),
            (false, Some(n)) => put_classic(self, n as i32),
        }
        Ok(())
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
