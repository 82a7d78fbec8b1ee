//! Kafka's tools that were made for tests: they say in JSON what they did.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{create, tool};
use crate::interop::scene::{Scene, capture, has};

/// VerifiableProducer writes, and VerifiableConsumer reads it.
pub(super) fn producer_and_consumer(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    create(scene, topic, "3")?;
    let producer = "org.apache.kafka.tools.VerifiableProducer";
    let written = tool(scene, producer, &["--topic", topic, "--max-messages", "500", "--repeating-keys", "20"], "")?;
    ensure!(events(&written, "producer_send_success").count() == 500, "not all 500 were acknowledged:\n{written}");
    ensure!(events(&written, "producer_send_error").next().is_none(), "some were refused:\n{written}");
    let group = format!("{topic}-members");
    let consumer = "org.apache.kafka.tools.VerifiableConsumer";
    let read = tool(scene, consumer, &["--topic", topic, "--group-id", &group, "--max-messages", "500"], "")?;
    let counts = events(&read, "records_consumed").filter_map(|event| event.get("count")?.as_u64());
    let count = counts.sum::<u64>();
    ensure!(count == 500, "{count} of 500 were read:\n{read}");
    let commits: Vec<Value> = events(&read, "offsets_committed").collect();
    ensure!(!commits.is_empty(), "nothing was committed:\n{read}");
    let failed = commits.iter().find(|event| event.get("success") != Some(&Value::Bool(true)));
    ensure!(failed.is_none(), "a commit has failed: {failed:?}");
    Ok(())
}

fn events<'p>(printed: &'p str, name: &'static str) -> impl Iterator<Item = Value> + 'p {
    let parsed = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed.filter(move |event| event.get("name").and_then(Value::as_str) == Some(name))
}

/// EndToEndLatency sends record by record and waits for each.
pub(super) fn latency(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    create(scene, topic, "1")?;
    let mut command = scene.kafka.tool("org.apache.kafka.tools.EndToEndLatency")?;
    let printed = capture(command.args([&scene.bootstrap, topic, "300", "all", "100"]), "")?;
    has(&printed, "Avg latency:")?;
    let percentiles = printed.lines().find(|line| line.starts_with("Percentiles:")).context("no percentiles")?;
    scene.note(percentiles);
    Ok(())
}
