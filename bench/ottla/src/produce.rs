//! Writing.

use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_driver::{Acks, Compression, Meter, Output, ProduceTask, Source};
use ottla::config::{self, ProducerConfig};
use ottla::producer::{Producer, Record};
use ottla::protocol::record::Compression as Codec;
use ottla::{Client, producer::ProducerMetrics};

const SETTLE_LIMIT: Duration = Duration::from_secs(2);

/// Sends every record by a call of its own, as a program that has them one by one.
pub(crate) fn produce(task: &ProduceTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let producer = producer(&Client::connect(&task.at.bootstrap)?, task)?;
        let topics = task.at.names();
        let mut source = Source::new(task.size, task.keyed);
        send(&producer, &topics, &mut source, task, task.warm_up).await?;
        let (meter, before) = (Meter::start(), producer.metrics());
        let bytes = send(&producer, &topics, &mut source, task, task.records).await?;
        let report = meter.stop(task.records, bytes);
        let after = settled(&producer, before.records_delivered + task.records).await?;
        let report = report.note("requests", after.requests - before.requests);
        output.report(&report.note("batches", after.batches - before.batches));
        Ok(())
    })
}

/// A producer as the task wants it.
pub(crate) fn producer(client: &Client, task: &ProduceTask) -> anyhow::Result<Producer> {
    let acks = match task.acks {
        Acks::None => config::Acks::None,
        Acks::Leader => config::Acks::Leader,
        Acks::All => config::Acks::All,
    };
    let codec = match task.compression {
        Compression::None => Codec::None,
        Compression::Lz4 => Codec::Lz4,
        Compression::Zstd => Codec::Zstd,
    };
    let mut config = ProducerConfig::default();
    if let Some(limit) = task.batch_limit {
        // Batches grow up to what fits into a request while a broker is slow.
        config.max_request_size = limit;
    }
    let producer = client.producer().config(config).acks(acks).idempotent(task.idempotent).compression(codec);
    Ok(producer.batch_size(task.batch_size).linger(Duration::from_millis(task.linger_ms)).build()?)
}

/// Sends `count` records and waits for all of them. Returns the bytes in their keys and values.
async fn send(
    producer: &Producer,
    topics: &[String],
    source: &mut Source,
    task: &ProduceTask,
    count: u64,
) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for (topic, _) in topics.iter().cycle().zip(0..count) {
        let (key, value) = source.next();
        let record = Record::to(topic).value(value);
        let record = key.map_or(record, |key| record.key(key));
        let record = task.partition.map_or(record, |partition| record.partition(partition));
        bytes += (key.map_or(0, str::len) + value.len()) as u64;
        // The handle is not needed: flush waits, and the producer counts what failed.
        drop(producer.send(record).await?);
    }
    producer.flush().await;
    Ok(bytes)
}

/// The counters once all records are among those delivered: they are counted a moment after flush is told.
async fn settled(producer: &Producer, expected: u64) -> anyhow::Result<ProducerMetrics> {
    let deadline = Instant::now() + SETTLE_LIMIT;
    loop {
        let metrics = producer.metrics();
        let (delivered, failed) = (metrics.records_delivered, metrics.records_failed);
        ensure!(failed == 0, "{failed} records failed");
        if delivered == expected {
            return Ok(metrics);
        }
        ensure!(Instant::now() < deadline, "{delivered} records were delivered in place of {expected}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
