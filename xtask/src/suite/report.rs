//! What a suite came to: on standard output, and in `tests/interop/SUITES.md`.

use std::fmt::{self, Write as _};
use std::fs;

use anyhow::{Context, Result};

use super::column::Column;
use super::note::{self, Kind, Note};
use super::outcome::{Outcome, Verdict};
use super::{Suite, Unit};
use crate::kafka::DEFAULT_VERSION;
use crate::table::Table;
use crate::workspace;

const FILE: &str = "tests/interop/SUITES.md";
const TITLE: &str = "# Other clients' test suites\n";

/// How a suite went on the brokers that it ran on.
pub(super) struct Report<'r> {
    suite: &'r dyn Suite,
    rows: Vec<Row<'r>>,
}

/// A test.
struct Row<'r> {
    test: &'r str,
    note: Option<&'static Note>,
    ours: Option<&'r Outcome>,
    kafka: Option<&'r Outcome>,
}

impl<'r> Report<'r> {
    pub(super) fn new(suite: &'r dyn Suite, units: &'r [Unit], outcomes: &'r [Outcome]) -> Self {
        let of = |test: &str, column| outcomes.iter().find(|outcome| outcome.test == *test && outcome.column == column);
        let row = |test: &'r String| Row {
            test,
            note: note::on(suite.notes(), test),
            ours: of(test, Column::BrokerRef),
            kafka: of(test, Column::Kafka),
        };
        let mut rows: Vec<Row<'r>> = units.iter().flat_map(|unit| &unit.tests).map(row).collect();
        rows.sort_by_key(|row| row.test);
        Self { suite, rows }
    }

    /// Whether every test passes on our broker that passes on Kafka, and should.
    pub(super) fn passed(&self) -> bool {
        !self.rows.iter().any(Row::is_failure)
    }

    /// Puts the suite's section into the file, in place of the last one.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub(super) fn write(&self) -> Result<()> {
        let file = workspace::root()?.join(FILE);
        let before = if file.is_file() { fs::read_to_string(&file)? } else { TITLE.to_owned() };
        fs::create_dir_all(file.parent().context("a folder")?)?;
        fs::write(&file, with_section(&before, self.suite.name(), &self.section()))?;
        println!("wrote {FILE}");
        Ok(())
    }

    fn section(&self) -> String {
        let mut text = format!("## {}\n\n{}\n\n", self.suite.name(), self.suite.description());
        let passed = self.rows.iter().filter(|row| row.ours.is_some_and(|outcome| outcome.verdict == Verdict::Passed));
        let not_yet = self.rows.iter().filter(|row| row.is_not_yet()).count();
        let kafka = self.rows.iter().filter(|row| row.kafka.is_some_and(|outcome| outcome.verdict == Verdict::Passed));
        let _ = writeln!(
            text,
            "{} tests: broker-ref passes {}, Apache Kafka {DEFAULT_VERSION} {}; {not_yet} need what broker-ref does not \
             have yet.\n",
            self.rows.len(),
            passed.count(),
            kafka.count()
        );
        text += "| test | broker-ref | Kafka | remark |\n|---|---|---|---|\n";
        for row in &self.rows {
            let [ours, kafka] = row.cells();
            let _ = writeln!(text, "| {} | {ours} | {kafka} | {} |", row.test, row.remark());
        }
        text
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(["test", "broker-ref", "kafka-1", "remark"]);
        for row in &self.rows {
            let [ours, kafka] = row.cells();
            table.push([row.test, ours, kafka, &row.remark()]);
        }
        writeln!(f, "{table}")?;
        for row in &self.rows {
            row.alarms().try_for_each(|alarm| writeln!(f, "{}: {alarm}", row.test))?;
        }
        let failed = self.rows.iter().filter(|row| row.is_failure()).count();
        write!(f, "{} tests, {failed} fail on broker-ref and should not", self.rows.len())
    }
}

