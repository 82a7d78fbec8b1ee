//! kcat: librdkafka in C, as a person at a terminal uses it.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::case::Case;
use super::client::{Client, Origin};
use super::scene::{Scene, capture, has, records, same_records};
use crate::process::tied_to_us;
use crate::requirement::KCAT;

static CLIENT: Client = Client { name: "kcat", origin: Origin::Foreign, ensure: |_| version(), driver: None };

pub(super) static CASES: [Case; 7] = [
    Case::new(&CLIENT, "metadata", metadata).in_ci(),
    Case::new(&CLIENT, "produce and consume, every codec", every_codec).in_ci(),
    Case::new(&CLIENT, "headers and tombstones", headers_and_tombstones).in_ci(),
    Case::new(&CLIENT, "idempotent producer", idempotent).in_ci(),
    Case::new(&CLIENT, "consumer group", group).in_ci(),
    Case::new(&CLIENT, "offsets by position and by time", offsets).in_ci(),
    Case::new(&CLIENT, "compacted topic with gaps", compacted),
];

const COMPACTION_LIMIT: Duration = Duration::from_secs(20);
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Its own version and that of the librdkafka in it, of a line such as `Version 1.7.1 (JSON, librdkafka 2.3.0 ...)`.
fn version() -> Result<String> {
    KCAT.ensure()?;
    let printed = capture(Command::new("kcat").arg("-V"), "")?;
    let word_after = |name: &str| printed.split_once(name).and_then(|(_, rest)| rest.split_whitespace().next());
    let (own, library) = word_after("Version ").zip(word_after("librdkafka ")).context("kcat -V names no version")?;
    Ok(format!("{own}, librdkafka {library}"))
}

fn kcat(scene: &Scene<'_>, arguments: &[&str]) -> Command {
    let mut command = tied_to_us("kcat");
    command.args(["-q", "-b", &scene.bootstrap]).args(arguments);
    command
}

fn produce(scene: &Scene<'_>, topic: &str, records: &[String], arguments: &[&str]) -> Result<()> {
    let mut command = kcat(scene, &["-P", "-t", topic, "-K:"]);
    capture(command.args(arguments), &(records.join("\n") + "\n")).map(drop)
}

pub(super) fn consume(scene: &Scene<'_>, topic: &str, format: &str, arguments: &[&str]) -> Result<String> {
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

/// One of ten keys is written last; of the others only the newest record is left, at its offset.
fn compacted(scene: &Scene<'_>) -> Result<()> {
    let topic = &scene.name;
    let mut create = scene.kafka.tool("topics")?;
    create.args(["--bootstrap-server", &scene.bootstrap, "--create", "--topic", topic, "--partitions", "1"]);
    for config in ["cleanup.policy=compact", "min.cleanable.dirty.ratio=0.01", "segment.ms=500"] {
        create.args(["--config", config]);
    }
    capture(&mut create, "")?;
    let written: Vec<String> = (0..100).map(|number| format!("key-{}:{number}", number % 10)).collect();
    produce(scene, topic, &written, &[])?;
    let deadline = Instant::now() + COMPACTION_LIMIT;
    loop {
        // What is written last is in the open segment, which is never compacted.
        thread::sleep(Duration::from_secs(1));
        produce(scene, topic, &["last:x".to_owned()], &[])?;
        let read = consume(scene, topic, "%o:%k:%s\n", &["-o", "beginning"])?;
        let left: Vec<&str> = read.lines().filter(|line| !line.ends_with(":last:x")).collect();
        let newest: Vec<String> = (90..100).map(|number| format!("{number}:key-{}:{number}", number % 10)).collect();
        if left == newest {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{} records are left of 100 with 10 keys", left.len());
    }
}
