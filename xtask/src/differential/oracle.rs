//! Kafka's generated classes, in one JVM for the whole run.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::java::JavaProgram;
use crate::kafka::KafkaInstall;
use crate::process::ProcessGroup;

const SOURCE: &str = include_str!("../../java/Differential.java");
const LIMIT: Duration = Duration::from_secs(900);

/// Questions to Kafka's classes. They go through files: nobody waits for the other side of a pipe.
#[derive(Debug)]
pub(super) struct Questions {
    file: BufWriter<File>,
}

impl Questions {
    /// No questions yet.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?) })
    }

    /// Adds messages of one class and version.
    pub(super) fn add(&mut self, class: &str, version: i16, messages: &[Vec<u8>]) -> Result<()> {
        self.file.write_all(&u16::try_from(class.len())?.to_be_bytes())?;
        self.file.write_all(class.as_bytes())?;
        self.file.write_all(&version.to_be_bytes())?;
        self.file.write_all(&u32::try_from(messages.len())?.to_be_bytes())?;
        for message in messages {
            self.file.write_all(&u32::try_from(message.len())?.to_be_bytes())?;
            self.file.write_all(message)?;
        }
        Ok(())
    }

    /// Has them all answered.
    ///
    /// # Errors
    /// The class does not compile or the JVM fails.
    pub(super) fn ask(self, install: &KafkaInstall) -> Result<Answers> {
        let mut questions = self.file.into_inner().map_err(|error| error.into_error())?;
        questions.rewind()?;
        let mut answers = tempfile::tempfile()?;
        let program = JavaProgram::compile(install, "Differential", SOURCE)?;
        let mut command = program.command()?;
        let mut jvm = ProcessGroup::spawn(command.stdin(questions).stdout(answers.try_clone()?))?;
        match jvm.wait(LIMIT)? {
            Some(status) if status.success() => {}
            Some(status) => bail!("Kafka's classes failed ({status})"),
            None => bail!("Kafka's classes took longer than {} s", LIMIT.as_secs()),
        }
        answers.rewind()?;
        Ok(Answers { file: BufReader::new(answers) })
    }
}

/// What Kafka's classes say, in the order of the questions.
#[derive(Debug)]
pub(super) struct Answers {
    file: BufReader<File>,
}

impl Answers {
    /// The next answer: the bytes that they have written, or why they could not read or write.
    pub(super) fn next(&mut self) -> Result<Result<Vec<u8>, String>> {
        let mut head = [0; 5];
        self.file.read_exact(&mut head).context("an answer is missing")?;
        let [status, length @ ..] = head;
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(if status == 0 { Ok(bytes) } else { Err(String::from_utf8_lossy(&bytes).into_owned()) })
    }
}
