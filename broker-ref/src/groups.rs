//! Runs the group coordinators of a node: one for each partition of `__consumer_offsets` that it leads.
//!
//! An operation is decided, its records are appended to the partition, the state follows, and replies are handed out,
//! all under the lock of that one coordinator. A reply may belong to a request that came long before; each request that
//! waits has the receiving end of a channel.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use ottla_protocol::{
    compression::{Compressor, Decompressor},
    error_code::ErrorCode,
    messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
    record::{
        Batch, BatchHeader, BatchSettings, RecordBatch, RecordBatchBuilder, RecordBatches, control::ControlRecord,
    },
    types::{NodeId, ProducerId, TopicName},
    wire::Uuid,
};
use tokio::sync::{Notify, OnceCell, oneshot};

use crate::{
    clock::Moment,
    config::BrokerConfig,
    coordinator::group::{CoordinatorRecord, GroupConfig, GroupCoordinator, Outcome, Reply, Token, partition_for},
    node::Node,
    partition::{Partition, run_plan},
};

/// The topic that holds groups and committed offsets.
pub(crate) const TOPIC: TopicName = TopicName::from_static("__consumer_offsets");
/// Bytes that are read at a time when a partition is loaded.
const LOAD_BYTES: usize = 5 * 1024 * 1024;

/// The group coordinators of one node.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    shards: Mutex<HashMap<i32, Arc<Shard>>>,
    /// A deadline may have come closer.
    changed: Arc<Notify>,
}

/// The coordinator of one partition.
#[derive(Debug)]
pub(crate) struct Shard {
    partition: Arc<Partition>,
    loaded: OnceCell<()>,
    state: Mutex<ShardState>,
}

#[derive(Debug)]
struct ShardState {
    coordinator: GroupCoordinator,
    /// Whoever still has the shard in hand is answered as those were who waited.
    unloaded: bool,
    waiting: HashMap<Token, oneshot::Sender<Reply>>,
    next_token: u64,
    compressor: Box<Compressor>,
}

/// A reply to come.
#[derive(Debug)]
pub(crate) struct Waiting {
    reply: oneshot::Receiver<Reply>,
    /// The end of the records that must be durable first, where the settings want that.
    flush: Option<(Arc<Partition>, i64)>,
}

impl Waiting {
    /// Waits for it. Cancel safe: the operation is done in any case.
    ///
    /// # Errors
    /// The coordinator moved, or its log cannot be made durable.
    pub(crate) async fn wait(self) -> Result<Reply, ErrorCode> {
        if let Some((partition, end_offset)) = self.flush {
            partition.flush_to(end_offset).await.map_err(|_| ErrorCode::NOT_COORDINATOR)?;
        }
        self.reply.await.map_err(|_| ErrorCode::NOT_COORDINATOR)
    }
}

impl Groups {
    /// The coordinator of a group, loaded.
    ///
    /// # Errors
    /// [`ErrorCode::NOT_COORDINATOR`] if another node is it, or there is none yet;
    /// [`ErrorCode::COORDINATOR_NOT_AVAILABLE`] if it cannot be loaded.
    pub(crate) async fn shard(&self, node: &Node, group_id: &str) -> Result<Arc<Shard>, ErrorCode> {
        let topic = node.replicas.topic(&TOPIC).ok_or(ErrorCode::NOT_COORDINATOR)?;
        let partitions = i32::try_from(topic.topic.partitions.len()).unwrap_or(i32::MAX);
        self.of_partition(node, partition_for(group_id, partitions)).await
    }

    /// Every coordinator of this node, loaded.
    pub(crate) async fn all(&self, node: &Node) -> Vec<Arc<Shard>> {
        let Some(topic) = node.replicas.topic(&TOPIC) else { return Vec::new() };
        let led = topic.hosted().filter(|partition| partition.leadership().leader == node.id());
        let mut shards = Vec::new();
        for index in led.map(|partition| partition.index()).collect::<Vec<_>>() {
            // One that cannot be loaded has said so in the log.
            shards.extend(self.of_partition(node, index).await);
        }
        shards
    }

    async fn of_partition(&self, node: &Node, index: i32) -> Result<Arc<Shard>, ErrorCode> {
        let topic = node.replicas.topic(&TOPIC).ok_or(ErrorCode::NOT_COORDINATOR)?;
        let partition = topic.partition(index).map_err(|_| ErrorCode::NOT_COORDINATOR)?;
        if partition.leadership().leader != node.id() {
            return Err(ErrorCode::NOT_COORDINATOR);
        }
        let shard = self.get_or_add(node, partition);
        shard.loaded.get_or_try_init(|| shard.load(node)).await?;
        // Otherwise it is among those that are let go when the partition is closed.
        if partition.is_closed() { Err(ErrorCode::NOT_COORDINATOR) } else { Ok(shard) }
    }

