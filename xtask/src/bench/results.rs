//! What was measured, in memory and in `results.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// All of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Results {
    /// What makes such a run.
    pub(super) command: String,
    /// What it ran on.
    pub(super) machine: BTreeMap<String, String>,
    /// Who took part.
    pub(super) versions: BTreeMap<String, String>,
    /// In the order in which they are run.
    pub(super) workloads: Vec<Measured>,
}

/// A workload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    /// Its short name.
    pub(super) id: String,
    /// The day.
    pub(super) date: String,
    /// Each who was measured.
    pub(super) subjects: Vec<Subject>,
}

/// Who was measured, and how it went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subject {
    /// A client or a broker.
    pub(super) name: String,
    /// In the order in which they were first seen.
    pub(super) figures: Vec<Sampled>,
    /// What went wrong, once each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<String>,
}

/// A figure, once a round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sampled {
    /// Its name.
    pub(super) figure: String,
    /// In the order of the rounds.
    pub(super) samples: Vec<f64>,
}

/// The figures of one round.
pub(super) type Figures = Vec<(&'static str, f64)>;

impl Results {
    /// Those in `file`; `None` when there is no such file.
    ///
    /// # Errors
    /// It is not one of ours.
    pub(super) fn read(file: &Path) -> Result<Option<Self>> {
        if !file.is_file() {
            return Ok(None);
        }
        let parsed = serde_json::from_slice(&fs::read(file)?);
        parsed.map(Some).with_context(|| format!("{} has no results of this program", file.display()))
    }

    /// Writes them all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// What is known of a workload.
    pub(super) fn workload(&self, id: &str) -> Option<&Measured> {
        self.workloads.iter().find(|measured| measured.id == id)
    }

    /// Takes what was measured, in place of what was known of that workload.
    pub(super) fn put(&mut self, measured: Measured) {
        match self.workloads.iter_mut().find(|known| known.id == measured.id) {
            Some(known) => *known = measured,
            None => self.workloads.push(measured),
        }
    }

    /// A figure of a subject in a workload.
    pub(super) fn find(&self, id: &str, subject: &str, figure: &str) -> Option<&Sampled> {
        self.workload(id)?.subject(subject)?.figure(figure)
    }
}

impl Measured {
    /// How it went for `name`.
    pub(super) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name == name)
    }
}

impl Subject {
    /// Nothing yet.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), figures: Vec::new(), errors: Vec::new() }
    }

    /// The figure of that name.
    pub(super) fn figure(&self, name: &str) -> Option<&Sampled> {
        self.figures.iter().find(|sampled| sampled.figure == name)
    }

    /// Takes how a round went.
    pub(super) fn add(&mut self, round: Result<Figures>) {
        let figures = match round {
            Ok(figures) => figures,
            Err(error) => {
                let text = format!("{error:#}");
                if !self.errors.contains(&text) {
                    self.errors.push(text);
                }
                return;
            }
        };
        for (name, value) in figures {
            match self.figures.iter_mut().find(|sampled| sampled.figure == name) {
                Some(known) => known.samples.push(value),
                None => self.figures.push(Sampled { figure: name.to_owned(), samples: vec![value] }),
            }
        }
    }
}

impl Sampled {
    /// The middle one, or the mean of the two in the middle.
    pub(super) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted.get(middle) {
            Some(upper) if sorted.len() % 2 == 1 => *upper,
            Some(upper) => (sorted.get(middle - 1).unwrap_or(upper) + upper) / 2.0,
            None => f64::NAN,
        }
    }

    /// The least and the greatest.
    pub(super) fn spread(&self) -> (f64, f64) {
        let sorted = self.sorted();
        (sorted.first().copied().unwrap_or(f64::NAN), sorted.last().copied().unwrap_or(f64::NAN))
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(samples: &[f64]) -> Sampled {
        Sampled { figure: "x".into(), samples: samples.to_vec() }
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert_eq!(sampled(&[9.0, 1.0, 5.0]).median(), 5.0);
        assert_eq!(sampled(&[4.0, 1.0, 2.0, 9.0]).median(), 3.0);
        assert_eq!(sampled(&[4.0, 1.0, 9.0]).spread(), (1.0, 9.0));
    }

    #[test]
    fn a_failed_round_leaves_the_others() {
        let mut subject = Subject::new("someone");
        subject.add(Ok(vec![("a", 1.0)]));
        subject.add(Err(anyhow::anyhow!("it broke")));
        subject.add(Err(anyhow::anyhow!("it broke")));
        subject.add(Ok(vec![("a", 3.0), ("b", 4.0)]));
        assert_eq!(subject.figure("a").map(|a| a.samples.clone()), Some(vec![1.0, 3.0]));
        assert_eq!(subject.errors, ["it broke"]);
    }

    #[test]
    fn what_is_measured_again_replaces_what_was_known() {
        let measured = |date: &str| Measured { id: "w".into(), date: date.into(), subjects: Vec::new() };
        let mut results = Results::default();
        results.put(measured("old"));
        results.put(measured("new"));
        assert_eq!(results.workloads.len(), 1);
        assert_eq!(results.workload("w").map(|w| w.date.as_str()), Some("new"));
    }
}
