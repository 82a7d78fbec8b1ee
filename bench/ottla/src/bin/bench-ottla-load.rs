//! Sends a broker the same batch again and again, made before, so that next to nothing of the time is the client's.
//!
//! `bench-ottla-load HOST:PORT TOPIC BATCHES`: batches of 1 MiB with records of 1 KiB for partition 0, acks=all, five
//! requests under way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow, ensure};
use ottla::protocol::error_code::ErrorCode;
use ottla::protocol::messages::produce::{PartitionProduceData, ProduceRequest, ProduceResponse, TopicProduceData};
use ottla::protocol::record::{BatchSettings, RecordBatchBuilder};
use ottla::protocol::wire;

const BATCH_BYTES: usize = 1 << 20;
const VALUE: [u8; 1024] = [b'v'; 1024];
const IN_FLIGHT: usize = 5;
/// The last version without tagged fields, whose header is as simple.
const VERSION: i16 = 8;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, topic, batches] = arguments.as_slice() else {
        return Err(anyhow!("bench-ottla-load HOST:PORT TOPIC BATCHES"));
    };
    let batches: u64 = batches.parse()?;
    let (frame, records) = frame(topic)?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let answers = stream.try_clone()?;
    // One more is written than the channel has room for.
    let (under_way, written) = sync_channel(IN_FLIGHT - 1);
    let began = Instant::now();
    let reader = thread::spawn(move || check(answers, &written));
    for _ in 0..batches {
        // The reader is gone if an answer was wrong; it tells why.
        if under_way.send(()).is_err() {
            break;
        }
        stream.write_all(&frame)?;
    }
    drop(under_way);
    reader.join().map_err(|_| anyhow!("the reader panicked"))??;
    let seconds = began.elapsed().as_secs_f64();
    let records = records * batches;
    let bytes = records * VALUE.len() as u64;
    println!("{{\"client\":\"load\",\"records\":{records},\"bytes\":{bytes},\"seconds\":{seconds}}}");
    Ok(())
}

/// A whole request, and how many records it has.
fn frame(topic: &str) -> anyhow::Result<(Vec<u8>, u64)> {
    let mut batch = RecordBatchBuilder::with_capacity(BatchSettings::default(), BATCH_BYTES);
    while batch.append_within(BATCH_BYTES, 0, None, Some(&VALUE), [])?.is_some() {}
    let records = u64::try_from(batch.record_count())?;
    let data = PartitionProduceData { index: 0, records: Some(batch.seal_uncompressed().into()) };
    let data = TopicProduceData { name: topic.into(), partition_data: vec![data], ..Default::default() };
    let request = ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![data], ..Default::default() };
    let body = wire::encode(&request, VERSION)?;
    // The key, the version, a correlation id and no client id.
    let mut header = vec![0, 0];
    header.extend(VERSION.to_be_bytes());
    header.extend([0, 0, 0, 0, 0xff, 0xff]);
    let mut frame = u32::try_from(header.len() + body.len())?.to_be_bytes().to_vec();
    frame.extend(header);
    frame.extend(&body);
    Ok((frame, records))
}

/// Reads an answer for each request.
fn check(mut stream: TcpStream, written: &Receiver<()>) -> anyhow::Result<()> {
    for () in written {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut answer)?;
        // Behind the correlation id.
        let response: ProduceResponse = wire::decode(answer.split_off(4).into(), VERSION)?;
        let partition = response.responses.first().and_then(|topic| topic.partition_responses.first());
        let code = partition.context("an answer without a partition")?.error_code;
        ensure!(code == ErrorCode::NONE, "the broker answered {code}");
    }
    Ok(())
}
