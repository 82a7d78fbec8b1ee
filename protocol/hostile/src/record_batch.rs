//! Record batches and message sets, in any format and with any codec.

use bytes::Bytes;
use ottla_protocol::compression::{Compressor, DecompressLimits, Decompressor};
use ottla_protocol::record::control::{ControlRecord, ControlRecordType, EndTransactionMarker, control_batch};
use ottla_protocol::record::validate::{InvalidBatch, validate};
use ottla_protocol::record::{
    Batch, BatchSettings, Compression, ProducerStamp, Record, RecordBatch, RecordBatchBuilder, RecordBatches, Records,
    TimestampType, rebuild, stamp,
};

use crate::{decompression, legacy, memory};

/// Reads an input: a byte that says how to make batches of the rest, and the rest.
///
/// # Panics
/// If what is read is not the same each way of reading it, or is not what comes out when it is written again.
pub fn check(input: &[u8]) {
    let [how, rest @ ..] = input else { return };
    check_batches(make(*how, rest).into());
}

/// How an input's first byte says what to make of the rest.
const AS_IT_IS: u8 = 0;
const FIX_CHECKSUMS: u8 = 1;
const WRAP: u8 = 2;
const COMPRESS: u8 = 3;

/// Two bits for what to make and three for a codec; the next bit is the format of a wrapper.
fn make(how: u8, rest: &[u8]) -> Vec<u8> {
    let codec = Compression::from_id(how >> 2 & 7).unwrap_or_default();
    let mut rest = rest.to_vec();
    match how & 3 {
        AS_IT_IS => rest,
        FIX_CHECKSUMS => {
            legacy::fix_checksums(&mut rest);
            rest
        }
        WRAP => {
            legacy::fix_checksums(&mut rest);
            legacy::wrapper(how >> 5 & 1, codec, &rest)
        }
        _ => compressed(codec, &rest),
    }
}

/// The batch, if it is one, with its records compressed and its header true.
fn compressed(codec: Compression, batch: &[u8]) -> Vec<u8> {
    const CODEC_BITS: u8 = 7;
    let Some((header, records)) = batch.split_at_checked(ottla_protocol::record::HEADER_LEN) else {
        return batch.to_vec();
    };
    let mut compressor = Compressor::new();
    let records = compressor.compress(&codec.into(), records).expect("anything can be compressed");
    let mut batch = [header, records].concat();
    let len = batch.len() - ottla_protocol::record::LOG_OVERHEAD;
    batch[8..12].copy_from_slice(&(len as i32).to_be_bytes());
    batch[22] = batch[22] & !CODEC_BITS | codec.id();
    // Setting the producer that is there anyway computes the checksum.
    let producer = RecordBatch::parse(batch.clone().into()).map(|batch| ProducerStamp {
        producer_id: batch.header().producer_id,
        producer_epoch: batch.header().producer_epoch,
        base_sequence: batch.header().base_sequence,
    });
    if let Ok(producer) = producer {
        stamp::set_producer(&mut batch, producer).expect("it is a batch");
    }
    batch
}

fn check_batches(bytes: Bytes) {
    let mut batches = RecordBatches::new(bytes.clone());
    let mut taken = 0;
    for batch in batches.by_ref().map_while(Result::ok) {
        taken += batch.bytes().len();
        check_batch(&batch);
    }
    assert_eq!(taken + batches.rest().len(), bytes.len(), "every byte is in a batch or left over");
    assert!(batches.next().is_none(), "an end is an end");
}

fn decompressor() -> Decompressor {
    Decompressor::new(DecompressLimits::with_max_output(decompression::LIMIT))
}

fn check_batch(batch: &Batch) {
    let sound = batch.verify_crc().is_ok();
    let (records, peak) = memory::peak(|| batch.records(&mut decompressor()));
    assert!(peak <= 4 * decompression::LIMIT as u64 + decompression::CONTEXT_BYTES, "{peak} bytes to read a batch");
    let records = records.ok().and_then(|records| read(&records));
    if let Batch::V2(batch) = batch {
        check_v2(batch, sound, records.as_deref());
    }
    let Some(records) = records else { return };
    if batch.is_control() {
        records.iter().for_each(check_control_record);
    }
    check_round_trip(&records);
}

