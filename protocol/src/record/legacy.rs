//! Message formats 0 and 1, read only.
//!
//! A message set is a row of messages: offset, size, CRC-32, magic, attributes, from format 1 on a timestamp, key and
//! value. A compressed message, the wrapper, has a message set of the same format as its value. Format 0 numbers the
//! inner messages absolutely, format 1 from 0 on with the last one's absolute offset in the wrapper. Each message that
//! is not compressed counts as a batch of its own.

use bytes::{Buf, Bytes};

use super::{Attributes, BatchError, Compression, LOG_OVERHEAD, RecordError, RecordRef, Records, TimestampType};
use crate::compression::Decompressor;

/// Bytes of a format 0 message without key and value: checksum, magic, attributes and two lengths.
const MIN_LEN_V0: usize = 14;
/// The same of format 1, with a timestamp.
const MIN_LEN_V1: usize = 22;
/// Bytes of offset, size, checksum and magic: enough to tell the format.
const MAGIC_END: usize = 17;

/// One message of format 0 or 1, which may hold others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyBatch {
    bytes: Bytes,
    offset: i64,
    magic: i8,
    attributes: Attributes,
    compression: Compression,
    timestamp: i64,
}

impl LegacyBatch {
    /// Takes a message from the front of `bytes`, which is unchanged on an error.
    ///
    /// # Errors
    /// [`BatchError`] if there is no message of format 0 or 1; [`BatchError::Truncated`] if the bytes end within it.
    pub fn take(bytes: &mut Bytes) -> Result<Self, BatchError> {
        let size = message_size(bytes)?;
        let available = bytes.len();
        let whole = bytes.get(..size).ok_or(BatchError::Truncated { needed: size, available })?;
        let mut body = whole.get(16..).unwrap_or_default();
        let magic = body.try_get_i8().unwrap_or(-1);
        if !(0..=1).contains(&magic) {
            return Err(BatchError::UnsupportedMagic(magic));
        }
        if size - LOG_OVERHEAD < min_len(magic) {
            return Err(BatchError::BadLength(i32::try_from(size - LOG_OVERHEAD).unwrap_or(i32::MAX)));
        }
        let attributes = Attributes(i16::from(body.try_get_u8().unwrap_or_default()));
        let codec = attributes.codec_id();
        let compression = match Compression::from_id(codec) {
            // Zstandard came after these formats.
            None | Some(Compression::Zstd) => return Err(BatchError::UnknownCompression(codec)),
            Some(compression) => compression,
        };
        let timestamp = if magic == 1 { body.try_get_i64().unwrap_or(-1) } else { -1 };
        let offset = whole.get(..8).map_or(0, |mut offset| offset.get_i64());
        Ok(Self { bytes: bytes.split_to(size), offset, magic, attributes, compression, timestamp })
    }

    /// 0 or 1.
    pub fn magic(&self) -> i8 {
        self.magic
    }

    /// The codec of the messages in it.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// The message with its offset and size.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Offset of the last message in it. That of the first is known only after decompression.
    pub fn last_offset(&self) -> i64 {
        self.offset
    }

    /// The largest timestamp in it in milliseconds, -1 in format 0.
    pub fn max_timestamp(&self) -> i64 {
        self.timestamp
    }

    /// Who set the timestamps.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.magic == 0 { TimestampType::CreateTime } else { self.attributes.timestamp_type() }
    }

    /// Compares the checksum of the outer message with its bytes. [`records`](Self::records) compares those within.
    ///
    /// # Errors
    /// [`BatchError::BadCrc`] if they differ.
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        let (stored, computed) = checksums(&self.bytes);
        if stored == computed { Ok(()) } else { Err(BatchError::BadCrc { stored, computed }) }
    }

    /// The messages in it, or itself if it is not compressed.
    ///
    /// # Errors
    /// [`RecordError`] if they cannot be decompressed, or are not messages of the same format.
    pub fn records(&self, decompressor: &mut Decompressor) -> Result<Records, RecordError> {
        let append_time = (self.timestamp_type() == TimestampType::LogAppendTime).then_some(self.timestamp);
        let context = LegacyContext { magic: self.magic, count: 1, offset_shift: 0, append_time };
        if self.compression == Compression::None {
            return Ok(Records::legacy(self.bytes.clone(), context));
        }
        let outer = Message::take(&mut &self.bytes[..])?;
        // A wrapper without a value has nothing to decompress, and no legal meaning.
        let inner = decompressor.decompress(self.compression, outer.value.ok_or(RecordError::BadNesting)?)?;
        let (count, last) = survey(&inner, self.magic)?;
        // The wrapper has the offset of the last message in it.
        let offset_shift = if self.magic == 1 { self.offset.wrapping_sub(last) } else { 0 };
        Ok(Records::legacy(inner, LegacyContext { count, offset_shift, ..context }))
    }
}

