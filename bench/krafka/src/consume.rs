//! Reading.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_driver::{ConsumeTask, Meter, Output, TopicArguments};
use krafka::Kafka;
use krafka::consumer::{AutoOffsetReset, Consumer};

const POLL: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(60);

/// Reads every key and value.
pub(crate) fn consume(task: &ConsumeTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let kafka = Kafka::builder(task.at.bootstrap.as_str()).connect().await?;
        if task.warm_up > 0 {
            read(&consumer(&kafka, &task.at, task.max_poll_records).await?, task.warm_up).await?;
        }
        let meter = Meter::start();
        let consumer = consumer(&kafka, &task.at, task.max_poll_records).await?;
        if task.tail {
            seek_to_ends(&consumer, &task.at).await?;
            bench_driver::announce_tail();
        }
        let (records, bytes) = read(&consumer, task.records).await?;
        // More if it is told to read a part of what is there: it hands out what has come.
        ensure!(records >= task.records, "{records} records are there in place of {}", task.records);
        let report = meter.stop(records, bytes);
        output.report(&report.note("fetches", consumer.metrics().consumer.fetches));
        Ok(())
    })
}

/// A consumer of all partitions from their beginning, that holds as many records as it hands out.
pub(crate) async fn consumer(kafka: &Kafka, at: &TopicArguments, limit: u32) -> anyhow::Result<Consumer> {
    let limit = i32::try_from(limit)?;
    let consumer = kafka.consumer_without_group().auto_offset_reset(AutoOffsetReset::Earliest);
    let consumer = consumer.max_poll_records(limit).max_buffered_records(limit).build().await?;
    let indexes: Vec<i32> = (0..i32::try_from(at.partitions)?).collect();
    for topic in at.names() {
        consumer.assign(&topic, indexes.clone()).await?;
    }
    Ok(consumer)
}

/// Goes to the ends as they are now.
pub(crate) async fn seek_to_ends(consumer: &Consumer, at: &TopicArguments) -> anyhow::Result<()> {
    for (topic, partition) in at.partitions() {
        let (_, end) = consumer.fetch_watermarks(&topic, partition).await?;
        consumer.seek(&topic, partition, end).await?;
    }
    Ok(())
}

/// Reads at least so many records.
async fn read(consumer: &Consumer, goal: u64) -> anyhow::Result<(u64, u64)> {
    let (mut count, mut bytes, mut last) = (0, 0, Instant::now());
    while count < goal {
        let records = consumer.poll(POLL).await?;
        for record in &records {
            bytes += record.key.as_ref().map_or(0, |key| key.len()) + record.value.as_ref().map_or(0, |v| v.len());
        }
        count += records.len() as u64;
        if !records.is_empty() {
            last = Instant::now();
        }
        ensure!(last.elapsed() < LIMIT, "no more records came after {count}");
    }
    Ok((count, bytes as u64))
}
