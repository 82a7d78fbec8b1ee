//! Writing.

use std::time::Duration;

use anyhow::ensure;
use bench_driver::{Meter, Output, ProduceTask, Source};
use bytes::Bytes;
use krafka::producer::{Acks, Producer};
use krafka::{Compression, Kafka, Record};

/// Sends every record by a call of its own, with values that are shared and not copied.
pub(crate) fn produce(task: &ProduceTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let kafka = Kafka::builder(task.at.bootstrap.as_str()).connect().await?;
        let producer = producer(&kafka, task).await?;
        let mut records = Records::new(task);
        records.send(&producer, task.warm_up).await?;
        let (meter, before) = (Meter::start(), producer.metrics().producer);
        let bytes = records.send(&producer, task.records).await?;
        let report = meter.stop(task.records, bytes);
        let after = producer.metrics().producer;
        let (sent, errors) = (after.records_sent - before.records_sent, after.errors - before.errors);
        ensure!(sent == task.records && errors == 0, "{sent} of {} records were sent, {errors} errors", task.records);
        output.report(&report.note("batches", after.batches_sent - before.batches_sent));
        Ok(())
    })
}

async fn producer(kafka: &Kafka, task: &ProduceTask) -> anyhow::Result<Producer> {
    let acks = match task.acks {
        bench_driver::Acks::None => Acks::None,
        bench_driver::Acks::Leader => Acks::Leader,
        bench_driver::Acks::All => Acks::All,
    };
    let compression = match task.compression {
        bench_driver::Compression::None => Compression::None,
        bench_driver::Compression::Lz4 => Compression::Lz4,
        bench_driver::Compression::Zstd => Compression::Zstd,
    };
    let producer = kafka.producer().acks(acks).idempotent(task.idempotent).compression(compression);
    Ok(producer.batch_size(task.batch_size).linger(Duration::from_millis(task.linger_ms)).build().await?)
}

struct Records {
    topics: Vec<String>,
    source: Source,
    values: Vec<Bytes>,
    next: usize,
}

impl Records {
    fn new(task: &ProduceTask) -> Self {
        let source = Source::new(task.size, task.keyed);
        let values = source.values().iter().map(|value| Bytes::copy_from_slice(value)).collect();
        Self { topics: task.at.names(), source, values, next: 0 }
    }

    /// Sends `count` records and waits for all of them. Returns the bytes in their keys and values.
    async fn send(&mut self, producer: &Producer, count: u64) -> anyhow::Result<u64> {
        let mut bytes = 0;
        for (topic, _) in self.topics.iter().cycle().zip(0..count) {
            let (key, value) = self.source.next();
            bytes += (key.map_or(0, str::len) + value.len()) as u64;
            let value = self.values[self.next % self.values.len()].clone();
            self.next += 1;
            let mut record = Record::new(topic.as_str(), value);
            record.key = key.map(|key| Bytes::copy_from_slice(key.as_bytes()));
            drop(producer.enqueue(record).await?);
        }
        producer.flush().await?;
        Ok(bytes)
    }
}
