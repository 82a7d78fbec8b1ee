//! A member of a group in a process of its own: the process, for our client.
//!
//! What a member does goes to standard output, a line each: `assigned`, `revoked` or `lost` with partitions, `record` with
//! partition, offset and value. It is told `leave` on standard input.

use std::{fmt::Display, io::Write, time::Duration};

use anyhow::{Context, Result, bail};
use ottla::{
    TopicPartition,
    consumer::{BoxFuture, Consumer, RebalanceContext, RebalanceListener},
};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::{client, scene::Scene};

/// How a member is set up in any language: quick to notice changes, and never far ahead with its commits.
pub(crate) const SETTINGS: [(&str, &str); 5] = [
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "400"),
    ("auto.commit.interval.ms", "200"),
    ("auto.offset.reset", "earliest"),
    ("metadata.max.age.ms", "2000"),
];

/// Takes the command `member GROUP TOPIC STRATEGY` and obeys it until told to leave.
///
/// # Errors
/// The command is another, or the consumer fails.
pub(crate) async fn serve(scene: &Scene) -> Result<()> {
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    let command = commands.next_line().await?.context("there is no command")?;
    let words: Vec<_> = command.split(' ').collect();
    let ["member", group, topic, strategy] = words[..] else { bail!("'{command}' is no command") };
    let group = [("group.id", group), ("partition.assignment.strategy", strategy)];
    let client = scene.client_with(&[&SETTINGS[..], &group].concat())?;
    let consumer = client.consumer().subscribe([topic]).rebalance_listener(Told).build().await?;
    take(consumer, commands).await
}

async fn take(mut consumer: Consumer, mut commands: Lines<BufReader<Stdin>>) -> Result<()> {
    loop {
        let records = tokio::select! {
            records = consumer.poll(Duration::from_millis(100)) => records?,
            // A conductor that has gone needs no member either.
            command = commands.next_line() => match command?.as_deref() {
                Some("leave") | None => break,
                Some(other) => bail!("'{other}' is no command"),
            },
        };
        for line in records.iter().map(|record| client::line(&record)) {
            tell(format_args!("record {} {} {}", line.partition, line.offset, text(line.value.as_deref())));
        }
    }
    consumer.close().await?;
    tell("left");
    Ok(())
}

fn text(value: Option<&[u8]>) -> String {
    String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
}

/// A conductor that does not listen any more has no use for it.
fn tell(event: impl Display) {
    let _ = writeln!(std::io::stdout(), "{event}");
}

struct Told;

impl Told {
    fn tell<'a>(&'a self, what: &str, partitions: &[TopicPartition]) -> BoxFuture<'a, ()> {
        let indexes: String = partitions.iter().map(|partition| format!(" {}", partition.partition)).collect();
        tell(format_args!("{what}{indexes}"));
        Box::pin(std::future::ready(()))
    }
}

impl RebalanceListener for Told {
    fn on_assigned<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        self.tell("assigned", partitions)
    }

    fn on_revoked<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        self.tell("revoked", partitions)
    }

    fn on_lost<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        self.tell("lost", partitions)
    }
}
