//! What becomes of a record: one cell per batch, shared by the handles of its records.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use ottla_protocol::{compression::Decompressor, error_code::ErrorCode, record::RecordBatch, types::TopicName};

use super::FailedRecord;
use crate::net::RequestError;

/// Where a delivered record is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// The offset; -1 with `acks=0`, when nobody tells.
    pub offset: i64,
    /// The record's timestamp in milliseconds since the epoch: the broker's, if the topic is set to log append time.
    pub timestamp_ms: i64,
}

/// Why a record was not delivered, with the record.
#[derive(Clone)]
pub struct DeliveryError {
    failure: Arc<Failure>,
    index: u32,
}

/// Why a batch was not delivered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryErrorKind {
    /// The broker refuses it for good.
    #[error("the broker refused the batch with {code}{}", .message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    Refused {
        /// Why.
        code: ErrorCode,
        /// What the broker adds, of this record or of the whole batch.
        message: Option<String>,
    },
    /// `delivery.timeout.ms` is over.
    #[error("not delivered within the delivery timeout{}", .last.as_ref().map(|last| format!(", last error: {last}")).unwrap_or_default())]
    Timeout {
        /// What went wrong last.
        last: Option<String>,
    },
    /// `retries` are used up.
    #[error("given up after {attempts} attempts, last error: {last}")]
    Retries {
        /// How often it was sent.
        attempts: u32,
        /// What went wrong last.
        last: String,
    },
    /// A request failed in a way that sending again does not mend.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The batch could not be compressed.
    #[error("{0}")]
    Compress(String),
    /// The producer was closed before.
    #[error("the producer is closed")]
    Closed,
}

/// A batch that was not delivered.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: DeliveryErrorKind,
    pub(crate) possibly_written: bool,
    pub(crate) topic: TopicName,
    pub(crate) partition: i32,
    /// The sealed batch, to give its records back from.
    pub(crate) batch: Bytes,
    /// What the broker says of single records (KIP-467).
    pub(crate) record_messages: Vec<(i32, Option<String>)>,
}

impl DeliveryError {
    /// Why.
    pub fn kind(&self) -> &DeliveryErrorKind {
        &self.failure.kind
    }

    /// Whether the record may be in the log all the same: sending it again may write it twice.
    pub fn possibly_written(&self) -> bool {
        self.failure.possibly_written
    }

    /// The topic that it was meant for.
    pub fn topic(&self) -> &TopicName {
        &self.failure.topic
    }

    /// The partition that it was meant for.
    pub fn partition(&self) -> i32 {
        self.failure.partition
    }

    /// What the broker says of this record, where it says something of single ones.
    pub fn record_message(&self) -> Option<&str> {
        let index = i32::try_from(self.index).ok()?;
        self.failure.record_messages.iter().find(|(at, _)| *at == index)?.1.as_deref()
    }

    /// The record, decoded from the batch that it was encoded into. `None` only if that fails, which is a bug.
    pub fn record(&self) -> Option<FailedRecord> {
        let batch = RecordBatch::parse(self.failure.batch.clone()).ok()?;
        let records = batch.records(&mut Decompressor::default()).ok()?;
        let record = records.iter().nth(self.index as usize)?.ok()?;
        let headers = record.headers();
        Some(FailedRecord {
            topic: self.failure.topic.clone(),
            partition: self.failure.partition,
            timestamp_ms: record.timestamp,
            key: record.key.map(Bytes::copy_from_slice),
            value: record.value.map(Bytes::copy_from_slice),
            headers: headers
                .into_iter()
                .flatten()
                .map(|header| (header.key_str().into_owned(), header.value.map(Bytes::copy_from_slice)))
                .collect(),
        })
    }
}

impl fmt::Debug for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryError")
            .field("kind", &self.failure.kind)
            .field("possibly_written", &self.failure.possibly_written)
            .field("topic", &self.failure.topic)
            .field("partition", &self.failure.partition)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record for {}-{}: {}", self.failure.topic, self.failure.partition, self.failure.kind)?;
        if let Some(message) = self.record_message() {
            write!(f, " ({message})")?;
        }
        if self.failure.possibly_written {
            f.write_str("; it may have been written")?;
        }
        Ok(())
    }
}

impl std::error::Error for DeliveryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.failure.kind)
    }
}

