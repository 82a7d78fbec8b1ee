//! Either broker under Kafka's own performance tools.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Shape, Workload, words};
use crate::bench::broker::Broker;
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::results::Figures;
use crate::bench::site::SiteKind;
use crate::bench::topic::Topics;
use crate::process;

/// The two brokers.
pub(super) const SUBJECTS: &[&str] = &["broker-ref", "kafka"];
const LIMIT: Duration = Duration::from_secs(240);
const PARTITIONS: u32 = 4;
/// Records before those that count: Kafka compiles what they run through.
const WARM_UP: u64 = 500_000;
const RECORDS: u64 = 2_000_000;
/// How long records are sent at a rate, and for how long before that to warm up: Java's client compiles itself in its first
/// second, and what that takes would be all that the slowest hundredth shows.
const SECONDS: u64 = 8;
const WARM_UP_SECONDS: u64 = 4;

pub(super) fn workloads() -> [Workload; 1] {
    [Workload {
        id: "brokers",
        title: "Java's producer-perf and consumer-perf, 100 B, batch.size 64 KiB, acks=all, 4 partitions; the p99 with \
                linger 0 and the tool warm",
        site: SiteKind::Nothing,
        subjects: SUBJECTS,
        shape: Shape::Alone { main: figure::BROKER_PRODUCE, round, most_rounds: usize::MAX },
    }]
}

/// A broker that has just started, with nothing in it.
pub(super) fn start(equipment: &Equipment<'_>, subject: &str) -> Result<Broker> {
    match subject {
        "kafka" => Broker::plain_kafka(equipment.kafka),
        _ => Broker::ottla(),
    }
}

fn round(equipment: &Equipment<'_>, subject: &str) -> Result<Figures> {
    let broker = start(equipment, subject)?;
    let (topic, bootstrap) = (equipment.new_name(), broker.bootstrap());
    let _topics = Topics::create(&bootstrap, &topic, 1, PARTITIONS)?;
    let run = Perf { equipment, bootstrap: &bootstrap, topic: &topic };
    let full = "batch.size=65536 linger.ms=5";
    run.produce(equipment.effort.of(WARM_UP), -1, full)?;
    let records = equipment.effort.of(RECORDS);
    let per_million = |seconds: f64, records: u64| seconds / records as f64 * 1e6;

    let before = broker.cpu_seconds()?;
    run.produce(records, -1, full)?;
    let produced = broker.cpu_seconds()? - before;

    let read = records + equipment.effort.of(WARM_UP);
    // Once so that Kafka has compiled this too, and then to be counted.
    run.consume(read)?;
    let before = broker.cpu_seconds()?;
    run.consume(read)?;
    let consumed = broker.cpu_seconds()? - before;

    let mut figures = vec![
        (figure::BROKER_PRODUCE, per_million(produced, records)),
        (figure::BROKER_CONSUME, per_million(consumed, read)),
    ];
    for (name, rate) in [(figure::PRODUCE_P99_10K, 10_000), (figure::PRODUCE_P99_50K, 50_000)] {
        let warm_up = format!("linger.ms=0 --warmup-records {}", rate * WARM_UP_SECONDS);
        let printed = run.produce(rate * (WARM_UP_SECONDS + SECONDS), i64::try_from(rate)?, &warm_up)?;
        figures.push((name, p99(&printed)?));
    }
    Ok(figures)
}

/// Kafka's tools on a topic.
struct Perf<'e> {
    equipment: &'e Equipment<'e>,
    bootstrap: &'e str,
    topic: &'e str,
}

impl Perf<'_> {
    fn produce(&self, records: u64, rate: i64, rest: &str) -> Result<String> {
        let Self { bootstrap, topic, .. } = self;
        let mut tool = self.tool("producer-perf-test")?;
        tool.args(words(&format!(
            "--topic {topic} --num-records {records} --record-size 100 --throughput {rate} \
             --producer-props bootstrap.servers={bootstrap} acks=all {rest}"
        )));
        process::capture(&mut tool, "", LIMIT)
    }

    fn consume(&self, records: u64) -> Result<()> {
        let Self { bootstrap, topic, .. } = self;
        let mut tool = self.tool("consumer-perf-test")?;
        tool.args(words(&format!("--bootstrap-server {bootstrap} --topic {topic} --timeout 60000")));
        let printed = process::capture(tool.args(["--num-records", &records.to_string()]), "", LIMIT)?;
        let last = printed.lines().last().unwrap_or_default();
        let count = last.split(',').nth(4).and_then(|count| count.trim().parse::<u64>().ok());
        anyhow::ensure!(count == Some(records), "{records} records were to be read:\n{printed}");
        Ok(())
    }

    fn tool(&self, name: &str) -> Result<Command> {
        self.equipment.kafka.optimised_tool(name)
    }
}

/// Of the line `N records sent, ..., 1 ms 50th, 2 ms 95th, 3 ms 99th, 4 ms 99.9th.` at the end.
fn p99(printed: &str) -> Result<f64> {
    let last = printed.lines().rev().find(|line| line.contains(" ms 99th")).context("no percentiles were printed")?;
    let part = last.split(',').find_map(|part| part.trim().strip_suffix(" ms 99th"));
    part.context("no 99th percentile")?.parse().context(last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_producer_perf_has_the_percentiles() {
        let printed = "9 records sent, 1.0 records/sec (0.01 MB/sec), 7.0 ms avg latency, 8.0 ms max latency.\n\
            80000 records sent, 9998.75 records/sec (0.95 MB/sec), 0.52 ms avg latency, 301.00 ms max latency, \
            0 ms 50th, 1 ms 95th, 22 ms 99th, 61 ms 99.9th.\n";
        assert_eq!(p99(printed).unwrap(), 22.0);
        assert!(p99("nothing\n").is_err());
    }
}
