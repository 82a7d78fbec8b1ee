//! The cluster that `cargo xtask kafka start` leaves running.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use super::cluster::ClusterOptions;
use super::install::KafkaInstall;
use super::layout::{Layout, Node};
use super::probe;
use crate::process::signal_group;
use crate::requirement;

const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The one standing cluster of a user. Its nodes are found again by the process ids in their folders.
#[derive(Debug)]
pub(super) struct StandingCluster {
    layout: Layout,
}

impl StandingCluster {
    /// Starts it anew, without the data of the last one.
    pub(super) fn start(install: &KafkaInstall, options: &ClusterOptions) -> Result<Self> {
        let folder = folder()?;
        if let Some(layout) = Layout::open(&folder)? {
            if layout.nodes.iter().any(|node| node.pid().is_some()) {
                bail!("a cluster runs already, on {}; `cargo xtask kafka stop` ends it", layout.bootstrap());
            }
            fs::remove_dir_all(&folder)?;
        }
        let cluster = Self { layout: Layout::create(install, &folder, options)? };
        if let Err(error) = cluster.spawn(install, options) {
            cluster.stop()?;
            return Err(error);
        }
        Ok(cluster)
    }

    /// The cluster that was started last.
    pub(super) fn existing() -> Result<Self> {
        let layout = Layout::open(&folder()?)?.context("there is no cluster; `cargo xtask kafka start` makes one")?;
        Ok(Self { layout })
    }

    pub(super) fn version(&self) -> &str {
        &self.layout.version
    }

    pub(super) fn bootstrap(&self) -> String {
        self.layout.bootstrap()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.layout.folder
    }

    /// Ends all nodes as an operator would; what is left after half a minute is killed.
    pub(super) fn stop(&self) -> Result<()> {
        for signal in [Signal::TERM, Signal::KILL] {
            let deadline = Instant::now() + STOP_LIMIT;
            self.layout.nodes.iter().filter_map(Node::pid).for_each(|pid| signal_group(pid, signal));
            while Instant::now() < deadline {
                if self.layout.nodes.iter().all(|node| node.pid().is_none()) {
                    return Ok(());
                }
                thread::sleep(POLL_INTERVAL);
            }
        }
        bail!("a node of the cluster in {} does not end", self.layout.folder.display())
    }

    /// Kills one node, as a crash would.
    pub(super) fn kill(&self, id: u16) -> Result<()> {
        let node = self.layout.nodes.iter().find(|node| node.id == id);
        let node = node.with_context(|| format!("there is no node {id}; the last is {}", self.layout.nodes.len()))?;
        let pid = node.pid().with_context(|| format!("node {id} is down already"))?;
        signal_group(pid, Signal::KILL);
        Ok(())
    }

    fn spawn(&self, install: &KafkaInstall, options: &ClusterOptions) -> Result<()> {
        for node in &self.layout.nodes {
            let mut command = node.server(install, Command::new("java"), &options.jvm)?;
            // In a group of its own: Ctrl-C in the terminal that started it does not reach it.
            let child = command.process_group(0).spawn().context("java did not start")?;
            fs::write(node.pid_file(), child.id().to_string())?;
        }
        let deadline = Instant::now() + START_LIMIT;
        for node in &self.layout.nodes {
            while probe::known_brokers(node.broker_port) < self.layout.nodes.len() {
                if Instant::now() > deadline || node.pid().is_none() {
                    bail!("node {} did not get ready; {}", node.id, node.end_of_log());
                }
                thread::sleep(POLL_INTERVAL);
            }
        }
        Ok(())
    }
}

impl Node {
    fn pid_file(&self) -> PathBuf {
        self.folder.join("pid")
    }

    /// The recorded process while it works in this node's folder; its number may have gone to another since.
    fn pid(&self) -> Option<u32> {
        let pid = fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        let works_in = fs::canonicalize(format!("/proc/{pid}/cwd")).ok()?;
        (works_in == fs::canonicalize(&self.folder).ok()?).then_some(pid)
    }
}

fn folder() -> Result<PathBuf> {
    Ok(requirement::cache()?.join("kafka-cluster"))
}
