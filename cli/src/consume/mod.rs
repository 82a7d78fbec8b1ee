//! `ottla consume`: a topic's records to standard output.

mod print;

use std::{
    collections::{HashMap, HashSet},
    io::IsTerminal,
    time::Duration,
};

use anyhow::bail;
use clap::Args;
use ottla::{
    TopicPartition,
    config::OffsetReset,
    consumer::{Consumer, OffsetAndMetadata, Records, SeekTo},
};

use self::print::{Printer, RecordFormat};
use crate::{
    connection::{Connection, ConnectionArgs},
    exit::{OutputClosed, usage},
    offset_spec::{self, OffsetSpec},
    offsets::partitions,
    output::notice,
    patience::{Patience, keeps_from_reading},
    progress::Progress,
    stop::StopSignal,
    template,
};

/// Read the records of a topic
///
/// Without a group it reads all partitions, from the beginning on. With one it shares them with the group's other members,
/// goes on where the group has committed, and commits what it has printed. It waits for further records until SIGINT or
/// SIGTERM, unless --max or --exit-at-end say otherwise.
#[derive(Args, Debug)]
#[command(after_help = examples())]
pub(crate) struct ConsumeArgs {
    /// The topic
    topic: String,
    /// Read as a member of this group, and commit
    #[arg(long, short, value_name = "GROUP")]
    group: Option<String>,
    /// Where to begin: beginning, end, an offset, a time such as -15m, or others that --help lists
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true, long_help = long_from())]
    from: Option<OffsetSpec>,
    /// Read this partition only. May be given more than once
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(0..), conflicts_with = "group")]
    partition: Vec<i32>,
    /// Stop after this many records [default: do not]
    #[arg(long, short = 'n', value_name = "N")]
    max: Option<u64>,
    /// Stop at the end that each partition has now
    #[arg(long, short)]
    exit_at_end: bool,
    /// How to print a record: table, json (an object per line) or a template such as '%t %p %o %k %v'
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    format: RecordFormat,
    #[command(flatten)]
    connection: ConnectionArgs,
}

const EXAMPLES: &str = "\
Examples:
  ottla consume orders
  ottla consume orders --from end --format '%p %o %k %v'
  ottla consume orders --from -10 --exit-at-end         the last 10 of each partition
  ottla consume orders --from -15m --format json | jq .value
  ottla consume orders --group billing --max 100";

const JSON: &str = "\
JSON, in each line:
  {topic, partition, offset, timestamp, key, value, headers: [{name, value}]}
  The timestamp is in milliseconds. Bytes that are not UTF-8 are in base64, named so: value_base64.";

fn examples() -> String {
    format!("{EXAMPLES}\n\n{}\n\n{JSON}", template::HELP)
}

fn long_from() -> String {
    format!("Where to begin: {}. With a group, where it has committed nothing: beginning or end", offset_spec::HELP)
}

/// How long to wait for records before looking whether the end is reached.
const END_CHECK: Duration = Duration::from_millis(50);

/// How long the last commit and leaving may take: a person has asked for the end.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

impl ConsumeArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let connection = self.connection.open().await?;
        // Before that there is nothing to end in order.
        let mut stop = StopSignal::new()?;
        let mut consumer = self.consumer(&connection).await?;
        let mut reading = Reading::begin(&self, &connection, &consumer).await?;
        if !self.exit_at_end {
            notice::hint(format!("reading {}; Ctrl-C ends", self.topic));
        }
        let read = reading.run(&mut consumer, &mut stop).await;
        let may_commit = read.as_ref().err().is_none_or(|error| error.is::<OutputClosed>());
        let left = self.leave(consumer, may_commit).await;
        read.and(left)
    }

    /// Commits and leaves the group: a member that just vanishes keeps its partitions from the others until its session
    /// times out.
    async fn leave(&self, consumer: Consumer, may_commit: bool) -> anyhow::Result<()> {
        let leave = async {
            let committed = if may_commit && self.group.is_some() { commit_all(&consumer).await } else { Ok(()) };
            let closed = consumer.close().await;
            committed?;
            Ok(closed?)
        };
        let left = tokio::time::timeout(LEAVE_TIMEOUT, leave).await;
        left.unwrap_or_else(|_| {
            bail!("no answer to the commit within {} s: the last records will be read again", LEAVE_TIMEOUT.as_secs())
        })
    }

    async fn consumer(&self, connection: &Connection) -> anyhow::Result<Consumer> {
        let mut config = connection.settings.consumer.clone();
        config.group_id = self.group.clone();
        if let Some(max) = self.max.and_then(|max| usize::try_from(max).ok()) {
            config.max_poll_records = config.max_poll_records.min(max.max(1));
        }
        if let Some(reset) = self.reset(connection)? {
            config.auto_offset_reset = reset;
        }
        let builder = connection.client.consumer_from(config);
        let builder = match &self.group {
            Some(_) => builder.subscribe([self.topic.as_str()]),
            None => builder.assign(self.partitions(connection).await?),
        };
        builder.build().await.map_err(usage)
    }

    /// Where to begin in a partition without a committed offset.
    fn reset(&self, connection: &Connection) -> anyhow::Result<Option<OffsetReset>> {
        match (self.from, &self.group) {
            (Some(OffsetSpec::Beginning), _) => Ok(Some(OffsetReset::Earliest)),
            (Some(OffsetSpec::End), _) => Ok(Some(OffsetReset::Latest)),
            (Some(_), Some(group)) => Err(usage(format!(
                "a group begins where it has committed: move it with `ottla group reset-offsets {group}`, or leave --group out"
            ))),
            (None, _) if connection.is_set("auto.offset.reset") => Ok(None),
            _ => Ok(Some(OffsetReset::Earliest)),
        }
    }

    async fn partitions(&self, connection: &Connection) -> anyhow::Result<Vec<TopicPartition>> {
        partitions(&connection.client, &self.topic, &self.partition).await
    }
}

