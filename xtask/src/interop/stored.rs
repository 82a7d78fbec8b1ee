//! The batches of a partition as they lie in the log, byte for byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use ottla_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use ottla_protocol::messages::header::{RequestHeader, ResponseHeader};
use ottla_protocol::record::{RecordBatch, RecordBatches};
use ottla_protocol::wire::{Encoder, Request, Response, decode_from, encode_onto};

const LIMIT: Duration = Duration::from_secs(30);
/// The last version that names topics and needs no session.
const FETCH_VERSION: i16 = 12;
const MAX_BYTES: i32 = 100 << 20;

/// All batches of a partition, fetched without any client.
///
/// # Errors
/// The broker does not lead the partition, or a batch is not whole.
pub(super) fn batches(broker: &str, topic: &str, partition: i32) -> Result<Vec<RecordBatch>> {
    let mut stream = TcpStream::connect(broker)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let bytes = fetch(&mut stream, topic, partition, offset)?;
        if bytes.is_empty() {
            return Ok(found);
        }
        for batch in RecordBatches::new(bytes) {
            let batch = batch?.as_v2().context("a batch of today's format")?.clone();
            batch.verify_crc()?;
            offset = batch.next_offset();
            found.push(batch);
        }
    }
}

fn fetch(stream: &mut TcpStream, topic: &str, partition: i32, offset: i64) -> Result<Bytes> {
    let partition =
        FetchPartition { partition, fetch_offset: offset, partition_max_bytes: MAX_BYTES, ..FetchPartition::default() };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..FetchTopic::default() };
    let request = FetchRequest { max_bytes: MAX_BYTES, topics: vec![topic], ..FetchRequest::default() };
    let response = ask(stream, &request, FETCH_VERSION)?;
    let answered = response.responses.into_iter().flat_map(|topic| topic.partitions).next();
    let answered = answered.context("an answer without the partition")?;
    ensure!(answered.error_code.is_none(), "the partition cannot be fetched: {:?}", answered.error_code);
    Ok(answered.records.map(|records| records.0).unwrap_or_default())
}

/// Sends a request, and waits for its answer.
pub(super) fn ask<R: Request>(stream: &mut TcpStream, request: &R, version: i16) -> Result<R::Response> {
    let header = RequestHeader { request_api_key: R::KEY, request_api_version: version, ..RequestHeader::default() };
    let mut encoder = Encoder::new(version, false);
    encode_onto(&mut encoder, &header, RequestHeader::version_for(&R::SCHEMA, version))?;
    encode_onto(&mut encoder, request, version)?;
    let frame = encoder.into_bytes();
    stream.write_all(&u32::try_from(frame.len())?.to_be_bytes())?;
    stream.write_all(&frame)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(length))?];
    stream.read_exact(&mut answer)?;
    read_answer(answer.into(), version)
}

fn read_answer<R: Response>(bytes: Bytes, version: i16) -> Result<R> {
    let header_version = ResponseHeader::version_for(&R::SCHEMA, version);
    let mut decoder = ottla_protocol::wire::Decoder::new(bytes, version, false);
    let header: ResponseHeader = decode_from(&mut decoder, header_version)?;
    if header.correlation_id != 0 {
        bail!("the answer {} to the request 0", header.correlation_id);
    }
    Ok(decode_from(&mut decoder, version)?)
}
