//! What a client does when the broker dies, the connection breaks, or the topic is not the same any more.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use ottla_protocol::messages::header::RequestHeader;
use ottla_protocol::messages::produce::ProduceRequest;
use ottla_protocol::record::RecordBatches;
use ottla_protocol::wire::{Decoder, Message, decode_from};
use serde_json::json;

use super::records::create;
use crate::interop::case::Case;
use crate::interop::client::Client;
use crate::interop::driver::{Driver, on_topic};
use crate::interop::load::Load;
use crate::interop::members::Members;
use crate::interop::own_broker::OwnBroker;
use crate::interop::proxy::Proxy;
use crate::interop::record::ReadRecord;
use crate::interop::scene::Scene;
use crate::interop::stored;

/// A producer that names a topic must not bring it back to life.
const NO_TOPICS_BY_USE: (&str, &str) = ("auto.create.topics.enable", "false");
/// Nobody has to wait for members that will not come.
const NO_DELAY: (&str, &str) = ("group.initial.rebalance.delay.ms", "0");
/// Every so many requests a connection is cut, and how often in all.
const EVERY: usize = 8;
const CUTS: usize = 5;
/// Of each topic.
const PARTITIONS: usize = 3;
/// What comes before the magic byte of a batch is the broker's to set.
const UNTOUCHED_FROM: usize = 16;

/// The broker is killed and started again under a producer and a consumer: what was acknowledged is there, once.
pub(in crate::interop) const fn restart(client: &'static Client) -> Case {
    Case::new(client, RESTART, |scene| run_restart(scene, "range", Copies::One))
}

/// The same for a client without the range assignor.
pub(in crate::interop) const fn restart_round_robin(client: &'static Client) -> Case {
    Case::new(client, RESTART, |scene| run_restart(scene, "roundrobin", Copies::One))
}

/// The same for a client without an idempotent producer: there may be more than one of a record.
pub(in crate::interop) const fn restart_with_copies(client: &'static Client) -> Case {
    Case::new(client, RESTART, |scene| run_restart(scene, "range", Copies::Several))
}

/// Connections are cut after the append and before its answer: each record is there once, as it was sent.
pub(in crate::interop) const fn cut(client: &'static Client) -> Case {
    Case::new(client, "idempotence across connections cut after the append", run_cut)
}

/// The topic is deleted and created anew under a producer and a consumer: both go on.
pub(in crate::interop) const fn recreated(client: &'static Client) -> Case {
    Case::new(client, RECREATED, |scene| run_recreated(scene, "range"))
}

/// The same for a client without the range assignor.
pub(in crate::interop) const fn recreated_round_robin(client: &'static Client) -> Case {
    Case::new(client, RECREATED, |scene| run_recreated(scene, "roundrobin"))
}

const RESTART: &str = "broker killed and started again under load";
const RECREATED: &str = "topic deleted and created anew under load";

/// How often a record may be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copies {
    One,
    Several,
}

fn run_restart(scene: &Scene<'_>, assignor: &'static str, copies: Copies) -> Result<()> {
    let mut broker = OwnBroker::start(scene, &[NO_TOPICS_BY_USE, NO_DELAY])?;
    let scene = &scene.at(broker.address());
    let topic = scene.name.as_str();
    create_once(scene, topic)?;
    let mut load = Load::start(scene, topic)?;
    let mut members = Members::new(scene, topic, assignor);
    members.join(scene.client)?;
    members.await_balance(PARTITIONS)?;
    load.await_more(100)?;
    broker.kill();
    broker.restart()?;
    load.await_more(100).context("after the restart")?;
    let (acknowledged, _) = load.finish()?;
    let values: Vec<String> = acknowledged.into_iter().collect();
    members.await_values(&values).context("what was acknowledged")?;
    members.finish()?;
    are_there(scene, topic, &values, copies)
}

fn run_cut(scene: &Scene<'_>) -> Result<()> {
    let proxy = Proxy::bind()?;
    let address = proxy.address()?;
    let advertised = format!("PLAINTEXT://{address}");
    let broker = OwnBroker::start(scene, &[NO_TOPICS_BY_USE, ("advertised.listeners", &advertised)])?;
    proxy.serve(broker.address(), EVERY, CUTS)?;
    let direct = broker.address();
    let scene = &scene.at(address);
    let topic = scene.name.as_str();
    create_once(scene, topic)?;
    let mut load = Load::start(scene, topic)?;
    while proxy.cuts() < CUTS {
        load.await_more(20).with_context(|| format!("after {} cuts", proxy.cuts()))?;
    }
    load.await_more(50)?;
    let (acknowledged, failed) = load.finish()?;
    ensure!(failed == 0, "{failed} records have failed");
    are_there(scene, topic, &acknowledged.into_iter().collect::<Vec<_>>(), Copies::One)?;
    are_as_sent(&direct, topic, &proxy.produced())
}

