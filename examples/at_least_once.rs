//! At least once: work first, commit after. A crash between the two repeats the work, and loses nothing.
//!
//! `cargo run --example at_least_once`

use anyhow::Result;
use ottla::{Client, broker::Cluster, embedded, producer::Record};

#[tokio::main]
async fn main() -> Result<()> {
    let cluster = Cluster::builder().topic("payments", 1).start().await?;
    let client = embedded::client(&cluster)?.build()?;
    let producer = client.producer().build()?;
    producer.send_many(&[Record::to("payments").value("pay"); 10]).await?.wait().await;

    println!("first run: works on some records and crashes before it commits");
    let first = run(&client, true).await?;
    println!("second run: begins where the last commit was, so with the same records");
    let second = run(&client, false).await?;
    println!(
        "worked on {} records for the 10 that there are: none lost, {} repeated",
        first + second,
        first + second - 10
    );
    Ok(())
}

async fn run(client: &Client, crash: bool) -> Result<usize> {
    // Without automatic commits: those would run while records are still being worked on.
    let mut consumer =
        client.consumer("payers").from_beginning().manual_commit().subscribe(["payments"]).build().await?;
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
