//! A member that takes no records for longer than it may.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Result, ensure};
use ottla::consumer::{CommitError, ConsumeError, Consumer};
use tokio::time::{Instant, sleep};

use crate::{
    client,
    line::Line,
    patience::{PATIENCE, within},
    scene::Scene,
};

const RECORDS: usize = 400;

/// It is told so, others have its partitions meanwhile, and it may come back. No record is lost.
pub(crate) async fn beyond_the_poll_interval(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, 4, &[]).await?;
    let lines: Vec<_> =
        (0..RECORDS).map(|n| Line { partition: n as i32 % 4, ..Line::new("k", format!("{n}")) }).collect();
    client::write(&scene.client()?, topic, &lines).await?;
    let group = scene.named("members");
    let member = scene.client_with(&[
        ("group.id", &group),
        ("max.poll.interval.ms", "3000"),
        ("max.poll.records", "10"),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("heartbeat.interval.ms", "500"),
    ])?;
    let mut slow = member.consumer().subscribe([topic]).build().await?;
    within("the first records", slow.recv()).await?;
    // It has taken these, and takes no more, so long as it works on them.
    sleep(Duration::from_secs(5)).await;
    let mut other = member.consumer().subscribe([topic]).build().await?;
    drain(&mut other).await?;
    ensure!(other.assignment().len() == 4, "the other member has {} partitions", other.assignment().len());
    let late = within("a late commit", async { anyhow::Ok(slow.commit().await.err()) }).await?;
    ensure!(matches!(late, Some(CommitError::Rebalanced)), "a late commit: {late:?}");
    let told = within("the next call", async { anyhow::Ok(slow.recv().await.err()) }).await?;
    ensure!(matches!(told, Some(ConsumeError::PollIntervalExceeded { .. })), "the slow member is told {told:?}");

    let deadline = Instant::now() + PATIENCE;
    while slow.assignment().len() != 2 || other.assignment().len() != 2 {
        ensure!(Instant::now() < deadline, "the slow member does not get its share again: {:?}", slow.explain());
        slow.poll(Duration::from_millis(100)).await?;
        other.poll(Duration::from_millis(100)).await?;
    }
    within("closing", slow.close()).await?;
    within("closing", other.close()).await
}

/// Reads until all records were read, for the slow member has committed nothing, and commits.
async fn drain(consumer: &mut Consumer) -> Result<()> {
    let mut read = BTreeSet::new();
    while read.len() < RECORDS {
        let records = within("the next records", consumer.recv()).await?;
        read.extend(records.iter().filter_map(|record| record.value().map(<[u8]>::to_vec)));
    }
    within("a commit", consumer.commit()).await
}
