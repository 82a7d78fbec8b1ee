//! What a case is, and what it has to work with.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::target::Target;
use crate::kafka::KafkaInstall;
use crate::process;
use crate::requirement::{self, KCAT};

/// Longer than any case takes on a busy machine, short enough to notice a client that hangs.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// One thing that a client does with a cluster.
#[derive(Debug)]
pub(super) struct Case {
    /// The client, then what it does.
    pub(super) name: &'static str,
    /// Where it is run.
    pub(super) targets: &'static [Target],
    /// Does it; an error is a failed case.
    pub(super) run: fn(&Scene<'_>) -> Result<()>,
}

impl Case {
    /// Whether the client is ours.
    pub(super) fn is_ours(&self) -> bool {
        self.name.starts_with("ottla: ")
    }
}

/// Where other people's clients run: on our broker, and on one node of Kafka as the control.
pub(super) const FOREIGN: &[Target] = &[Target::BrokerRef, Target::KafkaOne];

/// The clients.
#[derive(Debug)]
pub(super) struct Equipment {
    /// Kafka's own tools, and its server.
    pub(super) kafka: KafkaInstall,
    /// A Python that has confluent-kafka.
    pub(super) python: PathBuf,
}

impl Equipment {
    /// Installs what is missing.
    pub(super) fn ensure(kafka: KafkaInstall) -> Result<Self> {
        KCAT.ensure()?;
        let python = super::confluent::python()?;
        Ok(Self { kafka, python })
    }
}

/// A case on a cluster.
#[derive(Debug)]
pub(super) struct Scene<'e> {
    /// The clients.
    pub(super) equipment: &'e Equipment,
    /// The addresses of all brokers.
    pub(super) bootstrap: String,
    /// How many brokers there are.
    pub(super) nodes: u16,
    /// A name for a topic or group that no other case uses.
    pub(super) name: String,
}

impl<'e> Scene<'e> {
    /// The scene of the case `name`.
    pub(super) fn new(equipment: &'e Equipment, bootstrap: String, target: Target, name: &str) -> Self {
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let name = name.replace(": ", "-").chars().map(plain).collect();
        Self { equipment, bootstrap, nodes: target.nodes(), name }
    }
}

/// The standard output of a client.
pub(super) fn capture(command: &mut Command, input: &str) -> Result<String> {
    process::capture(command, input, COMMAND_LIMIT)
}

/// `count` records, a line each, key and value with a colon in between.
pub(super) fn records(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key-{}:value-{number}", number % 17)).collect()
}

/// Compares records whose order across partitions is nobody's promise.
///
/// # Errors
/// Some are missing, foreign, or there twice.
pub(super) fn same_records(expected: &[String], read: &str) -> Result<()> {
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let mut read: Vec<&str> = read.lines().collect();
    expected.sort_unstable();
    read.sort_unstable();
    if expected == read {
        return Ok(());
    }
    let missing = expected.iter().find(|record| read.binary_search(record).is_err());
    let foreign = read.iter().find(|record| expected.binary_search(record).is_err());
    bail!(
        "{} records were written and {} read; missing: {missing:?}, not written: {foreign:?}",
        expected.len(),
        read.len()
    )
}

/// Fails with the whole text unless it has `part` in it.
pub(super) fn has(text: &str, part: &str) -> Result<()> {
    if text.contains(part) { Ok(()) } else { bail!("'{part}' is not in\n{text}") }
}

/// The folder of a cache for `name`.
pub(super) fn cached(name: &str) -> Result<PathBuf> {
    Ok(requirement::cache()?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_and_a_repeated_record_are_noticed() {
        let written = records(3);
        let [a, b, c] = [&written[0], &written[1], &written[2]];
        assert!(same_records(&written, &format!("{c}\n{a}\n{b}\n")).is_ok());
        assert!(same_records(&written, &format!("{a}\n{b}\n")).is_err());
        assert!(same_records(&written, &format!("{a}\n{b}\n{c}\n{c}\n")).is_err());
    }
}
