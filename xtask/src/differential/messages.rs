//! Random messages, read and written by us and by others.
//!
//! The bytes come from an encoder that knows only Kafka's definitions. All sides must read them and write the same
//! bytes again: then each reads what the others write, and nothing is lost on the way.

use anyhow::{Result, bail};
use bytes::Bytes;
use fastrand::Rng;
use ottla_protocol::messages::{self, MessageType};

use super::Comparison;
use super::oracle::{Answer, Answers, Questions};
use super::peer::Peer;
use super::value::{Choice, Generator, Value};
use super::writer;
use crate::definition::{Library, MessageDefinition};

const MOST_BYTES_SHOWN: usize = 60;

/// A value of a message.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// One value per field of the definition.
    pub(super) fields: Vec<Value>,
    /// What it is on the wire.
    pub(super) bytes: Vec<u8>,
}

/// The values of one message in one version.
struct Pair {
    ours: &'static MessageType,
    definition: MessageDefinition,
    version: i16,
    samples: Vec<Sample>,
}

/// Values of many messages in all their versions.
pub(super) struct Messages {
    pairs: Vec<Pair>,
}

impl Messages {
    /// Draws `count` values for each version of each message whose name has `only` in it.
    ///
    /// # Errors
    /// Kafka does not have one of our messages.
    pub(super) fn draw(library: &Library, only: Option<&str>, count: usize, seed: u64) -> Result<Self> {
        let mut random = Rng::with_seed(seed);
        let mut pairs = Vec::new();
        for ours in messages::ALL.iter().filter(|ours| only.is_none_or(|only| ours.schema.name.contains(only))) {
            let Some(definition) = library.get(ours.schema.name) else { bail!("Kafka has no {}", ours.schema.name) };
            for version in ours.schema.versions.iter() {
                let samples = samples(definition, version, count, &mut random)?;
                pairs.push(Pair { ours, definition: definition.clone(), version, samples });
            }
        }
        Ok(Self { pairs })
    }

    /// Has us and a peer read and write all of them.
    ///
    /// With `plant` one answer for each message and version is falsified, and seeing that is what is counted.
    ///
    /// # Errors
    /// The peer cannot be run.
    pub(super) fn compare(&self, peer: &Peer<'_>, plant: bool) -> Result<Vec<Comparison>> {
        let mut answers = self.ask(peer)?;
        let mut ours = Tally::default();
        let mut theirs = Tally::default();
        let mut unknown = Vec::new();
        let mut excepted = 0;
        for pair in &self.pairs {
            let (known, mut answers) = pair.answers(&mut answers)?;
            if !known {
                unknown.push(pair);
                continue;
            }
            if let (true, Some(first)) = (plant, answers.first_mut()) {
                falsify(first);
            }
            if !plant {
                ours.add(pair, "we", &pair.recoded());
            }
            if peer.exceptions().iter().any(|(name, _)| *name == pair.ours.schema.name) {
                excepted += 1;
            } else {
                theirs.add(pair, peer.name(), &answers);
            }
        }
        print_unknown(peer, &unknown);
        if excepted > 0 {
            let reasons = peer.exceptions().iter().map(|(name, reason)| format!("    {name}: {reason}\n"));
            print!("{} is known to be wrong about {excepted} pairs:\n{}", peer.name(), reasons.collect::<String>());
        }
        if plant {
            return Ok(vec![theirs.noticed(format!("falsified messages of {}", peer.name()))]);
        }
        Ok(vec![ours.into_comparison("we"), theirs.into_comparison(peer.name())])
    }

    fn ask(&self, peer: &Peer<'_>) -> Result<Answers> {
        let mut questions = Questions::new()?;
        for Pair { definition, version, samples, .. } in &self.pairs {
            let messages: Vec<_> = samples.iter().map(|sample| peer.question(definition, *version, sample)).collect();
            questions.add(&peer.name_of(definition), *version, messages.iter().map(Vec::as_slice))?;
        }
        questions.ask(&mut peer.command()?)
    }
}

impl Pair {
    /// The peer's answers, and whether it knows the message in this version.
    fn answers(&self, answers: &mut Answers) -> Result<(bool, Vec<Answer>)> {
        let answers = self.samples.iter().map(|_| answers.next()).collect::<Result<Vec<_>>>()?;
        Ok((!answers.contains(&Answer::Unknown), answers))
    }