impl Row<'_> {
    fn is_not_yet(&self) -> bool {
        self.note.is_some_and(|note| note.kind == Kind::NotYet)
    }

    /// Without the control, what is not known to fail there counts.
    fn is_failure(&self) -> bool {
        let should_pass = match self.kafka {
            Some(kafka) => kafka.verdict == Verdict::Passed,
            None => self.note.is_none(),
        };
        let passes = self
            .ours
            .is_none_or(|ours| ours.verdict == Verdict::Passed || self.kafka.is_none() && !ours.verdict.is_failure());
        should_pass && !passes && !self.is_not_yet()
    }

    fn cells(&self) -> [&'static str; 2] {
        let word = |outcome: Option<&Outcome>| outcome.map_or("-", |outcome| outcome.verdict.word());
        let ours = self.ours.map_or("-", |_| if self.is_not_yet() { "not yet" } else { word(self.ours) });
        [ours, word(self.kafka)]
    }

    /// The note, or why the suite itself has left the test out.
    fn remark(&self) -> String {
        if let Some(note) = self.note {
            return note.why.to_owned();
        }
        let why = |outcome: &&Outcome| match &outcome.verdict {
            Verdict::Skipped(why) => Some(why.clone()),
            Verdict::Passed | Verdict::Failed(_) => None,
        };
        [self.ours, self.kafka].iter().flatten().find_map(why).unwrap_or_default()
    }

    /// What somebody should look into.
    fn alarms(&self) -> impl Iterator<Item = String> {
        let passes = |outcome: Option<&Outcome>| outcome.is_some_and(|outcome| outcome.verdict == Verdict::Passed);
        let kind = self.note.map(|note| note.kind);
        let flaky = [self.ours, self.kafka].into_iter().flatten().filter(|outcome| outcome.attempts > 1);
        let flaky = flaky.map(|outcome| format!("{} attempts on {}", outcome.attempts, outcome.column));
        let checks = [
            (self.is_failure(), "fails on broker-ref"),
            (kind == Some(Kind::NotYet) && passes(self.ours), "is noted as `not yet`, but passes on broker-ref"),
            (kind == Some(Kind::Control) && passes(self.kafka), "is noted to fail on Kafka, but passes there"),
        ];
        let checks = checks.into_iter().filter(|(applies, _)| *applies).map(|(_, what)| what.to_owned());
        checks.chain(flaky).collect::<Vec<_>>().into_iter()
    }
}

/// What there is to run, and what is known of it.
pub(super) fn listing(suite: &dyn Suite, units: &[Unit]) -> Table {
    let mut table = Table::new(["test", "remark"]);
    for test in units.iter().flat_map(|unit| &unit.tests) {
        table.push([test.as_str(), note::on(suite.notes(), test).map_or("", |note| note.why)]);
    }
    table
}

/// `text` with the section of that name replaced, or added at its end.
fn with_section(text: &str, name: &str, section: &str) -> String {
    let heading = format!("## {name}\n");
    let Some(begin) = text.find(&heading) else {
        return format!("{}\n\n{section}", text.trim_end());
    };
    let (before, rest) = text.split_at(begin);
    let after = rest[heading.len()..].find("\n## ").map_or("", |end| &rest[heading.len() + end..]);
    format!("{before}{section}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_its_predecessor() {
        let text = with_section(&with_section(TITLE, "a", "## a\n\none\n"), "b", "## b\n\ntwo\n");
        assert_eq!(text, "# Other clients' test suites\n\n## a\n\none\n\n## b\n\ntwo\n");
        assert_eq!(with_section(&text, "a", "## a\n\n1\n"), text.replace("one", "1"));
        assert_eq!(with_section(&text, "b", "## b\n\n2\n"), text.replace("two", "2"));
    }

    fn outcome(column: Column, verdict: Verdict) -> Outcome {
        Outcome { test: "t".to_owned(), column, verdict, attempts: 1 }
    }

    fn failed() -> Verdict {
        Verdict::Failed(String::new())
    }

    #[test]
    fn what_kafka_passes_has_to_pass() {
        let fails = |ours, kafka: Option<Verdict>, note| {
            let ours = outcome(Column::BrokerRef, ours);
            let kafka = kafka.map(|kafka| outcome(Column::Kafka, kafka));
            Row { test: "t", note, ours: Some(&ours), kafka: kafka.as_ref() }.is_failure()
        };
        const NOT_YET: Note = Note::not_yet("t", "");
        assert!(fails(failed(), Some(Verdict::Passed), None));
        assert!(fails(Verdict::Skipped(String::new()), Some(Verdict::Passed), None));
        assert!(fails(failed(), None, None));
        assert!(!fails(failed(), Some(failed()), None));
        assert!(!fails(Verdict::Passed, Some(Verdict::Passed), None));
        assert!(!fails(failed(), Some(Verdict::Passed), Some(&NOT_YET)));
    }
}
