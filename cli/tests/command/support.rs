//! Processes: a broker to talk to, and commands that are run to their end or talked with.

#![allow(dead_code, reason = "the tests of the command and those of faults use different parts")]

use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A command that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A command to run, in an environment without settings of whoever runs the tests.
pub(crate) struct Ottla {
    command: Command,
    input: Vec<u8>,
}

/// A command with these words, which are separated by blanks.
pub(crate) fn ottla(words: &str) -> Ottla {
    words_of(Command::new(env!("CARGO_BIN_EXE_ottla")), words)
}

/// The same, with less of something than the system gives: options of the shell's `ulimit`.
pub(crate) fn ottla_with_limits(limits: &str, words: &str) -> Ottla {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit {limits} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_ottla")]);
    words_of(command, words)
}

/// Commands for a shell in which `ottla` is the command under test; the first that fails ends it.
pub(crate) fn shell(commands: &str) -> Ottla {
    let folder = Path::new(env!("CARGO_BIN_EXE_ottla")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    words_of(Command::new("sh"), "-e -c").arg(commands).env("PATH", &path)
}

fn words_of(mut command: Command, words: &str) -> Ottla {
    for name in ["OTTLA_BOOTSTRAP", "OTTLA_LOG", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.args(words.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ottla { command, input: Vec::new() }
}

impl Ottla {
    /// A word that may hold blanks.
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// More words, separated by blanks.
    pub(crate) fn args(mut self, words: &str) -> Self {
        self.command.args(words.split_whitespace());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Where it runs.
    pub(crate) fn current_dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What stands at standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Standard output is a pipe that nobody reads any more.
    pub(crate) fn closed_stdout(mut self) -> Self {
        self.command.stdout(closed_pipe());
        self
    }

    /// Standard error is a pipe that nobody reads any more.
    pub(crate) fn closed_stderr(mut self) -> Self {
        self.command.stderr(closed_pipe());
        self
    }

    /// Standard error is this file.
    pub(crate) fn complaints_to(mut self, file: &Path) -> Self {
        self.command.stderr(File::create(file).unwrap());
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Finished {
        let input = self.input.clone();
        let mut running = self.start();
        running.write(&input);
        running.finish()
    }

    /// Runs it beside the test, with standard input open.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Running { child: Some(child), stdout }
    }

    /// Runs it, and gives its output if it did what it was asked for.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        let finished = self.run();
        assert_eq!(finished.code, 0, "{}", finished.err);
        finished.out
    }

    /// The same, read as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let text = self.args("--format json").done();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Runs it, and gives what it complains of if it ends with this code.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        let finished = self.run();
        assert_eq!((finished.code, finished.out.as_str()), (code, ""), "{}", finished.err);
        finished.err
    }
}

fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command that runs. It is killed when the test is over.
pub(crate) struct Running {
    child: Option<Child>,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// The next line of its output, without its end.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        if !line.ends_with('\n') {
            let error = self.child.take().map(|child| child.wait_with_output().unwrap().stderr);
            panic!("it ended after {line:?}: {}", String::from_utf8_lossy(&error.unwrap_or_default()));
        }
        line.trim_end_matches('\n').to_owned()
    }

    /// The next line of its output, unless it ends.
    pub(crate) fn next_line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(str::to_owned)
    }

    /// The next line of its complaints, without its end.
    #[track_caller]
    pub(crate) fn error_line(&mut self) -> String {
        let stderr = self.child.as_mut().and_then(|child| child.stderr.as_mut()).unwrap();
        let mut line = Vec::new();
        #[expect(clippy::unbuffered_bytes, reason = "a buffer would hold what `finish` is to read")]
        for byte in stderr.bytes().map(Result::unwrap).take_while(|byte| *byte != b'\n') {
            line.push(byte);
        }
        String::from_utf8(line).unwrap()
    }

    /// Writes to its standard input. It may have ended, and is then not there to read.
    pub(crate) fn write(&mut self, input: &[u8]) {
        let _ = self.child.as_mut().and_then(|child| child.stdin.as_mut()).map(|stdin| stdin.write_all(input));
    }

    /// Stops to read its output, as `head` does.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// The number of the signal that ends it.
    #[track_caller]
    pub(crate) fn ended_by(&mut self) -> i32 {
        let status = self.child.as_mut().unwrap().wait().unwrap();
        status.signal().unwrap_or_else(|| panic!("not ended by a signal, but by {status}"))
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        let child = self.child.as_mut().unwrap();
        // It may have ended.
        let _ = child.kill();
        child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().unwrap())
    }

    /// Closes its standard input and waits for its end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let pid = self.pid();
        let (child, mut stdout) = (self.child.take().unwrap(), self.stdout.take());
        let (sender, receiver) = mpsc::channel();
        // Two pipes are read, so that neither fills up while the other is waited for.
        let reader = std::thread::spawn(move || {
            let mut out = String::new();
            stdout.as_mut().map(|stdout| stdout.read_to_string(&mut out)).transpose().unwrap();
            out
        });
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(LIMIT) else {
            kill_process(pid, Signal::KILL).unwrap();
            panic!("it does not end");
        };
        let output = output.unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("ended by {}: {err}", output.status));
        Finished { code, out: reader.join().unwrap(), err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A broker of the command, on free ports.
pub(crate) struct Broker {
    running: Running,
    /// What it listens on, by node.
    pub(crate) servers: Vec<String>,
}

impl Broker {
    /// One node in memory.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::start_with(ottla("broker"))
    }

    /// With a topic.
    #[track_caller]
    pub(crate) fn with_topic(topic: &str, partitions: u32) -> Self {
        let broker = Self::start();
        broker.ottla("topic create").arg(topic).arg(format!("--partitions={partitions}")).done();
        broker
    }

    /// With these arguments besides `--listen`.
    #[track_caller]
    pub(crate) fn start_with(command: Ottla) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// With these arguments, and listening on this address.
    #[track_caller]
    pub(crate) fn start_at(command: Ottla, address: &str) -> Self {
        let mut running = command.args("--listen").arg(address).start();
        let mut servers = Vec::new();
        loop {
            let line = running.line();
            if line == "ready" {
                return Self { running, servers };
            }
            let address = line.strip_prefix(&format!("node {} listening on ", servers.len() + 1));
            servers.push(address.unwrap_or_else(|| panic!("unexpected: {line}")).to_owned());
        }
    }

    /// A command that talks to it.
    pub(crate) fn ottla(&self, words: &str) -> Ottla {
        ottla(words).env("OTTLA_BOOTSTRAP", &self.servers[0])
    }

    /// Writes lines into a topic.
    #[track_caller]
    pub(crate) fn produce(&self, topic: &str, lines: &str) {
        self.ottla("produce").arg(topic).input(lines).done();
    }

    pub(crate) fn pid(&self) -> Pid {
        self.running.pid()
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.running.kill();
    }

    /// Stops it by a signal and waits for its end.
    #[track_caller]
    pub(crate) fn stop(self, signal: Signal) -> Finished {
        self.running.signal(signal);
        self.running.finish()
    }
}

