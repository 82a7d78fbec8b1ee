//! The codecs of record batches.

use bytes::Bytes;

use crate::record::Compression;

/// A codec and how hard it tries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompressionSettings {
    compression: Compression,
    level: Option<i32>,
}

impl CompressionSettings {
    /// The codec at its default level.
    pub const fn new(compression: Compression) -> Self {
        Self { compression, level: None }
    }

    /// The codec.
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// The level, if it is not the default.
    pub const fn level(&self) -> Option<i32> {
        self.level
    }
}

impl From<Compression> for CompressionSettings {
    fn from(compression: Compression) -> Self {
        Self::new(compression)
    }
}

/// Why bytes cannot be compressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompressError {
    /// The codec failed.
    #[error("{codec} compression failed: {reason}", codec = .codec.name())]
    Codec {
        /// The codec.
        codec: Compression,
        /// What it says.
        reason: String,
    },
}

/// Why bytes cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// The result would exceed the limit that the caller set.
    #[error("the {codec} data is larger than the limit of {limit} bytes when decompressed", codec = .codec.name())]
    TooLarge {
        /// The codec.
        codec: Compression,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are not what the codec writes.
    #[error("corrupt {codec} data: {reason}", codec = .codec.name())]
    Corrupt {
        /// The codec.
        codec: Compression,
        /// What is wrong.
        reason: String,
    },
}

/// The codecs' contexts and buffers for compression, reused from batch to batch.
#[derive(Debug, Default)]
pub struct Compressor {}

impl Compressor {
    /// Compresses `input`; the result is valid until the next call.
    ///
    /// # Errors
    /// [`CompressError`] if the codec fails.
    pub fn compress(&mut self, settings: &CompressionSettings, _input: &[u8]) -> Result<&[u8], CompressError> {
        Err(CompressError::Codec { codec: settings.compression, reason: "not available yet".to_owned() })
    }
}

/// The codecs' contexts and buffers for decompression, reused from batch to batch.
#[derive(Debug, Default)]
pub struct Decompressor {}

impl Decompressor {
    /// Decompresses `input`.
    ///
    /// # Errors
    /// [`DecompressError`] if the input is bad, or the output larger than the limit.
    pub fn decompress(&mut self, codec: Compression, _input: &[u8]) -> Result<Bytes, DecompressError> {
        Err(DecompressError::Corrupt { codec, reason: "not available yet".to_owned() })
    }
}
