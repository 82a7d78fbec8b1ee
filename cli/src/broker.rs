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

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::{
    connection::{assignment, read_text},
    exit::usage,
    output::notice,
    stop::StopSignal,
};

/// Where to listen unless told.
const DEFAULT_ADDRESS: &str = "127.0.0.1:9092";

/// Run a broker, or a cluster of several
///
/// Prints `node ID listening on HOST:PORT` for each node, then `ready`, and nothing more on standard output. It runs until
/// SIGINT or SIGTERM, and then stops in order: files are complete, and the exit status is 0.
///
/// It has neither TLS nor passwords: whoever can reach it can do everything.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla broker                                  in memory, on 127.0.0.1:9092
  ottla broker --data ./data                    files that Kafka's own tools can read
  ottla broker --listen 127.0.0.1:0 --nodes 3   three nodes on free ports
  ottla broker --set num.partitions=6 --set log.retention.ms=60000
  ottla broker --config server.properties --data ./data")]
pub(crate) struct BrokerArgs {
    /// Where to listen; port 0 picks a free one, further nodes take the ports after it [default: `listeners` of the
    /// file, or 127.0.0.1:9092]
    ///
    /// Clients are told this address, unless `advertised.listeners` is set, so it has to be one that they can reach.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// How many nodes, with the ids 1, 2 and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    nodes: u16,
    /// Keep everything in this directory [default: `log.dirs` of the file, if it has one]
    #[arg(long, value_name = "DIR", conflicts_with = "memory", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Keep everything in memory, which is the default without --data and `log.dirs`
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
        raise_descriptor_limit();
        let mut properties = self.config.as_deref().map_or_else(|| Ok(ServerProperties::default()), read_properties)?;
        self.set.iter().for_each(|(name, value)| properties.set(name, value));
        let follows_listeners = self.listen.is_none() && properties.get("listeners").is_some();
        let mut builder = Cluster::builder().properties(properties).nodes(self.nodes.into());
        if !follows_listeners {
            builder = builder.listen(self.listen.as_deref().unwrap_or(DEFAULT_ADDRESS));
        }
        builder = match (&self.data, self.memory) {
            (Some(path), _) => builder.directory(path),
            (None, true) => builder.memory(),
            (None, false) => builder,
        };
        let started = tokio::select! {
            started = builder.start() => started,
            () = stop.received() => {
                notice::warning("stopped before it was ready: the next start reads the logs again");
                return Ok(());
            }
        };
        let cluster = started.map_err(|error| self.start_error(error))?;
        announce(&cluster);
        stop.received().await;
        Ok(cluster.shutdown().await?)
    }

    /// What is wrong with the options and settings is a usage error, and names what to change.
    fn start_error(&self, error: StartError) -> anyhow::Error {
        let option = |name: &str, given: bool, setting: &str| if given { name.to_owned() } else { setting.to_owned() };
        match error {
            StartError::Config(errors) => {
                let lines: Vec<String> = errors.iter().map(ConfigError::to_string).collect();
                usage(lines.join("\n       "))
            }
            StartError::InvalidAddress(_) => usage(format!("--listen: {error}")),
            StartError::NotEnoughPorts { .. } => usage(format!("--listen and --nodes: {error}")),
            StartError::NotADirectory { .. } => {
                usage(format!("{}: {error}", option("--data", self.data.is_some(), "log.dirs")))
            }
            StartError::SeveralNodes { .. } => usage(format!("{error}, or drop --nodes")),
            StartError::SeveralDirectories(_) => usage(format!("{error}: choose it with --data")),
            StartError::Listeners(error) => usage(error),
            StartError::Listen { .. } => {
                let setting = option("--listen", self.listen.is_some(), "--listen or listeners");
                anyhow::anyhow!("{error}: choose another address with {setting}, or port 0 for a free one")
            }
            other => other.into(),
        }
    }
}

/// Each connection and each segment takes a file descriptor. The usual soft limit is for programs of another kind, and
/// all may have as many as the hard limit says.
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit on file descriptors stays as it is");
    }
}

fn read_properties(path: &Path) -> anyhow::Result<ServerProperties> {
    ServerProperties::parse(&read_text(path)?).map_err(|error| usage(format!("{}: {error}", path.display())))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(arguments: &[&str], error: StartError) -> String {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            broker: BrokerArgs,
        }
        let command = <Command as clap::Parser>::parse_from(["broker"].iter().chain(arguments));
        command.broker.start_error(error).to_string()
    }

    #[test]
    fn what_keeps_a_broker_from_starting_names_the_option_and_what_to_do() {
        let ports = || StartError::NotEnoughPorts { nodes: 3, port: 65535 };
        assert_eq!(
            message(&["--listen", "127.0.0.1:65535", "--nodes", "3"], ports()),
            "--listen and --nodes: 3 nodes need as many ports, and from 65535 on there are fewer: begin with a smaller \
             one, or with 0"
        );
        let file = || StartError::NotADirectory { path: "notes.txt".into() };
        let expected = "notes.txt is not a directory: name one, it is created if it does not exist";
        assert_eq!(message(&["--data", "notes.txt"], file()), format!("--data: {expected}"));
        assert_eq!(message(&[], file()), format!("log.dirs: {expected}"));
    }
}
