//! Record batches.
//!
//! A producer writes them with [`RecordBatchBuilder`]; a consumer or broker reads them with [`RecordBatches`] or
//! [`RecordBatch`], and [`Records`] decodes one record at a time. What a batch needs besides its bytes, the codecs'
//! contexts and buffers, is in [`Compressor`](crate::compression::Compressor) and
//! [`Decompressor`](crate::compression::Decompressor), which the caller keeps and lends.
//!
//! ```
//! use ottla_protocol::compression::{Compressor, Decompressor};
//! use ottla_protocol::record::{BatchSettings, RecordBatch, RecordBatchBuilder};
//!
//! let mut builder = RecordBatchBuilder::new(BatchSettings::default());
//! builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), [("trace", Some(&b"1"[..]))])?;
//! let bytes = builder.seal(&mut Compressor::default())?;
//!
//! let batch = RecordBatch::parse(bytes)?;
//! batch.verify_crc()?;
//! for record in &batch.records(&mut Decompressor::default())? {
//!     assert_eq!(record?.key, Some(&b"key"[..]));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod batches;
mod builder;
pub mod control;
mod error;
mod header;
mod legacy;
pub mod rebuild;
mod records;
pub mod stamp;
pub mod validate;
mod varint;

pub use batch::RecordBatch;
pub use batches::{Batch, RecordBatches};
pub use builder::{AppendError, BatchSettings, ProducerStamp, RecordBatchBuilder};
pub use error::{BatchError, RecordError};
pub use header::{Attributes, BatchHeader, CRC_START, Compression, HEADER_LEN, LOG_OVERHEAD, TimestampType};
pub use legacy::LegacyBatch;
pub use records::{HeaderRef, Headers, Record, RecordCursor, RecordHeaders, RecordIter, RecordRef, Records};
