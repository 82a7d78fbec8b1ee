//! How much of what the machine could do a broker does.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow};

use super::{Shape, Workload, brokers, words};
use crate::bench::client;
use crate::bench::equipment::Equipment;
use crate::bench::figure;
use crate::bench::program;
use crate::bench::results::Figures;
use crate::bench::site::SiteKind;
use crate::bench::topic::Topics;
use crate::process;

const MIB: usize = 1 << 20;
/// What each of the probes, and the broker, is given.
const MIBS: u64 = 2048;
/// How often each probe is taken.
const PROBES: usize = 3;

pub(super) fn workloads() -> [Workload; 1] {
    [Workload {
        id: "ceiling",
        title: "records of 1 KiB in batches of 1 MiB, made before, acks=all, 1 partition, beside what the machine does",
        site: SiteKind::Nothing,
        subjects: brokers::SUBJECTS,
        shape: Shape::Alone { main: figure::CEILING_SHARE, round, most_rounds: usize::MAX },
    }]
}

fn round(equipment: &Equipment<'_>, subject: &str) -> Result<Figures> {
    let mibs = equipment.effort.of(MIBS);
    // What the round before has left to be written would hold up the probe, and not the broker.
    process::run(&mut Command::new("sync"))?;
    let (loopback, append) = (best_of(|| loopback(mibs))?, best_of(|| append(mibs))?);
    process::run(&mut Command::new("sync"))?;
    let broker = brokers::start(equipment, subject)?;
    let (topic, bootstrap) = (equipment.new_name(), broker.bootstrap());
    let _topics = Topics::create(&bootstrap, &topic, 1, 1)?;
    let mut load = program::load()?;
    let line = client::run(load.args(words(&format!("{bootstrap} {topic} {mibs}"))))?;
    let produced = line.number(&["bytes"])? / line.number(&["seconds"])? / 1e6;
    Ok(vec![
        (figure::BROKER_MB, produced),
        (figure::LOOPBACK, loopback),
        (figure::APPEND, append),
        (figure::CEILING_SHARE, produced / loopback.min(append)),
    ])
}

/// A ceiling is what the machine can do, not what it did once.
fn best_of(probe: impl Fn() -> Result<f64>) -> Result<f64> {
    (0..PROBES).try_fold(0.0, |best: f64, _| Ok(best.max(probe()?)))
}

/// One thread writes blocks into a connection, another reads them. Megabytes a second.
fn loopback(mibs: u64) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let began = Instant::now();
    let writer = thread::spawn(move || {
        let mut stream = TcpStream::connect(address)?;
        let block = vec![7; MIB];
        (0..mibs).try_for_each(|_| stream.write_all(&block))
    });
    let (mut stream, _) = listener.accept()?;
    let mut block = vec![0; MIB];
    let mut bytes = 0;
    while let count @ 1.. = stream.read(&mut block)? {
        bytes += count;
    }
    writer.join().map_err(|_| anyhow!("the probe of loopback panicked"))??;
    Ok(bytes as f64 / began.elapsed().as_secs_f64() / 1e6)
}

/// One thread appends blocks to a file on the disk that brokers have. Megabytes a second.
fn append(mibs: u64) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("log"))?;
    let block = vec![7; MIB];
    let began = Instant::now();
    (0..mibs).try_for_each(|_| file.write_all(&block))?;
    Ok((mibs * MIB as u64) as f64 / began.elapsed().as_secs_f64() / 1e6)
}
