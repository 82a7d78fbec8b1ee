//! A cluster that one case has for itself, to stop and start its nodes.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::super::scene::Scene;
use super::super::target::{OurBroker, PARTITIONS, Target, kafka_options};
use crate::kafka::{ClusterOptions, KafkaCluster, KafkaInstall};

const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Kafka or our broker, with its data in files.
#[derive(Debug)]
pub(super) enum OwnCluster {
    Kafka { cluster: KafkaCluster, install: KafkaInstall, options: ClusterOptions },
    Ours { broker: Option<OurBroker>, address: String, folder: TempDir },
}

impl OwnCluster {
    /// Starts one of the kind that the scene is on.
    pub(super) fn start(scene: &Scene<'_>) -> Result<Self> {
        if scene.target == Target::BrokerRef {
            let folder = tempfile::tempdir()?;
            let broker = start_on(&folder, "127.0.0.1:0")?;
            return Ok(Self::Ours { address: broker.bootstrap().to_owned(), broker: Some(broker), folder });
        }
        let (install, options) = (scene.kafka.clone(), kafka_options(scene.nodes));
        Ok(Self::Kafka { cluster: KafkaCluster::start(&install, &options)?, install, options })
    }

    /// The addresses of all nodes.
    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::Kafka { cluster, .. } => cluster.bootstrap(),
            Self::Ours { address, .. } => address.clone(),
        }
    }

    /// Does what the program wishes: `node stop N`, `node kill N` or `node start N`.
    pub(super) fn grant(&mut self, wish: &str) -> Result<()> {
        let words: Vec<_> = wish.split(' ').collect();
        let ["node", what, node] = words[..] else { bail!("'{wish}' is no wish") };
        let node = node.parse().with_context(|| format!("'{node}' is no node"))?;
        match (self, what) {
            (Self::Kafka { cluster, .. }, "stop") => cluster.stop_node(node, STOP_LIMIT),
            (Self::Kafka { cluster, .. }, "kill") => cluster.kill_node(node),
            (Self::Kafka { cluster, install, options }, "start") => cluster.start_node(install, options, node),
            (Self::Ours { broker, .. }, "stop") => broker.take().context("it does not run")?.stop(),
            (Self::Ours { broker, .. }, "kill") => broker.take().map(drop).context("it does not run"),
            (Self::Ours { broker, address, folder }, "start") => {
                ensure!(broker.is_none(), "it runs already");
                *broker = Some(start_on(folder, address)?);
                Ok(())
            }
            _ => bail!("'{wish}' is no wish"),
        }
    }
}

fn start_on(folder: &TempDir, address: &str) -> Result<OurBroker> {
    let data = folder.path().to_str().context("a temporary folder whose name is text")?;
    let (key, value) = PARTITIONS;
    OurBroker::start(&["--data", data, "--listen", address, "--set", &format!("{key}={value}")])
}
