//! Every partition as one node sees it: hosted here, or led elsewhere.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use ottla_protocol::{
    error_code::ErrorCode,
    types::{NodeId, TopicName},
    wire::Uuid,
};

use crate::{
    config::{BrokerConfig, BrokerLayers, CompressionType, TopicConfig},
    controller::{MetadataImage, PartitionRegistration, Partitions, Topic},
    log::{
        CleanupPolicy, CompactionError, CompactionLimits, LogConfig, LogError, LogManager, NewLog, TickReport,
        TopicPartition,
    },
    metrics::NodeMeter,
    partition::{Leadership, Partition, Place},
};

/// How many logs are created or deleted before others have their turn with the directory.
const LOGS_AT_ONCE: usize = 64;

/// When a compaction is tried again that the storage was in the way of.
const COMPACTED_AGAIN_MS: i64 = 60_000;

/// The topics of the cluster with the replicas that are on this node.
#[derive(Debug)]
pub(crate) struct Replicas {
    node: NodeId,
    meter: Arc<NodeMeter>,
    topics: RwLock<Topics>,
    /// Taken out when the node stops.
    logs: Mutex<Option<LogManager>>,
    /// Held while a log is compacted, which others do not wait for.
    compacting: Mutex<()>,
    stopping: AtomicBool,
}

#[derive(Debug, Default)]
struct Topics {
    by_name: HashMap<TopicName, Arc<HostedTopic>>,
    by_id: HashMap<Uuid, Arc<HostedTopic>>,
    /// The settings that they were hosted with.
    layers: BrokerLayers,
}

/// What all topics of a node have in common.
struct Settings<'a> {
    layers: &'a BrokerLayers,
    producer_id_expiration_ms: i64,
}

/// A topic with the replicas of its partitions.
#[derive(Debug)]
pub(crate) struct HostedTopic {
    pub(crate) topic: Arc<Topic>,
    replicas: Vec<Replica>,
}

#[derive(Clone, Debug)]
enum Replica {
    Here(Arc<Partition>),
    Elsewhere(Leadership),
    /// The log cannot be opened, and why not.
    Offline(Arc<str>),
}

impl HostedTopic {
    /// A partition that is on this node.
    ///
    /// # Errors
    /// The code that says why it is not, and where to look for it.
    pub(crate) fn partition(&self, index: i32) -> Result<&Arc<Partition>, (ErrorCode, Option<Leadership>)> {
        match usize::try_from(index).ok().and_then(|index| self.replicas.get(index)) {
            Some(Replica::Here(partition)) => Ok(partition),
            Some(Replica::Elsewhere(leadership)) => Err((ErrorCode::NOT_LEADER_OR_FOLLOWER, Some(*leadership))),
            // Metadata tells that nobody leads it.
            Some(Replica::Offline(_)) => Err((ErrorCode::NOT_LEADER_OR_FOLLOWER, None)),
            None => Err((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None)),
        }
    }

    fn offline_because(&self, index: i32) -> Option<&str> {
        match self.replicas.get(usize::try_from(index).ok()?)? {
            Replica::Offline(error) => Some(error),
            Replica::Here(_) | Replica::Elsewhere(_) => None,
        }
    }

    /// Whether it is this topic as it is, and nothing is left to try again.
    fn is(&self, topic: &Arc<Topic>) -> bool {
        Arc::ptr_eq(&self.topic, topic) && !self.has_offline()
    }

    fn has_offline(&self) -> bool {
        self.replicas.iter().any(|replica| matches!(replica, Replica::Offline(_)))
    }

    /// The partitions that are to be on this node, whether their logs could be opened or not.
    fn local(&self) -> impl Iterator<Item = TopicPartition> {
        let here = |replica: &Replica| matches!(replica, Replica::Here(_) | Replica::Offline(_));
        let indexes = self.replicas.iter().zip(0..).filter(move |(replica, _)| here(replica));
        // What is no name of a directory has none.
        indexes.filter_map(|(_, index)| TopicPartition::new(&self.topic.name, index).ok())
    }

    /// The partitions that are on this node.
    pub(crate) fn hosted(&self) -> impl Iterator<Item = &Arc<Partition>> {
        self.replicas.iter().filter_map(|replica| match replica {
            Replica::Here(partition) => Some(partition),
            Replica::Elsewhere(_) | Replica::Offline(_) => None,
        })
    }
}

