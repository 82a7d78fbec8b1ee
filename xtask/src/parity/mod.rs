//! Our schemas against Kafka's own definitions, fact by fact.

mod absent;
mod compare;
mod plant;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use ottla_protocol::messages::{self, MessageType};

use self::compare::differences;
use crate::definition::{Library, MessageDefinition};
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};

/// Against what to compare.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask parity
  cargo xtask parity --absent         also list the messages that we do without, and why
  cargo xtask parity --self-test      change every fact of every definition once; each must be found
  cargo xtask parity --version 4.2.0  what another version has different")]
pub(crate) struct ParityArguments {
    /// Which Kafka
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
    /// List the messages that we do without, and why
    #[arg(long)]
    absent: bool,
    /// Plant differences instead, and fail unless every one is found
    #[arg(long)]
    self_test: bool,
}

impl ParityArguments {
    /// A comparison with the default version.
    pub(crate) fn new() -> Self {
        Self { version: DEFAULT_VERSION.to_owned(), absent: false, self_test: false }
    }

    /// The same with planted differences.
    pub(crate) fn with_plants() -> Self {
        Self { self_test: true, ..Self::new() }
    }

    /// Compares, and prints every difference.
    ///
    /// # Errors
    /// Kafka cannot be installed or its definitions cannot be read.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let library = Library::load(&KafkaInstall::ensure(&self.version)?)?;
        let findings = if self.self_test { self_test(&library) } else { parity(&library) };
        if self.absent {
            print_absent(&library);
        }
        Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Compares everything, and counts what is wrong.
fn parity(library: &Library) -> usize {
    let mut findings: Vec<String> = Vec::new();
    let mut equal = 0;
    for kafkas in library.living() {
        match (MessageType::named(&kafkas.name), absent::reason(&kafkas.name)) {
            (Some(ours), None) => {
                let found = differences(&ours.schema, kafkas);
                equal += usize::from(found.is_empty());
                findings.extend(found.iter().map(ToString::to_string));
            }
            (Some(_), Some(_)) => findings.push(format!("{} is listed as absent, and is here", kafkas.name)),
            (None, Some(_)) => {}
            (None, None) => findings.push(format!("{} is missing, and not listed as absent", kafkas.name)),
        }
    }
    let unknown = messages::ALL.iter().filter(|ours| library.get(ours.schema.name).is_none());
    findings.extend(unknown.map(|ours| format!("{} is unknown to Kafka", ours.schema.name)));
    findings.iter().for_each(|finding| println!("{finding}"));
    let without = library.living().filter(|message| absent::reason(&message.name).is_some()).count();
    println!(
        "{equal} of {} messages, {} differences ({without} of Kafka's are absent for a reason, {} have no version left)",
        messages::ALL.len(),
        findings.len(),
        library.removed()
    );
    findings.len()
}

/// Changes one fact at a time, and counts the changes that nobody notices.
fn self_test(library: &Library) -> usize {
    let (mut planted, mut missed) = (0, 0);
    for ours in messages::ALL {
        let Some(kafkas) = library.get(ours.schema.name) else { continue };
        let before = differences(&ours.schema, kafkas);
        for variant in plant::variants(kafkas) {
            planted += 1;
            if differences(&ours.schema, &variant) == before {
                missed += 1;
                println!("{}: a planted difference was not found", variant.name);
            }
        }
    }
    println!("{planted} planted differences, {missed} not found");
    // A test without plants has shown nothing.
    if planted == 0 { 1 } else { missed }
}

fn print_absent(library: &Library) {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let absent = |message: &MessageDefinition| absent::reason(&message.name);
    for message in library.living() {
        if let Some(reason) = absent(message) {
            by_reason.entry(reason).or_default().push(&message.name);
        }
    }
    for (reason, names) in by_reason {
        println!("\nabsent, because {reason}:");
        names.iter().for_each(|name| println!("  {name}"));
    }
}
