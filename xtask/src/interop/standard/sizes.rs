//! What is larger than a fetch, or larger than allowed.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::records::{create, produce, produce_request};
use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::Driver;
use crate::interop::record::{ReadRecord, Record, same};
use crate::interop::scene::Scene;
use crate::interop::stored;

const MESSAGE_TOO_LARGE: i64 = 10;
const LARGE: usize = 20_000_000;
const LIMIT: usize = 30_000_000;
const FETCH_BYTES: usize = 100_000;

/// A batch is read whole even where a fetch is limited to less.
pub(in crate::interop) const fn large_batches(client: &'static Client) -> Case {
    Case::new(client, "batches larger than a fetch", run_batches)
}

/// A record of 20 MB is refused, and taken where the topic allows it.
pub(in crate::interop) const fn large_record(client: &'static Client) -> Case {
    Case::new(client, "a record of 20 MB, and its refusal", run_record)
}

fn run_batches(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 1, json!({}))?;
    let records: Vec<Record> = (0..150).map(|number| Record::new(&format!("{number}"), noise(10_000)).to(0)).collect();
    produce(&mut driver, topic, &records, json!({"batch_bytes": 700_000}))?;
    let batches = stored::batches(&scene.bootstrap, topic, 0)?;
    let largest = batches.iter().map(|batch| batch.size_bytes()).max().unwrap_or(0);
    ensure!(largest > 2 * FETCH_BYTES, "the largest batch has but {largest} bytes");
    let read = driver.call(&json!({"do": "read", "topic": topic, "max_bytes": FETCH_BYTES}))?;
    same(&records, &ReadRecord::all(&read)?)?;
    driver.finish().map(drop)
}

fn run_record(scene: &Scene<'_>) -> Result<()> {
    let (usual, roomy) = (format!("{}-usual", scene.name), format!("{}-roomy", scene.name));
    let mut driver = Driver::start(scene)?;
    create(&mut driver, &usual, 1, json!({}))?;
    create(&mut driver, &roomy, 1, json!({"max.message.bytes": LIMIT.to_string()}))?;
    let record = [Record::new("k", noise(LARGE)).to(0)];
    let limits = json!({"max_bytes": LIMIT});
    driver.call_refused(&produce_request(&usual, &record, limits.clone()), MESSAGE_TOO_LARGE)?;
    ensure!(stored::batches(&scene.bootstrap, &usual, 0)?.is_empty(), "something of what was refused is in the log");
    // The connection and the topic are still good.
    produce(&mut driver, &usual, &[Record::new("k", "small").to(0)], json!({}))?;
    produce(&mut driver, &roomy, &record, limits).context("with raised limits")?;
    let read = driver.call(&json!({"do": "read", "topic": roomy, "max_bytes": LIMIT}))?;
    same(&record, &ReadRecord::all(&read)?)?;
    driver.finish().map(drop)
}

/// Bytes that no codec makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fastrand::fill(&mut bytes);
    bytes
}
