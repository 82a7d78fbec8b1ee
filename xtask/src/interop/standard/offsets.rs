//! Committed offsets, offsets by time, and reading from an offset.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::records::{create, now_ms, produce};
use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::Driver;
use crate::interop::record::{ReadRecord, Record, same};
use crate::interop::scene::Scene;

/// A committed offset comes back with its metadata.
pub(in crate::interop) const fn committed(client: &'static Client) -> Case {
    Case::new(client, "offset commit with metadata", run_committed)
}

/// The first offset from a time on.
pub(in crate::interop) const fn by_time(client: &'static Client) -> Case {
    Case::new(client, "offsets by time", run_by_time)
}

/// Reading begins where it is told.
pub(in crate::interop) const fn seek(client: &'static Client) -> Case {
    Case::new(client, "seek", run_seek)
}

fn run_committed(scene: &Scene<'_>) -> Result<()> {
    let metadata = "noted: grüße";
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 2, json!({}))?;
    produce(&mut driver, topic, &numbered(30), json!({}))?;
    let place =
        |what: &str, partition: u32| json!({"do": what, "group": topic, "topic": topic, "partition": partition});
    let committed = driver.call(&place("committed", 0))?;
    ensure!(committed == Value::Null, "nobody has committed, and there is {committed}");
    for offset in [3, 17] {
        let mut request = place("commit", 0);
        request["offset"] = json!(offset);
        request["metadata"] = json!(metadata);
        driver.call(&request)?;
        let committed = driver.call(&place("committed", 0))?;
        ensure!(committed == json!({"offset": offset, "metadata": metadata}), "committed is {committed}");
    }
    let other = driver.call(&place("committed", 1))?;
    ensure!(other == Value::Null, "in the other partition nothing was committed, and there is {other}");
    driver.finish().map(drop)
}

fn run_by_time(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let start = now_ms()? - 60_000;
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 1, json!({}))?;
    let records: Vec<Record> =
        numbered(10).into_iter().zip(0..).map(|(record, number)| record.at(start + 1000 * number)).collect();
    produce(&mut driver, topic, &records, json!({}))?;
    for (time, expected) in [(0, Some(0)), (2000, Some(2)), (2001, Some(3)), (9000, Some(9)), (9001, None)] {
        let request = json!({"do": "offset_at", "topic": topic, "partition": 0, "time": start + time});
        let found = driver.call(&request)?;
        ensure!(found == json!(expected), "from {time} ms on it should be {expected:?}, and is {found}");
    }
    driver.finish().map(drop)
}

fn run_seek(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 1, json!({}))?;
    let records = numbered(50);
    // Into the midst of a batch, too.
    produce(&mut driver, topic, &records, json!({"batch_bytes": 65536}))?;
    for offset in [0, 7, 49] {
        let read = driver.call(&json!({"do": "read", "topic": topic, "partition": 0, "offset": offset}))?;
        let rest = records.get(offset..).unwrap_or_default();
        same(rest, &ReadRecord::all(&read)?)?;
    }
    driver.finish().map(drop)
}

/// `count` records for partition 0.
fn numbered(count: usize) -> Vec<Record> {
    (0..count).map(|number| Record::new(&format!("k{number}"), format!("{number}")).to(0)).collect()
}
