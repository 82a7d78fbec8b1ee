//! What becomes of records on their way through a log.

use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use ottla_protocol::compression::Decompressor;
use ottla_protocol::murmur2::partition_for_key;
use ottla_protocol::record::RecordBatch;
use serde_json::{Value, json};

use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::{Driver, on_topic};
use crate::interop::record::{ReadRecord, Record, same};
use crate::interop::scene::Scene;
use crate::interop::stored;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
const HOUR_MS: i64 = 3_600_000;

/// What each codec has written is read as it was, and lies in the log compressed by that codec.
pub(in crate::interop) const fn codecs(client: &'static Client) -> Case {
    Case::new(client, "every codec, byte for byte", run_codecs)
}

/// Headers: several of one name, an empty and a null value.
pub(in crate::interop) const fn headers(client: &'static Client) -> Case {
    Case::new(client, "headers with duplicate names and null values", |scene| run_headers(scene, &[None, Some("")]))
}

/// The same for a client that has no null in a header.
pub(in crate::interop) const fn headers_without_null(client: &'static Client) -> Case {
    Case::new(client, "headers with duplicate names", |scene| run_headers(scene, &[Some("")]))
}

/// The same for a client that reads what is empty as null.
pub(in crate::interop) const fn headers_without_empty(client: &'static Client) -> Case {
    Case::new(client, "headers with duplicate names and null values", |scene| run_headers(scene, &[None]))
}

/// A null value is not an empty one, nor a null key an empty one.
pub(in crate::interop) const fn tombstones(client: &'static Client) -> Case {
    Case::new(client, "tombstones", |scene| run_tombstones(scene, &[Record::new("k", "").to(0)]))
}

/// The same for a client that reads what is empty as null.
pub(in crate::interop) const fn tombstones_without_empty(client: &'static Client) -> Case {
    Case::new(client, "tombstones", |scene| run_tombstones(scene, &[]))
}

/// The time is that of the producer, or that of the broker, as the topic says.
pub(in crate::interop) const fn times(client: &'static Client) -> Case {
    Case::new(client, "create time and append time", |scene| {
        run_times(scene, &[("CreateTime", false), ("LogAppendTime", true)])
    })
}

/// The same for a client that does not know of append time.
pub(in crate::interop) const fn create_time(client: &'static Client) -> Case {
    Case::new(client, "create time", |scene| run_times(scene, &[("CreateTime", false)]))
}

/// A key goes to the partition that Java's producer would choose.
pub(in crate::interop) const fn partitioning(client: &'static Client) -> Case {
    Case::new(client, "keyed partitioning as Java's", run_partitioning)
}

fn run_codecs(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 1, json!({}))?;
    let mut written = Vec::new();
    for codec in CODECS {
        let value = |number: usize| format!("{codec} {number} ").repeat(1 + number % 20);
        let records: Vec<Record> =
            (0..100).map(|number| Record::new(&format!("{number}"), value(number)).to(0)).collect();
        produce(&mut driver, topic, &records, json!({"codec": codec, "batch_bytes": 65536}))?;
        written.extend(records);
    }
    let read = ReadRecord::all(&driver.call(&on_topic("read", topic))?)?;
    same(&written, &read).context("what was read")?;
    let batches = stored::batches(&scene.bootstrap, topic, 0)?;
    for (codec, written) in CODECS.iter().zip(written.chunks(100)) {
        are_stored(&batches, codec, written).with_context(|| format!("what {codec} has made of it in the log"))?;
    }
    driver.finish().map(drop)
}

/// Fails unless the batches of `codec` hold just these records.
fn are_stored(batches: &[RecordBatch], codec: &str, written: &[Record]) -> Result<()> {
    let mut stored = Vec::new();
    let mut decompressor = Decompressor::default();
    for batch in batches.iter().filter(|batch| batch.compression().name() == codec) {
        let records = batch.records(&mut decompressor)?;
        for record in records.iter() {
            let record = record?;
            let (key, value) = (record.key.map(<[u8]>::to_vec), record.value.map(<[u8]>::to_vec));
            stored.push(Record { key, value, partition: Some(0), ..Record::default() });
        }
    }
    ensure!(stored == written, "{} records are in its batches, and {} were written", stored.len(), written.len());
    Ok(())
}

