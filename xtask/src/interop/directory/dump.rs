//! A log directory as Kafka's `DumpLogSegments` prints it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::folder;
use super::oracle::{Content, same_lines};
use crate::kafka::KafkaInstall;
use crate::process;

const LIMIT: Duration = Duration::from_secs(120);
/// The type of the key of a committed offset in `__consumer_offsets`.
const OFFSET_COMMIT: &str = "1";
const DUMPING: &str = "Dumping ";
const PASSED: &str = " passed sanity check.";
const GROUPS: &str = "__consumer_offsets-";

/// Kafka's tool on one directory.
#[derive(Debug)]
pub(super) struct LogDump<'k> {
    install: &'k KafkaInstall,
    directory: PathBuf,
    /// What it prints of the files with records.
    records: String,
}

impl<'k> LogDump<'k> {
    /// Has the tool read all records.
    ///
    /// # Errors
    /// The tool fails, or finds a batch that is not valid.
    pub(super) fn new(install: &'k KafkaInstall, directory: &Path) -> Result<Self> {
        let mut dump = Self { install, directory: directory.to_owned(), records: String::new() };
        dump.records = dump.run(&["--deep-iteration", "--print-data-log"], &dump.files("log", false)?)?;
        let invalid =
            dump.records.lines().find(|line| line.starts_with("baseOffset: ") && !line.ends_with(" isvalid: true"));
        ensure!(invalid.is_none(), "a batch is not valid: {}", invalid.unwrap_or_default());
        Ok(dump)
    }

    /// Compares the records.
    pub(super) fn records_are(&self, content: &Content) -> Result<()> {
        records_are(&self.records, content)
    }

    /// Compares the committed offsets.
    pub(super) fn commits_are(&self, content: &Content) -> Result<()> {
        commits_are(&self.run(&["--offsets-decoder"], &self.files("log", true)?)?, content)
    }

    /// Compares the producers with those of the last snapshot of each partition.
    pub(super) fn producers_are(&self, content: &Content) -> Result<()> {
        let snapshots = self.files("snapshot", false)?.into_iter();
        let last: BTreeMap<_, _> = snapshots.map(|file| (file.parent().map(Path::to_owned), file)).collect();
        producers_are(&self.run(&[], &last.into_values().collect::<Vec<_>>())?, content)
    }

    /// Lets the tool check the indexes, each by itself and against the log.
    pub(super) fn indexes_are_sound(&self) -> Result<()> {
        let mut files = self.files("index", false)?;
        files.extend(self.files("timeindex", false)?);
        let checked = self.run(&["--index-sanity-check"], &files)?;
        no_complaint(&checked)?;
        no_complaint(&self.run(&["--verify-index-only"], &files)?)?;
        let passed = checked.lines().filter(|line| line.ends_with(PASSED)).count();
        // Most segments are full, and a full segment has entries in both.
        ensure!(
            passed >= files.len() / 2,
            "only {passed} of {} indexes have something in them:\n{checked}",
            files.len()
        );
        Ok(())
    }

    /// Files with records of groups, or all others.
    fn files(&self, extension: &str, of_groups: bool) -> Result<Vec<PathBuf>> {
        let has_groups =
            |file: &PathBuf| partition_of(&file.to_string_lossy()).is_some_and(|name| name.starts_with(GROUPS));
        let files = folder::files(&self.directory, extension)?;
        Ok(files.into_iter().filter(|file| has_groups(file) == of_groups).collect())
    }

    fn run(&self, flags: &[&str], files: &[PathBuf]) -> Result<String> {
        ensure!(!files.is_empty(), "there are no files to dump");
        let files = files.iter().map(|file| file.to_string_lossy()).collect::<Vec<_>>().join(",");
        let mut tool = self.install.tool("dump-log")?;
        process::capture(tool.args(flags).args(["--files", &files]), "", LIMIT)
    }
}

fn records_are(printed: &str, content: &Content) -> Result<()> {
    let starts: BTreeMap<&str, i64> = content.lines("offsets").filter_map(log_start).collect();
    let mut partition = "";
    let mut found = Vec::new();
    for line in printed.lines() {
        if let Some(path) = line.strip_prefix(DUMPING) {
            partition = partition_of(path).with_context(|| format!("'{path}' is no file of a partition"))?;
        } else if let Some(printed) = line.strip_prefix("| ") {
            let record = PrintedRecord::parse(printed).with_context(|| format!("not a record: {printed}"))?;
            if record.offset >= starts.get(partition).copied().unwrap_or_default() {
                found.push(format!("{partition} {record}"));
            }
        }
    }
    let mut expected: Vec<_> = content.lines("record").map(without_what_is_not_printed).collect();
    found.sort_unstable();
    expected.sort_unstable();
    let same = same_lines(found.iter().map(String::as_str), expected.iter().map(String::as_str));
    same.context("the records in the files")
}

