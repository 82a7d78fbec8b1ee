//! The producer: batches records by partition and carries them to the partitions' leaders.
//!
//! [`Producer::send`] encodes a record straight into its partition's open batch, under a lock of that partition alone:
//! no channel, no task switch and no allocation per record. A sender task per leader seals batches when it can send
//! them, so batches grow while a broker is slow.

mod buffers;
mod delivery;
mod error;
#[expect(clippy::disallowed_methods, reason = "an edge: it tells how things are now")]
mod explain;
mod metrics;
mod queue;
mod record;
#[expect(clippy::disallowed_methods, reason = "an edge: it carries out what queues decide")]
mod sender;
mod shared;

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use ottla_protocol::{
    compression::CompressionSettings,
    types::{NodeId, TopicName},
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use self::{
    delivery::BatchCell,
    queue::{Append, QueueSettings},
    shared::{Partition, Partitions, Shared, Topic},
};
pub use self::{
    delivery::{Deliveries, Delivery, DeliveryError, DeliveryErrorKind, RecordMetadata},
    error::{BuildProducerError, SendError},
    metrics::ProducerMetrics,
    record::{FailedRecord, Header, Record},
};
use crate::{
    Client, Wait,
    config::{Acks, CompressionConfig, ConfigError, ProducerConfig},
    partitioner::{IgnoreKeys, Partitioner},
};

/// Sends records. Clones share one producer and may be used from many tasks.
///
/// When the last clone is dropped, what was sent is still delivered in the background while the runtime lives;
/// [`close`](Self::close) waits for that.
#[derive(Clone, Debug)]
pub struct Producer {
    shared: Arc<Shared>,
    _open: Arc<CloseOnDrop>,
}

#[derive(Debug)]
struct CloseOnDrop(Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        self.0.closing.send_replace(true);
    }
}

/// Makes a [`Producer`].
#[derive(Clone, Debug)]
pub struct ProducerBuilder {
    client: Client,
    config: ProducerConfig,
    partitioner: Option<Arc<dyn Partitioner>>,
}

impl Client {
    /// A builder of a producer, with Java's defaults: idempotent, `acks=all`.
    pub fn producer(&self) -> ProducerBuilder {
        ProducerBuilder { client: self.clone(), config: ProducerConfig::default(), partitioner: None }
    }
}

impl ProducerBuilder {
    /// Uses these settings.
    #[must_use]
    pub fn config(mut self, config: ProducerConfig) -> Self {
        self.config = config;
        self
    }

    /// Who must have a batch before it counts as delivered (`acks`). Anything but all turns idempotence off, unless
    /// that was asked for.
    #[must_use]
    pub fn acks(mut self, acks: Acks) -> Self {
        self.config.acks = acks;
        self
    }

    /// Bytes from which on a batch is sent without waiting for more (`batch.size`).
    #[must_use]
    pub fn batch_size(mut self, bytes: usize) -> Self {
        self.config.batch_size = bytes;
        self
    }

    /// How long a batch that is not full waits for more records (`linger.ms`).
    #[must_use]
    pub fn linger(mut self, linger: Duration) -> Self {
        self.config.linger = linger;
        self
    }

    /// The codec of batches (`compression.type`).
    #[must_use]
    pub fn compression(mut self, compression: impl Into<CompressionConfig>) -> Self {
        self.config.compression = compression.into();
        self
    }

    /// The codec of one topic's batches.
    #[must_use]
    pub fn topic_compression(mut self, topic: impl Into<String>, compression: impl Into<CompressionConfig>) -> Self {
        self.config.topic_compression.insert(topic.into(), compression.into());
        self
    }

