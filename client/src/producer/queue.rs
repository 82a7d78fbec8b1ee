//! One partition's batches, from the open one to those under way. Pure: time, memory and results come in as arguments.
//!
//! ```text
//! append -> open -> full -> (sealed) in flight -> settled
//!                               ^          |
//!                               +- retries <+
//! ```
//!
//! A batch is sealed only when it is taken to be sent, so it goes on growing while the broker is busy. Sequences are
//! given out at that moment too; from then on the batch's bytes do not change unless the epoch does.
//!
//! Recovery: once a batch has to be sent again, nothing new leaves until every batch under way has its answer, and those
//! that failed leave first, in order. A batch that failed for good leaves a hole in the sequences; the queue then goes on
//! to the next producer epoch and numbers what is left from 0. Epochs are compared per partition on the broker, so the
//! other partitions are not concerned.
//!
//! A broker that knows nothing of a producer takes any sequence for its first. So the first batch of a producer leaves
//! alone: where it was refused, by a leader that does not know yet that it leads say, those behind it would be written
//! before it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use ottla_protocol::{
    compression::{CompressionSettings, Compressor},
    error_code::ErrorCode,
    record::{BatchSettings, HEADER_LEN, ProducerStamp, RecordBatch, RecordBatchBuilder, stamp},
    types::{ProducerId, TopicName},
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tracing::{Span, field};

use super::{
    Record,
    buffers::BatchBuffers,
    delivery::{BatchCell, DeliveryErrorKind},
    metrics::ProducerCounters,
};

/// What all partitions of a topic share.
#[derive(Clone, Debug)]
pub(crate) struct QueueSettings {
    /// Bytes from which on a batch is sent without waiting for more.
    pub(crate) batch_size: usize,
    /// Bytes that a batch may grow to while it waits for its turn.
    pub(crate) max_batch_bytes: usize,
    pub(crate) linger: Duration,
    pub(crate) delivery_timeout: Duration,
    pub(crate) retry_backoff: Duration,
    pub(crate) retry_backoff_max: Duration,
    pub(crate) retries: u32,
    pub(crate) idempotent: bool,
    pub(crate) compression: CompressionSettings,
    pub(crate) counters: Arc<ProducerCounters>,
    pub(crate) buffers: Arc<BatchBuffers>,
}

/// The batches of one partition.
#[derive(Debug)]
pub(crate) struct PartitionQueue {
    topic: TopicName,
    partition: i32,
    settings: Arc<QueueSettings>,
    open: Option<OpenBatch>,
    full: VecDeque<OpenBatch>,
    /// The batch that a sender is sealing, outside of the lock.
    sealing: Option<Arc<BatchCell>>,
    retries: VecDeque<SealedBatch>,
    in_flight: VecDeque<SealedBatch>,
    identity: Option<Identity>,
    /// Whether the leader has written a batch of this producer, and so takes none but the next, or the first of another
    /// epoch.
    introduced: bool,
    /// A producer id whose epochs are used up.
    exhausted: Option<ProducerId>,
    /// Batches failed and those under way have yet to be answered.
    recovering: bool,
    /// How many batches at the back of `retries` were under way before the failure, and so are older than those in front.
    requeued: usize,
    /// The sequences have a hole: number anew in the next epoch.
    renumber: bool,
    not_before: Option<Instant>,
    /// What the broker takes, if it refused a larger batch.
    max_batch_bytes: usize,
    /// How large the last batch became: the next one begins with as much room.
    typical_bytes: usize,
    /// Whether a sender task has the partition on its list.
    pub(crate) listed: bool,
}

/// Who an idempotent producer is to this partition's leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    producer_id: ProducerId,
    epoch: i16,
    next_sequence: i32,
}

/// A batch that takes records.
#[derive(Debug)]
pub(crate) struct OpenBatch {
    builder: RecordBatchBuilder,
    cell: Arc<BatchCell>,
    created: Instant,
    permit: OwnedSemaphorePermit,
    sequence: ProducerStamp,
    counters: Arc<ProducerCounters>,
}

/// A batch whose bytes are final.
#[derive(Debug)]
pub(crate) struct SealedBatch {
    bytes: Bytes,
    records: i32,
    cell: Arc<BatchCell>,
    created: Instant,
    stamp: ProducerStamp,
    attempts: u32,
    possibly_written: bool,
    last_error: Option<String>,
    /// Memory is free again when this goes.
    permit: Arc<OwnedSemaphorePermit>,
    counters: Arc<ProducerCounters>,
    /// Lives as long as the batch.
    span: Span,
}

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Append {
    /// It is in a batch.
    Done {
        /// The batch.
        cell: Arc<BatchCell>,
        /// Its place in the batch.
        index: u32,
        /// Bytes that it takes.
        bytes: usize,
        /// Whether a sender that waits should look again: a batch was begun, so its linger counts, or has become full.
        wake: bool,
        /// Whether the batch holds `batch.size` bytes, or is the first after one that does.
        full: bool,
        /// Whether the partition has to be put on a sender's list.
        list: bool,
    },
    /// It needs this many bytes of memory first.
    NeedsMemory(usize),
    /// It is larger than any batch may be.
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// What may be.
        max: usize,
    },
}

/// While a request is under way, a batch that is not full leaves no sooner than this after it. A broker spends much the
/// same on a request with one record as on one with a hundred, so that many small ones make each wait for the others: on
/// a broker near by, the answer is there before the time is over.
pub(crate) const SMALL_BATCH_INTERVAL: Duration = Duration::from_millis(1);

/// How long a batch that is not full waits for more records.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Linger {
    /// No longer.
    Over,
    /// As long as `linger.ms` says.
    Counts,
    /// As long, and until then, but no more than [`SMALL_BATCH_INTERVAL`] longer: full batches of other partitions may
    /// put it off again and again.
    AtLeastUntil(Instant),
}

/// What a partition has to send.
#[derive(Debug)]
pub(crate) enum Next {
    /// A batch to send again as it is; it counts as under way.
    Resend(Bytes),
    /// A batch to seal, and then to hand to [`PartitionQueue::sent`] or [`PartitionQueue::not_sealed`].
    Seal(OpenBatch),
    /// Nothing before this time.
    At(Instant),
    /// Nothing before an answer comes.
    Blocked,
    /// Nothing before a producer id is known, which must not be this one: its epochs are used up.
    NeedsIdentity(Option<ProducerId>),
    /// Nothing at all.
    Empty,
}

/// What a produce request says about one batch.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is written.
    Written {
        /// Offset of its first record, or -1 where nobody tells.
        base_offset: i64,
        /// The broker's timestamp, or -1.
        log_append_time_ms: i64,
    },
    /// The broker answered with an error.
    Refused {
        /// Which.
        code: ErrorCode,
        /// In words.
        message: Option<String>,
        /// For single records.
        record_messages: Vec<(i32, Option<String>)>,
    },
    /// There was no answer.
    Lost {
        /// Why.
        error: String,
        /// Whether it may have been written.
        possibly_written: bool,
        /// Whether sending it again may help.
        retriable: bool,
        /// For the caller, if not.
        kind: DeliveryErrorKind,
    },
}

