//! At least once: work first, commit after. A crash between the two repeats the work, and loses nothing.
//!
//! `cargo run --example at_least_once`, or `cargo run --example at_least_once -- SERVERS` for a cluster that runs already,
//! where it makes a topic of its own.

use anyhow::Result;
use ottla::{Client, admin::NewTopic, broker::Cluster, embedded, producer::Record};

#[tokio::main]
async fn main() -> Result<()> {
    // The cluster that is named, or one in this process, which is there for as long as it is held.
    let (client, _cluster) = match std::env::args().nth(1).or_else(|| std::env::var("OTTLA_BOOTSTRAP").ok()) {
        Some(servers) => (Client::connect(&servers)?, None),
        None => {
            let cluster = Cluster::builder().start().await?;
            (embedded::client(&cluster)?.build()?, Some(cluster))
        }
    };
    let topic = format!("payments-{}", std::process::id());
    client.admin().create_topic(NewTopic::new(topic.as_str()).partitions(1)).await?;
    let producer = client.producer().build()?;
    producer.send_many(&[Record::to(&topic).value("pay"); 10]).await?.wait().await;

    println!("first run: works on some records and crashes before it commits");
    let first = run(&client, &topic, true).await?;
    println!("second run: begins where the last commit was, so with the same records");
    let second = run(&client, &topic, false).await?;
    println!(
        "worked on {} records for the 10 that there are: none lost, {} repeated",
        first + second,
        first + second - 10
    );
    Ok(())
}

async fn run(client: &Client, topic: &str, crash: bool) -> Result<usize> {
    // Without automatic commits: those would run while records are still being worked on.
    let group = format!("{topic}-payers");
    let mut consumer = client.consumer(group).from_beginning().manual_commit().subscribe([topic]).build().await?;
    let records = consumer.recv().await?;
    let worked = records.iter().map(|record| work(record.value())).count();
    if crash {
        drop(consumer);
        return Ok(worked);
    }
    consumer.commit().await?;
    consumer.close().await?;
    Ok(worked)
}

fn work(_payment: Option<&[u8]>) {}