/// What the messages of one wrapper are relative to.
#[derive(Clone, Copy, Debug)]
pub(super) struct LegacyContext {
    pub(super) count: i32,
    magic: i8,
    offset_shift: i64,
    append_time: Option<i64>,
}

/// Takes a message from the front of `rest`.
pub(super) fn next_record<'a>(
    rest: &mut &'a [u8],
    encoded: &'a Bytes,
    context: LegacyContext,
) -> Result<RecordRef<'a>, RecordError> {
    let message = Message::take(rest)?;
    if message.magic != context.magic {
        return Err(RecordError::BadNesting);
    }
    let timestamp = context.append_time.unwrap_or(message.timestamp);
    let offset = message.offset.wrapping_add(context.offset_shift);
    Ok(RecordRef::without_headers(offset, timestamp, message.key, message.value, encoded))
}

/// Counts the messages of a set, checks that none is compressed again, and finds the offset of the last.
fn survey(mut set: &[u8], magic: i8) -> Result<(i32, i64), RecordError> {
    let mut count = 0;
    let mut last = 0;
    while !set.is_empty() {
        let message = Message::take(&mut set)?;
        if message.magic != magic || message.attributes.codec_id() != 0 {
            return Err(RecordError::BadNesting);
        }
        count += 1;
        last = message.offset;
    }
    Ok((count, last))
}

/// The fields of a message, its checksum verified.
struct Message<'a> {
    offset: i64,
    magic: i8,
    attributes: Attributes,
    timestamp: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
}

impl<'a> Message<'a> {
    fn take(input: &mut &'a [u8]) -> Result<Self, RecordError> {
        let size = message_size(input).map_err(|_| RecordError::Truncated)?;
        let (message, rest) = input.split_at_checked(size).ok_or(RecordError::Truncated)?;
        *input = rest;
        let (stored, computed) = checksums(message);
        if stored != computed {
            return Err(RecordError::BadCrc { stored, computed });
        }
        let mut fields = message;
        let offset = take_i64(&mut fields)?;
        // The size and the checksum.
        fields.advance(8);
        let magic = fields.try_get_i8().map_err(|_| RecordError::Truncated)?;
        let attributes = Attributes(i16::from(fields.try_get_u8().map_err(|_| RecordError::Truncated)?));
        let timestamp = if magic == 1 { take_i64(&mut fields)? } else { -1 };
        let key = take_nullable(&mut fields, "key length")?;
        let value = take_nullable(&mut fields, "value length")?;
        if !fields.is_empty() {
            return Err(RecordError::TrailingBytes(fields.len(), "field of a message"));
        }
        Ok(Self { offset, magic, attributes, timestamp, key, value })
    }
}

/// Size in bytes of the message at the front of `bytes`, which has at least its magic.
fn message_size(bytes: &[u8]) -> Result<usize, BatchError> {
    let truncated = BatchError::Truncated { needed: MAGIC_END, available: bytes.len() };
    let len = bytes.get(8..MAGIC_END).ok_or(truncated)?.get_i32();
    match usize::try_from(len) {
        Ok(size) if size >= MIN_LEN_V0 => Ok(LOG_OVERHEAD + size),
        _ => Err(BatchError::BadLength(len)),
    }
}

fn min_len(magic: i8) -> usize {
    if magic == 0 { MIN_LEN_V0 } else { MIN_LEN_V1 }
}

/// The CRC-32 that a message has, and the one that its bytes have.
fn checksums(message: &[u8]) -> (u32, u32) {
    let stored = message.get(12..16).map_or(0, |mut crc| crc.get_u32());
    let mut computed = flate2::Crc::new();
    computed.update(message.get(16..).unwrap_or_default());
    (stored, computed.sum())
}

fn take_i64(input: &mut &[u8]) -> Result<i64, RecordError> {
    input.try_get_i64().map_err(|_| RecordError::Truncated)
}

fn take_nullable<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Option<&'a [u8]>, RecordError> {
    match input.try_get_i32().map_err(|_| RecordError::Truncated)? {
        -1 => Ok(None),
        len => super::records::take_slice(input, len, field).map(Some),
    }
}
