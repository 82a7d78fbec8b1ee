//! What can be wrong with a batch, and with the records in it.

use crate::compression::DecompressError;

/// Why bytes are not a record batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The bytes end before the batch does.
    #[error("a batch needs {needed} bytes but only {available} are left")]
    Truncated {
        /// Bytes that the batch needs.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// Bytes follow where exactly one batch was expected.
    #[error("{0} bytes follow the batch")]
    TrailingBytes(usize),
    /// A format other than the one asked for.
    #[error("record batch format {0} is not supported here")]
    UnsupportedMagic(i8),
    /// The length field cannot be right.
    #[error("batch length {0} is out of range")]
    BadLength(i32),
    /// The attributes name a codec that does not exist (5 to 7).
    #[error("compression codec {0} does not exist")]
    UnknownCompression(u8),
    /// The record count is negative, or larger than the batch has room for.
    #[error("a batch of {size} bytes cannot hold {count} records")]
    BadRecordCount {
        /// What the header says.
        count: i32,
        /// Size of the batch in bytes.
        size: usize,
    },
    /// The offset of the last record lies before that of the first.
    #[error("last offset delta {0} is negative")]
    BadLastOffsetDelta(i32),
    /// The checksum in the batch is not that of its bytes: treat as `CORRUPT_MESSAGE`.
    #[error("the batch's checksum is {stored:#010x}, its bytes have {computed:#010x}")]
    BadCrc {
        /// The checksum in the header.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
}

/// Why the records of a batch cannot be read. Nothing after the place can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The bytes end within a record.
    #[error("the bytes end within a record")]
    Truncated,
    /// A varint has too many bytes or bits.
    #[error("a variable-length integer is out of range")]
    VarintOverflow,
    /// A length or count is negative, or larger than the bytes that are left.
    #[error("{field} {value} is out of range, {available} bytes are left")]
    BadLength {
        /// Which length or count.
        field: &'static str,
        /// What it is.
        value: i64,
        /// Bytes left for it.
        available: usize,
    },
    /// Bytes are left over after the last field of a record, or after the last record of a batch.
    #[error("{0} bytes follow the last {1}")]
    TrailingBytes(usize, &'static str),
    /// The batch says that it holds more records than its bytes have room for.
    #[error("{size} bytes cannot hold {count} records")]
    BadRecordCount {
        /// What the header says.
        count: i32,
        /// Size of the records in bytes, decompressed.
        size: usize,
    },
    /// A legacy message's checksum does not match.
    #[error("the message's checksum is {stored:#010x}, its bytes have {computed:#010x}")]
    BadCrc {
        /// The checksum in the message.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// A message within a compressed message is of another format, or compressed again.
    #[error("a compressed message holds one that it may not hold")]
    BadNesting,
    /// The records cannot be decompressed.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
}
