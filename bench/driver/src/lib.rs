//! What the benchmark's client programs share: their arguments, the meter, and the line that they print.
//!
//! A program has one [`Client`] and one job per run. It prints one line of JSON, and what goes wrong on standard error.

mod histogram;
mod meter;
mod pace;
mod records;
mod task;

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::Parser;

pub use stats_alloc::{INSTRUMENTED_SYSTEM as COUNTING, StatsAlloc};

pub use self::histogram::Histogram;
pub use self::meter::{Meter, Report};
pub use self::pace::{LatencyMeter, Pace, Stamp};
pub use self::records::Source;
pub use self::task::{Acks, Compression, ConsumeTask, Errand, LatencyTask, ProduceTask, TopicArguments};

use self::task::Arguments;

/// A client library, and how it does each job. An error is for people.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Its name in results.
    pub name: &'static str,
    /// Writes records.
    pub produce: fn(&ProduceTask, &Output) -> anyhow::Result<()>,
    /// Reads records.
    pub consume: fn(&ConsumeTask, &Output) -> anyhow::Result<()>,
    /// Writes records and reads them back.
    pub latency: fn(&LatencyTask, &Output) -> anyhow::Result<()>,
}

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    client: &'static str,
    counts: bool,
    hold: bool,
}

impl Output {
    /// Prints the line of results. If the program was asked to, it stays here until standard input ends, with the
    /// client as it is: the kernel's counters of its sockets are there while these are open.
    pub fn report(&self, report: &Report) {
        let mut stdout = std::io::stdout();
        // Nobody reads results that cannot be written.
        let _ = writeln!(stdout, "{}", report.line(self.client, self.counts)).and_then(|()| stdout.flush());
        if self.hold {
            // What cannot be read has ended.
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
        }
    }
}

/// Does what the arguments say.
pub fn main(client: &Client) -> ExitCode {
    run(client, false)
}

/// The same, in a program whose allocator is [`COUNTING`].
pub fn main_counted(client: &Client) -> ExitCode {
    run(client, true)
}

fn run(client: &Client, counts: bool) -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output { client: client.name, counts, hold: arguments.hold };
    let done = match &arguments.errand {
        Errand::Produce(task) => (client.produce)(task, &output),
        Errand::Consume(task) => (client.consume)(task, &output),
        Errand::Latency(task) => (client.latency)(task, &output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-{}: {error:#}", client.name);
            ExitCode::FAILURE
        }
    }
}

/// Tells that a consumer of new records has found the end of its partitions.
pub fn announce_tail() {
    println!("{}", serde_json::json!({"at_end": true}));
}