impl OpenBatch {
    /// Makes the bytes final. Compression happens here, outside of any lock.
    pub(crate) fn seal(mut self, compressor: &mut Compressor) -> Result<SealedBatch, Box<(Self, String)>> {
        let records = self.builder.record_count();
        let uncompressed_bytes = self.builder.size_bytes() as u64;
        match self.builder.seal(compressor) {
            Ok(bytes) => {
                self.counters.records.add(records.unsigned_abs().into());
                self.counters.uncompressed_bytes.add(uncompressed_bytes);
                Ok(SealedBatch {
                    span: batch_span(&self.cell, &bytes, records, self.sequence),
                    bytes,
                    records,
                    cell: self.cell,
                    created: self.created,
                    stamp: self.sequence,
                    attempts: 1,
                    possibly_written: false,
                    last_error: None,
                    permit: Arc::new(self.permit),
                    counters: self.counters,
                })
            }
            Err(error) => Err(Box::new((self, error.to_string()))),
        }
    }

    /// Gives up on it.
    pub(crate) fn fail(mut self, kind: DeliveryErrorKind) {
        // Without a codec, sealing cannot fail; a batch that does would only lose what it could give back.
        let records = self.builder.record_count();
        let batch = self.uncompressed();
        let count = || self.counters.records_failed.add(records.unsigned_abs().into());
        self.cell.fail(kind, false, batch, Vec::new(), count);
    }

    fn uncompressed(&mut self) -> Bytes {
        let settings = BatchSettings { compression: CompressionSettings::default(), ..*self.builder.settings() };
        let mut plain = RecordBatchBuilder::new(settings);
        std::mem::swap(&mut plain, &mut self.builder);
        plain.seal_uncompressed()
    }
}

impl SealedBatch {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Tells it, and leaves the bytes.
    fn deliver(self, base_offset: i64, log_append_time_ms: i64) -> Bytes {
        self.span.record("attempts", self.attempts).record("base_offset", base_offset);
        let count = || self.counters.records_delivered.add(self.records.unsigned_abs().into());
        self.cell.deliver(base_offset, log_append_time_ms, count);
        self.bytes
    }

    fn fail(self, kind: DeliveryErrorKind, record_messages: Vec<(i32, Option<String>)>) {
        self.fail_in_place(kind, self.possibly_written, record_messages);
    }

    fn fail_in_place(
        &self,
        kind: DeliveryErrorKind,
        possibly_written: bool,
        record_messages: Vec<(i32, Option<String>)>,
    ) {
        self.span.record("attempts", self.attempts).record("error", field::display(&kind));
        let count = || self.counters.records_failed.add(self.records.unsigned_abs().into());
        self.cell.fail(kind, possibly_written, self.bytes.clone(), record_messages, count);
    }
}

fn batch_span(cell: &BatchCell, bytes: &Bytes, records: i32, stamp: ProducerStamp) -> Span {
    tracing::trace_span!(
        parent: None,
        "batch",
        topic = %cell.topic(),
        partition = cell.partition(),
        records,
        bytes = bytes.len(),
        base_sequence = stamp.base_sequence,
        attempts = field::Empty,
        base_offset = field::Empty,
        error = field::Empty,
    )
}

impl PartitionQueue {
    pub(crate) fn new(topic: TopicName, partition: i32, settings: Arc<QueueSettings>) -> Self {
        Self {
            topic,
            partition,
            open: None,
            full: VecDeque::new(),
            sealing: None,
            retries: VecDeque::new(),
            in_flight: VecDeque::new(),
            identity: None,
            introduced: false,
            exhausted: None,
            recovering: false,
            requeued: 0,
            renumber: false,
            not_before: None,
            max_batch_bytes: settings.max_batch_bytes,
            typical_bytes: 0,
            listed: false,
            settings,
        }
    }

    /// Encodes a record behind the others. `reserve` gets memory at once or not at all.
    #[inline]
    pub(crate) fn append(
        &mut self,
        record: &Record<'_>,
        timestamp_ms: i64,
        now: impl FnOnce() -> Instant,
        reserve: impl FnOnce(usize) -> Option<OwnedSemaphorePermit>,
    ) -> Append {
        match self.append_to_open(record, timestamp_ms) {
            Some(done) => done,
            None => self.append_with_more_room(record, timestamp_ms, now, reserve),
        }
    }

    /// `None` if the open batch has no room, or there is none.
    #[inline]
    fn append_to_open(&mut self, record: &Record<'_>, timestamp_ms: i64) -> Option<Append> {
        let batch_size = self.settings.batch_size;
        let open = self.open.as_mut()?;
        let before = open.builder.size_bytes();
        let limit = open.permit.num_permits().min(self.max_batch_bytes);
        let headers = record.headers.iter().copied();
        // An error is one of the format's own limits, far beyond any batch that is sent: another batch is needed.
        let index = open.builder.append_within(limit, timestamp_ms, record.key, record.value, headers).ok()??;
        let after = open.builder.size_bytes();
        Some(Append::Done {
            cell: open.cell.clone(),
            index: index.cast_unsigned(),
            bytes: after - before,
            wake: before < batch_size && after >= batch_size,
            full: after >= batch_size,
            list: !std::mem::replace(&mut self.listed, true),
        })
    }

    fn append_with_more_room(
        &mut self,
        record: &Record<'_>,
        timestamp_ms: i64,
        now: impl FnOnce() -> Instant,
        reserve: impl FnOnce(usize) -> Option<OwnedSemaphorePermit>,
    ) -> Append {
        let size = record_bytes_bound(record);
        let max = self.settings.max_batch_bytes;
        if size > max {
            return Append::TooLarge { size, max };
        }
        // Memory first: a record that has to wait for it leaves everything as it was.
        let chunk = self.settings.batch_size.max(size);
        let Some(permit) = reserve(chunk) else { return Append::NeedsMemory(chunk) };
        // `batch.size` 0 asks for a batch per record.
        let may_grow = |open: &&mut OpenBatch| open.builder.size_bytes() + size <= self.max_batch_bytes;
        let grow = self.settings.batch_size > 0;
        let begun = match self.open.as_mut().filter(|_| grow).filter(may_grow) {
            Some(open) => {
                open.permit.merge(permit);
                false
            }
            None => {
                self.close_open();
                self.open = Some(self.new_batch(now(), permit, size));
                true
            }
        };
        match self.append_to_open(record, timestamp_ms) {
            Some(Append::Done { cell, index, bytes, list, wake, full }) => {
                Append::Done { cell, index, bytes, wake: wake || begun, full: full || begun, list }
            }
            _ => Append::TooLarge { size, max },
        }
    }