/// The fate of one batch.
#[derive(Debug)]
pub(crate) struct BatchCell {
    topic: TopicName,
    partition: i32,
    state: Mutex<CellState>,
}

#[derive(Debug)]
enum CellState {
    Pending(Vec<Waker>),
    Delivered {
        base_offset: i64,
        log_append_time_ms: i64,
    },
    Failed(Arc<Failure>),
    /// Too large for the broker, so cut up: each part with the index of its first record.
    Split(Vec<(u32, Arc<BatchCell>)>),
}

/// A record's fate, or where to look for it.
enum Fate {
    Known(Result<(i64, i64), Arc<Failure>>),
    In(Arc<BatchCell>, u32),
    Unknown,
}

impl BatchCell {
    pub(crate) fn new(topic: TopicName, partition: i32) -> Arc<Self> {
        Arc::new(Self { topic, partition, state: Mutex::new(CellState::Pending(Vec::new())) })
    }

    pub(crate) fn topic(&self) -> &TopicName {
        &self.topic
    }

    pub(crate) fn partition(&self) -> i32 {
        self.partition
    }

    /// Nothing happens if the batch has an end already; `count` is called if not, before anybody can see the end.
    pub(crate) fn deliver(&self, base_offset: i64, log_append_time_ms: i64, count: impl FnOnce()) {
        self.settle(CellState::Delivered { base_offset, log_append_time_ms }, count);
    }

    /// As [`BatchCell::deliver`].
    pub(crate) fn fail(
        &self,
        kind: DeliveryErrorKind,
        possibly_written: bool,
        batch: Bytes,
        record_messages: Vec<(i32, Option<String>)>,
        count: impl FnOnce(),
    ) {
        let (topic, partition) = (self.topic.clone(), self.partition);
        let failure = Failure { kind, possibly_written, topic, partition, batch, record_messages };
        self.settle(CellState::Failed(Arc::new(failure)), count);
    }

    pub(crate) fn split(&self, parts: Vec<(u32, Arc<Self>)>) {
        self.settle(CellState::Split(parts), || {});
    }

    /// Whether nothing is known yet. A batch that was cut up lives on in its parts.
    pub(crate) fn is_pending(&self) -> bool {
        match &*self.lock() {
            CellState::Pending(_) => true,
            CellState::Split(parts) => parts.iter().any(|(_, part)| part.is_pending()),
            CellState::Delivered { .. } | CellState::Failed(_) => false,
        }
    }

    /// Waits until all of it has an end: if it is cut up, every part, and theirs. Cancel safe.
    pub(crate) async fn ended(self: Arc<Self>) {
        let mut cells = vec![self];
        while let Some(cell) = cells.pop() {
            cells.extend(poll_fn(|cx| cell.poll_parts(cx)).await);
        }
    }

    /// The parts that it lives on in, none if it has an end of its own.
    fn poll_parts(&self, cx: &Context<'_>) -> Poll<Vec<Arc<Self>>> {
        match &mut *self.lock() {
            CellState::Pending(wakers) => {
                register(wakers, cx);
                Poll::Pending
            }
            CellState::Split(parts) => Poll::Ready(parts.iter().map(|(_, part)| part.clone()).collect()),
            CellState::Delivered { .. } | CellState::Failed(_) => Poll::Ready(Vec::new()),
        }
    }

    fn settle(&self, state: CellState, count: impl FnOnce()) {
        let old = {
            let mut current = self.lock();
            // The first word counts: a batch that timed out stays so when its answer comes after all.
            if !matches!(*current, CellState::Pending(_)) {
                return;
            }
            // Under the lock, so that whoever learns of the end finds it counted.
            count();
            std::mem::replace(&mut *current, state)
        };
        if let CellState::Pending(wakers) = old {
            wakers.into_iter().for_each(Waker::wake);
        }
    }

