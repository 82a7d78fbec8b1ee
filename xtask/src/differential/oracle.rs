//! Questions to a program that reads and writes messages, all in one go.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::ProcessGroup;

const LIMIT: Duration = Duration::from_secs(900);

/// Questions. They go through files: nobody waits for the other side of a pipe.
#[derive(Debug)]
pub(super) struct Questions {
    file: BufWriter<File>,
}

impl Questions {
    /// No questions yet.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?) })
    }

    /// Adds messages of one kind and version.
    pub(super) fn add<'m>(
        &mut self,
        name: &str,
        version: i16,
        messages: impl ExactSizeIterator<Item = &'m [u8]>,
    ) -> Result<()> {
        self.file.write_all(&u16::try_from(name.len())?.to_be_bytes())?;
        self.file.write_all(name.as_bytes())?;
        self.file.write_all(&version.to_be_bytes())?;
        self.file.write_all(&u32::try_from(messages.len())?.to_be_bytes())?;
        for message in messages {
            self.file.write_all(&u32::try_from(message.len())?.to_be_bytes())?;
            self.file.write_all(message)?;
        }
        Ok(())
    }

    /// Has them all answered by a program.
    ///
    /// # Errors
    /// It does not start, fails, or takes too long.
    pub(super) fn ask(self, program: &mut Command) -> Result<Answers> {
        let mut questions = self.file.into_inner().map_err(|error| error.into_error())?;
        questions.rewind()?;
        let mut answers = tempfile::tempfile()?;
        let mut process = ProcessGroup::spawn(program.stdin(questions).stdout(answers.try_clone()?))?;
        match process.wait(LIMIT)? {
            Some(status) if status.success() => {}
            Some(status) => bail!("the other side failed ({status})"),
            None => bail!("the other side took longer than {} s", LIMIT.as_secs()),
        }
        answers.rewind()?;
        Ok(Answers { file: BufReader::new(answers) })
    }
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The bytes that it was written as.
    Written(Vec<u8>),
    /// It could not be read or written, for this reason.
    Failed(String),
    /// There is no such message in that version.
    Unknown,
}

/// The answers, in the order of the questions.
#[derive(Debug)]
pub(super) struct Answers {
    file: BufReader<File>,
}

impl Answers {
    /// The next answer.
    pub(super) fn next(&mut self) -> Result<Answer> {
        let mut head = [0; 5];
        self.file.read_exact(&mut head).context("an answer is missing")?;
        let [status, length @ ..] = head;
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(match status {
            0 => Answer::Written(bytes),
            1 => Answer::Failed(String::from_utf8_lossy(&bytes).into_owned()),
            _ => Answer::Unknown,
        })
    }
}
