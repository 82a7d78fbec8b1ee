//! Topics, by our own command.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::interop::release_file;
use crate::process;

const LIMIT: Duration = Duration::from_secs(60);

/// Topics that are deleted when this is dropped.
#[derive(Debug)]
pub(super) struct Topics {
    bootstrap: String,
    names: Vec<String>,
}

impl Topics {
    /// Creates `count` topics, as the client programs call them.
    ///
    /// # Errors
    /// The broker does not want them.
    pub(super) fn create(bootstrap: &str, topic: &str, count: u32, partitions: u32) -> Result<Self> {
        let names = match count {
            1 => vec![topic.to_owned()],
            several => (0..several).map(|number| format!("{topic}-{number}")).collect(),
        };
        let topics = Self { bootstrap: bootstrap.to_owned(), names };
        topics.command(&["create"], &["--partitions", &partitions.to_string(), "--replication-factor", "1"])?;
        // Asking for offsets goes on until every partition has a leader that serves it.
        for name in &topics.names {
            let mut ottla = process::tied_to_us(release_file("ottla")?);
            ottla.args(["topic", "offsets", name, "--bootstrap", bootstrap]);
            process::capture(&mut ottla, "", LIMIT)?;
        }
        Ok(topics)
    }

    fn command(&self, verb: &[&str], options: &[&str]) -> Result<()> {
        let mut ottla = process::tied_to_us(release_file("ottla")?);
        ottla.arg("topic").args(verb).args(&self.names).args(options).args(["--bootstrap", &self.bootstrap]);
        process::capture(&mut ottla, "", LIMIT).map(drop)
    }
}

/// The partitions of a topic that a node leads.
///
/// # Errors
/// The broker does not tell.
pub(super) fn led_by(bootstrap: &str, topic: &str, node: i64) -> Result<Vec<i64>> {
    let mut ottla = process::tied_to_us(release_file("ottla")?);
    ottla.args(["topic", "describe", topic, "--format", "json", "--bootstrap", bootstrap]);
    let described: Value = serde_json::from_str(&process::capture(&mut ottla, "", LIMIT)?)?;
    let partitions = described.pointer("/0/partitions").and_then(Value::as_array).context("no partitions")?;
    let led = partitions.iter().filter(|partition| partition.get("leader").and_then(Value::as_i64) == Some(node));
    Ok(led.filter_map(|partition| partition.get("partition")?.as_i64()).collect())
}

impl Drop for Topics {
    fn drop(&mut self) {
        if let Err(error) = self.command(&["delete"], &[]) {
            eprintln!("xtask: {error:#}");
        }
    }
}
