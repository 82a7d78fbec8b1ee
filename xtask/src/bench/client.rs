//! Running a client program once.

use std::fs::File;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use super::line::ResultLine;
use super::sockets::{self, Traffic};
use crate::process::{self, ProcessGroup};

/// Longer than any run takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(240);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Runs `command` to its end.
///
/// # Errors
/// It fails, takes too long, or prints no line of results.
pub(super) fn run(command: &mut Command) -> Result<ResultLine> {
    ResultLine::parse(&process::capture(command, "", LIMIT)?)
}

/// Runs `command`, which counts its allocations, and counts what went over its connections to `bootstrap`.
///
/// # Errors
/// As [`run`], or the kernel does not tell.
pub(super) fn run_counted(command: &mut Command, bootstrap: &str) -> Result<(ResultLine, Traffic)> {
    let mut held = Held::start(command)?;
    let line = held.results()?;
    let traffic = sockets::traffic(held.id(), bootstrap)?;
    held.finish()?;
    Ok((line, traffic))
}

/// A client program that lives until its standard input ends.
pub(super) struct Held {
    process: ProcessGroup,
    stdin: Option<ChildStdin>,
    output: NamedTempFile,
    errors: NamedTempFile,
}

impl Held {
    /// Starts `command`.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let (output, errors) = (NamedTempFile::new()?, NamedTempFile::new()?);
        command.arg("--hold").stdin(Stdio::piped());
        command.stdout(File::create(output.path())?).stderr(File::create(errors.path())?);
        let mut process = ProcessGroup::spawn(command)?;
        let stdin = process.take_stdin();
        Ok(Self { process, stdin, output, errors })
    }

    /// Its process.
    fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it has printed a line with `part` in it.
    ///
    /// # Errors
    /// It fails, or does not print it in time.
    pub(super) fn wait_for(&mut self, part: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        while !self.printed()?.lines().any(|line| line.contains(part)) {
            if let Some(status) = self.process.ended()? {
                bail!("a client ended with {status}: {}", tail(self.errors.path()));
            }
            if Instant::now() > deadline {
                bail!("a client did not print {part} within {} s: {}", LIMIT.as_secs(), tail(self.errors.path()));
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// The line of results, once it is there. The program lives on.
    ///
    /// # Errors
    /// As [`Held::wait_for`].
    pub(super) fn results(&mut self) -> Result<ResultLine> {
        self.wait_for("\"client\"")?;
        ResultLine::parse(&self.printed()?)
    }

    /// Lets it end.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn finish(mut self) -> Result<()> {
        drop(self.stdin.take());
        self.process.wait(LIMIT)?.context("a client did not end").map(drop)
    }

    fn printed(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.output.path())?)
    }
}

fn tail(file: &Path) -> String {
    process::tail(file, 10)
}
