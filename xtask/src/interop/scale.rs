//! Many topics, and many partitions.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::case::Case;
use super::client::{Client, Origin};
use super::driver::{Driver, on_topic};
use super::own_broker::OwnBroker;
use super::record::{ReadRecord, Record};
use super::scene::{Scene, capture};
use super::target::Target;
use super::{confluent, java};
use crate::kafka::KafkaInstall;
use crate::process::tied_to_us;
use crate::requirement::KCAT;

static CLIENT: Client = Client { name: "scale", origin: Origin::Foreign, ensure: versions, driver: None };

pub(super) static CASES: [Case; 2] = [
    Case::new(&CLIENT, "1,000 topics", topics).alone(),
    Case::new(&CLIENT, "10,000 partitions, on Kafka 2,000", partitions).alone(),
];

fn versions(kafka: &KafkaInstall) -> Result<String> {
    KCAT.ensure()?;
    let (librdkafka, java) = ((confluent::CLIENT.ensure)(kafka)?, (java::CLIENT.ensure)(kafka)?);
    Ok(format!("kcat, confluent-kafka {librdkafka}, Java client {java}"))
}

/// librdkafka creates them one by one, writes to some, and deletes them.
fn topics(scene: &Scene<'_>) -> Result<()> {
    let broker = OwnBroker::start(scene, &[])?;
    let scene_there = &scene.at(broker.address());
    let mut driver = Driver::of(&confluent::CLIENT, scene_there)?;
    let name = |number: usize| format!("topic-{number:04}");
    timed(scene, "create", || {
        (0..1000).try_for_each(|number| {
            driver.call(&json!({"do": "create", "topic": name(number), "partitions": 1})).map(drop)
        })
    })?;
    let listed = driver.call(&json!({"do": "topics"}))?.as_array().map_or(0, Vec::len);
    ensure!(listed >= 1000, "{listed} topics are listed");
    for number in (0..1000).step_by(100) {
        let topic = name(number);
        let records = [Record::new("k", topic.clone()).to(0).to_json()];
        driver.call(&json!({"do": "produce", "topic": topic, "records": records}))?;
        let read = ReadRecord::all(&driver.call(&on_topic("read", &topic))?)?;
        ensure!(read.len() == 1, "{} records of one are read from {topic}", read.len());
    }
    timed(scene, "metadata of all", || metadata(scene_there, None).map(drop))?;
    timed(scene, "delete", || {
        (0..1000).try_for_each(|number| driver.call(&on_topic("delete", &name(number))).map(drop))
    })?;
    let left = driver.call(&json!({"do": "topics"}))?.as_array().map_or(0, Vec::len);
    ensure!(left < 10, "{left} topics are left");
    scene.note(format!("peak memory of the broker: {} MB", broker.peak_memory_mb()?));
    driver.finish().map(drop)
}

/// Java creates them at once, kcat sees them all, librdkafka writes to some, and Java deletes them.
fn partitions(scene: &Scene<'_>) -> Result<()> {
    let broker = OwnBroker::start(scene, &[])?;
    let scene_there = &scene.at(broker.address());
    let mut driver = Driver::of(&java::CLIENT, scene_there)?;
    let topic = "wide";
    // A node of Kafka with the little memory that it has here cannot hold more.
    let count = if scene.target == Target::BrokerRef { 10_000 } else { 2_000 };
    let create = json!({"do": "create", "topic": topic, "partitions": count});
    timed(scene, "create", || driver.call(&create).map(drop))?;
    timed(scene, "describe", || {
        let described = driver.call(&on_topic("describe", topic))?;
        ensure!(described.get("partitions") == Some(&json!(count)), "described is {described}");
        Ok(())
    })?;
    timed(scene, "metadata", || {
        let found = metadata(scene_there, Some(topic))?;
        ensure!(found == count, "{found} partitions have a leader");
        Ok(())
    })?;
    let mut writer = Driver::of(&confluent::CLIENT, scene_there)?;
    let places: Vec<i64> = (0..i64::try_from(count)?).step_by(500).collect();
    let records: Vec<Value> =
        places.iter().map(|&place| Record::new("k", place.to_string()).to(place).to_json()).collect();
    writer.call(&json!({"do": "produce", "topic": topic, "records": records}))?;
    for place in places {
        let read = writer.call(&json!({"do": "read", "topic": topic, "partition": place}))?;
        let read = ReadRecord::all(&read)?;
        ensure!(read.len() == 1, "{} records of one are read from partition {place}", read.len());
    }
    scene.note(format!("peak memory of the broker: {} MB", broker.peak_memory_mb()?));
    timed(scene, "delete", || driver.call(&on_topic("delete", topic)).map(drop))?;
    writer.finish()?;
    driver.finish().map(drop)
}

/// How many partitions with a leader kcat sees.
fn metadata(scene: &Scene<'_>, topic: Option<&str>) -> Result<usize> {
    let mut kcat: Command = tied_to_us("kcat");
    kcat.args(["-q", "-L", "-J", "-b", &scene.bootstrap]);
    kcat.args(topic.into_iter().flat_map(|topic| ["-t", topic]));
    let answer: Value = serde_json::from_str(&capture(&mut kcat, "")?)?;
    let topics = answer.get("topics").and_then(Value::as_array).context("topics in what kcat prints")?;
    let partitions = topics.iter().filter_map(|topic| topic.get("partitions")?.as_array()).flatten();
    let leader = |partition: &Value| partition.get("leader").and_then(Value::as_i64);
    Ok(partitions.filter(|partition| leader(partition).is_some_and(|leader| leader > 0)).count())
}

fn timed(scene: &Scene<'_>, what: &str, step: impl FnOnce() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    step().with_context(|| what.to_owned())?;
    scene.note(format!("{what}: {:.1} s", began.elapsed().as_secs_f64()));
    Ok(())
}