/// All records, if all are good. The ways of reading them must agree.
fn read(records: &Records) -> Option<Vec<Record>> {
    let mut owned = records.clone().into_iter();
    let mut all = Vec::new();
    for borrowed in records {
        let kept = owned.next().expect("one way of reading sees as many records as the other");
        let (borrowed, kept) = match (borrowed, kept) {
            (Ok(borrowed), Ok(kept)) => (borrowed, kept),
            (Err(borrowed), Err(kept)) => {
                assert_eq!(borrowed, kept);
                assert!(owned.next().is_none(), "an error is the end");
                return None;
            }
            (borrowed, kept) => panic!("{borrowed:?} and {kept:?} differ"),
        };
        assert_eq!(parts(&borrowed.to_record()), parts(&kept));
        assert!(borrowed.headers().count() <= borrowed.headers().len());
        all.push(kept);
    }
    assert!(owned.next().is_none());
    Some(all)
}

/// Key, value and headers; `None` for headers that are malformed.
type Parts<'r> = (i64, i64, Option<&'r [u8]>, Option<&'r [u8]>, Option<Vec<(&'r [u8], Option<&'r [u8]>)>>);

fn parts(record: &Record) -> Parts<'_> {
    let headers = record.headers.iter().map(|header| header.map(|header| (header.key, header.value)));
    let headers = headers.collect::<Result<_, _>>().ok();
    (record.offset, record.timestamp, record.key.as_deref(), record.value.as_deref(), headers)
}

/// What brokers and compaction do with a batch.
fn check_v2(batch: &RecordBatch, sound: bool, records: Option<&[Record]>) {
    let summary = validate(batch, i64::MIN..=i64::MAX, &mut decompressor());
    assert!(sound || summary.is_err(), "a bad checksum is invalid");
    if let (Ok(_), Some(records)) = (&summary, records) {
        let header = batch.header();
        assert_eq!(records.len(), header.record_count as usize);
        assert_eq!(header.last_offset_delta + 1, header.record_count);
        assert!(records.iter().all(|record| parts(record).4.is_some()), "headers are validated too");
    }
    if let Err(InvalidBatch::CountMismatch { record_count, offsets }) = summary {
        assert!(record_count <= 0 || i64::from(record_count) != offsets);
    }
    check_stamps(batch);
    // A compressor is dear to make, so not for all.
    if batch.size_bytes().is_multiple_of(4) {
        check_rebuilt(batch, sound, records);
    }
}

/// Records survive another codec, and compaction that removes none, or others.
fn check_rebuilt(batch: &RecordBatch, sound: bool, records: Option<&[Record]>) {
    let (mut compressor, mut decompressor) = (Compressor::new(), decompressor());
    let codec = Compression::from_id((batch.size_bytes() / 4 % 5) as u8).unwrap_or_default();
    let horizon = Some(i64::from(batch.record_count()));
    let again = rebuild::recompress(batch, &codec.into(), &mut compressor, &mut decompressor);
    let all = rebuild::retain(batch, |_| true, None, &mut compressor, &mut decompressor);
    let doomed = rebuild::retain(batch, |_| true, horizon, &mut compressor, &mut decompressor);
    let some = rebuild::retain(batch, |record| is_odd(record.offset), horizon, &mut compressor, &mut decompressor);
    for (rebuilt, retained) in [(again, every as Retained), (all, every), (doomed, every), (some, is_odd)] {
        let rebuilt = match (rebuilt, records) {
            (Ok(rebuilt), _) => RecordBatch::parse(rebuilt).expect("a batch is made of a batch"),
            (Err(error), Some(_)) => panic!("good records cannot be rebuilt: {error}"),
            (Err(_), None) => continue,
        };
        let as_it_was = !sound && rebuilt == *batch;
        assert!(as_it_was || rebuilt.verify_crc().is_ok(), "with its checksum, unless nothing happened to it");
        if let Some(records) = records {
            let read_again = read(&rebuilt.records(&mut decompressor).expect("of records")).expect("that are good");
            let expected = records.iter().filter(|record| retained(record.offset)).map(parts);
            assert!(expected.eq(read_again.iter().map(parts)), "the records are the same");
        }
    }
}

/// Whether a record of this offset is retained.
type Retained = fn(i64) -> bool;

fn every(_: i64) -> bool {
    true
}

fn is_odd(offset: i64) -> bool {
    offset % 2 != 0
}

fn check_stamps(batch: &RecordBatch) {
    let bytes = stamp::with_offset(batch.bytes().clone(), 77, 5).expect("it is a batch");
    let producer = ProducerStamp { producer_id: 9, producer_epoch: 1, base_sequence: 3 };
    let bytes = stamp::with_producer(bytes, producer).expect("it is a batch");
    let bytes = stamp::with_timestamp(bytes, TimestampType::LogAppendTime, 5).expect("it is a batch");
    let stamped = RecordBatch::parse(bytes).expect("it still is");
    stamped.verify_crc().expect("with its checksum");
    assert_eq!((stamped.base_offset(), stamped.header().max_timestamp), (77, 5));
    assert_eq!(stamped.encoded_records(), batch.encoded_records());
}

