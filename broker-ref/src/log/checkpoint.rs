//! Kafka's small text files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

use bytes::Bytes;

use super::LogError;
use super::layout::TopicPartition;
use super::storage::Dir;

/// More than any checkpoint has; a larger one is not read.
const MAX_LEN: u64 = 256 * 1024 * 1024;

/// Writes a checkpoint: a version, a count, and a line for each entry.
pub(crate) fn write(dir: &Dir, file: &str, lines: impl ExactSizeIterator<Item = String>) -> Result<(), LogError> {
    dir.write_atomically(file, encode(lines))
}

fn encode(lines: impl ExactSizeIterator<Item = String>) -> Bytes {
    let mut text = format!("0\n{}\n", lines.len());
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text.into()
}

/// Reads a checkpoint whose lines hold `N` words each; `None` if there is none.
pub(crate) fn read<const N: usize, T>(
    dir: &Dir,
    file: &str,
    parse: impl Fn([&str; N]) -> Option<T>,
) -> Result<Option<Vec<T>>, LogError> {
    let Some(content) = dir.read(file, MAX_LEN)? else { return Ok(None) };
    let corrupt = |reason: String| LogError::Corrupt {
        path: dir.path_of(file),
        reason,
        remedy: "stop the broker, delete the file, and start it again: what it says is recovered from the logs",
    };
    let text = std::str::from_utf8(&content).map_err(|e| corrupt(e.to_string()))?;
    decode(text, parse).map(Some).map_err(corrupt)
}

fn decode<const N: usize, T>(text: &str, parse: impl Fn([&str; N]) -> Option<T>) -> Result<Vec<T>, String> {
    let mut lines = text.lines();
    match lines.next() {
        Some("0") => {}
        other => return Err(format!("its version is {:?}, not 0", other.unwrap_or_default())),
    }
    let count = lines.next().unwrap_or_default();
    let count: usize = count.parse().map_err(|_| format!("its number of entries is {count:?}"))?;
    let mut entries = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let entry = <[&str; N]>::try_from(words).ok().and_then(&parse);
        entries.push(entry.ok_or_else(|| format!("entry {:?} is not one", line.chars().take(80).collect::<String>()))?);
    }
    if entries.len() != count {
        return Err(format!("it has {} entries but says {count}", entries.len()));
    }
    Ok(entries)
}

/// An offset for each partition of a log directory.
pub(crate) type Offsets = BTreeMap<TopicPartition, i64>;

/// Writes a checkpoint of offsets.
pub(crate) fn write_offsets(root: &Dir, file: &str, offsets: &Offsets) -> Result<(), LogError> {
    let line = |(tp, offset): (&TopicPartition, &i64)| format!("{} {} {offset}", tp.topic(), tp.partition());
    write(root, file, offsets.iter().map(line))
}

/// Reads a checkpoint of offsets. A damaged one counts as missing, which costs a longer recovery and nothing else.
pub(crate) fn read_offsets(root: &Dir, file: &str) -> Result<Offsets, LogError> {
    let parse = |[topic, partition, offset]: [&str; 3]| {
        let offset = i64::from_str(offset).ok().filter(|offset| *offset >= 0)?;
        Some((TopicPartition::new(topic, partition.parse().ok()?).ok()?, offset))
    };
    match read(root, file, parse) {
        Ok(entries) => Ok(entries.unwrap_or_default().into_iter().collect()),
        Err(damaged @ LogError::Corrupt { .. }) => {
            tracing::warn!("{damaged}; going on without it");
            Ok(Offsets::new())
        }
        Err(other) => Err(other),
    }
}

/// A file of `key=value` lines, as Java writes properties.
pub(crate) fn read_properties(dir: &Dir, file: &str) -> Result<Option<BTreeMap<String, String>>, LogError> {
    let Some(content) = dir.read(file, MAX_LEN)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&content);
    let pairs = text.lines().filter(|line| !line.starts_with(['#', '!'])).filter_map(|line| line.split_once('='));
    Ok(Some(pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()))
}

/// Writes `key=value` lines under Java's comment line.
pub(crate) fn write_properties(dir: &Dir, file: &str, pairs: &BTreeMap<String, String>) -> Result<(), LogError> {
    let mut text = "#\n".to_owned();
    for (key, value) in pairs {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key}={value}");
    }
    dir.write_atomically(file, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair([a, b]: [&str; 2]) -> Option<(i32, i64)> {
        Some((a.parse().ok()?, b.parse().ok()?))
    }

    #[test]
    fn a_checkpoint_is_a_version_a_count_and_lines() {
        let lines = ["0 0".to_owned(), "3 117".to_owned()];
        assert_eq!(encode(lines.into_iter()), "0\n2\n0 0\n3 117\n");
        assert_eq!(decode("0\n2\n0 0\n3 117\n", pair), Ok(vec![(0, 0), (3, 117)]));
        assert_eq!(decode("0\n0\n", pair), Ok(vec![]));
    }

    #[test]
    fn a_damaged_checkpoint_says_what_is_wrong() {
        for (text, reason) in [
            ("", "version"),
            ("1\n0\n", "version"),
            ("0\nx\n", "number"),
            ("0\n2\n0 0\n", "says 2"),
            ("0\n1\n0\n", "not one"),
            ("0\n1\n0 0 0\n", "not one"),
            ("0\n1\nx 0\n", "not one"),
            ("0\n99999999999\n", "says 99999999999"),
        ] {
            let error = decode(text, pair).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
