//! The results of a run: for people, for programs, and for the repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::case::Case;
use super::client::Origin;
use super::outcome::Outcome;
use super::target::Target;
use crate::process;
use crate::table::Table;
use crate::workspace;

const DATE_LIMIT: Duration = Duration::from_secs(10);

/// What a run has found.
#[derive(Debug)]
pub(super) struct Report {
    /// Which Kafka was the control.
    pub(super) kafka: String,
    /// The version of each client, by its name.
    pub(super) versions: BTreeMap<&'static str, String>,
    /// A case on a target each, in no order.
    pub(super) outcomes: Vec<Outcome>,
}

impl Report {
    /// A row for each case, a column for each target.
    pub(super) fn table(&self) -> Table {
        let targets = Target::ALL.map(|target| target.to_string());
        let mut table = Table::new(std::iter::once("case".to_owned()).chain(targets));
        for case in self.cases(|_| true) {
            let cell = |target| {
                self.outcome(case, target).map_or_else(
                    || "-".to_owned(),
                    |outcome| format!("{:7} {:5.1} s", outcome.verdict.word(), outcome.time.as_secs_f64()),
                )
            };
            table.push(std::iter::once(case.title()).chain(Target::ALL.map(cell)));
        }
        table
    }

    /// An object for each case on each target.
    pub(super) fn json(&self) -> Value {
        let object = |outcome: &Outcome| {
            json!({
                "client": outcome.case.client.name,
                "version": self.version(outcome.case),
                "case": outcome.case.name,
                "target": outcome.target.to_string(),
                "result": outcome.verdict.word(),
                "reason": outcome.case.not_yet_on(outcome.target),
                "error": outcome.verdict.error().map(|error| format!("{error:#}")),
                "notes": outcome.notes,
                "seconds": outcome.time.as_secs_f64(),
            })
        };
        let sorted = self
            .cases(|_| true)
            .into_iter()
            .flat_map(|case| Target::ALL.into_iter().filter_map(move |target| self.outcome(case, target)).map(object));
        sorted.collect()
    }

    /// Writes the matrix that the repository keeps, and returns where.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write_matrix(&self) -> Result<PathBuf> {
        let file = workspace::root()?.join("tests/interop/MATRIX.md");
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let today = process::capture(Command::new("date").args(["-u", "+%F"]), "", DATE_LIMIT)?;
        std::fs::write(&file, self.matrix(today.trim()))?;
        Ok(file)
    }

    /// The matrix, with nothing in it that changes from run to run.
    fn matrix(&self, today: &str) -> String {
        let mut text = format!(
            "# Interoperability\n\nMade by `cargo xtask interop` on {today}, with Apache Kafka {}. A case that Kafka \
             passes and our broker does not\nis a failure of that command. \"Not yet\" are cases that need what the \
             status table of README.md has as missing.\n",
            self.kafka
        );
        for section in SECTIONS {
            self.write_section(&mut text, &section);
        }
        text
    }

    fn write_section(&self, text: &mut String, section: &Section) {
        let cases = self.cases(|case| case.client.origin == section.origin);
        if cases.is_empty() {
            return;
        }
        let heads = section.columns.iter().map(|(head, _)| (*head).to_owned());
        let head = ["client", "version", "case"].map(str::to_owned).into_iter().chain(heads);
        let mut rows = vec![head.chain(["reason where they differ".to_owned()]).collect::<Vec<_>>()];
        for case in cases {
            let cell = |(_, target): &(&str, Target)| {
                let outcome = self.outcome(case, *target);
                outcome.map_or_else(String::new, |outcome| outcome.verdict.word().to_owned())
            };
            let labels = [case.client.name.to_owned(), self.version(case).to_owned(), case.name.to_owned()];
            let cells = section.columns.iter().map(cell);
            rows.push(labels.into_iter().chain(cells).chain([self.reason(case)]).collect());
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "\n## {}\n\n{}", section.title, markdown(&rows));
    }

    /// What is known of a difference, or else the first line of the error.
    fn reason(&self, case: &Case) -> String {
        let failed = |outcome: &&Outcome| outcome.case.title() == case.title() && outcome.is_failure();
        let error = self.outcomes.iter().find(failed).and_then(|outcome| outcome.verdict.error());
        let first_line = error.and_then(|error| format!("{error:#}").lines().next().map(str::to_owned));
        first_line.unwrap_or_else(|| case.reason().to_owned()).replace('|', "\\|")
    }

    /// The cases that were run, sorted by client and name.
    fn cases(&self, is_wanted: impl Fn(&Case) -> bool) -> Vec<&'static Case> {
        let cases = self.outcomes.iter().map(|outcome| outcome.case).filter(|case| is_wanted(case));
        let sorted: BTreeMap<_, _> = cases.map(|case| ((case.client.name, case.name), case)).collect();
        sorted.into_values().collect()
    }

    fn outcome(&self, case: &Case, target: Target) -> Option<&Outcome> {
        let is_it = |outcome: &&Outcome| outcome.target == target && outcome.case.title() == case.title();
        self.outcomes.iter().find(is_it)
    }

    fn version(&self, case: &Case) -> &str {
        self.versions.get(case.client.name).map_or("", String::as_str)
    }
}

