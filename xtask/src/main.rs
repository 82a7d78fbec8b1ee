//! Automation of this repository: `cargo xtask COMMAND`.

mod kafka;
mod process;
mod requirement;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use self::kafka::KafkaCommand;

/// Automation of this repository
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "\
Examples:
  cargo xtask ci                                  all that has to pass before a change lands
  cargo xtask kafka run --nodes 3 -- cargo test   with a real Apache Kafka of three nodes"
)]
struct Arguments {
    #[command(subcommand)]
    command: XtaskCommand,
}

#[derive(Debug, Subcommand)]
enum XtaskCommand {
    /// Run a real Apache Kafka, from Maven Central
    #[command(subcommand)]
    Kafka(KafkaCommand),
}

impl XtaskCommand {
    fn execute(self) -> Result<ExitCode> {
        match self {
            Self::Kafka(command) => command.execute(),
        }
    }
}

fn main() -> ExitCode {
    Arguments::parse().command.execute().unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
