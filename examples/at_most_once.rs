//! At most once: commit first, work after. A crash between the two loses the work, and repeats nothing.
//!
//! `cargo run --example at_most_once`

use anyhow::Result;
use ottla::{Client, broker::Cluster, embedded, producer::Record};

#[tokio::main]
async fn main() -> Result<()> {
    let cluster = Cluster::builder().topic("mails", 1).start().await?;
    let client = embedded::client(&cluster)?.build()?;
    let producer = client.producer().build()?;
    producer.send_many(&[Record::to("mails").value("mail"); 10]).await?.wait().await;

    println!("first run: commits five records and crashes after it has worked on two of them");
    let first = run(&client, 5, Some(2)).await?;
    println!("second run: begins after the commit");
    let second = run(&client, 5, None).await?;
    println!("worked on {} of the 10 records: none twice, {} lost", first + second, 10 - first - second);
    Ok(())
}

async fn run(client: &Client, batch: usize, crash_after: Option<usize>) -> Result<usize> {
    let mut consumer = client
        .consumer("mailers")
        .from_beginning()
        .manual_commit()
        .max_poll_records(batch)
        .subscribe(["mails"])
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