/// Commits the position in every partition, also in those that had no records: that is where the group goes on.
async fn commit_all(consumer: &Consumer) -> anyhow::Result<()> {
    let positions = consumer.assignment().into_iter().filter_map(|partition| {
        let position = consumer.position(&partition)?;
        Some((partition, OffsetAndMetadata::new(position)))
    });
    let positions: Vec<_> = positions.collect();
    if positions.is_empty() { Ok(()) } else { Ok(consumer.commit_offsets(positions).await?) }
}

/// Counts records as not read: nobody knows how many of them were seen.
fn put_back(records: &Records, consumer: &Consumer) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    for record in records {
        if seen.insert(record.topic_partition()) {
            consumer.seek(record.topic_partition(), SeekTo::Offset(record.offset()))?;
        }
    }
    Ok(())
}

/// What is to be read, and how far it is.
struct Reading {
    printer: Printer,
    left: Option<u64>,
    /// Where to stop; empty if it goes on for ever.
    ends: Option<HashMap<TopicPartition, i64>>,
    progress: Progress,
}

impl Reading {
    async fn begin(arguments: &ConsumeArgs, connection: &Connection, consumer: &Consumer) -> anyhow::Result<Self> {
        let needs_edges = arguments.exit_at_end || matches!(arguments.from, Some(OffsetSpec::BeforeEnd(_)));
        let partitions = arguments.partitions(connection).await?;
        let (mut beginnings, mut ends) = (HashMap::new(), HashMap::new());
        if needs_edges {
            beginnings = consumer.beginning_offsets(partitions.clone()).await?;
            ends = consumer.end_offsets(partitions.clone()).await?;
        }
        let edge = |edges: &HashMap<_, i64>, partition| edges.get(partition).copied().unwrap_or(0);
        if let (Some(from), None) = (arguments.from, &arguments.group) {
            for partition in &partitions {
                consumer.seek(partition, from.seek_to(edge(&beginnings, partition), edge(&ends, partition)))?;
            }
        }
        let total: i64 = ends.iter().map(|(partition, end)| end - edge(&beginnings, partition)).sum();
        let quiet = std::io::stdout().is_terminal() || !arguments.exit_at_end || total < 100_000;
        let total = u64::try_from(total).unwrap_or(0);
        Ok(Self {
            printer: Printer::new(arguments.format.clone()),
            left: arguments.max,
            ends: arguments.exit_at_end.then_some(ends),
            progress: if quiet { Progress::hidden() } else { Progress::records(total) },
        })
    }

    async fn run(&mut self, consumer: &mut Consumer, stop: &mut StopSignal) -> anyhow::Result<()> {
        let mut patience = Patience::new();
        while !self.is_done(consumer) {
            patience.look(|| consumer.explain().into_iter().filter(keeps_from_reading).collect());
            let records = tokio::select! {
                records = consumer.poll(END_CHECK) => records?,
                () = stop.received() => break,
            };
            let printed = self.print(&records, consumer);
            if printed.is_err() {
                put_back(&records, consumer)?;
            }
            printed?;
        }
        Ok(())
    }

    fn print(&mut self, records: &Records, consumer: &Consumer) -> anyhow::Result<()> {
        self.printer.prepare(records);
        let mut printed = 0;
        let mut ended: HashSet<&TopicPartition> = HashSet::new();
        for record in records {
            let partition = record.topic_partition();
            if ended.contains(partition) {
                continue;
            }
            let end = self.ends.as_ref().and_then(|ends| ends.get(partition));
            if self.left == Some(0) || end.is_some_and(|end| record.offset() >= *end) {
                // What is not printed is not read: a group goes on there.
                consumer.seek(partition, SeekTo::Offset(record.offset()))?;
                ended.insert(partition);
                continue;
            }
            self.printer.record(&record)?;
            self.left = self.left.map(|left| left - 1);
            printed += 1;
        }
        self.progress.add(printed);
        self.printer.flush()
    }

    fn is_done(&self, consumer: &Consumer) -> bool {
        if self.left == Some(0) {
            return true;
        }
        let Some(ends) = &self.ends else { return false };
        let assignment = consumer.assignment();
        let at_end = |partition| {
            let end = ends.get(partition).copied().unwrap_or(0);
            consumer.position(partition).is_some_and(|position| position >= end)
        };
        !assignment.is_empty() && assignment.iter().all(at_end)
    }
}