    fn new_batch(&self, now: Instant, permit: OwnedSemaphorePermit, first_record: usize) -> OpenBatch {
        let settings = BatchSettings { compression: self.settings.compression, ..BatchSettings::default() };
        // A partition that fills its batches has its room from the start; one that does not wastes little.
        let room = self.typical_bytes.clamp(1024, self.max_batch_bytes.max(1024)).max(first_record);
        OpenBatch {
            builder: RecordBatchBuilder::with_buffer(settings, self.settings.buffers.take(room)),
            cell: BatchCell::new(self.topic.clone(), self.partition),
            created: now,
            permit,
            sequence: ProducerStamp::NONE,
            counters: self.settings.counters.clone(),
        }
    }

    fn close_open(&mut self) {
        if let Some(open) = self.open.take() {
            self.typical_bytes = open.builder.size_bytes();
            self.full.push_back(open);
        }
    }

    /// The next thing to do for a sender.
    pub(crate) fn next(&mut self, now: Instant, linger: Linger) -> Next {
        if self.is_empty() {
            return Next::Empty;
        }
        if self.recovering {
            if !self.in_flight.is_empty() {
                return Next::Blocked;
            }
            self.recovering = false;
            self.restore_order();
        }
        if let Some(at) = self.not_before.filter(|at| *at > now) {
            return Next::At(at);
        }
        self.not_before = None;
        // What may be written already must keep its sequences until the broker has said whether it is: under another
        // epoch it would not be told from a new batch.
        let unresolved = self.retries.iter().any(|batch| batch.possibly_written);
        if self.renumber && !unresolved {
            if !self.in_flight.is_empty() {
                return Next::Blocked;
            }
            if !self.renumber_retries() {
                return Next::NeedsIdentity(self.exhausted);
            }
        }
        if self.settings.idempotent && !self.introduced && !self.in_flight.is_empty() {
            return Next::Blocked;
        }
        if let Some(batch) = self.retries.pop_front() {
            let bytes = batch.bytes.clone();
            self.in_flight.push_back(batch);
            return Next::Resend(bytes);
        }
        self.next_new(now, linger)
    }

    fn next_new(&mut self, now: Instant, linger: Linger) -> Next {
        if self.full.is_empty() {
            let Some(open) = &self.open else {
                return if self.in_flight.is_empty() { Next::Empty } else { Next::Blocked };
            };
            let due = open.created + self.settings.linger;
            let due = match linger {
                Linger::Over => now,
                Linger::Counts => due,
                Linger::AtLeastUntil(at) => due.max(at.min(due + SMALL_BATCH_INTERVAL)),
            };
            if open.builder.size_bytes() < self.settings.batch_size && due > now {
                return Next::At(due);
            }
        }
        let stamp = match (&mut self.identity, self.settings.idempotent) {
            (_, false) => ProducerStamp::NONE,
            (None, true) => return Next::NeedsIdentity(self.exhausted),
            (Some(identity), true) => {
                let front = self.full.front().or(self.open.as_ref());
                identity.take(front.map_or(0, |batch| batch.builder.record_count()))
            }
        };
        if self.full.is_empty() {
            self.close_open();
        }
        match self.full.pop_front() {
            Some(mut batch) => {
                batch.builder.set_producer(stamp);
                batch.sequence = stamp;
                self.sealing = Some(batch.cell.clone());
                Next::Seal(batch)
            }
            None => Next::Empty,
        }
    }

    /// A sealed batch is on its way.
    pub(crate) fn sent(&mut self, batch: SealedBatch) {
        self.sealing = None;
        self.in_flight.push_back(batch);
    }

    /// A batch that was taken could not be sealed.
    pub(crate) fn not_sealed(&mut self, batch: OpenBatch, reason: String) {
        self.sealing = None;
        batch.fail(DeliveryErrorKind::Compress(reason));
        self.leave_hole();
    }

    /// The producer's id and epoch to number batches with from now on.
    pub(crate) fn set_identity(&mut self, producer_id: ProducerId, epoch: i16) {
        let new = self.identity.is_none_or(|identity| identity.producer_id != producer_id);
        if new && self.exhausted != Some(producer_id) {
            self.identity = Some(Identity { producer_id, epoch, next_sequence: 0 });
            self.introduced = false;
        }
    }

    /// The oldest batch under way has its answer. Says whether metadata seems out of date.
    pub(crate) fn complete(&mut self, now: Instant, outcome: Outcome) -> bool {
        let Some(mut batch) = self.in_flight.pop_front() else { return false };
        match outcome {
            Outcome::Written { base_offset, log_append_time_ms } => {
                self.introduced = true;
                self.settings.buffers.give_back(batch.deliver(base_offset, log_append_time_ms));
                false
            }
            Outcome::Refused { code: ErrorCode::DUPLICATE_SEQUENCE_NUMBER, .. } => {
                // Written by an earlier attempt whose offset the broker does not remember any more.
                self.introduced = true;
                batch.deliver(-1, -1);
                false
            }
            Outcome::Refused { code, message, record_messages } => {
                batch.last_error = Some(code.to_string());
                self.refused(now, batch, code, message, record_messages);
                code.invalidates_metadata()
            }
            Outcome::Lost { error, possibly_written, retriable, kind } => {
                batch.possibly_written |= possibly_written;
                batch.last_error = Some(error);
                if retriable {
                    self.retry(now, batch);
                } else {
                    batch.fail(kind, Vec::new());
                    self.leave_hole();
                }
                true
            }
        }
    }

    fn refused(
        &mut self,
        now: Instant,
        mut batch: SealedBatch,
        code: ErrorCode,
        message: Option<String>,
        record_messages: Vec<(i32, Option<String>)>,
    ) {
        let after_a_failure = self.recovering || self.renumber;
        match code {
            // An earlier batch is gone, and may be written itself; so may this one be, if the broker remembers only
            // batches behind it. Under another epoch it would be written once more.
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
                if self.renumber && batch.possibly_written && !self.is_newest(&batch) =>
            {
                batch.fail(DeliveryErrorKind::Refused { code, message }, record_messages);
                self.leave_hole();
            }
            // The gap before it is an earlier batch that will be sent again first, or one that is gone.
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER if after_a_failure => {
                // A broker knows at least the last batch that it wrote, so it would know this one.
                batch.possibly_written &= !self.is_newest(&batch);
                self.recovering = true;
                self.requeue(batch);
            }
            ErrorCode::INVALID_PRODUCER_EPOCH if after_a_failure && !batch.possibly_written => {
                self.recovering = true;
                self.requeue(batch);
            }
            // The broker has lost the end of its log, or what it knew of this producer.
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER if !batch.possibly_written => {
                self.introduced = false;
                self.leave_hole();
                self.retry(now, batch);
            }
            // The broker has forgotten this producer: it is nobody's duplicate under a new epoch.
            ErrorCode::UNKNOWN_PRODUCER_ID => {
                batch.possibly_written = false;
                self.introduced = false;
                self.leave_hole();
                self.retry(now, batch);
            }
            ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE if batch.records > 1 => {
                self.split(batch);
            }
            _ if code.is_retriable() => {
                batch.possibly_written |=
                    matches!(code, ErrorCode::REQUEST_TIMED_OUT | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND);
                self.retry(now, batch);
            }
            _ => {
                batch.fail(DeliveryErrorKind::Refused { code, message }, record_messages);
                self.leave_hole();
            }
        }
    }

