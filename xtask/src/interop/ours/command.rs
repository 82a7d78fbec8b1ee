//! Each subcommand of `ottla` that talks to a cluster.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::case::Case;
use super::super::ottla::{CLIENT, ottla};
use super::super::scene::{Scene, capture, has};

pub(in super::super) static CASES: [Case; 5] = [
    Case::new(&CLIENT, "every subcommand of topic", topics).in_ci(),
    Case::new(&CLIENT, "every subcommand of group", groups).in_ci(),
    Case::new(&CLIENT, "headers, keys and tombstones", records).in_ci(),
    Case::new(&CLIENT, "cluster describe", cluster).in_ci(),
    Case::new(&CLIENT, "perf produce, consume and latency", perf),
];

/// What a subcommand prints.
fn text(scene: &Scene<'_>, words: &str, input: &str) -> Result<String> {
    capture(&mut ottla(scene, &words.split(' ').collect::<Vec<_>>())?, input)
}

/// What a subcommand tells programs.
fn json(scene: &Scene<'_>, words: &str) -> Result<Value> {
    let printed = text(scene, &format!("{words} --format json"), "")?;
    serde_json::from_str(&printed).with_context(|| format!("{words}: {printed}"))
}

fn is(found: &Value, expected: impl Into<Value>, what: &str) -> Result<()> {
    let expected = expected.into();
    ensure!(*found == expected, "{what} is {found}, not {expected}");
    Ok(())
}

fn topics(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let create = format!("topic create {topic} --partitions 2 -c retention.ms=86400000");
    ensure!(text(scene, &create, "")? == format!("created {topic} with 2 partitions\n"), "created is not said");
    ensure!(text(scene, &create, "").is_err(), "a topic was created twice");
    text(scene, &format!("{create} --if-not-exists"), "")?;
    let described = |at: &str| {
        let described = json(scene, &format!("topic describe {topic}"))?;
        described.pointer(at).cloned().with_context(|| format!("no {at} in {described}"))
    };
    let setting = |name: &str| {
        let settings = described("/0/settings")?;
        // Those of the broker's own configuration are listed as well.
        let found = settings.as_array().into_iter().flatten().find(|setting| setting.get("name") == Some(&name.into()));
        Ok::<_, anyhow::Error>(found.and_then(|setting| setting.get("value").cloned()).unwrap_or_default())
    };
    is(&setting("retention.ms")?, "86400000", "the setting")?;
    text(scene, &format!("topic alter {topic} --partitions 4 -c max.message.bytes=70000 --reset retention.ms"), "")?;
    is(&setting("max.message.bytes")?, "70000", "the altered setting")?;
    is(&setting("retention.ms")?, Value::Null, "the setting that was reset")?;
    let partitions = described("/0/partitions")?;
    ensure!(partitions.as_array().is_some_and(|partitions| partitions.len() == 4), "not 4 partitions: {partitions}");
    has(&text(scene, "topic list", "")?, topic)?;

    text(scene, &format!("produce {topic} --partition 3"), "a\nb\nc\n")?;
    let trimmed = text(scene, &format!("topic delete-records {topic} --before 2 --partition 3"), "")?;
    ensure!(trimmed == format!("{topic}-3 begins at offset 2\n"), "the records before 2 are not deleted: {trimmed}");
    let offsets = json(scene, &format!("topic offsets {topic} --partition 3 --at -1h"))?;
    for (at, expected) in [("/0/beginning", 2), ("/0/end", 3), ("/0/at", 2)] {
        is(offsets.pointer(at).unwrap_or(&Value::Null), expected, at)?;
    }
    ensure!(text(scene, &format!("topic delete {topic}"), "")? == format!("deleted {topic}\n"), "deleted is not said");
    ensure!(text(scene, &format!("topic delete {topic}"), "").is_err(), "a topic was deleted twice");
    Ok(())
}

