//! `ottla perf latency`.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use ottla::{
    TopicPartition,
    consumer::{Consumer, SeekTo},
    producer::{Producer, Record},
};

use super::{histogram::Histogram, meter::Meter, pace::Pace, values};
use crate::{connection::ConnectionArgs, exit::usage, output::FormatArgs, progress::Progress, stop::StopSignal};

/// Measure the time from `send` until a consumer has the record
///
/// Writes one record at a time into one partition and waits until it has been read back.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla perf latency load
  ottla perf latency load --records 10000 --size 1000 --set acks=1
  ottla perf latency load --rate 100 --format json

JSON:
  {records, bytes, seconds, records_per_second, megabytes_per_second, cpu_seconds,
   cpu_nanoseconds_per_record, latency_ms: {p50, p95, p99, p99.9, max, mean, samples}}")]
pub(super) struct LatencyArgs {
    /// The topic
    topic: String,
    /// How many records
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1000)]
    records: u64,
    /// Bytes of each value
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    size: u32,
    /// Records a second; without it, the next follows when one is back
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    /// The partition
    #[arg(long, short, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i32).range(0..))]
    partition: i32,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// How long a record may take to come back.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Round trips before those that count: connections are made, the first fetch is under way.
const WARM_UP: u64 = 20;

impl LatencyArgs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let connection = self.connection.open_to_produce(&[]).await?;
        let mut stop = StopSignal::new()?;
        let mut producer_config = connection.settings.producer.clone();
        if !connection.is_set("linger.ms") && !connection.is_set("queue.buffering.max.ms") {
            // A record that travels alone has nobody to wait for.
            producer_config.linger = Duration::ZERO;
        }
        let producer = connection.client.producer().config(producer_config).build().map_err(usage)?;
        let mut consumer_config = connection.settings.consumer.clone();
        consumer_config.group_id = None;
        let partition = TopicPartition::new(self.topic.as_str(), self.partition);
        let builder = connection.client.consumer_from(consumer_config).assign([partition.clone()]);
        let consumer = builder.build().await.map_err(usage)?;
        let end = consumer.end_offsets([partition.clone()]).await?.get(&partition).copied().unwrap_or(0);
        consumer.seek(&partition, SeekTo::Offset(end))?;

        let mut trip =
            RoundTrip { arguments: &self, producer, consumer, value: values(self.size as usize, 1).concat() };
        for _ in 0..WARM_UP {
            trip.once().await?;
        }
        let progress = Progress::records(self.records);
        let (meter, pace, mut latency) = (Meter::start(), Pace::start(self.rate), Histogram::new());
        while latency.count() < self.records {
            let time = tokio::select! {
                time = trip.paced(&pace, latency.count()) => time?,
                () = stop.received() => break,
            };
            latency.add(time);
            progress.add(1);
        }
        let mut measurement = meter.stop(latency.count(), latency.count() * u64::from(self.size));
        drop(progress);
        measurement.latency = Some(("latency", latency));
        measurement.print(self.format.format)
    }
}

struct RoundTrip<'a> {
    arguments: &'a LatencyArgs,
    producer: Producer,
    consumer: Consumer,
    value: Vec<u8>,
}

impl RoundTrip<'_> {
    async fn paced(&mut self, pace: &Pace, index: u64) -> anyhow::Result<Duration> {
        pace.wait(index).await;
        self.once().await
    }

    /// Sends a record and waits until it is read.
    async fn once(&mut self) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let record = Record::to(&self.arguments.topic).partition(self.arguments.partition).value(&self.value);
        let delivery = self.producer.send(record).await?;
        let read = tokio::time::timeout(MAX_WAIT, self.consumer.recv());
        let records = read.await.with_context(|| format!("nothing came back within {} s", MAX_WAIT.as_secs()))??;
        let elapsed = started.elapsed();
        let sent = delivery.await.map_err(|error| anyhow::anyhow!("{}", error.kind()))?;
        let last = records.iter().last().map_or(-1, |record| record.offset());
        ensure!(records.len() == 1 && last == sent.offset, "somebody else writes into {}", self.arguments.topic);
        Ok(elapsed)
    }
}
