//! Programs that do with a client what they are told, so that a case is written once for all clients.
//!
//! A driver gets the bootstrap servers as its argument. It reads requests from its standard input, a JSON object a line,
//! and answers each with a line: `{"ok": ...}`, or `{"error": {"code": ..., "text": ...}}` with Kafka's number for the
//! error where the client tells it, else null. It ends with its input. Keys, values and header values are base64 or
//! null; a record is `{"key", "value", "headers": [[name, value]...], "partition", "timestamp"}`, of which all but the
//! value may be missing.
//!
//! | `do` | with | answers |
//! |---|---|---|
//! | `create` | `topic`, `partitions`, `configs` (may be missing) | |
//! | `describe` | `topic` | `{"partitions": count, "configs": {name: value}}` |
//! | `alter` | `topic`, `configs` | |
//! | `grow` | `topic`, `partitions` | |
//! | `delete` | `topic` | |
//! | `topics` | | their names |
//! | `produce` | `topic`, `records`, and if need be `codec`, `acks` (-1), `idempotent` (false), `max_bytes` of a request, `batch_bytes` | `[partition, offset]` of each record |
//! | `read` | `topic`, and if need be `max_bytes` of a fetch, or `partition` and perhaps `offset` | all records up to the end, each with `offset` and `append_time` (null where the client does not say) |
//! | `offset_at` | `topic`, `partition`, `time` | the first offset from that time on, or null |
//! | `commit` | `group`, `topic`, `partition`, `offset`, `metadata` | |
//! | `committed` | `group`, `topic`, `partition` | `{"offset", "metadata"}`, or null |
//!
//! Two requests go on until the input ends, and tell what happens, a line for each event, before they answer:
//!
//! - `member` with `group`, `topic` and `assignor` is a member that commits what it has read:
//!   `{"assigned": [partitions]}` with all that it has by now, and `{"record": {"partition", "offset", "value"}}`. It
//!   leaves the group at the end.
//! - `load` with `topic` writes 0, 1, 2... as keys and values, some hundreds a second, with the idempotent producer
//!   where there is one: `{"acknowledged": value}` or `{"failed": value}` for each. It flushes at the end.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::scene::Scene;
use crate::process::{self, ProcessGroup};

const ANSWER_LIMIT: Duration = Duration::from_secs(120);
const RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR.
const COORDINATOR_ERRORS: [i64; 3] = [14, 15, 16];
const END_LIMIT: Duration = Duration::from_secs(60);

/// A driver that runs.
#[derive(Debug)]
pub(super) struct Driver {
    client: &'static str,
    /// None once it has been told to end.
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: NamedTempFile,
    process: ProcessGroup,
}

impl Driver {
    /// Starts the driver of the client that the scene is about.
    pub(super) fn start(scene: &Scene<'_>) -> Result<Self> {
        Self::of(scene.client, scene)
    }

