//! A cluster within this process: how long until a record is acknowledged.

use std::time::{Duration, Instant};

use ottla::broker::Cluster;
use ottla::embedded;
use ottla::producer::Record;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let began = Instant::now();
        let cluster = Cluster::builder().topic("first", 1).start().await?;
        // The wait for more records would be half of the time.
        let producer = embedded::client(&cluster)?.build()?.producer().linger(Duration::ZERO).build()?;
        let delivery = producer.send(Record::to("first").value("record")).await?;
        delivery.await?;
        println!("{{\"client\":\"ottla\",\"seconds\":{}}}", began.elapsed().as_secs_f64());
        Ok(())
    })
}
