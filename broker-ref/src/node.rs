//! One broker of a cluster: its logs, and what it knows of the others.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use ottla_protocol::types::NodeId;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    clock::{Clock, Moment},
    config::{BrokerConfig, BrokerLayers},
    controller::{Controller, MetadataImage, MetadataStoreError, node_layers},
    dispatch::ApiVersionCaps,
    fetch_session::FetchSessions,
    groups::{self, Groups},
    log::{CompactionLimits, LogError},
    metrics::NodeMeter,
    network::{ConnectionCounts, HeldResponses, MaxConnections},
    partition::LongChecks,
    replicas::Replicas,
};

/// How often a node looks after its logs.
const TICK: Duration = Duration::from_secs(1);
/// Between one compaction and the next, others have their turn with the log directory.
const LEAST_PAUSE: Duration = Duration::from_millis(1);

/// A running broker.
#[derive(Debug)]
pub(crate) struct Node {
    id: NodeId,
    clock: Clock,
    controller: Controller,
    image: watch::Receiver<Arc<MetadataImage>>,
    base_layers: BrokerLayers,
    config: RwLock<Arc<BrokerConfig>>,
    /// Held while the state of the cluster is taken in.
    applying: std::sync::Mutex<()>,
    caps: ApiVersionCaps,
    pub(crate) replicas: Replicas,
    pub(crate) fetch_sessions: FetchSessions,
    pub(crate) groups: Groups,
    pub(crate) meter: Arc<NodeMeter>,
    pub(crate) long_checks: LongChecks,
    pub(crate) connections: Arc<ConnectionCounts>,
    pub(crate) responses: Arc<HeldResponses>,
    random: std::sync::Mutex<fastrand::Rng>,
    producer_ids: tokio::sync::Mutex<std::ops::Range<i64>>,
}

/// What a node is made of.
pub(crate) struct NodeParts {
    pub(crate) id: NodeId,
    pub(crate) clock: Clock,
    pub(crate) controller: Controller,
    pub(crate) layers: BrokerLayers,
    pub(crate) caps: ApiVersionCaps,
    pub(crate) replicas: Replicas,
    pub(crate) meter: Arc<NodeMeter>,
    pub(crate) random: fastrand::Rng,
}

impl Node {
    pub(crate) fn new(parts: NodeParts) -> Arc<Self> {
        let NodeParts { id, clock, controller, layers, caps, replicas, meter, mut random } = parts;
        let image = controller.watch();
        let effective = node_layers(&layers, &image.borrow(), id);
        let config = BrokerConfig::of_running(&effective);
        let slots = usize::try_from(config.max_incremental_fetch_session_cache_slots).unwrap_or(0);
        Arc::new(Self {
            id,
            clock,
            controller,
            image,
            base_layers: layers,
            config: RwLock::new(Arc::new(config)),
            applying: std::sync::Mutex::default(),
            caps,
            replicas,
            fetch_sessions: FetchSessions::new(slots, random.fork()),
            groups: Groups::default(),
            meter,
            long_checks: LongChecks::default(),
            connections: Arc::default(),
            responses: Arc::default(),
            random: std::sync::Mutex::new(random),
            producer_ids: tokio::sync::Mutex::new(0..0),
        })
    }

    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Milliseconds since the epoch, for timestamps. Deadlines go by [`now`](Self::now).
    pub(crate) fn now_ms(&self) -> i64 {
        self.now().timestamp_ms
    }

    pub(crate) fn controller(&self) -> &Controller {
        &self.controller
    }

    pub(crate) fn image(&self) -> Arc<MetadataImage> {
        self.image.borrow().clone()
    }

