//! What a case has to work with.

use std::cell::RefCell;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::case::Case;
use super::client::Client;
use super::target::Target;
use crate::kafka::KafkaInstall;
use crate::process;

/// Longer than any case takes on a busy machine, short enough to notice a client that hangs.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// A case on a cluster.
#[derive(Debug)]
pub(super) struct Scene<'e> {
    /// Who the case is about.
    pub(super) client: &'static Client,
    /// Kafka's own tools, and its server.
    pub(super) kafka: &'e KafkaInstall,
    /// The addresses of all brokers.
    pub(super) bootstrap: String,
    /// Which kind of cluster it is.
    pub(super) target: Target,
    /// How many brokers there are.
    pub(super) nodes: u16,
    /// A name for a topic or group that no other case uses.
    pub(super) name: String,
    notes: RefCell<Vec<String>>,
}

impl<'e> Scene<'e> {
    /// The scene of `case` on the cluster `bootstrap`.
    pub(super) fn new(kafka: &'e KafkaInstall, bootstrap: String, target: Target, case: &Case) -> Self {
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let name = case.title().replace(": ", "-").chars().map(plain).collect();
        Self { client: case.client, kafka, bootstrap, target, nodes: target.nodes(), name, notes: RefCell::default() }
    }

    /// The same on another cluster.
    pub(super) fn at(&self, bootstrap: String) -> Self {
        Self { bootstrap, name: self.name.clone(), notes: RefCell::default(), ..*self }
    }

    /// Keeps something that a reader of the results wants to know, such as how long a step took.
    pub(super) fn note(&self, text: impl Into<String>) {
        self.notes.borrow_mut().push(text.into());
    }

    /// All that was noted.
    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes.into_inner()
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
