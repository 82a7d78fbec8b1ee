//! `ottla broker`: a cluster in this process.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, ValueHint};
use ottla::broker::{
    Cluster, StartError,
    config::{ConfigError, ServerProperties},
};

use crate::{
    connection::{assignment, read_text},
    exit::usage,
    stop::StopSignal,
};

/// Run a broker, or a cluster of several
///
/// Prints a line for each node and then `ready`. SIGINT and SIGTERM stop it in order.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla broker                                  in memory, on 127.0.0.1:9092
  ottla broker --data ./data                    files that Kafka's own tools can read
  ottla broker --listen 127.0.0.1:0 --nodes 3   three nodes on free ports
  ottla broker --set num.partitions=6 --set log.retention.ms=60000
  ottla broker --config server.properties --data ./data")]
pub(crate) struct BrokerArgs {
    /// Where to listen; port 0 picks a free one, further nodes take the ports after it
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9092")]
    listen: String,
    /// How many nodes, with the ids 1, 2 and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    nodes: u16,
    /// Keep everything in this directory
    #[arg(long, value_name = "DIR", conflicts_with = "memory", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Keep everything in memory, which is the default
    #[arg(long)]
    memory: bool,
    /// A file of broker properties, as Kafka's server.properties
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// A broker property, by Kafka's name; it overrides the file. May be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

impl BrokerArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        // Asked for before anything starts, so that a signal during the start is not lost.
        let mut stop = StopSignal::new()?;
        let mut properties = self.config.as_deref().map_or_else(|| Ok(ServerProperties::default()), read_properties)?;
        self.set.into_iter().for_each(|(name, value)| properties.set(name, value));
        let builder = Cluster::builder().properties(properties).nodes(self.nodes.into()).listen(self.listen);
        let builder = match self.data {
            Some(path) => builder.directory(path),
            None => builder.memory(),
        };
        let cluster = builder.start().await.map_err(start_error)?;
        announce(&cluster);
        stop.received().await;
        Ok(cluster.shutdown().await?)
    }
}

fn read_properties(path: &Path) -> anyhow::Result<ServerProperties> {
    ServerProperties::parse(&read_text(path)?).map_err(|error| usage(format!("{}: {error}", path.display())))
}

/// What is wrong with the settings is a usage error, each on its own line.
fn start_error(error: StartError) -> anyhow::Error {
    match error {
        StartError::Config(errors) => {
            let lines: Vec<String> = errors.iter().map(ConfigError::to_string).collect();
            usage(lines.join("\n       "))
        }
        StartError::InvalidAddress(_) => usage(error),
        other => other.into(),
    }
}

fn announce(cluster: &Cluster) {
    let mut lines = String::new();
    for node in cluster.nodes() {
        lines += &format!("node {} listening on {}\n", node.id, node.endpoint);
    }
    lines += "ready\n";
    let mut stdout = std::io::stdout();
    // A broker goes on when nobody reads what it says.
    let _ = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
}
