//! Clients that read what is there, or what comes.

use std::fs;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::produce::{allocations, rates};
use super::{Prepared, Shape, Workload, words};
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::program::Peer;
use crate::bench::results::Figures;
use crate::bench::site::{Site, SiteKind};
use crate::bench::topic::Topics;
use crate::process;

/// What clients read.
#[derive(Debug)]
pub(super) struct ConsumeShape {
    records: u64,
    size: u64,
    partitions: u32,
    from: From,
    /// What else is told to the client that writes.
    written: &'static str,
    /// What else the clients that read are told.
    options: &'static str,
}

/// Where the records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// Written before, and still in memory.
    PageCache,
    /// Written before, and only on the disk.
    Disk,
    /// Written meanwhile.
    Tail,
}

const ALL: &[&str] = &["ottla", "librdkafka", "krafka", "rskafka", "java"];
const WITHOUT_RSKAFKA: &[&str] = &["ottla", "librdkafka", "krafka", "java"];
/// As most producers write.
const BATCH_LIMIT: usize = 64 << 10;
/// How long a consumer at the end waits before the first record comes.
const SETTLE: Duration = Duration::from_millis(300);

pub(super) fn workloads() -> [Workload; 8] {
    let workload = |id, title, subjects, shape| Workload {
        id,
        title,
        site: SiteKind::Kafka,
        subjects,
        shape: Shape::Consume(shape),
    };
    let shape =
        ConsumeShape { records: 2_000_000, size: 100, partitions: 4, from: From::PageCache, written: "", options: "" };
    let kib = ConsumeShape { records: 500_000, size: 1024, ..shape };
    let ten_kib = ConsumeShape { records: 60_000, size: 10_240, ..shape };
    [
        workload("consume-100", "consume 100 B, 4 partitions, from the page cache", ALL, ConsumeShape { ..shape }),
        workload(
            "consume-1k",
            "consume 1 KiB, 12 partitions, from the page cache",
            ALL,
            ConsumeShape { partitions: 12, ..kib },
        ),
        workload(
            "consume-10k",
            "consume 10 KiB, 1 partition, from the page cache",
            ALL,
            ConsumeShape { partitions: 1, ..ten_kib },
        ),
        workload(
            "consume-100-lz4",
            "consume 100 B, lz4, 4 partitions, from the page cache",
            ALL,
            ConsumeShape { written: "--compression lz4", ..shape },
        ),
        workload(
            "consume-1k-zstd",
            "consume 1 KiB, zstd, 4 partitions, from the page cache",
            ALL,
            ConsumeShape { written: "--compression zstd", ..kib },
        ),
        workload(
            "consume-100-500",
            "consume 100 B, 4 partitions, at most 500 records handed out at once (rskafka has no limit)",
            WITHOUT_RSKAFKA,
            ConsumeShape { records: 500_000, options: "--max-poll-records 500", ..shape },
        ),
        workload(
            "consume-1k-cold",
            "consume 1 KiB, 4 partitions, from the disk",
            WITHOUT_RSKAFKA,
            ConsumeShape { from: From::Disk, ..kib },
        ),
        workload(
            "consume-100-tail",
            "consume 100 B, 4 partitions, while our client writes",
            ALL,
            ConsumeShape { from: From::Tail, ..shape },
        ),
    ]
}

impl ConsumeShape {
    /// Our client writes the records, in batches of 64 KiB.
    pub(super) fn prepare(&self, equipment: &Equipment<'_>, site: &Site) -> Result<Prepared> {
        let Self { records, size, partitions, written, from, .. } = self;
        let topic = equipment.new_name();
        let topics = vec![Topics::create(site.bootstrap(), &topic, 1, *partitions)?];
        if *from != From::Tail {
            fill(equipment, site, &topic, *records, *size, *partitions, written)?;
        }
        Ok(Prepared { names: vec![topic], _topics: topics })
    }

    pub(super) fn round(
        &self,
        equipment: &Equipment<'_>,
        site: &Site,
        prepared: &Prepared,
        peer: Peer,
    ) -> Result<Figures> {
        if self.from == From::Tail {
            return self.tail(equipment, site, prepared, peer);
        }
        let records = equipment.effort.of(self.records);
        // What a virtual machine compiles on the way is not what is asked for.
        let warm_up = if peer == Peer::Java { records } else { 0 };
        let arguments = arguments(site, prepared.name(0)?, self.partitions, records, warm_up, self.options);
        if self.from == From::Disk {
            drop_page_cache()?;
        }
        let before = site.cpu_seconds()?;
        let line = equipment.run(peer, &arguments)?;
        let broker_cpu = site.cpu_seconds()? - before;
        let mut figures = rates(&line)?;
        figures.push((figure::BROKER_CPU, broker_cpu / (records + warm_up) as f64 * 1e6));
        Ok(figures)
    }

    /// The client waits at the end of the partitions, and ours writes.
    fn tail(&self, equipment: &Equipment<'_>, site: &Site, prepared: &Prepared, peer: Peer) -> Result<Figures> {
        let topic = prepared.name(0)?;
        let options = format!("--tail {}", self.options);
        let records = equipment.effort.of(self.records);
        let mut reader = equipment.start(peer, &arguments(site, topic, self.partitions, records, 0, &options))?;
        reader.wait_for("at_end")?;
        thread::sleep(SETTLE);
        fill(equipment, site, topic, self.records, self.size, self.partitions, self.written)?;
        let line = reader.results()?;
        reader.finish()?;
        rates(&line)
    }

    pub(super) fn count(
        &self,
        equipment: &Equipment<'_>,
        site: &Site,
        prepared: &Prepared,
        peer: Peer,
    ) -> Result<Figures> {
        if self.from != From::PageCache {
            return Ok(Figures::new());
        }
        let records = equipment.effort.of(self.records);
        let arguments = arguments(site, prepared.name(0)?, self.partitions, records, 0, self.options);
        let (line, traffic) = equipment.run_counted(peer, &arguments, site)?;
        let mut figures = vec![(figure::WIRE, traffic.received / line.number(&["bytes"])?)];
        figures.extend(allocations(&line));
        Ok(figures)
    }
}

/// What a client that reads is told.
pub(super) fn arguments(
    site: &Site,
    topic: &str,
    partitions: u32,
    records: u64,
    warm_up: u64,
    options: &str,
) -> Vec<String> {
    let bootstrap = site.bootstrap();
    words(&format!(
        "consume --bootstrap {bootstrap} --topic {topic} --partitions {partitions} --records {records} \
         --warm-up {warm_up} {options}"
    ))
}

/// Our client writes records, in batches of 64 KiB.
pub(super) fn fill(
    equipment: &Equipment<'_>,
    site: &Site,
    topic: &str,
    records: u64,
    size: u64,
    partitions: u32,
    options: &str,
) -> Result<()> {
    let (bootstrap, records) = (site.bootstrap(), equipment.effort.of(records));
    let arguments = words(&format!(
        "produce --bootstrap {bootstrap} --topic {topic} --partitions {partitions} --size {size} \
         --records {records} --acks all --idempotent --batch-limit {BATCH_LIMIT} {options}"
    ));
    equipment.run(Peer::Ottla, &arguments).map(drop)
}

/// Has the kernel forget what it read or wrote, so that it is read from the disk.
fn drop_page_cache() -> Result<()> {
    process::run(&mut std::process::Command::new("sync"))?;
    fs::write("/proc/sys/vm/drop_caches", "1")
        .map_err(|error| anyhow::anyhow!("only root can empty the page cache: {error}"))
}