fn check_control_record(record: &Record) {
    let parsed = ControlRecord::parse(record.key.as_deref(), record.value.as_deref());
    if let Ok(ControlRecord::EndTransaction(marker)) = parsed {
        let batch = RecordBatch::parse(marker.to_batch(1, 2, 3)).expect("a marker is a batch");
        let records = batch.records(&mut decompressor()).expect("of records");
        let again = records.iter().next().and_then(Result::ok).expect("of one");
        assert_eq!(ControlRecord::parse(again.key, again.value), Ok(ControlRecord::EndTransaction(marker)));
    }
}

/// Writes the records anew and reads them again.
fn check_round_trip(records: &[Record]) {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    for record in records {
        let Some(headers) = parts(record).4 else { return };
        let named = headers.iter().map(|&(key, value)| Some((std::str::from_utf8(key).ok()?, value)));
        // Our own headers have strings for keys.
        let Some(headers) = named.collect::<Option<Vec<_>>>() else { return };
        let appended = builder.append(record.timestamp, record.key.as_deref(), record.value.as_deref(), headers);
        appended.expect("it is small enough");
    }
    let batch = RecordBatch::parse(builder.seal_uncompressed()).expect("a sealed batch is a batch");
    let written = batch.records(&mut decompressor()).expect("of records");
    let written = read(&written).expect("that are good");
    assert_eq!(written.len(), records.len());
    for ((index, before), after) in (0..).zip(records).zip(&written) {
        let (_, timestamp, key, value, headers) = parts(before);
        assert_eq!(parts(after), (index, timestamp, key, value, headers));
    }
}

/// Batches and message sets of every format and codec, and control batches.
pub fn seeds() -> Vec<Vec<u8>> {
    let codecs = || (0..5).filter_map(Compression::from_id);
    let mut seeds: Vec<Vec<u8>> = codecs().map(|codec| seed(AS_IT_IS, &batch(codec))).collect();
    seeds.push(seed(AS_IT_IS, &[batch(Compression::None), batch(Compression::Lz4)].concat()));
    seeds.extend(codecs().map(|codec| seed(COMPRESS | codec.id() << 2, &batch(Compression::None))));
    for committed in [true, false] {
        let marker = EndTransactionMarker { committed, coordinator_epoch: 12 };
        seeds.push(seed(AS_IT_IS, &marker.to_batch(1_700_000_000_123, 4242, 7)));
    }
    let leader_change = control_batch(BatchSettings::default(), 1, ControlRecordType::LEADER_CHANGE, b"\0\0\0\0\0\x01");
    seeds.extend(leader_change.map(|batch| seed(AS_IT_IS, &batch)));
    for magic in [0, 1] {
        seeds.push(seed(FIX_CHECKSUMS, &message_set(magic)));
        let wrapped = codecs().filter(|&codec| codec != Compression::Zstd);
        seeds.extend(wrapped.map(|codec| seed(WRAP | codec.id() << 2 | magic << 5, &message_set(magic))));
    }
    seeds
}

fn seed(how: u8, bytes: &[u8]) -> Vec<u8> {
    [&[how], bytes].concat()
}

fn batch(codec: Compression) -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new(BatchSettings {
        compression: codec.into(),
        producer: ProducerStamp { producer_id: 4000, producer_epoch: 2, base_sequence: 10 },
        base_offset: 100,
        ..BatchSettings::default()
    });
    let headers = [("trace", Some(&b"1"[..])), ("none", None)];
    builder.append(1_700_000_000_000, Some(b"key"), Some(b"value"), headers).expect("it is small");
    builder.append(1_700_000_000_009, None, Some(b""), []).expect("it is small");
    builder.append(1_699_999_999_000, Some(b""), None, []).expect("it is small");
    builder.seal(&mut Compressor::new()).expect("anything can be compressed").to_vec()
}

fn message_set(magic: u8) -> Vec<u8> {
    let messages = [(Some(&b"key"[..]), Some(&b"value"[..])), (None, Some(b"")), (Some(b"k"), None)];
    let messages = (0..).zip(messages).map(|(offset, (key, value))| legacy::message(magic, 0, offset, key, value));
    messages.flatten().collect()
}
