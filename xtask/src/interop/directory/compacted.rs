//! A compacted topic of Apache Kafka, served by our broker to every client.

use anyhow::{Context, Result, ensure};

use super::oracle::DirectoryOracle;
use super::{STOP_LIMIT, compacting, folder, start_on};
use crate::interop::client::Client;
use crate::interop::driver::{Driver, on_topic};
use crate::interop::record::ReadRecord;
use crate::interop::scene::{Scene, capture};
use crate::interop::{aiokafka, confluent, go, java, kafka_python, kafkajs, kcat, ottla};
use crate::kafka::KafkaCluster;

/// What the oracle has compacted.
const TOPIC: &str = "compacted";
/// Those with a driver; kcat and our own are asked at their command lines.
static CLIENTS: [&Client; 7] = [
    &java::CLIENT,
    &confluent::CLIENT,
    &kafka_python::CLIENT,
    &aiokafka::CLIENT,
    &kafkajs::CLIENT,
    &go::SARAMA,
    &go::KAFKA_GO,
];
/// Offset, time, key, size of the value (-1 is null), and value.
const KCAT_FORMAT: &str = "%o %T %k %S %s\n";
const OUR_FORMAT: &str = "%o %T %k %S %v";

/// Whoever reads the topic from our broker gets what Java's client gets from Kafka.
pub(super) fn read_by_all(scene: &Scene<'_>) -> Result<()> {
    let install = scene.kafka;
    for client in CLIENTS {
        (client.ensure)(install).with_context(|| format!("there is no {}", client.name))?;
    }
    let oracle = DirectoryOracle::compile(install)?;
    let mut kafka = KafkaCluster::start(install, &compacting())?;
    oracle.extend(&kafka.bootstrap())?;
    let expected = read(&java::CLIENT, &scene.at(kafka.bootstrap()))?;
    let span = expected.last().map_or(0, |last| last.offset + 1);
    let is_adjacent = expected.windows(2).all(|pair| matches!(pair, [a, b] if b.offset == a.offset + 1));
    ensure!(!is_adjacent && span > 2 * i64::try_from(expected.len())?, "{} of {span} are left", expected.len());
    kafka.stop_nodes(STOP_LIMIT)?;
    let copy = tempfile::tempdir()?;
    folder::copy(&kafka.data()?, copy.path())?;

    let broker = start_on(copy.path())?;
    let scene = &scene.at(broker.bootstrap().to_owned());
    for client in CLIENTS {
        let found = read(client, scene).with_context(|| client.name.to_owned())?;
        ensure!(found == expected, "{} reads {}", client.name, difference(&expected, &found));
    }
    let lines: Vec<String> = expected.iter().map(line).collect::<Result<_>>()?;
    let theirs = kcat::consume(scene, TOPIC, KCAT_FORMAT, &["-o", "beginning"])?;
    same_lines(&lines, &theirs).context("kcat")?;
    let whole = ["consume", TOPIC, "--exit-at-end", "--from", "beginning", "--format", OUR_FORMAT];
    same_lines(&lines, &capture(&mut ottla::ottla(scene, &whole)?, "")?).context("ottla")?;
    broker.stop()
}

/// All records of the topic, without what only some clients tell.
fn read(client: &'static Client, scene: &Scene<'_>) -> Result<Vec<ReadRecord>> {
    let mut driver = Driver::of(client, scene)?;
    let mut records = ReadRecord::all(&driver.call(&on_topic("read", TOPIC))?)?;
    records.iter_mut().for_each(|record| record.append_time = None);
    driver.finish()?;
    Ok(records)
}

/// The first difference.
fn difference(expected: &[ReadRecord], found: &[ReadRecord]) -> String {
    match expected.iter().zip(found).find(|(expected, found)| expected != found) {
        Some((expected, found)) => format!("{found:?} in place of {expected:?}"),
        None => format!("{} records of {}", found.len(), expected.len()),
    }
}

/// A record as the command lines print it.
fn line(read: &ReadRecord) -> Result<String> {
    let record = &read.record;
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap_or_default());
    let size = record.value.as_ref().map_or(Ok(-1), |value| i64::try_from(value.len()))?;
    let time = record.timestamp.context("a record without a time")?;
    Ok(format!("{} {time} {} {size} {}", read.offset, text(&record.key)?, text(&record.value)?))
}

fn same_lines(expected: &[String], printed: &str) -> Result<()> {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let different = expected.iter().zip(&printed).find(|(expected, printed)| expected.trim_end() != **printed);
    ensure!(different.is_none(), "it reads {different:?}");
    ensure!(printed.len() == expected.len(), "{} records of {} are read", printed.len(), expected.len());
    Ok(())
}
