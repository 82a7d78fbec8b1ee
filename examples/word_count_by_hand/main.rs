//! Counting words with state that survives, built on nothing but producer and consumer: what a stream processor does, by
//! hand.
//!
//! `cargo run --example word_count_by_hand`, or `cargo run --example word_count_by_hand -- SERVERS` for a cluster that runs
//! already, where it makes the topics `words` and `word-count-changelog` and deletes them in the end.
//!
//! Words go to a topic keyed by the word, so each instance of the group counts other words. Each instance keeps its counts in
//! memory, one table per partition, and writes every change to a changelog topic with as many partitions. Who is assigned a
//! partition first reads its changelog; who gives it up commits. The changelog also says up to which word a table has
//! counted, so a word that is read again after a crash is not counted again.

mod counter;
mod table;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, ensure};
use ottla::{Client, TopicPartition, admin::NewTopic, broker::Cluster, embedded, producer::Record};

use self::counter::Instance;

pub(crate) const GROUP: &str = "word-count";
pub(crate) const WORDS: &str = "words";
pub(crate) const CHANGELOG: &str = "word-count-changelog";
const PARTITIONS: i32 = 4;

const TEXT: &str = "the log is the heart of it all and the consumer reads the log from the offset it had committed \
                    while the producer goes on to append to the end of the log";

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
    let admin = client.admin();
    admin.create_topic(NewTopic::new(WORDS).partitions(PARTITIONS)).await?;
    admin.create_topic(NewTopic::new(CHANGELOG).partitions(PARTITIONS).config("cleanup.policy", "compact")).await?;

    let mut expected = BTreeMap::new();
    let one = Instance::start(&client, "one").await?;
    say(&client, TEXT, &mut expected).await?;
    let two = Instance::start(&client, "two").await?;
    say(&client, TEXT, &mut expected).await?;
    settle(&client, &expected).await?;
    println!("instance one crashes: what it had not committed will be read again");
    one.crash();
    println!("instance three takes its place and reads the changelog first");
    let three = Instance::start(&client, "three").await?;
    say(&client, TEXT, &mut expected).await?;
    settle(&client, &expected).await?;
    for instance in [two, three] {
        instance.stop().await?;
    }

    let counts = table::read_all(&client, PARTITIONS).await?;
    for (word, count) in &counts {
        println!("{count:>4} {word}");
    }
    ensure!(counts == expected, "the counts are wrong: {expected:?} was expected");
    println!("every word was counted once");
    admin.delete_groups([GROUP]).await.all()?;
    admin.delete_topics([WORDS, CHANGELOG]).await.all()?;
    Ok(())
}

/// Sends the words of a text, keyed by themselves.
async fn say(client: &Client, text: &str, expected: &mut BTreeMap<String, u64>) -> Result<()> {
    let producer = client.producer().build()?;
    let words: Vec<_> = text.split_whitespace().collect();
    words.iter().for_each(|word| *expected.entry((*word).to_owned()).or_default() += 1);
    let records: Vec<_> = words.iter().map(|word| Record::to(WORDS).key(word).value(word)).collect();
    let errors = producer.send_many(&records).await?.wait().await;
    errors.into_iter().next().map_or(Ok(()), |error| Err(error.into()))
}

/// Waits until the changelog has all counts.
async fn settle(client: &Client, expected: &BTreeMap<String, u64>) -> Result<()> {
    let counted = async {
        while table::read_all(client, PARTITIONS).await? != *expected {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), counted).await.context("the words were not counted in time")?
}

pub(crate) fn changelog_of(partition: &TopicPartition) -> TopicPartition {
    TopicPartition::new(CHANGELOG, partition.partition)
}
