//! A throwaway cluster that ends with its owner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::install::KafkaInstall;
use super::layout::Layout;
use super::probe;
use crate::process::{self, ProcessGroup};

const START_LIMIT: Duration = Duration::from_secs(120);
/// How a JVM ends after SIGTERM.
const TERMINATED: i32 = 143;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What a cluster looks like.
#[derive(Clone, Debug)]
pub(crate) struct ClusterOptions {
    /// How many nodes, each broker and controller.
    pub(crate) nodes: u16,
    /// Server properties on top of ours.
    pub(crate) settings: Vec<(String, String)>,
    /// Flags for the JVMs on top of ours.
    pub(crate) jvm: Vec<String>,
    /// Ports that clients are sent to in place of a node's own.
    pub(crate) advertised: Vec<(u16, u16)>,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { nodes: 1, settings: Vec::new(), jvm: Vec::new(), advertised: Vec::new() }
    }
}

/// A running Apache Kafka on free ports of the loopback interface, with its data in a temporary folder.
///
/// Dropping it kills the nodes and removes the folder.
#[derive(Debug)]
pub(crate) struct KafkaCluster {
    // Declared before the folder: processes end before what they write to is removed.
    nodes: BTreeMap<u16, ProcessGroup>,
    layout: Layout,
    folder: TempDir,
}

impl KafkaCluster {
    /// Starts a cluster and waits until every node knows all others.
    ///
    /// # Errors
    /// A node cannot be formatted or started, or is not ready within two minutes; the error ends with its log.
    pub(crate) fn start(install: &KafkaInstall, options: &ClusterOptions) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("ottla-kafka-").tempdir()?;
        let layout = Layout::create(install, folder.path(), options)?;
        let mut cluster = Self { nodes: BTreeMap::new(), layout, folder };
        cluster.start_nodes(install, options)?;
        Ok(cluster)
    }

    /// Starts the nodes on the files that are there, and waits for them as [`KafkaCluster::start`] does.
    ///
    /// # Errors
    /// As [`KafkaCluster::start`].
    pub(crate) fn start_nodes(&mut self, install: &KafkaInstall, options: &ClusterOptions) -> Result<()> {
        for node in &self.layout.nodes {
            let mut command = node.server(install, process::tied_to_us("java"), &options.jvm)?;
            self.nodes.insert(node.id, ProcessGroup::spawn(&mut command)?);
        }
        self.wait_until_ready()
    }

    /// Starts one node again on its files, and waits until the nodes that run know each other.
    ///
    /// # Errors
    /// As [`KafkaCluster::start`], or there is no such node.
    pub(crate) fn start_node(&mut self, install: &KafkaInstall, options: &ClusterOptions, id: u16) -> Result<()> {
        let node = self.layout.nodes.iter().find(|node| node.id == id);
        let node = node.with_context(|| format!("there is no node {id}"))?;
        let mut command = node.server(install, process::tied_to_us("java"), &options.jvm)?;
        self.nodes.insert(id, ProcessGroup::spawn(&mut command)?);
        self.wait_until_ready()
    }

    /// Ends one node as an operator would, within `limit`, and keeps its files.
    ///
    /// # Errors
    /// It does not run, does not end in time, or not in order.
    pub(crate) fn stop_node(&mut self, id: u16, limit: Duration) -> Result<()> {
        stop_in_order(self.nodes.remove(&id).with_context(|| format!("node {id} does not run"))?, limit)
    }

    /// Kills one node, as a crash would, and keeps its files.
    ///
    /// # Errors
    /// It does not run.
    pub(crate) fn kill_node(&mut self, id: u16) -> Result<()> {
        self.nodes.remove(&id).map(drop).with_context(|| format!("node {id} does not run"))
    }

    /// The addresses of all brokers, as a client takes them.
    pub(crate) fn bootstrap(&self) -> String {
        self.layout.bootstrap()
    }

    /// The process ids of the nodes that run.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.nodes.values().map(ProcessGroup::id).collect()
    }

    /// Where the nodes keep their properties, logs and data.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the folder behind when the cluster ends.
    pub(crate) fn keep_folder(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// Ends the nodes as an operator would, each within `limit`.
    ///
    /// # Errors
    /// A node cannot be waited for.
    pub(crate) fn stop(mut self, limit: Duration) -> Result<()> {
        std::mem::take(&mut self.nodes).into_values().try_for_each(|node| node.stop(limit).map(drop))
    }

    /// Ends the nodes as an operator would, each within `limit`, and keeps their files.
    ///
    /// # Errors
    /// A node does not end in time, or not in order.
    pub(crate) fn stop_nodes(&mut self, limit: Duration) -> Result<()> {
        std::mem::take(&mut self.nodes).into_values().try_for_each(|node| stop_in_order(node, limit))
    }

    /// Kills the nodes, as a crash would, and keeps their files.
    pub(crate) fn kill_nodes(&mut self) {
        self.nodes.clear();
    }

    /// Where the first node keeps its log.
    ///
    /// # Errors
    /// Never: there is a first node.
    pub(crate) fn data(&self) -> Result<PathBuf> {
        let node = self.layout.nodes.first().context("a cluster has a node")?;
        Ok(self.layout.data(node))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let all = self.nodes.len();
        for node in &self.layout.nodes {
            let Some(group) = self.nodes.get_mut(&node.id) else { continue };
            while probe::known_brokers(node.broker_port) < all {
                if let Some(status) = group.ended()? {
                    bail!("node {} ended ({status}); {}", node.id, node.end_of_log());
                }
                if Instant::now() > deadline {
                    bail!("node {} was not ready in time; {}", node.id, node.end_of_log());
                }
                thread::sleep(POLL_INTERVAL);
            }
        }
        Ok(())
    }
}

fn stop_in_order(node: ProcessGroup, limit: Duration) -> Result<()> {
    let status = node.stop(limit)?.context("a node did not end in time")?;
    // A JVM that is asked to end by a signal says so, having run all that has to be run before.
    ensure!(status.success() || status.code() == Some(TERMINATED), "a node ended with {status}");
    Ok(())
}

/// Parses `KEY=VALUE`.
///
/// # Errors
/// There is no `=`.
pub(crate) fn setting(text: &str) -> Result<(String, String)> {
    let (key, value) = text.split_once('=').with_context(|| format!("'{text}' is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}
