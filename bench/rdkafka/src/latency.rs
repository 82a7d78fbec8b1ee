//! Writing and reading back.

use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bench_driver::{LatencyMeter, LatencyTask, Output, Pace, Report};
use rdkafka::Message;
use rdkafka::consumer::BaseConsumer;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use crate::consume::from_end;

const LIMIT: Duration = Duration::from_secs(60);

/// Sends at the rate, and times each record from when it was due until it has been read.
pub(crate) fn latency(task: &LatencyTask, output: &Output) -> anyhow::Result<()> {
    let mut config = crate::config(&task.at.bootstrap);
    // As the others have it by default.
    config.set("acks", "all").set("enable.idempotence", "true").set("linger.ms", task.linger_ms.to_string());
    let producer: ThreadedProducer<DefaultProducerContext> = config.create()?;
    let consumer = from_end(&task.at)?;
    let pace = Pace::start(task.rate);
    let sent = task.clone();
    let sender = thread::spawn(move || send(&producer, pace, &sent));
    let report = read(&consumer, pace, task)?;
    sender.join().map_err(|_| anyhow!("the sender panicked"))??;
    output.report(&report);
    Ok(())
}

fn send(producer: &ThreadedProducer<DefaultProducerContext>, pace: Pace, task: &LatencyTask) -> anyhow::Result<()> {
    let mut value = vec![b'.'; task.size];
    for index in 0..task.warm_up + task.records {
        pace.wait_for(index);
        pace.stamp(index).write(&mut value);
        let record = BaseRecord::<(), [u8]>::to(&task.at.topic).partition(task.partition(index)).payload(&value);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(producer.flush(LIMIT)?)
}

fn read(consumer: &BaseConsumer, pace: Pace, task: &LatencyTask) -> anyhow::Result<Report> {
    let mut meter = LatencyMeter::new(task, pace)?;
    while !meter.is_done() {
        let message = consumer.poll(LIMIT).context("no more records came")??;
        meter.arrived(message.partition(), message.payload().unwrap_or_default());
    }
    meter.report()
}