    fn get_or_add(&self, node: &Node, partition: &Arc<Partition>) -> Arc<Shard> {
        let mut shards = self.lock();
        let known = shards.get(&partition.index()).filter(|shard| Arc::ptr_eq(&shard.partition, partition));
        if let Some(shard) = known {
            return shard.clone();
        }
        let shard = Arc::new(Shard::new(partition.clone(), GroupConfig::from(&*node.config()), node.random_seed()));
        // A topic that was created anew has other partitions.
        if let Some(old) = shards.insert(partition.index(), shard.clone()) {
            old.unload();
        }
        shard
    }

    /// Answers everybody who waits for the coordinator of a partition that is gone: its topic is deleted.
    pub(crate) fn let_go(&self) {
        self.lock().extract_if(|_, shard| shard.partition.is_closed()).for_each(|(_, shard)| shard.unload());
    }

    /// Tells the timer that a deadline may have come closer.
    fn note_change(&self) {
        self.changed.notify_one();
    }

    /// Answers everybody who waits: the node stops.
    pub(crate) fn close(&self) {
        self.lock().drain().for_each(|(_, shard)| shard.unload());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Arc<Shard>>> {
        // Every change of the map is one call.
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loaded(&self) -> Vec<Arc<Shard>> {
        self.lock().values().filter(|shard| shard.loaded.initialized()).cloned().collect()
    }
}

impl Shard {
    fn new(partition: Arc<Partition>, config: GroupConfig, seed: u64) -> Self {
        let state = ShardState {
            coordinator: GroupCoordinator::new(config, seed),
            unloaded: false,
            waiting: HashMap::new(),
            next_token: 0,
            compressor: Box::default(),
        };
        Self { partition, loaded: OnceCell::new(), state: Mutex::new(state) }
    }

    /// Replays the partition.
    async fn load(&self, node: &Node) -> Result<(), ErrorCode> {
        // Another attempt may have been given up half way.
        let mut coordinator = GroupCoordinator::new(GroupConfig::from(&*node.config()), node.random_seed());
        let offsets = self.partition.offsets();
        let mut offset = offsets.log_start_offset;
        let mut decompressor = Box::<Decompressor>::default();
        while offset < offsets.log_end_offset {
            let plan = self.partition.plan_replay(offset, LOAD_BYTES).map_err(load_failure)?;
            let fetched = run_plan(plan).await.map_err(load_failure)?;
            if fetched.next_offset <= offset {
                let partition = self.partition.index();
                tracing::error!(partition, offset, "the log of groups cannot be read to its end");
                return Err(ErrorCode::COORDINATOR_NOT_AVAILABLE);
            }
            offset = fetched.next_offset;
            replay(&mut coordinator, fetched.into_bytes(), &mut decompressor);
        }
        coordinator.loaded(node.now());
        self.lock().coordinator = coordinator;
        node.groups.note_change();
        Ok(())
    }

    /// Reads the coordinator's state.
    pub(crate) fn read<R>(&self, f: impl FnOnce(&GroupCoordinator) -> R) -> R {
        f(&self.lock().coordinator)
    }

    /// Starts an operation that leads to one reply, now or later.
    pub(crate) fn operate(
        &self,
        node: &Node,
        operation: impl FnOnce(&mut GroupCoordinator, Moment, Token) -> Outcome,
    ) -> Waiting {
        let now = node.now();
        let (sender, reply) = oneshot::channel();
        let end_offset = {
            let mut state = self.lock();
            if state.unloaded {
                return Waiting { reply, flush: None };
            }
            let token = Token(state.next_token);
            state.next_token += 1;
            state.waiting.insert(token, sender);
            let outcome = operation(&mut state.coordinator, now, token);
            state.settle(&self.partition, now, outcome)
        };
        node.groups.note_change();
        let flush = end_offset.filter(|_| self.partition.flush_is_due(now.timestamp_ms));
        Waiting { reply, flush: flush.map(|end_offset| (self.partition.clone(), end_offset)) }
    }

    /// Acts upon the deadlines that have come, and returns the next one.
    fn tick(&self, now: Moment) -> Option<i64> {
        let mut state = self.lock();
        while let Some(outcome) = state.coordinator.poll_timer(now) {
            state.settle(&self.partition, now, outcome);
        }
        state.coordinator.next_deadline()
    }

    fn change(&self, now: Moment, operation: impl FnOnce(&mut GroupCoordinator) -> Outcome) {
        let mut state = self.lock();
        let outcome = operation(&mut state.coordinator);
        state.settle(&self.partition, now, outcome);
    }

    fn unload(&self) {
        let mut state = self.lock();
        state.unloaded = true;
        let replies = state.coordinator.unload();
        state.send(replies);
        state.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, ShardState> {
        // A panic within an operation leaves the coordinator as it was before or after a step, and clients retry.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ShardState {
    /// Appends what an operation decided and sends the replies. Returns the log's end if anything was appended.
    fn settle(&mut self, partition: &Partition, now: Moment, outcome: Outcome) -> Option<i64> {
        if outcome.records().is_empty() {
            let replies = self.coordinator.commit(-1, outcome);
            self.send(replies);
            return None;
        }
        let appended = self.encode(outcome.records(), now.timestamp_ms).and_then(|batch| {
            let appended = partition.append_internal(batch, now.timestamp_ms);
            appended.map_err(|refusal| refusal.code)
        });
        let (replies, end_offset) = match appended {
            Ok(appended) => (self.coordinator.commit(appended.base_offset, outcome), Some(appended.end_offset)),
            Err(code) => {
                // What is wrong with the log, the partition says, and once.
                if code != ErrorCode::KAFKA_STORAGE_ERROR {
                    tracing::error!(partition = partition.index(), %code, "cannot store a change of a group");
                }
                (self.coordinator.abort(now, outcome, code), None)
            }
        };
        self.send(replies);
        end_offset
    }

    fn encode(&mut self, records: &[CoordinatorRecord], now_ms: i64) -> Result<BytesMut, ErrorCode> {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        for record in records {
            // A text from a request was short enough for the request, and so is for the record.
            let (key, value) = record.encode().map_err(|_| ErrorCode::INVALID_REQUEST)?;
            let appended = builder.append(now_ms, Some(&key), value.as_deref(), []);
            appended.map_err(|_| ErrorCode::RECORD_LIST_TOO_LARGE)?;
        }
        let batch = builder.seal(&mut self.compressor).map_err(|_| ErrorCode::UNKNOWN_SERVER_ERROR)?;
        Ok(batch.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])))
    }

    fn send(&mut self, replies: Vec<(Token, Reply)>) {
        for (token, reply) in replies {
            if let Some(waiting) = self.waiting.remove(&token) {
                // The client may have gone away.
                let _ = waiting.send(reply);
            }
        }
    }
}

/// What a client is told when a coordinator cannot be loaded. It looks for the coordinator again and retries; codes of
/// the log mean nothing to it in answers about groups.
fn load_failure(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => ErrorCode::NOT_COORDINATOR,
        _ => ErrorCode::COORDINATOR_NOT_AVAILABLE,
    }
}

