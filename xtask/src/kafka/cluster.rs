//! A throwaway cluster that ends with its owner.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::install::KafkaInstall;
use super::layout::Layout;
use super::probe;
use crate::process::{self, ProcessGroup};

const START_LIMIT: Duration = Duration::from_secs(120);
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
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { nodes: 1, settings: Vec::new(), jvm: Vec::new() }
    }
}

/// A running Apache Kafka on free ports of the loopback interface, with its data in a temporary folder.
///
/// Dropping it kills the nodes and removes the folder.
#[derive(Debug)]
pub(crate) struct KafkaCluster {
    // Declared before the folder: processes end before what they write to is removed.
    nodes: Vec<ProcessGroup>,
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
        let mut nodes = Vec::new();
        for node in &layout.nodes {
            let mut command = node.server(install, process::tied_to_us("java"), &options.jvm)?;
            nodes.push(ProcessGroup::spawn(&mut command)?);
        }
        let mut cluster = Self { nodes, layout, folder };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// The addresses of all brokers, as a client takes them.
    pub(crate) fn bootstrap(&self) -> String {
        self.layout.bootstrap()
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
        self.nodes.drain(..).try_for_each(|node| node.stop(limit).map(drop))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let all = self.layout.nodes.len();
        for (node, group) in self.layout.nodes.iter().zip(&mut self.nodes) {
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

/// Parses `KEY=VALUE`.
///
/// # Errors
/// There is no `=`.
pub(crate) fn setting(text: &str) -> Result<(String, String)> {
    let (key, value) = text.split_once('=').with_context(|| format!("'{text}' is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}
