//! Programs in other languages that do what they are told, line by line.
//!
//! A companion takes a command on its standard input and answers on its standard output. `error WHAT` in place of an answer
//! is a refusal. What it says on standard error is for people.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{line::Line, patience::within, scene::Scene};

const SCRIPT: &str = include_str!("../../../xtask/python/companion.py");

/// Whose client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Language {
    /// Ours, in a process of its own.
    Ours,
    /// Kafka's own.
    Java,
    /// librdkafka, by confluent-kafka.
    Librdkafka,
}

impl Language {
    /// Those of others.
    pub(crate) const OTHERS: [Self; 2] = [Self::Java, Self::Librdkafka];

    fn command(self, scene: &Scene) -> Result<Command> {
        let mut command = match self {
            Self::Ours => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["companion", "--bootstrap"]);
                command
            }
            Self::Java => {
                let mut command = Command::new("java");
                command.arg(format!("@{}", scene.java()?.display()));
                command
            }
            Self::Librdkafka => {
                let mut command = Command::new(scene.python()?);
                command.args(["-c", SCRIPT]);
                command
            }
        };
        command.arg(&scene.bootstrap).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }
}

/// A running companion, killed when it is dropped.
pub(crate) struct Companion {
    pub(crate) language: Language,
    pub(crate) child: Child,
    pub(crate) input: ChildStdin,
    pub(crate) output: Lines<BufReader<ChildStdout>>,
}

impl Companion {
    /// Starts it.
    pub(crate) fn start(scene: &Scene, language: Language) -> Result<Self> {
        let mut command = language.command(scene)?;
        let mut child = command.spawn().with_context(|| format!("the companion {language:?} does not start"))?;
        let input = child.stdin.take().context("its input is a pipe")?;
        let output = BufReader::new(child.stdout.take().context("its output is a pipe")?).lines();
        Ok(Self { language, child, input, output })
    }

    /// Writes the records with these settings of a producer, and returns them with the partitions and offsets they got.
    pub(crate) async fn write(&mut self, topic: &str, lines: &[Line], settings: &[(&str, &str)]) -> Result<Vec<Line>> {
        let mut text = format!("produce {topic} {}{}\n", lines.len(), words(settings));
        lines.iter().for_each(|line| text.extend([line.text().as_str(), "\n"]));
        let answers = self.ask(&text).await?;
        let written = answers.iter().zip(lines).map(|(answer, line)| {
            let mut numbers = answer.split(' ').map(str::parse::<i64>);
            let mut number = || numbers.next().context("a partition, an offset, a timestamp")?.context("a number");
            let partition = i32::try_from(number()?)?;
            Ok(Line { partition, offset: number()?, timestamp: number()?, ..line.clone() })
        });
        written.collect::<Result<_>>().with_context(|| format!("{:?} wrote to {topic}", self.language))
    }

    /// Reads a topic from its beginning to its end, in the order of partitions and offsets.
    pub(crate) async fn read(&mut self, topic: &str, settings: &[(&str, &str)]) -> Result<Vec<Line>> {
        let answers = self.ask(&format!("consume {topic}{}\n", words(settings))).await?;
        let mut lines = answers.iter().map(|answer| Line::parse(answer)).collect::<Result<Vec<_>>>()?;
        lines.sort_by_key(|line| (line.partition, line.offset));
        Ok(lines)
    }

    /// Sends a command and waits for the lines of its answer, whose number comes first.
    pub(crate) async fn ask(&mut self, command: &str) -> Result<Vec<String>> {
        let what = command.lines().next().unwrap_or_default().to_owned();
        within("a companion", self.answer(command)).await.with_context(|| format!("{:?}: {what}", self.language))
    }

    async fn answer(&mut self, command: &str) -> Result<Vec<String>> {
        self.input.write_all(command.as_bytes()).await?;
        self.input.flush().await?;
        let first = self.next().await?;
        let count: usize = match first.split_once(' ') {
            None => first.parse().with_context(|| format!("'{first}' is no number of lines"))?,
            Some(_) => bail!("{first}"),
        };
        let mut answer = Vec::with_capacity(count);
        for _ in 0..count {
            answer.push(self.next().await?);
        }
        Ok(answer)
    }

    async fn next(&mut self) -> Result<String> {
        self.output.next_line().await?.context("the companion has ended")
    }
}

fn words(settings: &[(&str, &str)]) -> String {
    settings.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}
