//! Bytes that Kafka 4.3.1 wrote, kept in `fixtures.txt`.
//!
//! A line is a name, the bytes, and what Kafka reads in them. `oracle.rs` prints the file anew.

use ottla_protocol::record::control::{ControlRecord, EndTransactionMarker};
use ottla_protocol::record::{RecordBatch, RecordBatches};

use crate::notation::{describe, unhex};

fn fixtures() -> impl Iterator<Item = (&'static str, Vec<u8>, &'static str)> {
    include_str!("fixtures.txt").lines().map(|line| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().expect("three parts");
        (part(), unhex(part()), part())
    })
}

fn fixture(name: &str) -> Vec<u8> {
    fixtures().find(|(found, ..)| *found == name).expect("a fixture of that name").1
}

#[test]
fn what_kafka_has_written_reads_as_kafka_reads_it() {
    let mut count = 0;
    for (name, bytes, expected) in fixtures() {
        assert_eq!(describe(bytes.into()), expected, "{name}");
        count += 1;
    }
    assert!(count >= 20, "only {count} fixtures");
}

#[test]
fn a_transaction_marker_has_the_bytes_of_kafkas() {
    for (name, committed) in [("marker-commit", true), ("marker-abort", false)] {
        let marker = EndTransactionMarker { committed, coordinator_epoch: 12 };
        let bytes = marker.to_batch(1_700_000_000_123, 4242, 7);
        assert_eq!(bytes, fixture(name), "{name}");

        let batch = RecordBatch::parse(bytes).unwrap();
        let records = batch.records(&mut Default::default()).unwrap();
        let record = records.iter().next().unwrap().unwrap();
        assert_eq!(ControlRecord::parse(record.key, record.value), Ok(ControlRecord::EndTransaction(marker)));
    }
}

#[test]
fn a_response_that_is_cut_anywhere_ends_quietly_and_says_so() {
    for (name, bytes, _) in fixtures() {
        let whole = RecordBatches::new(bytes.clone().into()).count();
        for len in 1..bytes.len() {
            let mut batches = RecordBatches::new(bytes[..len].to_vec().into());
            let read = batches.by_ref().inspect(|batch| assert!(batch.is_ok(), "{name} at {len}")).count();
            assert!(read < whole || batches.rest().is_empty(), "{name} at {len}");
            assert_eq!(batches.truncated().is_some(), !batches.rest().is_empty(), "{name} at {len}");
        }
    }
}

#[test]
fn damage_anywhere_that_the_checksum_covers_is_noticed() {
    for (name, bytes, _) in fixtures() {
        let first = RecordBatches::new(bytes.into()).next().unwrap().unwrap();
        // Offsets and leader epochs are the broker's to change.
        let start = if first.as_v2().is_some() { 16 } else { 12 };
        for at in start..first.bytes().len() {
            let mut damaged = first.bytes().to_vec();
            damaged[at] ^= 0x10;
            assert!(!is_intact(damaged), "{name}: byte {at}");
        }
    }
}

fn is_intact(bytes: Vec<u8>) -> bool {
    let mut batches = RecordBatches::new(bytes.into());
    batches.by_ref().all(|batch| batch.is_ok_and(|batch| batch.verify_crc().is_ok())) && batches.truncated().is_none()
}

#[test]
fn format_0_has_kafkas_own_lz4_header_checksum_and_is_read_all_the_same() {
    let header = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40];
    let checksum = |name| {
        let bytes = fixture(name);
        let at = bytes.windows(6).position(|window| window == header).expect("an LZ4 frame");
        bytes[at + 6]
    };
    assert_eq!((checksum("v0-codec-lz4"), checksum("v1-codec-lz4")), (0x1a, 0x82));
}
