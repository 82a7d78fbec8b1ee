//! Hostile input for the codec, and what must hold for any bytes whatever.
//!
//! A [`Target`] is a part of the codec that reads what strangers send. Its [`check`](Target::check) takes any bytes and
//! panics if they make the codec break a promise; its [`seeds`](Target::seeds) are well-formed inputs, from which a
//! fuzzer or [`Random`] goes on. Three users share them: the fuzz targets in `fuzz/`, the seeded pass that
//! `cargo test` makes, and the replay of what fuzzing has found.

pub mod consumer_protocol;
pub mod decompression;
mod legacy;
pub mod memory;
pub mod message;
mod random;
pub mod record_batch;
pub mod sample;
pub mod state_record;

use ottla_protocol::record::Compression;

pub use self::random::Random;

/// A part of the codec that reads what strangers send.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What the fuzz target and the folder of its findings are called.
    pub name: &'static str,
    /// Reads `input` and panics if a promise is broken.
    pub check: fn(&[u8]),
    /// Well-formed inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 8] = [
    Target { name: "message", check: message::check, seeds: message::seeds },
    Target { name: "record_batch", check: record_batch::check, seeds: record_batch::seeds },
    Target {
        name: "decompress_gzip",
        check: |input| decompression::check(Compression::Gzip, input),
        seeds: || decompression::seeds(Compression::Gzip),
    },
    Target {
        name: "decompress_snappy",
        check: |input| decompression::check(Compression::Snappy, input),
        seeds: || decompression::seeds(Compression::Snappy),
    },
    Target {
        name: "decompress_lz4",
        check: |input| decompression::check(Compression::Lz4, input),
        seeds: || decompression::seeds(Compression::Lz4),
    },
    Target {
        name: "decompress_zstd",
        check: |input| decompression::check(Compression::Zstd, input),
        seeds: || decompression::seeds(Compression::Zstd),
    },
    Target { name: "consumer_protocol", check: consumer_protocol::check, seeds: consumer_protocol::seeds },
    Target { name: "state_record", check: state_record::check, seeds: state_record::seeds },
];

/// The target called `name`.
///
/// # Panics
/// If there is none.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("there is no target {name}"))
}
