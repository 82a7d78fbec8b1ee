//! What brokers take to start, and when nothing happens.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{Shape, Workload, brokers};
use crate::bench::broker::Broker;
use crate::bench::client;
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::program;
use crate::bench::results::Figures;
use crate::bench::site::SiteKind;
use crate::interop::release_file;
use crate::process::ProcessGroup;

/// What a broker does on its own after the start is not idleness.
const SETTLE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(30);

pub(super) fn workloads() -> [Workload; 3] {
    let site = SiteKind::Nothing;
    [
        Workload {
            id: "start-embedded",
            title: "a cluster of one node inside the program, in memory; a producer with linger 0",
            site,
            subjects: &["broker-ref"],
            shape: Shape::Alone { main: figure::FIRST_RECORD, round: embedded, most_rounds: usize::MAX },
        },
        Workload {
            id: "start-ready",
            title: "the process of a broker; broker-ref in an empty directory, Kafka in one that is formatted",
            site,
            subjects: brokers::SUBJECTS,
            shape: Shape::Alone { main: figure::READY, round: ready, most_rounds: usize::MAX },
        },
        Workload {
            id: "idle",
            title: "a broker that nobody talks to, once for 30 s",
            site,
            subjects: brokers::SUBJECTS,
            shape: Shape::Alone { main: figure::IDLE_RSS, round: idle, most_rounds: 1 },
        },
    ]
}

fn embedded(_: &Equipment<'_>, _: &str) -> Result<Figures> {
    let line = client::run(&mut program::embedded()?)?;
    Ok(vec![(figure::FIRST_RECORD, line.number(&["seconds"])? * 1e3)])
}

fn ready(equipment: &Equipment<'_>, subject: &str) -> Result<Figures> {
    if subject != "broker-ref" {
        return Ok(vec![(figure::READY, Broker::kafka_start(equipment.kafka)?.as_secs_f64() * 1e3)]);
    }
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(release_file("ottla")?);
    command.args(["broker", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let began = Instant::now();
    let mut process = ProcessGroup::spawn(&mut command)?;
    let lines = BufReader::new(process.take_stdout().context("a pipe")?).lines();
    for line in lines {
        if line? == "ready" {
            return Ok(vec![(figure::READY, began.elapsed().as_secs_f64() * 1e3)]);
        }
    }
    anyhow::bail!("`ottla broker` did not become ready")
}

fn idle(equipment: &Equipment<'_>, subject: &str) -> Result<Figures> {
    let broker = brokers::start(equipment, subject)?;
    thread::sleep(SETTLE);
    let (before, began) = (broker.fine_cpu_seconds()?, Instant::now());
    thread::sleep(IDLE);
    let used = broker.fine_cpu_seconds()? - before;
    Ok(vec![
        (figure::IDLE_RSS, broker.rss_bytes()? / 1e6),
        (figure::IDLE_CPU, used / began.elapsed().as_secs_f64() * 100.0),
    ])
}
