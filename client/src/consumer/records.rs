//! What a consumer hands out: runs of records that share the memory they were fetched into.

use std::fmt;

use bytes::Bytes;
use ottla_protocol::{
    record::{HeaderRef, Headers, Record, RecordCursor, RecordHeaders, RecordIter, RecordRef, TimestampType},
    types::TopicName,
};

use crate::TopicPartition;

/// Records of one or more partitions, in the order of their offsets within each.
///
/// Nothing in it is decoded before it is iterated over, and iteration copies and allocates nothing. The records keep
/// the memory alive that they were fetched into: copy what is to be kept for long.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub(super) runs: Vec<RecordRun>,
    pub(super) count: usize,
}

impl Records {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Iterates over all records.
    pub fn iter(&self) -> RecordsIter<'_> {
        RecordsIter { runs: self.runs.iter(), current: None, remaining: self.count }
    }

    /// The records of one partition after the other.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionRecords<'_>> {
        self.runs.chunk_by(|a, b| a.partition == b.partition).filter_map(|runs| {
            let first = runs.first()?;
            Some(PartitionRecords { first, runs })
        })
    }

    /// The runs of records as they lie in record batches.
    pub fn runs(&self) -> &[RecordRun] {
        &self.runs
    }

    pub(super) fn push(&mut self, run: RecordRun) {
        self.count += run.count;
        self.runs.push(run);
    }
}

impl<'a> IntoIterator for &'a Records {
    type Item = RecordView<'a>;
    type IntoIter = RecordsIter<'a>;

    fn into_iter(self) -> RecordsIter<'a> {
        self.iter()
    }
}

impl IntoIterator for Records {
    type Item = ConsumerRecord;
    type IntoIter = IntoRecords;

    fn into_iter(self) -> IntoRecords {
        let remaining = self.count;
        IntoRecords { runs: self.runs.into_iter(), current: None, remaining }
    }
}

/// Consecutive records of one partition that lie in one record batch.
///
/// They were checked before they were handed out, so iterating over them cannot fail.
#[derive(Clone, Debug)]
pub struct RecordRun {
    pub(super) partition: TopicPartition,
    pub(super) cursor: RecordCursor,
    pub(super) count: usize,
    pub(super) next_offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) timestamp_type: TimestampType,
}

impl RecordRun {
    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// How many records there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a run is never empty")]
    pub fn len(&self) -> usize {
        self.count
    }

    /// The offset after the last record.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// The epoch of the leader that wrote the records, if it is known.
    pub fn leader_epoch(&self) -> Option<i32> {
        Some(self.leader_epoch).filter(|epoch| *epoch >= 0)
    }

    /// What the timestamps tell.
    pub fn timestamp_type(&self) -> TimestampType {
        self.timestamp_type
    }

    /// Iterates over the records.
    pub fn iter(&self) -> RunIter<'_> {
        RunIter { run: self, records: self.cursor.iter(), remaining: self.count }
    }
}

impl<'a> IntoIterator for &'a RecordRun {
    type Item = RecordView<'a>;
    type IntoIter = RunIter<'a>;

    fn into_iter(self) -> RunIter<'a> {
        self.iter()
    }
}

/// The records of one partition in a [`Records`].
#[derive(Clone, Copy, Debug)]
pub struct PartitionRecords<'a> {
    first: &'a RecordRun,
    runs: &'a [RecordRun],
}

impl<'a> PartitionRecords<'a> {
    /// The partition.
    pub fn partition(&self) -> &'a TopicPartition {
        &self.first.partition
    }

    /// How many records there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "a partition without records does not appear")]
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.count).sum()
    }

    /// The offset after the last record: what to commit when all were processed.
    pub fn next_offset(&self) -> i64 {
        self.runs.last().unwrap_or(self.first).next_offset
    }

    /// The runs of records as they lie in record batches.
    pub fn runs(&self) -> &'a [RecordRun] {
        self.runs
    }

    /// Iterates over the records.
    pub fn iter(&self) -> RecordsIter<'a> {
        RecordsIter { runs: self.runs.iter(), current: None, remaining: self.len() }
    }
}

impl<'a> IntoIterator for PartitionRecords<'a> {
    type Item = RecordView<'a>;
    type IntoIter = RecordsIter<'a>;

    fn into_iter(self) -> RecordsIter<'a> {
        self.iter()
    }
}

/// Iterates over the records of a [`RecordRun`].
#[derive(Clone, Debug)]
pub struct RunIter<'a> {
    run: &'a RecordRun,
    records: RecordIter<'a>,
    remaining: usize,
}

