//! A broker of a case's own, which it may kill, start again, and look at.

use std::fs;
use std::net::TcpListener;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::scene::Scene;
use super::target::{OurBroker, Target};
use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};

/// One node of the kind that the scene is about, with its data in files.
#[derive(Debug)]
pub(super) struct OwnBroker<'e> {
    kafka: &'e KafkaInstall,
    options: ClusterOptions,
    running: Running,
}

#[derive(Debug)]
enum Running {
    Ours { broker: Option<OurBroker>, address: String, data: TempDir },
    Kafka(KafkaCluster),
}

impl<'e> OwnBroker<'e> {
    /// Starts it with these settings.
    pub(super) fn start(scene: &Scene<'e>, settings: &[(&str, &str)]) -> Result<Self> {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = ClusterOptions { settings: settings.collect(), ..ClusterOptions::default() };
        let running = if scene.target == Target::BrokerRef {
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
            let data = tempfile::tempdir()?;
            let broker = start_ours(&address, &data, &options)?;
            Running::Ours { broker: Some(broker), address, data }
        } else {
            Running::Kafka(KafkaCluster::start(scene.kafka, &options)?)
        };
        Ok(Self { kafka: scene.kafka, options, running })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> String {
        match &self.running {
            Running::Ours { address, .. } => address.clone(),
            Running::Kafka(cluster) => cluster.bootstrap(),
        }
    }

    /// Kills it, as a crash would.
    pub(super) fn kill(&mut self) {
        match &mut self.running {
            Running::Ours { broker, .. } => drop(broker.take()),
            Running::Kafka(cluster) => cluster.kill_nodes(),
        }
    }

    /// Starts it again on the files that are there.
    pub(super) fn restart(&mut self) -> Result<()> {
        match &mut self.running {
            Running::Ours { broker, address, data } => *broker = Some(start_ours(address, data, &self.options)?),
            Running::Kafka(cluster) => cluster.start_nodes(self.kafka, &self.options)?,
        }
        Ok(())
    }

    /// The most memory that it has had, in MB.
    pub(super) fn peak_memory_mb(&self) -> Result<u64> {
        let id = match &self.running {
            Running::Ours { broker, .. } => broker.as_ref().map(OurBroker::id),
            Running::Kafka(cluster) => cluster.processes().first().copied(),
        };
        let status = fs::read_to_string(format!("/proc/{}/status", id.context("a broker that runs")?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()).context("no VmHWM")?;
        Ok(kilobytes.parse::<u64>()? / 1024)
    }
}

fn start_ours(address: &str, data: &TempDir, options: &ClusterOptions) -> Result<OurBroker> {
    let data = data.path().to_str().context("a temporary folder whose name is text")?;
    let mut arguments = ["--listen", address, "--data", data].map(str::to_owned).to_vec();
    for (name, value) in &options.settings {
        arguments.extend(["--set".to_owned(), format!("{name}={value}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    OurBroker::start(&arguments)
}
