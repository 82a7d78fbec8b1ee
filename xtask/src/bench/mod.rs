//! Our client and broker beside others, in one run and in turn.
//!
//! One program per client library is in `bench/`, all with the same arguments. A workload has each client do the same
//! on the same broker, one after the other and round by round: what disturbs the machine disturbs all of them.

mod broker;
mod chart;
mod client;
mod equipment;
mod figure;
mod gates;
mod line;
mod machine;
mod program;
mod proxy;
mod report;
mod results;
mod site;
mod sockets;
mod target;
mod topic;
mod workload;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use clap::Args;

use self::equipment::{Effort, Equipment};
use self::program::{Peer, Programs};
use self::results::{Measured, Results, Subject};
use self::site::Site;
use self::workload::Workload;
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};
use crate::table::Table;
use crate::{interop, process, workspace};

/// What to measure.
#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  cargo xtask bench --publish                      all of it, most of an hour, and bench/README.md anew
  cargo xtask bench --publish --resume             the same, without what an earlier run has come to
  cargo xtask bench --only produce-100 --only consume
  cargo xtask bench --quick                        all of it, smaller and in fewer rounds
  cargo xtask bench --gates                        what must not become worse, as in CI

Results are kept in the target folder, in bench/results.json, and are there after each workload.")]
pub(crate) struct BenchArguments {
    /// Only the workload of this short name, or those whose names begin with it. May be given more than once
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// A quarter of the records, in 2 rounds
    #[arg(long, conflicts_with = "publish")]
    quick: bool,
    /// Leave out what there are results for already
    #[arg(long)]
    resume: bool,
    /// Write the results into bench/, as a table and as a picture
    #[arg(long)]
    publish: bool,
    /// Take the programs as an earlier run has built them
    #[arg(long)]
    no_build: bool,
    /// Print the workloads, and run none
    #[arg(long)]
    list: bool,
    /// How to print results in the end
    #[arg(long, value_name = "FORMAT", value_parser = ["table", "json"], default_value = "table")]
    format: String,
    /// Only hold allocations and wire bytes of our client against bench/gates.json
    #[arg(long, conflicts_with_all = ["only", "quick", "resume", "publish", "list"])]
    gates: bool,
}

impl BenchArguments {
    /// Only the gates.
    pub(crate) fn only_gates() -> Self {
        Self { gates: true, ..Self::default() }
    }

    /// Measures, and writes down what came out after each workload.
    ///
    /// # Errors
    /// Nothing is selected, or what all workloads need is missing.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        if self.gates {
            return gates::execute(self.no_build);
        }
        let all = Workload::all();
        let names: Vec<&str> = all.iter().map(|workload| workload.id).collect();
        let mut selected: Vec<&Workload> = all.iter().filter(|workload| self.selects(&names, workload.id)).collect();
        if self.list {
            selected.iter().for_each(|workload| println!("{:18}  {}", workload.id, workload.title));
            return Ok(ExitCode::SUCCESS);
        }
        if selected.is_empty() {
            bail!("no workload is selected; --list prints their names");
        }
        let file = self.results_file()?;
        let known = Results::read(&file)?;
        // A whole run begins anew; part of one goes beside what there is.
        let mut results = known.filter(|_| self.resume || !self.only.is_empty()).unwrap_or_default();
        if self.resume {
            selected.retain(|workload| results.workload(workload.id).is_none());
        }
        let began = Instant::now();
        self.run(&selected, &mut results, &file)?;
        if self.publish {
            publish(&results, &all)?;
        }
        match self.format.as_str() {
            "json" => println!("{}", serde_json::to_string_pretty(&results)?),
            _ => println!("\n{}", targets(&results)),
        }
        eprintln!("xtask: took {:.0} s; {} has the results", began.elapsed().as_secs_f64(), file.display());
        Ok(ExitCode::SUCCESS)
    }

    fn run(&self, selected: &[&Workload], results: &mut Results, file: &Path) -> Result<()> {
        if selected.is_empty() {
            return Ok(());
        }
        let kafka = KafkaInstall::ensure(DEFAULT_VERSION)?;
        let peers: Vec<Peer> = selected.iter().flat_map(|workload| workload.peers()).collect();
        if !self.no_build {
            interop::build_ours()?;
            program::build(&peers);
        }
        let programs = Programs::new(&kafka, &peers);
        let equipment = Equipment { kafka: &kafka, programs, effort: self.effort(), names: Cell::new(0) };
        (results.command, results.machine, results.versions) =
            (self.command(), machine::machine()?, machine::versions()?);
        let mut site: Option<Result<Site>> = None;
        for workload in selected {
            if !matches!(&site, Some(Ok(running)) if running.kind() == workload.site) {
                // One at a time: the last is gone before the next is there.
                drop(site.take());
                site = Some(Site::start(workload.site, &kafka));
            }
            let measured = measure(&equipment, site.as_ref(), workload)?;
            print(workload, &measured);
            results.put(measured);
            results.write(file)?;
        }
        Ok(())
    }

    fn selects(&self, all: &[&str], id: &str) -> bool {
        let is_meant = |wanted: &String| id == wanted || (!all.contains(&wanted.as_str()) && id.starts_with(wanted));
        self.only.is_empty() || self.only.iter().any(is_meant)
    }

    fn effort(&self) -> Effort {
        if self.quick { Effort { rounds: 2, divisor: 4 } } else { Effort { rounds: self.rounds, divisor: 1 } }
    }

    fn command(&self) -> String {
        let rounds = if self.rounds == 5 { String::new() } else { format!(" --rounds {}", self.rounds) };
        format!("cargo xtask bench --publish{rounds}")
    }

    fn results_file(&self) -> Result<PathBuf> {
        let folder = workspace::target()?.join("bench");
        fs::create_dir_all(&folder)?;
        Ok(folder.join(if self.quick { "quick-results.json" } else { "results.json" }))
    }
}

