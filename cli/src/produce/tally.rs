//! What became of the records.

use std::{fmt::Display, time::Instant};

use anyhow::bail;
use ottla::producer::DeliveryError;
use serde_json::json;

use crate::{
    output::{self, Format, notice},
    refusal,
};

/// So many failed records are told one by one.
const MAX_TOLD: u64 = 5;

/// Counts records by what became of them.
#[derive(Debug)]
pub(super) struct Tally {
    started: Instant,
    delivered: u64,
    bytes: u64,
    failed: u64,
    maybe_written: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), delivered: 0, bytes: 0, failed: 0, maybe_written: 0 }
    }

    /// A record of this size, key and value, was delivered.
    pub(super) fn delivered(&mut self, bytes: usize) {
        self.delivered += 1;
        self.bytes += bytes as u64;
    }

    /// The record of a line was not delivered.
    pub(super) fn not_delivered(&mut self, line: u64, error: &DeliveryError) {
        self.maybe_written += u64::from(error.possibly_written());
        let maybe = if error.possibly_written() { "; it may have been written" } else { "" };
        let reason = refusal::in_words(error.kind());
        let more = error.record_message().filter(|message| !reason.contains(message));
        let more = more.map(|message| format!(" ({message})")).unwrap_or_default();
        self.failed(line, &format!("{}-{}: {reason}{more}{maybe}", error.topic(), error.partition()));
    }

    /// The record of a line failed.
    pub(super) fn failed(&mut self, line: u64, error: &dyn Display) {
        self.failed += 1;
        if self.failed <= MAX_TOLD {
            notice::error(format!("line {line}: {error}"));
        }
    }

    /// Tells all of it, and fails if a record did.
    pub(super) fn report(&self, topic: &str, format: Format) -> anyhow::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        if format == Format::Json {
            output::print_json(&json!({
                "topic": topic, "records": self.delivered, "bytes": self.bytes, "seconds": seconds,
                "failed": self.failed, "possibly_written": self.maybe_written,
            }))?;
        } else {
            let (records, bytes) = (output::counted(self.delivered, "record"), output::bytes(self.bytes));
            notice::hint(format!("{records} ({bytes}) into {topic} in {seconds:.2} s"));
        }
        if self.failed == 0 {
            return Ok(());
        }
        let (failed, all) = (output::grouped(self.failed), output::counted(self.delivered + self.failed, "record"));
        let maybe = match self.maybe_written {
            0 => String::new(),
            some => format!("; {} of them may have been written all the same", output::grouped(some)),
        };
        bail!("{failed} of {all} not delivered{maybe}")
    }
}
