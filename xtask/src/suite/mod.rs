//! The test suites of other people's clients on our broker, with Apache Kafka as the control.
//!
//! What Kafka passes, we pass, unless it needs what our broker does not have yet.

mod column;
mod kafka_python;
mod librdkafka;
mod note;
mod outcome;
mod report;
mod run;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use self::column::Column;
use self::kafka_python::KafkaPython;
use self::librdkafka::Librdkafka;
use self::note::Note;
use self::outcome::Verdict;
use self::report::Report;
use self::run::Runner;
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};

/// Which suite to run, and what of it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask suite librdkafka                       all of it on both brokers; writes tests/interop/SUITES.md
  cargo xtask suite librdkafka --only 0011,0045      the tests of these numbers
  cargo xtask suite librdkafka --only 0011 --target broker-ref
  cargo xtask suite librdkafka --list
  cargo xtask suite kafka-python --only test_group

What the tests print is kept in target/suite.")]
pub(crate) struct SuiteArguments {
    /// Whose tests
    suite: SuiteName,
    /// Only tests with one of these in their names
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    only: Vec<String>,
    /// Only on this broker
    #[arg(long = "target", value_name = "TARGET")]
    columns: Vec<Column>,
    /// Print the tests and what is known of them, and run none
    #[arg(long)]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SuiteName {
    /// The tests in librdkafka's sources, in C and C++
    Librdkafka,
    /// The integration tests in kafka-python's sources
    KafkaPython,
}

/// A test suite that somebody else has written.
trait Suite: Sync {
    /// Its name in paths and headings.
    fn name(&self) -> &'static str;

    /// What it is, as a sentence or two for the report.
    fn description(&self) -> String;

    /// What it runs at once, in order.
    fn units(&self) -> &[Unit];

    /// What is known of its tests.
    fn notes(&self) -> &'static [Note];

    /// Runs a unit, and says how each of its tests went.
    ///
    /// # Errors
    /// The unit cannot be run at all.
    fn run(&self, unit: &Unit, scene: &Scene<'_>) -> Result<Vec<(String, Verdict)>>;
}

/// Tests that one process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    /// What the suite calls it.
    id: String,
    /// Only this of it, in the suite's own words.
    part: Option<&'static str>,
    /// The names of its tests, each with `id` in it.
    tests: Vec<String>,
    /// Whether the broker makes topics that are merely asked for.
    auto_create: bool,
}

/// Where a unit runs.
#[derive(Clone, Copy, Debug)]
struct Scene<'s> {
    /// Addresses of brokers, as a client takes them.
    bootstrap: &'s str,
    /// The file to write all that is printed to.
    log: &'s std::path::Path,
}

impl SuiteArguments {
    /// Runs the suite and prints a line per test. Writes the report when all of it ran everywhere.
    ///
    /// # Errors
    /// The suite cannot be built, or nothing is selected.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let kafka = KafkaInstall::ensure(DEFAULT_VERSION)?;
        let suite: Box<dyn Suite> = match self.suite {
            SuiteName::Librdkafka => Box::new(Librdkafka::ensure(&kafka)?),
            SuiteName::KafkaPython => Box::new(KafkaPython::ensure()?),
        };
        let units: Vec<Unit> = suite.units().iter().filter(|unit| self.selects(unit)).cloned().collect();
        if units.is_empty() {
            bail!("no test is selected; --list prints their names");
        }
        if self.list {
            print!("{}", report::listing(suite.as_ref(), &units));
            return Ok(ExitCode::SUCCESS);
        }
        let columns: Vec<Column> = Column::ALL.into_iter().filter(|column| self.runs_on(*column)).collect();
        let outcomes = Runner::new(suite.as_ref(), &kafka).run(&units, &columns)?;
        let report = Report::new(suite.as_ref(), &units, &outcomes);
        println!("\n{report}");
        if self.only.is_empty() && columns.len() == Column::ALL.len() {
            report.write()?;
        }
        Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn selects(&self, unit: &Unit) -> bool {
        let named = |only: &String| unit.tests.iter().any(|test| test.contains(only.as_str()));
        self.only.is_empty() || self.only.iter().any(named)
    }

    fn runs_on(&self, column: Column) -> bool {
        self.columns.is_empty() || self.columns.contains(&column)
    }
}
