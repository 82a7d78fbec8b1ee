//! What one fetch response has for one partition, and how it becomes records.

use std::collections::HashSet;

use bytes::Bytes;
use ottla_protocol::{
    compression::Decompressor,
    messages::fetch::AbortedTransaction,
    record::{
        Batch, BatchError, RecordBatch, RecordCursor, RecordError, RecordIter, TimestampType,
        control::{ControlRecord, ControlRecordType},
    },
    types::ProducerId,
};

use crate::{
    TopicPartition,
    consumer::{position::Position, records::RecordRun},
};

/// The bytes of one partition from one response, not decoded.
#[derive(Clone, Debug)]
pub(in crate::consumer) struct Chunk {
    pub(in crate::consumer) partition: TopicPartition,
    /// The version of the partition's position that it was fetched for.
    pub(in crate::consumer) version: u64,
    /// The first offset wanted: a broker returns the whole batch that holds it.
    pub(in crate::consumer) offset: i64,
    pub(in crate::consumer) bytes: Bytes,
    /// Aborted transactions with records in it; none when uncommitted records are read.
    pub(in crate::consumer) aborted: Vec<AbortedTransaction>,
}

/// Where the whole batches in `bytes` end: the position after them. `None` if there is no whole batch.
pub(in crate::consumer) fn position_after(bytes: &Bytes) -> Result<Option<Position>, BatchError> {
    let mut rest = bytes.clone();
    let mut end = None;
    while !rest.is_empty() {
        match Batch::take(&mut rest) {
            Ok(batch) => end = Some(Position::new(batch.next_offset(), leader_epoch(&batch))),
            // A broker cuts its answer off at the size that was asked for.
            Err(BatchError::Truncated { .. }) => break,
            // What comes before is good; the reader meets the same error in its turn.
            Err(_) if end.is_some() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(end)
}

fn leader_epoch(batch: &Batch) -> i32 {
    batch.as_v2().map_or(-1, |batch| batch.header().partition_leader_epoch)
}

/// Why a batch cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub(in crate::consumer) enum ChunkError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Turns a chunk into runs of records, one batch at a time.
#[derive(Debug)]
pub(in crate::consumer) struct ChunkReader {
    chunk: Chunk,
    rest: Bytes,
    /// What was read so far ends here.
    position: Position,
    current: Option<OpenBatch>,
    tally: Tally,
    /// Aborted transactions that begin later, the next one last.
    later_aborted: Vec<AbortedTransaction>,
    /// Producers whose transaction, here, is one that was aborted.
    aborted: HashSet<ProducerId>,
    read_committed: bool,
    check_crcs: bool,
}

/// Batches read since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::consumer) struct Tally {
    /// Batches with records for the application.
    pub(in crate::consumer) batches: u64,
    pub(in crate::consumer) control_batches: u64,
    pub(in crate::consumer) aborted_batches: u64,
    pub(in crate::consumer) aborted_records: u64,
}

#[derive(Debug)]
struct OpenBatch {
    cursor: RecordCursor,
    leader_epoch: i32,
    timestamp_type: TimestampType,
    next_offset: i64,
}

impl ChunkReader {
    pub(in crate::consumer) fn new(chunk: Chunk, read_committed: bool, check_crcs: bool) -> Self {
        let mut later_aborted = chunk.aborted.clone();
        // Not every broker sorts the list, and out of order it would let aborted records through.
        later_aborted.sort_unstable_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self {
            rest: chunk.bytes.clone(),
            position: Position::new(chunk.offset, -1),
            chunk,
            current: None,
            tally: Tally::default(),
            later_aborted,
            aborted: HashSet::new(),
            read_committed,
            check_crcs,
        }
    }

    /// The chunk again, to be read from here on.
    pub(in crate::consumer) fn into_chunk(self) -> Chunk {
        Chunk { offset: self.position.offset, ..self.chunk }
    }

    pub(in crate::consumer) fn partition(&self) -> &TopicPartition {
        &self.chunk.partition
    }

    pub(in crate::consumer) fn version(&self) -> u64 {
        self.chunk.version
    }

    pub(in crate::consumer) fn size_bytes(&self) -> usize {
        self.chunk.bytes.len()
    }

    /// The position after what was read; its epoch is -1 before the first batch.
    pub(in crate::consumer) fn position(&self) -> Position {
        self.position
    }

    pub(in crate::consumer) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// The next run of at most `max` records, or `None` at the end.
    pub(in crate::consumer) fn next(
        &mut self,
        max: usize,
        decompressor: &mut Decompressor,
    ) -> Result<Option<RecordRun>, ChunkError> {
        loop {
            if let Some(batch) = self.current.as_mut() {
                let run = batch.take(&self.chunk.partition, max, self.position.offset)?;
                if let Some(run) = run {
                    self.position = Position::new(run.next_offset.max(self.position.offset), run.leader_epoch);
                    return Ok(Some(run));
                }
                // A compacted batch may have lost its last records, or all of them.
                self.position = Position::new(batch.next_offset.max(self.position.offset), batch.leader_epoch);
                self.current = None;
            }
            if !self.open_next(decompressor)? {
                return Ok(None);
            }
        }
    }

    /// Opens the next batch with data. False at the end.
    fn open_next(&mut self, decompressor: &mut Decompressor) -> Result<bool, ChunkError> {
        while !self.rest.is_empty() {
            let batch = match Batch::take(&mut self.rest) {
                Ok(batch) => batch,
                Err(BatchError::Truncated { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            if batch.next_offset() <= self.position.offset {
                // Read before, but a transaction that ends here must not be taken to go on.
                self.is_hidden(&batch, decompressor)?;
                continue;
            }
            if self.check_crcs {
                batch.verify_crc()?;
            }
            let epoch = leader_epoch(&batch);
            if self.is_hidden(&batch, decompressor)? {
                self.tally.pass_over(&batch);
                self.position = Position::new(batch.next_offset(), epoch);
                continue;
            }
            self.tally.batches += 1;
            self.current = Some(OpenBatch {
                cursor: batch.records(decompressor)?.into_iter(),
                leader_epoch: epoch,
                timestamp_type: batch.as_v2().map_or(TimestampType::CreateTime, |b| b.attributes().timestamp_type()),
                next_offset: batch.next_offset(),
            });
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether a batch has no records for the application: it is a control batch, or part of an aborted transaction.
    fn is_hidden(&mut self, batch: &Batch, decompressor: &mut Decompressor) -> Result<bool, ChunkError> {
        let Some(batch) = batch.as_v2() else { return Ok(false) };
        if !self.read_committed {
            return Ok(batch.is_control());
        }
        self.begin_aborted_until(batch.last_offset());
        if batch.is_control() {
            self.end_aborted(batch, decompressor)?;
            return Ok(true);
        }
        Ok(batch.is_transactional() && self.aborted.contains(&ProducerId(batch.header().producer_id)))
    }

    fn begin_aborted_until(&mut self, last_offset: i64) {
        while let Some(transaction) = self.later_aborted.pop_if(|next| next.first_offset <= last_offset) {
            self.aborted.insert(transaction.producer_id);
        }
    }

    fn end_aborted(&mut self, batch: &RecordBatch, decompressor: &mut Decompressor) -> Result<(), ChunkError> {
        let records = batch.records(decompressor)?;
        let Some(marker) = records.iter().next().transpose()? else { return Ok(()) };
        // A marker of a kind that is not known yet ends nothing.
        if ControlRecord::parse_type(marker.key).is_ok_and(|kind| kind == ControlRecordType::ABORT) {
            self.aborted.remove(&ProducerId(batch.header().producer_id));
        }
        Ok(())
    }
}

impl Tally {
    fn pass_over(&mut self, hidden: &Batch) {
        let Some(batch) = hidden.as_v2() else { return };
        if batch.is_control() {
            self.control_batches += 1;
        } else {
            self.aborted_batches += 1;
            self.aborted_records += u64::from(batch.record_count().unsigned_abs());
        }
    }
}

impl OpenBatch {
    /// At most `max` records from `offset` on, each checked, or `None` if there are no more.
    fn take(&mut self, partition: &TopicPartition, max: usize, offset: i64) -> Result<Option<RecordRun>, RecordError> {
        let mut start = self.cursor.clone();
        let Walked { before, count, last } = self.cursor.advance(|records| walk(records, max, offset))?;
        start.advance(|records| records.by_ref().take(before).for_each(drop));
        Ok((count > 0).then(|| RecordRun {
            partition: partition.clone(),
            cursor: start,
            count,
            next_offset: last.wrapping_add(1),
            leader_epoch: self.leader_epoch,
            timestamp_type: self.timestamp_type,
        }))
    }
}

/// What was found of a batch.
struct Walked {
    /// Records before the wanted offset.
    before: usize,
    /// Records from there on.
    count: usize,
    /// The offset of the last one.
    last: i64,
}

/// Checks at most `max` records from `offset` on, and passes over those before it.
fn walk(records: &mut RecordIter<'_>, max: usize, offset: i64) -> Result<Walked, RecordError> {
    let mut walked = Walked { before: 0, count: 0, last: offset };
    while walked.count < max {
        let Some(record) = records.next() else { break };
        let record = record?;
        if record.offset < offset {
            walked.before += 1;
            continue;
        }
        if !record.headers().is_empty() {
            check_headers(record.headers())?;
        }
        walked.last = record.offset;
        walked.count += 1;
    }
    Ok(walked)
}

#[inline(never)]
fn check_headers(headers: ottla_protocol::record::Headers<'_>) -> Result<(), RecordError> {
    headers.into_iter().try_for_each(|header| header.map(drop))
}

#[cfg(test)]
mod tests {
    use ottla_protocol::record::{BatchSettings, ProducerStamp, RecordBatchBuilder, control::control_batch};

    use super::*;

    /// A batch of records with the offsets from `base_offset` on, of a transaction if there is a producer.
    fn batch(base_offset: i64, count: usize, producer_id: Option<i64>) -> Bytes {
        let mut builder = RecordBatchBuilder::new(settings(base_offset, producer_id));
        for _ in 0..count {
            builder.append(7, None, Some(b"v"), []).unwrap();
        }
        builder.seal_uncompressed()
    }

    fn settings(base_offset: i64, producer_id: Option<i64>) -> BatchSettings {
        BatchSettings {
            base_offset,
            partition_leader_epoch: 3,
            transactional: producer_id.is_some(),
            producer: ProducerStamp { producer_id: producer_id.unwrap_or(-1), producer_epoch: 0, base_sequence: 0 },
            ..BatchSettings::default()
        }
    }

    fn marker(offset: i64, producer_id: i64, kind: ControlRecordType) -> Bytes {
        control_batch(settings(offset, Some(producer_id)), 7, kind, &[0; 6]).unwrap()
    }

    fn chunk(offset: i64, batches: &[Bytes], aborted: &[(i64, i64)]) -> Chunk {
        let aborted = aborted
            .iter()
            .map(|(producer, first)| AbortedTransaction { producer_id: ProducerId(*producer), first_offset: *first });
        Chunk {
            partition: TopicPartition::new("t", 0),
            version: 1,
            offset,
            bytes: batches.concat().into(),
            aborted: aborted.collect(),
        }
    }

    /// The offsets that are handed out, and the position after them.
    fn read(reader: &mut ChunkReader, max: usize) -> (Vec<i64>, i64) {
        let mut offsets = Vec::new();
        while let Some(run) = reader.next(max, &mut Decompressor::default()).unwrap() {
            offsets.extend(run.iter().map(|record| record.offset()));
        }
        (offsets, reader.position().offset)
    }

    fn read_committed(chunk: Chunk) -> (Vec<i64>, i64) {
        read(&mut ChunkReader::new(chunk, true, true), 100)
    }

    /// Producers 1 and 2 abort and then commit, interleaved.
    fn transactions() -> Vec<Bytes> {
        vec![
            batch(0, 2, Some(1)),
            batch(2, 1, Some(2)),
            batch(3, 1, None),
            marker(4, 1, ControlRecordType::ABORT),
            batch(5, 2, Some(1)),
            marker(7, 2, ControlRecordType::ABORT),
            batch(8, 1, Some(2)),
            marker(9, 2, ControlRecordType::COMMIT),
            marker(10, 1, ControlRecordType::COMMIT),
        ]
    }

    #[test]
    fn aborted_records_are_hidden_in_whatever_order_the_broker_lists_them() {
        for aborted in [[(1, 0), (2, 2)], [(2, 2), (1, 0)]] {
            assert_eq!(read_committed(chunk(0, &transactions(), &aborted)), (vec![3, 5, 6, 8], 11));
        }
    }

    #[test]
    fn uncommitted_reads_hide_only_markers() {
        let mut reader = ChunkReader::new(chunk(0, &transactions(), &[]), false, true);
        assert_eq!(read(&mut reader, 100), (vec![0, 1, 2, 3, 5, 6, 8], 11));
    }

    #[test]
    fn a_chunk_that_is_put_back_still_knows_which_transactions_have_ended() {
        let mut reader = ChunkReader::new(chunk(0, &transactions(), &[(1, 0), (2, 2)]), true, true);
        for expected in [3, 5, 6, 8] {
            let run = reader.next(1, &mut Decompressor::default()).unwrap().unwrap();
            assert_eq!(run.iter().next().unwrap().offset(), expected);
            reader = ChunkReader::new(reader.into_chunk(), true, true);
        }
        assert_eq!(read(&mut reader, 100), (vec![], 11));
    }

    #[test]
    fn records_before_the_wanted_offset_are_left_out() {
        assert_eq!(read_committed(chunk(12, &[batch(10, 5, None)], &[])), (vec![12, 13, 14], 15));
    }

    #[test]
    fn a_run_has_no_more_than_what_is_asked_for() {
        let mut reader = ChunkReader::new(chunk(0, &[batch(0, 5, None)], &[]), false, true);
        let mut next = || reader.next(2, &mut Decompressor::default()).unwrap().map(|run| run.iter().len());
        assert_eq!([next(), next(), next(), next()], [Some(2), Some(2), Some(1), None]);
    }

    #[test]
    fn a_batch_that_is_cut_off_is_left_and_a_damaged_one_is_an_error() {
        let (whole, mut damaged) = (batch(0, 2, None), batch(2, 2, None).to_vec());
        let cut: Bytes = damaged[..damaged.len() - 1].to_vec().into();
        assert_eq!(read_committed(chunk(0, &[whole.clone(), cut.clone()], &[])), (vec![0, 1], 2));
        assert_eq!(position_after(&[whole.clone(), cut].concat().into()).unwrap(), Some(Position::new(2, 3)));
        *damaged.last_mut().unwrap() ^= 1;
        let mut reader = ChunkReader::new(chunk(0, &[whole, damaged.into()], &[]), true, true);
        assert!(reader.next(100, &mut Decompressor::default()).unwrap().is_some());
        assert!(reader.next(100, &mut Decompressor::default()).is_err());
        assert_eq!(reader.position().offset, 2, "what was good is read");
    }
}