    fn fate(&self, index: u32, cx: Option<&Context<'_>>) -> Fate {
        match &mut *self.lock() {
            CellState::Pending(wakers) => {
                cx.into_iter().for_each(|cx| register(wakers, cx));
                Fate::Unknown
            }
            CellState::Delivered { base_offset, log_append_time_ms } => {
                let offset = if *base_offset < 0 { -1 } else { *base_offset + i64::from(index) };
                Fate::Known(Ok((offset, *log_append_time_ms)))
            }
            CellState::Failed(failure) => Fate::Known(Err(failure.clone())),
            CellState::Split(parts) => {
                let part = parts.iter().rev().find(|(first, _)| *first <= index);
                // The first part begins at 0, so there is one.
                part.map_or(Fate::Unknown, |(first, part)| Fate::In(part.clone(), index - first))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, CellState> {
        // Each change is one assignment, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn register(wakers: &mut Vec<Waker>, cx: &Context<'_>) {
    // Many handles are often polled by one task.
    if !wakers.iter().rev().take(4).any(|waker| waker.will_wake(cx.waker())) {
        wakers.push(cx.waker().clone());
    }
}

/// The delivery of one record to come: a future of where it went.
///
/// Dropping it changes nothing for the record. It can be polled to its end once, by any task.
#[derive(Debug)]
#[must_use = "a record may fail to be delivered, and only this tells"]
pub struct Delivery {
    cell: Arc<BatchCell>,
    index: u32,
    timestamp_ms: i64,
}

impl Delivery {
    pub(crate) fn new(cell: Arc<BatchCell>, index: u32, timestamp_ms: i64) -> Self {
        Self { cell, index, timestamp_ms }
    }

    /// The partition that the record goes to.
    pub fn partition(&self) -> i32 {
        self.cell.partition
    }

    /// The result, if it is known already.
    pub fn try_result(&mut self) -> Option<Result<RecordMetadata, DeliveryError>> {
        match self.poll_with(None) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    fn poll_with(&mut self, cx: Option<&Context<'_>>) -> Poll<Result<RecordMetadata, DeliveryError>> {
        loop {
            match self.cell.fate(self.index, cx) {
                Fate::Unknown => return Poll::Pending,
                Fate::In(cell, index) => (self.cell, self.index) = (cell, index),
                Fate::Known(Ok((offset, log_append_time_ms))) => {
                    return Poll::Ready(Ok(RecordMetadata {
                        topic: self.cell.topic.clone(),
                        partition: self.cell.partition,
                        offset,
                        timestamp_ms: if log_append_time_ms >= 0 { log_append_time_ms } else { self.timestamp_ms },
                    }));
                }
                Fate::Known(Err(failure)) => {
                    return Poll::Ready(Err(DeliveryError { failure, index: self.index }));
                }
            }
        }
    }
}

impl Future for Delivery {
    type Output = Result<RecordMetadata, DeliveryError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_with(Some(cx))
    }
}

/// The deliveries of many records to come: a future that ends when all have an end.
#[derive(Debug, Default)]
#[must_use = "records may fail to be delivered, and only this tells"]
pub struct Deliveries {
    runs: Vec<Run>,
    records: u64,
}

/// Records that follow each other in one batch.
#[derive(Debug)]
struct Run {
    cell: Arc<BatchCell>,
    first: u32,
    count: u32,
}

impl Deliveries {
    pub(crate) fn add(&mut self, cell: &Arc<BatchCell>, index: u32) {
        /// Records are spread over few partitions at a time.
        const NEAR: usize = 16;
        self.records += 1;
        let near = self.runs.iter_mut().rev().take(NEAR);
        let run = near.into_iter().find(|run| Arc::ptr_eq(&run.cell, cell) && run.first + run.count == index);
        match run {
            Some(run) => run.count += 1,
            None => self.runs.push(Run { cell: cell.clone(), first: index, count: 1 }),
        }
    }

    /// How many records there are.
    pub fn len(&self) -> u64 {
        self.records
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Waits until every record has an end, and returns an error for each that failed. Cancel safe.
    pub async fn wait(self) -> Vec<DeliveryError> {
        let mut errors = Vec::new();
        for run in self.runs {
            for index in run.first..run.first + run.count {
                // After the first of a batch the others do not wait any more.
                if let Err(error) = Delivery::new(run.cell.clone(), index, -1).await {
                    errors.push(error);
                }
            }
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use ottla_protocol::{
        compression::Compressor,
        record::{BatchSettings, RecordBatchBuilder},
    };

    use super::*;

    fn batch() -> Bytes {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        builder.append(5, Some(b"k0"), Some(b"v0"), []).unwrap();
        builder.append(6, None, None, [("h", None)]).unwrap();
        builder.seal(&mut Compressor::default()).unwrap()
    }

    #[tokio::test]
    async fn a_delivered_record_has_its_own_offset() {
        let cell = BatchCell::new("t".into(), 3);
        let mut delivery = Delivery::new(cell.clone(), 2, 77);
        assert!(delivery.try_result().is_none());
        cell.deliver(40, -1, || {});
        let metadata = delivery.await.unwrap();
        assert_eq!((metadata.partition, metadata.offset, metadata.timestamp_ms), (3, 42, 77));
    }

    #[tokio::test]
    async fn a_failed_record_is_given_back() {
        let cell = BatchCell::new("t".into(), 0);
        let delivery = Delivery::new(cell.clone(), 1, 6);
        cell.fail(DeliveryErrorKind::Closed, true, batch(), Vec::new(), || {});
        let error = delivery.await.unwrap_err();
        assert!(error.possibly_written());
        let record = error.record().unwrap();
        assert_eq!((record.key, record.value, record.timestamp_ms), (None, None, 6));
        assert_eq!(record.headers, [("h".to_owned(), None)]);
    }

    #[tokio::test]
    async fn the_first_word_about_a_batch_counts() {
        let cell = BatchCell::new("t".into(), 0);
        cell.fail(DeliveryErrorKind::Closed, false, batch(), Vec::new(), || {});
        cell.deliver(1, -1, || panic!("counted twice"));
        assert!(Delivery::new(cell, 0, 0).await.is_err());
    }

    #[test]
    fn an_end_is_counted_before_it_is_seen() {
        let cell = BatchCell::new("t".into(), 0);
        let counted = std::sync::atomic::AtomicBool::new(false);
        let mut ended = std::pin::pin!(cell.clone().ended());
        struct Look(std::sync::mpsc::Sender<()>);
        impl std::task::Wake for Look {
            fn wake(self: Arc<Self>) {
                self.0.send(()).unwrap();
            }
        }
        let (seen, woken) = std::sync::mpsc::channel();
        let waker = Waker::from(Arc::new(Look(seen)));
        assert!(ended.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        cell.deliver(0, -1, || {
            assert!(woken.try_recv().is_err());
            counted.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(woken.try_recv().is_ok() && counted.into_inner());
    }

    #[tokio::test]
    async fn a_record_of_a_batch_that_was_cut_up_follows_its_part() {
        let cell = BatchCell::new("t".into(), 0);
        let delivery = Delivery::new(cell.clone(), 3, 0);
        let (a, b) = (BatchCell::new("t".into(), 0), BatchCell::new("t".into(), 0));
        cell.split(vec![(0, a), (2, b.clone())]);
        assert!(cell.is_pending());
        b.deliver(100, -1, || {});
        assert_eq!(delivery.await.unwrap().offset, 101);
    }

    #[test]
    fn a_batch_that_was_cut_up_ends_with_the_last_of_its_parts() {
        let [whole, a, b, b1, b2] = std::array::from_fn(|_| BatchCell::new("t".into(), 0));
        let mut ended = polled(whole.clone().ended());
        assert!(!ended());
        whole.split(vec![(0, a.clone()), (2, b.clone())]);
        a.deliver(0, -1, || {});
        assert!(!ended());
        b.split(vec![(0, b1.clone()), (1, b2.clone())]);
        b2.deliver(3, -1, || {});
        assert!(!ended());
        b1.fail(DeliveryErrorKind::Closed, false, batch(), Vec::new(), || {});
        assert!(ended());
    }

    /// Polls the future, and says whether it is ready.
    fn polled(future: impl Future<Output = ()>) -> impl FnMut() -> bool {
        let mut future = Box::pin(future);
        move || future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn many_deliveries_are_kept_as_runs() {
        let (a, b) = (BatchCell::new("t".into(), 0), BatchCell::new("t".into(), 1));
        let mut deliveries = Deliveries::default();
        for index in 0..1000 {
            deliveries.add(&a, index);
            deliveries.add(&b, index);
        }
        assert_eq!((deliveries.runs.len(), deliveries.len()), (2, 2000));
        a.deliver(0, -1, || {});
        b.fail(DeliveryErrorKind::Closed, false, batch(), Vec::new(), || {});
        assert_eq!(deliveries.wait().await.len(), 1000);
    }
}