    /// Whether each record is written once, in order, whatever is sent again (`enable.idempotence`).
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.config.enable_idempotence = Some(idempotent);
        self
    }

    /// How long a record may take from `send` until it is delivered or has failed (`delivery.timeout.ms`).
    #[must_use]
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.config.delivery_timeout = timeout;
        self
    }

    /// Bytes of records that may wait to be delivered (`buffer.memory`).
    #[must_use]
    pub fn buffer_memory(mut self, bytes: usize) -> Self {
        self.config.buffer_memory = bytes;
        self
    }

    /// How a record without a partition gets one, instead of `partitioner.class`.
    #[must_use]
    pub fn partitioner(mut self, partitioner: impl Partitioner + 'static) -> Self {
        self.partitioner = Some(Arc::new(partitioner));
        self
    }

    /// Makes the producer. Nothing is sent before the first record.
    ///
    /// # Errors
    /// [`BuildProducerError`] if the settings contradict each other.
    #[expect(clippy::disallowed_methods, reason = "the task ends with the producer")]
    pub fn build(self) -> Result<Producer, BuildProducerError> {
        self.config.validate(self.client.config())?;
        if self.config.transactional_id.is_some() {
            return Err(BuildProducerError::TransactionsUnsupported);
        }
        for compression in self.config.topic_compression.values().chain([&self.config.compression]) {
            compression_settings(*compression)?;
        }
        let partitioner = match self.partitioner {
            Some(own) => own,
            None if self.config.partitioner_ignore_keys => Arc::new(IgnoreKeys),
            None => self.config.partitioner.partitioner(),
        };
        let shared = Arc::new(Shared::new(self.client, self.config, partitioner));
        tokio::spawn(sender::keep_topics(shared.clone()));
        Ok(Producer { _open: Arc::new(CloseOnDrop(shared.clone())), shared })
    }
}

/// Where a record went, inside the producer.
struct Placed {
    cell: Arc<BatchCell>,
    index: u32,
    timestamp_ms: i64,
}

impl Placed {
    fn delivery(self) -> Delivery {
        Delivery::new(self.cell, self.index, self.timestamp_ms)
    }
}

/// Why a record is not placed yet.
enum NotPlaced {
    UnknownTopic,
    NeedsMemory(usize),
    Error(SendError),
}

impl Producer {
    /// Takes a record and returns a handle to its delivery. Waits only if nothing is known yet about the topic, or if
    /// `buffer.memory` is full, for at most `max.block.ms`.
    ///
    /// Cancel safe: a future that is dropped before it is ready has not taken the record.
    ///
    /// # Errors
    /// [`SendError`] if the record was not taken.
    pub async fn send(&self, record: Record<'_>) -> Result<Delivery, SendError> {
        // The usual case does not wait, and so does not build the future of one that does.
        let placed = match self.place_at_once(&record) {
            Ok(placed) => placed,
            Err(obstacle) => Box::pin(self.place_slowly(&record, obstacle)).await?,
        };
        Ok(placed.delivery())
    }

    /// Takes a record if that needs no wait, and returns `None` if it does.
    ///
    /// # Errors
    /// [`SendError`] if the record can never be taken.
    pub fn try_send(&self, record: &Record<'_>) -> Result<Option<Delivery>, SendError> {
        match self.place_at_once(record) {
            Ok(placed) => Ok(Some(placed.delivery())),
            Err(NotPlaced::Error(error)) => Err(error),
            Err(NotPlaced::UnknownTopic | NotPlaced::NeedsMemory(_)) => Ok(None),
        }
    }

