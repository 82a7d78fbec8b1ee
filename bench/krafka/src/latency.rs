//! Writing and reading back.

use std::time::Duration;

use bench_driver::{LatencyMeter, LatencyTask, Output, Pace, Report};
use krafka::consumer::Consumer;
use krafka::producer::Producer;
use krafka::{Kafka, Record};

use crate::consume::{consumer, seek_to_ends};

const POLL: Duration = Duration::from_secs(1);
/// The default.
const MAX_POLL_RECORDS: u32 = 500;

/// Sends at the rate, and times each record from when it was due until it has been read.
pub(crate) fn latency(task: &LatencyTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let kafka = Kafka::builder(task.at.bootstrap.as_str()).connect().await?;
        let producer = kafka.producer().linger(Duration::from_millis(task.linger_ms)).build().await?;
        let consumer = consumer(&kafka, &task.at, MAX_POLL_RECORDS).await?;
        seek_to_ends(&consumer, &task.at).await?;
        let pace = Pace::start(task.rate);
        let sender = tokio::spawn(send(producer, pace, task.clone()));
        let report = read(&consumer, pace, task).await?;
        sender.await??;
        output.report(&report);
        Ok(())
    })
}

async fn send(producer: Producer, pace: Pace, task: LatencyTask) -> anyhow::Result<()> {
    let mut value = vec![b'.'; task.size];
    for index in 0..task.warm_up + task.records {
        tokio::time::sleep_until(pace.due(index).into()).await;
        pace.stamp(index).write(&mut value);
        let record = Record::new(task.at.topic.as_str(), value.clone()).partition(task.partition(index));
        drop(producer.enqueue(record).await?);
    }
    producer.flush().await?;
    Ok(())
}

async fn read(consumer: &Consumer, pace: Pace, task: &LatencyTask) -> anyhow::Result<Report> {
    let mut meter = LatencyMeter::new(task, pace)?;
    while !meter.is_done() {
        for record in consumer.poll(POLL).await? {
            meter.arrived(record.partition, record.value.as_deref().unwrap_or_default());
        }
    }
    meter.report()
}
