//! What the figures should be at least.

use super::figure;
use super::results::Results;

/// A figure and how good it should be.
#[derive(Debug)]
pub(super) struct Target {
    /// What is measured.
    pub(super) what: &'static str,
    workload: &'static str,
    subject: &'static str,
    figure: &'static str,
    wanted: Wanted,
}

#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// In terms of another's.
    TimesAtLeast(&'static str, f64),
    /// In terms of another's.
    TimesAtMost(&'static str, f64),
    AtLeast(f64),
    AtMost(f64),
}

/// How a target stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    /// What was found, in the terms of the target.
    pub(super) found: f64,
    /// Whether that is good enough.
    pub(super) is_met: bool,
}

const fn target(
    what: &'static str,
    workload: &'static str,
    subject: &'static str,
    figure: &'static str,
    wanted: Wanted,
) -> Target {
    Target { what, workload, subject, figure, wanted }
}

use Wanted::{AtLeast, AtMost, TimesAtLeast, TimesAtMost};

/// All of them.
pub(super) const TARGETS: [Target; 19] = [
    target(
        "produce 100 B: records per CPU-second",
        "produce-100",
        "ottla",
        figure::PER_CPU,
        TimesAtLeast("librdkafka", 5.0),
    ),
    target(
        "produce 100 B: records per CPU-second",
        "produce-100",
        "ottla",
        figure::PER_CPU,
        TimesAtLeast("krafka", 10.0),
    ),
    target(
        "consume 100 B: records per CPU-second",
        "consume-100",
        "ottla",
        figure::PER_CPU,
        TimesAtLeast("librdkafka", 5.0),
    ),
    target(
        "consume 100 B: records per CPU-second",
        "consume-100",
        "ottla",
        figure::PER_CPU,
        TimesAtLeast("krafka", 5.0),
    ),
    target("end-to-end p99 at 10,000 records/s", "latency-10k", "ottla", figure::P99, TimesAtMost("librdkafka", 0.7)),
    target("allocations per produced record", "produce-100", "ottla", figure::ALLOCATIONS, AtMost(0.05)),
    target("allocations per consumed record", "consume-100", "ottla", figure::ALLOCATIONS, AtMost(0.01)),
    target("consume 1 KiB: wire bytes per value byte", "consume-1k", "ottla", figure::WIRE, AtMost(1.03)),
    target("consume 100 B: wire bytes per value byte", "consume-100", "ottla", figure::WIRE, AtMost(1.2)),
    target("produce 100 B: wire bytes per value byte", "produce-100", "ottla", figure::WIRE, AtMost(1.15)),
    target(
        "consume throughput with one of two brokers idle",
        "consume-one-idle",
        "ottla",
        figure::IDLE_SHARE,
        AtLeast(0.95),
    ),
    target(
        "broker CPU-seconds per million produced",
        "brokers",
        "broker-ref",
        figure::BROKER_PRODUCE,
        TimesAtMost("kafka", 0.25),
    ),
    target(
        "broker CPU-seconds per million consumed",
        "brokers",
        "broker-ref",
        figure::BROKER_CONSUME,
        TimesAtMost("kafka", 0.5),
    ),
    target(
        "broker p99 of produce at 50,000/s, linger 0",
        "brokers",
        "broker-ref",
        figure::PRODUCE_P99_50K,
        TimesAtMost("kafka", 0.2),
    ),
    target("broker's share of the machine's ceiling", "ceiling", "broker-ref", figure::CEILING_SHARE, AtLeast(0.4)),
    target(
        "embedded cluster: ms to the first acknowledged record",
        "start-embedded",
        "broker-ref",
        figure::FIRST_RECORD,
        AtMost(10.0),
    ),
    target("ottla broker: ms to ready", "start-ready", "broker-ref", figure::READY, AtMost(50.0)),
    target("idle broker: MB", "idle", "broker-ref", figure::IDLE_RSS, AtMost(20.0)),
    target("idle broker: CPU %", "idle", "broker-ref", figure::IDLE_CPU, AtMost(0.1)),
];

impl Target {
    /// The target in words.
    pub(super) fn wanted(&self) -> String {
        match self.wanted {
            TimesAtLeast(other, times) => format!("at least {times} x {other}"),
            TimesAtMost(other, times) => format!("at most {times} x {other}"),
            AtLeast(value) => format!("at least {value}"),
            AtMost(value) => format!("at most {value}"),
        }
    }

    /// How it stands, as far as it was measured.
    pub(super) fn verdict(&self, results: &Results) -> Option<Verdict> {
        let median = |subject| Some(results.find(self.workload, subject, self.figure)?.median());
        let ours = median(self.subject)?;
        let (found, is_met) = match self.wanted {
            TimesAtLeast(other, times) => (ours / median(other)?, ours >= times * median(other)?),
            TimesAtMost(other, times) => (ours / median(other)?, ours <= times * median(other)?),
            AtLeast(value) => (ours, ours >= value),
            AtMost(value) => (ours, ours <= value),
        };
        Some(Verdict { found, is_met })
    }

    /// What was found, in words.
    pub(super) fn found(&self, verdict: &Verdict) -> String {
        match self.wanted {
            TimesAtLeast(other, _) | TimesAtMost(other, _) => {
                format!("{} x {other}", figure::shown(verdict.found))
            }
            AtLeast(_) | AtMost(_) => figure::shown(verdict.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::{Measured, Subject};
    use crate::bench::workload::Workload;

    fn results(ours: f64, theirs: f64) -> Results {
        let subject = |name: &str, value: f64| {
            let mut subject = Subject::new(name);
            subject.add(Ok(vec![(figure::PER_CPU, value)]));
            subject
        };
        let subjects = vec![subject("ottla", ours), subject("librdkafka", theirs)];
        let mut results = Results::default();
        results.put(Measured { id: "produce-100".into(), date: String::new(), subjects });
        results
    }

    #[test]
    fn a_ratio_is_held_against_the_peer_of_the_same_run() {
        let verdict = TARGETS[0].verdict(&results(50.0, 10.0)).unwrap();
        assert!(verdict.is_met);
        assert_eq!(TARGETS[0].found(&verdict), "5.00 x librdkafka");
        assert!(!TARGETS[0].verdict(&results(49.0, 10.0)).unwrap().is_met);
        // krafka was not measured.
        assert_eq!(TARGETS[1].verdict(&results(50.0, 10.0)), None);
    }

    #[test]
    fn every_target_is_one_of_a_workload_and_its_subjects() {
        let workloads = Workload::all();
        for target in &TARGETS {
            let workload = workloads.iter().find(|workload| workload.id == target.workload).unwrap();
            assert!(workload.subjects.contains(&target.subject), "{target:?}");
            if let TimesAtLeast(other, _) | TimesAtMost(other, _) = target.wanted {
                assert!(workload.subjects.contains(&other), "{target:?}");
            }
        }
    }
}
