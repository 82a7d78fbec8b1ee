//! The fuzz targets, with corpora from well-formed samples.

mod corpus;
mod run;
mod tool;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use ottla_protocol_hostile::{TARGETS, Target};

use self::corpus::Corpus;
use self::run::Run;
use self::tool::Fuzzers;
use crate::table::Table;
use crate::workspace;

/// What to fuzz, and for how long.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask fuzz                                     every target, a minute in all
  cargo xtask fuzz --seconds 900 --jobs 2              a quarter of an hour in all, two at a time
  cargo xtask fuzz --target message --seconds 300
  cargo test -p ottla-protocol --test hostile mended   replay what has been found

Needs a nightly toolchain and a C++ compiler; cargo-fuzz is installed when missing. A target stops at its
first finding, which is copied to protocol/tests/regressions/TARGET/HASH and replayed by `cargo test` from
then on. Corpora are kept in fuzz/corpus, logs in fuzz/artifacts.")]
pub(crate) struct FuzzArguments {
    /// How long to fuzz, shared by the targets
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Fuzz this target alone, or several
    #[arg(long, value_name = "TARGET", value_parser = names())]
    target: Vec<String>,
    /// How many targets to fuzz at a time [default: one per processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(TARGETS.map(|target| target.name))
}

impl FuzzArguments {
    /// Fuzzes, and prints what came of it.
    ///
    /// # Errors
    /// The targets cannot be built or run.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let root = workspace::root()?;
        let targets: Vec<&Target> = TARGETS.iter().filter(|target| self.selects(target.name)).collect();
        let fuzzers = Fuzzers::build(root)?;
        let jobs = self.jobs().min(targets.len());
        let time = share(Duration::from_secs(self.seconds), jobs, targets.len());
        let queue = Mutex::new(targets.iter().rev().copied().collect::<Vec<_>>());
        let next = || queue.lock().ok()?.pop();
        let work = || -> Result<Vec<Run>> {
            std::iter::from_fn(next).map(|target| fuzzers.run(&Corpus::seeded(root, target)?, time)).collect()
        };
        let runs = thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            let results = workers.into_iter().map(|worker| worker.join().ok().context("a worker panicked")?);
            results.collect::<Result<Vec<_>>>()
        })?;
        let mut runs = runs.concat();
        runs.sort_by_key(|run| TARGETS.iter().position(|target| target.name == run.target));
        Ok(report(&runs))
    }

    fn selects(&self, name: &str) -> bool {
        self.target.is_empty() || self.target.iter().any(|target| target == name)
    }

    fn jobs(&self) -> usize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

/// How long each of `targets` may take if `jobs` run at a time and all together take `total`. At least a second, because
/// libFuzzer takes zero for no limit.
fn share(total: Duration, jobs: usize, targets: usize) -> Duration {
    let rounds = targets.div_ceil(jobs.max(1)).max(1) as u64;
    Duration::from_secs((total.as_secs() / rounds).max(1))
}

fn report(runs: &[Run]) -> ExitCode {
    let mut table = Table::new(["target", "runs", "corpus", "new findings"]);
    for run in runs {
        table.push([run.target, &run.executed.to_string(), &run.corpus.to_string(), &run.findings.len().to_string()]);
    }
    println!("\n{table}");
    let findings = runs.iter().flat_map(|run| &run.findings);
    findings.clone().for_each(|finding| println!("found: {}", finding.display()));
    let (executed, found) = (runs.iter().map(|run| run.executed).sum::<u64>(), findings.count());
    println!("{executed} runs, {found} new findings");
    if found == 0 && executed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_targets_share_the_time() {
        let seconds = Duration::from_secs;
        assert_eq!(share(seconds(80), 1, 8), seconds(10));
        assert_eq!(share(seconds(80), 2, 8), seconds(20));
        assert_eq!(share(seconds(80), 3, 8), seconds(26), "three rounds");
        assert_eq!(share(seconds(2), 1, 8), seconds(1));
    }

    #[test]
    fn every_target_is_a_program_of_the_fuzz_crate() {
        let manifest = include_str!("../../../fuzz/Cargo.toml");
        let programs: Vec<_> =
            manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")).collect();
        assert_eq!(programs, TARGETS.map(|target| format!("{}.rs\"", target.name)));
    }
}