    /// What our own codec makes of the values.
    fn recoded(&self) -> Vec<Answer> {
        self.samples.iter().map(|sample| recode(self.ours, &sample.bytes, self.version)).collect()
    }
}

/// What came out the same, and what did not.
#[derive(Debug, Default)]
struct Tally {
    all: usize,
    different: usize,
    /// Messages with their version.
    pairs: usize,
    /// Of those, how many have a difference.
    different_pairs: usize,
}

impl Tally {
    /// Counts the answers for a pair, and prints the shortest value that came out different.
    fn add(&mut self, pair: &Pair, who: &str, answers: &[Answer]) {
        let is_same =
            |sample: &Sample, answer: &Answer| matches!(answer, Answer::Written(bytes) if *bytes == sample.bytes);
        let different: Vec<_> =
            pair.samples.iter().zip(answers).filter(|(sample, answer)| !is_same(sample, answer)).collect();
        self.all += answers.len();
        self.different += different.len();
        self.pairs += 1;
        self.different_pairs += usize::from(!different.is_empty());
        if let Some((sample, answer)) = different.iter().min_by_key(|(sample, _)| sample.bytes.len()) {
            println!("{} version {}: {} differences", pair.ours.schema.name, pair.version, different.len());
            println!("    of {}", shown(&sample.bytes));
            println!("    {who} make {}", shown_answer(answer));
        }
    }

    fn into_comparison(self, who: &str) -> Comparison {
        let what = format!("{} pairs of message and version: {who}", self.pairs);
        Comparison { what, same: self.all - self.different, all: self.all }
    }

    /// The pairs whose falsified answer was noticed; one difference in each is what there should be.
    fn noticed(self, what: String) -> Comparison {
        let exact = self.different == self.different_pairs;
        Comparison { what, same: if exact { self.different_pairs } else { 0 }, all: self.pairs }
    }
}

fn print_unknown(peer: &Peer<'_>, pairs: &[&Pair]) {
    if pairs.is_empty() {
        return;
    }
    let mut names: Vec<(&str, Vec<String>)> = Vec::new();
    for pair in pairs {
        match names.last_mut() {
            Some((name, versions)) if *name == pair.ours.schema.name => versions.push(pair.version.to_string()),
            _ => names.push((pair.ours.schema.name, vec![pair.version.to_string()])),
        }
    }
    println!("{} does not know {} pairs of message and version:", peer.name(), pairs.len());
    for (name, versions) in names {
        println!("    {name} {}", versions.join(" "));
    }
}

/// All defaults first, then every null, then anything.
fn samples(definition: &MessageDefinition, version: i16, count: usize, random: &mut Rng) -> Result<Vec<Sample>> {
    let choices = [Choice::Defaults, Choice::Nulls].into_iter().chain(std::iter::repeat(Choice::Random));
    let samples = choices.take(count).map(|choice| {
        let fields = Generator::new(random, version, choice).fields(&definition.fields);
        let bytes = writer::write(definition, &fields, version)?;
        Ok(Sample { fields, bytes })
    });
    samples.collect()
}

/// Reads a message with our own codec and writes it again.
fn recode(message: &MessageType, bytes: &[u8], version: i16) -> Answer {
    let recoded = message.decode(Bytes::copy_from_slice(bytes), version).map_err(|error| error.to_string());
    let recoded = recoded.and_then(|message| message.encode(version).map_err(|error| error.to_string()));
    recoded.map_or_else(Answer::Failed, |bytes| Answer::Written(bytes.into()))
}

/// One bit off, or one byte too many where there is none.
fn falsify(answer: &mut Answer) {
    if let Answer::Written(bytes) = answer {
        match bytes.last_mut() {
            Some(last) => *last ^= 1,
            None => bytes.push(0),
        }
    }
}

fn shown_answer(answer: &Answer) -> String {
    match answer {
        Answer::Written(bytes) => shown(bytes),
        Answer::Failed(reason) => reason.clone(),
        Answer::Unknown => "nothing".to_owned(),
    }
}

fn shown(bytes: &[u8]) -> String {
    let more = if bytes.len() > MOST_BYTES_SHOWN { "..." } else { "" };
    format!("b\"{}\"{more} ({} bytes)", bytes[..bytes.len().min(MOST_BYTES_SHOWN)].escape_ascii(), bytes.len())
}
