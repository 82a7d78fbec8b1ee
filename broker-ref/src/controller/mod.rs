//! The controller: it alone changes what the cluster looks like.
//!
//! A change is decided on a copy of the present [`MetadataImage`], stored, published, and answered once every running
//! node has taken it in. Kafka answers sooner and lets clients retry; here a topic can be used when its creation has
//! been answered.

mod configs;
mod image;
mod placement;
mod record;
#[expect(clippy::disallowed_methods, reason = "the controller's store is a file of its own")]
mod store;
mod topics;

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ottla_protocol::{
    types::NodeId,
    wire::{Str, Uuid},
};
use tokio::sync::watch;

pub(crate) use self::image::{Broker, MetadataImage, PartitionRegistration, Partitions, Serving, Topic, is_internal};
pub use self::store::MetadataStoreError;
pub(crate) use self::{
    configs::ConfigResource,
    topics::{Refusal, check_name},
};
use self::{
    record::ControllerRecord,
    store::{MetadataFile, MetadataStore},
};
use crate::config::{BrokerConfig, BrokerLayers, ConfigMap};

/// Producer ids that a node takes at a time.
const PRODUCER_ID_BLOCK: i64 = 1000;

/// The handle of the controller; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Held while a change is decided, stored and published, so changes come one after another.
    order: Arc<tokio::sync::Mutex<()>>,
    /// Locked while something is written, on a thread that may block.
    store: Mutex<MetadataStore>,
    image: watch::Sender<Arc<MetadataImage>>,
    /// The version that each running node has taken in.
    applied: watch::Sender<BTreeMap<NodeId, u64>>,
    /// The settings that brokers start with.
    layers: BrokerLayers,
    /// Random choices: ids and where placement begins.
    random: Mutex<fastrand::Rng>,
    /// The store had no more than a cluster's id as it was opened.
    began_empty: bool,
}

/// A change that is being decided.
pub(crate) struct Change<'a> {
    /// The state with the records so far.
    image: MetadataImage,
    records: Vec<ControllerRecord>,
    layers: &'a BrokerLayers,
    /// Worked out when they are first asked for, and not for each of many topics.
    settings: OnceCell<Arc<Settings>>,
    random: MutexGuard<'a, fastrand::Rng>,
}

/// The settings that all brokers have, dynamic ones included.
struct Settings {
    layers: BrokerLayers,
    config: BrokerConfig,
}

impl Change<'_> {
    fn push(&mut self, record: ControllerRecord) {
        if matches!(record, ControllerRecord::BrokerConfig { .. }) {
            self.settings.take();
        }
        self.image.replay(&record);
        self.records.push(record);
    }

    fn settings(&self) -> Arc<Settings> {
        let work_out = || {
            let mut layers = self.layers.clone();
            layers.set_cluster(self.image.broker_configs(None).cloned().unwrap_or_default());
            let config = BrokerConfig::of_running(&layers);
            Arc::new(Settings { layers, config })
        };
        self.settings.get_or_init(work_out).clone()
    }

    fn random_id(&mut self) -> Uuid {
        random_id(&mut self.random)
    }
}

/// Kafka's ids are never one of the reserved ones and never begin with a dash, which tools take for an option.
fn random_id(random: &mut fastrand::Rng) -> Uuid {
    loop {
        let id = Uuid::from_random_bits(random.u128(..));
        if !id.to_string().starts_with('-') {
            return id;
        }
    }
}

impl Controller {
    /// A controller whose state lasts as long as the process.
    pub(crate) fn in_memory(layers: BrokerLayers, random: fastrand::Rng) -> Self {
        Self::new(MetadataStore::Memory, Vec::new(), layers, random)
    }

    /// A controller whose state is in a directory. Blocks.
    pub(crate) fn open(dir: &Path, layers: BrokerLayers, random: fastrand::Rng) -> Result<Self, MetadataStoreError> {
        let (file, records) = MetadataFile::open(dir)?;
        Ok(Self::new(MetadataStore::File(file), records, layers, random))
    }

