//! A log with gaps.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ottla::{ConfiguredClient, TopicPartition, consumer::SeekTo};
use tokio::time::sleep;

use crate::{
    client::{self, same},
    companion::Language,
    line::Line,
    patience::{until, within},
    scene::Scene,
};

const KEYS: usize = 10;
const COMPACT: [(&str, &str); 6] = [
    ("cleanup.policy", "compact"),
    ("segment.ms", "500"),
    ("segment.bytes", "1048576"),
    ("min.cleanable.dirty.ratio", "0.01"),
    ("delete.retention.ms", "100"),
    ("min.compaction.lag.ms", "0"),
];

/// Positions go on over gaps within batches, between them, and where the rest of a log was compacted away.
pub(crate) async fn gaps(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, 1, &COMPACT).await?;
    let client = scene.client_with(&[("batch.size", "1000"), ("linger.ms", "5")])?;
    let written = 10 * KEYS + fill(&client, topic).await?;
    let left = compacted(&client, topic, written).await?;
    let theirs = scene.companion(Language::Java)?.read(topic, &[]).await?;
    same(&theirs, &left).context("what Java reads, and what we read")?;
    each_offset(&client, topic, &left).await?;
    tail_of_gaps(scene, &client, topic).await
}

/// Each key is written ten times over.
async fn fill(client: &ConfiguredClient, topic: &str) -> Result<usize> {
    let lines: Vec<_> = (0..100 * KEYS).map(|n| Line::new(format!("key-{}", n % KEYS), format!("{n}"))).collect();
    client::write(client, topic, &lines).await?;
    Ok(lines.len())
}

/// Writes on, for only segments that are over are compacted, until little is left of what was written.
async fn compacted(client: &ConfiguredClient, topic: &str, written: usize) -> Result<Vec<Line>> {
    until("the log is compacted", async || {
        let reason = |error: anyhow::Error| format!("{error:#}");
        sleep(Duration::from_millis(600)).await;
        client::write(client, topic, &[Line::new("last", "")]).await.map_err(reason)?;
        let left = client::read(client, topic).await.map_err(reason)?;
        if left.len() < written / 4 { Ok(left) } else { Err(format!("{} records are left", left.len())) }
    })
    .await
}

/// From every offset, whether or not it has a record, the next record that there is is read.
async fn each_offset(client: &ConfiguredClient, topic: &str, left: &[Line]) -> Result<()> {
    let partition = TopicPartition::new(topic, 0);
    let mut consumer = client.consumer().assign([partition.clone()]).build().await?;
    let last = left.last().context("nothing is left")?.offset;
    ensure!(left.len() as i64 <= last / 2, "there are few gaps: {} records up to {last}", left.len());
    for offset in (0..=last).step_by(7).chain([last]) {
        consumer.seek(&partition, SeekTo::Offset(offset))?;
        let records = within(&format!("what comes after offset {offset}"), consumer.recv()).await?;
        let found = records.iter().next().map(|record| record.offset());
        let expected = left.iter().map(|line| line.offset).find(|at| *at >= offset);
        ensure!(found == expected, "after {offset} comes {found:?}, not {expected:?}");
    }
    Ok(())
}

/// Everything before the last record is deleted by tombstones, and these are gone as well.
async fn tail_of_gaps(scene: &Scene, client: &ConfiguredClient, topic: &str) -> Result<()> {
    let keys = (0..KEYS).map(|n| format!("key-{n}")).chain(["last".to_owned()]);
    let tombstones: Vec<_> = keys.map(|key| Line { value: None, ..Line::new(key, "") }).collect();
    client::write(client, topic, &tombstones).await?;
    let end = until("the tombstones are gone", async || {
        let reason = |error: anyhow::Error| format!("{error:#}");
        sleep(Duration::from_millis(600)).await;
        let last = [Line { value: None, ..Line::new("last", "") }];
        let last = client::write(client, topic, &last).await.map_err(reason)?;
        let left = client::read(client, topic).await.map_err(reason)?;
        if left.len() < 4 { Ok(last[0].offset + 1) } else { Err(format!("{} records are left", left.len())) }
    })
    .await?;
    let partition = TopicPartition::new(topic, 0);
    let group = scene.named("readers");
    let client = scene.client_with(&[("group.id", &group), ("auto.offset.reset", "earliest")])?;
    let mut consumer = client.consumer().subscribe([topic]).build().await?;
    until("the position is the end", async || {
        consumer.poll(Duration::from_millis(100)).await.map_err(|error| error.to_string())?;
        let position = consumer.position(&partition);
        let lag = consumer.lag(&partition);
        if position == Some(end) && lag == Some(0) {
            Ok(())
        } else {
            Err(format!("{position:?} of {end}, lag {lag:?}"))
        }
    })
    .await?;
    within("closing", consumer.close()).await?;
    let committed = client.admin().list_group_offsets(&*group).await?;
    let committed = committed.get(&partition).map(|committed| committed.offset);
    ensure!(committed == Some(end), "committed is {committed:?}, not {end}");
    Ok(())
}
