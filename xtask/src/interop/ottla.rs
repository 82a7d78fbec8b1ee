//! Our own client: on Apache Kafka, and beside others on the same topics.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::case::Case;
use super::client::{Client, Origin};
use super::scene::{Scene, capture, has, records, same_records};
use super::target::release_file;
use crate::process::tied_to_us;
use crate::requirement::KCAT;

pub(super) static CLIENT: Client = Client { name: "ottla", origin: Origin::Ours, ensure: |_| version(), driver: None };

pub(super) static CASES: [Case; 5] = [
    Case::new(&CLIENT, "quickstart", quickstart).in_ci(),
    Case::new(&CLIENT, "topics and groups", topics_and_groups).in_ci(),
    Case::new(&CLIENT, "produce and consume, every codec", every_codec).in_ci(),
    Case::new(&CLIENT, "reads what kcat writes", reads_kcat).in_ci(),
    Case::new(&CLIENT, "writes what kcat reads", kcat_reads).in_ci(),
];

/// Of a line such as `ottla 0.1.0`.
fn version() -> Result<String> {
    KCAT.ensure()?;
    let printed = capture(Command::new(release_file("ottla")?).arg("--version"), "")?;
    printed.split_whitespace().nth(1).map(str::to_owned).context("`ottla --version` names no version")
}

/// The command on the cluster of the scene.
pub(super) fn ottla(scene: &Scene<'_>, arguments: &[&str]) -> Result<Command> {
    let mut command = tied_to_us(release_file("ottla")?);
    command.env("OTTLA_BOOTSTRAP", &scene.bootstrap).args(arguments);
    Ok(command)
}

/// Writes records, key and value with a colon in between.
pub(super) fn produce(scene: &Scene<'_>, topic: &str, records: &[String], arguments: &[&str]) -> Result<()> {
    let mut command = ottla(scene, &["produce", topic, "--key-separator", ":"])?;
    capture(command.args(arguments), &(records.join("\n") + "\n")).map(drop)
}

/// Reads records in that form.
pub(super) fn consume(scene: &Scene<'_>, topic: &str, arguments: &[&str]) -> Result<String> {
    let mut command = ottla(scene, &["consume", topic, "--exit-at-end", "--format", "%k:%v"])?;
    capture(command.args(arguments), "")
}

/// The values of a topic, from its beginning to its end.
pub(super) fn values(scene: &Scene<'_>, topic: &str) -> Result<String> {
    let whole = ["consume", topic, "--exit-at-end", "--from", "beginning", "--format", "%v"];
    capture(&mut ottla(scene, &whole)?, "")
}

fn quickstart(scene: &Scene<'_>) -> Result<()> {
    let mut command = tied_to_us(release_file("examples/quickstart")?);
    capture(command.env("OTTLA_BOOTSTRAP", &scene.bootstrap), "").map(drop)
}

fn topics_and_groups(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    let run = |arguments: &[&str]| capture(&mut ottla(scene, arguments)?, "");
    run(&["topic", "create", topic, "--partitions", "4"])?;
    has(&run(&["topic", "list"])?, topic)?;
    produce(scene, topic, &records(80), &[])?;
    let group = format!("{topic}-members");
    same_records(&records(80), &consume(scene, topic, &["--group", &group, "--from", "beginning"])?)?;
    has(&run(&["group", "list"])?, &group)?;
    has(&run(&["group", "describe", &group])?, topic)?;
    let described = kafka(scene, "consumer-groups", &["--describe", "--group", &group])?;
    let committed = described.lines().filter(|line| line.starts_with(&group)).count();
    ensure!(committed == 4, "Kafka's tool sees offsets of {committed} partitions:\n{described}");
    run(&["group", "delete", &group])?;
    run(&["topic", "delete", topic])?;
    let left = run(&["topic", "list"])?;
    ensure!(!left.contains(topic), "the deleted topic is still there");
    Ok(())
}

fn kafka(scene: &Scene<'_>, tool: &str, arguments: &[&str]) -> Result<String> {
    let mut command = scene.kafka.tool(tool)?;
    capture(command.args(["--bootstrap-server", &scene.bootstrap]).args(arguments), "")
}

fn every_codec(scene: &Scene<'_>) -> Result<()> {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("{}-{codec}", scene.name);
        let written = records(1000);
        produce(scene, &topic, &written, &["--compression", codec, "--acks", "all"])?;
        let read = consume(scene, &topic, &["--from", "beginning"])?;
        same_records(&written, &read).with_context(|| format!("with {codec}"))?;
    }
    Ok(())
}

fn reads_kcat(scene: &Scene<'_>) -> Result<()> {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("{}-{codec}", scene.name);
        let written = records(500);
        let mut kcat = tied_to_us("kcat");
        kcat.args(["-q", "-P", "-b", &scene.bootstrap, "-K:", "-z", codec, "-t", &topic]);
        capture(&mut kcat, &(written.join("\n") + "\n"))?;
        let read = consume(scene, &topic, &["--from", "beginning"])?;
        same_records(&written, &read).with_context(|| format!("with {codec}"))?;
    }
    Ok(())
}

fn kcat_reads(scene: &Scene<'_>) -> Result<()> {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("{}-{codec}", scene.name);
        let written = records(500);
        produce(scene, &topic, &written, &["--compression", codec])?;
        let mut kcat = tied_to_us("kcat");
        kcat.args(["-q", "-C", "-b", &scene.bootstrap, "-e", "-o", "beginning", "-f", "%k:%s\n", "-t", &topic]);
        same_records(&written, &capture(&mut kcat, "")?).with_context(|| format!("with {codec}"))?;
    }
    Ok(())
}