    fn new(store: MetadataStore, records: Vec<ControllerRecord>, layers: BrokerLayers, random: fastrand::Rng) -> Self {
        let mut image = MetadataImage::default();
        records.iter().for_each(|record| image.replay(record));
        let began_empty = records.iter().all(|record| matches!(record, ControllerRecord::ClusterId(_)));
        let shared = Shared {
            began_empty,
            order: Arc::default(),
            store: Mutex::new(store),
            image: watch::Sender::new(Arc::new(image)),
            applied: watch::Sender::new(BTreeMap::new()),
            layers,
            random: Mutex::new(random),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether nothing had been decided yet when the store was opened: no topic was created, and none deleted either.
    pub(crate) fn began_empty(&self) -> bool {
        self.shared.began_empty
    }

    /// The present state.
    pub(crate) fn image(&self) -> Arc<MetadataImage> {
        self.shared.image.borrow().clone()
    }

    /// The state as it changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Arc<MetadataImage>> {
        self.shared.image.subscribe()
    }

    /// Gives the cluster an id unless it has one.
    pub(crate) async fn ensure_cluster_id(&self, preferred: Option<Uuid>) -> Result<Str, MetadataStoreError> {
        self.change(|change| {
            if change.image.cluster_id.is_empty() {
                let id = preferred.unwrap_or_else(|| change.random_id());
                change.push(ControllerRecord::ClusterId(id.to_string().into()));
            }
            change.image.cluster_id.clone()
        })
        .await
    }

    /// Takes a running node into the state, from where on changes wait for it.
    pub(crate) fn register(&self, broker: Broker) {
        self.shared.applied.send_modify(|applied| {
            applied.insert(broker.node_id, 0);
        });
        self.publish(|image| {
            image.brokers.insert(broker.node_id, broker);
        });
    }

    /// Takes a node that has stopped out of the state.
    pub(crate) fn unregister(&self, node: NodeId) {
        self.shared.applied.send_modify(|applied| {
            applied.remove(&node);
        });
        self.publish(|image| {
            image.brokers.remove(&node);
            image.offline.remove(&node);
        });
    }

    /// Takes into the state which replicas of a running node are without their logs. A report that is no news changes
    /// nothing, or the node that takes in the change would report again without end.
    pub(crate) fn report_offline(&self, node: NodeId, offline: Partitions) {
        self.shared.image.send_if_modified(|published| {
            let is_news = published.offline.get(&node).map_or(!offline.is_empty(), |known| *known != offline);
            if !is_news || !published.brokers.contains_key(&node) {
                return false;
            }
            let image = Arc::make_mut(published);
            image.offline.insert(node, offline);
            image.version += 1;
            true
        });
    }

    /// Notes that a node has taken in a version.
    pub(crate) fn note_applied(&self, node: NodeId, version: u64) {
        self.shared.applied.send_modify(|applied| {
            if let Some(seen) = applied.get_mut(&node) {
                *seen = (*seen).max(version);
            }
        });
    }

    /// Waits until every running node has taken in a version.
    pub(crate) async fn wait_applied(&self, version: u64) {
        let mut applied = self.shared.applied.subscribe();
        // The sender lives as long as `self`.
        let _ = applied.wait_for(|applied| applied.values().all(|&seen| seen >= version)).await;
    }

    /// A node's next producer ids.
    pub(crate) async fn allocate_producer_ids(&self) -> Result<std::ops::Range<i64>, MetadataStoreError> {
        self.change(|change| {
            // There is always a block: a store that says otherwise took a stranger's word for it.
            let first = change.image.next_producer_id().min(i64::MAX - PRODUCER_ID_BLOCK);
            let next = first.saturating_add(PRODUCER_ID_BLOCK);
            change.push(ControllerRecord::ProducerIds { next });
            first..next
        })
        .await
    }

    /// Decides a change, stores it, publishes it, and waits until every node has taken it in.
    ///
    /// Cancel safe: a change is stored and published as a whole or not at all, even if nobody waits for it any more.
    pub(crate) async fn change<R>(&self, decide: impl FnOnce(&mut Change<'_>) -> R) -> Result<R, MetadataStoreError> {
        let turn = self.shared.order.clone().lock_owned().await;
        let (result, records) = self.decide(decide);
        if records.is_empty() {
            return Ok(result);
        }
        let version = match self.is_in_memory() {
            true => self.replay(&records),
            false => self.store_and_replay(turn, records).await?,
        };
        self.wait_applied(version).await;
        Ok(result)
    }

    /// Runs as a task of its own, on a thread that may block, so that it is done to the end in any case.
    async fn store_and_replay(
        &self,
        turn: tokio::sync::OwnedMutexGuard<()>,
        records: Vec<ControllerRecord>,
    ) -> Result<u64, MetadataStoreError> {
        let this = self.clone();
        let stored = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut store = this.store();
            store.append(&records)?;
            let version = this.replay(&records);
            if let Err(error) = store.compact(|| this.image().to_records()) {
                // The longer file is as good.
                tracing::warn!(%error, "cannot shorten the metadata file");
            }
            Ok(version)
        });
        stored.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    fn store(&self) -> MutexGuard<'_, MetadataStore> {
        self.shared.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_in_memory(&self) -> bool {
        matches!(*self.store(), MetadataStore::Memory)
    }

    /// Stores nothing any more, from now on, so that another controller can have the directory. Waits for a write that
    /// is under way.
    pub(crate) fn halt(&self) {
        *self.store() = MetadataStore::Stopped;
    }

    fn replay(&self, records: &[ControllerRecord]) -> u64 {
        self.publish(|image| records.iter().for_each(|record| image.replay(record)))
    }

    fn decide<R>(&self, decide: impl FnOnce(&mut Change<'_>) -> R) -> (R, Vec<ControllerRecord>) {
        let mut change = Change {
            image: MetadataImage::clone(&self.image()),
            records: Vec::new(),
            layers: &self.shared.layers,
            settings: OnceCell::new(),
            random: self.shared.random.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let result = decide(&mut change);
        (result, change.records)
    }

    fn publish(&self, change: impl FnOnce(&mut MetadataImage)) -> u64 {
        let mut version = 0;
        self.shared.image.send_modify(|published| {
            let image = Arc::make_mut(published);
            change(image);
            image.version += 1;
            version = image.version;
        });
        version
    }
}

/// The settings that are in force for a node.
pub(crate) fn node_layers(base: &BrokerLayers, image: &MetadataImage, node: NodeId) -> BrokerLayers {
    let configs = |of| image.broker_configs(of).cloned().unwrap_or_else(ConfigMap::new);
    let mut layers = base.clone();
    layers.set_cluster(configs(None));
    layers.set_broker(configs(Some(node)));
    layers
}
