//! The examples of README.md that take a cluster.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tempfile::NamedTempFile;

use super::super::case::Case;
use super::super::client::{Client, Origin};
use super::super::ottla::{consume, produce};
use super::super::scene::{Scene, capture, has, records, same_records};
use super::super::target::release_file;
use crate::process::{self, ProcessGroup, signal_group, tied_to_us};

static CLIENT: Client = Client {
    name: "our examples",
    origin: Origin::Ours,
    ensure: |_| Ok(env!("CARGO_PKG_VERSION").to_owned()),
    driver: None,
};

pub(in super::super) static CASES: [Case; 6] = [
    Case::new(&CLIENT, "simple_producer", simple_producer).in_ci(),
    Case::new(&CLIENT, "consumer_group", consumer_group),
    Case::new(&CLIENT, "at_least_once", at_least_once),
    Case::new(&CLIENT, "at_most_once", at_most_once),
    Case::new(&CLIENT, "word_count_by_hand", word_count),
    Case::new(&CLIENT, "file_tailer", file_tailer),
];

const PATIENCE: Duration = Duration::from_secs(60);

fn example(scene: &Scene<'_>, name: &str) -> Result<Command> {
    let mut command = tied_to_us(release_file(&format!("examples/{name}"))?);
    command.env_remove("OTTLA_BOOTSTRAP");
    // As README.md says, `-- SERVERS` names the cluster.
    if !["consumer_group", "file_tailer"].contains(&name) {
        command.arg(&scene.bootstrap);
    }
    Ok(command)
}

fn simple_producer(scene: &Scene<'_>) -> Result<()> {
    let printed = capture(&mut example(scene, "simple_producer")?, "")?;
    for language in ["en", "de", "fr"] {
        has(&printed, &format!("{language} is at greetings-"))?;
    }
    let read = consume(scene, "greetings", &["--from", "beginning"])?;
    for record in ["en:hello", "de:hallo", "fr:bonjour"] {
        has(&read, record)?;
    }
    Ok(())
}

fn at_least_once(scene: &Scene<'_>) -> Result<()> {
    let printed = capture(&mut example(scene, "at_least_once")?, "")?;
    has(&printed, "for the 10 that there are: none lost, ")
}

fn at_most_once(scene: &Scene<'_>) -> Result<()> {
    let printed = capture(&mut example(scene, "at_most_once")?, "")?;
    has(&printed, "worked on 7 of the 10 records: none twice, 3 lost")
}

fn word_count(scene: &Scene<'_>) -> Result<()> {
    has(&capture(&mut example(scene, "word_count_by_hand")?, "")?, "every word was counted once")
}

fn consumer_group(scene: &Scene<'_>) -> Result<()> {
    let topic = scene.name.as_str();
    produce(scene, topic, &records(30), &[])?;
    let mut command = example(scene, "consumer_group")?;
    command.args([&scene.bootstrap, topic, &format!("{topic}-members")]);
    let member = Running::start(&mut command)?;
    let printed = member.until("30 lines", |printed| printed.lines().count() >= 30)?;
    let values = printed.lines().filter_map(|line| line.split_once(": ")).map(|(_, value)| value);
    let written: Vec<_> = (0..30).map(|number| format!("value-{number}")).collect();
    same_records(&written, &values.collect::<Vec<_>>().join("\n"))?;
    member.interrupt()?;
    let mut again = Running::start(&mut command)?;
    std::thread::sleep(Duration::from_secs(1));
    ensure!(again.printed()?.is_empty(), "a member that left in order had not committed: {}", again.printed()?);
    ensure!(again.process.ended()?.is_none(), "it has ended");
    Ok(())
}

fn file_tailer(scene: &Scene<'_>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("app.log");
    append(&file, 0..10)?;
    let mut command = example(scene, "file_tailer")?;
    command.arg(&file).arg(&scene.bootstrap);
    let first = Running::start(&mut command)?;
    until_lines(scene, 10)?;
    first.interrupt()?;
    append(&file, 10..20)?;
    std::fs::rename(&file, folder.path().join("app.log.1"))?;
    append(&file, 20..30)?;
    let second = Running::start(&mut command)?;
    until_lines(scene, 30)?;
    second.interrupt()
}

fn append(file: &Path, numbers: std::ops::Range<u32>) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    for number in numbers {
        writeln!(file, "line {number}")?;
    }
    Ok(())
}

/// Waits until the topic has these lines, in the order in which they came first: since they come at least once, the last
/// ones may come again after a restart.
fn until_lines(scene: &Scene<'_>, count: u32) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The topic is there when the example has made it.
        let printed = super::super::ottla::values(scene, "file-lines").unwrap_or_else(|error| format!("{error:#}"));
        let mut lines: Vec<_> = printed.lines().collect();
        let mut seen = HashSet::new();
        lines.retain(|line| seen.insert(*line));
        if lines.iter().copied().eq((0..count).map(|number| format!("line {number}")).collect::<Vec<_>>()) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "not {count} lines in order: {lines:?}");
    }
}

/// An example that runs until it is interrupted.
struct Running {
    process: ProcessGroup,
    output: NamedTempFile,
    errors: NamedTempFile,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let (output, errors) = (NamedTempFile::new()?, NamedTempFile::new()?);
        command.stdin(Stdio::null()).stdout(output.reopen()?).stderr(errors.reopen()?);
        Ok(Self { process: ProcessGroup::spawn(command)?, output, errors })
    }

    fn printed(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.output.path())?)
    }

    fn until(&self, what: &str, is_there: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let printed = self.printed()?;
            if is_there(&printed) {
                return Ok(printed);
            }
            if Instant::now() > deadline {
                bail!("{what} did not come, but\n{printed}{}", process::tail(self.errors.path(), 20));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a person at a terminal does.
    fn interrupt(mut self) -> Result<()> {
        signal_group(self.process.id(), Signal::INT);
        let status = self.process.wait(PATIENCE)?.context("it does not end when it is interrupted")?;
        ensure!(status.success(), "{} ({status})", process::tail(self.errors.path(), 20));
        Ok(())
    }
}
