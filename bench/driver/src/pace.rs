//! Sending at a rate, and stamps in values that say when.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::{Histogram, LatencyTask, Meter, Report};

/// Says when each record is due. A record that is late counts from when it was due, not from when it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    started: Instant,
    per_second: u64,
}

/// When a record was due, as 8 bytes at the beginning of its value.
#[derive(Clone, Copy, Debug)]
pub struct Stamp(Duration);

impl Pace {
    /// So many records a second from now on.
    pub fn start(per_second: u64) -> Self {
        Self { started: Instant::now(), per_second: per_second.max(1) }
    }

    /// When record number `index` is due, from 0 on.
    pub fn due(&self, index: u64) -> Instant {
        self.started + self.stamp(index).0
    }

    /// Blocks the thread until record number `index` is due. Timers of runtimes would be up to a millisecond late, and that
    /// is no client's fault.
    pub fn wait_for(&self, index: u64) {
        if let Some(early) = self.due(index).checked_duration_since(Instant::now()) {
            thread::sleep(early);
        }
    }

    /// The stamp of record number `index`.
    pub fn stamp(&self, index: u64) -> Stamp {
        let whole = Duration::from_secs(index / self.per_second);
        Stamp(whole + Duration::from_nanos(index % self.per_second * 1_000_000_000 / self.per_second))
    }

    /// How long ago the record with this value was due.
    pub fn age(&self, value: &[u8]) -> Option<Duration> {
        let nanos = u64::from_be_bytes(*value.first_chunk()?);
        Some(self.started.elapsed().saturating_sub(Duration::from_nanos(nanos)))
    }
}

impl Stamp {
    /// Writes it into a value, which has room for 8 bytes.
    pub fn write(self, value: &mut [u8]) {
        if let Some(place) = value.first_chunk_mut() {
            *place = u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX).to_be_bytes();
        }
    }
}

/// Times the records of a [`LatencyTask`] as they are read.
pub struct LatencyMeter {
    pace: Pace,
    warm_up: u64,
    total: u64,
    arrived: u64,
    size: usize,
    timed: Vec<i32>,
    /// From the end of the warm-up on.
    meter: Option<Meter>,
    latency: Histogram,
}

impl LatencyMeter {
    /// For the records that `pace` was given for.
    ///
    /// # Errors
    /// As [`Histogram::new`].
    pub fn new(task: &LatencyTask, pace: Pace) -> anyhow::Result<Self> {
        let total = task.warm_up + task.records;
        let latency = Histogram::new()?;
        let (warm_up, size, timed) = (task.warm_up, task.size, task.timed.clone());
        Ok(Self { pace, warm_up, total, arrived: 0, size, timed, meter: None, latency })
    }

    /// A record of this partition with this value has been read.
    pub fn arrived(&mut self, partition: i32, value: &[u8]) {
        if self.arrived >= self.warm_up
            && (self.timed.is_empty() || self.timed.contains(&partition))
            && let Some(age) = self.pace.age(value)
        {
            self.meter.get_or_insert_with(Meter::start);
            self.latency.add(age);
        }
        self.arrived += 1;
    }

    /// Whether all have.
    pub fn is_done(&self) -> bool {
        self.arrived >= self.total
    }

    /// What it took.
    ///
    /// # Errors
    /// No record was timed.
    pub fn report(self) -> anyhow::Result<Report> {
        let meter = self.meter.context("no record was timed")?;
        let timed = self.latency.count();
        Ok(meter.stop(timed, timed * self.size as u64).latency(self.latency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_time_when_its_record_was_due() {
        let pace = Pace::start(1000);
        assert_eq!(pace.due(1500), pace.started + Duration::from_millis(1500));
        let mut value = [0; 10];
        pace.stamp(0).write(&mut value);
        let elapsed = pace.started.elapsed();
        assert!(pace.age(&value).unwrap() >= elapsed);
        pace.stamp(3_600_000).write(&mut value);
        assert_eq!(pace.age(&value), Some(Duration::ZERO));
        assert_eq!(pace.age(&[1, 2]), None);
    }
}