/// All rounds of a workload. What fails is in its place among the results.
fn measure(equipment: &Equipment<'_>, site: Option<&Result<Site>>, workload: &Workload) -> Result<Measured> {
    eprintln!("xtask: {}: {}", workload.id, workload.title);
    let mut subjects: Vec<Subject> = workload.subjects.iter().map(|name| Subject::new(name)).collect();
    let tried = match site {
        Some(Ok(site)) => rounds(equipment, site, workload, &mut subjects),
        Some(Err(error)) => Err(anyhow!("no broker: {error:#}")),
        None => Err(anyhow!("no broker")),
    };
    if let Err(error) = tried {
        subjects.iter_mut().for_each(|subject| subject.add(Err(anyhow!("{error:#}"))));
    }
    Ok(Measured { id: workload.id.to_owned(), date: today()?, subjects })
}

fn rounds(equipment: &Equipment<'_>, site: &Site, workload: &Workload, subjects: &mut [Subject]) -> Result<()> {
    let prepared = workload.prepare(equipment, site)?;
    for _ in 0..workload.rounds(equipment.effort.rounds) {
        for subject in subjects.iter_mut() {
            let round = workload.round(equipment, site, &prepared, &subject.name);
            subject.add(round);
        }
    }
    for subject in subjects {
        let counted = workload.count(equipment, site, &prepared, &subject.name);
        subject.add(counted);
    }
    Ok(())
}

fn today() -> Result<String> {
    let printed = process::capture(Command::new("date").args(["-u", "+%F"]), "", Duration::from_secs(10))?;
    Ok(printed.trim().to_owned())
}

/// Table, picture and numbers, for those who read the repository.
fn publish(results: &Results, workloads: &[Workload]) -> Result<()> {
    let folder = workspace::root()?.join("bench");
    report::write(results, workloads, &folder.join("README.md"))?;
    fs::write(folder.join("results.svg"), chart::svg(results))?;
    results.write(&folder.join("results.json"))
}

/// A row per figure, a column per subject: the median and the spread.
fn print(workload: &Workload, measured: &Measured) {
    println!("\n{}: {}", workload.id, workload.title);
    let subjects = &measured.subjects;
    let mut table = Table::new(std::iter::once("").chain(subjects.iter().map(|subject| subject.name.as_str())));
    for name in report::names(measured) {
        let cells = subjects.iter().map(|subject| subject.figure(name).map_or_else(String::new, report::cell));
        table.push(std::iter::once(name.to_owned()).chain(cells));
    }
    print!("{table}");
    for subject in subjects {
        subject.errors.iter().for_each(|error| println!("{}: {error}", subject.name));
    }
}

fn targets(results: &Results) -> Table {
    let mut table = Table::new(["figure", "wanted", "found", ""]);
    for target in &target::TARGETS {
        if let Some(verdict) = target.verdict(results) {
            let word = if verdict.is_met { "met" } else { "missed" };
            table.push([target.what.to_owned(), target.wanted(), target.found(&verdict), word.to_owned()]);
        }
    }
    table
}
