//! kcat: librdkafka in C, as a person at a terminal uses it.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::case::{Case, FOREIGN, Scene, capture, has, records, same_records};
use crate::process::tied_to_us;

pub(super) const CASES: [Case; 6] = [
    Case { name: "kcat: metadata", targets: FOREIGN, run: metadata },
    Case { name: "kcat: produce and consume, every codec", targets: FOREIGN, run: every_codec },
    Case { name: "kcat: headers and tombstones", targets: FOREIGN, run: headers_and_tombstones },
    Case { name: "kcat: idempotent producer", targets: FOREIGN, run: idempotent },
    Case { name: "kcat: consumer group", targets: FOREIGN, run: group },
    Case { name: "kcat: offsets by position and by time", targets: FOREIGN, run: offsets },
];

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

fn kcat(scene: &Scene<'_>, arguments: &[&str]) -> Command {
    let mut command = tied_to_us("kcat");
    command.args(["-q", "-b", &scene.bootstrap]).args(arguments);
    command
}

fn produce(scene: &Scene<'_>, topic: &str, records: &[String], arguments: &[&str]) -> Result<()> {
    let mut command = kcat(scene, &["-P", "-t", topic, "-K:"]);
    capture(command.args(arguments), &(records.join("\n") + "\n")).map(drop)
}

fn consume(scene: &Scene<'_>, topic: &str, format: &str, arguments: &[&str]) -> Result<String> {
    let mut command = kcat(scene, &["-C", "-t", topic, "-e", "-f", format]);
    capture(command.args(arguments), "")
}

fn metadata(scene: &Scene<'_>) -> Result<()> {
    let topic = &scene.name;
    produce(scene, topic, &records(1), &[])?;
    let answer: Value = serde_json::from_str(&capture(&mut kcat(scene, &["-L", "-J"]), "")?)?;
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    ensure!(list(&answer, "brokers").len() == usize::from(scene.nodes), "not all brokers are in {answer}");
    let found = list(&answer, "topics").into_iter().find(|entry| entry.get("topic").is_some_and(|name| name == topic));
    let partitions = list(&found.with_context(|| format!("{topic} is not in {answer}"))?, "partitions");
    ensure!(partitions.len() == 3, "there should be 3 partitions, not {partitions:?}");
    let has_leader =
        |partition: &Value| partition.get("leader").and_then(Value::as_i64).is_some_and(|leader| leader > 0);
    ensure!(partitions.iter().all(has_leader), "a partition has no leader: {partitions:?}");
    Ok(())
}

fn every_codec(scene: &Scene<'_>) -> Result<()> {
    for codec in CODECS {
        let topic = format!("{}-{codec}", scene.name);
        let written = records(1000);
        produce(scene, &topic, &written, &["-z", codec])?;
        let read = consume(scene, &topic, "%k:%s\n", &["-o", "beginning"])?;
        same_records(&written, &read).with_context(|| format!("with {codec}"))?;
    }
    Ok(())
}

fn headers_and_tombstones(scene: &Scene<'_>) -> Result<()> {
    let topic = &scene.name;
    let lines = ["a:1".to_owned(), "b:".to_owned()];
    produce(scene, topic, &lines, &["-Z", "-p", "0", "-H", "trace=7", "-H", "empty="])?;
    let read = consume(scene, topic, "%p %o %k %S %h\n", &["-o", "beginning"])?;
    // A size of -1 is null: kcat's way to write a tombstone.
    for line in ["0 0 a 1 trace=7,empty=", "0 1 b -1 trace=7,empty="] {
        has(&read, line)?;
    }
    Ok(())
}

fn idempotent(scene: &Scene<'_>) -> Result<()> {
    let written = records(500);
    produce(scene, &scene.name, &written, &["-X", "enable.idempotence=true", "-X", "batch.num.messages=50"])?;
    same_records(&written, &consume(scene, &scene.name, "%k:%s\n", &["-o", "beginning"])?)
}

/// A member reads everything and commits; the next one has nothing left to read.
fn group(scene: &Scene<'_>) -> Result<()> {
    let topic = &scene.name;
    let written = records(300);
    produce(scene, topic, &written, &[])?;
    let read_as_member = || {
        let reset = ["-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000"];
        let mut command = kcat(scene, &["-e", "-f", "%k:%s\n"]);
        capture(command.args(reset).args(["-G", &format!("{topic}-members"), topic]), "")
    };
    same_records(&written, &read_as_member()?)?;
    let again = read_as_member()?;
    if !again.is_empty() {
        bail!("the offsets were not committed: {} records were read again", again.lines().count());
    }
    Ok(())
}

fn offsets(scene: &Scene<'_>) -> Result<()> {
    let topic = &scene.name;
    let written: Vec<String> = (0..10).map(|number| format!("k:{number}")).collect();
    produce(scene, topic, &written, &["-p", "1"])?;
    let query = |time: &str| capture(&mut kcat(scene, &["-Q", "-t", &format!("{topic}:1:{time}")]), "");
    has(&query("-2")?, "[1] offset 0")?;
    has(&query("-1")?, "[1] offset 10")?;
    let values = |arguments: &[&str]| consume(scene, topic, "%s ", &[&["-p", "1"], arguments].concat());
    ensure!(values(&["-o", "7"])? == "7 8 9 ", "reading from offset 7");
    ensure!(values(&["-o", "-2"])? == "8 9 ", "reading the last two");
    let third = consume(scene, topic, "%T\n", &["-p", "1", "-o", "3", "-c", "1"])?;
    let time = third.trim();
    ensure!(time.parse::<i64>().is_ok_and(|time| time > 0), "a record without a time: '{third}'");
    let from_time = values(&["-o", &format!("s@{time}")])?;
    ensure!(from_time.ends_with("3 4 5 6 7 8 9 "), "reading from the time of a record: '{from_time}'");
    Ok(())
}
