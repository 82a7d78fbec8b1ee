//! Tests of other crates that ask Kafka's own classes, and are ignored where those are not at hand.
//!
//! They stay beside the code that they test, whose insides they use. A test prints `same: WHAT: COUNT of COUNT`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Comparison;
use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;
use crate::process::{self, Output};
use crate::workspace;

const LIMIT: Duration = Duration::from_secs(1200);
/// Set for a run in which the tests falsify an answer each.
const PLANT: &str = "OTTLA_ORACLE_PLANT";

/// The tests of one crate, and the class that they ask.
#[derive(Debug)]
pub(super) struct Suite {
    what: &'static str,
    class: &'static str,
    source: &'static str,
    /// The variable in which the tests look for the class: a file with the arguments of `java`.
    variable: &'static str,
    /// The arguments of `cargo test` that select the tests.
    tests: &'static [&'static str],
}

/// Keys and record batches.
pub(super) const RECORDS: Suite = Suite {
    what: "keys and records",
    class: "RecordOracle",
    source: include_str!("../../java/RecordOracle.java"),
    variable: "OTTLA_RECORD_ORACLE",
    tests: &["--package", "ottla-protocol", "--test", "records", "--", "oracle::", "--skip", "print_fixtures"],
};

/// Assignments of partitions to group members.
pub(super) const ASSIGNORS: Suite = Suite {
    what: "assignments",
    class: "AssignorOracle",
    source: include_str!("../../java/AssignorOracle.java"),
    variable: "OTTLA_ASSIGNOR_ORACLE",
    tests: &["--package", "ottla-client", "--lib", "--", "oracle_agrees"],
};

impl Suite {
    /// Runs the tests. With `plant` each of them has to fail.
    ///
    /// # Errors
    /// A test fails or does not build; the error has what it printed.
    pub(super) fn compare(&self, install: &KafkaInstall, plant: bool) -> Result<Vec<Comparison>> {
        let program = JavaProgram::compile(install, self.class, self.source)?;
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--quiet"]).args(self.tests).args(["--ignored", "--nocapture", "--test-threads", "1"]);
        cargo.env(self.variable, program.argument_file()?).current_dir(workspace::root()?);
        cargo.env_remove(PLANT);
        if plant {
            cargo.env(PLANT, "1");
        }
        let output = process::output(&mut cargo, "", LIMIT)?;
        if plant {
            return Ok(vec![self.noticed(&output)?]);
        }
        let comparisons: Vec<_> = output.stdout.lines().filter_map(comparison).collect();
        if !output.status.success() || comparisons.is_empty() {
            bail!("the tests of {} failed ({})\n{}{}", self.what, output.status, output.stdout, output.stderr);
        }
        Ok(comparisons)
    }

    fn noticed(&self, output: &Output) -> Result<Comparison> {
        let (passed, failed) = output.stdout.lines().find_map(result).with_context(|| {
            format!("the tests of {} did not run ({})\n{}{}", self.what, output.status, output.stdout, output.stderr)
        })?;
        let what = format!("falsified answers to the tests of {}", self.what);
        Ok(Comparison { what, same: failed, all: passed + failed })
    }
}

/// Reads `same: WHAT: COUNT of COUNT`, which may stand behind what the test runner prints.
fn comparison(line: &str) -> Option<Comparison> {
    let (what, counts) = line.split_once("same: ")?.1.rsplit_once(": ")?;
    let (same, all) = counts.split_once(" of ")?;
    Some(Comparison { what: what.to_owned(), same: same.trim().parse().ok()?, all: all.trim().parse().ok()? })
}

/// How many tests passed and failed, from `test result: FAILED. 1 passed; 2 failed; ...`.
fn result(line: &str) -> Option<(usize, usize)> {
    let (_, counts) = line.split_once("test result: ")?.1.split_once(". ")?;
    let number = |unit: &str| counts.split("; ").find_map(|count| count.strip_suffix(unit)?.trim().parse().ok());
    Some((number("passed")?, number("failed")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_behind_the_name_of_a_test() {
        let expected = Comparison { what: "keys: partitions".to_owned(), same: 9, all: 10 };
        assert_eq!(comparison("test oracle::a ... same: keys: partitions: 9 of 10"), Some(expected));
        assert_eq!(comparison("test oracle::a ... ok"), None);
    }

    #[test]
    fn the_result_of_a_test_run_is_read() {
        let line = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 4 filtered out; finished in 0.00s";
        assert_eq!(result(line), Some((1, 2)));
        assert_eq!(result("running 3 tests"), None);
    }
}
