//! Zstandard (RFC 8878): in pure Rust, or through libzstd with the feature `zstd-c`.

#[cfg(feature = "zstd-c")]
mod native;
#[cfg(not(feature = "zstd-c"))]
mod pure;

#[cfg(feature = "zstd-c")]
pub(super) use native::{Decoder, Encoder};
#[cfg(not(feature = "zstd-c"))]
pub(super) use pure::{Decoder, Encoder};

/// The largest window that can be allowed: what level 22 asks for.
const WINDOW_LOG_MAX: u32 = 27;