impl<'a> Iterator for RunIter<'a> {
    type Item = RecordView<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<RecordView<'a>> {
        if self.remaining == 0 {
            return None;
        }
        self.remaining -= 1;
        match self.records.next() {
            Some(Ok(record)) => Some(RecordView { run: self.run, record }),
            // Checked when the run was made.
            Some(Err(_)) | None => None,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for RunIter<'_> {}

/// Iterates over [`Records`] by reference.
#[derive(Clone, Debug)]
pub struct RecordsIter<'a> {
    runs: std::slice::Iter<'a, RecordRun>,
    current: Option<RunIter<'a>>,
    remaining: usize,
}

impl<'a> Iterator for RecordsIter<'a> {
    type Item = RecordView<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<RecordView<'a>> {
        loop {
            if let Some(record) = self.current.as_mut().and_then(Iterator::next) {
                self.remaining -= 1;
                return Some(record);
            }
            self.next_run()?;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for RecordsIter<'_> {}

impl RecordsIter<'_> {
    #[cold]
    #[inline(never)]
    fn next_run(&mut self) -> Option<()> {
        self.current = Some(self.runs.next()?.iter());
        Some(())
    }
}

/// Iterates over [`Records`] by value: records that share memory instead of borrowing it.
#[derive(Debug)]
pub struct IntoRecords {
    runs: std::vec::IntoIter<RecordRun>,
    current: Option<RecordRun>,
    remaining: usize,
}

impl IntoRecords {
    /// The first offset of each partition that has records left.
    pub(super) fn first_offsets(&self) -> Vec<(&TopicPartition, i64)> {
        let mut firsts: Vec<(&TopicPartition, i64)> = Vec::new();
        for run in self.current.iter().chain(self.runs.as_slice()) {
            let first = run.iter().next().map(|record| record.offset());
            if let Some(first) = first.filter(|_| firsts.iter().all(|(partition, _)| **partition != run.partition)) {
                firsts.push((&run.partition, first));
            }
        }
        firsts
    }
}

impl Iterator for IntoRecords {
    type Item = ConsumerRecord;

    fn next(&mut self) -> Option<ConsumerRecord> {
        loop {
            if let Some(run) = self.current.as_mut().filter(|run| run.count > 0) {
                run.count -= 1;
                if let Some(Ok(record)) = run.cursor.next() {
                    self.remaining -= 1;
                    return Some(ConsumerRecord::new(record, run));
                }
                run.count = 0;
            }
            self.current = Some(self.runs.next()?);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for IntoRecords {}

/// A record whose key, value and headers are slices of what was fetched.
#[derive(Clone, Copy)]
pub struct RecordView<'a> {
    run: &'a RecordRun,
    record: RecordRef<'a>,
}

impl<'a> RecordView<'a> {
    /// The topic's name.
    pub fn topic(&self) -> &'a TopicName {
        &self.run.partition.topic
    }

    /// The partition's index.
    pub fn partition(&self) -> i32 {
        self.run.partition.partition
    }

    /// Topic and partition.
    pub fn topic_partition(&self) -> &'a TopicPartition {
        &self.run.partition
    }

    /// The position in the partition.
    #[inline]
    pub fn offset(&self) -> i64 {
        self.record.offset
    }

    /// Milliseconds since the epoch; -1 if there is no timestamp.
    #[inline]
    pub fn timestamp(&self) -> i64 {
        self.record.timestamp
    }

    /// What the timestamp tells.
    pub fn timestamp_type(&self) -> TimestampType {
        self.run.timestamp_type
    }

    /// The epoch of the leader that wrote the record, if it is known.
    pub fn leader_epoch(&self) -> Option<i32> {
        self.run.leader_epoch()
    }

    /// The key, if there is one.
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.record.key
    }

    /// The value; `None` is a tombstone in a compacted topic.
    #[inline]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.record.value
    }

    /// The key, sharing memory.
    pub fn key_bytes(&self) -> Option<Bytes> {
        self.record.key_bytes()
    }

    /// The value, sharing memory.
    pub fn value_bytes(&self) -> Option<Bytes> {
        self.record.value_bytes()
    }

    /// The headers in the order in which they were added.
    pub fn headers(&self) -> HeadersIter<'a> {
        HeadersIter(self.record.headers())
    }

    /// The last header of this name.
    pub fn header(&self, key: &str) -> Option<HeaderRef<'a>> {
        self.record.headers().last(key)
    }

    /// The record, sharing memory.
    pub fn to_record(&self) -> ConsumerRecord {
        ConsumerRecord::new(self.record.to_record(), self.run)
    }
}

impl fmt::Debug for RecordView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordView")
            .field("partition", &format_args!("{}", self.run.partition))
            .field("offset", &self.record.offset)
            .field("timestamp", &self.record.timestamp)
            .field("key", &self.key_bytes())
            .field("value", &self.value_bytes())
            .finish_non_exhaustive()
    }
}

/// The headers of a record, decoded one at a time.
#[derive(Clone, Copy, Debug)]
pub struct HeadersIter<'a>(Headers<'a>);

impl<'a> Iterator for HeadersIter<'a> {
    type Item = HeaderRef<'a>;

    fn next(&mut self) -> Option<HeaderRef<'a>> {
        // Checked when the run was made.
        self.0.next()?.ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl ExactSizeIterator for HeadersIter<'_> {}

/// A record that shares memory with those it was fetched with, to be kept or sent elsewhere.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsumerRecord {
    /// The topic's name.
    pub topic: TopicName,
    /// The partition's index.
    pub partition: i32,
    /// The position in the partition.
    pub offset: i64,
    /// Milliseconds since the epoch; -1 if there is no timestamp.
    pub timestamp: i64,
    /// What the timestamp tells.
    pub timestamp_type: TimestampType,
    /// The epoch of the leader that wrote the record, if it is known.
    pub leader_epoch: Option<i32>,
    /// The key, if there is one.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone in a compacted topic.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: RecordHeaders,
}

impl ConsumerRecord {
    fn new(record: Record, run: &RecordRun) -> Self {
        Self {
            topic: run.partition.topic.clone(),
            partition: run.partition.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            timestamp_type: run.timestamp_type,
            leader_epoch: run.leader_epoch(),
            key: record.key,
            value: record.value,
            headers: record.headers,
        }
    }

    /// Topic and partition.
    pub fn topic_partition(&self) -> TopicPartition {
        TopicPartition { topic: self.topic.clone(), partition: self.partition }
    }
}
