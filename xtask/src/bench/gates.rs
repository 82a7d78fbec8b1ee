//! Figures that do not depend on time, held against what they are allowed to be.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::client;
use super::figure;
use super::line::ResultLine;
use super::program;
use super::sockets::Traffic;
use super::topic::Topics;
use crate::interop::{self, OurBroker};
use crate::table::Table;
use crate::workspace;

const FILE: &str = "bench/gates.json";
const PARTITIONS: u32 = 4;
const RECORDS: u64 = 400_000;
/// The size of a value in bytes, its name, and the most bytes of a batch: batches would grow with the time that the broker
/// takes, and allocations are counted by the record.
const SIZES: [(u32, &str, u32); 2] = [(100, "100 B", 64 << 10), (1024, "1 KiB", 256 << 10)];

/// What a figure may be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gate {
    /// Never more than this.
    bound: f64,
    /// What it was when somebody last looked.
    reference: f64,
    /// How much more than that it may be, as it is not the same in every run.
    slack: f64,
}

impl Gate {
    fn most(&self) -> f64 {
        self.bound.min(self.reference + self.slack)
    }
}

/// Measures and judges, with the programs as they are or as they were built.
///
/// # Errors
/// Something does not build or run, or the file of gates is not about the figures that were measured.
pub(super) fn execute(no_build: bool) -> Result<ExitCode> {
    if !no_build {
        interop::build_ours()?;
        program::build_ours()?;
    }
    let gates: BTreeMap<String, Gate> = serde_json::from_slice(&fs::read(workspace::root()?.join(FILE))?)?;
    judge(&gates, &measure()?)
}

fn judge(gates: &BTreeMap<String, Gate>, measured: &[(String, f64)]) -> Result<ExitCode> {
    if let Some(name) = gates.keys().find(|name| !measured.iter().any(|(measured, _)| measured == *name)) {
        bail!("{FILE} has a gate for \"{name}\", which is not measured");
    }
    let mut table = Table::new(["figure", "found", "reference", "at most", ""]);
    let mut worse = 0;
    for (name, found) in measured {
        let gate = gates.get(name).with_context(|| format!("{FILE} has no gate for \"{name}\""))?;
        // What is not a number is not good either.
        let is_good = *found <= gate.most();
        worse += usize::from(!is_good);
        let numbers = [*found, gate.reference, gate.most()].map(|number| format!("{number:.5}"));
        let word = if is_good { "ok" } else { "worse" };
        table.push([name.as_str()].into_iter().chain(numbers.iter().map(String::as_str)).chain([word]));
    }
    println!("{table}");
    if worse > 0 {
        println!(
            "{worse} worse than they were: find out what the change costs, or, if it is worth it, say so in {FILE}"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Our client on our broker.
fn measure() -> Result<Vec<(String, f64)>> {
    let broker = OurBroker::start(&["--memory"])?;
    let mut measured = Vec::new();
    for (size, about, batch_limit) in SIZES {
        let topic = format!("gate-{size}");
        let _topics = Topics::create(broker.bootstrap(), &topic, 1, PARTITIONS)?;
        let (size, batch_limit) = (size.to_string(), batch_limit.to_string());
        let options = ["--size", &size, "--idempotent", "--batch-limit", &batch_limit];
        let (line, traffic) = run("produce", &broker, &topic, &options)?;
        add(&mut measured, &format!("produce {about}"), &line, traffic, |traffic| traffic.sent)?;
        let (line, traffic) = run("consume", &broker, &topic, &[])?;
        add(&mut measured, &format!("consume {about}"), &line, traffic, |traffic| traffic.received)?;
    }
    Ok(measured)
}

fn run(errand: &str, broker: &OurBroker, topic: &str, options: &[&str]) -> Result<(ResultLine, Traffic)> {
    let mut command = program::ours_counted()?;
    let (records, partitions) = (RECORDS.to_string(), PARTITIONS.to_string());
    command.args([errand, "--bootstrap", broker.bootstrap(), "--topic", topic, "--records", &records]);
    command.args(["--partitions", &partitions]).args(options);
    client::run_counted(&mut command, broker.bootstrap())
}

fn add(
    measured: &mut Vec<(String, f64)>,
    about: &str,
    line: &ResultLine,
    traffic: Traffic,
    direction: fn(&Traffic) -> f64,
) -> Result<()> {
    let allocations = line.number(&["allocations"])? / line.number(&["records"])?;
    measured.push((format!("{about}: {}", figure::ALLOCATIONS), allocations));
    measured.push((format!("{about}: {}", figure::WIRE), direction(&traffic) / line.number(&["bytes"])?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gates() -> BTreeMap<String, Gate> {
        BTreeMap::from([("a".to_owned(), Gate { bound: 1.0, reference: 0.5, slack: 0.1 })])
    }

    #[test]
    fn what_is_worse_than_it_was_fails_within_the_bound_too() {
        let judged = |found: f64| judge(&gates(), &[("a".to_owned(), found)]).unwrap() == ExitCode::SUCCESS;
        assert!(judged(0.3) && judged(0.59));
        assert!(!judged(0.61) && !judged(f64::NAN));
    }

    #[test]
    fn gates_and_figures_belong_together() {
        assert!(judge(&gates(), &[]).is_err());
        assert!(judge(&gates(), &[("a".to_owned(), 0.1), ("b".to_owned(), 0.1)]).is_err());
    }

    #[test]
    fn no_reference_is_above_its_bound() {
        let file = workspace::root().unwrap().join(FILE);
        let gates: BTreeMap<String, Gate> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        for (name, gate) in gates {
            assert!(gate.reference <= gate.bound && gate.slack <= gate.bound / 4.0, "{name}: {gate:?}");
        }
    }
}
