//! `ottla perf consume`.

use std::time::Duration;

use clap::Args;
use ottla::{
    TopicPartition,
    consumer::{Consumer, SeekTo},
};

use super::meter::Meter;
use crate::{connection::ConnectionArgs, exit::usage, output::FormatArgs, progress::Progress, stop::StopSignal};

/// Read records as fast as the cluster gives them
///
/// Reads every partition from the beginning, without a group, until there are that many records or no more.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla perf consume load
  ottla perf consume load --records 5000000 --set fetch.max.bytes=104857600
  ottla perf consume load --format json

JSON:
  {records, bytes, seconds, records_per_second, megabytes_per_second, cpu_seconds,
   cpu_nanoseconds_per_record}")]
pub(super) struct ConsumeArgs {
    /// The topic
    topic: String,
    /// How many records at most
    #[arg(long, short = 'n', value_name = "N")]
    records: Option<u64>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Records that are taken at once, unless `max.poll.records` is set.
const MAX_AT_ONCE: usize = 10_000;

impl ConsumeArgs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let connection = self.connection.open().await?;
        let mut stop = StopSignal::new()?;
        let count = connection.client.topic(&self.topic).await?.partition_count();
        let partitions: Vec<_> = (0..count).map(|index| TopicPartition::new(self.topic.as_str(), index)).collect();
        let mut config = connection.settings.consumer.clone();
        config.group_id = None;
        if !connection.is_set("max.poll.records") {
            config.max_poll_records = MAX_AT_ONCE;
        }
        let at_once = self.records.and_then(|records| usize::try_from(records).ok()).unwrap_or(usize::MAX);
        config.max_poll_records = config.max_poll_records.min(at_once.max(1));
        let mut consumer = connection.client.consumer_from(config).build().await.map_err(usage)?;
        let beginnings = consumer.beginning_offsets(partitions.clone()).await?;
        let ends = consumer.end_offsets(partitions.clone()).await?;
        let there: i64 =
            ends.iter().map(|(partition, end)| end - beginnings.get(partition).copied().unwrap_or(0)).sum();
        let goal = self.records.unwrap_or(u64::MAX).min(u64::try_from(there).unwrap_or(0));
        consumer.assign(partitions.clone());
        for partition in &partitions {
            consumer.seek(partition, SeekTo::Beginning)?;
        }
        let progress = Progress::records(goal);
        let meter = Meter::start();
        let read = Read::until(&mut consumer, goal, &progress, &mut stop, |consumer| {
            // Fewer records than offsets are there if some were compacted away.
            partitions.iter().all(|p| consumer.position(p).zip(ends.get(p)).is_some_and(|(at, end)| at >= *end))
        });
        let read = read.await?;
        let measurement = meter.stop(read.records, read.bytes);
        drop(progress);
        measurement.print(self.format.format)
    }
}

#[derive(Debug, Default)]
struct Read {
    records: u64,
    bytes: u64,
}

impl Read {
    async fn until(
        consumer: &mut Consumer,
        goal: u64,
        progress: &Progress,
        stop: &mut StopSignal,
        is_at_end: impl Fn(&Consumer) -> bool,
    ) -> anyhow::Result<Self> {
        let mut read = Self::default();
        while read.records < goal && !is_at_end(consumer) {
            let records = tokio::select! {
                records = consumer.poll(Duration::from_millis(100)) => records?,
                () = stop.received() => break,
            };
            // The last poll may bring more than are wanted.
            let wanted = usize::try_from(goal - read.records).unwrap_or(usize::MAX).min(records.len());
            for record in records.iter().take(wanted) {
                read.bytes += (record.key().map_or(0, <[u8]>::len) + record.value().map_or(0, <[u8]>::len)) as u64;
            }
            read.records += wanted as u64;
            progress.add(wanted as u64);
        }
        Ok(read)
    }
}
