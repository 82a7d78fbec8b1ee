//! The client of the crate rskafka as a benchmark program.
//!
//! It is bound to partitions and leaves batches to its caller, who here makes them as large as the others' are.

mod consume;
mod latency;
mod produce;

use std::future::Future;
use std::sync::Arc;

use bench_driver::{Client, TopicArguments};
use rskafka::client::ClientBuilder;
use rskafka::client::partition::{PartitionClient, UnknownTopicHandling};

/// The program.
pub const CLIENT: Client =
    Client { name: "rskafka", produce: produce::produce, consume: consume::consume, latency: latency::latency };

/// A runtime as `#[tokio::main]` makes it.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// A client for every partition.
async fn partition_clients(at: &TopicArguments) -> anyhow::Result<Vec<Arc<PartitionClient>>> {
    let servers = at.bootstrap.split(',').map(str::to_owned).collect();
    let client = ClientBuilder::new(servers).build().await?;
    let mut clients = Vec::new();
    for (topic, partition) in at.partitions() {
        clients.push(Arc::new(client.partition_client(topic, partition, UnknownTopicHandling::Retry).await?));
    }
    Ok(clients)
}
