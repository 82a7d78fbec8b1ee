//! A file's lines through producer, broker and a consumer group whose members come and go.
//!
//! ```text
//! cargo run --release --example quickstart              # this repository's own sources
//! cargo run --release --example quickstart -- access.log
//! OTTLA_BOOTSTRAP=host:9092 cargo run --release --example quickstart   # a cluster that runs already
//! ```
//!
//! It starts a broker in this process, makes a topic with 6 partitions, sends every line of the files, and reads them
//! with a group of two members, which a third one joins and the first one leaves while records flow. At the end it proves
//! from the offsets that no record was lost and none read twice.

mod lines;
mod members;
mod report;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use ottla::{Client, admin::NewTopic, broker::Cluster, embedded, producer::Record};

use self::{lines::Line, members::Group};

const PARTITIONS: i32 = 6;

#[tokio::main]
async fn main() -> Result<()> {
    let lines = lines::read(std::env::args_os().skip(1))?;
    if lines.is_empty() {
        bail!("the files have no lines");
    }
    let (client, cluster) = connect().await?;
    let topic = format!("quickstart-{}", std::process::id());
    create(&client, &topic).await?;

    let started = Instant::now();
    let group = Group::new(client.clone(), &topic, lines.len());
    group.join("ann").await?;
    group.join("bob").await?;
    let sending = produce(&client, &topic, &lines, &group).await?;
    let events = group.finish().await?;
    let total = started.elapsed();

    report::print(&lines, &group, &events, sending, total);
    let verdict = group.verdict();
    // Only tidiness: what it says does not change the verdict.
    let _ = client.admin().delete_topics([topic.as_str()]).await;
    if let Some(cluster) = cluster {
        cluster.shutdown().await?;
    }
    verdict
}

/// The cluster that `OTTLA_BOOTSTRAP` names, or one in this process.
async fn connect() -> Result<(Client, Option<Cluster>)> {
    if let Ok(servers) = std::env::var("OTTLA_BOOTSTRAP") {
        println!("using the cluster at {servers}");
        return Ok((Client::connect(&servers)?, None));
    }
    let started = Instant::now();
    let cluster = Cluster::builder().start().await?;
    println!("started a broker at {} in {:.1?}", cluster.bootstrap_servers(), started.elapsed());
    Ok((embedded::client(&cluster)?.build()?, Some(cluster)))
}

async fn create(client: &Client, topic: &str) -> Result<()> {
    let new = NewTopic::new(topic).partitions(PARTITIONS);
    client.admin().create_topic(new).await.with_context(|| format!("creating {topic}"))?;
    Ok(())
}

/// Sends all lines, and says how long that took. A third member joins when a third is sent, and the first one leaves when
/// two thirds are.
async fn produce(client: &Client, topic: &str, lines: &[Line], group: &Arc<Group>) -> Result<Duration> {
    let producer = client.producer().linger(Duration::from_millis(5)).build()?;
    let mut sending = Duration::ZERO;
    let third = lines.len().div_ceil(3);
    for (part, chunk) in lines.chunks(third).enumerate() {
        let records: Vec<_> = chunk.iter().map(|line| Record::to(topic).key(&line.key).value(&line.text)).collect();
        let began = Instant::now();
        let errors = producer.send_many(&records).await?.wait().await;
        sending += began.elapsed();
        if let Some(error) = errors.first() {
            bail!("{} records were not delivered, the first because of: {error}", errors.len());
        }
        match part {
            0 => group.join("cat").await?,
            1 => group.leave("ann").await?,
            _ => {}
        }
    }
    producer.close(Duration::from_secs(30)).await;
    Ok(sending)
}
