//! Clients that write at a rate and read back.

use anyhow::Result;

use super::{Shape, Workload, words};
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::line::ResultLine;
use crate::bench::program::Peer;
use crate::bench::results::Figures;
use crate::bench::site::{Site, SiteKind};
use crate::bench::topic::{self, Topics};

/// How clients write.
#[derive(Debug)]
pub(super) struct LatencyShape {
    rate: u64,
    linger_ms: u64,
    /// Only records of the first node's partitions are timed.
    only_first_node: bool,
}

/// rskafka leaves batches to its caller, so the figure would not be its own.
const PEERS: &[&str] = &["ottla", "librdkafka", "krafka", "java"];
const PARTITIONS: u32 = 4;
/// How long records are sent and timed, and how long before they are not counted.
const SECONDS: u64 = 3;
const WARM_UP: u64 = 1;
const FIRST_NODE: i64 = 1;

pub(super) fn workloads() -> [Workload; 5] {
    let workload = |id, title, site, rate, linger_ms| {
        let only_first_node = site == SiteKind::OneSlowKafka;
        let shape = LatencyShape { rate, linger_ms, only_first_node };
        Workload { id, title, site, subjects: PEERS, shape: Shape::Latency(shape) }
    };
    let one = SiteKind::Kafka;
    [
        workload("latency-10k", "from due to read, 10,000 records of 100 B a second, linger 0", one, 10_000, 0),
        workload("latency-1k", "from due to read, 1,000 records of 100 B a second, linger 0", one, 1_000, 0),
        workload("latency-50k", "from due to read, 50,000 records of 100 B a second, linger 0", one, 50_000, 0),
        workload(
            "latency-10k-linger",
            "from due to read, 10,000 records of 100 B a second, linger 5 ms",
            one,
            10_000,
            5,
        ),
        workload(
            "latency-slow-peer",
            "from due to read, 10,000 records of 100 B a second, half of them to a broker that is 50 ms away each way; \
             timed are those of the other broker",
            SiteKind::OneSlowKafka,
            10_000,
            0,
        ),
    ]
}

impl LatencyShape {
    pub(super) fn round(&self, equipment: &Equipment<'_>, site: &Site, peer: Peer) -> Result<Figures> {
        let Self { rate, linger_ms, .. } = self;
        let (topic, bootstrap) = (equipment.new_name(), site.bootstrap());
        let _topics = Topics::create(bootstrap, &topic, 1, PARTITIONS)?;
        let (records, warm_up) = (equipment.effort.of(rate * SECONDS), equipment.effort.of(rate * WARM_UP));
        let timed = if self.only_first_node { timed_partitions(bootstrap, &topic)? } else { String::new() };
        let line = equipment.run(
            peer,
            &words(&format!(
                "latency --bootstrap {bootstrap} --topic {topic} --partitions {PARTITIONS} --rate {rate} \
                 --records {records} --warm-up {warm_up} --linger-ms {linger_ms} {timed}"
            )),
        )?;
        figures(&line)
    }
}

fn timed_partitions(bootstrap: &str, topic: &str) -> Result<String> {
    let partitions = topic::led_by(bootstrap, topic, FIRST_NODE)?;
    let words: Vec<String> = partitions.iter().map(ToString::to_string).collect();
    Ok(format!("--timed {}", words.join(",")))
}

fn figures(line: &ResultLine) -> Result<Figures> {
    let times = [(figure::P50, "p50"), (figure::P99, "p99"), (figure::P999, "p99.9")];
    let mut figures = Figures::new();
    for (figure, name) in times {
        figures.push((figure, line.number(&["latency_ms", name])?));
    }
    figures.push((figure::PER_CPU, line.number(&["records"])? / line.cpu_seconds()?));
    Ok(figures)
}
