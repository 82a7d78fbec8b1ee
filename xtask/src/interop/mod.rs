//! Other people's clients on our broker, and our client on Apache Kafka.
//!
//! Cases of other clients run on Apache Kafka as well, as the control: one that fails there too tests itself. And the
//! log directories of either broker in the other one.

mod case;
mod confluent;
mod directory;
mod java;
mod kcat;
mod ottla;
mod target;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use self::case::{Case, Equipment, Scene};
use self::target::{Running, Target};
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};
use crate::table::Table;

/// Which cases to run.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask interop
  cargo xtask interop --only kcat --target broker-ref
  cargo xtask interop --target kafka-1        the control: a case that fails here is wrong itself
  cargo xtask interop --list")]
pub(crate) struct InteropArguments {
    /// Only cases whose name has this in it
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only on these clusters
    #[arg(long = "target", value_name = "TARGET")]
    targets: Vec<Target>,
    /// Which Kafka, from 4.2 on
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
    /// Print the cases, and run none
    #[arg(long)]
    list: bool,
}

/// How a case went on one target.
struct Outcome {
    case: &'static Case,
    target: Target,
    error: Option<anyhow::Error>,
    time: Duration,
}

impl InteropArguments {
    /// All cases on all targets.
    pub(crate) fn all() -> Self {
        Self { only: None, targets: Vec::new(), version: DEFAULT_VERSION.to_owned(), list: false }
    }

    /// Runs the cases and prints a line for each, then a table.
    ///
    /// # Errors
    /// A client cannot be installed, or nothing is selected.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        if self.list {
            self.cases().for_each(|case| println!("{}", case.name));
            return Ok(ExitCode::SUCCESS);
        }
        let equipment = Equipment::ensure(KafkaInstall::ensure(&self.version)?)?;
        if self.plan().any(|(target, case)| target.needs_broker_ref() || case.is_ours()) {
            target::build()?;
        }
        let began = Instant::now();
        let mut outcomes = Vec::new();
        for target in Target::ALL.into_iter().filter(|target| self.targets.is_empty() || self.targets.contains(target))
        {
            let cases: Vec<_> = self.cases().filter(|case| case.targets.contains(&target)).collect();
            if !cases.is_empty() {
                outcomes.extend(run_on(target, &cases, &equipment));
            }
        }
        let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count();
        println!("\n{}", self.table(&outcomes));
        println!("{} passed, {failed} failed, in {:.0} s", outcomes.len() - failed, began.elapsed().as_secs_f64());
        if outcomes.is_empty() {
            bail!("no case is selected; --list prints their names");
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// What to run, and on which target.
    fn plan(&self) -> impl Iterator<Item = (Target, &'static Case)> {
        let is_wanted = |target: &Target| self.targets.is_empty() || self.targets.contains(target);
        let targets = Target::ALL.into_iter().filter(is_wanted);
        targets.flat_map(|target| {
            self.cases().filter(move |case| case.targets.contains(&target)).map(move |case| (target, case))
        })
    }

    fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let all = kcat::CASES.iter().chain(&confluent::CASES).chain(&java::CASES).chain(&ottla::CASES);
        let all = all.chain(&directory::CASES);
        all.filter(|case| self.only.as_ref().is_none_or(|only| case.name.contains(only.as_str())))
    }

    fn table(&self, outcomes: &[Outcome]) -> Table {
        let targets = Target::ALL.map(|target| target.to_string());
        let mut table = Table::new(std::iter::once("case".to_owned()).chain(targets));
        for case in self.cases() {
            let cell = |target| {
                let outcome =
                    outcomes.iter().find(|outcome| outcome.case.name == case.name && outcome.target == target);
                outcome.map_or_else(|| "-".to_owned(), Outcome::cell)
            };
            table.push(std::iter::once(case.name.to_owned()).chain(Target::ALL.map(cell)));
        }
        table
    }
}

impl Outcome {
    fn word(&self) -> &'static str {
        if self.error.is_some() { "failed" } else { "ok" }
    }

    fn cell(&self) -> String {
        format!("{:6} {:4.1} s", self.word(), self.time.as_secs_f64())
    }

    fn print(&self) {
        println!("{:6} {:5.1} s  {:10}  {}", self.word(), self.time.as_secs_f64(), self.target, self.case.name);
        if let Some(error) = &self.error {
            format!("{error:#}").lines().for_each(|line| println!("    {line}"));
        }
    }
}

/// Runs the cases one after the other on a cluster of their own. Where it does not start, all of them fail.
fn run_on(target: Target, cases: &[&'static Case], equipment: &Equipment) -> Vec<Outcome> {
    let cluster = Running::start(target, equipment);
    let run = |&case: &&'static Case| {
        let began = Instant::now();
        let result = match &cluster {
            Ok(cluster) => (case.run)(&Scene::new(equipment, cluster.bootstrap(), target, case.name)),
            Err(error) => Err(anyhow::anyhow!("{target} did not start: {error:#}")),
        };
        let outcome = Outcome { case, target, error: result.err(), time: began.elapsed() };
        outcome.print();
        outcome
    };
    cases.iter().map(run).collect()
}