fn commits_are(printed: &str, content: &Content) -> Result<()> {
    let mut commits = BTreeMap::new();
    for line in printed.lines().filter(|line| line.starts_with("| ")) {
        if let Some((key, commit)) = commit(line).with_context(|| format!("not a record of a group: {line}"))? {
            commits.insert(key, commit);
        }
    }
    let found: Vec<_> = commits.iter().map(|(key, commit)| format!("{key} {commit}")).collect();
    let same = same_lines(found.iter().map(String::as_str), content.lines("commit"));
    same.context("the committed offsets in the files")
}

fn producers_are(printed: &str, content: &Content) -> Result<()> {
    let mut partition = "";
    let mut found = Vec::new();
    for line in printed.lines() {
        if let Some(path) = line.strip_prefix(DUMPING) {
            partition = partition_of(path).with_context(|| format!("'{path}' is no file of a partition"))?;
            continue;
        }
        let field = |name| value_of(line, name).with_context(|| format!("no {name} in '{line}'"));
        let (id, epoch) = (field("producerId")?, field("producerEpoch")?);
        let (sequence, time) = (field("lastSequence")?, field("lastTimestamp")?);
        found.push(format!("{partition} {id} epoch {epoch} sequence {sequence} time {time}"));
    }
    ensure!(!found.is_empty(), "there are no producers in\n{printed}");
    same_lines(found.iter().map(String::as_str), content.lines("producer")).context("the producers in the files")
}

/// Fails with the first line about an index that is not one of those that the tool prints when all is well.
fn no_complaint(printed: &str) -> Result<()> {
    let is_known = |line: &&str| line.starts_with(DUMPING) || line.ends_with(PASSED) || line.ends_with(" is empty.");
    match printed.lines().find(|line| !is_known(line)) {
        Some(complaint) => bail!("an index is not sound: {complaint}"),
        None => Ok(()),
    }
}

/// A record as the tool prints it.
#[derive(Debug, PartialEq)]
struct PrintedRecord<'l> {
    offset: i64,
    timestamp_type: &'l str,
    timestamp: &'l str,
    header_keys: &'l str,
    key: Option<&'l str>,
    value: Option<&'l str>,
}

impl<'l> PrintedRecord<'l> {
    /// Reads `offset: 0 CreateTime: 1 keySize: 1 valueSize: 1 sequence: 0 headerKeys: [h] key: k payload: v`, where what
    /// is null is left out.
    fn parse(line: &'l str) -> Option<Self> {
        let (head, rest) = line.split_once(" headerKeys: [")?;
        let (header_keys, rest) = rest.split_once(']')?;
        let mut words = head.split(' ');
        let offset = words.nth(1)?.parse().ok()?;
        let (timestamp_type, timestamp) = (words.next()?.strip_suffix(':')?, words.next()?);
        let is_null = |size: &str| value_of(head, size).map(|size| size == "-1");
        let (key, rest) = match is_null("keySize")? {
            true => (None, rest),
            false => {
                let rest = rest.strip_prefix(" key: ")?;
                let end = rest.find(" payload: ").unwrap_or(rest.len());
                (rest.get(..end), rest.get(end..)?)
            }
        };
        let value = if is_null("valueSize")? { None } else { Some(rest.strip_prefix(" payload: ")?) };
        Some(Self { offset, timestamp_type, timestamp, header_keys, key, value })
    }
}

impl fmt::Display for PrintedRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, timestamp_type, timestamp, header_keys, .. } = self;
        let (key, value) = (self.key.unwrap_or("~"), self.value.unwrap_or("~"));
        write!(f, "{offset} {timestamp_type} {timestamp} key {key} headers [{header_keys}] value {value}")
    }
}

/// A record as the client prints it, without the leader epoch and the values of headers.
fn without_what_is_not_printed(record: &str) -> String {
    let parts = || {
        let (head, rest) = record.split_once(" epoch ")?;
        let (_, rest) = rest.split_once(" key ")?;
        let (key, rest) = rest.split_once(" headers [")?;
        let (headers, value) = rest.split_once("] value ")?;
        let names: Vec<_> = headers.split(',').filter_map(|header| Some(header.split_once('=')?.0)).collect();
        Some(format!("{head} key {key} headers [{}] value {value}", names.join(",")))
    };
    // What does not look like a record is compared as it is, and found to differ.
    parts().unwrap_or_else(|| record.to_owned())
}

/// A partition and its log start offset in `t-0 START@TIME END@TIME ...`.
fn log_start(line: &str) -> Option<(&str, i64)> {
    let (partition, offsets) = line.split_once(' ')?;
    Some((partition, offsets.split_once('@')?.0.parse().ok()?))
}

/// A committed offset as the client prints it, by its group and partition; none in the records of other types.
fn commit(line: &str) -> Option<Option<(String, String)>> {
    let record = PrintedRecord::parse(line.strip_prefix("| ")?)?;
    let key: Value = serde_json::from_str(record.key?).ok()?;
    let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
    let number = |value: &Value, name: &str| value.get(name)?.as_i64();
    if text(&key, "type")? != OFFSET_COMMIT {
        return Some(None);
    }
    let key = key.get("data")?;
    let name = format!("{} {}-{}", text(key, "group")?, text(key, "topic")?, number(key, "partition")?);
    let value: Value = serde_json::from_str(record.value?).ok()?;
    let value = value.get("data")?;
    let epoch = number(value, "leaderEpoch")
        .filter(|epoch| *epoch >= 0)
        .map_or_else(|| "-".to_owned(), |epoch| epoch.to_string());
    let (offset, metadata) = (number(value, "offset")?, text(value, "metadata")?);
    Some(Some((name, format!("{offset} epoch {epoch} '{metadata}'"))))
}

