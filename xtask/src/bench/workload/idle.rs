//! Clients that read from two brokers, of which one has nothing.

use anyhow::Result;

use super::consume::{arguments, fill};
use super::{Prepared, Shape, Workload};
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::program::Peer;
use crate::bench::results::Figures;
use crate::bench::site::{Site, SiteKind};
use crate::bench::topic::Topics;

const PEERS: &[&str] = &["ottla", "librdkafka", "krafka", "java"];
const RECORDS: u64 = 1_000_000;
const SIZE: u64 = 1000;
/// krafka waits half a second for each answer of the node that has nothing: all records would take it many minutes.
const KRAFKAS_RECORDS: u64 = RECORDS / 20;
/// One on each node.
const PARTITIONS: u32 = 2;

pub(super) fn workloads() -> [Workload; 1] {
    [Workload {
        id: "consume-one-idle",
        title: "consume 1000 B from two brokers, of which one has nothing, beside the same where both have records",
        site: SiteKind::TwoKafkas,
        subjects: PEERS,
        shape: Shape::OneIdle,
    }]
}

pub(super) fn prepare(equipment: &Equipment<'_>, site: &Site) -> Result<Prepared> {
    let (busy, idle) = (equipment.new_name(), equipment.new_name());
    let mut topics = Vec::new();
    for topic in [&busy, &idle] {
        topics.push(Topics::create(site.bootstrap(), topic, 1, PARTITIONS)?);
    }
    fill(equipment, site, &busy, RECORDS, SIZE, PARTITIONS, "")?;
    fill(equipment, site, &idle, RECORDS, SIZE, PARTITIONS, "--partition 0")?;
    Ok(Prepared { names: vec![busy, idle], _topics: topics })
}

pub(super) fn round(equipment: &Equipment<'_>, site: &Site, prepared: &Prepared, peer: Peer) -> Result<Figures> {
    let records = equipment.effort.of(if matches!(peer, Peer::Krafka) { KRAFKAS_RECORDS } else { RECORDS });
    let throughput = |topic: &str| {
        let line = equipment.run(peer, &arguments(site, topic, PARTITIONS, records, 0, ""))?;
        anyhow::Ok(line.number(&["records"])? / line.number(&["seconds"])?)
    };
    let (busy, idle) = (throughput(prepared.name(0)?)?, throughput(prepared.name(1)?)?);
    Ok(vec![(figure::NONE_IDLE, busy), (figure::ONE_IDLE, idle), (figure::IDLE_SHARE, idle / busy)])
}
