//! The part of `bench/README.md` that a run writes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::figure;
use super::results::{Measured, Results, Sampled, Subject};
use super::target::TARGETS;
use super::workload::Workload;

const BEGIN: &str = "<!-- results: written by `cargo xtask bench --publish`, not by hand -->\n";
const END: &str = "<!-- end of results -->\n";

/// Puts the results between their marks in `file`.
///
/// # Errors
/// The file cannot be read or written, or has no such marks.
pub(super) fn write(results: &Results, workloads: &[Workload], file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let marks = || Some((text.split_once(BEGIN)?.0, text.split_once(END)?.1));
    let (before, after) = marks().with_context(|| format!("{} has no place for results", file.display()))?;
    let written = format!("{before}{BEGIN}\n{}\n{END}{after}", markdown(results, workloads));
    Ok(fs::write(file, written)?)
}

fn markdown(results: &Results, workloads: &[Workload]) -> String {
    let picture = "![The results that matter most](results.svg)\n".to_owned();
    let mut parts = vec![picture, conditions(results), targets(results)];
    let known = workloads.iter().filter_map(|workload| Some((workload, results.workload(workload.id)?)));
    parts.extend(known.map(|(workload, measured)| section(workload, measured)));
    parts.join("\n")
}

/// The command, when, on what, and with whom.
fn conditions(results: &Results) -> String {
    let mut days: Vec<&str> = results.workloads.iter().map(|measured| measured.date.as_str()).collect();
    days.sort_unstable();
    days.dedup();
    let list = |pairs: &std::collections::BTreeMap<String, String>| {
        pairs.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    };
    let samples = results.workloads.iter().flat_map(|measured| &measured.subjects).flat_map(|subject| &subject.figures);
    let rounds = samples.map(|sampled| sampled.samples.len()).max().unwrap_or(0);
    format!(
        "`{}` on {}, {rounds} rounds.\n\nMachine: {}.\n\nVersions: {}.\n",
        results.command,
        days.join(" and "),
        list(&results.machine),
        list(&results.versions)
    )
}

fn targets(results: &Results) -> String {
    let mut lines = vec!["## Targets\n\n| figure | wanted | found | |\n|---|---|---|---|\n".to_owned()];
    for target in &TARGETS {
        let (found, word) = match target.verdict(results) {
            Some(verdict) => (target.found(&verdict), if verdict.is_met { "met" } else { "**missed**" }),
            None => (String::new(), "not measured"),
        };
        lines.push(format!("| {} | {} | {found} | {word} |\n", target.what, target.wanted()));
    }
    lines.concat()
}

/// A table with a row per subject.
fn section(workload: &Workload, measured: &Measured) -> String {
    let figures = names(measured);
    let main = workload.main_figure();
    let yardstick = workload.yardstick();
    let mut head = vec![String::new()];
    for name in &figures {
        head.push((*name).to_owned());
        if *name == main {
            head.extend(yardstick.map(|other| format!("x {other}")));
        }
    }
    let mut lines = vec![format!("## {}\n\n`{}`\n", workload.title, workload.id), row(&head)];
    lines.push(format!("|{}", "---|".repeat(head.len())));
    for subject in &measured.subjects {
        let mut cells = vec![subject.name.clone()];
        for name in &figures {
            let sampled = subject.figure(name);
            cells.push(sampled.map_or_else(String::new, cell));
            if *name == main
                && let Some(other) = yardstick
            {
                cells.push(ratio(sampled, measured, other, main));
            }
        }
        lines.push(row(&cells));
    }
    let failures = measured.subjects.iter().flat_map(failures);
    let mut text = lines.join("\n") + "\n";
    text.extend(failures);
    text
}

/// The names of all figures, in the order in which they were first seen.
pub(super) fn names(measured: &Measured) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for sampled in measured.subjects.iter().flat_map(|subject| &subject.figures) {
        if !names.contains(&sampled.figure.as_str()) {
            names.push(&sampled.figure);
        }
    }
    names
}

/// The median, and from where to where the rounds went.
pub(super) fn cell(sampled: &Sampled) -> String {
    let (least, greatest) = sampled.spread();
    let [median, least, greatest] = [sampled.median(), least, greatest].map(figure::shown);
    if sampled.samples.len() == 1 { median } else { format!("{median} ({least} to {greatest})") }
}

fn ratio(ours: Option<&Sampled>, measured: &Measured, other: &str, main: &str) -> String {
    let theirs = measured.subject(other).and_then(|subject| subject.figure(main));
    ours.zip(theirs).map_or_else(String::new, |(ours, theirs)| figure::shown(ours.median() / theirs.median()))
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn failures(subject: &Subject) -> Vec<String> {
    // A command line comes first, and last what it said.
    let line = |error: &String| error.lines().last().unwrap_or_default().replace('|', "\\|");
    subject.errors.iter().map(|error| format!("\n{} failed: {}\n", subject.name, line(error))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("README.md");
        fs::write(&file, format!("before\n{BEGIN}old{END}after\n")).unwrap();
        let mut subject = Subject::new("ottla");
        subject.add(Ok(vec![(figure::PER_CPU, 1e6)]));
        subject.add(Err(anyhow::anyhow!("one round broke")));
        let mut results = Results::default();
        results.put(Measured { id: "produce-100".into(), date: "2026-01-01".into(), subjects: vec![subject] });
        write(&results, &Workload::all(), &file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("before\n") && text.ends_with("after\n") && !text.contains("old"), "{text}");
        assert!(text.contains("| ottla | 1.00 M |"), "{text}");
        assert!(text.contains("ottla failed: one round broke"), "{text}");
        fs::write(&file, "no marks").unwrap();
        assert!(write(&results, &Workload::all(), &file).is_err());
    }
}
