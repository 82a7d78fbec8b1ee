//! The codecs of record batches: gzip, Snappy, LZ4 and Zstandard.
//!
//! [`Compressor`] and [`Decompressor`] hold the codecs' contexts and buffers. Make one of each per task and lend it to
//! every batch: a context is dear next to a small batch.
//!
//! # Levels
//!
//! | codec | range | default | what a level does here |
//! |---|---|---|---|
//! | gzip | 1 to 9, or -1 | -1, which is 6 | as zlib |
//! | snappy | none | | |
//! | lz4 | 1 to 17 | 9 | accepted for Kafka's sake, always the fast compressor: there is no high-compression LZ4 in pure Rust |
//! | zstd | -131072 to 22 | 3 | in pure Rust ever more places are tried for a match, but there is no optimal parsing, so from about 9 on a level gains less than with libzstd; with the feature `zstd-c`, as libzstd |
//!
//! Whatever the level, every reader can read the result.
//!
//! # Limits
//!
//! What a compressed batch says about its own size is a claim by somebody else. Decompression writes at most
//! [`DecompressLimits::max_output_bytes`], grows its buffer as bytes arrive, and stops with
//! [`DecompressError::TooLarge`]. A Zstandard frame is also refused if it asks for a window above
//! [`DecompressLimits::zstd_window_log_max`].

mod gzip;
mod lz4;
mod output;
mod snappy;
mod zstd;

use std::fmt;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};

use self::output::Output;
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

    /// The same at another level; the module's documentation says which there are.
    ///
    /// # Errors
    /// [`LevelError`] if the codec has no such level.
    pub fn with_level(self, level: i32) -> Result<Self, LevelError> {
        match level_range(self.compression) {
            Some(range) if range.contains(&level) => Ok(Self { level: Some(level), ..self }),
            // Kafka's own name for gzip's default.
            _ if self.compression == Compression::Gzip && level == -1 => Ok(Self { level: None, ..self }),
            range => Err(LevelError { compression: self.compression, level, range }),
        }
    }

    /// The codec.
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// The level, the codec's default if none was set. 0 for a codec without levels.
    pub const fn level(&self) -> i32 {
        match (self.level, self.compression) {
            (Some(level), _) => level,
            (None, Compression::Gzip) => 6,
            (None, Compression::Lz4) => 9,
            (None, Compression::Zstd) => 3,
            (None, Compression::None | Compression::Snappy) => 0,
        }
    }
}

impl From<Compression> for CompressionSettings {
    fn from(compression: Compression) -> Self {
        Self::new(compression)
    }
}

/// The levels of a codec, `None` if it has none.
pub const fn level_range(compression: Compression) -> Option<RangeInclusive<i32>> {
    match compression {
        Compression::None | Compression::Snappy => None,
        Compression::Gzip => Some(1..=9),
        Compression::Lz4 => Some(1..=17),
        Compression::Zstd => Some(-131_072..=22),
    }
}

/// A codec does not have this level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelError {
    /// The codec.
    pub compression: Compression,
    /// The level that was asked for.
    pub level: i32,
    /// The levels it has.
    pub range: Option<RangeInclusive<i32>>,
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, level) = (self.compression.name(), self.level);
        match &self.range {
            Some(range) => write!(f, "{name} has levels {} to {}, not {level}", range.start(), range.end()),
            None => write!(f, "{name} has no compression levels"),
        }
    }
}

impl std::error::Error for LevelError {}

/// Why bytes cannot be compressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{codec} compression failed: {reason}", codec = .codec.name())]
pub struct CompressError {
    /// The codec.
    pub codec: Compression,
    /// What it says.
    pub reason: String,
}

/// Why bytes cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// The result would exceed the limit that the caller set: raise it, or refuse the batch.
    #[error("the {codec} data is larger than the limit of {limit} bytes when decompressed", codec = .codec.name())]
    TooLarge {
        /// The codec.
        codec: Compression,
        /// The limit in bytes.
        limit: usize,
    },
    /// A Zstandard frame asks for more memory than the caller allows.
    #[error("the zstd data needs a window of {window} bytes, {limit} are allowed")]
    WindowTooLarge {
        /// What it asks for, in bytes.
        window: u64,
        /// What is allowed, in bytes.
        limit: u64,
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

impl DecompressError {
    fn corrupt(codec: Compression, reason: impl fmt::Display) -> Self {
        Self::Corrupt { codec, reason: reason.to_string() }
    }
}

/// Compresses, and keeps contexts and buffers from one batch to the next.
#[derive(Debug, Default)]
pub struct Compressor {
    gzip: gzip::Encoder,
    snappy: snappy::Encoder,
    lz4: lz4::Encoder,
    zstd: zstd::Encoder,
    out: Vec<u8>,
}

impl Compressor {
    /// Without contexts: each codec's is made when it is first used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses `input`; the result is in a buffer that the next call uses again.
    ///
    /// # Errors
    /// [`CompressError`] if the codec fails.
    pub fn compress(&mut self, settings: &CompressionSettings, input: &[u8]) -> Result<&[u8], CompressError> {
        self.out.clear();
        let out = &mut self.out;
        match settings.compression {
            Compression::None => out.extend_from_slice(input),
            Compression::Gzip => self.gzip.encode(settings.level(), input, out)?,
            Compression::Snappy => self.snappy.encode(input, out)?,
            Compression::Lz4 => self.lz4.encode(input, out)?,
            Compression::Zstd => self.zstd.encode(settings.level(), input, out)?,
        }
        Ok(out)
    }
}

/// What decompression may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecompressLimits {
    /// Most bytes that one batch may take when decompressed.
    pub max_output_bytes: usize,
    /// Base-2 logarithm of the largest window that a Zstandard frame may ask for, at most 27. The default of 23
    /// (8 MiB) covers what levels up to 19 ask for at any size; levels 20 to 22 need 25 to 27.
    pub zstd_window_log_max: u32,
    /// Whether LZ4 frames whose blocks depend on those before are corrupt. Java's clients cannot read such frames, so a
    /// broker does not take them.
    pub lz4_independent_blocks_only: bool,
}