    /// Whether no batch was numbered behind it.
    fn is_newest(&self, batch: &SealedBatch) -> bool {
        let end = advance(batch.stamp.base_sequence, batch.records);
        self.identity.is_some_and(|Identity { producer_id, epoch, next_sequence }| {
            (producer_id.0, epoch, next_sequence) == (batch.stamp.producer_id, batch.stamp.producer_epoch, end)
        })
    }

    fn retry(&mut self, now: Instant, mut batch: SealedBatch) {
        let last = batch.last_error.clone().unwrap_or_default();
        if batch.attempts > self.settings.retries {
            let attempts = batch.attempts;
            batch.fail(DeliveryErrorKind::Retries { attempts, last }, Vec::new());
            self.leave_hole();
            return;
        }
        tracing::debug!(topic = %self.topic, partition = self.partition, error = last, "batch will be sent again");
        let doublings = batch.attempts.saturating_sub(1).min(16);
        let backoff = self.settings.retry_backoff.saturating_mul(1 << doublings).min(self.settings.retry_backoff_max);
        // The first failure of a row sets the pace: those behind it failed with it.
        self.not_before.get_or_insert(now + backoff);
        batch.attempts += 1;
        self.recovering = true;
        self.requeue(batch);
    }

    /// Puts a batch in line to be sent again.
    fn requeue(&mut self, batch: SealedBatch) {
        self.retries.push_back(batch);
        self.requeued += 1;
    }

    /// What was under way is older than what was still in line, so it goes first again.
    fn restore_order(&mut self) {
        let requeued = std::mem::take(&mut self.requeued).min(self.retries.len());
        self.retries.rotate_right(requeued);
    }

    /// A batch with sequences is gone, so what follows must be numbered anew.
    fn leave_hole(&mut self) {
        if self.settings.idempotent {
            self.renumber = true;
            self.recovering = true;
        }
    }

    /// Goes on to the next epoch. `false` if that needs a new producer id.
    fn renumber_retries(&mut self) -> bool {
        let Some(identity) = &mut self.identity else { return false };
        let Some(epoch) = identity.epoch.checked_add(1) else {
            self.exhausted = Some(identity.producer_id);
            self.identity = None;
            return false;
        };
        *identity = Identity { epoch, next_sequence: 0, ..*identity };
        for batch in &mut self.retries {
            let stamp = identity.take(batch.records);
            batch.stamp = stamp;
            // Its own bytes were a batch before, so this does not fail.
            if let Ok(bytes) = stamp::with_producer(batch.bytes.clone(), stamp) {
                batch.bytes = bytes;
            }
        }
        self.renumber = false;
        true
    }

    /// Cuts a batch that the broker finds too large in two, which keep its sequences.
    fn split(&mut self, batch: SealedBatch) {
        // Half of what was refused; single records that are too large still fail on their own.
        self.max_batch_bytes = (batch.bytes.len() / 2).max(HEADER_LEN + 1);
        let middle = batch.records / 2;
        let parts = cut(&batch, middle, self.settings.compression);
        let Some((first, second)) = parts else {
            batch.fail(DeliveryErrorKind::Refused { code: ErrorCode::MESSAGE_TOO_LARGE, message: None }, Vec::new());
            self.leave_hole();
            return;
        };
        let cells =
            [0, middle].map(|start| (start.cast_unsigned(), BatchCell::new(self.topic.clone(), self.partition)));
        batch.cell.split(cells.clone().into());
        self.settings.counters.splits.increment();
        let sequences = [batch.stamp.base_sequence, advance(batch.stamp.base_sequence, middle)];
        let counts = [middle, batch.records - middle];
        for (((bytes, (_, cell)), base_sequence), records) in
            [first, second].into_iter().zip(cells).zip(sequences).zip(counts)
        {
            let stamp = ProducerStamp { base_sequence, ..batch.stamp };
            let bytes = stamp::with_producer(bytes.clone(), stamp).unwrap_or(bytes);
            self.requeue(SealedBatch {
                span: batch_span(&cell, &bytes, records, stamp),
                counters: batch.counters.clone(),
                bytes,
                records,
                cell,
                created: batch.created,
                stamp,
                attempts: batch.attempts,
                possibly_written: false,
                last_error: batch.last_error.clone(),
                permit: batch.permit.clone(),
            });
        }
        self.recovering = true;
    }

