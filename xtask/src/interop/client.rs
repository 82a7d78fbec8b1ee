//! Who talks to the cluster in a case.

use std::process::Command;

use anyhow::Result;

use super::target::Target;
use crate::kafka::KafkaInstall;

/// A program or library that cases are about.
#[derive(Debug)]
pub(super) struct Client {
    /// As its own project writes it.
    pub(super) name: &'static str,
    /// Whose it is.
    pub(super) origin: Origin,
    /// Installs it where it is missing, and says which version there is.
    pub(super) ensure: fn(&KafkaInstall) -> Result<String>,
    /// The program that does with it what it is told, if there is one; see [`super::driver`].
    pub(super) driver: Option<fn(&KafkaInstall) -> Result<Command>>,
}

/// Whose a client is, which decides where it has to prove itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody else's: on our broker, and on one node of Kafka as the control.
    Foreign,
    /// Ours: on Kafka with one node and with three, and on our broker.
    Ours,
    /// No client at all: log directories, which are read by the other broker.
    Directories,
}

impl Origin {
    /// The clusters that its cases run on unless they say otherwise.
    pub(super) fn targets(self) -> &'static [Target] {
        match self {
            Self::Foreign => &[Target::BrokerRef, Target::KafkaOne],
            Self::Ours => &Target::CLUSTERS,
            Self::Directories => &[Target::Files],
        }
    }
}
