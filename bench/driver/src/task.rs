//! The arguments that every client program takes.

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) errand: Errand,
    /// After the line of results, stay connected until standard input ends
    #[arg(long, global = true)]
    pub(crate) hold: bool,
}

/// One job.
#[derive(Debug, Subcommand)]
pub enum Errand {
    /// Write records and wait until all are acknowledged
    Produce(ProduceTask),
    /// Read records of partitions, without a group
    Consume(ConsumeTask),
    /// Write records at a rate and time each until it has been read
    Latency(LatencyTask),
}

/// Which partitions of which topics.
#[derive(Args, Clone, Debug)]
pub struct TopicArguments {
    /// Servers to begin with, host:port separated by commas
    #[arg(long)]
    pub bootstrap: String,
    /// The topic, which exists. With several topics, what their names begin with
    #[arg(long)]
    pub topic: String,
    /// How many topics: TOPIC-0, TOPIC-1 and so on
    #[arg(long, default_value_t = 1)]
    pub topics: u32,
    /// How many partitions a topic has
    #[arg(long, default_value_t = 1)]
    pub partitions: u32,
}

impl TopicArguments {
    /// The names of all topics.
    pub fn names(&self) -> Vec<String> {
        match self.topics {
            1 => vec![self.topic.clone()],
            several => (0..several).map(|number| format!("{}-{number}", self.topic)).collect(),
        }
    }

    /// All partitions of all topics.
    pub fn partitions(&self) -> Vec<(String, i32)> {
        let indexes = 0..i32::try_from(self.partitions).unwrap_or(i32::MAX);
        self.names().into_iter().flat_map(|name| indexes.clone().map(move |index| (name.clone(), index))).collect()
    }
}

/// How to write.
#[derive(Args, Clone, Debug)]
pub struct ProduceTask {
    #[command(flatten)]
    pub at: TopicArguments,
    /// How many records
    #[arg(long)]
    pub records: u64,
    /// How many before those, acknowledged and not counted
    #[arg(long, default_value_t = 0)]
    pub warm_up: u64,
    /// Bytes of each value
    #[arg(long, default_value_t = 100)]
    pub size: usize,
    /// Give records one of ten thousand keys
    #[arg(long)]
    pub keyed: bool,
    /// Who must have a record
    #[arg(long, value_enum, default_value_t = Acks::All)]
    pub acks: Acks,
    /// Write each record once, whatever is sent again
    #[arg(long)]
    pub idempotent: bool,
    /// The codec
    #[arg(long, value_enum, default_value_t = Compression::None)]
    pub compression: Compression,
    /// batch.size
    #[arg(long, default_value_t = 65536)]
    pub batch_size: usize,
    /// linger.ms
    #[arg(long, default_value_t = 5)]
    pub linger_ms: u64,
    /// No batch is larger, where the program can say so: to get topics ready
    #[arg(long)]
    pub batch_limit: Option<usize>,
    /// Write to this partition alone, where the program can: to get topics ready
    #[arg(long)]
    pub partition: Option<i32>,
}

/// How to read.
#[derive(Args, Clone, Debug)]
pub struct ConsumeTask {
    #[command(flatten)]
    pub at: TopicArguments,
    /// How many records, of all partitions together
    #[arg(long)]
    pub records: u64,
    /// How many to read by a consumer of its own before, not counted
    #[arg(long, default_value_t = 0)]
    pub warm_up: u64,
    /// Begin at the end, and say on standard output when that has been found
    #[arg(long)]
    pub tail: bool,
    /// The most records handed out at once, where the client has such a limit
    #[arg(long, default_value_t = 100_000)]
    pub max_poll_records: u32,
}

/// How to write and read.
#[derive(Args, Clone, Debug)]
pub struct LatencyTask {
    #[command(flatten)]
    pub at: TopicArguments,
    /// Records a second
    #[arg(long)]
    pub rate: u64,
    /// How many records are timed
    #[arg(long)]
    pub records: u64,
    /// How many before those
    #[arg(long, default_value_t = 0)]
    pub warm_up: u64,
    /// Bytes of each value, at least 8
    #[arg(long, default_value_t = 100)]
    pub size: usize,
    /// linger.ms
    #[arg(long, default_value_t = 0)]
    pub linger_ms: u64,
    /// Time records of these partitions alone; without it, of all
    #[arg(long, value_delimiter = ',')]
    pub timed: Vec<i32>,
}

impl LatencyTask {
    /// The partition of record number `index`: one after the other.
    pub fn partition(&self, index: u64) -> i32 {
        i32::try_from(index % u64::from(self.at.partitions.max(1))).unwrap_or(0)
    }
}

/// Who must have a record before it counts as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Acks {
    #[value(name = "0")]
    None,
    #[value(name = "1")]
    Leader,
    All,
}

impl Acks {
    /// The value of the property `acks`.
    pub fn text(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Leader => "1",
            Self::All => "all",
        }
    }
}

/// A codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compression {
    None,
    Lz4,
    Zstd,
}

impl Compression {
    /// The value of the property `compression.type`.
    pub fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}