fn run_recreated(scene: &Scene<'_>, assignor: &'static str) -> Result<()> {
    let broker = OwnBroker::start(scene, &[NO_TOPICS_BY_USE, NO_DELAY])?;
    let scene = &scene.at(broker.address());
    let topic = scene.name.as_str();
    create_once(scene, topic)?;
    let mut load = Load::start(scene, topic)?;
    let mut members = Members::new(scene, topic, assignor);
    members.join(scene.client)?;
    members.await_balance(PARTITIONS)?;
    load.await_more(100)?;
    let mut admin = Driver::start(scene)?;
    admin.call(&on_topic("delete", topic))?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    create(&mut admin, topic, 3, json!({}))?;
    load.catch_up()?;
    // Beyond where the consumer was in the old topic: some wait there for the new one to come up.
    load.await_more(load.acknowledged() + 100).context("after the topic was created anew")?;
    let _ = load.finish()?;
    // A consumer may keep its position while the new topic grows beyond it, so only the last of a partition is sure.
    let read = ReadRecord::all(&admin.call(&on_topic("read", topic))?)?;
    ensure!(read.len() >= 100, "{} records are in the new topic", read.len());
    let last: BTreeMap<_, _> = read.into_iter().map(|read| (read.record.partition, read.record.value)).collect();
    let last: Vec<String> = last.into_values().filter_map(|value| String::from_utf8(value?).ok()).collect();
    members.await_values(&last).context("the last records of the new topic")?;
    members.finish()?;
    admin.finish().map(drop)
}

/// A driver of its own for this: it would not outlive what happens to the broker.
fn create_once(scene: &Scene<'_>, topic: &str) -> Result<()> {
    let mut driver = Driver::start(scene)?;
    create(&mut driver, topic, 3, json!({}))?;
    driver.finish().map(drop)
}

/// Fails unless all values are in the topic, each as often as it may.
fn are_there(scene: &Scene<'_>, topic: &str, values: &[String], copies: Copies) -> Result<()> {
    let mut driver = Driver::start(scene)?;
    let mut counts = BTreeMap::<Vec<u8>, usize>::new();
    for read in ReadRecord::all(&driver.call(&on_topic("read", topic))?)? {
        *counts.entry(read.record.value.unwrap_or_default()).or_default() += 1;
    }
    let count = |value: &&String| counts.get(value.as_bytes()).copied().unwrap_or(0);
    let lost = values.iter().filter(|value| count(value) == 0).count();
    ensure!(lost == 0, "{lost} of {} acknowledged records are lost", values.len());
    let repeated = values.iter().filter(|value| count(value) > 1).count();
    ensure!(copies == Copies::Several || repeated == 0, "{repeated} of {} records are there twice", values.len());
    driver.finish().map(drop)
}

/// Fails unless every stored batch is one that was sent, byte for byte.
fn are_as_sent(broker: &str, topic: &str, requests: &[Bytes]) -> Result<()> {
    let mut sent = Vec::new();
    for request in requests {
        sent.extend(batches(request)?);
    }
    let mut count = 0;
    for partition in 0..3 {
        for batch in stored::batches(broker, topic, partition)? {
            let stored = batch.bytes().get(UNTOUCHED_FROM..).unwrap_or_default();
            ensure!(
                sent.iter().any(|sent| sent == stored),
                "the batch at {} is none that was sent",
                batch.base_offset()
            );
            count += 1;
        }
    }
    ensure!(count > CUTS, "there are but {count} batches");
    Ok(())
}

/// The batches in a Produce request, without what the broker sets.
fn batches(request: &Bytes) -> Result<Vec<Bytes>> {
    let version = request.get(2..4).and_then(|bytes| bytes.try_into().ok()).map(i16::from_be_bytes);
    let version = version.context("a request without a version")?;
    let mut decoder = Decoder::new(request.clone(), version, false);
    let _: RequestHeader = decode_from(&mut decoder, RequestHeader::version_for(&ProduceRequest::SCHEMA, version))?;
    let request: ProduceRequest = decode_from(&mut decoder, version)?;
    let mut found = Vec::new();
    for partition in request.topic_data.into_iter().flat_map(|topic| topic.partition_data) {
        for batch in RecordBatches::new(partition.records.map(|records| records.0).unwrap_or_default()) {
            found.push(batch?.bytes().slice(UNTOUCHED_FROM..));
        }
    }
    Ok(found)
}
