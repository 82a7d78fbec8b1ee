//! Writing and reading back.

use std::time::Duration;

use bench_driver::{LatencyMeter, LatencyTask, Output, Pace, Report};
use ottla::Client;
use ottla::consumer::{Consumer, SeekTo};
use ottla::producer::{Producer, Record};

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
        let sender = tokio::spawn(send(producer, pace, task.clone()));
        let report = read(&mut consumer, pace, task).await?;
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
        let record = Record::to(&task.at.topic).partition(task.partition(index)).value(&value);
        drop(producer.send(record).await?);
    }
    producer.flush().await;
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