impl DecompressLimits {
    /// Only the output is limited otherwise than by default.
    pub fn with_max_output(max_output_bytes: usize) -> Self {
        Self { max_output_bytes, ..Self::default() }
    }
}

impl Default for DecompressLimits {
    /// 100 MiB of output, Kafka's limit on a request, windows of up to 8 MiB, and LZ4 blocks of both kinds.
    fn default() -> Self {
        Self { max_output_bytes: 100 << 20, zstd_window_log_max: 23, lz4_independent_blocks_only: false }
    }
}

/// Decompresses, and keeps contexts and buffers from one batch to the next.
///
/// The output shares one buffer with earlier output as long as there is room, and uses it again once nobody holds any
/// of that.
#[derive(Debug, Default)]
pub struct Decompressor {
    limits: DecompressLimits,
    gzip: gzip::Decoder,
    snappy: snappy::Decoder,
    zstd: zstd::Decoder,
    out: BytesMut,
}

impl Decompressor {
    /// Without contexts: each codec's is made when it is first used.
    pub fn new(limits: DecompressLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// What decompression may use.
    pub fn limits(&self) -> &DecompressLimits {
        &self.limits
    }

    /// Changes what decompression may use.
    pub fn set_limits(&mut self, limits: DecompressLimits) {
        self.limits = limits;
    }

    /// Decompresses `input`.
    ///
    /// # Errors
    /// [`DecompressError`] if the input is bad, or the output exceeds a limit.
    pub fn decompress(&mut self, codec: Compression, input: &[u8]) -> Result<Bytes, DecompressError> {
        let mut out = Output::new(&mut self.out, codec, self.limits.max_output_bytes, input.len());
        let result = match codec {
            Compression::None => out.write(input),
            Compression::Gzip => self.gzip.decode(input, &mut out),
            Compression::Snappy => self.snappy.decode(input, &mut out),
            Compression::Lz4 => lz4::decode(input, self.limits.lz4_independent_blocks_only, &mut out),
            Compression::Zstd => self.zstd.decode(input, self.limits.zstd_window_log_max, &mut out),
        };
        let whole = self.out.split().freeze();
        result.map(|()| whole)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const CODECS: [Compression; 4] = [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

    fn compress(codec: Compression, input: &[u8]) -> Vec<u8> {
        Compressor::new().compress(&codec.into(), input).unwrap().to_vec()
    }

    fn decompress(codec: Compression, input: &[u8]) -> Result<Bytes, DecompressError> {
        Decompressor::default().decompress(codec, input)
    }

    /// Bytes that compress somewhat: runs of random length over a small alphabet.
    fn runs() -> impl Strategy<Value = Vec<u8>> {
        vec((0..20u8, 1..400usize), 0..600).prop_map(|runs| {
            runs.into_iter().flat_map(|(byte, len)| std::iter::repeat_n(byte.wrapping_mul(37), len % 97 + 1)).collect()
        })
    }

    fn text(len: usize) -> Vec<u8> {
        (0..).flat_map(|n: usize| format!("record {} of {len}; ", n * n % 9973).into_bytes()).take(len).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_compressed_is_decompressed(random in vec(any::<u8>(), 0..3000), runs in runs()) {
            let mut compressor = Compressor::new();
            let mut decompressor = Decompressor::default();
            for codec in CODECS {
                for input in [&random, &runs] {
                    let compressed = compressor.compress(&codec.into(), input).unwrap();
                    let output = decompressor.decompress(codec, compressed).unwrap();
                    prop_assert_eq!(&output[..], &input[..], "{}", codec.name());
                }
            }
        }

        #[test]
        fn damaged_input_is_an_error_or_other_output_but_never_more_than_the_limit(
            runs in runs(), at in any::<prop::sample::Index>(), bits in 1..=255u8, cut in any::<prop::sample::Index>()
        ) {
            let limits = DecompressLimits::with_max_output(200_000);
            for codec in CODECS {
                let mut damaged = compress(codec, &runs);
                let position = at.index(damaged.len());
                damaged[position] ^= bits;
                for input in [&damaged[..], &damaged[..cut.index(damaged.len())]] {
                    if let Ok(output) = Decompressor::new(limits).decompress(codec, input) {
                        prop_assert!(output.len() <= 200_000);
                    }
                }
            }
        }

        #[test]
        fn garbage_is_never_a_panic(garbage in vec(any::<u8>(), 0..200)) {
            for codec in CODECS {
                let _ = Decompressor::new(DecompressLimits::with_max_output(100_000)).decompress(codec, &garbage);
            }
        }
    }

    #[test]
    fn every_size_around_a_codecs_block_round_trips() {
        for codec in CODECS {
            for len in [0, 1, 32 << 10, (32 << 10) + 1, (64 << 10) - 1, 64 << 10, 128 << 10, (128 << 10) + 1, 3 << 20] {
                let input = text(len);
                let compressed = compress(codec, &input);
                assert_eq!(decompress(codec, &compressed).unwrap(), input, "{} {len}", codec.name());
                assert!(len < 1 << 20 || compressed.len() < len / 2, "{} {len}: {}", codec.name(), compressed.len());
            }
        }
    }

    #[test]
    fn content_larger_than_a_zstd_window_round_trips() {
        let input = text(64 << 10).repeat(140);
        let compressed = compress(Compression::Zstd, &input);
        assert!(compressed.len() < 64 << 10);
        assert!(decompress(Compression::Zstd, &compressed).unwrap() == input);
    }

    #[test]
    fn output_at_the_limit_is_fine_and_one_byte_more_is_not() {
        for codec in CODECS {
            let input = text(100_000);
            let compressed = compress(codec, &input);
            let with_limit =
                |limit| Decompressor::new(DecompressLimits::with_max_output(limit)).decompress(codec, &compressed);
            assert_eq!(with_limit(100_000).unwrap(), input, "{}", codec.name());
            assert_eq!(with_limit(99_999), Err(DecompressError::TooLarge { codec, limit: 99_999 }));
        }
    }

    #[test]
    fn input_that_is_cut_short_is_corrupt() {
        for codec in CODECS {
            let compressed = compress(codec, &text(5000));
            for len in 0..compressed.len() {
                match decompress(codec, &compressed[..len]) {
                    Err(DecompressError::Corrupt { .. }) => {}
                    // The framing has no end mark: cut between chunks it is a shorter stream.
                    Ok(output) if codec == Compression::Snappy => assert!(output.is_empty()),
                    other => panic!("{} cut at {len}: {other:?}", codec.name()),
                }
            }
        }
    }

    #[test]
    fn output_is_kept_by_whoever_holds_it_while_the_buffer_goes_on() {
        let mut decompressor = Decompressor::default();
        let inputs: Vec<_> = (1..50).map(|n| text(n * 997)).collect();
        let outputs: Vec<_> = (0..)
            .zip(&inputs)
            .map(|(n, input)| {
                let codec = CODECS[n % 4];
                decompressor.decompress(codec, &compress(codec, input)).unwrap()
            })
            .collect();
        assert_eq!(outputs, inputs);
    }

    #[test]
    fn an_error_leaves_the_decompressor_usable() {
        let mut decompressor = Decompressor::default();
        for codec in CODECS {
            let good = compress(codec, &text(70_000));
            assert!(decompressor.decompress(codec, &good[..good.len() / 2]).is_err());
            assert_eq!(decompressor.decompress(codec, &good).unwrap(), text(70_000));
        }
    }

    #[test]
    fn levels_outside_a_codecs_range_are_refused() {
        let settings = |codec: Compression, level| CompressionSettings::new(codec).with_level(level);
        assert_eq!(settings(Compression::Gzip, 9).unwrap().level(), 9);
        assert_eq!(settings(Compression::Gzip, -1).unwrap().level(), 6);
        assert_eq!(settings(Compression::Gzip, 10).unwrap_err().to_string(), "gzip has levels 1 to 9, not 10");
        assert_eq!(settings(Compression::Lz4, 0).unwrap_err().to_string(), "lz4 has levels 1 to 17, not 0");
        assert!(settings(Compression::Zstd, -131_072).is_ok());
        assert!(settings(Compression::Zstd, 23).is_err());
        assert_eq!(settings(Compression::Snappy, 1).unwrap_err().to_string(), "snappy has no compression levels");
    }

    #[test]
    fn every_level_round_trips_and_gzip_minds_it() {
        let input = text(200_000);
        let mut compressor = Compressor::new();
        let mut sizes = Vec::new();
        for codec in [Compression::Gzip, Compression::Lz4, Compression::Zstd] {
            for level in level_range(codec).unwrap().rev().take(22) {
                let settings = CompressionSettings::new(codec).with_level(level).unwrap();
                let compressed = compressor.compress(&settings, &input).unwrap();
                if codec == Compression::Gzip {
                    sizes.push(compressed.len());
                }
                assert_eq!(decompress(codec, compressed).unwrap(), input, "{} {level}", codec.name());
            }
        }
        assert!(sizes.first() < sizes.last(), "{sizes:?}");
    }
}
