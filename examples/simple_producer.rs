//! Sends three records and prints where each went.
//!
//! `cargo run --example simple_producer`, or `cargo run --example simple_producer -- SERVERS` for a cluster that runs
//! already, which creates the topic `greetings` if it may.

use anyhow::Result;
use ottla::{Client, broker::Cluster, embedded, producer::Record};

#[tokio::main]
async fn main() -> Result<()> {
    // The cluster that is named, or one in this process, which is there for as long as it is held.
    let (client, _cluster) = match std::env::args().nth(1).or_else(|| std::env::var("OTTLA_BOOTSTRAP").ok()) {
        Some(servers) => (Client::connect(&servers)?, None),
        None => {
            let cluster = Cluster::builder().topic("greetings", 3).start().await?;
            (embedded::client(&cluster)?.build()?, Some(cluster))
        }
    };
    let producer = client.producer().build()?;

    for (language, greeting) in [("en", "hello"), ("de", "hallo"), ("fr", "bonjour")] {
        let headers = [("example", Some(&b"simple_producer"[..]))];
        let record = Record::to("greetings").key(language).value(greeting).headers(&headers);
        let delivery = producer.send(record).await?;
        match delivery.await {
            Ok(at) => println!("{language} is at {}-{} offset {}", at.topic, at.partition, at.offset),
            Err(error) if error.possibly_written() => println!("{language} may or may not be there: {error}"),
            Err(error) => println!("{language} was not written: {error}, it was {:?}", error.record()),
        }
    }
    Ok(())
}
