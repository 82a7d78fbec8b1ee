//! Writing.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use bench_driver::{Acks, Compression, Meter, Output, ProduceTask, Source};
use chrono::Utc;
use rskafka::client::partition::{Compression as Codec, PartitionClient};
use rskafka::record::Record;
use tokio::task::JoinSet;

/// As many requests under way as the others have to one broker.
const IN_FLIGHT: usize = 5;
/// What a record takes in a batch besides its key and value, roughly.
const OVERHEAD: usize = 10;

/// Sends batches of `batch.size`, to one partition after the other.
pub(crate) fn produce(task: &ProduceTask, output: &Output) -> anyhow::Result<()> {
    ensure!(task.acks == Acks::All && !task.idempotent, "rskafka has acks=all alone, and no idempotence");
    ensure!(!task.keyed, "rskafka has no partitioner");
    let codec = match task.compression {
        Compression::None => Codec::NoCompression,
        Compression::Lz4 => Codec::Lz4,
        Compression::Zstd => Codec::Zstd,
    };
    crate::block_on(async {
        let clients = crate::partition_clients(&task.at).await?;
        let mut source = Source::new(task.size, false);
        send(&clients, &mut source, task, codec, task.warm_up).await?;
        let meter = Meter::start();
        let bytes = send(&clients, &mut source, task, codec, task.records).await?;
        output.report(&meter.stop(task.records, bytes));
        Ok(())
    })
}

async fn send(
    clients: &[Arc<PartitionClient>],
    source: &mut Source,
    task: &ProduceTask,
    codec: Codec,
    count: u64,
) -> anyhow::Result<u64> {
    let per_batch = (task.batch_size / (task.size + OVERHEAD)).max(1) as u64;
    let (mut left, mut under_way, mut bytes) = (count, JoinSet::new(), 0);
    for client in clients.iter().cycle() {
        if left == 0 {
            break;
        }
        let batch: Vec<Record> = (0..per_batch.min(left)).map(|_| record(source)).collect();
        left -= batch.len() as u64;
        bytes += batch.len() * task.size;
        if under_way.len() == IN_FLIGHT {
            settle(&mut under_way).await?;
        }
        let (client, expected) = (client.clone(), batch.len());
        under_way.spawn(async move {
            let offsets = client.produce(batch, codec).await?;
            anyhow::ensure!(offsets.len() == expected, "{} of {expected} records have an offset", offsets.len());
            Ok(())
        });
    }
    while !under_way.is_empty() {
        settle(&mut under_way).await?;
    }
    Ok(bytes as u64)
}

fn record(source: &mut Source) -> Record {
    let (_, value) = source.next();
    Record { key: None, value: Some(value.to_vec()), headers: BTreeMap::new(), timestamp: Utc::now() }
}

async fn settle(under_way: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    match under_way.join_next().await {
        Some(settled) => settled.context("a request panicked")?,
        None => bail!("nothing is under way"),
    }
}
