//! Settings that choose among behaviours.

use ottla_protocol::record::Compression;

/// What happens to old segments. With neither, everything is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Keep the latest record of each key.
    pub compact: bool,
    /// Drop segments by age or size.
    pub delete: bool,
}

/// The codec of stored batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompressionType {
    /// What the producer chose.
    #[default]
    Producer,
    /// This one, whatever the producer chose.
    Codec(Compression),
}

impl CompressionType {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "producer" => Self::Producer,
            "uncompressed" => Self::Codec(Compression::None),
            "gzip" => Self::Codec(Compression::Gzip),
            "snappy" => Self::Codec(Compression::Snappy),
            "lz4" => Self::Codec(Compression::Lz4),
            "zstd" => Self::Codec(Compression::Zstd),
            _ => return None,
        })
    }
}
