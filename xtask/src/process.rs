//! Child processes that end when we do.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A command whose process the kernel kills when the calling thread dies, however that comes about.
///
/// `Drop` does not run on SIGKILL, and a JVM that nobody waits for keeps its port for ever. Where util-linux's
/// `setpriv` is missing the command runs without that net.
pub(crate) fn tied_to_us(program: impl AsRef<OsStr>) -> Command {
    if !is_installed("setpriv") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command
}

/// Whether `program` is on the path.
pub(crate) fn is_installed(program: &str) -> bool {
    find(program).is_some()
}

fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A process and all that it starts, killed on drop.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    leader: Child,
}

impl ProcessGroup {
    /// Starts `command` as the leader of a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let leader = command.process_group(0).spawn().with_context(|| format!("{} did not start", shown(command)))?;
        Ok(Self { leader })
    }

    /// The process id of the leader, which is the id of the group too.
    pub(crate) fn id(&self) -> u32 {
        self.leader.id()
    }

    /// Its standard input and output, where they were asked for, once.
    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.take_stdin().zip(self.take_stdout())
    }

    /// Its standard input, where it was asked for, once.
    pub(crate) fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.leader.stdin.take()
    }

    /// Its standard output, where it was asked for, once.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.leader.stdout.take()
    }

    /// How the leader ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.leader.try_wait()?)
    }

    /// Waits for the leader to end; `None` when it is still there after `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Asks the group to end, and kills what is left of it after `limit`.
    pub(crate) fn stop(mut self, limit: Duration) -> Result<Option<ExitStatus>> {
        signal_group(self.id(), Signal::TERM);
        self.wait(limit)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        signal_group(self.id(), Signal::KILL);
        // An error says that it has been waited for already.
        let _ = self.leader.wait();
    }
}

/// Sends `signal` to every process of group `id`. A group that is gone needs none.
pub(crate) fn signal_group(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Output {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

/// Runs `command` to its end with `input` on its standard input.
///
/// # Errors
/// It does not start, or is killed because it takes longer than `limit`.
pub(crate) fn output(command: &mut Command, input: &str, limit: Duration) -> Result<Output> {
    // Files, not pipes: nobody has to drain them while the command runs.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(input_file(input)?).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let mut group = ProcessGroup::spawn(command)?;
    let Some(status) = group.wait(limit)? else {
        drop(group);
        bail!("{} took longer than {} s\n{}", shown(command), limit.as_secs(), text(&mut stderr)?);
    };
    Ok(Output { status, stdout: text(&mut stdout)?, stderr: text(&mut stderr)? })
}

/// The standard output of `command`.
///
/// # Errors
/// As [`output`], or it fails.
pub(crate) fn capture(command: &mut Command, input: &str, limit: Duration) -> Result<String> {
    let output = output(command, input, limit)?;
    if !output.status.success() {
        bail!("{} failed ({})\n{}{}", shown(command), output.status, output.stdout, output.stderr);
    }
    Ok(output.stdout)
}

/// Runs `command` with our own input and output.
///
/// # Errors
/// It does not start, or it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} did not start", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// The last `lines` lines of a log file.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let kept: Vec<&str> = text.lines().rev().take(lines).collect();
    kept.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn input_file(input: &str) -> Result<Stdio> {
    if input.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = tempfile::tempfile()?;
    std::io::Write::write_all(&mut file, input.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

fn text(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The command as a person would type it, cut where a class path makes it unreadable.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_string_lossy()).skip_while(|word| *word == "setpriv");
    let words = words.filter(|word| word != "--pdeathsig" && word != "KILL");
    words.map(|word| word.chars().take(100).collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_group_takes_its_grandchildren_along() {
        let scratch = tempfile::tempdir().unwrap();
        let mark = scratch.path().join("mark");
        let script = format!("(sleep 1; touch {}) & wait", mark.display());
        let group = ProcessGroup::spawn(Command::new("sh").args(["-c", &script])).unwrap();
        thread::sleep(Duration::from_millis(200));
        drop(group);
        thread::sleep(Duration::from_millis(1300));
        assert!(!mark.exists());
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed() {
        let began = Instant::now();
        let error = capture(Command::new("sleep").arg("30"), "", Duration::from_millis(100)).unwrap_err();
        assert!(error.to_string().contains("sleep 30 took longer"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn input_reaches_the_command() {
        assert_eq!(capture(&mut Command::new("cat"), "a\nb\n", Duration::from_secs(10)).unwrap(), "a\nb\n");
    }

    #[test]
    fn a_failed_command_shows_what_it_said() {
        let mut command = Command::new("sh");
        let error = capture(command.args(["-c", "echo why >&2; exit 3"]), "", Duration::from_secs(10)).unwrap_err();
        assert!(error.to_string().contains("why"), "{error}");
    }
}
