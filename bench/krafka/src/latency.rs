//! Writing and reading back.

use std::time::Duration;

use bench_driver::{LatencyMeter, LatencyTask, Output, Pace, Report};
use krafka::consumer::Consumer;
use krafka::producer::Producer;
use krafka::{Kafka, Record};
use tokio::runtime::Handle;

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
        let sent = task.clone();
        let sender = tokio::task::spawn_blocking(move || send(&producer, pace, &sent));
        let report = read(&consumer, pace, task).await?;
        sender.await??;
        output.report(&report);
        Ok(())
    })
}

/// On a thread of its own, which blocks until a record is due.
fn send(producer: &Producer, pace: Pace, task: &LatencyTask) -> anyhow::Result<()> {
    let runtime = Handle::current();
    let mut value = vec![b'.'; task.size];
    for index in 0..task.warm_up + task.records {
        pace.wait_for(index);
        pace.stamp(index).write(&mut value);
        let record = Record::new(task.at.topic.as_str(), value.clone()).partition(task.partition(index));
        drop(runtime.block_on(producer.enqueue(record))?);
    }
    runtime.block_on(producer.flush())?;
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