    /// A seed for something random of its own.
    pub(crate) fn random_seed(&self) -> u64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).u64(..)
    }

    pub(crate) fn api_version_caps(&self) -> &ApiVersionCaps {
        &self.caps
    }

    /// The settings in force.
    pub(crate) fn config(&self) -> Arc<BrokerConfig> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The most connections at a time.
    pub(crate) fn max_connections(&self) -> MaxConnections {
        let config = self.config();
        MaxConnections {
            all: usize::try_from(config.max_connections).unwrap_or(0),
            per_ip: usize::try_from(config.max_connections_per_ip).unwrap_or(0),
            overrides: config.max_connections_per_ip_overrides.clone(),
        }
    }

    /// The settings in force, by where they were made.
    pub(crate) fn layers(&self) -> BrokerLayers {
        node_layers(&self.base_layers, &self.image(), self.id)
    }

    /// A producer id that nobody has.
    pub(crate) async fn next_producer_id(&self) -> Result<i64, MetadataStoreError> {
        let mut ids = self.producer_ids.lock().await;
        if ids.is_empty() {
            *ids = self.controller.allocate_producer_ids().await?;
        }
        let id = ids.start;
        ids.start += 1;
        Ok(id)
    }

    /// Takes in the present state of the cluster. Blocks.
    pub(crate) fn apply_image(&self) {
        let _turn = self.applying.lock().unwrap_or_else(PoisonError::into_inner);
        let image = self.image();
        let layers = node_layers(&self.base_layers, &image, self.id);
        match BrokerConfig::new(&layers) {
            Ok(config) => *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config),
            Err(error) => {
                tracing::error!(node = %self.id, %error, "the settings contradict each other, the old ones stay")
            }
        }
        self.connections.note_change();
        self.replicas.apply(&image, &layers, self.now_ms());
        self.groups.let_go();
        self.controller.report_offline(self.id, self.replicas.offline());
        self.controller.note_applied(self.id, image.version);
    }

    /// Starts the tasks that keep a node going; they end with it.
    #[expect(clippy::disallowed_methods, reason = "the tasks end with the node")]
    pub(crate) fn spawn_tasks(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        let node = || Arc::downgrade(self);
        vec![
            tokio::spawn(follow_controller(node())),
            tokio::spawn(look_after_logs(node())),
            tokio::spawn(compact_logs(node())),
            tokio::spawn(groups::keep_time(node())),
        ]
    }

    /// Closes the logs in order. Blocks.
    pub(crate) fn close(&self) -> Result<(), LogError> {
        self.controller.unregister(self.id);
        self.groups.close();
        self.replicas.close()
    }
}

/// Takes in each new state of the cluster.
async fn follow_controller(node: Weak<Node>) {
    let Some(mut image) = node.upgrade().map(|node| node.controller.watch()) else { return };
    image.mark_changed();
    while image.changed().await.is_ok() {
        let Some(node) = node.upgrade() else { return };
        if tokio::task::spawn_blocking(move || node.apply_image()).await.is_err() {
            tracing::error!("taking in a change of the cluster panicked");
        }
    }
}

/// Flushes, applies retention and writes checkpoints.
async fn look_after_logs(node: Weak<Node>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(node) = node.upgrade() else { return };
        let ticked = tokio::task::spawn_blocking(move || {
            let report = node.replicas.tick(node.now_ms());
            for (partition, error) in &report.failures {
                tracing::error!(node = %node.id, ?partition, %error, "cannot look after a log");
            }
            for error in &report.directory_failures {
                tracing::error!(node = %node.id, %error, "cannot look after the log directory");
            }
            if node.replicas.has_offline() {
                // What kept logs from being opened may be over.
                node.apply_image();
            }
        });
        if ticked.await.is_err() {
            tracing::error!("looking after the logs panicked");
        }
    }
}

/// Compacts one log after the other, and looks again after a pause when there is none.
async fn compact_logs(node: Weak<Node>) {
    let mut pause = Duration::ZERO;
    loop {
        tokio::time::sleep(pause).await;
        let Some(node) = node.upgrade() else { return };
        let config = node.config();
        pause = u64::try_from(config.log_cleaner_backoff_ms).map_or(pause, Duration::from_millis).max(LEAST_PAUSE);
        if !config.log_cleaner_enable {
            continue;
        }
        let key_bytes = usize::try_from(config.log_cleaner_dedupe_buffer_size).unwrap_or(0);
        let compacted = tokio::task::spawn_blocking(move || {
            node.replicas.compact_one(CompactionLimits { key_bytes, now_ms: node.now_ms() })
        });
        match compacted.await {
            Ok(true) => pause = LEAST_PAUSE,
            Ok(false) => {}
            Err(_) => tracing::error!("compacting a log panicked"),
        }
    }
}