/// The cells of a table, whose columns must be told apart by blanks that all lines have in common.
#[track_caller]
pub(crate) fn cells(table: &str) -> Vec<Vec<String>> {
    let lines: Vec<Vec<char>> = table.lines().map(|line| line.chars().collect()).collect();
    let width = lines.iter().map(Vec::len).max().unwrap_or(0);
    let is_blank = |at: usize| lines.iter().all(|line| line.get(at).is_none_or(|c| *c == ' '));
    let (mut columns, mut begin) = (Vec::new(), 0);
    for at in 0..=width {
        let ends = at == width || (is_blank(at) && is_blank(at + 1));
        if ends && at > begin {
            columns.push(begin..at);
        }
        if ends || is_blank(at) && at == begin {
            begin = at + 1;
        }
    }
    let cell = |line: &Vec<char>, column: &std::ops::Range<usize>| {
        line.iter().take(column.end).skip(column.start).collect::<String>().trim().to_owned()
    };
    let rows: Vec<Vec<String>> =
        lines.iter().map(|line| columns.iter().map(|column| cell(line, column)).collect()).collect();
    assert!(rows.first().is_some_and(|titles| titles.iter().all(|title| !title.is_empty())), "no columns in\n{table}");
    assert!(table.lines().all(|line| line == line.trim_end()), "blanks at the end of lines in\n{table}");
    rows
}

/// Holds JSON against what the help of a command says of it.
#[track_caller]
pub(crate) fn assert_documented(command: &str, json: &Value) {
    let help = ottla(command).args("--help").done();
    let (_, documented) = help.split_once("\nJSON").unwrap_or_else(|| panic!("{command} says nothing of JSON"));
    let documented = documented.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(documented.contains(&shape(json)), "{command} gives {}, not as in its help: {documented}", shape(json));
}

/// The names in a value, as the help writes them: `[{name, parts: [{size}]}]`.
fn shape(value: &Value) -> String {
    let nested = |value: &Value| match value {
        Value::Object(_) => true,
        Value::Array(items) => items.first().is_some_and(Value::is_object),
        _ => false,
    };
    match value {
        Value::Array(items) => format!("[{}]", items.first().map(shape).unwrap_or_default()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match nested(value) {
                true => format!("{name}: {}", shape(value)),
                false => name.clone(),
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    }
}
