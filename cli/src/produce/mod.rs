//! `ottla produce`: lines into a topic.

mod input;
mod tally;

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use clap::{Args, ValueHint};
use ottla::producer::{Delivery, Header, Producer, Record, SendError};

use self::{
    input::{Input, key_and_value, lines},
    tally::Tally,
};
use crate::{
    connection::{ConnectionArgs, assignment},
    exit::usage,
    output::FormatArgs,
    patience,
    stop::StopSignal,
};

/// Write lines into a topic, a record per line
///
/// Records are sent as the lines come in. A line ends in LF or CR LF, and need not be text. SIGINT ends the input; what was
/// sent by then is delivered. A line whose record cannot be delivered is told by its number, and does not hold up the others.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  echo hello | ottla produce greetings
  ottla produce orders --file orders.txt --key-separator : --compression zstd
  ottla produce orders --partition 3 --header source=shell --header attempt=1
  echo 'ann:' | ottla produce customers --key-separator : --empty-as-null
  tail -F access.log | ottla produce access --acks 1

JSON: {topic, records, bytes, seconds, failed, possibly_written}")]
pub(crate) struct ProduceArgs {
    /// The topic; it is created if the cluster does that
    topic: String,
    /// Read this file in place of standard input
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The text between key and value: what stands before its first occurrence is the key. A line without it has no key
    #[arg(long, short = 'K', value_name = "TEXT")]
    key_separator: Option<String>,
    /// Write an empty value as null, which deletes its key from a compacted topic
    #[arg(long, short = 'Z')]
    empty_as_null: bool,
    /// Write into this partition; otherwise the key decides
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// A header of every record. May be given more than once
    #[arg(long, short = 'H', value_name = "NAME=VALUE", value_parser = assignment)]
    header: Vec<(String, String)>,
    /// Compress batches: none, gzip, snappy, lz4 or zstd [default: `compression.type` of the properties, or none]
    #[arg(long, short = 'z', value_name = "CODEC")]
    compression: Option<String>,
    /// Who must have a record before it counts: all, 1 (the leader) or 0 (nobody) [default: `acks` of the properties, or
    /// all]
    #[arg(long, value_name = "WHO")]
    acks: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Of so many records that are sent, what became of them need not be known yet.
const MAX_UNDER_WAY: usize = 1 << 18;
/// How long the rest may take to be delivered is the producer's `delivery.timeout.ms`; this is for what comes after.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

impl ProduceArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.key_separator.as_deref() == Some("") {
            return Err(usage("--key-separator must not be empty"));
        }
        let options = [("compression.type", self.compression.as_deref()), ("acks", self.acks.as_deref())];
        let connection = self.connection.open_to_produce(&options).await?;
        let producer = connection.client.producer().config(connection.settings.producer).build().map_err(usage)?;
        let mut stop = StopSignal::new()?;
        let mut input = Input::open(self.file.as_deref())?;
        let mut work = Work::new(&self, &producer);
        let send = async {
            let sent = work.send_all(&mut input, &mut stop).await;
            drop(input);
            // What was taken is delivered, also if the rest cannot be.
            work.finish().await;
            sent
        };
        let sent = patience::watch(send, || producer.explain()).await;
        let reported = work.tally.report(&self.topic, self.format.format);
        producer.close(CLOSE_TIMEOUT).await;
        sent.and(reported)
    }
}

/// A record under way.
struct Sent {
    line: u64,
    bytes: usize,
    delivery: Delivery,
}

struct Work<'a> {
    arguments: &'a ProduceArgs,
    headers: Vec<Header<'a>>,
    producer: &'a Producer,
    line: u64,
    under_way: VecDeque<Sent>,
    tally: Tally,
}

impl<'a> Work<'a> {
    fn new(arguments: &'a ProduceArgs, producer: &'a Producer) -> Self {
        let headers = arguments.header.iter().map(|(name, value)| (name.as_str(), Some(value.as_bytes())));
        let (headers, under_way) = (headers.collect(), VecDeque::new());
        Self { arguments, headers, producer, line: 0, under_way, tally: Tally::new() }
    }

    async fn send_all(&mut self, input: &mut Input, stop: &mut StopSignal) -> anyhow::Result<()> {
        loop {
            let block = tokio::select! {
                block = input.next() => block?,
                // Failures are told while the input has nothing new to say.
                () = self.settle(), if !self.under_way.is_empty() => continue,
                () = stop.received() => None,
            };
            let Some(block) = block else { return Ok(()) };
            for line in lines(&block) {
                self.line += 1;
                tokio::select! {
                    biased;
                    sent = self.send(line) => sent.with_context(|| format!("line {}", self.line))?,
                    () = stop.received() => bail!("ended before line {} was sent", self.line),
                }
            }
        }
    }

    /// Sends the record of a line. One that is too large fails alone, all else would befall the next as well. Cancel safe:
    /// the record may not be sent, then.
    async fn send(&mut self, line: &[u8]) -> Result<(), SendError> {
        let separator = self.arguments.key_separator.as_deref().map(str::as_bytes);
        let (key, value) = key_and_value(line, separator);
        let mut record = Record::to(&self.arguments.topic).headers(&self.headers);
        if let Some(key) = key {
            record = record.key(key);
        }
        if !(self.arguments.empty_as_null && value.is_empty()) {
            record = record.value(value);
        }
        if let Some(partition) = self.arguments.partition {
            record = record.partition(partition);
        }
        match self.producer.send(record).await {
            Ok(delivery) => {
                let bytes = key.map_or(0, <[u8]>::len) + value.len();
                self.under_way.push_back(Sent { line: self.line, bytes, delivery });
            }
            Err(error @ SendError::RecordTooLarge { .. }) => self.tally.failed(self.line, &error),
            Err(error) => return Err(error),
        }
        if self.under_way.len() > MAX_UNDER_WAY {
            self.settle().await;
        }
        Ok(())
    }

    /// Waits until it is known what became of the oldest record, and counts all that it is known of. Cancel safe.
    async fn settle(&mut self) {
        let Some(oldest) = self.under_way.front_mut() else { return };
        let mut result = Some((&mut oldest.delivery).await);
        while let Some(known) = result {
            let Some(Sent { line, bytes, .. }) = self.under_way.pop_front() else { return };
            match known {
                Ok(_) => self.tally.delivered(bytes),
                Err(error) => self.tally.not_delivered(line, &error),
            }
            result = self.under_way.front_mut().and_then(|next| next.delivery.try_result());
        }
    }

    /// Waits for every record to have an end.
    async fn finish(&mut self) {
        self.producer.flush().await;
        while !self.under_way.is_empty() {
            self.settle().await;
        }
    }
}