    /// Starts the driver of `client`.
    pub(super) fn of(client: &'static super::client::Client, scene: &Scene<'_>) -> Result<Self> {
        let driver = client.driver.with_context(|| format!("{} has no driver", client.name))?;
        let errors = NamedTempFile::new()?;
        let mut command = driver(scene.kafka)?;
        command.arg(&scene.bootstrap).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors.reopen()?);
        let mut process = ProcessGroup::spawn(&mut command)?;
        let (input, output) = process.pipes().context("a driver without pipes")?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            // The lines end with the process. Whoever waited for them has gone when they cannot be sent.
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { client: client.name, input: Some(input), lines, errors, process })
    }

    /// Asks it to do something, and returns its answer.
    ///
    /// # Errors
    /// It says that this cannot be done, or does not answer.
    pub(super) fn call(&mut self, request: &Value) -> Result<Value> {
        let deadline = Instant::now() + ANSWER_LIMIT;
        loop {
            self.send(request)?;
            let answer = self.next(ANSWER_LIMIT)?.with_context(|| self.complaint("no answer", request))?;
            match answer {
                Event::Answer(Ok(value)) => return Ok(value),
                Event::Answer(Err(error)) if may_pass(&error) && Instant::now() < deadline => {
                    thread::sleep(RETRY_INTERVAL);
                }
                Event::Answer(Err(error)) => bail!(self.complaint(&error.to_string(), request)),
                Event::Told(event) => bail!(self.complaint(&format!("{event} is no answer"), request)),
            }
        }
    }

    /// Asks it to do something that cannot be done for the reason with this number.
    ///
    /// # Errors
    /// It can, or the reason is another one.
    pub(super) fn call_refused(&mut self, request: &Value, code: i64) -> Result<()> {
        self.send(request)?;
        let answer = self.next(ANSWER_LIMIT)?.with_context(|| self.complaint("no answer", request))?;
        let Event::Answer(Err(error)) = answer else { bail!(self.complaint("nothing was refused", request)) };
        let found = error.get("code").and_then(Value::as_i64);
        ensure!(found == Some(code), self.complaint(&format!("refused not by {code}, but by {error}"), request));
        Ok(())
    }

    /// Begins something that goes on until the driver is told to end.
    pub(super) fn begin(&mut self, request: &Value) -> Result<()> {
        self.send(request)
    }

    /// The next thing that it tells; none within `limit`.
    ///
    /// # Errors
    /// It has ended, or has told of an error.
    pub(super) fn event(&self, limit: Duration) -> Result<Option<Value>> {
        match self.next(limit)? {
            None => Ok(None),
            Some(Event::Told(event)) => Ok(Some(event)),
            Some(Event::Answer(answer)) => bail!("{} has ended early: {answer:?}", self.client),
        }
    }

    /// Tells it to end, and returns what it has told until then.
    ///
    /// # Errors
    /// It does not end in time, or not well.
    pub(super) fn finish(mut self) -> Result<Vec<Value>> {
        drop(self.input.take());
        let deadline = Instant::now() + END_LIMIT;
        let mut events = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            match Event::parse(&line)? {
                Event::Told(event) => events.push(event),
                Event::Answer(Ok(_)) => {}
                Event::Answer(Err(error)) => bail!("{} ended with {error}", self.client),
            }
        }
        let status = self.process.wait(deadline.saturating_duration_since(Instant::now()))?;
        let ended_well = status.is_some_and(|status| status.success());
        ensure!(ended_well, "{} ended with {status:?}\n{}", self.client, process::tail(self.errors.path(), 20));
        Ok(events)
    }

    fn send(&mut self, request: &Value) -> Result<()> {
        let input = self.input.as_mut().context("the driver was told to end")?;
        let sent = writeln!(input, "{request}").and_then(|()| input.flush());
        sent.map_err(|error| anyhow!(self.complaint(&error.to_string(), request)))
    }

    fn next(&self, limit: Duration) -> Result<Option<Event>> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Event::parse(&line).map(Some).with_context(|| format!("{} said {line}", self.client)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("{} has ended\n{}", self.client, process::tail(self.errors.path(), 20))
            }
        }
    }

    fn complaint(&self, what: &str, request: &Value) -> String {
        let request: String = request.to_string().chars().take(200).collect();
        format!("{}: {what}\nasked for {request}\n{}", self.client, process::tail(self.errors.path(), 10))
    }
}

/// A line from a driver.
#[derive(Debug)]
enum Event {
    Answer(Result<Value, Value>),
    Told(Value),
}

impl Event {
    fn parse(line: &str) -> Result<Self> {
        let mut value: Value = serde_json::from_str(line)?;
        if let Some(answer) = value.get_mut("ok") {
            return Ok(Self::Answer(Ok(answer.take())));
        }
        if let Some(error) = value.get_mut("error") {
            return Ok(Self::Answer(Err(error.take())));
        }
        Ok(Self::Told(value))
    }
}

/// Whether the coordinator of a group is only not ready yet, which not every client waits for.
fn may_pass(error: &Value) -> bool {
    error.get("code").and_then(Value::as_i64).is_some_and(|code| COORDINATOR_ERRORS.contains(&code))
}

/// A request that names a topic.
pub(super) fn on_topic(what: &str, topic: &str) -> Value {
    json!({"do": what, "topic": topic})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_errors_and_events_are_told_apart() {
        assert!(matches!(Event::parse(r#"{"ok": [1]}"#).unwrap(), Event::Answer(Ok(value)) if value == json!([1])));
        assert!(matches!(Event::parse(r#"{"error": {"code": 3}}"#).unwrap(), Event::Answer(Err(_))));
        assert!(matches!(Event::parse(r#"{"assigned": []}"#).unwrap(), Event::Told(_)));
        assert!(Event::parse("hello").is_err());
    }
}
