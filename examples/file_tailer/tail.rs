//! Follows one file.

use std::{
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use ottla::{
    Client,
    producer::{Producer, Record},
};

use crate::{
    LINES, POSITIONS,
    position::{self, Position},
    rotated,
};

/// How often to look for more.
const LOOK: Duration = Duration::from_millis(100);
/// Lines that are sent before the position is written.
const BATCH: usize = 1000;

pub(crate) struct Tailer {
    path: PathBuf,
    name: String,
    producer: Producer,
    position: Position,
    open: Option<BufReader<File>>,
}

impl Tailer {
    /// Goes on where the last one stood, in the rotated file if it had not come to its end.
    pub(crate) async fn open(client: &Client, path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let position = position::read(client, &name).await?.unwrap_or_default();
        let producer = client.producer().build()?;
        let mut tailer = Self { path: path.to_owned(), name, producer, position, open: None };
        for candidate in [tailer.path.clone(), rotated(path)] {
            tailer.open =
                File::open(&candidate).ok().filter(|file| inode(file) == Some(position.inode)).map(BufReader::new);
            if let Some(open) = &mut tailer.open {
                open.seek(SeekFrom::Start(position.bytes))?;
                break;
            }
        }
        Ok(tailer)
    }

    /// Follows the file for ever.
    pub(crate) async fn run(mut self) -> Result<()> {
        loop {
            if self.open.is_none() && self.open_present_file() {
                // Before any line: or else, after a crash and a rotation, nobody would know that this file was followed.
                self.keep_position().await?;
            }
            if !self.send_what_is_there().await? && !self.is_present_file() {
                // Read to its end, and another file has its name now.
                self.open = None;
                continue;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// False if it is not there, as between two steps of a rotation: then it is looked for again.
    fn open_present_file(&mut self) -> bool {
        let Ok(file) = File::open(&self.path) else { return false };
        let Some(inode) = inode(&file) else { return false };
        self.position = Position { inode, bytes: 0 };
        self.open = Some(BufReader::new(file));
        true
    }

    async fn keep_position(&self) -> Result<()> {
        let position = self.position.to_string();
        self.producer.send(Record::to(POSITIONS).key(&self.name).value(&position)).await?.await?;
        Ok(())
    }

    fn is_present_file(&self) -> bool {
        let present = File::open(&self.path).ok().and_then(|file| inode(&file));
        present.is_none() || present == Some(self.position.inode)
    }

    /// Sends the complete lines that there are. Says whether there were any.
    async fn send_what_is_there(&mut self) -> Result<bool> {
        let mut any = false;
        loop {
            let lines = self.read_lines()?;
            if lines.is_empty() {
                return Ok(any);
            }
            any = true;
            let records: Vec<_> =
                lines.iter().map(|line| Record::to(LINES).key(&self.name).value(line.trim_ascii_end())).collect();
            if let Some(error) = self.producer.send_many(&records).await?.wait().await.into_iter().next() {
                return Err(error.into());
            }
            self.position.bytes += lines.iter().map(|line| line.len() as u64).sum::<u64>();
            self.keep_position().await?;
        }
    }

    /// Up to [`BATCH`] lines; one that is still being written is left for later.
    fn read_lines(&mut self) -> Result<Vec<Vec<u8>>> {
        let Some(open) = &mut self.open else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        while lines.len() < BATCH {
            // A log need not be UTF-8.
            let mut line = Vec::new();
            let read = open.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                open.seek_relative(-(read as i64))?;
                break;
            }
            lines.push(line);
        }
        Ok(lines)
    }
}

fn inode(file: &File) -> Option<u64> {
    file.metadata().ok().map(|metadata| metadata.ino())
}
