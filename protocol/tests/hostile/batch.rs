//! Batch headers and records that cannot be right, one rule a test.

use bytes::Bytes;
use ottla_protocol::compression::{Compressor, Decompressor};
use ottla_protocol::record::validate::{InvalidBatch, validate};
use ottla_protocol::record::{
    Batch, BatchError, BatchSettings, Compression, LegacyBatch, RecordBatch, RecordBatchBuilder, RecordBatches,
    RecordError, stamp,
};

/// Where the fields of a batch are.
const BATCH_LENGTH: usize = 8;
const MAGIC: usize = 16;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const RECORD_COUNT: usize = 57;
const RECORDS: usize = 61;

/// A batch of two records of nine bytes each: length, attributes, timestamp, offset, key length, value length, two bytes
/// of value, header count.
fn batch() -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    for value in [b"ab", b"cd"] {
        builder.append(1000, None, Some(value), []).unwrap();
    }
    builder.seal(&mut Compressor::default()).unwrap().to_vec()
}

fn with(at: usize, bytes: &[u8]) -> Bytes {
    let mut batch = batch();
    batch[at..at + bytes.len()].copy_from_slice(bytes);
    batch.into()
}

fn error(at: usize, bytes: &[u8]) -> BatchError {
    RecordBatch::parse(with(at, bytes)).unwrap_err()
}

/// What is wrong with the records, whichever way they are read.
fn record_error(at: usize, bytes: &[u8]) -> RecordError {
    let batch = RecordBatch::parse(with(at, bytes)).unwrap();
    let records = batch.records(&mut Decompressor::default()).unwrap();
    let found = records.iter().find_map(Result::err).expect("a bad record");
    assert_eq!(records.into_iter().find_map(Result::err), Some(found.clone()));
    // A broker reads them in another way.
    let mut sound = batch.into_bytes().to_vec();
    stamp::set_producer(&mut sound, Default::default()).unwrap();
    let validated = validate(&RecordBatch::parse(sound.into()).unwrap(), 0..=i64::MAX, &mut Decompressor::default());
    assert_eq!(validated, Err(InvalidBatch::Record(found.clone())));
    found
}

#[test]
fn a_batch_length_below_the_header_or_negative_is_refused() {
    for length in [48, 0, -1, i32::MIN] {
        assert_eq!(error(BATCH_LENGTH, &length.to_be_bytes()), BatchError::BadLength(length));
    }
}

#[test]
fn a_batch_length_beyond_the_bytes_is_truncated_and_costs_nothing() {
    let needed = 12 + i32::MAX as usize;
    let truncated = BatchError::Truncated { needed, available: batch().len() };
    assert_eq!(error(BATCH_LENGTH, &i32::MAX.to_be_bytes()), truncated);
    let mut batches = RecordBatches::new(with(BATCH_LENGTH, &i32::MAX.to_be_bytes()));
    assert!(batches.next().is_none());
    assert_eq!(batches.truncated(), Some(needed));
}

#[test]
fn a_record_count_that_is_negative_or_beyond_the_bytes_is_refused() {
    // Records of seven bytes are the smallest.
    for count in [-1, i32::MIN, 3, i32::MAX] {
        assert_eq!(error(RECORD_COUNT, &count.to_be_bytes()), BatchError::BadRecordCount { count, size: RECORDS + 18 });
    }
}

#[test]
fn a_record_count_beyond_the_decompressed_bytes_is_refused() {
    for codec in (1..5).filter_map(Compression::from_id) {
        let mut builder =
            RecordBatchBuilder::new(BatchSettings { compression: codec.into(), ..BatchSettings::default() });
        builder.append(1000, None, Some(b"ab"), []).unwrap();
        let mut batch = builder.seal(&mut Compressor::default()).unwrap().to_vec();
        batch[RECORD_COUNT..RECORDS].copy_from_slice(&i32::MAX.to_be_bytes());
        let records = RecordBatch::parse(batch.into()).unwrap().records(&mut Decompressor::default());
        assert_eq!(records.unwrap_err(), RecordError::BadRecordCount { count: i32::MAX, size: 9 }, "{}", codec.name());
    }
}

#[test]
fn a_record_count_below_the_records_leaves_bytes_over() {
    assert_eq!(fewer_error(), RecordError::TrailingBytes(9, "record of a batch"));
}

fn fewer_error() -> RecordError {
    let batch = RecordBatch::parse(with(RECORD_COUNT, &1i32.to_be_bytes())).unwrap();
    batch.records(&mut Decompressor::default()).unwrap().iter().find_map(Result::err).unwrap()
}

#[test]
fn a_last_offset_delta_that_is_negative_is_refused() {
    assert_eq!(error(LAST_OFFSET_DELTA, &(-1i32).to_be_bytes()), BatchError::BadLastOffsetDelta(-1));
}