/// A table of the matrix.
struct Section {
    title: &'static str,
    origin: Origin,
    columns: &'static [(&'static str, Target)],
}

const SECTIONS: [Section; 3] = [
    Section {
        title: "Other people's clients on our broker, with Apache Kafka as the control",
        origin: Origin::Foreign,
        columns: &[("broker-ref", Target::BrokerRef), ("Apache Kafka", Target::KafkaOne)],
    },
    Section {
        title: "Our client and command on Apache Kafka, of one node and of three",
        origin: Origin::Ours,
        columns: &[("kafka-1", Target::KafkaOne), ("kafka-3", Target::KafkaThree), ("broker-ref", Target::BrokerRef)],
    },
    Section {
        title: "Log directories in the other broker",
        origin: Origin::Directories,
        columns: &[("result", Target::Files)],
    },
];

/// A table whose columns line up in the source, too.
fn markdown(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:width$} |"));
        format!("|{}\n", cells.collect::<String>())
    };
    let rule = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect::<String>();
    let mut lines = rows.iter().map(line);
    let head = lines.next().unwrap_or_default();
    format!("{head}|{rule}\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, anyhow, bail};

    use super::super::client::Client;
    use super::super::outcome::Verdict;
    use super::*;

    static CLIENT: Client =
        Client { name: "kcat", origin: Origin::Foreign, ensure: |_| bail!("not installed"), driver: None };
    static CASES: [Case; 2] =
        [Case::new(&CLIENT, "produce", |_| Ok(())), Case::new(&CLIENT, "compacted", |_| Ok(())).not_yet("compaction")];

    fn outcome(case: &'static Case, target: Target, result: Result<()>) -> Outcome {
        let verdict = Verdict::of(case, target, result);
        Outcome { case, target, verdict, notes: Vec::new(), time: Duration::from_secs(1) }
    }

    #[test]
    fn the_matrix_is_sorted_and_says_why_results_differ() {
        let [produce, compacted] = &CASES;
        let report = Report {
            kafka: "4.3.1".to_owned(),
            versions: BTreeMap::from([("kcat", "1.7.1".to_owned())]),
            outcomes: vec![
                outcome(produce, Target::KafkaOne, Ok(())),
                outcome(produce, Target::BrokerRef, Err(anyhow!("a | b\nmore"))),
                outcome(compacted, Target::BrokerRef, Err(anyhow!("no gap"))),
                outcome(compacted, Target::KafkaOne, Ok(())),
            ],
        };
        let matrix = report.matrix("2026-11-26");
        assert!(matrix.contains("on 2026-11-26, with Apache Kafka 4.3.1"), "{matrix}");
        let table: Vec<&str> = matrix.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(
            table,
            [
                "| client | version | case      | broker-ref | Apache Kafka | reason where they differ |",
                "|--------|---------|-----------|------------|--------------|--------------------------|",
                "| kcat   | 1.7.1   | compacted | not yet    | ok           | compaction               |",
                "| kcat   | 1.7.1   | produce   | failed     | ok           | a \\| b                   |",
            ]
        );
    }
}
