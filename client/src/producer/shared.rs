//! What a producer's handle and its tasks share.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ottla_protocol::types::{NodeId, ProducerId, TopicName};
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::Instant,
};

use super::{
    buffers::BatchBuffers,
    metrics::ProducerCounters,
    queue::{PartitionQueue, QueueSettings},
    sender,
};
use crate::{
    Client,
    config::ProducerConfig,
    metadata::{ClusterMetadata, TopicMetadata},
    net::RequestError,
    partitioner::{Partitioner, QueueLoad, StickyPartition, TopicPartitions},
};

/// A partition's queue and where it belongs.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) topic: TopicName,
    pub(crate) index: i32,
    queue: Mutex<PartitionQueue>,
}

impl Partition {
    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, PartitionQueue> {
        // A queue is changed by calls that end in a consistent state or not at all.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A topic that is produced to, as last heard of: news of it take its place, so that a record needs no lock to read it.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) name: TopicName,
    settings: Arc<QueueSettings>,
    pub(crate) partitions: Partitions,
    pub(crate) sticky: Arc<StickyPartition>,
    pub(crate) turns: Arc<AtomicU32>,
    /// Whether a record was sent since the last look: unused topics drop out of the metadata.
    pub(crate) used: Arc<AtomicBool>,
}

/// The partitions of a topic as last heard of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partitions {
    pub(crate) all: Vec<Arc<Partition>>,
    pub(crate) with_leader: Vec<i32>,
    topic_id: ottla_protocol::wire::Uuid,
    /// The metadata that this is from.
    pub(crate) generation: u64,
}

impl Partitions {
    /// As a partitioner sees them.
    #[inline]
    pub(super) fn view<'a>(&'a self, topic: &'a str, turns: &'a AtomicU32) -> TopicPartitions<'a> {
        TopicPartitions::new(topic, self.all.len() as i32, &self.with_leader, turns)
    }
}

