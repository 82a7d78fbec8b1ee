//! The folder of a cluster: which ports its nodes have, and a folder for each node.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::cluster::ClusterOptions;
use super::install::KafkaInstall;
use crate::process::{self, ProcessGroup};

const HOST: &str = "127.0.0.1";
const STATE_FILE: &str = "cluster.json";
const FORMAT_LIMIT: Duration = Duration::from_secs(60);
const SERVER: [&str; 4] = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:ActiveProcessorCount=2"];
/// Below the range that the kernel gives to outgoing connections, so that no client takes a port before its server.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A cluster's files. They stay where they are while its processes come and go.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) folder: PathBuf,
    pub(super) version: String,
    pub(super) nodes: Vec<Node>,
}

/// One node, broker and controller in one process.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: u16,
    pub(super) folder: PathBuf,
    pub(super) broker_port: u16,
    pub(super) controller_port: u16,
}

impl Layout {
    /// Writes the files of a new cluster into `folder` and formats its data.
    pub(super) fn create(install: &KafkaInstall, folder: &Path, options: &ClusterOptions) -> Result<Self> {
        let ports = free_ports(2 * usize::from(options.nodes))?;
        let nodes = (1..=options.nodes).zip(ports.chunks_exact(2)).map(|(id, ports)| Node {
            id,
            folder: folder.join(format!("node-{id}")),
            broker_port: ports[0],
            controller_port: ports[1],
        });
        let layout = Self { folder: folder.to_owned(), version: install.version().to_owned(), nodes: nodes.collect() };
        for node in &layout.nodes {
            fs::create_dir_all(&node.folder)?;
            fs::write(node.folder.join("server.properties"), layout.properties(node, options))?;
        }
        layout.format(install)?;
        layout.save()?;
        Ok(layout)
    }

    /// Reads what [`Layout::create`] has left in `folder`; `None` when there is nothing.
    pub(super) fn open(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(STATE_FILE);
        if !file.is_file() {
            return Ok(None);
        }
        let state: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let parse = || {
            let nodes = state.get("nodes")?.as_array()?.iter().zip(1..).map(|(node, id)| {
                let port = |name: &str| u16::try_from(node.get(name)?.as_u64()?).ok();
                let folder = folder.join(format!("node-{id}"));
                Some(Node { id, folder, broker_port: port("broker")?, controller_port: port("controller")? })
            });
            let version = state.get("version")?.as_str()?.to_owned();
            Some(Self { folder: folder.to_owned(), version, nodes: nodes.collect::<Option<_>>()? })
        };
        parse().map(Some).with_context(|| format!("{} is not a cluster's", file.display()))
    }

    fn save(&self) -> Result<()> {
        let nodes =
            self.nodes.iter().map(|node| json!({"broker": node.broker_port, "controller": node.controller_port}));
        let state = json!({"version": self.version, "nodes": nodes.collect::<Vec<_>>()});
        Ok(fs::write(self.folder.join(STATE_FILE), format!("{state:#}\n"))?)
    }

    /// The addresses of all brokers, as a client takes them.
    pub(super) fn bootstrap(&self) -> String {
        self.nodes.iter().map(|node| format!("{HOST}:{}", node.broker_port)).collect::<Vec<_>>().join(",")
    }

    fn properties(&self, node: &Node, options: &ClusterOptions) -> String {
        let voters = self.nodes.iter().map(|node| format!("{}@{HOST}:{}", node.id, node.controller_port));
        let replicas = self.nodes.len().min(3);
        let in_sync = replicas.saturating_sub(1).max(1);
        let Node { id, broker_port, controller_port, .. } = node;
        let mut lines = vec![
            format!("node.id={id}"),
            "process.roles=broker,controller".to_owned(),
            format!("listeners=PLAINTEXT://{HOST}:{broker_port},CONTROLLER://{HOST}:{controller_port}"),
            "controller.listener.names=CONTROLLER".to_owned(),
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(),
            format!("controller.quorum.voters={}", voters.collect::<Vec<_>>().join(",")),
            format!("log.dirs={}", self.data(node).display()),
            // Nobody has to wait for members of a group that will not come.
            "group.initial.rebalance.delay.ms=0".to_owned(),
            format!("default.replication.factor={replicas}"),
            format!("min.insync.replicas={in_sync}"),
        ];
        for topic in ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"] {
            lines.push(format!("{topic}.replication.factor={replicas}"));
            lines.push(format!("{topic}.num.partitions=4"));
        }
        lines.push(format!("transaction.state.log.min.isr={in_sync}"));
        lines.push(format!("share.coordinator.state.topic.min.isr={in_sync}"));
        let advertised = options.advertised.iter().filter(|(node, _)| node == id);
        lines.extend(advertised.map(|(_, port)| format!("advertised.listeners=PLAINTEXT://{HOST}:{port}")));
        lines.extend(options.settings.iter().map(|(key, value)| format!("{key}={value}")));
        lines.join("\n") + "\n"
    }

    /// Where `node` keeps its log.
    pub(super) fn data(&self, node: &Node) -> PathBuf {
        node.folder.join("data")
    }

    /// A JVM per node formats its data, all at once.
    fn format(&self, install: &KafkaInstall) -> Result<()> {
        let cluster_id = cluster_id();
        let formatting = self.nodes.iter().map(|node| {
            let mut command = install.program("kafka.tools.StorageTool", &[])?;
            command.args(["format", "--config", "server.properties", "--cluster-id", &cluster_id]);
            node.redirect(&mut command)?;
            Ok((node, ProcessGroup::spawn(&mut command)?))
        });
        for (node, mut group) in formatting.collect::<Result<Vec<_>>>()? {
            if !group.wait(FORMAT_LIMIT)?.is_some_and(|status| status.success()) {
                bail!("node {} could not format its data:\n{}", node.id, node.end_of_log());
            }
        }
        Ok(())
    }
}

impl Node {
    /// The command that serves, to be started by `java`.
    pub(super) fn server(&self, install: &KafkaInstall, mut java: Command, jvm: &[String]) -> Result<Command> {
        let flags: Vec<&str> = SERVER.into_iter().chain(jvm.iter().map(String::as_str)).collect();
        install.add_arguments(&mut java, &flags, "info", &[])?;
        java.args(["kafka.Kafka", "server.properties"]);
        self.redirect(&mut java)?;
        Ok(java)
    }

    /// The file with all that the node has printed.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(super) fn end_of_log(&self) -> String {
        format!("{} ends with\n{}", self.log().display(), process::tail(&self.log(), 15))
    }

    fn redirect(&self, command: &mut Command) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(())
    }
}

/// Free ports of the loopback interface, distinct while they are chosen.
fn free_ports(count: usize) -> Result<Vec<u16>> {
    let mut held = Vec::new();
    for _ in 0..1000 {
        if held.len() == count {
            break;
        }
        held.extend(TcpListener::bind((HOST, fastrand::u16(PORTS))).ok());
    }
    if held.len() < count {
        bail!("found no {count} free ports from {} to {}", PORTS.start, PORTS.end);
    }
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

/// A fresh id in Kafka's form: 16 bytes in base64, whose last digit carries two bits.
fn cluster_id() -> String {
    let middle: String = std::iter::repeat_with(fastrand::alphanumeric).take(21).collect();
    middle + "A"
}
