//! Reads topics as a member of a group and prints what it is assigned and reads: `consume_group BOOTSTRAP GROUP TOPIC...`.
//!
//! `ASSIGNOR`, `ISOLATION_LEVEL` and `INSTANCE` in the environment set what they say.

use std::{error::Error, time::Duration};

use ottla_client::{
    Client, TopicPartition,
    consumer::{BoxFuture, RebalanceContext, RebalanceListener},
};

struct Print;

impl RebalanceListener for Print {
    fn on_assigned<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move { print("assigned", partitions) })
    }

    fn on_revoked<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move { print("revoked", partitions) })
    }

    fn on_lost<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move { print("lost", partitions) })
    }
}

fn print(what: &str, partitions: &[TopicPartition]) {
    let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
    println!("{what} {}", partitions.join(" "));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, bootstrap, group, topics @ ..] = args.as_slice() else {
        return Err("usage: consume_group BOOTSTRAP GROUP TOPIC...".into());
    };
    let client = Client::connect(bootstrap)?;
    let mut builder = client.consumer(group).from_beginning().rebalance_listener(Print);
    if let Ok(assignor) = std::env::var("ASSIGNOR") {
        builder = builder.assignors([assignor.parse()?]);
    }
    if let Ok(level) = std::env::var("ISOLATION_LEVEL") {
        builder = builder.isolation_level(level.parse()?);
    }
    if let Ok(instance) = std::env::var("INSTANCE") {
        builder = builder.group_instance_id(instance);
    }
    let mut consumer = builder.subscribe(topics.iter().map(String::as_str)).build().await?;
    loop {
        let records = consumer.poll(Duration::from_secs(5)).await?;
        if records.is_empty() {
            consumer.explain().iter().for_each(|wait| println!("{wait}"));
        }
        for record in &records {
            let value = String::from_utf8_lossy(record.value().unwrap_or_default());
            println!("{} {} {value}", record.topic_partition(), record.offset());
        }
    }
}
