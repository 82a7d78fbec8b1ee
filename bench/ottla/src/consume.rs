//! Reading.

use anyhow::ensure;
use bench_driver::{ConsumeTask, Meter, Output};
use ottla::Client;
use ottla::consumer::Consumer;

/// Reads every key and value.
pub(crate) fn consume(task: &ConsumeTask, output: &Output) -> anyhow::Result<()> {
    crate::block_on(async {
        let client = Client::connect(&task.at.bootstrap)?;
        if task.warm_up > 0 {
            read(&mut consumer(&client, task).await?, task.warm_up).await?;
        }
        let meter = Meter::start();
        let mut consumer = consumer(&client, task).await?;
        if task.tail {
            let ends = consumer.end_offsets(crate::partitions(&task.at)).await?;
            for (partition, end) in &ends {
                consumer.seek(partition, ottla::consumer::SeekTo::Offset(*end))?;
            }
            bench_driver::announce_tail();
        }
        let (records, bytes) = read(&mut consumer, task.records).await?;
        ensure!(records == task.records, "{records} records are there in place of {}", task.records);
        let report = meter.stop(records, bytes);
        output.report(&report.note("fetches", consumer.metrics().fetches));
        Ok(())
    })
}

/// A consumer of all partitions from their beginning.
pub(crate) async fn consumer(client: &Client, task: &ConsumeTask) -> anyhow::Result<Consumer> {
    let limit = usize::try_from(task.max_poll_records)?;
    let consumer = client.consumer_without_group().max_poll_records(limit).from_beginning();
    Ok(consumer.assign(crate::partitions(&task.at)).build().await?)
}

/// Reads at least so many records.
async fn read(consumer: &mut Consumer, goal: u64) -> anyhow::Result<(u64, u64)> {
    let (mut count, mut bytes) = (0, 0);
    while count < goal {
        let records = consumer.recv().await?;
        for record in &records {
            bytes += record.key().map_or(0, <[u8]>::len) + record.value().map_or(0, <[u8]>::len);
        }
        count += records.len() as u64;
    }
    Ok((count, bytes as u64))
}
