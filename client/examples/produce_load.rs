//! Sends records of 100 bytes as fast as it can and says what that cost.
//!
//! `cargo run --release -p ottla-client --example produce_load -- SERVERS TOPIC RECORDS`

#![expect(clippy::disallowed_methods, reason = "it measures, outside of the crate")]

use std::time::Instant;

use ottla_client::{Client, producer::Record};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let servers = args.next().ok_or("servers, topic and a number of records are needed")?;
    let topic = args.next().ok_or("a topic is needed")?;
    let records: usize = args.next().ok_or("a number of records is needed")?.parse()?;
    let client = Client::connect(&servers)?;
    let producer = client.producer().build()?;
    let value = [b'x'; 100];
    let started = Instant::now();
    let cpu = cpu_seconds();
    let mut last = None;
    for i in 0..records {
        last = Some(producer.send(Record::to(&topic).value(&value)).await?);
        if i % 512 == 0 {
            tokio::task::yield_now().await;
        }
    }
    producer.flush().await;
    let elapsed = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu;
    if let Some(last) = last {
        println!("last record: {:?}", last.await?);
    }
    println!(
        "{:.2} M records/s, {:.0} ns of CPU per record, {:?}",
        records as f64 / elapsed / 1e6,
        cpu / records as f64 * 1e9,
        producer.metrics()
    );
    Ok(())
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
