//! Batches and records as one line of text, in the notation of `xtask/java/RecordOracle.java`.

use std::fmt::Write;

use bytes::Bytes;
use ottla_protocol::compression::Decompressor;
use ottla_protocol::record::{Batch, RecordBatches, RecordRef, TimestampType};

/// What is in `bytes`, batch by batch and record by record.
pub(crate) fn describe(bytes: Bytes) -> String {
    let mut out = String::new();
    let mut decompressor = Decompressor::default();
    let mut batches = RecordBatches::new(bytes);
    for batch in &mut batches {
        let batch = batch.expect("a batch");
        batch.verify_crc().expect("a good checksum");
        describe_batch(&batch, &mut out);
        for record in &batch.records(&mut decompressor).expect("readable records") {
            describe_record(&record.expect("a record"), &mut out);
        }
    }
    assert_eq!(batches.truncated(), None);
    out.trim_end().to_owned()
}

fn describe_batch(batch: &Batch, out: &mut String) {
    match batch {
        Batch::V2(batch) => {
            let (header, attributes) = (batch.header(), batch.attributes());
            let flags = [
                (attributes.timestamp_type() == TimestampType::LogAppendTime, "a"),
                (attributes.is_transactional(), "t"),
                (attributes.is_control(), "c"),
                (attributes.has_delete_horizon(), "d"),
            ];
            let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
            write!(
                out,
                "batch:2:{}:{}:{}:{}:{}:{}:{}:{flags}:{} ",
                batch.compression().name(),
                batch.base_offset(),
                batch.last_offset(),
                header.partition_leader_epoch,
                header.producer_id,
                header.producer_epoch,
                header.base_sequence,
                header.max_timestamp,
            )
        }
        Batch::Legacy(batch) => {
            let flags = if batch.timestamp_type() == TimestampType::LogAppendTime { "a" } else { "" };
            write!(
                out,
                "batch:{}:{}:-1:{}:-1:-1:-1:-1:{flags}:{} ",
                batch.magic(),
                batch.compression().name(),
                batch.last_offset(),
                batch.max_timestamp(),
            )
        }
    }
    .expect("a string");
}

fn describe_record(record: &RecordRef<'_>, out: &mut String) {
    let headers: Vec<_> = record
        .headers()
        .map(|header| header.expect("a header"))
        .map(|header| format!("{}={}", hex(header.key), nullable_hex(header.value)))
        .collect();
    let (key, value) = (nullable_hex(record.key), nullable_hex(record.value));
    write!(out, "record:{}:{}:{key}:{value}:{} ", record.offset, record.timestamp, headers.join(","))
        .expect("a string");
}

pub(crate) fn nullable_hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "~".to_owned(), hex)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string");
        out
    })
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().map(|digit| digit.to_digit(16).expect("hexadecimal") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
