//! Where a group or a consumer goes on.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use ottla::{
    TopicPartition,
    admin::{ResetScope, ResetTarget},
    consumer::{OffsetAndMetadata, SeekTo},
};

use crate::{
    client,
    companion::Language,
    line::Line,
    patience::{until, within},
    scene::Scene,
};

const THEN: i64 = 1_700_000_000_000;
const RECORDS: i64 = 300;

/// Offsets and what is kept with them, committed and read by each client.
pub(crate) async fn commits(scene: &Scene) -> Result<()> {
    let (topic, group) = (scene.name.as_str(), scene.named("committers"));
    filled(scene, topic).await?;
    let client = scene.client_with(&[("group.id", &group), ("enable.auto.commit", "false")])?;
    let partition = TopicPartition::new(topic, 0);
    let consumer = client.consumer().assign([partition.clone()]).build().await?;
    let committed = async || {
        let committed = consumer.committed([partition.clone()]).await?;
        let offset = committed.get(&partition).context("nothing is committed")?;
        anyhow::Ok((offset.offset, offset.metadata.to_string()))
    };
    for language in Language::OTHERS {
        // confluent-kafka takes the text for one in C, which ends with a zero byte, and sends that along, too.
        let end = if language == Language::Librdkafka { "\0" } else { "" };
        let ours = (42, format!("ours:größe{end}"));
        let offset = OffsetAndMetadata::new(ours.0).with_metadata(ours.1.as_str());
        within("a commit", consumer.commit_offsets([(partition.clone(), offset)])).await?;
        ensure!(committed().await? == ours, "not what was committed: {:?}", committed().await?);
        let mut other = scene.companion(language)?;
        let read = other.ask(&format!("committed {group} {topic}\n")).await?;
        ensure!(read == ["0 42 ours:größe"], "{language:?} sees {read:?}");
        let theirs = (77, format!("{language:?}:größe"));
        other.ask(&format!("commit {group} {topic} 0 {} {}\n", theirs.0, theirs.1)).await?;
        let (at, metadata) = committed().await?;
        ensure!((at, metadata.trim_end_matches(end)) == (77, &*theirs.1), "of {theirs:?} we see {at}, {metadata:?}");
    }
    Ok(())
}

/// A group moved to a time, and what it reads then.
pub(crate) async fn reset_by_time(scene: &Scene) -> Result<()> {
    let (topic, group) = (scene.name.as_str(), scene.named("resetters"));
    filled(scene, topic).await?;
    let client = scene.client_with(&[("group.id", &group), ("auto.offset.reset", "earliest")])?;
    let admin = client.admin();
    let scope = ResetScope::Topics(vec![topic.into()]);
    // Record n is n seconds old, and partition n mod 3 has it.
    for (time, rest) in [(THEN + 200_000, 100), (THEN + 250_500, 49), (THEN, RECORDS), (THEN + RECORDS * 1000, 0)] {
        let target = ResetTarget::Timestamp(time);
        let moved = within("a reset", admin.reset_group_offsets(&*group, scope.clone(), target)).await?;
        ensure!(moved.len() == 3, "{} partitions were moved", moved.len());
        let left: i64 = moved.iter().map(|moved| RECORDS / 3 - moved.to).sum();
        ensure!(left == rest, "after {time} there are {left} records, not {rest}");
        let read = drained(scene, topic, &group).await?;
        ensure!(read.len() as i64 == rest, "{} records were read instead of {rest}", read.len());
        ensure!(read.iter().all(|line| line.timestamp >= time), "a record is older than {time}");
    }
    Ok(())
}

/// Seeks to a place, a time and either end, while records are fetched ahead.
pub(crate) async fn seek(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    filled(scene, topic).await?;
    let client = scene.client()?;
    let partition = TopicPartition::new(topic, 1);
    let mut consumer = client.consumer().assign([partition.clone()]).build().await?;
    let seeks = [
        (SeekTo::Beginning, Some(0)),
        (SeekTo::Offset(50), Some(50)),
        (SeekTo::Offset(3), Some(3)),
        // The record at offset n of partition 1 is 3n + 1 seconds old.
        (SeekTo::Timestamp(THEN + 30_500), Some(10)),
        (SeekTo::Timestamp(THEN + 31_500), Some(11)),
        (SeekTo::End, None),
        (SeekTo::Offset(99), Some(99)),
        (SeekTo::Timestamp(THEN + RECORDS * 1000), None),
    ];
    for (to, first) in seeks {
        consumer.seek(&partition, to)?;
        if let Some(first) = first {
            let records = within(&format!("records after {to:?}"), consumer.recv()).await?;
            let offset = records.iter().next().map(|record| record.offset());
            ensure!(offset == Some(first), "{to:?} led to {offset:?} instead of {first}");
        } else {
            until("the position is the end", async || {
                let records = consumer.poll(std::time::Duration::from_millis(100)).await;
                let records = records.map_err(|error| error.to_string())?;
                assert!(records.is_empty(), "there is a record after the end");
                let position = consumer.position(&partition);
                if position == Some(RECORDS / 3) { Ok(()) } else { Err(format!("{position:?}")) }
            })
            .await?;
        }
    }
    Ok(())
}

/// Record n is in partition n mod 3, and n seconds after then.
async fn filled(scene: &Scene, topic: &str) -> Result<()> {
    scene.create(topic, 3, &[]).await?;
    let line = |n: i64| {
        let partition = i32::try_from(n % 3).unwrap_or_default();
        Line { partition, timestamp: THEN + n * 1000, ..Line::new("k", format!("{n}")) }
    };
    let lines: Vec<_> = (0..RECORDS).map(line).collect();
    let written = client::write(&scene.client()?, topic, &lines).await?;
    let ends = written.iter().fold(BTreeMap::new(), |mut ends, line| {
        *ends.entry(line.partition).or_insert(0) += 1;
        ends
    });
    ensure!(ends.values().all(|count| *count == RECORDS / 3), "the partitions have {ends:?} records");
    Ok(())
}

/// What a member of the group reads until the end.
async fn drained(scene: &Scene, topic: &str, group: &str) -> Result<Vec<Line>> {
    let client = scene.client_with(&[("group.id", group), ("auto.offset.reset", "earliest")])?;
    let partitions = client::partitions(&client, topic).await?;
    let mut consumer = client.consumer().subscribe([topic]).build().await?;
    let lines = client::read_to_end(&mut consumer, &partitions).await?;
    within("closing", consumer.close()).await?;
    Ok(lines)
}
