//! Groups whose members come and go, of one language and of three.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, ensure};
use ottla::producer::Producer;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    companion::Language,
    group::{Group, Owned, Read},
    patience::within,
    scene::Scene,
};

const PARTITIONS: i32 = 12;

/// Three of ours with a join, a leave and a crash.
pub(crate) async fn of_three(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, PARTITIONS, &[]).await?;
    let load = Load::begin(scene, topic)?;
    let mut group = Group::new(scene, topic, 12, "range");
    for _ in 0..2 {
        group.join(Language::Ours).await?;
    }
    group.settled().await.context("two members")?;
    group.join(Language::Ours).await?;
    group.settled().await.context("a third joins")?;
    group.leave(0).await?;
    group.settled().await.context("one leaves")?;
    group.join(Language::Ours).await?;
    group.settled().await.context("another joins")?;
    let so_far = group.read();
    once(&so_far).context("nobody has crashed yet")?;
    group.crash(1).await?;
    group.settled().await.context("one has crashed")?;
    let sent = load.end().await?;
    consistent(&group.has_read(&sent).await?)?;
    group.disband().await
}

/// Ours, Java's and librdkafka's by range: all stop for a rebalance.
pub(crate) async fn mixed_by_range(scene: &Scene) -> Result<()> {
    mixed(scene, "range").await
}

/// The same by cooperative-sticky: what a member keeps, it is not made to give up.
pub(crate) async fn mixed_cooperatively(scene: &Scene) -> Result<()> {
    mixed(scene, "cooperative-sticky").await
}

async fn mixed(scene: &Scene, strategy: &'static str) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, PARTITIONS, &[]).await?;
    let load = Load::begin(scene, topic)?;
    let mut group = Group::new(scene, topic, 12, strategy);
    let cooperative = strategy == "cooperative-sticky";
    let mut before = Owned::new();
    // Whoever is first leads, and assigns for all; so each language leads once.
    let joining = [Language::Java, Language::Ours, Language::Librdkafka, Language::Ours];
    for language in joining {
        group.join(language).await?;
        let after = group.settled().await.with_context(|| format!("{language:?} joins"))?;
        kept(cooperative, &before, &after, &group.given_up()).with_context(|| format!("{language:?} joins"))?;
        before = after;
    }
    for (language, next) in [(Language::Java, Language::Java), (Language::Ours, Language::Librdkafka)] {
        group.leave(0).await?;
        before.remove(0);
        let after = group.settled().await.with_context(|| format!("{language:?} leaves"))?;
        kept(cooperative, &before, &after, &group.given_up()).with_context(|| format!("{language:?} leaves"))?;
        group.join(next).await?;
        before = group.settled().await.with_context(|| format!("{next:?} joins again"))?;
        group.given_up();
    }
    let sent = load.end().await?;
    consistent(&group.has_read(&sent).await?)?;
    group.disband().await
}

/// Nobody has given up what it has still.
fn kept(cooperative: bool, before: &Owned, after: &Owned, given_up: &Owned) -> Result<()> {
    if !cooperative {
        return Ok(());
    }
    for (place, (before, after)) in before.iter().zip(after).enumerate() {
        let kept: BTreeSet<_> = before.intersection(after).collect();
        let needlessly: Vec<_> = given_up[place].iter().filter(|partition| kept.contains(partition)).collect();
        ensure!(needlessly.is_empty(), "member {place} had {before:?}, has {after:?} and gave up {needlessly:?}");
    }
    let moved: usize = before.iter().zip(after).map(|(before, after)| before.difference(after).count()).sum();
    let share = usize::try_from(PARTITIONS)?.div_ceil(after.len().max(1));
    ensure!(moved <= share, "{moved} partitions moved where {share} would do: {before:?} to {after:?}");
    Ok(())
}

/// Nobody read a record that somebody else had read.
fn once(read: &[Read]) -> Result<()> {
    let distinct: BTreeSet<_> = read.iter().map(|read| (read.partition, read.offset)).collect();
    ensure!(distinct.len() == read.len(), "{} records were read again", read.len() - distinct.len());
    consistent(read)
}

/// At one place there is one record.
fn consistent(read: &[Read]) -> Result<()> {
    let records: BTreeSet<_> = read.iter().collect();
    let places: BTreeSet<_> = read.iter().map(|read| (read.partition, read.offset)).collect();
    ensure!(places.len() == records.len(), "members read different records at the same offsets");
    Ok(())
}

/// Records sent one after the other while a group changes.
struct Load {
    ended: tokio::sync::oneshot::Sender<()>,
    sending: JoinHandle<Result<BTreeSet<String>>>,
}

impl Load {
    fn begin(scene: &Scene, topic: &str) -> Result<Self> {
        let producer = scene.client()?.producer().build()?;
        let (ended, end) = tokio::sync::oneshot::channel();
        Ok(Self { ended, sending: tokio::spawn(send(producer, topic.to_owned(), end)) })
    }

    /// Stops, and tells what was delivered.
    async fn end(self) -> Result<BTreeSet<String>> {
        let _ = self.ended.send(());
        within("the last records", self.sending).await?
    }
}

async fn send(
    producer: Producer,
    topic: String,
    mut end: tokio::sync::oneshot::Receiver<()>,
) -> Result<BTreeSet<String>> {
    let mut sent = BTreeSet::new();
    while end.try_recv().is_err() {
        let values: Vec<_> = (0..20).map(|n| format!("value-{}", sent.len() + n)).collect();
        for (n, value) in values.iter().enumerate() {
            let partition = i32::try_from(n)? % PARTITIONS;
            let record = ottla::producer::Record::to(&topic).key("k").value(value).partition(partition);
            producer.send(record).await?.await?;
        }
        sent.extend(values);
        sleep(Duration::from_millis(20)).await;
    }
    Ok(sent)
}