/// `special` are values of further headers.
fn run_headers(scene: &Scene<'_>, special: &[Option<&str>]) -> Result<()> {
    let mut headers = vec![
        ("one".to_owned(), Some(b"1".to_vec())),
        ("one".to_owned(), Some(vec![0xff, 0x00])),
        ("grüß".to_owned(), Some("dich".into())),
    ];
    headers.extend(special.iter().map(|value| (format!("{value:?}"), value.map(Into::into))));
    let with_headers = Record { headers, ..Record::new("k", "v") }.to(0);
    there_and_back(scene, &[with_headers.clone(), Record::new("k", "none").to(0), with_headers])
}

fn run_tombstones(scene: &Scene<'_>, more: &[Record]) -> Result<()> {
    let tombstone = Record { value: None, ..Record::new("k", "") }.to(0);
    let without_key = Record { key: None, ..Record::new("", "v") }.to(0);
    there_and_back(scene, &[&[Record::new("k", "v").to(0), tombstone, without_key], more].concat())
}

fn there_and_back(scene: &Scene<'_>, records: &[Record]) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 1, json!({}))?;
    produce(&mut driver, topic, records, json!({}))?;
    same(records, &ReadRecord::all(&driver.call(&on_topic("read", topic))?)?)?;
    driver.finish().map(drop)
}

fn run_times(scene: &Scene<'_>, kinds: &[(&str, bool)]) -> Result<()> {
    let now = now_ms()?;
    let records: Vec<Record> =
        (0..5).map(|number| Record::new("k", format!("{number}")).to(0).at(now - HOUR_MS + number)).collect();
    let mut driver = Driver::start(scene)?;
    for &(kind, is_brokers) in kinds {
        let topic = format!("{}-{kind}", scene.name);
        create(&mut driver, &topic, 1, json!({"message.timestamp.type": kind}))?;
        produce(&mut driver, &topic, &records, json!({}))?;
        let read = ReadRecord::all(&driver.call(&on_topic("read", &topic))?)?;
        ensure!(read.len() == records.len(), "{} records of {} were read", read.len(), records.len());
        for (written, read) in records.iter().zip(&read) {
            let time = read.record.timestamp.context("a record without a time")?;
            let is_right = if is_brokers { time >= now } else { Some(time) == written.timestamp };
            ensure!(is_right, "{kind} of {written:?} is {time}, and now is {now}");
            ensure!(read.append_time.is_none_or(|told| told == is_brokers), "{kind} was read as {read:?}");
        }
    }
    driver.finish().map(drop)
}

fn run_partitioning(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 7, json!({}))?;
    let keys: Vec<String> = (0..100).map(|number| "k".repeat(number % 9 + 1) + &number.to_string()).collect();
    let records: Vec<Record> = keys.iter().map(|key| Record::new(key, "v")).collect();
    let places = produce(&mut driver, topic, &records, json!({}))?;
    for (key, place) in keys.iter().zip(&places) {
        let expected = i64::from(partition_for_key(key.as_bytes(), 7));
        ensure!(*place == expected, "Java's producer sends {key} to partition {expected}, and this one to {place}");
    }
    driver.finish().map(drop)
}

/// Creates a topic.
pub(super) fn create(driver: &mut Driver, topic: &str, partitions: u32, configs: Value) -> Result<()> {
    driver.call(&json!({"do": "create", "topic": topic, "partitions": partitions, "configs": configs})).map(drop)
}

/// Has records written, and returns the partition of each.
pub(super) fn produce(driver: &mut Driver, topic: &str, records: &[Record], settings: Value) -> Result<Vec<i64>> {
    let answer = driver.call(&produce_request(topic, records, settings))?;
    let places = answer.as_array().context("a place for each record")?;
    let partitions = places.iter().map(|place| place.get(0)?.as_i64()).collect::<Option<Vec<_>>>();
    let partitions = partitions.with_context(|| format!("a place in {answer}"))?;
    ensure!(partitions.len() == records.len(), "{} places for {} records", partitions.len(), records.len());
    Ok(partitions)
}

/// The request for that, with settings on top.
pub(super) fn produce_request(topic: &str, records: &[Record], settings: Value) -> Value {
    let mut request = settings;
    request["do"] = json!("produce");
    request["topic"] = json!(topic);
    request["records"] = records.iter().map(Record::to_json).collect();
    request
}

/// The time as Kafka writes it.
pub(in crate::interop) fn now_ms() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?)
}