/// The name of the folder that a file is in.
fn partition_of(path: &str) -> Option<&str> {
    path.rsplit('/').nth(1)
}

/// The word behind `NAME: `.
fn value_of<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let mut words = line.split(' ');
    words.find(|word| word.strip_suffix(':') == Some(name))?;
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_with_and_without_key_and_value() {
        let line = "offset: 7 CreateTime: 17 keySize: 3 valueSize: 2 sequence: 7 headerKeys: [a,] key: k 1 payload: v:";
        let record = PrintedRecord::parse(line).unwrap();
        assert_eq!(record.to_string(), "7 CreateTime 17 key k 1 headers [a,] value v:");
        let line = "offset: 8 LogAppendTime: 18 keySize: -1 valueSize: -1 sequence: 8 headerKeys: []";
        assert_eq!(PrintedRecord::parse(line).unwrap().to_string(), "8 LogAppendTime 18 key ~ headers [] value ~");
        let line = "offset: 9 CreateTime: 19 keySize: 0 valueSize: 0 sequence: 9 headerKeys: [] key:  payload: ";
        assert_eq!(PrintedRecord::parse(line).unwrap().to_string(), "9 CreateTime 19 key  headers [] value ");
    }

    #[test]
    fn the_client_prints_more_of_a_record_than_the_tool() {
        let record = "t-0 7 CreateTime 17 epoch 3 key k 1 headers [a=line 1,=~] value v:";
        assert_eq!(without_what_is_not_printed(record), "t-0 7 CreateTime 17 key k 1 headers [a,] value v:");
    }

    #[test]
    fn a_committed_offset_is_found_among_the_records_of_groups() {
        let key = r#"{"type":"1","data":{"group":"g","topic":"t","partition":2}}"#;
        let value = r#"{"version":"4","data":{"offset":40,"leaderEpoch":-1,"metadata":"a note"}}"#;
        let line = format!(
            "| offset: 2 CreateTime: 1 keySize: 9 valueSize: 9 sequence: -1 headerKeys: [] key: {key} payload: {value}"
        );
        assert_eq!(commit(&line), Some(Some(("g t-2".to_owned(), "40 epoch - 'a note'".to_owned()))));
        let line = line.replace(r#""type":"1""#, r#""type":"2""#);
        assert_eq!(commit(&line), Some(None));
        assert_eq!(commit("| nothing"), None);
    }

    fn content(text: &str) -> Content {
        Content { text: text.to_owned() }
    }

    #[test]
    fn a_record_that_differs_or_is_missing_in_the_files_is_noticed() {
        let record = |offset| {
            format!(
                "| offset: {offset} CreateTime: 17 keySize: 1 valueSize: 1 sequence: 0 headerKeys: [] key: k payload: v\n"
            )
        };
        let printed = format!("Dumping /d/t-0/0.log\nbaseOffset: 0\n{}{}{}", record(4), record(5), record(6));
        let line =
            |offset, value| format!("record t-0 {offset} CreateTime 17 epoch 0 key k headers [] value {value}\n");
        let offsets = "offsets t-0 5@-1 7@-1\n";
        let same = |records: &str| records_are(&printed, &content(&format!("{offsets}{records}")));
        assert!(same(&(line(5, "v") + &line(6, "v"))).is_ok(), "what is before the log start is none of it");
        assert!(same(&(line(5, "v") + &line(6, "w"))).is_err());
        assert!(same(&line(5, "v")).is_err());
        assert!(same(&(line(5, "v") + &line(6, "v") + &line(7, "v"))).is_err());
    }

    #[test]
    fn a_producer_that_differs_in_the_files_is_noticed() {
        let printed = "Dumping /d/t-0/9.snapshot\nproducerId: 5 producerEpoch: 0 coordinatorEpoch: -1 \
                       currentTxnFirstOffset: OptionalLong.empty lastTimestamp: 17 firstSequence: 3 lastSequence: 4\n";
        assert!(producers_are(printed, &content("producer t-0 5 epoch 0 sequence 4 time 17\n")).is_ok());
        assert!(producers_are(printed, &content("producer t-0 5 epoch 0 sequence 3 time 17\n")).is_err());
        assert!(producers_are("", &content("")).is_err());
    }

    #[test]
    fn a_complaint_about_an_index_is_noticed() {
        let good = "Dumping /d/t-0/0.index\n/d/t-0/0.index passed sanity check.\n/d/t-0/1.index is empty.\n";
        assert!(no_complaint(good).is_ok());
        assert!(no_complaint(&format!("{good}Mismatches in :/d/t-0/0.index\n")).is_err());
    }
}
