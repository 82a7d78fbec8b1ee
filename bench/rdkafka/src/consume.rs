//! Reading.

use std::time::Duration;

use anyhow::Context;
use bench_driver::{ConsumeTask, Meter, Output, TopicArguments};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

const LIMIT: Duration = Duration::from_secs(60);

/// Reads every key and value.
pub(crate) fn consume(task: &ConsumeTask, output: &Output) -> anyhow::Result<()> {
    if task.warm_up > 0 {
        read(&from_beginning(&task.at)?, task.warm_up)?;
    }
    let meter = Meter::start();
    let consumer = if task.tail { from_end(&task.at)? } else { from_beginning(&task.at)? };
    if task.tail {
        bench_driver::announce_tail();
    }
    let bytes = read(&consumer, task.records)?;
    output.report(&meter.stop(task.records, bytes));
    Ok(())
}

fn consumer(at: &TopicArguments) -> anyhow::Result<BaseConsumer> {
    let mut config = crate::config(&at.bootstrap);
    // The library wants a group though nobody joins it.
    config.set("group.id", "bench").set("enable.auto.commit", "false");
    Ok(config.create()?)
}

fn from_beginning(at: &TopicArguments) -> anyhow::Result<BaseConsumer> {
    let consumer = consumer(at)?;
    let mut list = TopicPartitionList::new();
    for (topic, partition) in at.partitions() {
        list.add_partition_offset(&topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

/// A consumer of what is written from now on.
pub(crate) fn from_end(at: &TopicArguments) -> anyhow::Result<BaseConsumer> {
    let consumer = consumer(at)?;
    let mut list = TopicPartitionList::new();
    for (topic, partition) in at.partitions() {
        let (_, end) = consumer.fetch_watermarks(&topic, partition, LIMIT)?;
        list.add_partition_offset(&topic, partition, Offset::Offset(end))?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

fn read(consumer: &BaseConsumer, goal: u64) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for _ in 0..goal {
        let message = consumer.poll(LIMIT).context("no more records came")??;
        bytes += message.key_len() + message.payload_len();
    }
    Ok(bytes as u64)
}