/// Takes over the batches of a partition. What is damaged costs no more than itself.
fn replay(coordinator: &mut GroupCoordinator, records: Bytes, decompressor: &mut Decompressor) {
    let mut batches = RecordBatches::new(records);
    loop {
        let batch = match batches.next() {
            None => break,
            Some(Ok(Batch::V2(batch))) => batch,
            Some(Ok(_)) => continue,
            Some(Err(error)) => {
                tracing::error!(%error, "a batch of a group's log cannot be read, it is passed over");
                batches = RecordBatches::new(behind_first(batches.rest()));
                continue;
            }
        };
        let sound = batch.verify_crc().map_err(|error| error.to_string());
        if let Err(error) = sound.and_then(|()| replay_batch(coordinator, &batch, decompressor)) {
            let offset = batch.base_offset();
            tracing::error!(offset, error, "a batch of a group's log cannot be read, it is passed over");
        }
    }
}

/// The bytes behind the batch at the front, by its length.
fn behind_first(records: &Bytes) -> Bytes {
    let size = BatchHeader::read(records).map_or(records.len(), |header| header.size());
    records.slice(size.min(records.len())..)
}

fn replay_batch(
    coordinator: &mut GroupCoordinator,
    batch: &RecordBatch,
    decompressor: &mut Decompressor,
) -> Result<(), String> {
    let producer_id = ProducerId(batch.header().producer_id);
    let records = batch.records(decompressor).map_err(|error| error.to_string())?;
    for record in records.iter() {
        let record = record.map_err(|error| error.to_string())?;
        if batch.is_control() {
            if let Ok(ControlRecord::EndTransaction(marker)) = ControlRecord::parse(record.key, record.value) {
                coordinator.end_transaction(producer_id, marker.committed);
            }
            continue;
        }
        let Some(key) = record.key_bytes() else { continue };
        // Copies: what is kept of a record must not keep the whole read alive.
        let key = Bytes::copy_from_slice(&key);
        let value = record.value.map(Bytes::copy_from_slice);
        match CoordinatorRecord::decode(key, value) {
            Ok(Some(decoded)) => {
                let producer = batch.is_transactional().then_some(producer_id);
                coordinator.replay(record.offset, producer, decoded);
            }
            Ok(None) => {}
            Err(error) => {
                let offset = record.offset;
                tracing::error!(offset, %error, "a record of a group's log cannot be read, it is passed over");
            }
        }
    }
    Ok(())
}

