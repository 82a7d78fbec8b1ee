//! Batches that are small until they are decompressed.

use std::{path::Path, time::Duration};

use ottla::protocol::{
    compression::Compressor,
    error_code::ErrorCode,
    messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    record::{BatchSettings, Compression, RecordBatchBuilder, stamp},
    wire::Records,
};
use rustix::process::Signal;

use crate::{
    client::{is_served, runtime},
    process::peak_memory_mb,
    support::{Broker, Ottla, ottla, ottla_with_limits},
    wire::Connection,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;
/// What the broker may have for requests that are this large when decompressed, `socket.request.max.bytes`.
const LARGEST: usize = 100 * MIB;
const CODECS: [Compression; 4] = [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
/// Strangers who send bombs at the same time.
const STRANGERS: usize = 4;
/// As many are decompressed at a time as there are processors.
const MOST_MEMORY_MB: u64 = 150 + 3 * 100 * 2;

/// Bytes of the header of a batch.
const HEADER: usize = 61;

fn varint(value: usize) -> Vec<u8> {
    let (mut left, mut bytes) = (value << 1, Vec::new());
    while left >= 0x80 {
        bytes.push(left as u8 | 0x80);
        left >>= 7;
    }
    bytes.push(left as u8);
    bytes
}

/// A batch of one record whose value is so many zeros, in frames of a mebibyte that are compressed one by one.
fn bomb(codec: Compression, len: usize) -> Vec<u8> {
    // Attributes, deltas, no key; the header count, which is a zero like the value, stands last.
    let start = [&[0, 0, 0, 1], &varint(len)[..]].concat();
    let mut record = [varint(start.len() + len + 1), start].concat();
    let whole = record.len() + len + 1;
    record.resize(whole.min(MIB), 0);
    let mut compressor = Compressor::new();
    let mut compress = |bytes: &[u8]| compressor.compress(&codec.into(), bytes).unwrap().to_vec();
    let mut compressed = compress(&record);
    let rest = whole - record.len();
    compressed.extend(compress(&vec![0; MIB]).repeat(rest / MIB));
    if !rest.is_multiple_of(MIB) {
        compressed.extend(compress(&vec![0; rest % MIB]));
    }
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    builder.append(0, None, Some(b""), []).unwrap();
    let mut batch = builder.seal(&mut Compressor::default()).unwrap()[..HEADER].to_vec();
    batch.extend(compressed);
    let length = i32::try_from(batch.len() - 12).unwrap();
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    batch[22] = codec.id();
    // Which makes the checksum anew.
    stamp::set_producer(&mut batch, Default::default()).unwrap();
    batch
}

fn produce(server: &str, records: Vec<u8>) -> ErrorCode {
    let data = PartitionProduceData { index: 0, records: Some(Records(records.into())) };
    let topic = TopicProduceData { name: "bombs".into(), partition_data: vec![data], ..Default::default() };
    let request = ProduceRequest { acks: -1, timeout_ms: 10_000, topic_data: vec![topic], ..Default::default() };
    let response = Connection::to(server).ask(9, &request).unwrap();
    response.responses[0].partition_responses[0].error_code
}

fn broker_with_bombs(command: Ottla) -> Broker {
    let broker = Broker::start_with(command);
    broker.ottla("topic create bombs -c max.message.bytes=104857600").done();
    broker.ottla("topic create orders").done();
    broker
}

#[test]
fn a_bomb_that_a_producer_sends_is_refused_costs_little_and_holds_up_nobody() {
    let broker = broker_with_bombs(ottla("broker"));
    let server = broker.servers[0].as_str();
    for codec in CODECS {
        for len in [KIB, MIB, 32 * MIB] {
            assert_eq!(produce(server, bomb(codec, len)), ErrorCode::NONE, "{} of {len} bytes", codec.name());
        }
        for len in [LARGEST, GIB] {
            let code = produce(server, bomb(codec, len));
            assert_eq!(code, ErrorCode::MESSAGE_TOO_LARGE, "{} of {len} bytes", codec.name());
        }
    }
    let bomb = bomb(Compression::Zstd, GIB);
    std::thread::scope(|scope| {
        for _ in 0..STRANGERS {
            scope.spawn(|| {
                for _ in 0..4 {
                    assert_eq!(produce(server, bomb.clone()), ErrorCode::MESSAGE_TOO_LARGE);
                }
            });
        }
        runtime().block_on(is_served(server, "orders", Duration::from_secs(20)));
    });
    let memory = peak_memory_mb(broker.pid());
    println!("a gibibyte in {} bytes, by {STRANGERS} at a time: {memory} MB", bomb.len());
    assert!(memory < MOST_MEMORY_MB, "{memory} MB");
}

/// What a consumer says that finds a bomb in the log, with no more than so much memory.
fn consume(dir: &Path, batch: &[u8]) -> crate::support::Finished {
    let command = || ottla("broker --data").arg(dir);
    std::fs::write(dir.join("bombs-0/00000000000000000000.log"), batch).unwrap();
    // The index of another log is no help.
    for kind in ["index", "timeindex"] {
        let _ = std::fs::remove_file(dir.join(format!("bombs-0/00000000000000000000.{kind}")));
    }
    let broker = Broker::start_with(command());
    let limited = ottla_with_limits("-v 1000000", "consume bombs --exit-at-end --format %o");
    let finished = limited.env("MALLOC_ARENA_MAX", "2").env("OTTLA_BOOTSTRAP", &broker.servers[0]).run();
    assert_eq!(broker.stop(Signal::TERM).code, 0);
    finished
}

#[test]
fn a_bomb_that_a_broker_serves_is_an_error_that_says_so_and_takes_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    broker_with_bombs(ottla("broker --data").arg(dir.path())).stop(Signal::TERM);
    for codec in CODECS {
        for len in [KIB, MIB, 32 * MIB] {
            let consumed = consume(dir.path(), &bomb(codec, len));
            assert_eq!((consumed.code, consumed.out.as_str()), (0, "0\n"), "{}: {}", codec.name(), consumed.err);
        }
        let consumed = consume(dir.path(), &bomb(codec, GIB));
        println!("{}: {}", codec.name(), consumed.err.trim());
        assert_eq!((consumed.code, consumed.out.as_str()), (1, ""), "{}: {}", codec.name(), consumed.err);
        assert!(consumed.err.contains("decompressed"), "{}: {}", codec.name(), consumed.err);
    }
}
