//! Connections and nodes that fail under load.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ottla::{
    Client, TopicPartition,
    admin::NewTopic,
    consumer::{Consumer, SeekTo},
    producer::{DeliveryErrorKind, Record},
};
use tokio::{sync::watch, task::JoinHandle, time::sleep};

use crate::{
    client::{self, line},
    cut::Cutter,
    line::Line,
    load::Load,
    patience::{until, within},
    scene::Scene,
};

const PARTITIONS: i32 = 6;

/// Answers to Produce are lost with their connections; each record is there once, where its delivery says.
pub(crate) async fn cut_off(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, PARTITIONS, &[]).await?;
    let cutter = Cutter::new(7);
    let client = Client::builder(&scene.bootstrap)?.connector(cutter.connector()).build()?;
    let producer = client.producer().linger(Duration::ZERO).batch_size(200).build()?;
    let mut load = Load::begin_with(producer, topic, PARTITIONS);
    while cutter.cuts() < 20 {
        load.goes_on(50).await?;
    }
    let sent = load.end().await?;
    sent.all_once(&client::read(&scene.client()?, topic).await?)
}

/// Nodes are stopped, killed and started again. A node that leads nothing else tells nothing, so it is the leader.
pub(crate) async fn restart(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, PARTITIONS, &[]).await?;
    let client = scene.client()?;
    let reader = Reader::begin(&client, topic).await?;
    let mut load = Load::begin(&client, topic, PARTITIONS)?;
    let nodes = scene.nodes();
    for crash in [false, true] {
        load.goes_on(300).await?;
        let leader = leader(&client, topic).await?;
        if crash {
            nodes.kill(leader).await?
        } else {
            nodes.stop(leader).await?
        }
        if scene.nodes > 1 {
            load.goes_on(300).await.context("one node is down")?;
        } else {
            sleep(Duration::from_secs(1)).await;
        }
        nodes.start(leader).await?;
        load.goes_on(300).await.context("all nodes are up again")?;
    }
    let sent = load.end().await?;
    sent.all_once(&client::read(&scene.client()?, topic).await?).context("read afterwards")?;
    sent.all_once(&reader.end(sent.delivered.len()).await?).context("read by a consumer that was there all the time")
}

async fn leader(client: &Client, topic: &str) -> Result<i16> {
    let described = within("describing", client.admin().describe_topic(topic)).await?;
    let leader = described.partitions.first().and_then(|partition| partition.leader).context("there is no leader")?;
    Ok(i16::try_from(leader.0)?)
}

/// A consumer that reads all the while.
struct Reader {
    wanted: watch::Sender<usize>,
    reading: JoinHandle<Result<Vec<Line>>>,
}

impl Reader {
    async fn begin(client: &Client, topic: &str) -> Result<Self> {
        let partitions: Vec<_> = (0..PARTITIONS).map(|index| TopicPartition::new(topic, index)).collect();
        let consumer = client.consumer_without_group().assign(partitions.clone()).build().await?;
        for partition in &partitions {
            consumer.seek(partition, SeekTo::Beginning)?;
        }
        let (wanted, want) = watch::channel(usize::MAX);
        Ok(Self { wanted, reading: tokio::spawn(Self::read(consumer, want)) })
    }

    async fn read(mut consumer: Consumer, want: watch::Receiver<usize>) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        while lines.len() < *want.borrow() {
            let records = consumer.poll(Duration::from_millis(100)).await?;
            lines.extend(records.iter().map(|record| line(&record)));
        }
        // Whatever is handed out twice comes now at the latest.
        let more = consumer.poll(Duration::from_secs(1)).await?;
        lines.extend(more.iter().map(|record| line(&record)));
        Ok(lines)
    }

    async fn end(self, records: usize) -> Result<Vec<Line>> {
        self.wanted.send_replace(records);
        within("the reader", self.reading).await?
    }
}

/// Of a partition's replicas too few are there: what is sent waits for them, and fails if that takes too long.
pub(crate) async fn too_few_replicas(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    let client = scene.client()?;
    let nodes: Vec<_> = client.admin().describe_cluster().await?.brokers.iter().map(|broker| broker.id).collect();
    let [leader, follower, ..] = nodes[..] else { anyhow::bail!("this case needs two nodes, not {nodes:?}") };
    let new = NewTopic::new(topic).assignments([vec![leader, follower]]).config("min.insync.replicas", "2");
    client.admin().create_topic(new).await?;
    let follower = i16::try_from(follower.0)?;
    let patient = client.producer().build()?;
    patient.send(Record::to(topic).value("before")).await?.await?;

    scene.nodes().kill(follower).await?;
    until("the follower is out of sync", async || {
        let described = client.admin().describe_topic(topic).await.map_err(|error| error.to_string())?;
        let in_sync = described.partitions.first().map_or(0, |partition| partition.in_sync_replicas.len());
        if in_sync == 1 { Ok(()) } else { Err(format!("{in_sync} replicas are in sync")) }
    })
    .await?;
    let impatient = scene.client_with(&[("delivery.timeout.ms", "4000"), ("request.timeout.ms", "2000")])?;
    let refused = impatient.producer().build()?.send(Record::to(topic).value("too early")).await?;
    let error = within("a failure", async { anyhow::Ok(refused.await.err()) }).await?.context("it was written")?;
    let DeliveryErrorKind::Timeout { last: Some(last) } = error.kind() else { anyhow::bail!("it failed by {error}") };
    ensure!(last.contains("NOT_ENOUGH_REPLICAS"), "the last error is {last}");
    ensure!(!error.possibly_written(), "the broker has said that it is not written");

    let waiting = patient.send(Record::to(topic).value("after")).await?;
    sleep(Duration::from_secs(1)).await;
    scene.nodes().start(follower).await?;
    within("the delivery of what has waited", waiting).await?;
    let read = client::read(&client, topic).await?;
    let values: Vec<_> = read.iter().map(|line| line.value.as_deref().unwrap_or_default()).collect();
    ensure!(values == [&b"before"[..], b"after"], "{} records are there", values.len());
    Ok(())
}
