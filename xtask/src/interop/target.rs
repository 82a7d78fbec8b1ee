//! The clusters that cases run on.

use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use tempfile::NamedTempFile;

use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};
use crate::process::{self, ProcessGroup};
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// What a topic gets that is created by using it.
pub(super) const PARTITIONS: (&str, &str) = ("num.partitions", "3");
/// Otherwise a compaction is a quarter of a minute away.
const COMPACTION: (&str, &str) = ("log.cleaner.backoff.ms", "200");

/// A kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// Our reference broker, one node, in memory.
    BrokerRef,
    /// Apache Kafka with one node.
    #[value(name = "kafka-1")]
    KafkaOne,
    /// Apache Kafka with three nodes.
    #[value(name = "kafka-3")]
    KafkaThree,
    /// None: the case is about files, and starts what it needs.
    Files,
}

impl Target {
    /// In the order in which they are run.
    pub(super) const ALL: [Self; 4] = [Self::BrokerRef, Self::KafkaOne, Self::KafkaThree, Self::Files];
    /// The clusters among them.
    pub(super) const CLUSTERS: [Self; 3] = [Self::BrokerRef, Self::KafkaOne, Self::KafkaThree];

    /// How many brokers it has.
    pub(super) fn nodes(self) -> u16 {
        match self {
            Self::BrokerRef | Self::KafkaOne => 1,
            Self::KafkaThree => 3,
            Self::Files => 0,
        }
    }

    /// Whether our own broker has to be built for it.
    pub(super) fn needs_broker_ref(self) -> bool {
        matches!(self, Self::BrokerRef | Self::Files)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BrokerRef => "broker-ref",
            Self::KafkaOne => "kafka-1",
            Self::KafkaThree => "kafka-3",
            Self::Files => "files",
        })
    }
}

/// A cluster that runs until it is dropped.
#[derive(Debug)]
pub(super) enum Running {
    BrokerRef(OurBroker),
    Kafka(KafkaCluster),
    Nothing,
}

impl Running {
    /// Starts a cluster of that kind.
    pub(super) fn start(target: Target, kafka: &KafkaInstall) -> Result<Self> {
        match target {
            Target::BrokerRef => OurBroker::in_memory().map(Self::BrokerRef),
            Target::Files => Ok(Self::Nothing),
            Target::KafkaOne | Target::KafkaThree => {
                KafkaCluster::start(kafka, &kafka_options(target.nodes())).map(Self::Kafka)
            }
        }
    }

    /// The addresses of all brokers, as a client takes them.
    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::BrokerRef(broker) => broker.bootstrap.clone(),
            Self::Kafka(cluster) => cluster.bootstrap(),
            Self::Nothing => String::new(),
        }
    }
}

/// How Kafka is set up for cases.
pub(super) fn kafka_options(nodes: u16) -> ClusterOptions {
    let settings = [PARTITIONS, COMPACTION].map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    ClusterOptions { nodes, settings, ..ClusterOptions::default() }
}

/// `ottla broker`, as a user would start it.
#[derive(Debug)]
pub(crate) struct OurBroker {
    bootstrap: String,
    process: ProcessGroup,
}

impl OurBroker {
    fn in_memory() -> Result<Self> {
        let [partitions, compaction] = [PARTITIONS, COMPACTION].map(|(key, value)| format!("{key}={value}"));
        Self::start(&["--memory", "--set", &partitions, "--set", &compaction])
    }

    /// Starts it with these arguments, on a free port unless they name one.
    ///
    /// # Errors
    /// It is not ready within seconds; the error has what it printed.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let output = NamedTempFile::new()?;
        let errors = NamedTempFile::new()?;
        let mut command = process::tied_to_us(release_file("ottla")?);
        command.arg("broker").args(arguments);
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.stdin(Stdio::null()).stdout(File::create(output.path())?).stderr(File::create(errors.path())?);
        let mut process = ProcessGroup::spawn(&mut command)?;
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let printed = std::fs::read_to_string(output.path())?;
            if let Some(bootstrap) = bootstrap(&printed) {
                return Ok(Self { bootstrap, process });
            }
            let ended = process.ended()?;
            if ended.is_some() || Instant::now() > deadline {
                let errors = process::tail(errors.path(), 20);
                bail!("`ottla broker` did not print `ready` ({ended:?}), but\n{printed}{errors}");
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its address.
    pub(crate) fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Ends it as an operator would.
    ///
    /// # Errors
    /// It does not end in time, or not in order.
    pub(super) fn stop(self) -> Result<()> {
        let status = self.process.stop(START_LIMIT)?.context("`ottla broker` did not end in time")?;
        ensure!(status.success(), "`ottla broker` ended with {status}");
        Ok(())
    }
}

/// The addresses in `node N listening on HOST:PORT` once `ready` has been printed.
fn bootstrap(printed: &str) -> Option<String> {
    printed.lines().find(|line| *line == "ready")?;
    let addresses = printed.lines().filter_map(|line| line.split_once(" listening on ")).map(|(_, address)| address);
    Some(addresses.collect::<Vec<_>>().join(","))
}

/// A file that `cargo build --release` has made.
pub(crate) fn release_file(name: &str) -> Result<PathBuf> {
    Ok(workspace::target()?.join("release").join(name))
}

/// Builds the binary and the examples that cases use.
pub(crate) fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--package", "ottla-cli", "--package", "ottla"]);
    cargo.args(["--package", "ottla-interop", "--bin", "ottla", "--bin", "ottla-interop"]);
    cargo.args(["--examples", "--target-dir"]).arg(workspace::target()?);
    process::run(cargo.current_dir(workspace::root()?)).context("our own side of the cases does not build")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_count_once_all_nodes_are_ready() {
        let printed = "node 1 listening on 127.0.0.1:9\nnode 2 listening on 127.0.0.1:8\n";
        assert_eq!(bootstrap(printed), None);
        assert_eq!(bootstrap(&format!("{printed}ready\n")).as_deref(), Some("127.0.0.1:9,127.0.0.1:8"));
    }
}
