//! Our bytes and decisions against those of others, over random input.
//!
//! Everything random starts from one seed, which is printed: a run that has found something can be repeated.

mod json;
mod literals;
mod messages;
mod oracle;
mod peer;
mod suite;
mod value;
mod writer;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

pub(crate) use self::literals::LiteralArguments;
use self::messages::Messages;
use self::peer::Peer;
use crate::definition::Library;
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};
use crate::table::Table;

/// How much to compare.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask differential
  cargo xtask differential --peer kafka-protocol
  cargo xtask differential --peer java --only Fetch --values 5000
  cargo xtask differential --seed 41          repeats a run that has found something
  cargo xtask differential --self-test        one wrong answer of each kind has to be noticed")]
pub(crate) struct DifferentialArguments {
    /// Only against these
    #[arg(long = "peer", value_name = "PEER")]
    against: Vec<Against>,
    /// How many values of each version of each message
    #[arg(long, default_value_t = 200)]
    values: usize,
    /// Where the random values start; a new place every time unless given
    #[arg(long)]
    seed: Option<u64>,
    /// Only messages whose name has this in it
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Which Kafka
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
    /// Falsify answers, and fail unless that is noticed
    #[arg(long)]
    self_test: bool,
}

/// Whom we are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// Messages, with the classes that Kafka generates
    Java,
    /// Messages, with the crate kafka-protocol
    KafkaProtocol,
    /// Messages, with Kafka's classes given every field by its name
    Json,
    /// Keys and record batches, with Kafka's producer and record classes
    Records,
    /// Assignments, with the assignors of Kafka's consumer
    Assignors,
}

/// How many of all came out the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    what: String,
    same: usize,
    all: usize,
}

impl Comparison {
    /// Whether there was something to compare and nothing differed.
    fn is_good(&self) -> bool {
        self.same == self.all && self.all > 0
    }
}

impl DifferentialArguments {
    /// A run against all, with `values` values of each message.
    pub(crate) fn with_values(values: usize) -> Self {
        let (against, version) = (Vec::new(), DEFAULT_VERSION.to_owned());
        Self { against, values, seed: None, only: None, version, self_test: false }
    }

    /// A run that has to notice falsified answers.
    pub(crate) fn with_plants(values: usize) -> Self {
        Self { self_test: true, ..Self::with_values(values) }
    }

    /// Compares, and prints what differs and a table.
    ///
    /// # Errors
    /// Kafka cannot be installed, or one of the others cannot be run.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let install = KafkaInstall::ensure(&self.version)?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let mut table = Table::new(["compared", "the same", "time"]);
        let mut bad = 0;
        for against in Against::value_variants().iter().filter(|against| self.selects(**against)) {
            let began = Instant::now();
            let comparisons = self.compare(*against, &install, seed)?;
            if comparisons.is_empty() {
                bail!("there is nothing to compare");
            }
            let time = format!("{:.1} s", began.elapsed().as_secs_f64());
            for (comparison, time) in
                comparisons.iter().zip(std::iter::once(time.as_str()).chain(std::iter::repeat("")))
            {
                bad += usize::from(!comparison.is_good());
                let count = format!("{} of {}", grouped(comparison.same), grouped(comparison.all));
                table.push([comparison.what.as_str(), count.as_str(), time]);
            }
        }
        println!("\n{table}");
        println!("seed {seed}{}", if self.self_test { ", with falsified answers" } else { "" });
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn selects(&self, against: Against) -> bool {
        self.against.is_empty() || self.against.contains(&against)
    }

    fn compare(&self, against: Against, install: &KafkaInstall, seed: u64) -> Result<Vec<Comparison>> {
        let plant = self.self_test;
        let messages = || Messages::draw(&Library::load(install)?, self.only.as_deref(), self.values, seed);
        match against {
            Against::Java => messages()?.compare(&Peer::java(install)?, plant),
            Against::KafkaProtocol => messages()?.compare(&Peer::kafka_protocol()?, plant),
            Against::Json => messages()?.compare(&Peer::json(install)?, plant),
            Against::Records => suite::RECORDS.compare(install, plant),
            Against::Assignors => suite::ASSIGNORS.compare(install, plant),
        }
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_difference_and_an_empty_comparison_are_both_bad() {
        let comparison = |same, all| Comparison { what: String::new(), same, all };
        assert!(comparison(3, 3).is_good());
        assert!(!comparison(2, 3).is_good());
        assert!(!comparison(0, 0).is_good());
    }
}
