//! Lines from a file or from standard input.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use tokio::sync::mpsc;

use crate::{output::notice, progress::Progress};

/// So many blocks of input may wait to be sent.
const BLOCKS_AHEAD: usize = 8;
/// A line may be as long as the largest request.
const MAX_LINE_BYTES: usize = 1 << 30;

/// Whole lines, as many at once as are there.
#[derive(Debug)]
pub(super) struct Input {
    blocks: mpsc::Receiver<io::Result<Vec<u8>>>,
    progress: Progress,
}

impl Input {
    /// Begins to read a file or, without one, standard input.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let (source, progress): (Box<dyn Read + Send>, _) = match path {
            Some(path) => {
                let unreadable = || format!("cannot read {}", path.display());
                let file = File::open(path).with_context(unreadable)?;
                let kind = file.metadata().with_context(unreadable)?;
                anyhow::ensure!(!kind.is_dir(), "{} is a directory", path.display());
                let progress = if kind.is_file() { Progress::bytes(kind.len()) } else { Progress::hidden() };
                (Box::new(file), progress)
            }
            None => {
                if io::stdin().is_terminal() {
                    notice::hint("a record per line; Ctrl-D ends");
                }
                (Box::new(io::stdin()), Progress::hidden())
            }
        };
        let (sender, blocks) = mpsc::channel(BLOCKS_AHEAD);
        // Reading blocks, and cannot be interrupted on a terminal or pipe.
        std::thread::spawn(move || read_blocks(source, &sender));
        Ok(Self { blocks, progress })
    }

    /// The next lines, each with its end but for the very last; `None` after those. Cancel safe.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let block = self.blocks.recv().await.transpose().context("cannot read the input")?;
        self.progress.add(block.as_ref().map_or(0, |block| block.len() as u64));
        Ok(block)
    }
}

/// Sends whole lines on, as many at once as are there.
fn read_blocks(mut input: impl Read, blocks: &mpsc::Sender<io::Result<Vec<u8>>>) {
    let mut block = Vec::new();
    let mut buffer = vec![0; 256 << 10];
    let mut lines = 0;
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return drop(blocks.blocking_send(Err(error))),
        };
        let (fresh, _) = buffer.split_at(read);
        match fresh.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                let (whole, rest) = fresh.split_at(end + 1);
                lines += whole.iter().filter(|byte| **byte == b'\n').count();
                block.extend_from_slice(whole);
                let whole = std::mem::replace(&mut block, rest.to_vec());
                if blocks.blocking_send(Ok(whole)).is_err() {
                    return;
                }
            }
            None => block.extend_from_slice(fresh),
        }
        if block.len() > MAX_LINE_BYTES {
            let error = format!("line {} has more than 1 GiB", lines + 1);
            return drop(blocks.blocking_send(Err(io::Error::other(error))));
        }
    }
    if !block.is_empty() {
        // Nobody waits for it after an interruption.
        let _ = blocks.blocking_send(Ok(block));
    }
}

/// The lines of a block, without their ends.
pub(super) fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let block = block.strip_suffix(b"\n").unwrap_or(block);
    block.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// What stands before the first separator and what stands after it.
pub(super) fn key_and_value<'a>(line: &'a [u8], separator: Option<&[u8]>) -> (Option<&'a [u8]>, &'a [u8]) {
    let found = separator.and_then(|separator| {
        let at = line.windows(separator.len()).position(|window| window == separator)?;
        Some((line.get(..at)?, line.get(at + separator.len()..)?))
    });
    found.map_or((None, line), |(key, value)| (Some(key), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks_of(input: &[u8]) -> Vec<Vec<u8>> {
        let (sender, mut receiver) = mpsc::channel(64);
        read_blocks(input, &sender);
        drop(sender);
        std::iter::from_fn(|| receiver.blocking_recv()).map(Result::unwrap).collect()
    }

    #[test]
    fn no_line_is_cut_in_two() {
        let line = [b'x'; 1000];
        let mut input = Vec::new();
        for _ in 0..1000 {
            input.extend_from_slice(&line);
            input.push(b'\n');
        }
        input.extend_from_slice(b"last");
        let blocks = blocks_of(&input);
        assert!(blocks.len() > 2);
        assert_eq!(blocks.concat(), input);
        assert!(blocks.iter().rev().skip(1).all(|block| block.ends_with(b"\n")));
    }

    #[test]
    fn line_ends_of_both_kinds_are_left_out_and_empty_lines_are_records() {
        assert_eq!(lines(b"a\r\n\nb").collect::<Vec<_>>(), [b"a".as_slice(), b"", b"b"]);
        assert_eq!(lines(b"a\n").collect::<Vec<_>>(), [b"a"]);
    }

    #[test]
    fn the_first_separator_ends_the_key() {
        let split = |line| key_and_value(line, Some(b"=>"));
        assert_eq!(split(b"k=>v=>w"), (Some(b"k".as_slice()), b"v=>w".as_slice()));
        assert_eq!(split(b"=>v"), (Some(b"".as_slice()), b"v".as_slice()));
        assert_eq!(split(b"v"), (None, b"v".as_slice()));
        assert_eq!(split(b""), (None, b"".as_slice()));
        assert_eq!(key_and_value(b"k=>v", None), (None, b"k=>v".as_slice()));
    }
}
