//! Record batches.

mod header;

pub use header::{Attributes, BatchHeader, CRC_START, Compression, HEADER_LEN, LOG_OVERHEAD, TimestampType};

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
    /// A format other than the one asked for.
    #[error("record batch format {0} is not supported here")]
    UnsupportedMagic(i8),
    /// The length field cannot be right.
    #[error("batch length {0} is out of range")]
    BadLength(i32),
}
