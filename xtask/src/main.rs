//! Automation of this repository: `cargo xtask COMMAND`.

mod bench;
mod ci;
mod definition;
mod dependencies;
mod differential;
mod faults;
mod fuzz;
mod guide;
#[cfg(test)]
mod hostile_input;
mod interop;
mod java;
mod kafka;
mod markdown;
mod parity;
mod process;
mod requirement;
mod suite;
mod table;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use self::bench::BenchArguments;
use self::ci::CiArguments;
use self::dependencies::DependencyArguments;
use self::differential::{DifferentialArguments, LiteralArguments};
use self::faults::FaultArguments;
use self::fuzz::FuzzArguments;
use self::guide::GuideArguments;
use self::interop::InteropArguments;
use self::kafka::KafkaCommand;
use self::parity::ParityArguments;
use self::suite::SuiteArguments;

/// Automation of this repository
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "\
Examples:
  cargo xtask ci                                  all that has to pass before a change lands
  cargo xtask parity                              our messages against Kafka's own definitions
  cargo xtask kafka run --nodes 3 -- cargo test   with a real Apache Kafka of three nodes

Kafka's jars and the clients of other languages are kept in $XDG_CACHE_HOME/ottla."
)]
struct Arguments {
    #[command(subcommand)]
    command: XtaskCommand,
}

#[derive(Debug, Subcommand)]
enum XtaskCommand {
    /// Run all that has to pass before a change lands
    Ci(CiArguments),
    /// Run a real Apache Kafka, from Maven Central
    #[command(subcommand)]
    Kafka(KafkaCommand),
    /// Compare every schema with Kafka's own definition
    Parity(ParityArguments),
    /// Compare our messages, batches, keys and assignments with those of others, over random input
    Differential(DifferentialArguments),
    /// Have Kafka's classes read and write the byte literals of every message
    Literals(LiteralArguments),
    /// Let libFuzzer look for bytes that the codec cannot take
    Fuzz(FuzzArguments),
    /// Kill the broker under load, fill its disk, send it nonsense
    Faults(FaultArguments),
    /// Count the crates that a user of ottla builds, and look for C among them
    Deps(DependencyArguments),
    /// Run the code of the guide that is not Rust
    Guide(GuideArguments),
    /// Run other clients on our broker, and ours on Apache Kafka
    Interop(InteropArguments),
    /// Measure our client and broker beside others, in turn
    Bench(BenchArguments),
    /// Run the test suites of other clients on our broker, and on Apache Kafka
    Suite(SuiteArguments),
}

impl XtaskCommand {
    fn execute(self) -> Result<ExitCode> {
        match self {
            Self::Ci(arguments) => arguments.execute(),
            Self::Kafka(command) => command.execute(),
            Self::Parity(arguments) => arguments.execute(),
            Self::Differential(arguments) => arguments.execute(),
            Self::Literals(arguments) => arguments.execute(),
            Self::Fuzz(arguments) => arguments.execute(),
            Self::Faults(arguments) => arguments.execute(),
            Self::Deps(arguments) => arguments.execute(),
            Self::Guide(arguments) => arguments.execute(),
            Self::Interop(arguments) => arguments.execute(),
            Self::Bench(arguments) => arguments.execute(),
            Self::Suite(arguments) => arguments.execute(),
        }
    }
}

fn main() -> ExitCode {
    Arguments::parse().command.execute().unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
