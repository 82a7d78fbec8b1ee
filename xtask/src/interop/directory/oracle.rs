//! The Java client that fills clusters and prints what is in them.

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;
use crate::process;

const SOURCE: &str = include_str!("../../../java/DirectoryOracle.java");
const LIMIT: Duration = Duration::from_secs(180);
/// Fewer records would not be all that the client writes.
const LEAST_RECORDS: usize = 17_000;
const MOST_SHOWN: usize = 300;

/// `DirectoryOracle.java`.
#[derive(Debug)]
pub(super) struct DirectoryOracle<'k> {
    program: JavaProgram<'k>,
}

impl<'k> DirectoryOracle<'k> {
    /// Compiles it.
    pub(super) fn compile(install: &'k KafkaInstall) -> Result<Self> {
        Ok(Self { program: JavaProgram::compile(install, "DirectoryOracle", SOURCE)? })
    }

    /// Creates the topics.
    pub(super) fn create(&self, bootstrap: &str) -> Result<()> {
        self.run("create", bootstrap).map(drop)
    }

    /// Creates the topics and writes to them.
    pub(super) fn write(&self, bootstrap: &str) -> Result<()> {
        self.run("write", bootstrap).map(drop)
    }

    /// Writes what not every broker can do.
    pub(super) fn extend(&self, bootstrap: &str) -> Result<()> {
        self.run("extend", bootstrap).map(drop)
    }

    /// All that is in a cluster.
    ///
    /// # Errors
    /// The client fails, or finds less than it has written.
    pub(super) fn dump(&self, bootstrap: &str) -> Result<Content> {
        let content = Content { text: self.run("dump", bootstrap)? };
        let records = content.lines("record").count();
        ensure!(records >= LEAST_RECORDS, "there are only {records} records");
        ensure!(content.lines("commit").count() == 5, "there are not five committed offsets:\n{}", content.text);
        Ok(content)
    }

    fn run(&self, what: &str, bootstrap: &str) -> Result<String> {
        process::capture(self.program.command()?.args([what, bootstrap]), "", LIMIT)
    }
}

/// What a cluster has, a line for each thing, which begins with the name of its kind.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) text: String,
}

impl Content {
    /// The lines of one kind, without its name.
    pub(super) fn lines(&self, kind: &'static str) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '))
    }

    /// Fails with the first difference.
    pub(super) fn ensure_same(&self, other: &Self) -> Result<()> {
        same_lines(self.text.lines(), other.text.lines())
    }

    /// Fails with the first difference but in the ids of topics.
    pub(super) fn ensure_same_but_ids(&self, other: &Self) -> Result<()> {
        same_lines(self.lines_without_ids(), other.lines_without_ids())
    }

    fn lines_without_ids(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.starts_with("topic "))
    }
}

/// Fails with the first line that is not as expected.
pub(super) fn same_lines<'l>(
    mut found: impl Iterator<Item = &'l str>,
    mut expected: impl Iterator<Item = &'l str>,
) -> Result<()> {
    for number in 1.. {
        match (found.next(), expected.next()) {
            (None, None) => break,
            (found, expected) if found == expected => {}
            (found, expected) => {
                bail!("line {number} is\n    {}\nand not\n    {}", shown(found), shown(expected));
            }
        }
    }
    Ok(())
}

fn shown(line: Option<&str>) -> String {
    line.map_or_else(|| "missing".to_owned(), |line| line.chars().take(MOST_SHOWN).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_missing_and_a_foreign_line_are_noticed() {
        let same = |found: &'static str, expected: &'static str| same_lines(found.lines(), expected.lines());
        assert!(same("a\nb\n", "a\nb\n").is_ok());
        assert!(same("a\nc\n", "a\nb\n").is_err());
        assert!(same("a\n", "a\nb\n").is_err());
        assert!(same("a\nb\nc\n", "a\nb\n").is_err());
    }

    #[test]
    fn ids_of_topics_are_all_that_may_differ() {
        let content = |text: &str| Content { text: text.to_owned() };
        let (one, other) = (content("topic t 1\nrecord x\n"), content("topic t 2\nrecord x\n"));
        assert!(one.ensure_same(&other).is_err());
        assert!(one.ensure_same_but_ids(&other).is_ok());
        assert!(one.ensure_same_but_ids(&content("topic t 1\nrecord y\n")).is_err());
    }
}
