//! Our own client, writing and reading lines.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use ottla::{
    ConfiguredClient, TopicPartition,
    consumer::{Consumer, RecordView, SeekTo},
    producer::Record,
};

use crate::{line::Line, patience::within};

/// Writes the records, and returns them with the partitions and offsets that they got.
///
/// # Errors
/// One was not taken or delivered.
pub(crate) async fn write(client: &ConfiguredClient, topic: &str, lines: &[Line]) -> Result<Vec<Line>> {
    let producer = client.producer().build()?;
    let mut deliveries = Vec::with_capacity(lines.len());
    for line in lines {
        let headers: Vec<_> = line.headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        deliveries.push(producer.send(record(topic, line).headers(&headers)).await?);
    }
    let mut written = Vec::with_capacity(lines.len());
    for (delivery, line) in deliveries.into_iter().zip(lines) {
        let at = within("a delivery", delivery).await?;
        written.push(Line { partition: at.partition, offset: at.offset, timestamp: at.timestamp_ms, ..line.clone() });
    }
    Ok(written)
}

fn record<'a>(topic: &'a str, line: &'a Line) -> Record<'a> {
    let mut record = Record::to(topic);
    if let Some(key) = &line.key {
        record = record.key(key);
    }
    if let Some(value) = &line.value {
        record = record.value(value);
    }
    if line.partition >= 0 {
        record = record.partition(line.partition);
    }
    if line.timestamp >= 0 {
        record = record.timestamp_ms(line.timestamp);
    }
    record
}

/// Reads a topic from its beginning to its end, in the order of partitions and offsets.
///
/// # Errors
/// It cannot be read to its end in time.
pub(crate) async fn read(client: &ConfiguredClient, topic: &str) -> Result<Vec<Line>> {
    let partitions = partitions(client, topic).await?;
    let mut consumer = client.consumer().assign(partitions.clone()).build().await?;
    for partition in &partitions {
        consumer.seek(partition, SeekTo::Beginning)?;
    }
    let lines = read_to_end(&mut consumer, &partitions).await?;
    consumer.close().await.or_else(|error| match error {
        ottla::consumer::CommitError::NoGroup => Ok(()),
        other => Err(other),
    })?;
    Ok(lines)
}

/// Reads on to where these partitions end now.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_to_end(consumer: &mut Consumer, partitions: &[TopicPartition]) -> Result<Vec<Line>> {
    let ends = consumer.end_offsets(partitions.iter().cloned()).await?;
    ensure!(ends.len() == partitions.len(), "not all partitions have an end: {ends:?}");
    let mut lines = Vec::new();
    while !is_at(consumer, &ends) {
        // The last offsets may be gaps, which move the position and bring no record.
        let wait = std::time::Duration::from_millis(50);
        let records = within("reading", async {
            loop {
                let records = consumer.poll(wait).await?;
                if !records.is_empty() || is_at(consumer, &ends) {
                    return anyhow::Ok(records);
                }
            }
        });
        let records = records.await.with_context(|| format!("{} of {ends:?}", consumer.explain().len()))?;
        lines.extend(records.iter().map(|record| line(&record)));
    }
    lines.sort_by_key(|line: &Line| (line.partition, line.offset));
    Ok(lines)
}

fn is_at(consumer: &Consumer, ends: &HashMap<TopicPartition, i64>) -> bool {
    ends.iter().all(|(partition, end)| consumer.position(partition).is_some_and(|position| position >= *end))
}

/// All partitions of a topic.
///
/// # Errors
/// It is not known.
pub(crate) async fn partitions(client: &ConfiguredClient, topic: &str) -> Result<Vec<TopicPartition>> {
    let described = within("describing a topic", client.admin().describe_topic(topic)).await?;
    Ok(described.partitions.iter().map(|partition| TopicPartition::new(topic, partition.index)).collect())
}

/// A record that was read.
pub(crate) fn line(record: &RecordView<'_>) -> Line {
    let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    let headers = record.headers().map(|header| (header.key_str().into_owned(), owned(header.value)));
    Line {
        partition: record.partition(),
        offset: record.offset(),
        timestamp: record.timestamp(),
        key: owned(record.key()),
        value: owned(record.value()),
        headers: headers.collect(),
    }
}

/// Compares what was written with what was read, whatever the order.
///
/// # Errors
/// They differ; the error has the first difference.
pub(crate) fn same(written: &[Line], read: &[Line]) -> Result<()> {
    let sorted = |lines: &[Line]| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    };
    let (written, read) = (sorted(written), sorted(read));
    let difference = written.iter().zip(&read).find(|(written, read)| written != read);
    if let Some((written, read)) = difference {
        bail!("written: {}\nread:    {}", cut(written), cut(read));
    }
    ensure!(written.len() == read.len(), "{} records were written and {} read", written.len(), read.len());
    Ok(())
}

fn cut(line: &Line) -> String {
    line.text().chars().take(400).collect()
}
