//! `ottla produce`: lines into a topic.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, IsTerminal, Read},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::{Args, ValueHint};
use ottla::producer::{Deliveries, DeliveryError, Header, Producer, Record};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{
    connection::{ConnectionArgs, assignment},
    exit::usage,
    output::{self, Format, FormatArgs, Paint},
    progress::Progress,
    stop::StopSignal,
};

/// Write lines into a topic, a record per line
///
/// Records are sent as the lines come in. A line ends in LF or CR LF, and need not be text. SIGINT ends the input; what was
/// read is delivered.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  echo hello | ottla produce greetings
  ottla produce orders --file orders.txt --key-separator : --compression zstd
  ottla produce orders --partition 3 --header source=shell --header attempt=1
  tail -F access.log | ottla produce access --acks 1")]
pub(crate) struct ProduceArgs {
    /// The topic
    topic: String,
    /// Read this file in place of standard input
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The text between key and value: what stands before its first occurrence is the key. A line without it has no key
    #[arg(long, short = 'K', value_name = "TEXT")]
    key_separator: Option<String>,
    /// Write into this partition; otherwise the key decides
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// A header of every record. May be given more than once
    #[arg(long, short = 'H', value_name = "NAME=VALUE", value_parser = assignment)]
    header: Vec<(String, String)>,
    /// Compress batches: none, gzip, snappy, lz4 or zstd
    #[arg(long, short = 'z', value_name = "CODEC")]
    compression: Option<String>,
    /// Who must have a record before it counts: all, 1 (the leader) or 0 (nobody)
    #[arg(long, value_name = "WHO")]
    acks: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// So many blocks of input may wait to be sent.
const BLOCKS_AHEAD: usize = 8;
/// A line may be as long as the largest request.
const MAX_LINE_BYTES: usize = 1 << 30;
/// So many failed records are told one by one.
const MAX_TOLD: u64 = 5;
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
        let (input, progress) = self.input()?;
        let mut stop = StopSignal::new()?;
        let (blocks, mut queue) = mpsc::channel(BLOCKS_AHEAD);
        // Reading blocks, and cannot be interrupted on a terminal or pipe.
        std::thread::spawn(move || read_blocks(input, &blocks));

        let mut work = Work { arguments: &self, producer: &producer, tally: Tally::new(), under_way: VecDeque::new() };
        loop {
            let block = tokio::select! {
                block = queue.recv() => block,
                () = stop.received() => None,
            };
            let Some(block) = block else { break };
            let block = block.context("cannot read the input")?;
            work.send(&block).await?;
            progress.add(block.len() as u64);
        }
        work.finish().await;
        let tally = work.tally;
        drop(progress);
        producer.close(CLOSE_TIMEOUT).await;
        tally.report(&self.topic, self.format.format)
    }

    fn input(&self) -> anyhow::Result<(Box<dyn Read + Send>, Progress)> {
        let Some(path) = &self.file else {
            if io::stdin().is_terminal() && io::stderr().is_terminal() {
                eprintln!("{}", Paint::Dim.on(&io::stderr(), "a record per line; Ctrl-D ends"));
            }
            return Ok((Box::new(io::stdin()), Progress::hidden()));
        };
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
        Ok((Box::new(file), length.map_or_else(Progress::hidden, Progress::bytes)))
    }
}

/// Sends whole lines on, as many at once as are there.
fn read_blocks(mut input: impl Read, blocks: &mpsc::Sender<io::Result<Vec<u8>>>) {
    let mut block = Vec::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return drop(blocks.blocking_send(Err(error))),
        };
        let (fresh, _) = buffer.split_at(read);
        match fresh.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                let (lines, rest) = fresh.split_at(end + 1);
                block.extend_from_slice(lines);
                let whole = std::mem::replace(&mut block, rest.to_vec());
                if blocks.blocking_send(Ok(whole)).is_err() {
                    return;
                }
            }
            None => block.extend_from_slice(fresh),
        }
        if block.len() > MAX_LINE_BYTES {
            return drop(blocks.blocking_send(Err(io::Error::other("a line of more than 1 GiB"))));
        }
    }
    if !block.is_empty() {
        // Nobody waits for it after an interruption.
        let _ = blocks.blocking_send(Ok(block));
    }
}

/// The lines of a block, without their ends.
fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let block = block.strip_suffix(b"\n").unwrap_or(block);
    block.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// What stands before the first separator and what stands after it.
fn key_and_value<'a>(line: &'a [u8], separator: Option<&[u8]>) -> (Option<&'a [u8]>, &'a [u8]) {
    let found = separator.and_then(|separator| {
        let at = line.windows(separator.len()).position(|window| window == separator)?;
        Some((line.get(..at)?, line.get(at + separator.len()..)?))
    });
    found.map_or((None, line), |(key, value)| (Some(key), value))
}

struct Work<'a> {
    arguments: &'a ProduceArgs,
    producer: &'a Producer,
    tally: Tally,
    under_way: VecDeque<Deliveries>,
}

