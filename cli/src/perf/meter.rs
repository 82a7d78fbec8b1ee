//! What a run took.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::histogram::Histogram;
use crate::output::{self, Format};

/// A run under way.
#[derive(Debug)]
pub(super) struct Meter {
    started: Instant,
    cpu: Duration,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), cpu: cpu_time() }
    }

    /// The end of the run.
    pub(super) fn stop(&self, records: u64, bytes: u64) -> Measurement {
        let cpu = cpu_time().saturating_sub(self.cpu);
        Measurement { records, bytes, elapsed: self.started.elapsed(), cpu, latency: None, notes: Vec::new() }
    }
}

/// The processor time that this process has used, over all its threads.
#[cfg(unix)]
fn cpu_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Not known on this system.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    Duration::ZERO
}

/// A run and what it took.
#[derive(Debug)]
pub(super) struct Measurement {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    /// What the times are of, and the times.
    pub(super) latency: Option<(&'static str, Histogram)>,
    /// More numbers, by name.
    pub(super) notes: Vec<(&'static str, u64)>,
}

/// Percentiles to print, per mille.
const PERCENTILES: [(&str, u64); 4] = [("p50", 500), ("p95", 950), ("p99", 990), ("p99.9", 999)];

#[expect(clippy::cast_precision_loss, reason = "few digits are shown")]
impl Measurement {
    fn records_per_second(&self) -> f64 {
        self.records as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn cpu_nanos_per_record(&self) -> u64 {
        let nanos = self.cpu.as_nanos() / u128::from(self.records.max(1));
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        match format {
            Format::Json => output::print_json(&self.to_json()),
            Format::Table => output::print_text(|_| self.to_text()),
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and far from 2^64")]
    fn to_text(&self) -> String {
        let cores = self.cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        let mut lines = vec![
            ("records", format!("{} ({})", output::grouped(self.records), output::bytes(self.bytes))),
            ("time", format!("{:.3} s", self.elapsed.as_secs_f64())),
            ("records/s", output::grouped(self.records_per_second().round() as u64)),
            ("MB/s", format!("{:.1}", self.megabytes_per_second())),
            (
                "CPU time",
                format!(
                    "{:.3} s ({:.0} % of a core, {} ns per record)",
                    self.cpu.as_secs_f64(),
                    cores * 100.0,
                    output::grouped(self.cpu_nanos_per_record())
                ),
            ),
        ];
        if let Some((subject, histogram)) = &self.latency {
            let percentiles: Vec<String> = PERCENTILES
                .iter()
                .map(|(name, per_mille)| format!("{name} {}", milliseconds(histogram.per_mille(*per_mille))))
                .collect();
            let (mean, max) = (milliseconds(histogram.mean()), milliseconds(histogram.max()));
            lines.push((subject, format!("{}  max {max}  mean {mean}", percentiles.join("  "))));
        }
        lines.extend(self.notes.iter().map(|(name, number)| (*name, output::grouped(*number))));
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        lines.iter().map(|(name, text)| format!("{name:width$}  {text}\n")).collect()
    }

    fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut insert = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        insert("records", self.records.into());
        insert("bytes", self.bytes.into());
        insert("seconds", self.elapsed.as_secs_f64().into());
        insert("records_per_second", self.records_per_second().into());
        insert("megabytes_per_second", self.megabytes_per_second().into());
        insert("cpu_seconds", self.cpu.as_secs_f64().into());
        insert("cpu_nanoseconds_per_record", self.cpu_nanos_per_record().into());
        if let Some((_, histogram)) = &self.latency {
            let ms = |time: Duration| json!(time.as_secs_f64() * 1000.0);
            let mut latency: Map<String, Value> =
                PERCENTILES.iter().map(|(name, at)| ((*name).to_owned(), ms(histogram.per_mille(*at)))).collect();
            latency.insert("max".to_owned(), ms(histogram.max()));
            latency.insert("mean".to_owned(), ms(histogram.mean()));
            latency.insert("samples".to_owned(), histogram.count().into());
            insert("latency_ms", Value::Object(latency));
        }
        for (name, number) in &self.notes {
            insert(&name.replace(' ', "_"), (*number).into());
        }
        Value::Object(object)
    }
}

/// A time in milliseconds, with as many digits as say something.
fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 1.0 => format!("{ms:.3} ms"),
        ms if ms < 100.0 => format!("{ms:.2} ms"),
        ms => format!("{ms:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement() -> Measurement {
        let mut histogram = Histogram::new();
        histogram.add(Duration::from_millis(2));
        Measurement {
            records: 1_000_000,
            bytes: 100_000_000,
            elapsed: Duration::from_secs(2),
            cpu: Duration::from_millis(1500),
            latency: Some(("delivery", histogram)),
            notes: vec![("requests", 1200)],
        }
    }

    #[test]
    fn a_run_is_told_in_lines_that_line_up() {
        let expected = "\
records    1,000,000 (100.0 MB)
time       2.000 s
records/s  500,000
MB/s       50.0
CPU time   1.500 s (75 % of a core, 1,500 ns per record)
delivery   p50 2.00 ms  p95 2.00 ms  p99 2.00 ms  p99.9 2.00 ms  max 2.00 ms  mean 2.00 ms
requests   1,200
";
        assert_eq!(measurement().to_text(), expected);
    }

    #[test]
    fn a_run_is_told_to_programs() {
        let json = measurement().to_json();
        assert_eq!(json["records_per_second"], 500_000.0);
        assert_eq!(json["cpu_nanoseconds_per_record"], 1500);
        assert_eq!((&json["latency_ms"]["p99.9"], &json["latency_ms"]["samples"]), (&json!(2.0), &json!(1)));
        assert_eq!(json["requests"], 1200);
    }

    #[cfg(unix)]
    #[test]
    fn work_takes_processor_time() {
        let meter = Meter::start();
        let mut sum = 0_u64;
        while meter.started.elapsed() < Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(1));
        }
        assert!(meter.stop(1, 1).cpu > Duration::from_millis(1));
    }
}
