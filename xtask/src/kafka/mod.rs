//! A real Apache Kafka from Maven Central, on the loopback interface.

mod cluster;
mod install;
mod layout;
mod probe;
mod standing;
mod tool;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use self::standing::StandingCluster;
use crate::process;

pub(crate) use self::cluster::{ClusterOptions, KafkaCluster};
pub(crate) use self::install::{DEFAULT_VERSION, KafkaInstall};

/// What to do with Kafka.
#[derive(Debug, Subcommand)]
pub(crate) enum KafkaCommand {
    /// Run a command with a cluster of its own
    #[command(after_help = "\
Examples:
  cargo xtask kafka run -- cargo run --release --example quickstart
  cargo xtask kafka run --nodes 3 --set num.partitions=6 -- cargo test
  cargo xtask kafka run --version 3.9.0 -- sh -c 'kcat -L -b \"$OTTLA_BOOTSTRAP\"'

The command finds the brokers in OTTLA_BOOTSTRAP and KAFKA_BOOTSTRAP_SERVERS. Logs and data of a
cluster whose command failed are kept.")]
    Run {
        #[command(flatten)]
        cluster: ClusterArguments,
        /// The command and its arguments, after --
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
    /// Start a cluster that stays, without data
    Start(ClusterArguments),
    /// Stop that cluster
    Stop,
    /// Print the variables that lead to it, for eval "$(cargo xtask kafka env)"
    Env,
    /// Kill one of its nodes
    Kill {
        /// The node's number
        node: u16,
    },
    /// Run one of Kafka's tools on it
    #[command(after_help = format!("Tools: {}, or a class by its full name.

Examples:
  cargo xtask kafka tool topics --create --topic orders --partitions 6
  cargo xtask kafka tool dump-log --print-data-log --files 00000000000000000000.log", tool::names()))]
    Tool {
        /// Its name, without kafka- and .sh
        name: String,
        /// Its arguments; --bootstrap-server is put before them unless they say where to look
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Print the class path of all jars
    Classpath {
        /// Which Kafka
        #[arg(long, default_value = DEFAULT_VERSION)]
        version: String,
    },
}

/// Which Kafka, and how much of it.
#[derive(Args, Debug)]
pub(crate) struct ClusterArguments {
    /// How many nodes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: u16,
    /// Which Kafka, from 3.3 on
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
    /// A server property
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = cluster::setting)]
    settings: Vec<(String, String)>,
}

impl ClusterArguments {
    fn options(&self) -> ClusterOptions {
        ClusterOptions { nodes: self.nodes, settings: self.settings.clone(), ..ClusterOptions::default() }
    }
}

impl KafkaCommand {
    /// Does it.
    ///
    /// # Errors
    /// Kafka could not be installed or started, or a tool failed.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        match self {
            Self::Run { cluster, command } => return run(&cluster, &command),
            Self::Start(arguments) => start(&arguments)?,
            Self::Stop => StandingCluster::existing()?.stop()?,
            Self::Env => print_environment(&StandingCluster::existing()?),
            Self::Kill { node } => StandingCluster::existing()?.kill(node)?,
            Self::Tool { name, arguments } => tool(&name, &arguments)?,
            Self::Classpath { version } => println!("{}", KafkaInstall::ensure(&version)?.classpath()?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends as the command ends.
fn run(arguments: &ClusterArguments, words: &[String]) -> Result<ExitCode> {
    let install = KafkaInstall::ensure(&arguments.version)?;
    let mut cluster = KafkaCluster::start(&install, &arguments.options())?;
    let bootstrap = cluster.bootstrap();
    let (program, rest) = words.split_first().context("there is no command to run")?;
    let mut command = process::tied_to_us(program);
    command.args(rest).env("OTTLA_BOOTSTRAP", &bootstrap).env("KAFKA_BOOTSTRAP_SERVERS", &bootstrap);
    let status = command.status().with_context(|| format!("{program} did not start"))?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    cluster.keep_folder();
    eprintln!("xtask: {program} failed ({status}); the cluster has left {}", cluster.folder().display());
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn start(arguments: &ClusterArguments) -> Result<()> {
    let install = KafkaInstall::ensure(&arguments.version)?;
    let cluster = StandingCluster::start(&install, &arguments.options())?;
    eprintln!("xtask: Kafka {} runs in {}", cluster.version(), cluster.folder().display());
    print_environment(&cluster);
    Ok(())
}

fn print_environment(cluster: &StandingCluster) {
    for name in ["OTTLA_BOOTSTRAP", "KAFKA_BOOTSTRAP_SERVERS"] {
        println!("export {name}={}", cluster.bootstrap());
    }
}

fn tool(name: &str, arguments: &[String]) -> Result<()> {
    let knows_where =
        arguments.iter().any(|word| ["--bootstrap", "--files", "--help"].iter().any(|s| word.starts_with(s)));
    if knows_where {
        let standing = StandingCluster::existing();
        let version = standing.as_ref().map_or(DEFAULT_VERSION, StandingCluster::version);
        return process::run(KafkaInstall::ensure(version)?.tool(name)?.args(arguments));
    }
    let cluster = StandingCluster::existing()?;
    let mut command: Command = KafkaInstall::ensure(cluster.version())?.tool(name)?;
    process::run(command.args(["--bootstrap-server", &cluster.bootstrap()]).args(arguments))
}
