//! What a run took.

use std::alloc::System;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Map, Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region};

use crate::Histogram;

/// A run under way.
pub struct Meter {
    started: Instant,
    cpu: Cpu,
    allocations: Region<'static, System>,
}

/// What it took.
#[derive(Clone, Debug)]
pub struct Report {
    records: u64,
    bytes: u64,
    seconds: f64,
    cpu: Cpu,
    allocations: usize,
    latency: Option<Histogram>,
    notes: Map<String, Value>,
}

/// Processor time of this process, over all its threads.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    user: Duration,
    system: Duration,
}

impl Meter {
    /// The beginning.
    pub fn start() -> Self {
        Self { started: Instant::now(), cpu: Cpu::now(), allocations: Region::new(&INSTRUMENTED_SYSTEM) }
    }

    /// The end of a run with so many records and bytes in their keys and values.
    pub fn stop(&self, records: u64, bytes: u64) -> Report {
        let (seconds, cpu, allocations) = (self.started.elapsed().as_secs_f64(), Cpu::now(), self.allocations.change());
        Report {
            records,
            bytes,
            seconds,
            cpu: Cpu {
                user: cpu.user.saturating_sub(self.cpu.user),
                system: cpu.system.saturating_sub(self.cpu.system),
            },
            allocations: allocations.allocations + allocations.reallocations,
            latency: None,
            notes: Map::new(),
        }
    }
}

impl Report {
    /// Adds times.
    #[must_use]
    pub fn latency(mut self, latency: Histogram) -> Self {
        self.latency = Some(latency);
        self
    }

    /// Adds a number that only this client has.
    #[must_use]
    pub fn note(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.notes.insert(name.to_owned(), value.into());
        self
    }

    /// The line of JSON.
    pub(crate) fn line(&self, client: &str, counts: bool) -> Value {
        let mut line = json!({
            "client": client,
            "records": self.records,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "user_seconds": self.cpu.user.as_secs_f64(),
            "system_seconds": self.cpu.system.as_secs_f64(),
            "peak_rss_bytes": peak_rss_bytes(),
            "notes": self.notes,
        });
        if counts {
            line["allocations"] = self.allocations.into();
        }
        if let Some(latency) = &self.latency {
            let ms = |time: Duration| json!(time.as_secs_f64() * 1e3);
            line["latency_ms"] = json!({
                "p50": ms(latency.quantile(0.5)), "p99": ms(latency.quantile(0.99)),
                "p99.9": ms(latency.quantile(0.999)), "max": ms(latency.max()), "samples": latency.count(),
            });
        }
        line
    }
}

impl Cpu {
    fn now() -> Self {
        // The only error is an argument that does not exist.
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
        let time = |time: Option<nix::sys::time::TimeVal>| {
            Duration::from_micros(time.and_then(|time| u64::try_from(time.num_microseconds()).ok()).unwrap_or(0))
        };
        Self { user: time(usage.map(|usage| usage.user_time())), system: time(usage.map(|usage| usage.system_time())) }
    }
}

/// The most memory that this process has had, where the kernel tells.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}
