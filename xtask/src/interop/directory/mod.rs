//! Log directories: those of Apache Kafka in our broker, and ours in Kafka's tools and in Kafka.
//!
//! A Java client fills a cluster with all that a log directory can hold, and prints what it finds there. What it finds
//! once the other broker has the files must be the same: every record with its offset, times, key, value and headers,
//! offsets by time, producers, and the committed offsets of groups.

mod compacted;
mod dump;
mod folder;
mod oracle;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use self::dump::LogDump;
use self::oracle::{Content, DirectoryOracle};
use super::case::Case;
use super::client::{Client, Origin};
use super::scene::Scene;
use super::target::OurBroker;
use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};

const STOP_LIMIT: Duration = Duration::from_secs(60);
const CHECKPOINT_LIMIT: Duration = Duration::from_secs(60);
/// As many partitions as the clusters of [`crate::kafka`] have.
const OFFSETS_PARTITIONS: &str = "offsets.topic.num.partitions=4";

static CLIENT: Client = Client {
    name: "directories",
    origin: Origin::Directories,
    ensure: |kafka: &KafkaInstall| Ok(kafka.version().to_owned()),
    driver: None,
};

pub(super) static CASES: [Case; 5] = [
    Case::new(&CLIENT, "of a stopped Kafka in ottla", |scene| kafkas(scene, How::Stopped)),
    Case::new(&CLIENT, "of a killed Kafka in ottla", |scene| kafkas(scene, How::Killed)).in_ci(),
    Case::new(&CLIENT, "a compacted topic of Kafka in ottla, read by all", compacted::read_by_all),
    Case::new(&CLIENT, "of ottla in Kafka's tools", ours_in_tools).in_ci(),
    Case::new(&CLIENT, "of ottla in Kafka", ours_in_kafka),
];

/// How the broker that wrote a directory has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Stopped,
    Killed,
}

fn kafkas(scene: &Scene<'_>, how: How) -> Result<()> {
    let install = scene.kafka;
    let oracle = DirectoryOracle::compile(install)?;
    let mut kafka = KafkaCluster::start(install, &compacting())?;
    oracle.write(&kafka.bootstrap())?;
    oracle.extend(&kafka.bootstrap())?;
    let written = oracle.dump(&kafka.bootstrap())?;
    match how {
        How::Stopped => kafka.stop_nodes(STOP_LIMIT)?,
        How::Killed => {
            await_start_offset(&kafka.data()?)?;
            kafka.kill_nodes();
        }
    }
    let copy = tempfile::tempdir()?;
    folder::copy(&kafka.data()?, copy.path())?;
    for start in ["first", "second"] {
        let broker = start_on(copy.path())?;
        let read = oracle.dump(broker.bootstrap())?;
        read.ensure_same(&written).with_context(|| format!("after our broker's {start} start on Kafka's directory"))?;
        broker.stop()?;
    }
    Ok(())
}

/// A Kafka that compacts at once, and notes at once where logs start.
fn compacting() -> ClusterOptions {
    let mut options = ClusterOptions::default();
    // Kafka writes the start of a trimmed log down once a minute, after half a minute's delay. Killed before, it would not
    // know it any more itself.
    let quickly =
        ["log.cleaner.backoff.ms", "log.flush.start.offset.checkpoint.interval.ms", "log.initial.task.delay.ms"];
    options.settings.extend(quickly.map(|name| (name.to_owned(), "200".to_owned())));
    options
}

/// Waits until Kafka has written down where the trimmed log starts.
fn await_start_offset(data: &Path) -> Result<()> {
    let deadline = Instant::now() + CHECKPOINT_LIMIT;
    while !std::fs::read_to_string(data.join(CHECKPOINTS[0])).is_ok_and(|starts| starts.contains("trimmed 0 ")) {
        ensure!(Instant::now() < deadline, "Kafka has not written {} in {CHECKPOINT_LIMIT:?}", CHECKPOINTS[0]);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn ours_in_tools(scene: &Scene<'_>) -> Result<()> {
    let install = scene.kafka;
    let oracle = DirectoryOracle::compile(install)?;
    let (folder, written) = ours(&oracle)?;
    let dump = LogDump::new(install, folder.path())?;
    dump.records_are(&written)?;
    dump.commits_are(&written)?;
    dump.producers_are(&written)?;
    dump.indexes_are_sound()
}

fn ours_in_kafka(scene: &Scene<'_>) -> Result<()> {
    let install = scene.kafka;
    let oracle = DirectoryOracle::compile(install)?;
    let (folder, written) = ours(&oracle)?;
    let options = ClusterOptions::default();
    let kafka = adopted(install, &options, &oracle, folder.path())?;
    oracle.dump(&kafka.bootstrap())?.ensure_same_but_ids(&written).context("after Kafka's start on our directory")
}

/// A directory that our broker has written and closed, and what is in it.
fn ours(oracle: &DirectoryOracle<'_>) -> Result<(TempDir, Content)> {
    let folder = tempfile::tempdir()?;
    let broker = start_on(folder.path())?;
    oracle.write(broker.bootstrap())?;
    let written = oracle.dump(broker.bootstrap())?;
    broker.stop()?;
    Ok((folder, written))
}

fn start_on(folder: &Path) -> Result<OurBroker> {
    let data = folder.to_str().context("a temporary folder whose name is text")?;
    OurBroker::start(&["--data", data, "--set", OFFSETS_PARTITIONS, "--set", "group.initial.rebalance.delay.ms=0"])
}

/// A Kafka whose partitions are those of our directory.
///
/// Kafka takes no partition that its own metadata log does not know, and gives every topic an id of its own. So the
/// topics are created in it first, and then it gets our logs under the ids that it has given them.
fn adopted(
    install: &KafkaInstall,
    options: &ClusterOptions,
    oracle: &DirectoryOracle<'_>,
    ours: &Path,
) -> Result<KafkaCluster> {
    let mut kafka = KafkaCluster::start(install, options)?;
    oracle.create(&kafka.bootstrap())?;
    kafka.stop_nodes(STOP_LIMIT)?;
    let theirs = kafka.data()?;
    let partitions = folder::partitions(ours)?;
    ensure!(!partitions.is_empty(), "our broker has left no partition");
    for name in &partitions {
        let (from, to) = (ours.join(name), theirs.join(name));
        let metadata = std::fs::read(to.join(PARTITION_METADATA)).with_context(|| format!("Kafka has no {name}"))?;
        std::fs::remove_dir_all(&to)?;
        folder::copy(&from, &to)?;
        std::fs::write(to.join(PARTITION_METADATA), metadata)?;
    }
    for checkpoint in CHECKPOINTS {
        std::fs::copy(ours.join(checkpoint), theirs.join(checkpoint)).with_context(|| checkpoint.to_owned())?;
    }
    kafka.start_nodes(install, options)?;
    Ok(kafka)
}

const PARTITION_METADATA: &str = "partition.metadata";
const CHECKPOINTS: [&str; 3] =
    ["log-start-offset-checkpoint", "recovery-point-offset-checkpoint", "replication-offset-checkpoint"];
