//! The `ottla` command: a broker, topics, records, groups and measurements from a terminal.

// They panic if nobody reads, which is no failure: `output` has what to use in their place.
#![deny(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
    )
)]

mod broker;
mod cluster;
mod command;
mod connection;
mod consume;
mod exit;
mod group;
mod manual;
mod offset_spec;
mod offsets;
mod outcomes;
mod output;
mod patience;
mod perf;
mod produce;
mod progress;
mod refusal;
mod stop;
mod template;
mod timestamp;
mod topic;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use self::command::{Command, Ottla};

fn main() -> ExitCode {
    let ottla = Ottla::parse();
    // OTTLA_LOG=ottla_client=debug tells what a client does.
    let filter = EnvFilter::try_from_env("OTTLA_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(output::paints(&std::io::stderr()))
        .without_time()
        .with_target(false)
        // It would be told by a macro that panics.
        .log_internal_errors(false)
        .init();
    exit::report(run(ottla.command))
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match command {
            Command::Broker(arguments) => arguments.run().await,
            Command::Topic(arguments) => arguments.run().await,
            Command::Produce(arguments) => arguments.run().await,
            Command::Consume(arguments) => arguments.run().await,
            Command::Group(arguments) => arguments.run().await,
            Command::Cluster(arguments) => arguments.run().await,
            Command::Perf(arguments) => arguments.run().await,
            Command::Completions(arguments) => arguments.run(),
            Command::Man(arguments) => arguments.run(),
        }
    });
    // A thread that still waits for standard input must not hold up the end.
    runtime.shutdown_background();
    result
}