/// The settings that `__consumer_offsets` has of its own.
pub(crate) fn topic_settings(config: &BrokerConfig) -> [(&'static str, String); 3] {
    [
        ("cleanup.policy", "compact".to_owned()),
        ("compression.type", "producer".to_owned()),
        ("segment.bytes", config.offsets_topic_segment_bytes.to_string()),
    ]
}

/// Creates `__consumer_offsets` unless it is there.
pub(crate) async fn ensure_topic(node: &Node) {
    if node.image().topic(&TOPIC).is_some() {
        return;
    }
    let config = node.config();
    let topic = CreatableTopic {
        name: TOPIC,
        num_partitions: config.offsets_topic_num_partitions,
        replication_factor: config.offsets_topic_replication_factor,
        configs: topic_settings(&config)
            .into_iter()
            .map(|(name, value)| CreatableTopicConfig { name: name.into(), value: Some(value.into()) })
            .collect(),
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    match node.controller().change(|change| change.create_topics(&request)).await {
        Ok(results) => {
            let refused = |code: ErrorCode| !code.is_none() && code != ErrorCode::TOPIC_ALREADY_EXISTS;
            for result in results.into_iter().filter(|result| refused(result.error_code)) {
                let message = result.error_message.unwrap_or_default();
                tracing::error!(code = %result.error_code, %message, "cannot create __consumer_offsets");
            }
        }
        Err(error) => tracing::error!(%error, "cannot create __consumer_offsets"),
    }
}

/// The leader of the partition of `__consumer_offsets` that a group belongs to.
pub(crate) fn coordinator_of(node: &Node, group_id: &str) -> Option<NodeId> {
    let image = node.image();
    let topic = image.topic(&TOPIC)?;
    let partitions = i32::try_from(topic.partitions.len()).ok()?;
    let index = partition_for(group_id, partitions);
    let leader = image.serving(topic, index, topic.partition(index)?).leader;
    Some(leader).filter(|leader| *leader != NodeId::NONE)
}

/// Drives the timers of a node's coordinators, expires offsets, and follows the deletion of topics.
pub(crate) async fn keep_time(node: Weak<Node>) {
    let Some(first) = node.upgrade() else { return };
    let check =
        Duration::from_millis(u64::try_from(first.config().offsets_retention_check_interval_ms).unwrap_or(1).max(1));
    let mut expiry = tokio::time::interval(check);
    expiry.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut image = first.controller().watch();
    let mut topics = topics_by_id(&first);
    let groups_changed = first.groups.changed.clone();
    drop(first);
    loop {
        let Some(strong) = node.upgrade() else { return };
        let now = strong.now();
        let next = strong.groups.loaded().iter().filter_map(|shard| shard.tick(now)).min();
        let wait = next.map(|at| Duration::from_millis(u64::try_from(at - now.steady_ms).unwrap_or(0).max(1)));
        // The node must not be kept alive by its own clock.
        drop(strong);
        tokio::select! {
            () = sleep(wait) => {}
            () = groups_changed.notified() => {}
            _ = expiry.tick() => {
                let Some(strong) = node.upgrade() else { return };
                for shard in strong.groups.all(&strong).await {
                    let now = strong.now();
                    shard.change(now, |coordinator| coordinator.expire_offsets(now));
                }
            }
            changed = image.changed() => {
                let Some(strong) = node.upgrade().filter(|_| changed.is_ok()) else { return };
                let present = topics_by_id(&strong);
                let now = strong.now();
                for (id, name) in topics.iter().filter(|(id, _)| !present.contains_key(*id)) {
                    for shard in strong.groups.loaded() {
                        shard.change(now, |coordinator| coordinator.topic_deleted(name, *id));
                    }
                }
                topics = present;
            }
        }
    }
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// A topic that is deleted and created anew before anybody looks keeps its name, but not its id.
fn topics_by_id(node: &Node) -> HashMap<Uuid, TopicName> {
    node.image().topics().map(|topic| (topic.id, topic.name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_look_for_the_coordinator_again_when_one_cannot_be_loaded() {
        for moved in [ErrorCode::NOT_LEADER_OR_FOLLOWER, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION] {
            assert_eq!(load_failure(moved), ErrorCode::NOT_COORDINATOR);
        }
        for unreadable in [ErrorCode::CORRUPT_MESSAGE, ErrorCode::KAFKA_STORAGE_ERROR, ErrorCode::OFFSET_OUT_OF_RANGE] {
            assert_eq!(load_failure(unreadable), ErrorCode::COORDINATOR_NOT_AVAILABLE);
        }
    }
}