fn groups(scene: &Scene<'_>) -> Result<()> {
    let (topic, group) = (scene.name.as_str(), format!("{}-members", scene.name));
    text(scene, &format!("topic create {topic} --partitions 2"), "")?;
    for partition in 0..2 {
        text(scene, &format!("produce {topic} --partition {partition}"), "a\nb\nc\n")?;
    }
    let read =
        |from: &str| text(scene, &format!("consume {topic} --group {group} --exit-at-end --format %v{from}"), "");
    ensure!(read(" --from beginning")?.lines().count() == 6, "not all records were read");
    ensure!(read("")?.is_empty(), "records were read again");
    let lag = || {
        let lags = json(scene, &format!("group lag {group}"))?;
        lags.pointer("/0/lag").cloned().with_context(|| format!("no lag in {lags}"))
    };
    is(&lag()?, 0, "the lag")?;
    let reset = |to: &str| text(scene, &format!("group reset-offsets {group} {to}"), "");
    reset("--to 1 --dry-run")?;
    is(&lag()?, 0, "the lag after a dry run")?;
    for (to, expected) in [("--to 1", 4), ("--shift -1", 6), ("--to 2100-01-01", 0), ("--to -1h", 6)] {
        reset(to)?;
        is(&lag()?, expected, &format!("the lag after {to}"))?;
    }
    ensure!(read("")?.lines().count() == 6, "a group that was reset does not read again");
    let described = json(scene, &format!("group describe {group}"))?;
    is(described.pointer("/0/state").unwrap_or(&Value::Null), "Empty", "the state")?;
    let is_listed = || {
        let listed = json(scene, "group list")?;
        let names = listed.as_array().into_iter().flatten().filter_map(|entry| entry.get("group"));
        Ok::<_, anyhow::Error>(names.into_iter().any(|name| *name == group.as_str()))
    };
    ensure!(is_listed()?, "the group is not listed");
    ensure!(text(scene, &format!("group delete {group}"), "")? == format!("deleted {group}\n"), "deleted is not said");
    ensure!(!is_listed()?, "the deleted group is listed");
    Ok(())
}

fn records(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    text(scene, &format!("topic create {topic} --partitions 1"), "")?;
    text(scene, &format!("produce {topic} --key-separator : -H trace=1 -H trace=2"), "ann:3 apples\n")?;
    let mut tombstone = ottla(scene, &["produce", topic, "--key-separator", ":", "--empty-as-null"])?;
    capture(&mut tombstone, "ann:\n")?;
    let mut consume = ottla(scene, &["consume", topic, "--exit-at-end", "--from", "beginning"])?;
    let printed = capture(consume.args(["--format", "%p %o %k=%v %h"]), "")?;
    let lines: Vec<_> = printed.lines().collect();
    ensure!(lines.len() == 2, "two records were written: {printed}");
    has(lines.first().unwrap_or(&""), "0 0 ann=3 apples trace=1,trace=2")?;
    let json = text(scene, &format!("consume {topic} --exit-at-end --from 1 --format json"), "")?;
    let record: Value = serde_json::from_str(&json).with_context(|| json.clone())?;
    is(record.get("value").unwrap_or(&Value::Bool(false)), Value::Null, "the value of the tombstone")
}

fn cluster(scene: &Scene<'_>) -> Result<()> {
    let described = json(scene, "cluster describe")?;
    let brokers = described.get("brokers").and_then(Value::as_array).context("no brokers")?;
    ensure!(brokers.len() == usize::from(scene.nodes), "not {} brokers: {described}", scene.nodes);
    let state = |broker: &Value| broker.get("state").and_then(Value::as_str) == Some("up");
    ensure!(brokers.iter().all(state), "a broker is not up: {described}");
    Ok(())
}

fn perf(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    text(scene, &format!("topic create {topic} --partitions 3"), "")?;
    let produced = json(scene, &format!("perf produce {topic} --records 100000 --size 100"))?;
    is(produced.get("records").unwrap_or(&Value::Null), 100_000, "records written")?;
    let consumed = json(scene, &format!("perf consume {topic}"))?;
    is(consumed.get("records").unwrap_or(&Value::Null), 100_000, "records read")?;
    is(consumed.get("bytes").unwrap_or(&Value::Null), 10_000_000, "bytes read")?;
    let latency = json(scene, &format!("perf latency {topic} --records 100"))?;
    is(latency.pointer("/latency_ms/samples").unwrap_or(&Value::Null), 100, "records timed")
}