    /// Fails what is older than the delivery timeout. Returns when the next batch will be.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let timeout = self.settings.delivery_timeout;
        let overdue = |created: Instant| created + timeout <= now;
        if self.in_flight.iter().any(|batch| overdue(batch.created) && batch.cell.is_pending()) {
            // Its answer still has to be counted, so it stays in its place.
            self.expire_in_flight(now);
        }
        if self.retries.iter().any(|batch| overdue(batch.created)) {
            self.expire_retries(now);
        }
        while self.full.front().is_some_and(|batch| overdue(batch.created)) {
            self.full.pop_front().into_iter().for_each(|batch| batch.fail(DeliveryErrorKind::Timeout { last: None }));
        }
        if self.open.as_ref().is_some_and(|batch| overdue(batch.created)) {
            self.open.take().into_iter().for_each(|batch| batch.fail(DeliveryErrorKind::Timeout { last: None }));
        }
        self.oldest().map(|created| created + timeout)
    }

    fn expire_in_flight(&mut self, now: Instant) {
        let timeout = self.settings.delivery_timeout;
        for batch in self.in_flight.iter().filter(|batch| batch.created + timeout <= now) {
            let kind = DeliveryErrorKind::Timeout { last: batch.last_error.clone() };
            batch.fail_in_place(kind, true, Vec::new());
        }
        self.leave_hole();
    }

    fn expire_retries(&mut self, now: Instant) {
        let timeout = self.settings.delivery_timeout;
        let in_front = self.retries.len().saturating_sub(self.requeued);
        for (place, batch) in std::mem::take(&mut self.retries).into_iter().enumerate() {
            if batch.created + timeout > now {
                self.retries.push_back(batch);
                continue;
            }
            if place >= in_front {
                self.requeued = self.requeued.saturating_sub(1);
            }
            let last = batch.last_error.clone();
            batch.fail(DeliveryErrorKind::Timeout { last }, Vec::new());
            self.leave_hole();
        }
    }

    /// Fails everything that is not under way.
    pub(crate) fn fail_waiting(&mut self, kind: &DeliveryErrorKind) {
        self.retries.drain(..).for_each(|batch| batch.fail(kind.clone(), Vec::new()));
        self.requeued = 0;
        self.full.drain(..).chain(self.open.take()).for_each(|batch| batch.fail(kind.clone()));
    }

    /// The topic was created anew: its log knows nothing of this producer.
    pub(crate) fn topic_created_anew(&mut self) {
        self.introduced = false;
        if self.identity.is_some() {
            self.leave_hole();
        }
    }

    /// When the oldest batch was begun.
    fn oldest(&self) -> Option<Instant> {
        let in_flight = self.in_flight.iter().filter(|batch| batch.cell.is_pending()).map(|batch| batch.created);
        let retries = self.retries.iter().map(|batch| batch.created);
        let waiting = self.full.iter().chain(&self.open).map(|batch| batch.created);
        in_flight.chain(retries).chain(waiting).min()
    }

    /// Whether nothing waits and nothing is under way.
    pub(crate) fn is_empty(&self) -> bool {
        let none_sealed = self.retries.is_empty() && self.in_flight.is_empty();
        self.open.is_none() && self.full.is_empty() && self.sealing.is_none() && none_sealed
    }

    /// The batches that have no end yet.
    pub(crate) fn pending(&self) -> impl Iterator<Item = Arc<BatchCell>> {
        let sealed = self.in_flight.iter().chain(&self.retries).map(|batch| &batch.cell);
        sealed.chain(&self.sealing).chain(self.full.iter().chain(&self.open).map(|batch| &batch.cell)).cloned()
    }

    /// Batches that wait to be sent.
    pub(crate) fn waiting_batches(&self) -> usize {
        self.full.len() + self.retries.len() + usize::from(self.open.is_some())
    }

    /// How much waits to be sent, in batches of `batch.size`: a batch grows while its broker is busy, so a count of those
    /// that there are would say little.
    pub(crate) fn queued_batches(&self) -> u32 {
        let in_batches = |bytes: usize| bytes.div_ceil(self.settings.batch_size.max(1)).max(1);
        let per_batch = |bytes: usize| if self.settings.batch_size == 0 { 1 } else { in_batches(bytes) };
        let retries = self.retries.iter().map(|batch| per_batch(batch.bytes.len())).sum::<usize>();
        let new = self.full.iter().chain(&self.open).map(|batch| per_batch(batch.builder.size_bytes())).sum::<usize>();
        u32::try_from(retries + new).unwrap_or(u32::MAX)
    }

    /// Batches under way.
    pub(crate) fn in_flight_batches(&self) -> usize {
        self.in_flight.len()
    }

    /// What went wrong last, and since when the oldest batch waits.
    pub(crate) fn trouble(&self) -> Option<(Instant, Option<&str>)> {
        let error =
            self.retries.front().or_else(|| self.in_flight.front()).and_then(|batch| batch.last_error.as_deref());
        self.oldest().map(|since| (since, error))
    }
}

impl Identity {
    /// The stamp for a batch of this many records.
    fn take(&mut self, records: i32) -> ProducerStamp {
        let base_sequence = self.next_sequence;
        self.next_sequence = advance(base_sequence, records);
        ProducerStamp { producer_id: self.producer_id.0, producer_epoch: self.epoch, base_sequence }
    }
}

/// Sequences wrap from the largest number to 0.
fn advance(sequence: i32, by: i32) -> i32 {
    if sequence < 0 {
        return sequence;
    }
    ((i64::from(sequence) + i64::from(by)) & i64::from(i32::MAX)) as i32
}

/// No encoding of the record in a batch of its own is larger.
fn record_bytes_bound(record: &Record<'_>) -> usize {
    /// Record length, attributes, timestamp and offset deltas, key and value lengths, header count.
    const FIELDS: usize = 5 + 1 + 10 + 5 + 5 + 5 + 5;
    let part = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    let headers = record.headers.iter().map(|(name, value)| 10 + name.len() + part(*value)).sum::<usize>();
    HEADER_LEN + FIELDS + part(record.key) + part(record.value) + headers
}

