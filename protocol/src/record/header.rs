//! The fixed 61-byte header of a version 2 record batch.

use bytes::{Buf, BufMut};

use super::BatchError;

/// Length in bytes of a v2 batch header, base offset included.
pub const HEADER_LEN: usize = 61;
/// Bytes before the part that `batch_length` counts: base offset and the length itself.
pub const LOG_OVERHEAD: usize = 12;
/// Where the part that the CRC covers begins (the attributes).
pub const CRC_START: usize = 21;

/// The codec of a batch's records, bits 0 to 2 of its attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Records follow the header as they are.
    #[default]
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Snappy in the xerial framing.
    Snappy,
    /// LZ4 frame.
    Lz4,
    /// Zstandard (KIP-110).
    Zstd,
}

impl Compression {
    /// The codec with this id, if it is one.
    pub fn from_id(id: u8) -> Option<Self> {
        Some(match id {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            _ => return None,
        })
    }

    /// The id on the wire.
    pub fn id(self) -> u8 {
        self as u8
    }

    /// Kafka's own name for it, as in `compression.type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// Who set a batch's timestamps, bit 3 of its attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The producer.
    #[default]
    CreateTime,
    /// The broker, on append.
    LogAppendTime,
}

/// The attributes of a v2 batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub i16);

impl Attributes {
    const TIMESTAMP_TYPE: i16 = 1 << 3;
    const TRANSACTIONAL: i16 = 1 << 4;
    const CONTROL: i16 = 1 << 5;
    const DELETE_HORIZON: i16 = 1 << 6;

    /// The codec, or `None` for an id that is not one (5 to 7).
    pub fn compression(self) -> Option<Compression> {
        Compression::from_id(self.codec_id())
    }

    /// The codec's id, whether or not there is such a codec.
    pub fn codec_id(self) -> u8 {
        let [_, low] = self.0.to_be_bytes();
        low & 0b111
    }

    /// Who set the timestamps.
    pub fn timestamp_type(self) -> TimestampType {
        if self.0 & Self::TIMESTAMP_TYPE == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Whether the batch belongs to a transaction.
    pub fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Whether the batch holds a control record (a transaction marker, a leader change).
    pub fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Whether `base_timestamp` holds a delete horizon (set by compaction) instead of a timestamp.
    pub fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    /// The same with another codec.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self((self.0 & !0b111) | i16::from(compression.id()))
    }

    /// The same with another timestamp type.
    #[must_use]
    pub fn with_timestamp_type(self, ty: TimestampType) -> Self {
        self.with(Self::TIMESTAMP_TYPE, ty == TimestampType::LogAppendTime)
    }

    /// The same, transactional or not.
    #[must_use]
    pub fn with_transactional(self, yes: bool) -> Self {
        self.with(Self::TRANSACTIONAL, yes)
    }

    /// The same, a control batch or not.
    #[must_use]
    pub fn with_control(self, yes: bool) -> Self {
        self.with(Self::CONTROL, yes)
    }

    /// The same, with the time in place of the base timestamp from which on tombstones may go, or without.
    #[must_use]
    pub fn with_delete_horizon(self, yes: bool) -> Self {
        self.with(Self::DELETE_HORIZON, yes)
    }

    fn with(self, bit: i16, yes: bool) -> Self {
        Self(if yes { self.0 | bit } else { self.0 & !bit })
    }
}

/// The decoded header of a v2 batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; 0 from a producer, absolute in a log.
    pub base_offset: i64,
    /// Bytes after this field: the whole batch is this plus [`LOG_OVERHEAD`].
    pub batch_length: i32,
    /// Set by the leader on append; not covered by the CRC.
    pub partition_leader_epoch: i32,
    /// Always 2 here.
    pub magic: i8,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, timestamp type and flags.
    pub attributes: Attributes,
    /// Offset of the last record minus the base offset; kept by compaction.
    pub last_offset_delta: i32,
    /// Milliseconds since the epoch that record timestamps are relative to.
    pub base_timestamp: i64,
    /// The largest record timestamp, in milliseconds, or -1.
    pub max_timestamp: i64,
    /// The idempotent producer's id, or -1.
    pub producer_id: i64,
    /// Its epoch, or -1.
    pub producer_epoch: i16,
    /// Sequence of the first record, or -1.
    pub base_sequence: i32,
    /// Records in the batch; 0 is legal in a compacted log.
    pub record_count: i32,
}

