//! `ottla perf produce`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::Context;
use clap::Args;
use ottla::producer::{Deliveries, Producer, Record};
use tokio::task::JoinSet;

use super::{histogram::Histogram, meter::Meter, pace::Pace, values};
use crate::{connection::ConnectionArgs, exit::usage, output::FormatArgs, progress::Progress, stop::StopSignal};

/// Write records as fast as the cluster takes them, or at a given rate
///
/// The latency is from `send` until the record is acknowledged. Without --rate it is how long the queue is.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla perf produce load
  ottla perf produce load --records 5000000 --size 1000 --set compression.type=zstd
  ottla perf produce load --rate 2000 --records 20000 --set linger.ms=0
  ottla perf produce load --set acks=1 --set batch.size=262144 --format json

JSON:
  {records, bytes, seconds, records_per_second, megabytes_per_second, cpu_seconds,
   cpu_nanoseconds_per_record, latency_ms: {p50, p95, p99, p99.9, max, mean, samples},
   requests, batches, retries}")]
pub(super) struct ProduceArgs {
    /// The topic; it is created if the cluster does that
    topic: String,
    /// How many records
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1_000_000)]
    records: u64,
    /// Bytes of each value
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    size: u32,
    /// Records a second; without it, as many as can be
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rate: Option<u64>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Records that are sent by one call.
const CHUNK: u64 = 500;
/// Of so many chunks the deliveries are kept before the oldest is waited for.
const MAX_CHUNKS: usize = 4000;

impl ProduceArgs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let connection = self.connection.open_to_produce(&[]).await?;
        let mut stop = StopSignal::new()?;
        let producer = connection.client.producer().config(connection.settings.producer).build().map_err(usage)?;
        // Connections and metadata are not what is measured.
        connection.client.topic(&self.topic).await?;
        let progress = Progress::records(self.records);
        let mut run = Run::new(&self, &producer);
        let meter = Meter::start();
        tokio::select! {
            sent = run.send_all(&progress) => sent?,
            () = stop.received() => {}
        }
        producer.flush().await;
        run.settle().await;
        let mut measurement = meter.stop(run.delivered(), run.delivered() * u64::from(self.size));
        drop(progress);
        let metrics = producer.metrics();
        measurement.notes =
            vec![("requests", metrics.requests), ("batches", metrics.batches), ("retries", metrics.retries)];
        measurement.latency = Some(("latency", run.histogram()));
        measurement.print(self.format.format)?;
        run.check()
    }
}

struct Run<'a> {
    arguments: &'a ProduceArgs,
    producer: &'a Producer,
    values: Vec<Vec<u8>>,
    pace: Pace,
    under_way: VecDeque<Deliveries>,
    samples: JoinSet<bool>,
    latency: Arc<Mutex<Histogram>>,
    sent: u64,
    failed: u64,
    first_failure: Option<String>,
}

impl<'a> Run<'a> {
    fn new(arguments: &'a ProduceArgs, producer: &'a Producer) -> Self {
        Self {
            arguments,
            producer,
            values: values(arguments.size as usize, 64),
            pace: Pace::start(arguments.rate),
            under_way: VecDeque::new(),
            samples: JoinSet::new(),
            latency: Arc::new(Mutex::new(Histogram::new())),
            sent: 0,
            failed: 0,
            first_failure: None,
        }
    }

    async fn send_all(&mut self, progress: &Progress) -> anyhow::Result<()> {
        while self.sent < self.arguments.records {
            self.pace.wait(self.sent).await;
            let chunk = self.chunk();
            // One record of each chunk is timed: a task for each record would be most of what is measured.
            self.send_timed().await?;
            let (producer, topic, values) = (self.producer, &self.arguments.topic, &self.values);
            let values = values.iter().cycle().take(usize::try_from(chunk - 1).unwrap_or(usize::MAX));
            let records: Vec<_> = values.map(|value| Record::to(topic).value(value)).collect();
            let deliveries = producer.send_many(&records).await?;
            self.sent += deliveries.len();
            self.under_way.push_back(deliveries);
            progress.add(chunk);
            if self.under_way.len() > MAX_CHUNKS {
                self.settle_oldest().await;
            }
        }
        Ok(())
    }

    /// How many records are due now.
    fn chunk(&self) -> u64 {
        let left = self.arguments.records - self.sent;
        let per_chunk = self.arguments.rate.map_or(CHUNK, |rate| (rate / 1000).clamp(1, CHUNK));
        per_chunk.min(left)
    }

    async fn send_timed(&mut self) -> anyhow::Result<()> {
        let Some(value) = self.values.first() else { return Ok(()) };
        let started = Instant::now();
        let delivery = self.producer.send(Record::to(&self.arguments.topic).value(value)).await?;
        self.sent += 1;
        let latency = self.latency.clone();
        self.samples.spawn(async move {
            let delivered = delivery.await.is_ok();
            latency.lock().unwrap_or_else(PoisonError::into_inner).add(started.elapsed());
            delivered
        });
        while let Some(sample) = self.samples.try_join_next() {
            self.failed += u64::from(!sample.unwrap_or(false));
        }
        Ok(())
    }

    async fn settle_oldest(&mut self) {
        let Some(deliveries) = self.under_way.pop_front() else { return };
        let errors = deliveries.wait().await;
        self.failed += errors.len() as u64;
        if let (None, Some(error)) = (&self.first_failure, errors.first()) {
            self.first_failure = Some(error.kind().to_string());
        }
    }

    async fn settle(&mut self) {
        while !self.under_way.is_empty() {
            self.settle_oldest().await;
        }
        while let Some(sample) = self.samples.join_next().await {
            self.failed += u64::from(!sample.unwrap_or(false));
        }
    }

    fn delivered(&self) -> u64 {
        self.sent - self.failed
    }

    fn histogram(&self) -> Histogram {
        self.latency.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(self) -> anyhow::Result<()> {
        match (self.failed, self.first_failure) {
            (0, _) => Ok(()),
            (failed, reason) => Err(anyhow::anyhow!(reason.unwrap_or_default()))
                .with_context(|| format!("{failed} of {} records not delivered", self.sent)),
        }
    }
}