/// The records before `middle` and those from there on, as batches without a producer.
fn cut(batch: &SealedBatch, middle: i32, compression: CompressionSettings) -> Option<(Bytes, Bytes)> {
    let whole = RecordBatch::parse(batch.bytes.clone()).ok()?;
    let records = whole.records(&mut ottla_protocol::compression::Decompressor::default()).ok()?;
    let settings = BatchSettings { compression, ..BatchSettings::default() };
    let mut builders = [RecordBatchBuilder::new(settings), RecordBatchBuilder::new(settings)];
    for (index, record) in records.iter().enumerate() {
        let record = record.ok()?;
        let headers = record.headers().into_iter().collect::<Result<Vec<_>, _>>().ok()?;
        let headers: Vec<_> = headers.iter().map(|header| (header.key_str(), header.value)).collect();
        let headers = headers.iter().map(|(name, value)| (name.as_ref(), *value));
        let builder = builders.get_mut(usize::from(index >= middle as usize))?;
        builder.append(record.timestamp, record.key, record.value, headers).ok()?;
    }
    let mut compressor = Compressor::default();
    let [first, second] = &mut builders;
    Some((first.seal(&mut compressor).ok()?, second.seal(&mut compressor).ok()?))
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;
    use crate::producer::Delivery;

    struct Fixture {
        queue: PartitionQueue,
        memory: Arc<Semaphore>,
        compressor: Compressor,
        start: Instant,
    }

    impl Fixture {
        fn new(change: impl FnOnce(&mut QueueSettings)) -> Self {
            let mut settings = QueueSettings {
                batch_size: 200,
                max_batch_bytes: 2000,
                linger: Duration::from_millis(5),
                delivery_timeout: Duration::from_secs(120),
                retry_backoff: Duration::from_millis(100),
                retry_backoff_max: Duration::from_secs(1),
                retries: u32::MAX,
                idempotent: true,
                compression: CompressionSettings::default(),
                counters: Arc::default(),
                buffers: Arc::new(BatchBuffers::new(1 << 20)),
            };
            change(&mut settings);
            let mut queue = PartitionQueue::new("t".into(), 0, Arc::new(settings));
            queue.set_identity(ProducerId(7), 0);
            queue.introduced = true;
            let memory = Arc::new(Semaphore::new(100_000));
            Self { queue, memory, compressor: Compressor::default(), start: Instant::now() }
        }

        fn at(&self, ms: u64) -> Instant {
            self.start + Duration::from_millis(ms)
        }

        fn append(&mut self, value: &[u8]) -> Delivery {
            match self.try_append(value) {
                Append::Done { cell, index, .. } => Delivery::new(cell, index, 0),
                other => panic!("{other:?}"),
            }
        }

        fn try_append(&mut self, value: &[u8]) -> Append {
            let (start, memory) = (self.start, self.memory.clone());
            let reserve = |bytes: usize| memory.try_acquire_many_owned(bytes as u32).ok();
            self.queue.append(&Record::to("t").value(value), 0, || start, reserve)
        }

        /// The batch that leaves now.
        fn send(&mut self, ms: u64) -> RecordBatch {
            let now = self.at(ms);
            let bytes = match self.queue.next(now, Linger::Over) {
                Next::Resend(bytes) => bytes,
                Next::Seal(open) => {
                    let sealed = open.seal(&mut self.compressor).unwrap();
                    let bytes = sealed.bytes().clone();
                    self.queue.sent(sealed);
                    bytes
                }
                other => panic!("{other:?}"),
            };
            let batch = RecordBatch::parse(bytes).unwrap();
            batch.verify_crc().unwrap();
            batch
        }

        fn refuse(&mut self, ms: u64, code: ErrorCode) -> bool {
            let now = self.at(ms);
            self.queue.complete(now, Outcome::Refused { code, message: None, record_messages: Vec::new() })
        }

        fn written(&mut self, base_offset: i64) {
            self.queue.complete(self.start, Outcome::Written { base_offset, log_append_time_ms: -1 });
        }

        fn lose(&mut self, possibly_written: bool) {
            let kind = DeliveryErrorKind::Closed;
            let error = "cut".to_owned();
            self.queue.complete(self.start, Outcome::Lost { error, possibly_written, retriable: true, kind });
        }
    }

    fn stamp_of(batch: &RecordBatch) -> (i16, i32, i32) {
        (batch.header().producer_epoch, batch.header().base_sequence, batch.record_count())
    }

    fn offset(delivery: &mut Delivery) -> i64 {
        delivery.try_result().unwrap().unwrap().offset
    }

    #[test]
    fn a_batch_lingers_until_it_is_full_or_due() {
        let mut f = Fixture::new(|_| {});
        drop(f.append(b"a"));
        assert!(matches!(f.queue.next(f.at(0), Linger::Counts), Next::At(at) if at == f.at(5)));
        let wake = (0..20).map(|_| f.try_append(&[0; 20])).filter(|a| matches!(a, Append::Done { wake: true, .. }));
        assert_eq!(wake.count(), 1, "when the batch is full, and not for each record behind that");
        assert!(matches!(f.queue.next(f.at(0), Linger::Counts), Next::Seal(_)));
        drop(f.append(b"b"));
        assert!(matches!(f.queue.next(f.at(5), Linger::Counts), Next::Seal(_)));
    }

    #[test]
    fn what_leaves_before_it_puts_a_batch_off_by_so_much_and_no_more() {
        let mut f = Fixture::new(|_| {});
        drop(f.append(b"a"));
        // Lingers until 5, and something left at 5 and at 100.
        let due = f.at(5) + SMALL_BATCH_INTERVAL;
        for last in [5, 100] {
            let linger = Linger::AtLeastUntil(f.at(last) + SMALL_BATCH_INTERVAL);
            assert!(matches!(f.queue.next(f.at(5), linger), Next::At(at) if at == due));
        }
        assert!(matches!(f.queue.next(due, Linger::AtLeastUntil(f.at(100))), Next::Seal(_)));
    }

    #[test]
    fn the_first_batch_of_a_producer_leaves_alone() {
        let mut f = Fixture::new(|_| {});
        f.queue.introduced = false;
        let _first = f.append(b"a");
        assert_eq!(stamp_of(&f.send(0)), (0, 0, 1));
        let _second = f.append(b"b");
        assert!(
            matches!(f.queue.next(f.at(0), Linger::Over), Next::Blocked),
            "a leader that refused the first would take this"
        );
        f.refuse(0, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        assert_eq!(stamp_of(&f.send(100)), (0, 0, 1));
        assert!(matches!(f.queue.next(f.at(100), Linger::Over), Next::Blocked));
        f.written(0);
        assert_eq!(stamp_of(&f.send(100)), (0, 1, 1));
        let _third = f.append(b"c");
        assert_eq!(stamp_of(&f.send(100)), (0, 2, 1));
    }

    #[test]
    fn a_batch_grows_while_it_waits_and_sequences_follow_each_other() {
        let mut f = Fixture::new(|_| {});
        for _ in 0..50 {
            drop(f.append(&[0; 20]));
        }
        assert_eq!(stamp_of(&f.send(0)), (0, 0, 50));
        drop(f.append(b"x"));
        assert_eq!(stamp_of(&f.send(0)), (0, 50, 1));
    }

    #[test]
    fn a_batch_that_is_being_sealed_is_still_waited_for() {
        let mut f = Fixture::new(|_| {});
        drop(f.append(b"a"));
        let Next::Seal(open) = f.queue.next(f.at(0), Linger::Over) else { panic!("there is a batch") };
        assert_eq!((f.queue.pending().count(), f.queue.is_empty()), (1, false));
        f.queue.sent(open.seal(&mut f.compressor).unwrap());
        assert_eq!(f.queue.pending().count(), 1, "it is named once");
        f.written(0);
        assert_eq!((f.queue.pending().count(), f.queue.is_empty()), (0, true));
        drop(f.append(b"b"));
        let Next::Seal(open) = f.queue.next(f.at(0), Linger::Over) else { panic!("there is a batch") };
        f.queue.not_sealed(open, "no codec".to_owned());
        assert_eq!((f.queue.pending().count(), f.queue.is_empty()), (0, true));
    }

    #[test]
    fn a_batch_never_exceeds_what_a_request_may_hold() {
        let mut f = Fixture::new(|_| {});
        for _ in 0..200 {
            drop(f.append(&[0; 20]));
        }
        while f.queue.waiting_batches() > 0 {
            assert!(f.send(0).size_bytes() <= 2000);
        }
        assert!(matches!(f.try_append(&[0; 2000]), Append::TooLarge { max: 2000, .. }));
    }

    #[test]
    fn without_memory_a_record_changes_nothing() {
        let mut f = Fixture::new(|_| {});
        f.memory = Arc::new(Semaphore::new(200));
        drop(f.append(&[0; 100]));
        assert!(matches!(f.try_append(&[0; 100]), Append::NeedsMemory(200)));
        assert_eq!(f.send(0).record_count(), 1);
        f.written(0);
        assert_eq!(f.memory.available_permits(), 200, "a batch that is settled frees its memory");
    }

    #[test]
    fn a_failed_batch_and_those_behind_it_leave_again_in_order_and_unchanged() {
        let mut f = Fixture::new(|_| {});
        let mut deliveries = Vec::new();
        let mut first_try = Vec::new();
        for i in 0..3u8 {
            deliveries.push(f.append(&[i]));
            first_try.push(f.send(0));
        }
        assert!(f.refuse(0, ErrorCode::NOT_LEADER_OR_FOLLOWER));
        assert!(matches!(f.queue.next(f.at(0), Linger::Over), Next::Blocked), "others are still under way");
        f.refuse(0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        f.refuse(0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert!(matches!(f.queue.next(f.at(99), Linger::Over), Next::At(at) if at == f.at(100)));
        for (i, first) in first_try.iter().enumerate() {
            assert_eq!(f.send(100).bytes(), first.bytes(), "batch {i} is byte-identical");
        }
        for i in 0..3 {
            f.written(10 + i);
        }
        assert_eq!(deliveries.iter_mut().map(offset).collect::<Vec<_>>(), [10, 11, 12]);
        assert!(f.queue.is_empty());
    }

    #[test]
    fn a_batch_that_fails_for_good_moves_the_rest_to_the_next_epoch() {
        let mut f = Fixture::new(|_| {});
        let mut lost = f.append(b"a");
        f.send(0);
        let mut kept = f.append(b"b");
        f.send(0);
        f.refuse(0, ErrorCode::INVALID_RECORD);
        f.refuse(0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_eq!(stamp_of(&f.send(100)), (1, 0, 1));
        f.written(5);
        let error = lost.try_result().unwrap().unwrap_err();
        assert!(!error.possibly_written());
        assert_eq!(error.record().unwrap().value.unwrap(), "a");
        assert_eq!(offset(&mut kept), 5);
    }

    #[test]
    fn a_batch_that_timed_out_under_way_may_have_been_written() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(1));
        let mut delivery = f.append(b"a");
        f.send(0);
        f.queue.expire(f.at(1000));
        assert!(delivery.try_result().unwrap().unwrap_err().possibly_written());
        assert!(!f.queue.is_empty(), "its answer is still to come");
        drop(f.append(b"b"));
        assert!(matches!(f.queue.next(f.at(1000), Linger::Over), Next::Blocked));
        f.written(0);
        assert_eq!(stamp_of(&f.send(1000)), (1, 0, 1));
    }

    #[test]
    fn a_batch_that_may_be_written_keeps_its_sequence_until_the_broker_has_said_so() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(1));
        let old = f.append(b"a");
        f.send(0);
        f.start += Duration::from_millis(900);
        let mut kept = f.append(b"b");
        f.send(0);
        f.lose(true);
        f.lose(true);
        f.queue.expire(f.at(200));
        drop(old);
        // The first is given up, which leaves a hole; the second was written although its answer was lost.
        assert_eq!(stamp_of(&f.send(200)), (0, 1, 1), "under its old epoch the broker knows it again");
        f.written(8);
        assert_eq!(offset(&mut kept), 8);
        drop(f.append(b"c"));
        assert_eq!(stamp_of(&f.send(200)), (1, 0, 1), "only then does the next epoch begin");
    }

    #[test]
    fn a_batch_that_turns_out_not_to_be_written_goes_on_in_the_next_epoch() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(1));
        drop(f.append(b"a"));
        f.send(0);
        f.start += Duration::from_millis(900);
        let mut kept = f.append(b"b");
        f.send(0);
        f.lose(true);
        f.lose(true);
        f.queue.expire(f.at(200));
        assert_eq!(stamp_of(&f.send(200)), (0, 1, 1));
        f.refuse(200, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_eq!(stamp_of(&f.send(200)), (1, 0, 1));
        f.written(3);
        assert_eq!(offset(&mut kept), 3);
    }

    #[test]
    fn what_a_broker_that_remembers_only_its_last_batch_has_written_is_not_sent_under_another_epoch() {
        let mut f = Fixture::new(|_| {});
        let mut deliveries = Vec::new();
        for i in 0..5u8 {
            deliveries.push(f.append(&[i]));
            f.send(0);
        }
        (0..5).for_each(|_| f.lose(true));
        assert_eq!((0..5).map(|_| stamp_of(&f.send(500)).1).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        for _ in 0..4 {
            f.refuse(500, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        }
        f.written(4);
        let mut last = deliveries.pop().unwrap();
        assert_eq!(offset(&mut last), 4);
        for mut delivery in deliveries {
            assert!(delivery.try_result().expect("it is given up").unwrap_err().possibly_written());
        }
        assert!(f.queue.is_empty());
        drop(f.append(b"x"));
        assert_eq!(stamp_of(&f.send(500)), (1, 0, 1));
    }

    #[test]
    fn a_batch_that_may_be_written_and_has_one_to_be_sent_before_it_is_asked_for_again() {
        let mut f = Fixture::new(|_| {});
        let mut deliveries: Vec<_> = Vec::new();
        for i in 0..3u8 {
            deliveries.push(f.append(&[i]));
            f.send(0);
        }
        (0..3).for_each(|_| f.lose(true));
        (0..3).for_each(|_| drop(f.send(500)));
        f.refuse(500, ErrorCode::NOT_ENOUGH_REPLICAS);
        f.refuse(500, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        f.refuse(500, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_eq!((0..3).map(|_| stamp_of(&f.send(5000))).collect::<Vec<_>>(), [(0, 0, 1), (0, 1, 1), (0, 2, 1)]);
        f.refuse(5000, ErrorCode::INVALID_RECORD);
        f.refuse(5000, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        f.refuse(5000, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert!(deliveries[1].try_result().expect("it is given up").unwrap_err().possibly_written());
        assert_eq!(stamp_of(&f.send(5000)), (1, 0, 1), "the newest would be known, so it is sent under the next epoch");
    }

    #[test]
    fn what_expires_behind_a_batch_that_has_expired_already_expires_too() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(1));
        let begin = f.start;
        let at = |ms| begin + Duration::from_millis(ms);
        let mut deliveries = Vec::new();
        for i in 0..3u8 {
            f.start = at(u64::from(i) * 100);
            deliveries.push(f.append(&[i]));
            f.send(0);
        }
        assert_eq!(f.queue.expire(at(1000)), Some(at(1100)));
        assert_eq!(f.queue.expire(at(1100)), Some(at(1200)));
        assert!(deliveries[1].try_result().is_some() && deliveries[2].try_result().is_none());
        assert_eq!(f.queue.expire(at(1200)), None);
    }

    #[test]
    fn what_expires_behind_a_younger_batch_leaves_the_order_as_it_is() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(10));
        let begin = f.start;
        let at = |ms| begin + Duration::from_millis(ms);
        let mut deliveries = Vec::new();
        for i in 0..4u8 {
            f.start = at(u64::from(i) * 100);
            deliveries.push(f.append(&[i]));
            f.send(0);
        }
        f.start = begin;
        (0..4).for_each(|_| f.lose(false));
        // The first two leave alone and are lost again: they stand behind the younger ones until all is settled.
        f.send(1000);
        f.send(1000);
        f.lose(false);
        f.lose(false);
        assert_eq!(f.queue.expire(at(10_000)), Some(at(10_100)));
        assert!(deliveries[0].try_result().is_some());
        let left = (0..3).map(|_| f.send(10_000)).map(|batch| (stamp_of(&batch), first_value(&batch)));
        let values = left.collect::<Vec<_>>();
        assert_eq!(values, [((1, 0, 1), 1), ((1, 1, 1), 2), ((1, 2, 1), 3)]);
    }

    fn first_value(batch: &RecordBatch) -> u8 {
        let records = batch.records(&mut ottla_protocol::compression::Decompressor::default()).unwrap();
        let first = records.iter().next().unwrap().unwrap();
        first.value.unwrap()[0]
    }

    #[test]
    fn a_broker_that_lost_its_end_does_not_cost_a_batch() {
        let mut f = Fixture::new(|_| {});
        let mut delivery = f.append(b"a");
        f.send(0);
        f.refuse(0, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
        assert_eq!(stamp_of(&f.send(100)), (1, 0, 1));
        f.written(0);
        assert_eq!(offset(&mut delivery), 0);
    }

    #[test]
    fn a_batch_that_never_left_was_not_written() {
        let mut f = Fixture::new(|s| s.delivery_timeout = Duration::from_secs(1));
        let mut delivery = f.append(b"a");
        assert_eq!(f.queue.expire(f.at(999)), Some(f.at(1000)));
        assert_eq!(f.queue.expire(f.at(1000)), None);
        assert!(!delivery.try_result().unwrap().unwrap_err().possibly_written());
    }

    #[test]
    fn a_lost_answer_is_remembered_when_the_retry_fails_too() {
        let mut f = Fixture::new(|s| s.retries = 1);
        let mut delivery = f.append(b"a");
        f.send(0);
        f.lose(true);
        f.send(200);
        f.refuse(200, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        let error = delivery.try_result().unwrap().unwrap_err();
        assert!(matches!(error.kind(), DeliveryErrorKind::Retries { attempts: 2, .. }));
        assert!(error.possibly_written());
    }

    #[test]
    fn a_batch_too_large_for_the_broker_is_cut_in_two_with_its_sequences() {
        let mut f = Fixture::new(|_| {});
        let mut deliveries: Vec<_> = (0..5u8).map(|i| f.append(&[i; 30])).collect();
        f.send(0);
        f.refuse(0, ErrorCode::MESSAGE_TOO_LARGE);
        assert_eq!(stamp_of(&f.send(100)), (0, 0, 2));
        assert_eq!(stamp_of(&f.send(100)), (0, 2, 3));
        f.written(100);
        f.written(200);
        assert_eq!(deliveries.iter_mut().map(offset).collect::<Vec<_>>(), [100, 101, 200, 201, 202]);
        drop(f.append(&[0; 30]));
        assert_eq!(f.send(200).header().base_sequence, 5);
    }

    #[test]
    fn a_batch_that_fails_again_stays_ahead_of_those_that_wait_behind_it() {
        let mut f = Fixture::new(|_| {});
        let mut sent = Vec::new();
        for i in 0..3u8 {
            drop(f.append(&[i]));
            sent.push(stamp_of(&f.send(0)));
        }
        (0..3).for_each(|_| f.lose(false));
        // Now the first one leaves alone, and is lost before the others could follow.
        assert_eq!(stamp_of(&f.send(500)), sent[0]);
        f.lose(false);
        let again: Vec<_> = (0..3).map(|_| stamp_of(&f.send(5000))).collect();
        assert_eq!(again, sent);
    }

    #[test]
    fn a_batch_cut_in_two_again_and_again_keeps_its_order() {
        let mut f = Fixture::new(|settings| settings.batch_size = 1000);
        // The broker takes the two small records at once, but only one of the large ones at a time.
        [[0; 100].as_slice(), &[0; 100], b"a", b"b"].into_iter().for_each(|value| drop(f.append(value)));
        let mut written = Vec::new();
        while !f.queue.is_empty() {
            let batch = f.send(1000);
            if batch.bytes().len() > 200 {
                f.refuse(1000, ErrorCode::MESSAGE_TOO_LARGE);
            } else {
                f.written(0);
                written.push(stamp_of(&batch).1);
            }
        }
        assert_eq!(written, [0, 1, 2]);
    }

    #[test]
    fn a_single_record_too_large_for_the_broker_fails() {
        let mut f = Fixture::new(|_| {});
        let mut delivery = f.append(&[0; 1000]);
        f.send(0);
        f.refuse(0, ErrorCode::MESSAGE_TOO_LARGE);
        assert!(delivery.try_result().unwrap().is_err());
    }

    #[test]
    fn a_forgotten_producer_goes_on_in_the_next_epoch() {
        let mut f = Fixture::new(|_| {});
        drop(f.append(b"a"));
        f.send(0);
        f.written(0);
        let mut delivery = f.append(b"b");
        f.send(0);
        f.refuse(0, ErrorCode::UNKNOWN_PRODUCER_ID);
        assert_eq!(stamp_of(&f.send(100)), (1, 0, 1));
        f.written(1);
        assert_eq!(offset(&mut delivery), 1);
    }

    #[test]
    fn a_producer_id_whose_epochs_are_used_up_is_not_taken_again() {
        let mut f = Fixture::new(|_| {});
        f.queue.identity = Some(Identity { producer_id: ProducerId(7), epoch: i16::MAX, next_sequence: 3 });
        drop(f.append(b"a"));
        f.send(0);
        f.refuse(0, ErrorCode::INVALID_RECORD);
        drop(f.append(b"b"));
        assert!(matches!(f.queue.next(f.at(0), Linger::Over), Next::NeedsIdentity(Some(ProducerId(7)))));
        f.queue.set_identity(ProducerId(7), 0);
        assert!(matches!(f.queue.next(f.at(0), Linger::Over), Next::NeedsIdentity(Some(ProducerId(7)))));
        f.queue.set_identity(ProducerId(8), 0);
        assert_eq!(f.send(0).header().producer_id, 8);
    }

    #[test]
    fn sequences_wrap_from_the_largest_to_zero() {
        assert_eq!(advance(i32::MAX, 1), 0);
        assert_eq!(advance(i32::MAX - 1, 5), 3);
        let mut f = Fixture::new(|_| {});
        f.queue.identity = Some(Identity { producer_id: ProducerId(7), epoch: 0, next_sequence: i32::MAX });
        drop(f.append(b"a"));
        drop(f.append(b"b"));
        assert_eq!(stamp_of(&f.send(0)), (0, i32::MAX, 2));
        drop(f.append(b"c"));
        assert_eq!(stamp_of(&f.send(0)), (0, 1, 1));
    }

    #[test]
    fn without_idempotence_there_are_no_sequences_and_no_identity_is_needed() {
        let mut f = Fixture::new(|s| s.idempotent = false);
        f.queue.identity = None;
        drop(f.append(b"a"));
        assert_eq!(stamp_of(&f.send(0)), (-1, -1, 1));
    }
}