/// The CRC-32C of a batch's bytes from the attributes on.
pub(super) fn crc_of(batch: &[u8]) -> u32 {
    crc32c::crc32c(batch.get(CRC_START..).unwrap_or_default())
}

/// Computes a batch's checksum and writes it into its header.
pub(super) fn write_crc(batch: &mut [u8]) {
    let crc = crc_of(batch);
    put(batch, CRC_START - 4, &crc.to_be_bytes());
}

/// Writes a field over a batch's header, which the caller knows to be there.
pub(super) fn put(batch: &mut [u8], at: usize, bytes: &[u8]) {
    debug_assert!(batch.len() >= HEADER_LEN, "a batch without a header");
    if let Some(place) = batch.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

impl BatchHeader {
    /// Reads a header from the first [`HEADER_LEN`] bytes.
    ///
    /// # Errors
    /// [`BatchError::Truncated`] if there are fewer, [`BatchError::UnsupportedMagic`] for another format,
    /// [`BatchError::BadLength`] if the length cannot hold a header.
    pub fn read(bytes: &[u8]) -> Result<Self, BatchError> {
        if bytes.len() < HEADER_LEN {
            return Err(BatchError::Truncated { needed: HEADER_LEN, available: bytes.len() });
        }
        let mut b = bytes;
        let header = Self {
            base_offset: b.get_i64(),
            batch_length: b.get_i32(),
            partition_leader_epoch: b.get_i32(),
            magic: b.get_i8(),
            crc: b.get_u32(),
            attributes: Attributes(b.get_i16()),
            last_offset_delta: b.get_i32(),
            base_timestamp: b.get_i64(),
            max_timestamp: b.get_i64(),
            producer_id: b.get_i64(),
            producer_epoch: b.get_i16(),
            base_sequence: b.get_i32(),
            record_count: b.get_i32(),
        };
        if header.magic != 2 {
            return Err(BatchError::UnsupportedMagic(header.magic));
        }
        let has_header = |length: usize| length >= HEADER_LEN - LOG_OVERHEAD;
        if !usize::try_from(header.batch_length).is_ok_and(has_header) {
            return Err(BatchError::BadLength(header.batch_length));
        }
        Ok(header)
    }

    /// Writes the header as it stands; the CRC is not computed here.
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_i64(self.base_offset);
        out.put_i32(self.batch_length);
        out.put_i32(self.partition_leader_epoch);
        out.put_i8(self.magic);
        out.put_u32(self.crc);
        out.put_i16(self.attributes.0);
        out.put_i32(self.last_offset_delta);
        out.put_i64(self.base_timestamp);
        out.put_i64(self.max_timestamp);
        out.put_i64(self.producer_id);
        out.put_i16(self.producer_epoch);
        out.put_i32(self.base_sequence);
        out.put_i32(self.record_count);
    }

    /// Writes the header over the first [`HEADER_LEN`] bytes of a batch.
    pub(super) fn write_into(&self, batch: &mut [u8]) {
        debug_assert!(batch.len() >= HEADER_LEN, "no room for the header");
        if let Some(mut place) = batch.get_mut(..HEADER_LEN) {
            self.write(&mut place);
        }
    }

    /// Size in bytes of the whole batch. Never less than [`HEADER_LEN`] for a header that was read.
    pub fn size(&self) -> usize {
        LOG_OVERHEAD + usize::try_from(self.batch_length).unwrap_or_default()
    }

    /// Offset of the last record (inclusive).
    pub fn last_offset(&self) -> i64 {
        self.base_offset.wrapping_add(i64::from(self.last_offset_delta))
    }

    /// Sequence of the last record, wrapping from `i32::MAX` to 0, or -1 without a producer id.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        self.base_sequence.wrapping_add(self.last_offset_delta) & i32::MAX
    }

    /// Whether an idempotent or transactional producer wrote it.
    pub fn has_producer_id(&self) -> bool {
        self.producer_id >= 0
    }
}
