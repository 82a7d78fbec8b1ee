//! What workloads have to work with.

use std::cell::Cell;

use anyhow::Result;

use super::client::{self, Held};
use super::line::ResultLine;
use super::program::{Build, Peer, Programs};
use super::site::Site;
use super::sockets::Traffic;
use crate::kafka::KafkaInstall;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// How often everything is measured.
    pub(super) rounds: usize,
    /// Records are divided by this.
    pub(super) divisor: u64,
}

impl Effort {
    /// So many of `records`.
    pub(super) fn of(self, records: u64) -> u64 {
        (records / self.divisor).max(1)
    }
}

/// What all workloads have to work with.
#[derive(Debug)]
pub(super) struct Equipment<'k> {
    /// Kafka's server and tools.
    pub(super) kafka: &'k KafkaInstall,
    /// The client programs.
    pub(super) programs: Programs<'k>,
    /// How much is done.
    pub(super) effort: Effort,
    /// Makes names that were not used before.
    pub(super) names: Cell<u32>,
}

impl Equipment<'_> {
    /// A topic's name that was not used before.
    pub(super) fn new_name(&self) -> String {
        self.names.set(self.names.get() + 1);
        format!("bench-{}", self.names.get())
    }

    /// Runs a client.
    ///
    /// # Errors
    /// It fails.
    pub(super) fn run(&self, peer: Peer, arguments: &[String]) -> Result<ResultLine> {
        client::run(self.programs.command(peer, Build::Timed)?.args(arguments))
    }

    /// Starts a client that lives until it is told to end.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn start(&self, peer: Peer, arguments: &[String]) -> Result<Held> {
        Held::start(self.programs.command(peer, Build::Timed)?.args(arguments))
    }

    /// Runs the build of a client that counts, and counts what went over its connections.
    ///
    /// # Errors
    /// It fails.
    pub(super) fn run_counted(&self, peer: Peer, arguments: &[String], site: &Site) -> Result<(ResultLine, Traffic)> {
        client::run_counted(self.programs.command(peer, Build::Counted)?.args(arguments), site.bootstrap())
    }
}