    /// Takes many records, waiting for room between them as [`send`](Self::send) does.
    ///
    /// Not cancel safe: a future that is dropped has taken some of the records, and nobody tells how many.
    ///
    /// # Errors
    /// [`SendError`] for the first record that was not taken; those before it are taken.
    pub async fn send_many(&self, records: &[Record<'_>]) -> Result<Deliveries, SendError> {
        let mut deliveries = Deliveries::default();
        for record in records {
            let placed = match self.place_at_once(record) {
                Ok(placed) => placed,
                Err(obstacle) => Box::pin(self.place_slowly(record, obstacle)).await?,
            };
            deliveries.add(&placed.cell, placed.index);
        }
        Ok(deliveries)
    }

    /// Sends everything that waits without lingering, and waits until every record taken before has an end.
    ///
    /// Cancel safe. What became of each record, its own handle tells.
    pub async fn flush(&self) {
        let _flushing = Flushing::begin(&self.shared);
        let cells: Vec<_> =
            self.shared.all_partitions().iter().flat_map(|p| p.lock().pending().collect::<Vec<_>>()).collect();
        for cell in cells {
            // How it ended is told to the records' own handles.
            cell.ended().await;
        }
    }

    /// Takes no more records, and delivers those taken. After `timeout` the rest fails.
    ///
    /// Not cancel safe: the producer is closed all the same.
    pub async fn close(self, timeout: Duration) {
        self.shared.closed.store(true, Ordering::Release);
        if tokio::time::timeout(timeout, self.flush()).await.is_err() {
            let partitions = self.shared.all_partitions();
            partitions.iter().for_each(|partition| partition.lock().fail_waiting(&DeliveryErrorKind::Closed));
        }
        self.shared.closing.send_replace(true);
    }

    /// The settings.
    pub fn config(&self) -> &ProducerConfig {
        &self.shared.config
    }

    /// Counters since the producer was made.
    pub fn metrics(&self) -> ProducerMetrics {
        self.shared.counters.metrics(self.available_memory_bytes())
    }

    /// Bytes of `buffer.memory` that are free.
    pub fn available_memory_bytes(&self) -> usize {
        self.shared.memory.available_permits()
    }

    /// What the producer waits for, the longest wait first; nothing where everything is delivered. For people and logs.
    pub fn explain(&self) -> Vec<Wait> {
        explain::explain(&self.shared)
    }

    /// Places the record if that needs no wait.
    #[inline]
    fn place_at_once(&self, record: &Record<'_>) -> Result<Placed, NotPlaced> {
        self.place_within(record, &mut None)
    }

    /// The same, with memory that was waited for.
    #[inline]
    fn place_within(
        &self,
        record: &Record<'_>,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Placed, NotPlaced> {
        let topics = self.shared.topics.read().unwrap_or_else(PoisonError::into_inner);
        let topic = topics.get(record.topic).ok_or(NotPlaced::UnknownTopic)?;
        self.place_in(topic, record, permit)
    }

    #[expect(clippy::disallowed_methods, reason = "it waits at most `max.block.ms` from now")]
    async fn place_slowly(&self, record: &Record<'_>, mut obstacle: NotPlaced) -> Result<Placed, SendError> {
        let started = Instant::now();
        let max_block = self.shared.config.max_block;
        let mut permit = None;
        loop {
            match obstacle {
                NotPlaced::UnknownTopic => self.learn_topic(record.topic).await?,
                // Somebody else has filled the batch meanwhile, or another partition is next.
                NotPlaced::NeedsMemory(bytes) => {
                    permit = Some(self.wait_for_memory(bytes, started + max_block, max_block).await?);
                }
                NotPlaced::Error(error) => return Err(error),
            }
            match self.place_within(record, &mut permit) {
                Ok(placed) => return Ok(placed),
                Err(next) => obstacle = next,
            }
        }
    }

    async fn learn_topic(&self, name: &str) -> Result<(), SendError> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(SendError::Closed);
        }
        let client = self.shared.client.inner();
        let metadata = client.topic(name, self.shared.config.max_block).await?;
        let generation = client.metadata().generation;
        let mut topics = self.shared.topics.write().unwrap_or_else(PoisonError::into_inner);
        let topic = topics.entry(metadata.name.clone()).or_insert_with(|| {
            let settings = Arc::new(queue_settings(&self.shared, name));
            Arc::new(Topic::new(TopicName::from(name), &self.shared.config, settings))
        });
        topic.update(&metadata, generation);
        Ok(())
    }

    async fn wait_for_memory(
        &self,
        bytes: usize,
        deadline: Instant,
        max_block: Duration,
    ) -> Result<OwnedSemaphorePermit, SendError> {
        let max = self.shared.config.buffer_memory;
        let permits = u32::try_from(bytes).ok().filter(|_| bytes <= max);
        let permits = permits.ok_or(SendError::RecordTooLarge { size: bytes, max })?;
        let _waiting = WaitingForMemory::begin(&self.shared);
        let acquired = tokio::time::timeout_at(deadline, self.shared.memory.clone().acquire_many_owned(permits)).await;
        match acquired {
            Ok(permit) => permit.map_err(|_| SendError::Closed),
            Err(_) => Err(SendError::BufferFull { after: max_block }),
        }
    }

    /// Encodes the record into a batch, if there is memory at once or in `permit`.
    #[expect(clippy::disallowed_methods, reason = "a queue asks for the time only if a record opens a batch")]
    #[inline]
    fn place_in(
        &self,
        topic: &Topic,
        record: &Record<'_>,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Placed, NotPlaced> {
        if self.shared.closed.load(Ordering::Relaxed) {
            return Err(NotPlaced::Error(SendError::Closed));
        }
        topic.used.store(true, Ordering::Relaxed);
        let partitions = &topic.partitions;
        let view = partitions.view(&topic.name, &topic.turns);
        let chosen = record.partition.or_else(|| self.shared.partitioner.partition(&view, record.key, record.value));
        let index = chosen.unwrap_or_else(|| topic.sticky.current(&view));
        let partition = find_partition(partitions, topic, index).map_err(NotPlaced::Error)?;
        let timestamp_ms = record.timestamp_ms.unwrap_or_else(now_ms);
        let mut reserve = |bytes: usize| {
            if permit.as_ref().is_some_and(|permit| permit.num_permits() >= bytes) {
                return permit.take();
            }
            let permits = u32::try_from(bytes).ok()?;
            self.shared.memory.clone().try_acquire_many_owned(permits).ok()
        };
        let appended = partition.lock().append(record, timestamp_ms, Instant::now, &mut reserve);
        match appended {
            Append::Done { cell, index, bytes, wake, full, list } => {
                if chosen.is_none() {
                    topic.sticky.produced(partition.index, bytes, full, &view);
                }
                if list {
                    self.shared.route(partition.clone(), self.leader(partition));
                } else if wake {
                    self.shared.wake(self.leader(partition));
                }
                Ok(Placed { cell, index, timestamp_ms })
            }
            Append::NeedsMemory(bytes) => Err(NotPlaced::NeedsMemory(bytes)),
            Append::TooLarge { size, max } => Err(NotPlaced::Error(SendError::RecordTooLarge { size, max })),
        }
    }

    #[cold]
    fn leader(&self, partition: &Partition) -> Option<NodeId> {
        self.shared.client.inner().metadata().leader(&partition.topic, partition.index)
    }
}