impl Topic {
    pub(crate) fn new(name: TopicName, config: &ProducerConfig, settings: Arc<QueueSettings>) -> Self {
        let batch = if config.batch_size == 0 { 1 } else { config.batch_size };
        Self {
            name,
            settings,
            partitions: Partitions::default(),
            sticky: Arc::new(StickyPartition::new(batch, fastrand::u64(..))),
            turns: Arc::default(),
            used: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Makes partitions with long queues get fewer of the records that may go anywhere, and those of `unavailable` nodes
    /// none. Returns how many partitions it looked at.
    pub(super) fn weigh(&self, metadata: &ClusterMetadata, unavailable: &[NodeId]) -> usize {
        let Some(known) = metadata.topic(&self.name).filter(|_| self.sticky.is_used()) else { return 0 };
        let partitions = &self.partitions;
        let is_available = |partition: &Partition| {
            let leader = known.partition(partition.index).and_then(|partition| partition.leader);
            leader.is_some_and(|node| !unavailable.contains(&node))
        };
        let loads: Vec<_> = partitions
            .all
            .iter()
            .filter(|partition| is_available(partition))
            .map(|partition| QueueLoad {
                partition: partition.index,
                queued_batches: partition.lock().queued_batches(),
            })
            .collect();
        self.sticky.set_load(&loads, &partitions.view(&self.name, &self.turns));
        partitions.all.len()
    }

    /// Takes over what the metadata says. Whoever reads the topic meanwhile goes on with what it was.
    pub(crate) fn update(self: &mut Arc<Self>, metadata: &TopicMetadata, generation: u64) {
        if self.partitions.generation >= generation && generation > 0 {
            return;
        }
        let Self { name, settings, partitions, .. } = Arc::make_mut(self);
        let anew = !partitions.topic_id.is_zero() && partitions.topic_id != metadata.id;
        if anew {
            partitions.all.iter().for_each(|partition| partition.lock().topic_created_anew());
        }
        let known = partitions.all.len() as i32;
        for index in known..metadata.partition_count() {
            let queue = PartitionQueue::new(name.clone(), index, settings.clone());
            let partition = Partition { topic: name.clone(), index, queue: Mutex::new(queue) };
            partitions.all.push(Arc::new(partition));
        }
        // Fewer partitions than before: the queues of the others stay, so that what is in them finds its end.
        let with_leader = metadata.partitions.iter().filter(|p| p.leader.is_some()).map(|p| p.index);
        partitions.with_leader = with_leader.collect();
        partitions.topic_id = metadata.id;
        partitions.generation = generation;
    }
}

/// Partitions on their way to a sender's list.
#[derive(Debug, Default)]
pub(crate) struct SenderQueue {
    incoming: Mutex<Vec<Arc<Partition>>>,
    wake: Notify,
    trouble: Mutex<Option<(Instant, String)>>,
    /// Since when the leader takes no batches though some wait for it.
    stalled: Mutex<Option<Instant>>,
    /// Until when the leader throttles this client.
    throttled_until: Mutex<Option<Instant>>,
}

impl SenderQueue {
    pub(crate) fn push(&self, partition: Arc<Partition>) {
        lock(&self.incoming).push(partition);
        self.wake.notify_one();
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(super) async fn notified(&self) {
        self.wake.notified().await;
    }

    pub(super) fn take_into(&self, list: &mut VecDeque<Arc<Partition>>) {
        list.extend(lock(&self.incoming).drain(..));
    }

    pub(super) fn drain(&self) -> Vec<Arc<Partition>> {
        std::mem::take(&mut lock(&self.incoming))
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.incoming).is_empty()
    }

    pub(super) fn note_trouble(&self, now: Instant, error: &RequestError) {
        let mut trouble = lock(&self.trouble);
        let since = trouble.take().map_or(now, |(since, _)| since);
        *trouble = Some((since, error.to_string()));
    }

    pub(super) fn clear_trouble(&self) {
        *lock(&self.trouble) = None;
    }

    /// Batches wait for the leader, and it takes none.
    pub(super) fn note_stalled(&self, now: Instant) {
        lock(&self.stalled).get_or_insert(now);
    }

    /// The leader takes what there is.
    pub(super) fn clear_stalled(&self) {
        *lock(&self.stalled) = None;
    }

    fn stalled_for(&self, now: Instant) -> Duration {
        lock(&self.stalled).map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// The leader asks to be left alone for a while.
    pub(super) fn note_throttled(&self, until: Instant) {
        *lock(&self.throttled_until) = Some(until);
    }

    fn is_throttled(&self, now: Instant) -> bool {
        lock(&self.throttled_until).is_some_and(|until| until > now)
    }

    /// What keeps the sender from sending, and since when.
    pub(crate) fn trouble(&self) -> Option<(Instant, String)> {
        lock(&self.trouble).clone()
    }
}

/// Everything but the handle.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) config: ProducerConfig,
    pub(crate) partitioner: Arc<dyn Partitioner>,
    /// Looked up for each record, by names that the application chooses: nobody would make them collide.
    pub(crate) topics: RwLock<HashMap<TopicName, Arc<Topic>, foldhash::fast::RandomState>>,
    pub(crate) senders: Mutex<HashMap<NodeId, Arc<SenderQueue>>>,
    pub(crate) orphans: SenderQueue,
    pub(crate) memory: Arc<Semaphore>,
    /// `send`s that wait for memory.
    pub(crate) waiting_for_memory: AtomicUsize,
    /// `flush`es under way.
    pub(crate) flushing: AtomicUsize,
    identity: Mutex<Option<(ProducerId, i16)>>,
    pub(crate) closing: watch::Sender<bool>,
    pub(crate) closed: AtomicBool,
    pub(crate) counters: Arc<ProducerCounters>,
    pub(crate) buffers: Arc<BatchBuffers>,
}

impl Shared {
    pub(crate) fn new(client: Client, config: ProducerConfig, partitioner: Arc<dyn Partitioner>) -> Self {
        let memory = config.buffer_memory.min(Semaphore::MAX_PERMITS);
        let buffers = Arc::new(BatchBuffers::new(memory));
        Self {
            client,
            config,
            partitioner,
            topics: RwLock::default(),
            senders: Mutex::default(),
            orphans: SenderQueue::default(),
            memory: Arc::new(Semaphore::new(memory)),
            waiting_for_memory: AtomicUsize::new(0),
            flushing: AtomicUsize::new(0),
            identity: Mutex::new(None),
            closing: watch::Sender::new(false),
            closed: AtomicBool::new(false),
            counters: Arc::default(),
            buffers,
        }
    }

    /// Whether batches should leave without lingering: somebody waits for them, or for their memory.
    pub(crate) fn hurry(&self) -> bool {
        self.flushing.load(Ordering::Relaxed) > 0
            || self.waiting_for_memory.load(Ordering::Relaxed) > 0
            || *self.closing.borrow()
    }

    pub(crate) fn identity(&self) -> Option<(ProducerId, i16)> {
        *lock(&self.identity)
    }

    pub(crate) fn set_identity(&self, id: ProducerId, epoch: i16) {
        tracing::debug!(producer_id = %id, epoch, "producer id obtained");
        *lock(&self.identity) = Some((id, epoch));
    }

    /// Puts a partition on the list of its leader's sender, or of those that have none.
    pub(crate) fn route(self: &Arc<Self>, partition: Arc<Partition>, leader: Option<NodeId>) {
        match leader {
            Some(node) => self.sender(node).push(partition),
            None => self.orphans.push(partition),
        }
    }

    /// Makes the sender of a partition look at it again.
    pub(crate) fn wake(self: &Arc<Self>, leader: Option<NodeId>) {
        match leader {
            Some(node) => self.sender(node).wake(),
            None => self.orphans.wake(),
        }
    }

    pub(crate) fn wake_all(&self) {
        lock(&self.senders).values().for_each(|queue| queue.wake());
        self.orphans.wake();
    }

    #[expect(clippy::disallowed_methods, reason = "the task ends with the producer")]
    fn sender(self: &Arc<Self>, node: NodeId) -> Arc<SenderQueue> {
        let mut senders = lock(&self.senders);
        if let Some(queue) = senders.get(&node) {
            return queue.clone();
        }
        let queue = Arc::new(SenderQueue::default());
        senders.insert(node, queue.clone());
        drop(senders);
        tokio::spawn(sender::run(self.clone(), node, queue.clone()));
        queue
    }

    /// The nodes that have taken no batches for longer than `partitioner.availability.timeout.ms`.
    pub(super) fn unavailable_nodes(&self, now: Instant) -> Vec<NodeId> {
        let Some(timeout) = self.config.partitioner_availability_timeout else { return Vec::new() };
        let senders = lock(&self.senders);
        senders.iter().filter(|(_, queue)| queue.stalled_for(now) > timeout).map(|(node, _)| *node).collect()
    }

    pub(super) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Whether this node throttles the client.
    pub(super) fn is_throttled(&self, node: NodeId, now: Instant) -> bool {
        lock(&self.senders).get(&node).is_some_and(|queue| queue.is_throttled(now))
    }

    /// What keeps the sender of this node from sending, and since when.
    pub(crate) fn sender_trouble(&self, node: NodeId) -> Option<(Instant, String)> {
        lock(&self.senders).get(&node)?.trouble()
    }

    pub(crate) fn all_topics(&self) -> Vec<Arc<Topic>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn all_partitions(&self) -> Vec<Arc<Partition>> {
        let topics = self.all_topics();
        topics.iter().flat_map(|topic| topic.partitions.all.iter().cloned()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each critical section is one change, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
