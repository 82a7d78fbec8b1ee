//! Random messages, read and written by us and by Kafka's own classes.
//!
//! The bytes come from an encoder that knows only Kafka's definitions. Both sides must read them and write the same
//! bytes again: then each reads what the other writes, and nothing is lost on the way.

mod oracle;
mod value;
mod writer;

use std::process::ExitCode;

use anyhow::{Result, bail};
use bytes::Bytes;
use clap::Args;
use fastrand::Rng;
use ottla_protocol::messages::{self, MessageType};

use self::oracle::{Answers, Questions};
use self::value::{Choice, Generator};
use crate::definition::{Library, MessageDefinition};
use crate::kafka::{DEFAULT_VERSION, KafkaInstall};

const MOST_BYTES_SHOWN: usize = 60;

/// How much to compare.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cargo xtask differential
  cargo xtask differential --only Fetch --values 5000
  cargo xtask differential --seed 41          repeats a run that has found something")]
pub(crate) struct DifferentialArguments {
    /// How many values of each version of each message
    #[arg(long, default_value_t = 200)]
    values: usize,
    /// Where the random values start; a new place every time unless given
    #[arg(long)]
    seed: Option<u64>,
    /// Only messages whose name has this in it
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Which Kafka
    #[arg(long, default_value = DEFAULT_VERSION)]
    version: String,
}

/// The values of one message in one version.
struct Pair {
    ours: &'static MessageType,
    version: i16,
    values: Vec<Vec<u8>>,
}

impl DifferentialArguments {
    /// A run of `values` values.
    pub(crate) fn with_values(values: usize) -> Self {
        Self { values, seed: None, only: None, version: DEFAULT_VERSION.to_owned() }
    }

    /// Compares, and prints what differs.
    ///
    /// # Errors
    /// Kafka cannot be installed or its classes cannot run.
    pub(crate) fn execute(self) -> Result<ExitCode> {
        let install = KafkaInstall::ensure(&self.version)?;
        let library = Library::load(&install)?;
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let messages = self.messages();
        let pairs = self.pairs(&messages, &library, seed)?;
        let (Some(_), true) = (pairs.first(), self.values > 0) else { bail!("there is nothing to compare") };
        let mut questions = Questions::new()?;
        for pair in &pairs {
            let Some(definition) = library.get(pair.ours.schema.name) else { continue };
            questions.add(&definition.class(), pair.version, &pair.values)?;
        }
        let mut answers = questions.ask(&install)?;
        let mut differences = 0;
        for pair in &pairs {
            differences += pair.compare(&mut answers)?;
        }
        let values: usize = pairs.iter().map(|pair| pair.values.len()).sum();
        println!(
            "{} messages, {} (message, version) pairs, {values} values, {differences} differences (seed {seed})",
            messages.len(),
            pairs.len(),
        );
        Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn messages(&self) -> Vec<&'static MessageType> {
        let is_wanted = |name: &str| self.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
        messages::ALL.iter().filter(|message| is_wanted(message.schema.name)).collect()
    }

    fn pairs(&self, messages: &[&'static MessageType], library: &Library, seed: u64) -> Result<Vec<Pair>> {
        let mut random = Rng::with_seed(seed);
        let mut pairs = Vec::new();
        for &ours in messages {
            let Some(definition) = library.get(ours.schema.name) else {
                bail!("Kafka {} has no {}", self.version, ours.schema.name);
            };
            for version in ours.schema.versions.iter() {
                pairs.push(Pair { ours, version, values: values(definition, version, self.values, &mut random)? });
            }
        }
        Ok(pairs)
    }
}

impl Pair {
    /// Counts the differences, and prints the shortest.
    fn compare(&self, answers: &mut Answers) -> Result<usize> {
        let mut differences = Vec::new();
        for bytes in &self.values {
            let ours = recode(self.ours, Bytes::copy_from_slice(bytes), self.version);
            for (who, written) in [("we", ours), ("Kafka", answers.next()?)] {
                if written.as_ref() != Ok(bytes) {
                    differences.push((bytes, who, written));
                }
            }
        }
        if let Some((bytes, who, written)) = differences.iter().min_by_key(|(bytes, ..)| bytes.len()) {
            self.print(differences.len(), who, bytes, written);
        }
        Ok(differences.len())
    }

    fn print(&self, count: usize, who: &str, bytes: &[u8], written: &Result<Vec<u8>, String>) {
        let written = written.as_ref().map_or_else(Clone::clone, |bytes| shown(bytes));
        println!("{} version {}: {count} differences", self.ours.schema.name, self.version);
        println!("    of      {}", shown(bytes));
        println!("    {who:5} make {written}");
    }
}

/// All defaults first, then every null, then anything.
fn values(definition: &MessageDefinition, version: i16, count: usize, random: &mut Rng) -> Result<Vec<Vec<u8>>> {
    let choices = [Choice::Defaults, Choice::Nulls].into_iter().chain(std::iter::repeat(Choice::Random));
    let values = choices.take(count).map(|choice| {
        let fields = Generator::new(random, version, choice).fields(&definition.fields);
        writer::write(definition, &fields, version)
    });
    values.collect()
}

fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > MOST_BYTES_SHOWN { "..." } else { "" };
    format!("b\"{}\"{more} ({} bytes)", bytes[..bytes.len().min(MOST_BYTES_SHOWN)].escape_ascii(), bytes.len())
}

/// Reads a message with our own codec and writes it again.
fn recode(message: &MessageType, bytes: Bytes, version: i16) -> Result<Vec<u8>, String> {
    let message = message.decode(bytes, version).map_err(|error| error.to_string())?;
    message.encode(version).map(Vec::from).map_err(|error| error.to_string())
}
