//! Prints what it costs to append a record to a batch, and to read it back.
//!
//! `cargo run --release -p ottla-protocol --example record_cost`

#![expect(clippy::disallowed_methods, reason = "it measures, outside of the crate")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use ottla_protocol::compression::{Compressor, Decompressor};
use ottla_protocol::record::{BatchSettings, RecordBatch, RecordBatchBuilder};

const ROUNDS: usize = 7;
const RECORDS: usize = 2_000_000;

fn main() {
    println!("{:<34} {:>12} {:>12} {:>12}", "100-byte values", "append ns", "seal ns", "iterate ns");
    for (name, batch_bytes, keyed, headers) in [
        ("16 KiB batches", 16 << 10, false, 0),
        ("1 MiB batches", 1 << 20, false, 0),
        ("16 KiB batches, 16-byte keys", 16 << 10, true, 0),
        ("16 KiB batches, keys, 2 headers", 16 << 10, true, 2),
    ] {
        let best = (0..ROUNDS).map(|_| measure(batch_bytes, keyed, headers)).min_by_key(Cost::total);
        let cost = best.unwrap_or_default();
        let per_record = |d: Duration| d.as_nanos() as f64 / RECORDS as f64;
        println!(
            "{name:<34} {:>12.1} {:>12.1} {:>12.1}",
            per_record(cost.append),
            per_record(cost.seal),
            per_record(cost.iterate)
        );
    }
}

#[derive(Default)]
struct Cost {
    append: Duration,
    seal: Duration,
    iterate: Duration,
}

impl Cost {
    fn total(&self) -> Duration {
        self.append + self.seal + self.iterate
    }
}

fn measure(batch_bytes: usize, keyed: bool, headers: usize) -> Cost {
    let value = [7u8; 100];
    let key = [3u8; 16];
    let key = keyed.then_some(&key[..]);
    let headers = &[("trace-id", Some(&b"0123456789abcdef"[..])), ("source", Some(&b"a"[..]))][..headers];
    let mut builder = RecordBatchBuilder::with_capacity(BatchSettings::default(), batch_bytes + 256);
    let mut compressor = Compressor::default();
    let mut decompressor = Decompressor::default();
    let mut cost = Cost::default();
    let mut done = 0;
    while done < RECORDS {
        let start = Instant::now();
        let mut timestamp = 1_700_000_000_000;
        while builder
            .append_within(batch_bytes, timestamp, black_box(key), black_box(Some(&value)), headers.iter().copied())
            .expect("a small record")
            .is_some()
        {
            timestamp += 1;
        }
        done += builder.record_count() as usize;
        let appended = Instant::now();
        let batch = builder.seal(&mut compressor).expect("no codec to fail");
        let sealed = Instant::now();
        read(batch, &mut decompressor);
        cost.append += appended - start;
        cost.seal += sealed - appended;
        cost.iterate += sealed.elapsed();
    }
    cost
}

fn read(batch: bytes::Bytes, decompressor: &mut Decompressor) {
    let batch = RecordBatch::parse(batch).expect("our own batch");
    batch.verify_crc().expect("our own checksum");
    for record in &batch.records(decompressor).expect("our own records") {
        let record = record.expect("our own record");
        black_box((record.offset, record.timestamp, record.key, record.value));
    }
}