#[test]
fn a_last_offset_delta_that_is_not_the_record_count_less_one_is_for_compacted_logs_only() {
    for delta in [0, 2, i32::MAX] {
        let mut batch = with(LAST_OFFSET_DELTA, &delta.to_be_bytes()).to_vec();
        stamp::set_producer(&mut batch, Default::default()).unwrap();
        let batch = RecordBatch::parse(batch.into()).unwrap();
        assert_eq!(batch.records(&mut Decompressor::default()).unwrap().iter().filter(Result::is_ok).count(), 2);
        let offsets = i64::from(delta) + 1;
        let mismatch = InvalidBatch::CountMismatch { record_count: 2, offsets };
        assert_eq!(validate(&batch, 0..=i64::MAX, &mut Decompressor::default()), Err(mismatch));
    }
}

#[test]
fn a_format_of_3_or_more_or_below_0_is_refused() {
    for magic in [3, 4, 127, -1, -128i8] {
        assert_eq!(error(MAGIC, &magic.to_be_bytes()), BatchError::UnsupportedMagic(magic));
        let mut batches = RecordBatches::new(with(MAGIC, &magic.to_be_bytes()));
        assert_eq!(batches.next(), Some(Err(BatchError::UnsupportedMagic(magic))));
        assert_eq!(batches.next(), None);
    }
}

#[test]
fn a_format_of_0_or_1_is_read_as_a_message_and_not_as_a_batch() {
    for magic in [0, 1i8] {
        assert_eq!(error(MAGIC, &magic.to_be_bytes()), BatchError::UnsupportedMagic(magic));
        let batch = Batch::take(&mut with(MAGIC, &magic.to_be_bytes())).unwrap();
        assert!(matches!(&batch, Batch::Legacy(legacy) if legacy.magic() == magic));
        // The checksum is another one, of other bytes.
        assert!(matches!(batch.verify_crc(), Err(BatchError::BadCrc { .. })));
    }
    assert_eq!(LegacyBatch::take(&mut batch().into()), Err(BatchError::UnsupportedMagic(2)));
}

#[test]
fn a_codec_of_5_to_7_is_refused() {
    for codec in 5..8u8 {
        assert_eq!(error(ATTRIBUTES + 1, &[codec]), BatchError::UnknownCompression(codec));
    }
}

#[test]
fn a_message_of_an_old_format_has_no_zstd_either() {
    for codec in 4..8u8 {
        let mut message = with(MAGIC, &[1, codec]);
        assert_eq!(LegacyBatch::take(&mut message), Err(BatchError::UnknownCompression(codec)));
    }
}

#[test]
fn a_checksum_that_is_wrong_is_noticed_when_asked_for() {
    let damaged = RecordBatch::parse(with(RECORDS + 6, b"x")).unwrap();
    assert!(matches!(damaged.verify_crc(), Err(BatchError::BadCrc { .. })));
    let invalid = validate(&damaged, 0..=i64::MAX, &mut Decompressor::default());
    assert!(matches!(invalid, Err(InvalidBatch::Batch(BatchError::BadCrc { .. }))));
}

#[test]
fn a_record_length_past_the_end_or_negative_is_an_error() {
    let bad = |value, available| RecordError::BadLength { field: "record length", value, available };
    assert_eq!(record_error(RECORDS, &[100]), bad(50, 17));
    assert_eq!(record_error(RECORDS, &[1]), bad(-1, 17));
}

#[test]
fn a_varint_of_too_many_bytes_or_past_the_end_of_the_record_is_an_error() {
    assert_eq!(record_error(RECORDS, &[0xff, 0xff, 0xff, 0xff, 0xff]), RecordError::VarintOverflow);
    // The timestamp delta goes on to the end of the record.
    assert_eq!(record_error(RECORDS + 2, &[0x80; 7]), RecordError::Truncated);
}

#[test]
fn a_varint_with_zeros_to_spare_is_read_as_kafka_reads_it() {
    // Length 8, attributes, timestamp delta, and the offset delta 0 in two bytes instead of one; the value is shorter.
    let batch = RecordBatch::parse(with(RECORDS, &[16, 0, 0, 0x80, 0, 1, 2, b'a', 0])).unwrap();
    let records = batch.records(&mut Decompressor::default()).unwrap();
    let first = records.iter().next().unwrap().unwrap();
    assert_eq!((first.offset, first.value), (0, Some(&b"a"[..])));
}

#[test]
fn a_key_or_value_length_below_minus_1_or_past_the_end_is_an_error() {
    let bad = |field, value, available| RecordError::BadLength { field, value, available };
    assert_eq!(record_error(RECORDS + 4, &[3]), bad("key length", -2, 4));
    assert_eq!(record_error(RECORDS + 4, &[10]), bad("key length", 5, 4));
    assert_eq!(record_error(RECORDS + 5, &[3]), bad("value length", -2, 3));
    assert_eq!(record_error(RECORDS + 5, &[8]), bad("value length", 4, 3));
}

#[test]
fn a_header_count_that_is_negative_or_beyond_the_record_is_an_error() {
    let bad = |value| RecordError::BadLength { field: "header count", value, available: 0 };
    assert_eq!(record_error(RECORDS + 8, &[1]), bad(-1));
    assert_eq!(record_error(RECORDS + 8, &[2]), bad(1));
}
