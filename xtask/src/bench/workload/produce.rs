//! Clients that write.

use anyhow::Result;

use super::{Shape, Workload, words};
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::line::ResultLine;
use crate::bench::program::Peer;
use crate::bench::results::Figures;
use crate::bench::site::{Site, SiteKind};
use crate::bench::topic::Topics;

/// How clients write.
#[derive(Debug)]
pub(super) struct ProduceShape {
    records: u64,
    size: u64,
    topics: u32,
    partitions: u32,
    /// What else the client programs are told.
    options: &'static str,
}

/// Of the records, one in so many goes before the others and is not counted.
const WARM_UP: u64 = 10;

const ALL: &[&str] = &["ottla", "librdkafka", "krafka", "rskafka", "java"];
/// rskafka has neither idempotence nor a partitioner for keys, and always waits for all replicas.
const WITHOUT_RSKAFKA: &[&str] = &["ottla", "librdkafka", "krafka", "java"];

pub(super) fn workloads() -> [Workload; 9] {
    let on = |site, id, title, subjects, records, size, (topics, partitions), options| {
        let shape = ProduceShape { records, size, topics, partitions, options };
        Workload { id, title, site, subjects, shape: Shape::Produce(shape) }
    };
    let kafka = SiteKind::Kafka;
    [
        on(
            kafka,
            "produce-100",
            "produce 100 B, acks=all, idempotent, 4 partitions",
            WITHOUT_RSKAFKA,
            2_000_000,
            100,
            (1, 4),
            "--acks all --idempotent",
        ),
        on(
            kafka,
            "produce-100-plain",
            "produce 100 B, acks=all, not idempotent, 4 partitions",
            ALL,
            1_000_000,
            100,
            (1, 4),
            "--acks all",
        ),
        on(
            kafka,
            "produce-100-keyed",
            "produce 100 B with keys, acks=1, 12 partitions",
            WITHOUT_RSKAFKA,
            1_000_000,
            100,
            (1, 12),
            "--acks 1 --keyed",
        ),
        on(
            kafka,
            "produce-100-zstd",
            "produce 100 B, zstd, acks=all, idempotent, 4 partitions",
            WITHOUT_RSKAFKA,
            1_000_000,
            100,
            (1, 4),
            "--acks all --idempotent --compression zstd",
        ),
        on(
            kafka,
            "produce-1k",
            "produce 1 KiB, acks=all, idempotent, 12 partitions",
            WITHOUT_RSKAFKA,
            400_000,
            1024,
            (1, 12),
            "--acks all --idempotent",
        ),
        on(
            kafka,
            "produce-1k-lz4",
            "produce 1 KiB with keys, lz4, acks=1, 12 partitions",
            WITHOUT_RSKAFKA,
            400_000,
            1024,
            (1, 12),
            "--acks 1 --keyed --compression lz4",
        ),
        on(
            kafka,
            "produce-10k",
            "produce 10 KiB, acks=0, 1 partition",
            WITHOUT_RSKAFKA,
            50_000,
            10_240,
            (1, 1),
            "--acks 0",
        ),
        on(
            kafka,
            "produce-1000-parts",
            "produce 100 B, acks=all, idempotent, in turn to 100 topics with 10 partitions each",
            WITHOUT_RSKAFKA,
            1_000_000,
            100,
            (100, 10),
            "--acks all --idempotent",
        ),
        on(
            SiteKind::OneSlowKafka,
            "produce-one-slow",
            "produce 100 B, acks=all, idempotent, 4 partitions on two brokers, of which one is 50 ms away each way",
            WITHOUT_RSKAFKA,
            1_000_000,
            100,
            (1, 4),
            "--acks all --idempotent",
        ),
    ]
}

impl ProduceShape {
    fn arguments(&self, site: &Site, topic: &str, records: u64, warm_up: u64) -> Vec<String> {
        let Self { size, topics, partitions, options, .. } = self;
        let bootstrap = site.bootstrap();
        words(&format!(
            "produce --bootstrap {bootstrap} --topic {topic} --topics {topics} --partitions {partitions} \
             --size {size} --records {records} --warm-up {warm_up} {options}"
        ))
    }

    fn create(&self, equipment: &Equipment<'_>, site: &Site) -> Result<(String, Topics)> {
        let topic = equipment.new_name();
        let topics = Topics::create(site.bootstrap(), &topic, self.topics, self.partitions)?;
        Ok((topic, topics))
    }

    pub(super) fn round(&self, equipment: &Equipment<'_>, site: &Site, peer: Peer) -> Result<Figures> {
        let (topic, _topics) = self.create(equipment, site)?;
        let records = equipment.effort.of(self.records);
        let warm_up = records / WARM_UP;
        let before = site.cpu_seconds()?;
        let line = equipment.run(peer, &self.arguments(site, &topic, records, warm_up))?;
        let broker_cpu = site.cpu_seconds()? - before;
        let mut figures = rates(&line)?;
        figures.push((figure::BROKER_CPU, broker_cpu / (records + warm_up) as f64 * 1e6));
        Ok(figures)
    }

    pub(super) fn count(&self, equipment: &Equipment<'_>, site: &Site, peer: Peer) -> Result<Figures> {
        let (topic, _topics) = self.create(equipment, site)?;
        let records = equipment.effort.of(self.records) / 4;
        let (line, traffic) = equipment.run_counted(peer, &self.arguments(site, &topic, records, 0), site)?;
        let mut figures = vec![(figure::WIRE, traffic.sent / line.number(&["bytes"])?)];
        figures.extend(allocations(&line));
        Ok(figures)
    }
}

/// What every run tells.
pub(super) fn rates(line: &ResultLine) -> Result<Figures> {
    let (records, cpu) = (line.number(&["records"])?, line.cpu_seconds()?);
    Ok(vec![
        (figure::PER_CPU, records / cpu),
        (figure::PER_SECOND, records / line.number(&["seconds"])?),
        (figure::KERNEL, line.number(&["system_seconds"])? / cpu),
        (figure::PEAK_RSS, line.number(&["peak_rss_bytes"])? / 1e6),
    ])
}

/// For programs that count them.
pub(super) fn allocations(line: &ResultLine) -> Option<(&'static str, f64)> {
    let (allocations, records) = line.number(&["allocations"]).ok().zip(line.number(&["records"]).ok())?;
    Some((figure::ALLOCATIONS, allocations / records))
}
