//! Other people's clients on our broker, and our client on Apache Kafka.
//!
//! Cases of other clients run on Apache Kafka as well, as the control: one that fails there too tests itself. And the
//! log directories of either broker in the other one.

mod aiokafka;
mod case;
mod client;
mod confluent;
mod directory;
mod driver;
mod go;
mod java;
mod java_tools;
mod kafka_python;
mod kafkajs;
mod kcat;
mod load;
mod members;
mod mixed;
mod ottla;
mod ours;
mod outcome;
mod own_broker;
mod proxy;
pub(crate) mod python;
mod record;
mod report;
mod run;
mod scale;
mod scene;
mod standard;
mod stored;
pub(crate) mod target;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use self::case::Case;
use self::outcome::{Outcome, Verdict};
use self::report::Report;
use self::target::Target;
pub(crate) use self::target::{OurBroker, build as build_ours, release_file};
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};

/// All cases there are.
static CASES: &[&[Case]] = &[
    &kcat::CASES,
    &confluent::CASES,
    &kafka_python::CASES,
    &aiokafka::CASES,
    &java::CASES,
    &kafkajs::CASES,
    &go::CASES,
    &mixed::CASES,
    &scale::CASES,
    &java_tools::CASES,
    &ottla::CASES,
    &ours::command::CASES,
    &ours::example::CASES,
    &ours::CASES,
    &directory::CASES,
];

/// Which cases to run.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask interop                         all of it; writes tests/interop/MATRIX.md
  cargo xtask interop --only kcat --target broker-ref
  cargo xtask interop --target kafka-1        the control: a case that fails here is wrong itself
  cargo xtask interop --list")]
pub(crate) struct InteropArguments {
    /// Only cases whose client and name have this in them
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only on these clusters
    #[arg(long = "target", value_name = "TARGET")]
    targets: Vec<Target>,
    /// Only the cases that `cargo xtask ci` runs
    #[arg(long)]
    ci: bool,
    /// Which Kafka, from 4.2 on
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Take our binaries as the last build has left them
    #[arg(long)]
    no_build: bool,
    /// Print the cases, and run none
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl InteropArguments {
    /// The cases that run before every change.
    pub(crate) fn for_ci() -> Self {
        Self {
            only: None,
            targets: Vec::new(),
            ci: true,
            version: DEFAULT_VERSION.to_owned(),
            format: Format::Text,
            no_build: false,
            list: false,
        }
    }

    /// Runs the cases, and prints a line for each, then the results; all of them make the matrix.
    ///
    /// # Errors
    /// A client cannot be installed, or nothing is selected.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        ensure!(!self.plan().is_empty(), "no case is selected; --list prints their names");
        if self.list {
            self.cases().for_each(|case| println!("{}", case.title()));
            return Ok(ExitCode::SUCCESS);
        }
        let began = Instant::now();
        let report = self.run()?;
        match self.format {
            Format::Text => println!("\n{}", report.table()),
            Format::Json => println!("{:#}", report.json()),
        }
        if self.is_all() {
            eprintln!("written: {}", report.write_matrix()?.display());
        }
        let count =
            |is_it: fn(&Verdict) -> bool| report.outcomes.iter().filter(|outcome| is_it(&outcome.verdict)).count();
        let failed = report.outcomes.iter().filter(|outcome| outcome.is_failure()).count();
        eprintln!(
            "{} passed, {} not yet, {failed} failed, in {:.0} s",
            count(|verdict| matches!(verdict, Verdict::Ok)),
            count(|verdict| matches!(verdict, Verdict::NotYet(_))),
            began.elapsed().as_secs_f64()
        );
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn run(&self) -> Result<Report> {
        let kafka = KafkaInstall::ensure(&self.version)?;
        let plan = self.plan();
        if !self.no_build && plan.iter().any(|(target, cases)| cases.iter().any(|case| case.needs_build(*target))) {
            target::build()?;
        }
        let mut versions = BTreeMap::new();
        for client in self.cases().map(|case| case.client) {
            if !versions.contains_key(client.name) {
                let version = (client.ensure)(&kafka).with_context(|| format!("there is no {}", client.name))?;
                versions.insert(client.name, version);
            }
        }
        let outcomes: Vec<Outcome> =
            plan.into_iter().flat_map(|(target, cases)| run::run_on(target, &cases, &kafka)).collect();
        Ok(Report { kafka: self.version.clone(), versions, outcomes })
    }

    /// What to run, and on which target.
    fn plan(&self) -> Vec<(Target, Vec<&'static Case>)> {
        let is_wanted = |target: &Target| self.targets.is_empty() || self.targets.contains(target);
        let cases = |target: Target| self.cases().filter(|case| case.runs_on(target)).collect::<Vec<_>>();
        let plan = Target::ALL.into_iter().filter(is_wanted).map(|target| (target, cases(target)));
        plan.filter(|(_, cases)| !cases.is_empty()).collect()
    }

    fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let all = CASES.iter().copied().flatten().filter(|case| case.in_ci || !self.ci);
        all.filter(|case| self.only.as_ref().is_none_or(|only| case.title().contains(only.as_str())))
    }

    /// Whether nothing is left out that the matrix has.
    fn is_all(&self) -> bool {
        self.only.is_none() && self.targets.is_empty() && !self.ci && self.version == DEFAULT_VERSION
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_cases_have_the_same_title() {
        let titles: Vec<String> = CASES.iter().copied().flatten().map(Case::title).collect();
        assert_eq!(titles.len(), titles.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn only_a_run_of_everything_writes_the_matrix() {
        let part = InteropArguments::for_ci();
        assert!(!part.is_all());
        assert!(InteropArguments { ci: false, ..part }.is_all());
        assert!(!InteropArguments { only: Some("kcat".to_owned()), ci: false, ..InteropArguments::for_ci() }.is_all());
    }
}
