//! The lines of a file that grows and is rotated, into a topic; where it stands is kept in a compacted topic.
//!
//! `cargo run --example file_tailer -- FILE [SERVERS]` follows a file until Ctrl-C. Without arguments it follows a file of
//! its own on a broker of its own, rotates it, crashes, starts again, and shows that every line came, in order.
//!
//! A position is written after the lines before it were delivered: after a crash the last lines may come twice, and none is
//! lost.

mod position;
mod tail;

use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ottla::{Client, TopicPartition, admin::NewTopic, broker::Cluster, embedded};

use self::tail::Tailer;

pub(crate) const LINES: &str = "file-lines";
pub(crate) const POSITIONS: &str = "file-positions";

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(file) = args.next() else { return demo().await };
    let servers = args.next().or_else(|| std::env::var("OTTLA_BOOTSTRAP").ok());
    let client = Client::connect(&servers.context("name the servers, or set OTTLA_BOOTSTRAP")?)?;
    create_topics(&client).await?;
    let tailer = Tailer::open(&client, Path::new(&file)).await?;
    tokio::select! {
        result = tailer.run() => result,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn create_topics(client: &Client) -> Result<()> {
    let lines = NewTopic::new(LINES).partitions(1);
    let positions = NewTopic::new(POSITIONS).partitions(1).config("cleanup.policy", "compact");
    for topic in [lines, positions] {
        match client.admin().create_topic(topic).await {
            Err(error) if error.code() == Some(ottla::protocol::error_code::ErrorCode::TOPIC_ALREADY_EXISTS) => {}
            other => drop(other?),
        }
    }
    Ok(())
}

async fn demo() -> Result<()> {
    let cluster = Cluster::builder().start().await?;
    let client = embedded::client(&cluster)?.build()?;
    create_topics(&client).await?;
    let folder = std::env::temp_dir().join(format!("ottla-tailer-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = follow_a_file_that_is_rotated(&client, &folder.join("app.log")).await;
    fs::remove_dir_all(&folder)?;
    result
}

async fn follow_a_file_that_is_rotated(client: &Client, file: &Path) -> Result<()> {
    append(file, 0..10)?;
    let first = tokio::spawn(Tailer::open(client, file).await?.run());
    wait_for_lines(client, 10).await?;
    println!("10 lines are there; the tailer crashes, and meanwhile the file grows and is rotated");
    first.abort();
    append(file, 10..20)?;
    fs::rename(file, rotated(file))?;
    append(file, 20..30)?;
    let second = tokio::spawn(Tailer::open(client, file).await?.run());
    wait_for_lines(client, 30).await?;
    println!("started again, it has read the rest of the old file and the new one");
    append(file, 30..40)?;
    let lines = wait_for_lines(client, 40).await?;
    second.abort();

    let distinct = distinct(&lines);
    let expected: Vec<_> = (0..40).map(|i| format!("line {i}")).collect();
    ensure!(distinct == expected.iter().collect::<Vec<_>>(), "lines are missing or out of order: {lines:?}");
    println!("all 40 lines came in order, {} of them twice", lines.len() - distinct.len());
    Ok(())
}

fn append(file: &Path, numbers: std::ops::Range<u32>) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    for i in numbers {
        writeln!(file, "line {i}")?;
    }
    Ok(())
}

/// Where log rotation puts the old file.
pub(crate) fn rotated(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// Each line where it came first: after a crash, the last ones may come again.
fn distinct(lines: &[String]) -> Vec<&String> {
    let mut seen = HashSet::new();
    lines.iter().filter(|line| seen.insert(*line)).collect()
}

/// The lines in the topic, once there are this many distinct ones.
async fn wait_for_lines(client: &Client, count: usize) -> Result<Vec<String>> {
    let partition = TopicPartition::new(LINES, 0);
    let mut consumer = client.consumer_without_group().from_beginning().assign([partition]).build().await?;
    let mut lines = Vec::new();
    let read = async {
        while distinct(&lines).len() < count {
            let records = consumer.recv().await?;
            lines.extend(records.iter().map(|r| String::from_utf8_lossy(r.value().unwrap_or_default()).into_owned()));
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(30), read).await.context("the lines did not come")??;
    Ok(lines)
}
