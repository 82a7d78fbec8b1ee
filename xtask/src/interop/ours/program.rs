//! The program itself, and what it asks of us.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

use super::super::confluent;
use super::super::scene::{Scene, capture};
use super::super::target::release_file;
use super::cluster::OwnCluster;
use super::companion;
use crate::process::{self, ProcessGroup};

const LIMIT: Duration = Duration::from_secs(600);

/// The names of its cases.
pub(super) fn cases() -> Result<Vec<String>> {
    let printed = capture(Command::new(release_file("ottla-interop")?).arg("list"), "")?;
    Ok(printed.lines().map(str::to_owned).collect())
}

/// Runs one of its cases. While it runs, it asks for nodes to be stopped and started, by lines such as `node kill 2`, and
/// has notes for the reader of the results.
pub(super) fn run(scene: &Scene<'_>, case: &str, bootstrap: &str, mut cluster: Option<&mut OwnCluster>) -> Result<()> {
    let errors = NamedTempFile::new()?;
    let mut command = process::tied_to_us(release_file("ottla-interop")?);
    command.args([case, "--bootstrap", bootstrap, "--name", &scene.name, "--nodes", &scene.nodes.to_string()]);
    command.arg("--java").arg(companion::java(scene.kafka)?).arg("--python").arg(confluent::PYTHON.python()?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors.reopen()?);
    let mut program = ProcessGroup::spawn(&mut command)?;
    let (mut input, output) = program.pipes().context("its input and output are pipes")?;
    let (line, lines) = mpsc::channel();
    // It ends with the output, and so with the program.
    thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).try_for_each(|text| line.send(text)));
    let deadline = Instant::now() + LIMIT;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(text) if text.starts_with("note ") => scene.note(text.trim_start_matches("note ")),
            Ok(wish) => {
                let cluster = cluster.as_deref_mut().context("this case has no cluster of its own")?;
                let answer = cluster.grant(&wish).map_or_else(|error| format!("{error:#}"), |()| "done".to_owned());
                writeln!(input, "{}", answer.replace('\n', " "))?;
            }
            Err(RecvTimeoutError::Timeout) => bail!("{case} took longer than {} s", LIMIT.as_secs()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = program.wait(LIMIT)?.with_context(|| format!("{case} did not end"))?;
    ensure!(status.success(), "{} ({status})", process::tail(errors.path(), 30));
    Ok(())
}
