//! Topics from their creation to their end.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::{Driver, on_topic};
use crate::interop::scene::Scene;

const TOPIC_ALREADY_EXISTS: i64 = 36;
const UNKNOWN_TOPIC_OR_PARTITION: i64 = 3;
/// What was changed may be seen a moment later by a client that remembers.
const LIMIT: Duration = Duration::from_secs(15);

/// A topic is created, described, changed and deleted.
pub(in crate::interop) const fn administration(client: &'static Client) -> Case {
    Case::new(client, "create, describe, alter and delete a topic", run)
}

fn run(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let mut driver = Driver::start(scene)?;
    let create = json!({
        "do": "create", "topic": topic, "partitions": 2, "configs": {"retention.ms": "3600000"},
    });
    driver.call(&create)?;
    driver.call_refused(&create, TOPIC_ALREADY_EXISTS)?;
    await_description(&mut driver, topic, 2, &[("retention.ms", "3600000")])?;
    // Clients without IncrementalAlterConfigs replace what was set before.
    let configs = json!({"retention.ms": "7200000", "max.message.bytes": "65536"});
    driver.call(&json!({"do": "alter", "topic": topic, "configs": configs}))?;
    driver.call(&json!({"do": "grow", "topic": topic, "partitions": 5}))?;
    await_description(&mut driver, topic, 5, &[("retention.ms", "7200000"), ("max.message.bytes", "65536")])?;
    await_listing(&mut driver, topic, true)?;
    driver.call(&on_topic("delete", topic))?;
    await_listing(&mut driver, topic, false)?;
    driver.call_refused(&on_topic("delete", topic), UNKNOWN_TOPIC_OR_PARTITION)?;
    driver.finish().map(drop)
}

fn await_description(driver: &mut Driver, topic: &str, partitions: u64, configs: &[(&str, &str)]) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        // Just created, a topic may be unknown for a moment.
        let mut described = driver.call(&on_topic("describe", topic));
        let config = |name: &str| described.as_ref().ok()?.get("configs")?.get(name)?.as_str().map(str::to_owned);
        let count = described.as_ref().ok().and_then(|answer| answer.get("partitions")).and_then(Value::as_u64);
        let are_set = configs.iter().all(|(name, value)| config(name).as_deref() == Some(value));
        if count == Some(partitions) && are_set {
            return Ok(());
        }
        if Instant::now() > deadline {
            described = described.with_context(|| format!("{topic} cannot be described"));
            anyhow::bail!("there should be {partitions} partitions and {configs:?}, and there is {}", described?);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn await_listing(driver: &mut Driver, topic: &str, is_there: bool) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer = driver.call(&json!({"do": "topics"}))?;
        let names = answer.as_array().context("the names of topics")?;
        if names.iter().any(|name| name == topic) == is_there {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "whether {topic} is listed should be {is_there}");
        thread::sleep(Duration::from_millis(100));
    }
}
