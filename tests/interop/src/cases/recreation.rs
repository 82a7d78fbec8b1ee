//! A topic that is deleted and created anew under its users.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use ottla::{TopicPartition, admin::NewTopic, consumer::SeekTo, protocol::error_code::ErrorCode};
use tokio::time::Instant;

use crate::{
    client::{self, line},
    line::Line,
    load::Load,
    patience::{PATIENCE, until, within},
    scene::Scene,
};

const PARTITIONS: i32 = 3;

/// Producer and consumer go on with the new one, from its beginning; nothing of it is lost or read twice.
pub(crate) async fn under_load(scene: &Scene) -> Result<()> {
    let topic = scene.name.as_str();
    scene.create(topic, PARTITIONS, &[]).await?;
    let client = scene.client_with(&[("auto.offset.reset", "latest")])?;
    let partitions: Vec<_> = (0..PARTITIONS).map(|index| TopicPartition::new(topic, index)).collect();
    let mut consumer = client.consumer().assign(partitions.clone()).build().await?;
    for partition in &partitions {
        consumer.seek(partition, SeekTo::Beginning)?;
    }
    let mut load = Load::begin(&client, topic, PARTITIONS)?;
    load.goes_on(600).await?;
    within("a record of the old topic", consumer.recv()).await?;

    let old = client.admin().describe_topic(topic).await?.id;
    client.admin().delete_topics([topic]).await.all()?;
    until("the topic is there anew", async || {
        let new = NewTopic::new(topic).partitions(PARTITIONS);
        match client.admin().create_topic(new).await {
            Ok(_) => Ok(()),
            // The old one is on its way still, or a broker that may has made one for the producer.
            Err(error) if error.code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
                let there = client.admin().describe_topic(topic).await.map_err(|error| error.to_string())?;
                if there.id == old { Err(error.to_string()) } else { Ok(()) }
            }
            Err(error) => Err(error.to_string()),
        }
    })
    .await?;
    // What went to the old topic and is answered late does not count as progress for long.
    load.goes_on(2000).await.context("after the topic was created anew")?;
    let sent = load.end().await?;

    let there = client::read(&scene.client()?, topic).await?;
    let by_place: BTreeMap<_, _> = there.iter().map(|line| ((line.partition, line.offset), number(line))).collect();
    let last = sent.delivered.iter().rev().take(1000);
    for (number, place) in last {
        ensure!(by_place.get(place) == Some(number), "record {number} is not at {place:?}, as was said");
    }
    let read = read_until(&mut consumer, &there).await?;
    let new: Vec<_> = read.iter().filter(|line| there.contains(line)).collect();
    ensure!(new.len() == there.len(), "{} of {} records of the new topic were read", new.len(), there.len());
    Ok(())
}

fn number(line: &Line) -> u64 {
    let text = String::from_utf8(line.value.clone().unwrap_or_default());
    text.ok().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX)
}

/// Until the last record of each partition was read.
async fn read_until(consumer: &mut ottla::consumer::Consumer, there: &[Line]) -> Result<Vec<Line>> {
    let deadline = Instant::now() + PATIENCE;
    let mut read = Vec::new();
    let lasts: BTreeMap<_, _> = there.iter().map(|line| (line.partition, line)).collect();
    while !lasts.values().all(|last| read.contains(*last)) {
        ensure!(
            Instant::now() < deadline,
            "{} records were read, the last ones not: {:?}",
            read.len(),
            consumer.explain()
        );
        let records = consumer.poll(Duration::from_millis(100)).await?;
        read.extend(records.iter().map(|record| line(&record)));
    }
    Ok(read)
}
