//! What `test-runner` prints at its end.

use std::process::ExitStatus;

use crate::suite::outcome::Verdict;

/// The test that stands for the process as a whole.
const MAIN: &str = "<MAIN>";

/// How each of `tests` went. Without a `status` the process has been killed.
pub(super) fn verdicts(printed: &str, tests: &[String], status: Option<ExitStatus>) -> Vec<(String, Verdict)> {
    let printed = plain(printed);
    let why = || failure(&printed).unwrap_or_else(|| "it printed nothing that says why".to_owned());
    let ended = status.map_or_else(|| "took too long".to_owned(), |status| format!("ended with {status}"));
    let verdict = |test: &String| match state(&printed, test) {
        Some(("FAILED" | "RUNNING", _)) => Verdict::Failed(why()),
        Some(("SKIPPED", said)) => Verdict::Skipped(said.to_owned()),
        // What it leaves running fails the process alone.
        Some(("PASSED", _)) if passes_by(&printed, status) => Verdict::Passed,
        _ => Verdict::Failed(format!("{}; the process {ended}", why())),
    };
    tests.iter().map(|test| (test.clone(), verdict(test))).collect()
}

/// Whether a test that passed may count: a process that failed has said of which test.
fn passes_by(printed: &str, status: Option<ExitStatus>) -> bool {
    let some_failed = || rows(printed).any(|(name, state, _)| name != MAIN && state == "FAILED");
    status.is_some_and(|status| status.success() || some_failed())
}

fn state<'p>(printed: &'p str, test: &str) -> Option<(&'p str, &'p str)> {
    // A part of a test has the test's row.
    let row = test.split(' ').next().unwrap_or(test);
    rows(printed).find(|(name, ..)| *name == row).map(|(_, state, said)| (state, said))
}

/// The rows of the last summary: name, state, and what is said after them.
fn rows(printed: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let summary = printed.rsplit_once(" SUMMARY\n").map_or("", |(_, summary)| summary);
    summary.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.splitn(4, '|').map(str::trim);
        Some((cells.next()?, cells.next()?, cells.nth(1).unwrap_or_default()))
    })
}

/// The first failure that was told, as one line.
fn failure(printed: &str) -> Option<String> {
    let mut lines = printed.lines().skip_while(|line| !line.contains("### Test \""));
    let place = lines.next()?.trim_matches(|character| "# :".contains(character));
    let place = place.split(" at ").nth(1).unwrap_or(place);
    Some(format!("{place} {}", lines.next().unwrap_or_default()).trim().to_owned())
}

/// Without the colours.
fn plain(printed: &str) -> String {
    let mut pieces = printed.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    const PRINTED: &str = "\
\x1b[0m\x1b[31m### Test \"0011_batch (record_fail:629)\" failed at 0011-produce_batch.c:718:record_fail() at Thu Nov: ###
Test assertion failed: \"count == 10\": \x1b[0m
TEST 20261126 (bare, scenario default) SUMMARY
#==================================================================#
|\x1b[32m <MAIN>                  |     PASSED |   1.202s \x1b[0m|
|\x1b[31m 0011_batch              |     FAILED |   1.029s \x1b[0m|\x1b[31m count == 10\x1b[0m
|\x1b[32m 0011_other              |     PASSED |   1.029s \x1b[0m|
|\x1b[36m 0011_rest               |    SKIPPED |   0.000s \x1b[0m|\x1b[36m it says why\x1b[0m
#==================================================================#
";

    fn read(printed: &str, test: &str, status: Option<i32>) -> Verdict {
        verdicts(printed, &[test.to_owned()], status.map(ExitStatus::from_raw)).remove(0).1
    }

    #[test]
    fn each_test_has_its_row() {
        let why = "0011-produce_batch.c:718:record_fail() Test assertion failed: \"count == 10\":";
        assert_eq!(read(PRINTED, "0011_batch", Some(256)), Verdict::Failed(why.to_owned()));
        assert_eq!(read(PRINTED, "0011_other", Some(256)), Verdict::Passed);
        assert_eq!(read(PRINTED, "0011_rest", Some(256)), Verdict::Skipped("it says why".to_owned()));
    }

    #[test]
    fn a_process_that_crashes_or_hangs_has_failed_whatever_it_printed() {
        assert!(read("", "0011_batch", Some(134)).is_failure());
        assert!(read(PRINTED, "0011_missing", Some(0)).is_failure());
        assert!(read(PRINTED, "0011_other", None).is_failure());
        let passed = PRINTED.replace("FAILED", "PASSED");
        assert_eq!(read(&passed, "0011_batch", Some(0)), Verdict::Passed);
        assert!(read(&passed, "0011_batch", Some(256)).is_failure());
    }
}
