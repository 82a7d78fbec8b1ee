//! Reads messages.

use bytes::Bytes;

use super::{DecodeError, DecodeErrorKind, Str, Wire, schema::VersionRange};

/// Memory that the arrays of any message may take, in bytes: 64 KiB with the message itself, or the error.
const BASE_BUDGET: usize = 63 * 1024;
/// Memory that they may take beyond that, per byte of input.
const BUDGET_PER_BYTE: usize = 16;
/// Memory for the first elements of an array, in bytes, before any of them has been read.
const FIRST_ROOM: usize = 4 * 1024;

/// Reads one message in one version.
///
/// # Memory
///
/// Strings and bytes are slices of the input; only arrays allocate, and never on the word of a count alone. The count is
/// held against the bytes that are left, the first elements get 4 KiB of room, and the others as much as the bytes that
/// are left would take if they were like those that have been read. So
///
/// - a decode takes at most 64 KiB and 16 times the input, whatever the input is; what would take more fails with
///   [`DecodeErrorKind::OverBudget`];
/// - a count that lies takes at most 64 KiB and 4 times the input, in a message whose strings are as long as names are;
///   unless what is behind it happens to be readable as many more elements, which are honest then;
/// - an honest message takes what its elements take: 24 bytes for each array in them and 32 for each string besides the
///   numbers, fields that the version lacks included. That is less than 4 times the input if strings are as long as
///   names are, and nothing is refused if they have three letters. A version 1 MetadataRequest for topics of one letter
///   takes 16 times its bytes; for topics without a name it is refused from a few thousand on.
#[derive(Debug)]
pub struct Decoder {
    version: i16,
    flexible: bool,
    input: Bytes,
    position: usize,
    end: usize,
    budget: usize,
}

impl Decoder {
    /// A decoder for one version of a message.
    pub fn new(input: Bytes, version: i16, flexible: bool) -> Self {
        let end = input.len();
        let budget = BASE_BUDGET.saturating_add(end.saturating_mul(BUDGET_PER_BYTE));
        Self { version, flexible, input, position: 0, end, budget }
    }

