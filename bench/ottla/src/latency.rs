//! Writing and reading back.

use std::time::Duration;

use bench_driver::{LatencyMeter, LatencyTask, Output, Pace, Report};
use ottla::Client;
use ottla::consumer::{Consumer, SeekTo};
use ottla::producer::{Producer, Record};
use tokio::runtime::Handle;

/// Sends at the rate, and times each record from when it was due until it has been read.
pub(crate) fn latency(task: &LatencyTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let client = Client::connect(&task.at.bootstrap)?;
        let producer = client.producer().linger(Duration::from_millis(task.linger_ms)).build()?;
        let partitions = crate::partitions(&task.at);
        let mut consumer = client.consumer_without_group().from_beginning().assign(partitions.clone()).build().await?;
        for (partition, end) in &consumer.end_offsets(partitions).await? {
            consumer.seek(partition, SeekTo::Offset(*end))?;
        }
        let pace = Pace::start(task.rate);
        let sent = task.clone();
        let sender = tokio::task::spawn_blocking(move || send(&producer, pace, &sent));
        let report = read(&mut consumer, pace, task).await?;
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
        let record = Record::to(&task.at.topic).partition(task.partition(index)).value(&value);
        drop(runtime.block_on(producer.send(record))?);
    }
    runtime.block_on(producer.flush());
    Ok(())
}

async fn read(consumer: &mut Consumer, pace: Pace, task: &LatencyTask) -> anyhow::Result<Report> {
    let mut timer = LatencyMeter::new(task, pace)?;
    while !timer.is_done() {
        for record in &consumer.recv().await? {
            timer.arrived(record.partition(), record.value().unwrap_or_default());
        }
    }
    timer.report()
}
