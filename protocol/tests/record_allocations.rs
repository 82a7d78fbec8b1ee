//! What record batches allocate: nothing per record, and never much for what a stranger claims.

use allocation_counter::{AllocationInfo, measure};
use ottla_protocol::compression::{Compressor, DecompressError, DecompressLimits, Decompressor};
use ottla_protocol::record::{BatchSettings, Compression, RecordBatch, RecordBatchBuilder};

const MIB: usize = 1 << 20;

fn measured<T>(work: impl FnOnce() -> T) -> (AllocationInfo, T) {
    let mut result = None;
    let info = measure(|| result = Some(work()));
    (info, result.expect("measured work has run"))
}

#[test]
fn appending_allocates_nothing_once_the_buffer_is_there() {
    let mut builder = RecordBatchBuilder::with_capacity(BatchSettings::default(), MIB);
    let headers = [("trace", Some(&b"0123456789"[..])), ("none", None)];
    let (info, count) = measured(|| {
        let mut timestamp = 0;
        while builder.append_within(MIB, timestamp, Some(b"key"), Some(&[7; 100]), headers).unwrap().is_some() {
            timestamp += 1;
        }
        builder.record_count()
    });
    assert!(count > 7000);
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_batch_costs_a_handful_of_allocations_however_many_records_it_has() {
    let mut builder = RecordBatchBuilder::with_capacity(BatchSettings::default(), 64 << 10);
    let mut compressor = Compressor::default();
    let (info, _) = measured(|| {
        for _ in 0..100 {
            while builder.append_within(60 << 10, 0, None, Some(&[7; 100]), []).unwrap().is_some() {}
            builder.seal(&mut compressor).unwrap();
        }
    });
    assert!(info.count_total <= 300, "{} allocations for 100 batches", info.count_total);
}

#[test]
fn a_seal_makes_no_buffer_for_a_batch_that_may_never_come() {
    let mut builder = RecordBatchBuilder::with_capacity(BatchSettings::default(), 4 << 10);
    builder.append(0, None, Some(&[7; 100]), []).unwrap();
    let mut compressor = Compressor::default();
    let (info, _batch) = measured(|| builder.seal(&mut compressor).unwrap());
    // The counter of those who share the buffer.
    assert_eq!(info.count_total, 1);
}

#[test]
fn reading_allocates_nothing_per_record() {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    for timestamp in 0..1000 {
        builder.append(timestamp, Some(b"key"), Some(&[7; 100]), [("trace", None)]).unwrap();
    }
    let batch = RecordBatch::parse(builder.seal(&mut Compressor::default()).unwrap()).unwrap();
    let mut decompressor = Decompressor::default();
    // Sharing the batch's bytes for the first time allocates their counter.
    let _shared = batch.bytes().clone();
    let (info, bytes) = measured(|| {
        let records = batch.records(&mut decompressor).unwrap();
        records
            .iter()
            .map(|record| record.unwrap())
            .map(|r| r.value.unwrap().len() + r.headers().count())
            .sum::<usize>()
    });
    assert_eq!(bytes, 101_000);
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_compressed_batch_reuses_contexts_and_buffers() {
    let codecs = [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    let input = b"a value that compresses well, ".repeat(1000);
    for codec in codecs {
        let (mut compressor, mut decompressor) = (Compressor::new(), Decompressor::default());
        let compressed = compressor.compress(&codec.into(), &input).unwrap().to_vec();
        let mut round_trip = || {
            compressor.compress(&codec.into(), &input).unwrap();
            decompressor.decompress(codec, &compressed).unwrap().len()
        };
        round_trip();
        let (info, _) = measured(|| (0..10).map(|_| round_trip()).sum::<usize>());
        // The Zstandard encoder allocates its tables for each frame.
        let limit = if codec == Compression::Zstd { 2_000_000 } else { 100_000 };
        assert!(info.bytes_total / 10 < limit, "{}: {} bytes a batch", codec.name(), info.bytes_total / 10);
    }
}

/// Decompresses at most 1 MiB of what would be far more, and says what that took.
fn defuse(codec: Compression, bomb: &[u8]) -> (DecompressError, usize) {
    let (info, result) = measured(|| Decompressor::new(DecompressLimits::with_max_output(MIB)).decompress(codec, bomb));
    (result.expect_err("a bomb"), info.bytes_max as usize)
}

fn assert_stops_early(codec: Compression, bomb: &[u8]) {
    let (error, peak) = defuse(codec, bomb);
    assert_eq!(error, DecompressError::TooLarge { codec, limit: MIB });
    // The output, twice while it moves to a larger buffer, and the codec's own context.
    assert!(peak < 2 * MIB + (256 << 10), "{}: {peak} bytes", codec.name());
}

#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    let bomb = Compressor::new().compress(&Compression::Gzip.into(), &vec![0; 64 * MIB]).unwrap().to_vec();
    assert!(bomb.len() < 100_000);
    assert_stops_early(Compression::Gzip, &bomb);
}

#[test]
fn a_snappy_bomb_stops_at_the_limit_and_a_false_length_is_refused_at_once() {
    let bomb = Compressor::new().compress(&Compression::Snappy.into(), &vec![0; 64 * MIB]).unwrap().to_vec();
    assert_stops_early(Compression::Snappy, &bomb);

    // 1 KiB that claims to hold 1 GiB, bare and in a chunk.
    let claim = [&[0x80, 0x80, 0x80, 0x80, 0x04][..], &[0; 1019]].concat();
    let chunk = [&b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"[..], &1024u32.to_be_bytes(), &claim].concat();
    for bomb in [&claim, &chunk] {
        let (error, peak) = defuse(Compression::Snappy, bomb);
        assert!(matches!(error, DecompressError::Corrupt { .. }), "{error}");
        assert!(peak < 64 << 10, "{peak} bytes");
    }
    // A chunk that claims to be longer than all there is.
    let mut chunk = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\x7f\xff\xff\xff".to_vec();
    chunk.extend_from_slice(&[0; 1000]);
    let (error, peak) = defuse(Compression::Snappy, &chunk);
    assert!(matches!(error, DecompressError::Corrupt { .. }) && peak < 64 << 10, "{error}, {peak} bytes");
}

#[test]
fn an_lz4_bomb_stops_at_the_limit_whatever_its_content_size_says() {
    let bomb = Compressor::new().compress(&Compression::Lz4.into(), &vec![0; 64 * MIB]).unwrap().to_vec();
    assert_stops_early(Compression::Lz4, &bomb);

    // One literal, then matches of length 255 for ever: 1 KiB of block for 256 KiB, in blocks of 4 MiB.
    let mut block = vec![0x1f, b'a', 1, 0];
    block.extend_from_slice(&[255; 1000]);
    block.extend_from_slice(&[0, 0x50, b'1', b'2', b'3', b'4', b'5']);
    let blocks = [&(block.len() as u32).to_le_bytes()[..], &block].concat().repeat(4000);
    let descriptor = [&[0x68, 0x70][..], &(1u64 << 62).to_le_bytes()].concat();
    let checksum = (twox_hash::XxHash32::oneshot(0, &descriptor) >> 8) as u8;
    let bomb = [&0x184d_2204u32.to_le_bytes()[..], &descriptor, &[checksum], &blocks, &[0; 4]].concat();
    assert_stops_early(Compression::Lz4, &bomb);
}

/// A frame of RLE blocks of 128 KiB each.
fn zstd_bomb(header: &[u8], blocks: usize) -> Vec<u8> {
    let mut bomb = [&0xfd2f_b528u32.to_le_bytes()[..], header].concat();
    for index in 0..blocks {
        let last = u32::from(index + 1 == blocks);
        let block = last | 1 << 1 | (128 << 10) << 3;
        bomb.extend_from_slice(&block.to_le_bytes()[..3]);
        bomb.push(0);
    }
    bomb
}

#[test]
fn a_zstd_bomb_stops_at_the_limit_and_a_huge_window_is_refused_at_once() {
    // 1 GiB in 32 KiB, with a window of 128 KiB.
    assert_stops_early(Compression::Zstd, &zstd_bomb(&[0x00, 0x38], 8192));

    // The same with the largest window that is allowed, which is not filled when the output may not be as large.
    let (error, peak) = defuse(Compression::Zstd, &zstd_bomb(&[0x00, 0x68], 8192));
    assert_eq!(error, DecompressError::TooLarge { codec: Compression::Zstd, limit: MIB });
    assert!(peak < 4 * MIB, "{peak} bytes");

    // A window of 2 GiB, and a content size of 2 EiB that is to be the window.
    for header in [&[0x00, 0xa8][..], &[0xe0, 0, 0, 0, 0, 0, 0, 0, 0x20]] {
        let (error, peak) = defuse(Compression::Zstd, &zstd_bomb(header, 8));
        assert!(matches!(error, DecompressError::WindowTooLarge { .. } | DecompressError::Corrupt { .. }), "{error}");
        assert!(peak < 300 << 10, "{peak} bytes");
    }
}

#[test]
fn counts_and_lengths_that_cannot_be_right_allocate_nothing() {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    builder.append(0, Some(b"k"), Some(b"v"), [("h", None)]).unwrap();
    let good = builder.seal(&mut Compressor::default()).unwrap().to_vec();
    for (place, bytes) in [
        (57, &i32::MAX.to_be_bytes()[..]),
        (57, &(-1i32).to_be_bytes()),
        (8, &i32::MAX.to_be_bytes()),
        (8, &(-1i32).to_be_bytes()),
        (8, &48i32.to_be_bytes()),
        (23, &(-2i32).to_be_bytes()),
    ] {
        let mut bad = good.clone();
        bad[place..place + bytes.len()].copy_from_slice(bytes);
        let mut bad = bytes::Bytes::from(bad);
        let (info, result) = measured(|| RecordBatch::take(&mut bad));
        assert!(result.is_err(), "{place}");
        assert_eq!(info.count_total, 0, "{place}");
    }
}
