//! kafka-python's integration tests, from its source distribution.

mod notes;
mod source;

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;

use self::source::Source;
use super::note::Note;
use super::outcome::Verdict;
use super::{Scene, Suite, Unit};
use crate::kafka::DEFAULT_VERSION;
use crate::process::{self, ProcessGroup};

/// Longer than any test waits for anything.
const TIME_LIMIT: Duration = Duration::from_secs(180);

/// The suite, installed.
#[derive(Debug)]
pub(super) struct KafkaPython {
    source: Source,
    units: Vec<Unit>,
}

impl KafkaPython {
    /// Installs it, unless it is in the cache.
    ///
    /// # Errors
    /// There is no Python, or pip fails.
    pub(super) fn ensure() -> Result<Self> {
        let source = Source::ensure()?;
        let mut pytest = source.pytest()?;
        pytest.args(["--collect-only", "--quiet", "--disable-warnings", FOLDER]).env("KAFKA_VERSION", DEFAULT_VERSION);
        let units = units(&process::capture(&mut pytest, "", TIME_LIMIT)?);
        Ok(Self { source, units })
    }
}

impl Suite for KafkaPython {
    fn name(&self) -> &'static str {
        "kafka-python"
    }

    fn description(&self) -> String {
        format!(
            "The integration tests of kafka-python {}, each in a process of its own, against one broker.",
            source::VERSION
        )
    }

    fn units(&self) -> &[Unit] {
        &self.units
    }

    fn notes(&self) -> &'static [Note] {
        &notes::NOTES
    }

    fn run(&self, unit: &Unit, scene: &Scene<'_>) -> Result<Vec<(String, Verdict)>> {
        let mut pytest = self.source.pytest()?;
        pytest.args(["-rA", "--disable-warnings", &node(&unit.id)]);
        pytest.env("KAFKA_URI", format!("kafka://{}", scene.bootstrap)).env("KAFKA_VERSION", DEFAULT_VERSION);
        let finished = run_into(scene.log, &mut pytest)?;
        let printed = fs::read(scene.log)?;
        let verdict = if finished { verdict(&String::from_utf8_lossy(&printed)) } else { None };
        let verdict =
            verdict.unwrap_or_else(|| Verdict::Failed("it ended without a verdict, or took too long".to_owned()));
        Ok(unit.tests.iter().map(|test| (test.clone(), verdict.clone())).collect())
    }
}

/// Whether the command has ended in time.
fn run_into(log: &std::path::Path, command: &mut Command) -> Result<bool> {
    let log = File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(ProcessGroup::spawn(command)?.wait(TIME_LIMIT)?.is_some())
}

const FOLDER: &str = "test/integration/";

/// What pytest calls a test.
fn node(id: &str) -> String {
    format!("{FOLDER}{id}")
}

/// A unit per test that pytest has found.
fn units(collected: &str) -> Vec<Unit> {
    let ids = collected.lines().filter(|line| line.contains("::")).filter_map(|line| line.strip_prefix(FOLDER));
    ids.map(|id| Unit { id: id.to_owned(), part: None, tests: vec![id.to_owned()], auto_create: true }).collect()
}

/// The verdict in pytest's short summary of one test.
fn verdict(printed: &str) -> Option<Verdict> {
    let (_, summary) = printed.rsplit_once("short test summary info")?;
    summary.lines().find_map(|line| {
        let (word, rest) = line.split_once(' ')?;
        let why = || rest.split_once(" - ").map_or(rest, |(_, why)| why).to_owned();
        match word {
            "PASSED" => Some(Verdict::Passed),
            "SKIPPED" => Some(Verdict::Skipped(rest.rsplit_once(": ").map_or(rest, |(_, why)| why).to_owned())),
            "FAILED" | "ERROR" => Some(Verdict::Failed(why())),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Verdict> {
        verdict(&format!("PASSED by way of speaking\n=== short test summary info ===\n{line}\n1 of them\n"))
    }

    #[test]
    fn the_summary_says_how_a_test_went() {
        assert_eq!(read("PASSED test/integration/test_a.py::test_b"), Some(Verdict::Passed));
        let failed = read("FAILED test/integration/test_a.py::test_b[x] - AssertionError: assert 1 == 2");
        assert_eq!(failed, Some(Verdict::Failed("AssertionError: assert 1 == 2".to_owned())));
        let skipped = read("SKIPPED [1] test/integration/test_a.py:12: Requires KAFKA_VERSION < 0.10.1");
        assert_eq!(skipped, Some(Verdict::Skipped("Requires KAFKA_VERSION < 0.10.1".to_owned())));
        assert_eq!(read("ERROR test/test_a.py::test_b - KeyError").map(|verdict| verdict.is_failure()), Some(true));
        assert_eq!(read(""), None);
        assert_eq!(verdict("Killed"), None);
    }

    #[test]
    fn what_pytest_collects_is_run_one_by_one() {
        let units =
            units("test/integration/test_a.py::test_b[x]\ntest/integration/test_a.py::T::test_c\n\n2 collected\n");
        let ids: Vec<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(ids, ["test_a.py::test_b[x]", "test_a.py::T::test_c"]);
    }
}
