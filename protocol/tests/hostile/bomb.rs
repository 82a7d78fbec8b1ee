//! Small inputs that claim, or are, a lot.

use ottla_protocol::compression::{Compressor, DecompressError, DecompressLimits, Decompressor};
use ottla_protocol::record::Compression;
use ottla_protocol_hostile::memory::peak;

/// What may come out, in bytes.
const LIMIT: usize = 1 << 20;
/// What may be held meanwhile: the output twice while it moves, and a codec's window and tables.
const MOST_MEMORY: u64 = 2 * LIMIT as u64 + (3 << 20);

fn codecs() -> impl Iterator<Item = Compression> {
    (1..5).filter_map(Compression::from_id)
}

/// How decompression ends.
fn end_of(codec: Compression, input: &[u8]) -> Result<usize, DecompressError> {
    let mut decompressor = Decompressor::new(DecompressLimits::with_max_output(LIMIT));
    // Twice, because a context that is used again may make room in another way.
    let _ = decompressor.decompress(codec, input);
    let (result, bytes) = peak(|| decompressor.decompress(codec, input).map(|output| output.len()));
    assert!(bytes <= MOST_MEMORY, "{} took {bytes} bytes", codec.name());
    let (fresh, bytes) = peak(|| {
        let mut decompressor = Decompressor::new(DecompressLimits::with_max_output(LIMIT));
        decompressor.decompress(codec, input).map(|output| output.len())
    });
    assert!(bytes <= MOST_MEMORY, "{} took {bytes} bytes at first", codec.name());
    assert_eq!(fresh, result);
    result
}

#[test]
fn a_bomb_of_any_codec_goes_off_at_the_limit() {
    let zeros = vec![0; 64 << 20];
    for codec in codecs() {
        let bomb = Compressor::new().compress(&codec.into(), &zeros).unwrap().to_vec();
        assert_eq!(end_of(codec, &bomb), Err(DecompressError::TooLarge { codec, limit: LIMIT }));
    }
}

#[test]
fn a_bomb_of_many_frames_goes_off_as_well() {
    let zeros = vec![0; LIMIT / 4];
    for codec in codecs() {
        let frame = Compressor::new().compress(&codec.into(), &zeros).unwrap().to_vec();
        assert_eq!(end_of(codec, &frame.repeat(4)), Ok(LIMIT), "{}", codec.name());
        assert_eq!(end_of(codec, &frame.repeat(5)), Err(DecompressError::TooLarge { codec, limit: LIMIT }));
    }
}

#[test]
fn a_thousand_blocks_that_each_repeat_a_byte_are_a_bomb_too() {
    // Magic, a window of 128 KiB, and blocks of 128 KiB in four bytes each: 128 MiB in 4 KiB.
    let bomb = [&b"\x28\xb5\x2f\xfd\0\x38"[..], &b"\x02\0\x10\0".repeat(1024)].concat();
    let too_large = DecompressError::TooLarge { codec: Compression::Zstd, limit: LIMIT };
    assert_eq!(end_of(Compression::Zstd, &bomb), Err(too_large));
}

#[test]
fn a_size_that_is_claimed_costs_nothing() {
    let claims: [(Compression, &[u8]); 7] = [
        // A bare block of 4 GiB less one, and one of as much in a chunk.
        (Compression::Snappy, b"\xff\xff\xff\xff\x0f\0a"),
        (Compression::Snappy, b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\0\0\0\x07\xff\xff\xff\xff\x0f\0a"),
        // A chunk of 4 GiB less one.
        (Compression::Snappy, b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\xff\xff\xff\xff\x01\0a"),
        // A content size of 2^64 - 1 with blocks of 4 MiB, and a block of 2 GiB less one.
        (Compression::Lz4, b"\x04\x22\x4d\x18\x68\x70\xff\xff\xff\xff\xff\xff\xff\xff\x14\x02\0\0\0\x10a\0\0\0\0"),
        (Compression::Lz4, b"\x04\x22\x4d\x18\x60\x70\x73\xff\xff\xff\x7fa"),
        // A single segment of 8 MiB.
        (Compression::Zstd, b"\x28\xb5\x2f\xfd\xa0\0\0\x80\0\x09\0\0a"),
        // A window of 8 MiB around a byte.
        (Compression::Zstd, b"\x28\xb5\x2f\xfd\0\x68\x0b\0\0a"),
    ];
    for (codec, claim) in claims {
        let end = end_of(codec, claim);
        assert!(matches!(end, Err(DecompressError::Corrupt { .. }) | Ok(1)), "{}: {end:?}", codec.name());
    }
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused_by_its_header() {
    // 2^41 bytes, and a single segment of 2^64 - 1.
    for frame in
        [&b"\x28\xb5\x2f\xfd\0\xf8\x09\0\0a"[..], b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff\x09\0\0a"]
    {
        let end = end_of(Compression::Zstd, frame);
        assert!(matches!(end, Err(DecompressError::WindowTooLarge { limit, .. }) if limit == 8 << 20), "{end:?}");
    }
}
