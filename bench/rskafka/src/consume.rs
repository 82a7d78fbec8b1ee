//! Reading.

use std::sync::Arc;

use anyhow::{Context, ensure};
use bench_driver::{ConsumeTask, Meter, Output};
use futures_util::stream::{SelectAll, StreamExt};
use rskafka::client::consumer::{StartOffset, StreamConsumer, StreamConsumerBuilder};
use rskafka::client::partition::{OffsetAt, PartitionClient};

/// Reads every key and value, by a stream per partition.
pub(crate) fn consume(task: &ConsumeTask, output: &Output) -> anyhow::Result<()> {
    ensure!(task.warm_up == 0, "nothing of rskafka gets warm");
    crate::block_on(async {
        let meter = Meter::start();
        let clients = crate::partition_clients(&task.at).await?;
        let mut streams = if task.tail { from_ends(&clients).await? } else { from(&clients, StartOffset::Earliest) };
        if task.tail {
            bench_driver::announce_tail();
        }
        let mut bytes = 0;
        for _ in 0..task.records {
            let (record, _) = streams.next().await.context("no more records came")??;
            let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
            bytes += length(&record.record.key) + length(&record.record.value);
        }
        output.report(&meter.stop(task.records, bytes as u64));
        Ok(())
    })
}

fn from(clients: &[Arc<PartitionClient>], start: StartOffset) -> SelectAll<StreamConsumer> {
    clients.iter().map(|client| StreamConsumerBuilder::new(client.clone(), start).build()).collect()
}

/// Streams of what is written from now on.
pub(crate) async fn from_ends(clients: &[Arc<PartitionClient>]) -> anyhow::Result<SelectAll<StreamConsumer>> {
    let mut streams = SelectAll::new();
    for client in clients {
        let end = client.get_offset(OffsetAt::Latest).await?;
        streams.push(StreamConsumerBuilder::new(client.clone(), StartOffset::At(end)).build());
    }
    Ok(streams)
}