#[inline]
fn find_partition<'a>(partitions: &'a Partitions, topic: &Topic, index: i32) -> Result<&'a Arc<Partition>, SendError> {
    let position = usize::try_from(index).ok();
    position.and_then(|position| partitions.all.get(position)).ok_or_else(|| SendError::UnknownPartition {
        topic: topic.name.to_string(),
        partition: index,
        count: partitions.all.len() as i32,
    })
}

fn queue_settings(shared: &Shared, topic: &str) -> QueueSettings {
    let config = &shared.config;
    let client = shared.client.config();
    QueueSettings {
        batch_size: config.batch_size,
        max_batch_bytes: config.max_request_size.min(config.buffer_memory),
        linger: config.linger,
        delivery_timeout: config.delivery_timeout,
        retry_backoff: client.retry_backoff,
        retry_backoff_max: client.retry_backoff_max,
        retries: config.retries,
        idempotent: config.is_idempotent(),
        counters: shared.counters.clone(),
        buffers: shared.buffers.clone(),
        compression: compression_settings(config.compression_for(topic)).unwrap_or_default(),
    }
}

fn compression_settings(config: CompressionConfig) -> Result<CompressionSettings, ConfigError> {
    let settings = CompressionSettings::new(config.codec);
    let Some(level) = config.level else { return Ok(settings) };
    settings.with_level(level).map_err(|error| ConfigError::OutOfRange {
        setting: "compression level",
        value: level.to_string(),
        valid: error.to_string(),
    })
}

/// The time that records without one are given.
///
/// This is done for each record, and what `SystemTime` does beside reading the clock takes half as long as that.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "an edge: it tells how late it is")]
#[inline]
fn now_ms() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec.saturating_mul(1000).saturating_add(now.tv_nsec / 1_000_000)
}

/// The time that records without one are given.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "an edge: it tells how late it is")]
fn now_ms() -> i64 {
    use std::time::SystemTime;

    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // In 64 bits: `as_millis` would divide 128 of them.
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    seconds.saturating_mul(1000).saturating_add(since_epoch.subsec_millis().into())
}

/// Counts a flush for as long as it is wanted.
struct Flushing<'a>(&'a Arc<Shared>);

impl<'a> Flushing<'a> {
    fn begin(shared: &'a Arc<Shared>) -> Self {
        shared.flushing.fetch_add(1, Ordering::Relaxed);
        shared.wake_all();
        Self(shared)
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.0.flushing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts a `send` that waits for memory for as long as it does.
struct WaitingForMemory<'a> {
    shared: &'a Arc<Shared>,
    since: Instant,
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
impl<'a> WaitingForMemory<'a> {
    fn begin(shared: &'a Arc<Shared>) -> Self {
        shared.waiting_for_memory.fetch_add(1, Ordering::Relaxed);
        shared.counters.memory_waits.increment();
        shared.wake_all();
        Self { shared, since: Instant::now() }
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
impl Drop for WaitingForMemory<'_> {
    fn drop(&mut self) {
        self.shared.waiting_for_memory.fetch_sub(1, Ordering::Relaxed);
        self.shared.counters.memory_wait.add(self.since.elapsed());
    }
}