impl Replicas {
    pub(crate) fn new(node: NodeId, logs: LogManager, meter: Arc<NodeMeter>) -> Self {
        Self {
            node,
            meter,
            topics: RwLock::default(),
            logs: Mutex::new(Some(logs)),
            compacting: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    fn topics(&self) -> RwLockReadGuard<'_, Topics> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn logs(&self) -> MutexGuard<'_, Option<LogManager>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The topic with this name.
    pub(crate) fn topic(&self, name: &str) -> Option<Arc<HostedTopic>> {
        self.topics().by_name.get(name).cloned()
    }

    /// The topic with this id.
    pub(crate) fn topic_by_id(&self, id: Uuid) -> Option<Arc<HostedTopic>> {
        self.topics().by_id.get(&id).cloned()
    }

    /// All topics, in no order.
    pub(crate) fn all_topics(&self) -> Vec<Arc<HostedTopic>> {
        self.topics().by_name.values().cloned().collect()
    }

    /// The replicas whose logs cannot be opened.
    pub(crate) fn offline(&self) -> Partitions {
        let of_topic = |topic: &Arc<HostedTopic>| {
            let id = topic.topic.id;
            let offline = topic.replicas.iter().zip(0..).filter(|(replica, _)| matches!(replica, Replica::Offline(_)));
            offline.map(move |(_, index)| (id, index)).collect::<Vec<_>>()
        };
        self.topics().by_id.values().flat_map(of_topic).collect()
    }

    /// Whether there are replicas whose logs cannot be opened.
    pub(crate) fn has_offline(&self) -> bool {
        self.topics().by_id.values().any(|topic| topic.has_offline())
    }

    /// Takes in a new state of the cluster: opens and deletes logs, changes leaders and settings. Blocks.
    pub(crate) fn apply(&self, image: &MetadataImage, layers: &BrokerLayers, now_ms: i64) {
        let settings = Settings { layers, producer_id_expiration_ms: producer_id_expiration_ms(layers) };
        let same_settings = *layers == self.topics().layers;
        // Before others of the same names are created.
        self.drop_gone(image, now_ms);
        for new in self.new_logs(image, &settings).chunks(LOGS_AT_ONCE) {
            if let Some(logs) = self.logs().as_mut() {
                logs.create_all(new, now_ms);
            }
        }
        let mut topics = Topics { layers: layers.clone(), ..Topics::default() };
        for topic in image.topics() {
            // Of thousands of topics, one change is about a few.
            let known = self.topic_by_id(topic.id);
            let hosted = match known {
                Some(known) if same_settings && known.is(topic) => known,
                known => Arc::new(self.host(topic, known.as_deref(), &settings, now_ms)),
            };
            topics.by_id.insert(topic.id, hosted.clone());
            topics.by_name.insert(topic.name.clone(), hosted);
        }
        *self.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
    }

    /// Deletes the replicas of topics that are not there any more.
    fn drop_gone(&self, image: &MetadataImage, now_ms: i64) {
        let is_gone = |hosted: &HostedTopic| image.topic_by_id(hosted.topic.id).is_none();
        let gone: Vec<_> = self.topics().by_id.values().filter(|hosted| is_gone(hosted)).cloned().collect();
        if gone.is_empty() {
            return;
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.by_id.retain(|_, hosted| !is_gone(hosted));
        topics.by_name.retain(|_, hosted| !is_gone(hosted));
        drop(topics);
        self.delete(&gone, now_ms);
    }

    /// The logs that are to be on this node and are not hosted yet.
    fn new_logs(&self, image: &MetadataImage, settings: &Settings<'_>) -> Vec<NewLog> {
        let mut new = Vec::new();
        for topic in image.topics() {
            let known = self.topic_by_id(topic.id);
            if known.as_ref().is_some_and(|known| known.is(topic)) {
                continue;
            }
            let is_new = |(registration, index): &(&PartitionRegistration, i32)| {
                let hosted = known.as_ref().is_some_and(|known| known.partition(*index).is_ok());
                !hosted && registration.replicas.contains(&self.node)
            };
            let indexes: Vec<i32> = topic.partitions.iter().zip(0..).filter(is_new).map(|(_, index)| index).collect();
            if indexes.is_empty() {
                continue;
            }
            let config = log_config(
                &TopicConfig::of_existing(settings.layers, &topic.configs),
                settings.producer_id_expiration_ms,
            );
            // A name that makes no directory is refused when the log is opened.
            let partitions = indexes.into_iter().filter_map(|index| TopicPartition::new(&topic.name, index).ok());
            new.extend(partitions.map(|partition| NewLog { partition, topic_id: topic.id, config: config.clone() }));
        }
        new
    }

    fn host(
        &self,
        topic: &Arc<Topic>,
        known: Option<&HostedTopic>,
        settings: &Settings<'_>,
        now_ms: i64,
    ) -> HostedTopic {
        let config = Arc::new(TopicConfig::of_existing(settings.layers, &topic.configs));
        let replica = |(registration, index): (&PartitionRegistration, i32)| {
            if !registration.replicas.contains(&self.node) {
                let PartitionRegistration { leader, leader_epoch, .. } = *registration;
                return Replica::Elsewhere(Leadership { leader, leader_epoch });
            }
            if let Some(partition) = known.and_then(|known| known.partition(index).ok()) {
                partition.update(registration, &config, log_config(&config, settings.producer_id_expiration_ms));
                return Replica::Here(partition.clone());
            }
            self.open(topic, index, registration, &config, settings, now_ms).unwrap_or_else(|error| {
                let error = error.to_string();
                // It is tried again and again, and said once.
                if known.and_then(|known| known.offline_because(index)) != Some(&*error) {
                    tracing::error!(node = %self.node, topic = %topic.name, partition = index, error, "no log");
                }
                Replica::Offline(error.into())
            })
        };
        let replicas = topic.partitions.iter().zip(0..).map(replica).collect();
        HostedTopic { topic: topic.clone(), replicas }
    }

    fn open(
        &self,
        topic: &Topic,
        index: i32,
        registration: &PartitionRegistration,
        config: &Arc<TopicConfig>,
        settings: &Settings<'_>,
        now_ms: i64,
    ) -> Result<Replica, LogError> {
        let mut logs = self.logs();
        let Some(logs) = logs.as_mut() else { return Ok(Replica::Offline("the node has stopped".into())) };
        let partition = TopicPartition::new(&topic.name, index)?;
        let log = logs.create(partition, topic.id, log_config(config, settings.producer_id_expiration_ms), now_ms)?;
        let place = Place { topic: topic.name.clone(), index, node: self.node, meter: self.meter.clone() };
        Ok(Replica::Here(Arc::new(Partition::new(place, log, registration.clone(), config.clone()))))
    }

    fn delete(&self, topics: &[Arc<HostedTopic>], now_ms: i64) {
        topics.iter().flat_map(|topic| topic.hosted()).for_each(|partition| partition.close());
        let local = topics.iter().flat_map(|topic| topic.local());
        for partitions in local.collect::<Vec<_>>().chunks(LOGS_AT_ONCE) {
            let deleted = self.logs().as_mut().map(|logs| logs.delete_all(partitions, now_ms)).unwrap_or_default();
            for (partition, deleted) in deleted {
                match deleted {
                    // Its log could not be opened, and there is nothing of it.
                    Ok(()) | Err(LogError::UnknownPartition { .. }) => {}
                    Err(error) => tracing::error!(node = %self.node, %partition, %error, "cannot delete a log"),
                }
            }
        }
    }

    /// Does what is due in the log directory. Blocks.
    pub(crate) fn tick(&self, now_ms: i64) -> TickReport {
        self.logs().as_mut().map(|logs| logs.tick(now_ms)).unwrap_or_default()
    }

    /// Compacts the log that wants it most. Blocks for as long as that takes; whether another one may want it too.
    pub(crate) fn compact_one(&self, limits: CompactionLimits) -> bool {
        let _turn = self.compacting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopping.load(Ordering::Relaxed) {
            return false;
        }
        let dirtiest = self.logs().as_ref().and_then(|logs| logs.dirtiest(limits.now_ms));
        let Some((partition, log, dirt)) = dirtiest else { return false };
        let compaction = log.lock().start_compaction(dirt, limits);
        let compacted = compaction.run(&self.stopping).and_then(|compacted| {
            let finished = log.lock().finish_compaction(compacted, limits.now_ms);
            Ok(finished?)
        });
        let mut logs = self.logs();
        let Some(logs) = logs.as_mut() else { return false };
        match compacted {
            // Where it goes no further for now, it is not tried at once again.
            Ok(Some(compacted_to)) if compacted_to <= dirt.compacted_to => return false,
            Ok(Some(compacted_to)) => {
                if let Err(error) = logs.note_compacted(&partition, &log, compacted_to) {
                    tracing::error!(node = %self.node, %error, "cannot write down up to where logs are compacted");
                }
            }
            Ok(None) => {}
            Err(CompactionError::Stopped) => return false,
            Err(error) => {
                // There may be room again, or a descriptor; damage stays.
                let again = matches!(error, CompactionError::Log(_));
                let until_ms = if again { limits.now_ms.saturating_add(COMPACTED_AGAIN_MS) } else { i64::MAX };
                // One that was deleted meanwhile is none of this.
                if logs.note_uncompactable(&partition, &log, until_ms) {
                    tracing::error!(node = %self.node, %partition, %error, "the log is not compacted");
                }
            }
        }
        true
    }

    /// Ends a compaction that is under way, and waits until it writes nothing more.
    fn stop_compacting(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(self.compacting.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Runs something on the log directory, unless the node has stopped.
    pub(crate) fn with_logs<R>(&self, f: impl FnOnce(&LogManager) -> R) -> Option<R> {
        self.logs().as_ref().map(f)
    }

    /// Ends all writing at once, as if the process were killed, and unlocks the directory. Blocks for as long as a write
    /// that is under way takes.
    pub(crate) fn halt(&self) {
        self.stop_compacting();
        let logs = self.logs().take();
        if let Some(logs) = logs {
            logs.halt();
        }
    }

    /// Ends all waits and closes all logs in order. Blocks.
    pub(crate) fn close(&self) -> Result<(), LogError> {
        self.stop_compacting();
        for topic in self.all_topics() {
            topic.hosted().for_each(|partition| partition.close());
        }
        let logs = self.logs().take();
        logs.map_or(Ok(()), LogManager::close)
    }
}

/// The setting of the broker that all its logs go by.
pub(crate) fn producer_id_expiration_ms(layers: &BrokerLayers) -> i64 {
    BrokerConfig::of_running(layers).producer_id_expiration_ms.into()
}

/// The settings of the log of a topic's partitions.
pub(crate) fn log_config(topic: &TopicConfig, producer_id_expiration_ms: i64) -> LogConfig {
    let limited = |value: i64| (value != i64::MAX).then_some(value);
    let size = |value: i32| u32::try_from(value).unwrap_or(0);
    LogConfig {
        cleanup_policy: CleanupPolicy { delete: topic.cleanup_policy.delete, compact: topic.cleanup_policy.compact },
        segment_bytes: size(topic.segment_size()),
        segment_ms: topic.segment_ms,
        segment_jitter_ms: topic.segment_jitter_ms,
        segment_index_bytes: size(topic.segment_index_bytes),
        index_interval_bytes: size(topic.index_interval_bytes),
        retention_ms: (topic.retention_ms >= 0).then_some(topic.retention_ms),
        retention_bytes: u64::try_from(topic.retention_bytes).ok(),
        file_delete_delay_ms: topic.file_delete_delay_ms,
        flush_messages: limited(topic.flush_messages),
        flush_ms: limited(topic.flush_ms),
        max_message_bytes: size(topic.max_message_bytes),
        message_timestamp_type: topic.message_timestamp_type,
        message_timestamp_before_max_ms: limited(topic.message_timestamp_before_max_ms),
        message_timestamp_after_max_ms: limited(topic.message_timestamp_after_max_ms),
        compression_type: match topic.compression_type {
            CompressionType::Producer => None,
            CompressionType::Codec(codec) => Some(codec),
        },
        compression_gzip_level: topic.compression_gzip_level,
        compression_lz4_level: topic.compression_lz4_level,
        compression_zstd_level: topic.compression_zstd_level,
        min_insync_replicas: topic.min_insync_replicas,
        min_cleanable_dirty_ratio: topic.min_cleanable_dirty_ratio,
        min_compaction_lag_ms: topic.min_compaction_lag_ms,
        max_compaction_lag_ms: limited(topic.max_compaction_lag_ms),
        delete_retention_ms: topic.delete_retention_ms,
        producer_id_expiration_ms,
        ..LogConfig::default()
    }
}
