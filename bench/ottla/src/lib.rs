//! Ottla's client as a benchmark program.

mod consume;
mod latency;
mod produce;

use std::future::Future;

use bench_driver::{Client, TopicArguments};
use ottla::TopicPartition;

/// The program.
pub const CLIENT: Client =
    Client { name: "ottla", produce: produce::produce, consume: consume::consume, latency: latency::latency };

/// A runtime as `#[tokio::main]` makes it.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn partitions(at: &TopicArguments) -> Vec<TopicPartition> {
    at.partitions().into_iter().map(|(topic, index)| TopicPartition::new(topic, index)).collect()
}