    /// The version being read.
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
        versions: VersionRange,
        flexible: VersionRange,
        version: i16,
    ) -> Result<(), DecodeError> {
        if !versions.contains(version) {
            return Err(self.error(DecodeErrorKind::UnsupportedVersion(version)));
        }
        self.set_version(version, flexible.contains(version));
        Ok(())
    }

    /// Bytes that are left.
    pub fn remaining(&self) -> usize {
        self.end - self.position
    }

    /// Byte offset from the start of the input.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Fails unless everything was read.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            n => Err(self.error(DecodeErrorKind::TrailingBytes(n))),
        }
    }

    /// An error at the present position.
    #[cold]
    pub fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.position)
    }

    /// Runs `f` with the classic encoding whatever the version says.
    pub(crate) fn inflexible<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        let flexible = std::mem::replace(&mut self.flexible, false);
        let result = f(self);
        self.flexible = flexible;
        result
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self
            .input
            .get(self.position..self.end)
            .and_then(|left| left.first_chunk::<N>())
            .copied()
            .ok_or_else(|| self.truncated(N))?;
        self.position += N;
        Ok(bytes)
    }

    fn truncated(&self, needed: usize) -> DecodeError {
        self.error(DecodeErrorKind::Truncated { needed, available: self.remaining() })
    }

    /// The next `len` bytes, shared with the input.
    pub fn take_bytes(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        if len > self.remaining() {
            return Err(self.truncated(len));
        }
        let bytes = self.input.slice(self.position..self.position + len);
        self.position += len;
        Ok(bytes)
    }

    /// An unsigned varint of at most 5 bytes and 32 bits.
    ///
    /// It may have zeros to spare, such as `80 00` for 0, because Kafka reads those. Kafka also reads a fifth byte with
    /// more than four bits and drops what does not fit; that is an error here, for nobody means it.
    pub fn take_uvarint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let [byte] = self.take()?;
            let bits = u32::from(byte & 0x7f);
            if shift == 28 && bits > 0x0f {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeErrorKind::BadVarint))
    }

    /// The length of a string, bytes or array. `None` is null.
    fn length(&self, length: i64) -> Result<Option<usize>, DecodeError> {
        match length {
            -1 => Ok(None),
            n => usize::try_from(n).map(Some).map_err(|_| self.error(DecodeErrorKind::BadLength(n))),
        }
    }

    #[cold]
    fn too_long(&self, length: usize) -> DecodeError {
        self.error(DecodeErrorKind::BadLength(i64::try_from(length).unwrap_or(i64::MAX)))
    }

    fn take_compact_length(&mut self) -> Result<Option<usize>, DecodeError> {
        let length = i64::from(self.take_uvarint()?) - 1;
        self.length(length)
    }

    /// A length of two bytes, or a compact one.
    fn take_short_length(&mut self) -> Result<Option<usize>, DecodeError> {
        if self.flexible {
            return self.take_compact_length();
        }
        let length = i16::from_be_bytes(self.take()?).into();
        self.length(length)
    }

    /// A length of four bytes, or a compact one.
    fn take_long_length(&mut self) -> Result<Option<usize>, DecodeError> {
        if self.flexible {
            return self.take_compact_length();
        }
        let length = i32::from_be_bytes(self.take()?).into();
        self.length(length)
    }

    /// A string, or `None` if it is null. As in Kafka, compact lengths may not exceed what two bytes can say either.
    pub fn take_str(&mut self) -> Result<Option<Str>, DecodeError> {
        let Some(len) = self.take_short_length()? else { return Ok(None) };
        if len > i16::MAX as usize {
            return Err(self.too_long(len));
        }
        let at = self.position;
        let bytes = self.take_bytes(len)?;
        Str::from_utf8(bytes).map(Some).map_err(|_| DecodeError::new(DecodeErrorKind::BadUtf8, at))
    }

    /// A byte string, or `None` if it is null.
    pub fn take_byte_string(&mut self) -> Result<Option<Bytes>, DecodeError> {
        let Some(len) = self.take_long_length()? else { return Ok(None) };
        self.take_bytes(len).map(Some)
    }

    /// An array, or `None` if it is null.
    pub fn take_array<T: Wire>(&mut self) -> Result<Option<Vec<T>>, DecodeError> {
        let min_size = T::min_size(self.version, self.flexible);
        let Some(count) = self.take_count(min_size, size_of::<T>())? else { return Ok(None) };
        let start = self.position;
        let mut elements = Vec::new();
        while elements.len() < count {
            let read = elements.len();
            let room = self.room(read, count, start, size_of::<T>())?;
            elements.reserve_exact(room);
            // Where the elements were before.
            self.release(read * size_of::<T>());
            for _ in 0..room {
                elements.push(T::decode(self)?);
            }
        }
        Ok(Some(elements))
    }

    /// The count of an array whose elements take at least `min_size` bytes on the wire and `size` in memory.
    fn take_count(&mut self, min_size: usize, size: usize) -> Result<Option<usize>, DecodeError> {
        let Some(count) = self.take_long_length()? else { return Ok(None) };
        if count.saturating_mul(min_size.max(1)) > self.remaining() {
            return Err(self.too_long(count));
        }
        if count.saturating_mul(size) > self.budget {
            return Err(self.error(DecodeErrorKind::OverBudget));
        }
        Ok(Some(count))
    }

    /// For how many more elements to make room in an array that begins at `start` and of which `read` elements have been
    /// read. Charges for the array as it will be, because for a moment it is there twice.
    fn room(&mut self, read: usize, count: usize, start: usize, size: usize) -> Result<usize, DecodeError> {
        let room = if read == 0 {
            FIRST_ROOM / size.max(1)
        } else {
            // The count is plausible but not proved.
            let bytes_read = (self.position - start).max(1) as u64;
            let as_dense = read as u64 * self.remaining() as u64 / bytes_read;
            // The elements so far may have been larger than those to come.
            usize::try_from(as_dense).unwrap_or(usize::MAX).max(read / 2)
        };
        let room = room.clamp(1, count - read);
        self.charge((read + room).saturating_mul(size))?;
        Ok(room)
    }

    fn charge(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.budget = self.budget.checked_sub(bytes).ok_or_else(|| self.error(DecodeErrorKind::OverBudget))?;
        Ok(())
    }

    fn release(&mut self, bytes: usize) {
        self.budget += bytes;
    }

    /// The tagged fields at the end of a struct. `known` reads the field with the given tag and says whether it is
    /// one; others are skipped.
    ///
    /// Takes a trait object because few structs have tags, and fewer messages carry any.
    pub fn take_tagged(
        &mut self,
        known: &mut dyn FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let count = self.take_uvarint()?;
        let mut last = None;
        for _ in 0..count {
            let tag = self.take_uvarint()?;
            if last.is_some_and(|last| tag <= last) {
                return Err(self.error(DecodeErrorKind::BadTag(tag)));
            }
            last = Some(tag);
            self.take_tagged_field(tag, known)?;
        }
        Ok(())
    }

    /// Skips the tagged fields at the end of a struct that knows none.
    pub fn skip_tagged(&mut self) -> Result<(), DecodeError> {
        if self.flexible { self.take_tagged(&mut |_, _| Ok(false)) } else { Ok(()) }
    }

    fn take_tagged_field(
        &mut self,
        tag: u32,
        known: &mut dyn FnMut(u32, &mut Self) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let size = self.take_uvarint()? as usize;
        if size > self.remaining() {
            return Err(self.truncated(size));
        }
        let outer_end = std::mem::replace(&mut self.end, self.position + size);
        if !known(tag, self)? {
            self.position = self.end;
        }
        if self.position != self.end {
            return Err(self.error(DecodeErrorKind::BadTag(tag)));
        }
        self.end = outer_end;
        Ok(())
    }
}
