//! A member of a group that prints what it gets until Ctrl-C. Start it several times against one cluster to see the
//! partitions move.
//!
//! `cargo run --example consumer_group -- SERVERS TOPIC GROUP`, or without arguments on a broker of its own, where it
//! stops after the ten records that it sent.

use std::time::Duration;

use anyhow::{Context, Result};
use ottla::{Client, broker::Cluster, embedded, producer::Record};

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(servers) = args.next() else { return demo().await };
    let (topic, group) = args.next().zip(args.next()).context("expected SERVERS TOPIC GROUP")?;
    read(&Client::connect(&servers)?, &topic, &group, u64::MAX).await
}

async fn read(client: &Client, topic: &str, group: &str, mut left: u64) -> Result<()> {
    let mut consumer = client.consumer(group).from_beginning().subscribe([topic]).build().await?;
    while left > 0 {
        let records = tokio::select! {
            records = consumer.poll(Duration::from_secs(5)) => records?,
            _ = tokio::signal::ctrl_c() => break,
        };
        if records.is_empty() {
            // A cluster that cannot be reached is waited for, and silence would not tell it from a topic without news.
            consumer.explain().iter().for_each(|wait| eprintln!("waiting: {wait}"));
        }
        for record in &records {
            let value = String::from_utf8_lossy(record.value().unwrap_or(b"(null)"));
            println!("{} offset {}: {value}", record.topic_partition(), record.offset());
        }
        left = left.saturating_sub(records.len() as u64);
    }
    // Commits what was handed out and leaves the group, so that the others need not wait for the session to end.
    consumer.close().await?;
    Ok(())
}

async fn demo() -> Result<()> {
    let cluster = Cluster::builder().topic("orders", 6).start().await?;
    let client = embedded::client(&cluster)?.build()?;
    let producer = client.producer().build()?;
    for i in 0..10 {
        producer.send(Record::to("orders").key(&format!("customer-{i}")).value(&format!("order {i}"))).await?.await?;
    }
    read(&client, "orders", "demo", 10).await
}
