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

/// Two of three nodes are down: what is sent waits for them, and fails if that takes too long. What was there before is
/// read all the while, and what has waited is written once.
pub(crate) async fn too_few_replicas(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    let client = scene.client()?;
    let nodes: Vec<_> = client.admin().describe_cluster().await?.brokers.iter().map(|broker| broker.id).collect();
    let [leader, first, second] = nodes[..] else { anyhow::bail!("this case needs three nodes, not {nodes:?}") };
    let new = NewTopic::new(topic).assignments([vec![leader, first, second]]).config("min.insync.replicas", "2");
    client.admin().create_topic(new).await?;
    let (first, second) = (i16::try_from(first.0)?, i16::try_from(second.0)?);
    let patient = client.producer().build()?;
    patient.send(Record::to(topic).value("all")).await?.await?;

    scene.nodes().kill(first).await?;
    in_sync(&client, topic, 2).await?;
    let impatient = scene.client_with(&[("delivery.timeout.ms", "4000"), ("request.timeout.ms", "2000")])?;
    let impatient = impatient.producer().build()?;
    // Its producer id comes from the controller, which will be gone.
    within("a delivery to two", impatient.send(Record::to(topic).value("two")).await?).await?;
    // In order, so that it says so itself: with two of its three voters gone the controller cannot take it off any more.
    scene.nodes().stop(second).await?;
    in_sync(&client, topic, 1).await?;
    let refused = impatient.send(Record::to(topic).value("too early")).await?;
    let error = within("a failure", async { anyhow::Ok(refused.await.err()) }).await?.context("it was written")?;
    let DeliveryErrorKind::Timeout { last: Some(last) } = error.kind() else { anyhow::bail!("it failed by {error}") };
    ensure!(last.contains("NOT_ENOUGH_REPLICAS"), "the last error is {last}");
    ensure!(!error.possibly_written(), "the broker has said that it is not written");

    let partition = TopicPartition::new(topic, 0);
    let mut consumer = client.consumer_without_group().assign([partition.clone()]).build().await?;
    consumer.seek(&partition, SeekTo::Beginning)?;
    let mut values = Vec::new();
    read_on(&mut consumer, &mut values, 2).await.context("with one node left")?;
    let waiting = patient.send(Record::to(topic).value("after")).await?;
    sleep(Duration::from_secs(1)).await;
    scene.nodes().start(first).await?;
    within("the delivery of what has waited", waiting).await?;
    scene.nodes().start(second).await?;
    within("a delivery to all", patient.send(Record::to(topic).value("again")).await?).await?;
    read_on(&mut consumer, &mut values, 4).await.context("after the nodes are back")?;
    let whole: Vec<_> = client::read(&client, topic).await?.into_iter().filter_map(|line| line.value).collect();
    ensure!(values == whole, "the consumer has read {} records of {}", values.len(), whole.len());
    ensure!(whole == [&b"all"[..], b"two", b"after", b"again"], "{} records are there", whole.len());
    Ok(())
}

async fn in_sync(client: &Client, topic: &str, count: usize) -> Result<()> {
    until(&format!("{count} replicas are in sync"), async || {
        let described = client.admin().describe_topic(topic).await.map_err(|error| error.to_string())?;
        let in_sync = described.partitions.first().map_or(0, |partition| partition.in_sync_replicas.len());
        if in_sync == count { Ok(()) } else { Err(format!("{in_sync} replicas are in sync")) }
    })
    .await
}

/// Reads until there are so many values.
async fn read_on(consumer: &mut Consumer, values: &mut Vec<Vec<u8>>, count: usize) -> Result<()> {
    until(&format!("{count} records are read"), async || {
        let records = consumer.poll(Duration::from_millis(100)).await.map_err(|error| error.to_string())?;
        values.extend(records.iter().filter_map(|record| record.value().map(<[u8]>::to_vec)));
        if values.len() >= count { Ok(()) } else { Err(format!("{} are", values.len())) }
    })
    .await
}
