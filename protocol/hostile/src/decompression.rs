//! Compressed data of any codec.

use ottla_protocol::compression::{
    CompressionSettings, Compressor, DecompressError, DecompressLimits, Decompressor, level_range,
};
use ottla_protocol::record::Compression;

use crate::memory;

/// Most that an input may be decompressed to, in bytes.
pub const LIMIT: usize = 128 << 10;
/// What a decompressor may hold besides four times the limit: its tables, a block, and zstd's usual window.
pub(crate) const CONTEXT_BYTES: u64 = 3 << 20;

/// Decompresses `input`, and compresses some inputs and decompresses the result.
///
/// # Panics
/// If the output or the memory exceeds the limit, or another limit gives another result, or what was compressed is not
/// what comes back.
pub fn check(codec: Compression, input: &[u8]) {
    let (output, peak) = memory::peak(|| decompress(codec, input, LIMIT));
    assert!(peak <= 4 * LIMIT as u64 + CONTEXT_BYTES, "{peak} bytes with a limit of {LIMIT}");
    if let Ok(output) = output {
        assert!(output.len() <= LIMIT);
        // Nobody wants to read the output when it differs.
        assert!(decompress(codec, input, output.len()).as_ref() == Ok(&output), "a limit of just so much");
        if let Some(less) = output.len().checked_sub(1) {
            let too_large = Err(DecompressError::TooLarge { codec, limit: less });
            assert!(decompress(codec, input, less) == too_large, "a limit of a byte less");
        }
    }
    // A compressor is dear to make, so not for all.
    if input.len().is_multiple_of(4) {
        check_round_trip(codec, input);
    }
}

fn decompress(codec: Compression, input: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let mut decompressor = Decompressor::new(DecompressLimits::with_max_output(limit));
    decompressor.decompress(codec, input).map(Into::into)
}

/// With a decompressor that the input has been through before.
fn check_round_trip(codec: Compression, input: &[u8]) {
    let mut decompressor = Decompressor::new(DecompressLimits::with_max_output(LIMIT.max(input.len())));
    let _ = decompressor.decompress(codec, input);
    let compressed = compress(codec, input);
    let output = decompressor.decompress(codec, &compressed);
    assert!(output.as_deref() == Ok(input), "what was compressed comes back");
}

/// At a level that depends on the input's end, for all of them begin alike.
fn compress(codec: Compression, input: &[u8]) -> Vec<u8> {
    let settings = CompressionSettings::new(codec);
    let level = level_range(codec).map(|range| {
        let least = (*range.start()).max(-5);
        least + i32::from(input.last().copied().unwrap_or_default()) % (range.end() - least + 1)
    });
    let settings = level.map_or(settings, |level| settings.with_level(level).expect("it is in the range"));
    Compressor::new().compress(&settings, input).expect("anything can be compressed").to_vec()
}

/// What the codec makes of several texts, and other framings of it.
pub fn seeds(codec: Compression) -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = texts().iter().map(|text| compress(codec, text)).collect();
    let twice = [&seeds[1][..], &seeds[2]].concat();
    seeds.push(twice);
    seeds.extend(framings(codec).iter().map(|framing| framing.to_vec()));
    seeds
}

fn texts() -> Vec<Vec<u8>> {
    let counted = (0..400u32).flat_map(|n| format!("record {} of many; ", n * n % 997).into_bytes());
    let scattered = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 21) as u8);
    vec![Vec::new(), b"a".to_vec(), vec![7; 40_000], counted.collect(), scattered.collect()]
}

/// Framings that Kafka's other clients write and ours does not.
fn framings(codec: Compression) -> &'static [&'static [u8]] {
    match codec {
        Compression::None => &[],
        // A header with extra field, name, comment and its own checksum, around an empty stored block.
        Compression::Gzip => &[b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff\x02\0ab\
            name\0comment\0\0\0\x01\0\0\xff\xff\0\0\0\0\0\0\0\0"],
        // A bare block: five bytes as a literal, then a copy of them.
        Compression::Snappy => &[b"\x0a\x10abcde\x05\x05"],
        Compression::Lz4 => &[
            // The header checksum of message format 0; a block as it is.
            b"\x04\x22\x4d\x18\x60\x40\x1a\x03\0\0\x80abc\0\0\0\0",
            // A frame to be skipped, then an empty one.
            b"\x50\x2a\x4d\x18\x02\0\0\0xx\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0",
        ],
        Compression::Zstd => &[
            // A frame to be skipped, then one with a window and a block of a repeated byte.
            b"\x50\x2a\x4d\x18\x02\0\0\0xx\x28\xb5\x2f\xfd\0\x58\x53\0\0a",
            // A single segment of five bytes, as they are.
            b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0abcde",
        ],
    }
}