impl Work<'_> {
    /// Sends the lines of a block.
    async fn send(&mut self, block: &[u8]) -> anyhow::Result<()> {
        /// More blocks than fit into the producer's memory need not be remembered.
        const MAX_UNDER_WAY: usize = 1024;
        let headers: Vec<Header<'_>> =
            self.arguments.header.iter().map(|(name, value)| (name.as_str(), Some(value.as_bytes()))).collect();
        let separator = self.arguments.key_separator.as_deref().map(str::as_bytes);
        let mut bytes = 0;
        let records = lines(block).map(|line| {
            let (key, value) = key_and_value(line, separator);
            bytes += key.map_or(0, <[u8]>::len) + value.len();
            let mut record = Record::to(&self.arguments.topic).value(value).headers(&headers);
            if let Some(key) = key {
                record = record.key(key);
            }
            match self.arguments.partition {
                Some(partition) => record.partition(partition),
                None => record,
            }
        });
        let records: Vec<_> = records.collect();
        let deliveries = self.producer.send_many(&records).await?;
        self.tally.bytes += bytes as u64;
        self.under_way.push_back(deliveries);
        while self.under_way.len() > MAX_UNDER_WAY {
            self.settle_oldest().await;
        }
        Ok(())
    }

    async fn settle_oldest(&mut self) {
        let Some(deliveries) = self.under_way.pop_front() else { return };
        self.tally.records += deliveries.len();
        for error in deliveries.wait().await {
            self.tally.fail(&error);
        }
    }

    /// Waits for every record to have an end.
    async fn finish(&mut self) {
        self.producer.flush().await;
        while !self.under_way.is_empty() {
            self.settle_oldest().await;
        }
    }
}

/// What became of the records.
struct Tally {
    started: Instant,
    records: u64,
    bytes: u64,
    failed: u64,
    maybe_written: u64,
}

impl Tally {
    fn new() -> Self {
        Self { started: Instant::now(), records: 0, bytes: 0, failed: 0, maybe_written: 0 }
    }

    fn fail(&mut self, error: &DeliveryError) {
        self.failed += 1;
        self.maybe_written += u64::from(error.possibly_written());
        if self.failed <= MAX_TOLD {
            eprintln!("{}-{}: {}", error.topic(), error.partition(), error.kind());
        }
    }

    fn report(&self, topic: &str, format: Format) -> anyhow::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let delivered = self.records - self.failed;
        if format == Format::Json {
            output::print_json(&json!({
                "topic": topic, "records": delivered, "bytes": self.bytes, "seconds": seconds,
                "failed": self.failed, "possibly_written": self.maybe_written,
            }))?;
        } else if io::stderr().is_terminal() {
            let (records, bytes) = (output::counted(delivered, "record"), output::bytes(self.bytes));
            eprintln!(
                "{}",
                Paint::Dim.on(&io::stderr(), &format!("{records} ({bytes}) into {topic} in {seconds:.2} s"))
            );
        }
        if self.failed == 0 {
            return Ok(());
        }
        let (failed, all) = (output::grouped(self.failed), output::counted(self.records, "record"));
        let maybe = match self.maybe_written {
            0 => String::new(),
            some => format!("; {} of them may have been written all the same", output::grouped(some)),
        };
        anyhow::bail!("{failed} of {all} were not delivered{maybe}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks_of(input: &[u8]) -> Vec<Vec<u8>> {
        let (sender, mut receiver) = mpsc::channel(64);
        read_blocks(input, &sender);
        drop(sender);
        std::iter::from_fn(|| receiver.blocking_recv()).map(Result::unwrap).collect()
    }

    #[test]
    fn no_line_is_cut_in_two() {
        let line = [b'x'; 1000];
        let mut input = Vec::new();
        for _ in 0..1000 {
            input.extend_from_slice(&line);
            input.push(b'\n');
        }
        input.extend_from_slice(b"last");
        let blocks = blocks_of(&input);
        assert!(blocks.len() > 2);
        assert_eq!(blocks.concat(), input);
        assert!(blocks.iter().rev().skip(1).all(|block| block.ends_with(b"\n")));
    }

    #[test]
    fn line_ends_of_both_kinds_are_left_out_and_empty_lines_are_records() {
        assert_eq!(lines(b"a\r\n\nb").collect::<Vec<_>>(), [b"a".as_slice(), b"", b"b"]);
        assert_eq!(lines(b"a\n").collect::<Vec<_>>(), [b"a"]);
    }

    #[test]
    fn the_first_separator_ends_the_key() {
        let split = |line| key_and_value(line, Some(b"=>"));
        assert_eq!(split(b"k=>v=>w"), (Some(b"k".as_slice()), b"v=>w".as_slice()));
        assert_eq!(split(b"=>v"), (Some(b"".as_slice()), b"v".as_slice()));
        assert_eq!(split(b"v"), (None, b"v".as_slice()));
        assert_eq!(split(b""), (None, b"".as_slice()));
        assert_eq!(key_and_value(b"k=>v", None), (None, b"k=>v".as_slice()));
    }
}
