//! Runs units one after the other, on all brokers at the same time.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use super::column::{Broker, Column};
use super::note;
use super::outcome::{Outcome, Verdict};
use super::{Scene, Suite, Unit};
use crate::interop::target;
use crate::kafka::KafkaInstall;
use crate::workspace;

/// How often a test may fail before it has failed.
const ATTEMPTS: usize = 3;
/// How many units run at a time on each broker.
const WORKERS: usize = 3;

/// A suite and what it needs.
#[derive(Clone, Copy)]
pub(super) struct Runner<'r> {
    suite: &'r dyn Suite,
    kafka: &'r KafkaInstall,
}

impl<'r> Runner<'r> {
    pub(super) fn new(suite: &'r dyn Suite, kafka: &'r KafkaInstall) -> Self {
        Self { suite, kafka }
    }

    /// Runs `units` on the brokers of `columns`.
    ///
    /// # Errors
    /// A broker does not start, or the suite cannot run.
    pub(super) fn run(self, units: &[Unit], columns: &[Column]) -> Result<Vec<Outcome>> {
        if columns.contains(&Column::BrokerRef) {
            target::build()?;
        }
        // A thread per broker for as long as it runs: its process ends with the thread that has started it.
        side_by_side(columns.iter().map(|column| move || self.run_on(*column, units)))
    }

    fn run_on(self, column: Column, units: &[Unit]) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for auto_create in [true, false] {
            let units: Vec<&Unit> = units.iter().filter(|unit| unit.auto_create == auto_create).collect();
            if units.is_empty() {
                continue;
            }
            let broker = Broker::start(column, self.kafka, auto_create)?;
            outcomes.extend(self.run_units(&units, column, &broker)?);
        }
        Ok(outcomes)
    }

    /// Runs some at a time: nearly all that they do is wait.
    fn run_units(self, units: &[&Unit], column: Column, broker: &Broker) -> Result<Vec<Outcome>> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<Outcome>> {
            let mut outcomes = Vec::new();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                outcomes.extend(self.run_unit(unit, column, broker)?);
            }
            Ok(outcomes)
        };
        side_by_side((0..WORKERS).map(|_| work))
    }

    /// Runs a unit until every test that should has passed, within limits.
    fn run_unit(self, unit: &Unit, column: Column, broker: &Broker) -> Result<Vec<Outcome>> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for attempt in 1..=ATTEMPTS {
            // What a failed attempt leaves behind can be enough to fail the next.
            let fresh = if attempt > 1 { Some(Broker::start(column, self.kafka, unit.auto_create)?) } else { None };
            let bootstrap = fresh.as_ref().unwrap_or(broker).bootstrap();
            let began = Instant::now();
            let log = self.log(unit, column, attempt)?;
            let verdicts = self.suite.run(unit, &Scene { bootstrap: &bootstrap, log: &log })?;
            for (test, verdict) in verdicts {
                print(&test, column, &verdict, began, &log);
                settle(&mut outcomes, Outcome { test, column, verdict, attempts: attempt });
            }
            if !outcomes.iter().any(|outcome| outcome.verdict.is_failure() && self.should_pass(&outcome.test)) {
                break;
            }
        }
        Ok(outcomes)
    }

    fn should_pass(self, test: &str) -> bool {
        note::on(self.suite.notes(), test).is_none()
    }

    /// The file that keeps what an attempt prints.
    fn log(self, unit: &Unit, column: Column, attempt: usize) -> Result<PathBuf> {
        let folder = workspace::target()?.join("suite").join(self.suite.name()).join(column.to_string());
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let id: String = unit.id.chars().chain(unit.part.unwrap_or_default().chars()).map(plain).collect();
        let scenario = if unit.auto_create { "" } else { "-noautocreate" };
        Ok(folder.join(format!("{id}{scenario}.{attempt}.log")))
    }
}

/// Does all the work at the same time, and returns what has come of it.
fn side_by_side<W>(work: impl Iterator<Item = W>) -> Result<Vec<Outcome>>
where
    W: FnOnce() -> Result<Vec<Outcome>> + Send,
{
    thread::scope(|scope| {
        let threads: Vec<_> = work.map(|work| scope.spawn(work)).collect();
        let join = |thread: ScopedJoinHandle<'_, _>| thread.join().map_err(|_| anyhow!("a thread panicked"))?;
        Ok(threads.into_iter().map(join).collect::<Result<Vec<_>>>()?.concat())
    })
}

/// A later attempt counts, but none takes back what an earlier one has passed.
fn settle(outcomes: &mut Vec<Outcome>, new: Outcome) {
    match outcomes.iter_mut().find(|outcome| outcome.test == new.test) {
        Some(outcome) if outcome.verdict.is_failure() => *outcome = new,
        Some(_) => {}
        None => outcomes.push(new),
    }
}

fn print(test: &str, column: Column, verdict: &Verdict, began: Instant, log: &std::path::Path) {
    println!("{:7} {:5.1} s  {column:10}  {test}", verdict.word(), began.elapsed().as_secs_f64());
    match verdict {
        Verdict::Passed => {}
        Verdict::Skipped(why) => println!("    {why}"),
        Verdict::Failed(why) => println!("    {why}\n    {}", log.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict, attempts: usize) -> Outcome {
        Outcome { test: "t".to_owned(), column: Column::BrokerRef, verdict, attempts }
    }

    #[test]
    fn a_test_that_has_passed_once_has_passed() {
        let failed = || Verdict::Failed("why".to_owned());
        let mut outcomes = Vec::new();
        settle(&mut outcomes, outcome(failed(), 1));
        settle(&mut outcomes, outcome(Verdict::Passed, 2));
        settle(&mut outcomes, outcome(failed(), 3));
        assert_eq!(outcomes, [outcome(Verdict::Passed, 2)]);
    }
}
