//! At most once: commit first, work after. A crash between the two loses the work, and repeats nothing.
//!
//! `cargo run --example at_most_once`, or `cargo run --example at_most_once -- SERVERS` for a cluster that runs already,
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
    let topic = format!("mails-{}", std::process::id());
    client.admin().create_topic(NewTopic::new(topic.as_str()).partitions(1)).await?;
    let producer = client.producer().build()?;
    producer.send_many(&[Record::to(&topic).value("mail"); 10]).await?.wait().await;

    println!("first run: commits five records and crashes after it has worked on two of them");
    let first = run(&client, &topic, Some(2)).await?;
    println!("second run: begins after the commit");
    let second = run(&client, &topic, None).await?;
    println!("worked on {} of the 10 records: none twice, {} lost", first + second, 10 - first - second);
    Ok(())
}

async fn run(client: &Client, topic: &str, crash_after: Option<usize>) -> Result<usize> {
    let mut consumer = client
        .consumer(format!("{topic}-mailers"))
        .from_beginning()
        .manual_commit()
        .max_poll_records(5)
        .subscribe([topic])
        .build()
        .await?;
    let records = consumer.recv().await?;
    consumer.commit().await?;
    let mut worked = 0;
    for record in &records {
        if crash_after == Some(worked) {
            drop(consumer);
            return Ok(worked);
        }
        work(record.value());
        worked += 1;
    }
    consumer.close().await?;
    Ok(worked)
}

fn work(_mail: Option<&[u8]>) {}
