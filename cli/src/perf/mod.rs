//! `ottla perf`: how fast a cluster takes and gives records.

mod consume;
mod histogram;
mod latency;
mod meter;
mod pace;
mod produce;

use clap::{Args, Subcommand};

/// Measure how fast a cluster is
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla perf produce load --records 1000000 --size 100
  ottla perf produce load --rate 5000 --set linger.ms=0 --set compression.type=lz4
  ottla perf consume load --records 1000000
  ottla perf latency load --records 10000")]
pub(crate) struct PerfArgs {
    #[command(subcommand)]
    command: PerfCommand,
}

#[derive(Debug, Subcommand)]
enum PerfCommand {
    Produce(produce::ProduceArgs),
    Consume(consume::ConsumeArgs),
    Latency(latency::LatencyArgs),
}

impl PerfArgs {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.command {
            PerfCommand::Produce(arguments) => arguments.run().await,
            PerfCommand::Consume(arguments) => arguments.run().await,
            PerfCommand::Latency(arguments) => arguments.run().await,
        }
    }
}

/// Values that a codec can make smaller to about a half: hexadecimal digits from a small generator.
fn values(size: usize, count: usize) -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut digit = || {
        // xorshift: the same values in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"0123456789abcdef".get((state >> 60) as usize).copied().unwrap_or_default()
    };
    (0..count).map(|_| (0..size).map(|_| digit()).collect()).collect()
}
