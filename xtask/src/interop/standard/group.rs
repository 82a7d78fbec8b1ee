//! A group of three, of one client or of several.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::records::{create, produce};
use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::Driver;
use crate::interop::members::Members;
use crate::interop::record::Record;
use crate::interop::scene::Scene;

const PARTITIONS: u32 = 6;

/// Three members by the range assignor: they join one after the other, one leaves, one is killed.
pub(in crate::interop) const fn group(client: &'static Client) -> Case {
    Case::new(client, "a group of three: join, leave and crash", |scene| run(scene, "range", [scene.client; 3]))
}

/// The same by the round robin assignor, for a client that has no other.
pub(in crate::interop) const fn round_robin_group(client: &'static Client) -> Case {
    Case::new(client, "a group of three by round robin: join, leave and crash", |scene| {
        run(scene, "roundrobin", [scene.client; 3])
    })
}

/// The same by the cooperative-sticky assignor.
pub(in crate::interop) const fn cooperative_group(client: &'static Client) -> Case {
    Case::new(client, "a cooperative group of three: join, leave and crash", |scene| {
        run(scene, "cooperative-sticky", [scene.client; 3])
    })
}

/// Members of these clients join one after the other; then one leaves and one is killed, the last first.
pub(in crate::interop) fn run<const N: usize>(
    scene: &Scene<'_>,
    assignor: &'static str,
    clients: [&'static Client; N],
) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::of(clients[0], scene)?;
    create(&mut driver, topic, PARTITIONS, json!({}))?;
    let partitions = usize::try_from(PARTITIONS)?;
    let mut members = Members::new(scene, topic, assignor);
    let mut wave = 0..100;
    let mut next_wave = |members: &mut Members<'_>| {
        let values = write(&mut driver, topic, wave.clone())?;
        wave = wave.end..wave.end + 100;
        members.await_values(&values)
    };
    for client in clients {
        members.join(client)?;
        members.await_balance(partitions).with_context(|| format!("after {} has joined", client.name))?;
        next_wave(&mut members).with_context(|| format!("after {} has joined", client.name))?;
    }
    members.leave()?;
    members.await_balance(partitions).context("after one has left")?;
    next_wave(&mut members).context("after one has left")?;
    members.crash()?;
    members.await_balance(partitions).context("after one was killed")?;
    next_wave(&mut members).context("after one was killed")?;
    members.finish()?;
    let committed = committed(&mut driver, topic)?;
    // What a member has read last it may have had no time to commit, but most of it must be there.
    ensure!(committed >= i64::from(wave.start) - 100, "of {} records read, {committed} are committed", wave.start);
    driver.finish().map(drop)
}

fn write(driver: &mut Driver, topic: &str, numbers: Range<u32>) -> Result<Vec<String>> {
    let values: Vec<String> = numbers.map(|number| number.to_string()).collect();
    let records: Vec<Record> = (0..).zip(&values).map(|(place, value)| to_partition(place, value)).collect();
    produce(driver, topic, &records, json!({}))?;
    Ok(values)
}

fn to_partition(place: i64, value: &str) -> Record {
    Record::new(value, value).to(place % i64::from(PARTITIONS))
}

/// How many records the group has committed in all.
fn committed(driver: &mut Driver, topic: &str) -> Result<i64> {
    let mut sum = 0;
    for partition in 0..PARTITIONS {
        let request = json!({"do": "committed", "group": topic, "topic": topic, "partition": partition});
        sum += driver.call(&request)?.get("offset").and_then(Value::as_i64).unwrap_or(0);
    }
    Ok(sum)
}
