//! One target's turn.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::corpus::Corpus;
use super::tool::Fuzzers;
use crate::process::{self, ProcessGroup};

/// An input that takes longer is a finding, in seconds.
const INPUT_TIMEOUT: &str = "20";
/// Memory that is a finding, in MiB. The targets hold to far less by themselves; this is for what they cannot count.
const MEMORY_LIMIT: &str = "2048";
/// The longest input, in bytes: well above the 32 KiB that a string may have.
const MAX_LEN: &str = "70000";
/// How much longer than it was told to a target may take, before it is killed.
const GRACE: Duration = Duration::from_secs(120);

/// What came of fuzzing a target.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The target.
    pub(crate) target: &'static str,
    /// Inputs that were tried.
    pub(crate) executed: u64,
    /// Inputs that are kept because each reaches something new.
    pub(crate) corpus: usize,
    /// Inputs that break a promise, where `cargo test` replays them.
    pub(crate) findings: Vec<PathBuf>,
}

impl Fuzzers {
    /// Fuzzes a target for `time`, or until it finds something.
    ///
    /// # Errors
    /// It cannot be run, or fails without a finding.
    pub(crate) fn run(&self, corpus: &Corpus, time: Duration) -> Result<Run> {
        let log = corpus.artifacts.join("log");
        println!("{}: {} s from {} inputs", corpus.target, time.as_secs(), corpus.len()?);
        let status = start(&self.program(corpus.target), corpus, time, &log)?.wait(time + GRACE)?;
        let findings = corpus.keep_findings()?;
        let succeeded = status.is_some_and(|status| status.success());
        if !succeeded && findings.is_empty() {
            bail!("{} failed without a finding:\n{}", corpus.target, process::tail(&log, 20));
        }
        let executed = executed(&String::from_utf8_lossy(&std::fs::read(&log)?));
        Ok(Run { target: corpus.target, executed, corpus: corpus.len()?, findings })
    }
}

fn start(program: &Path, corpus: &Corpus, time: Duration, log: &Path) -> Result<ProcessGroup> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = process::tied_to_us(program);
    command.arg(&corpus.inputs);
    command.arg(format!("-artifact_prefix={}/", corpus.artifacts.display()));
    command.arg(format!("-max_total_time={}", time.as_secs()));
    command.args([("timeout", INPUT_TIMEOUT), ("rss_limit_mb", MEMORY_LIMIT), ("max_len", MAX_LEN)].map(flag));
    // Leaks are not what safe code is suspected of, and looking for them needs rights that a container may not give.
    command.args([("print_final_stats", "1"), ("detect_leaks", "0")].map(flag));
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    ProcessGroup::spawn(command.stdout(file.try_clone()?).stderr(file))
}

fn flag((name, value): (&str, &str)) -> String {
    format!("-{name}={value}")
}

/// How many inputs libFuzzer has tried, by its log: the final statistics, or the last of its lines, each of which begins
/// with the count.
fn executed(log: &str) -> u64 {
    let last = |count: fn(&str) -> Option<u64>| log.lines().filter_map(count).next_back();
    let in_statistics = last(|line| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok());
    let in_progress = || last(|line| line.strip_prefix('#')?.split_whitespace().next()?.parse().ok());
    in_statistics.or_else(in_progress).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_by_the_log() {
        let stopped = "INFO: seed\n#2\tINITED cov: 1\n#4096\tpulse  cov: 3\nthread '<unnamed>' panicked\n";
        assert_eq!(executed(stopped), 4096);
        assert_eq!(executed(&format!("{stopped}stat::number_of_executed_units: 5000\n")), 5000);
        assert_eq!(executed("nothing"), 0);
    }
}
