//! Zstandard (RFC 8878): in pure Rust, or through libzstd with the feature `zstd-c`.

#[cfg(not(feature = "zstd-c"))]
mod bits;
#[cfg(not(feature = "zstd-c"))]
mod decoder;
#[cfg(not(feature = "zstd-c"))]
mod encoder;
#[cfg(not(feature = "zstd-c"))]
mod fse;
#[cfg(not(feature = "zstd-c"))]
mod huffman;
#[cfg(not(feature = "zstd-c"))]
mod matcher;
#[cfg(feature = "zstd-c")]
mod native;
#[cfg(not(feature = "zstd-c"))]
mod sequences;

#[cfg(not(feature = "zstd-c"))]
pub(super) use decoder::Decoder;
#[cfg(not(feature = "zstd-c"))]
pub(super) use encoder::Encoder;
#[cfg(feature = "zstd-c")]
pub(super) use native::{Decoder, Encoder};

/// The largest window that can be allowed: what level 22 asks for.
const WINDOW_LOG_MAX: u32 = 27;
