//! A cluster within this process.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
    types::NodeId,
    wire::{Str, Uuid},
};
use tokio::task::JoinHandle;

use crate::{
    addresses::{self, Address, ListenerSettingError},
    adoption::{AdoptionError, adopted_topics},
    clock::Clock,
    config::{BrokerConfig, BrokerLayers, ConfigError, ConfigMap, ServerProperties, TopicConfig, split_address},
    controller::{Broker, Controller, MetadataImage, MetadataStoreError, PartitionRegistration, Topic, node_layers},
    dispatch::{ApiVersionCaps, Dispatcher},
    log::{
        Claim, FileStorage, FoundLog, Identity, LogConfig, LogDirectory, LogError, LogHandle, LogManager,
        LogManagerConfig, MemoryStorage, Storage, TopicPartition, read_identity,
    },
    metrics::{NodeMeter, NodeMetrics},
    network::{Binding, ConnectionLimits, Endpoint, Listener, MemoryNetwork},
    node::{Node, NodeParts},
    replicas::{Replicas, log_config},
};

/// Where nodes listen unless they are told.
const DEFAULT_ADDRESS: &str = "127.0.0.1:0";

/// The name of a setting, and its value for so many nodes.
type SizedSetting = (&'static str, fn(usize) -> String);

/// Settings that fit a cluster of any size, where Kafka's defaults take three nodes and a wait for granted. They are
/// what Kafka's own configuration for a single machine sets.
const SMALL_CLUSTER: [SizedSetting; 4] = [
    ("offsets.topic.replication.factor", |nodes| nodes.min(3).to_string()),
    ("transaction.state.log.replication.factor", |nodes| nodes.min(3).to_string()),
    ("transaction.state.log.min.isr", |nodes| nodes.min(2).to_string()),
    ("group.initial.rebalance.delay.ms", |_| "0".to_owned()),
];

/// Why a cluster cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Settings are not valid: each says which values are.
    #[error("the settings are not valid: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<ConfigError>),
    /// The address to listen on is not `host:port`.
    #[error("cannot listen on {0:?}: an address is host:port or [IPv6]:port, where port 0 picks a free one")]
    InvalidAddress(String),
    /// There are fewer ports from the given one on than nodes.
    #[error(
        "{nodes} nodes need as many ports, and from {port} on there are fewer: begin with a smaller one, or with 0"
    )]
    NotEnoughPorts {
        /// The nodes.
        nodes: usize,
        /// The first port.
        port: u16,
    },
    /// The setting is one of a single node, and the cluster has several.
    #[error("{setting} is a setting of one node, and there are {nodes}: leave it out")]
    SeveralNodes {
        /// The setting.
        setting: &'static str,
        /// The nodes.
        nodes: usize,
    },
    /// The settings of listeners cannot be followed.
    #[error(transparent)]
    Listeners(#[from] ListenerSettingError),
    /// There is more than one data directory in the settings.
    #[error("log.dirs names {} directories ({}), and this broker uses one", .0.len(), .0.join(", "))]
    SeveralDirectories(Vec<String>),
    /// An address is in use or not one of this machine.
    #[error("node {node_id} cannot listen on {address}: {source}")]
    Listen {
        /// The node.
        node_id: i32,
        /// The address.
        address: String,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The data directory was written by a cluster of another size.
    #[error("{path} holds the data of {found}: start it with as many nodes as before, or use another directory")]
    OtherLayout {
        /// The directory.
        path: PathBuf,
        /// What is in it.
        found: &'static str,
    },
    /// The data directory is something else.
    #[error("{path} is not a directory: name one, it is created if it does not exist")]
    NotADirectory {
        /// What it should be.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error("cannot use {path}: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A node has partitions, and nothing of them is there.
    #[error(
        "there is nothing in {path}, where {partitions} partitions are: restore it from a copy; or delete their topics \
         with the broker's other data, by moving ottla-metadata away too, to begin anew"
    )]
    EmptyNode {
        /// The node's log directory.
        path: String,
        /// Its partitions.
        partitions: usize,
    },
    /// A log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is no metadata, and the logs do not tell what the topics are.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
    /// The controller's store cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataStoreError),
    /// A topic cannot be created.
    #[error("topic {topic} cannot be created: {code}{}", message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    Topic {
        /// The topic.
        topic: String,
        /// Kafka's code for the reason.
        code: ErrorCode,
        /// The reason in words.
        message: Option<String>,
    },
}

/// A cluster did not stop in order: its next start has to recover.
#[derive(Debug, thiserror::Error)]
#[error("node {node_id} did not close its logs in order: {source}")]
pub struct ShutdownError {
    /// The first such node.
    pub node_id: i32,
    /// What went wrong.
    pub source: LogError,
}

#[derive(Clone, Debug)]
enum Place {
    Memory,
    Directory(PathBuf),
}

#[derive(Clone, Debug)]
enum Network {
    /// Where the settings say, or else at the default address.
    Settings,
    Tcp {
        address: String,
    },
    Memory(MemoryNetwork),
}

/// Describes a cluster to start; made by [`Cluster::builder`].
#[derive(Clone, Debug)]
pub struct ClusterBuilder {
    nodes: usize,
    topics: Vec<CreatableTopic>,
    properties: ServerProperties,
    /// Where the settings say, or else in memory.
    place: Option<Place>,
    network: Network,
    caps: BTreeMap<ApiKey, i16>,
    seed: Option<u64>,
}

impl ClusterBuilder {
    fn new() -> Self {
        Self {
            nodes: 1,
            topics: Vec::new(),
            properties: ServerProperties::default(),
            place: None,
            network: Network::Settings,
            caps: BTreeMap::new(),
            seed: None,
        }
    }

    /// How many nodes, with the ids 1, 2 and so on. 1 unless set; at least 1. A single node has another id if the setting
    /// `node.id` says so.
    #[must_use]
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes.max(1);
        self
    }

    /// Creates a topic at the start, unless it is there, with the default replication factor.
    #[must_use]
    pub fn topic(self, name: impl Into<String>, partitions: i32) -> Self {
        self.topic_with(name, partitions, -1, std::iter::empty::<(String, String)>())
    }

    /// Creates a topic at the start, unless it is there; -1 stands for the default number of partitions or replicas.
    #[must_use]
    pub fn topic_with<K: Into<String>, V: Into<String>>(
        mut self,
        name: impl Into<String>,
        partitions: i32,
        replication_factor: i16,
        configs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let config =
            |(name, value): (K, V)| CreatableTopicConfig { name: name.into().into(), value: Some(value.into().into()) };
        self.topics.push(CreatableTopic {
            name: name.into().into(),
            num_partitions: partitions,
            replication_factor,
            configs: configs.into_iter().map(config).collect(),
            ..Default::default()
        });
        self
    }

    /// Gives a broker setting a value, by Kafka's name for it.
    ///
    /// Unless they are set, `offsets.topic.replication.factor`, `transaction.state.log.replication.factor` and
    /// `transaction.state.log.min.isr` fit the number of nodes, and `group.initial.rebalance.delay.ms` is 0.
    #[must_use]
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.set(name, value);
        self
    }

    /// Replaces all settings.
    #[must_use]
    pub fn properties(mut self, properties: ServerProperties) -> Self {
        self.properties = properties;
        self
    }

    /// Keeps everything in memory, which is the default unless the settings have `log.dirs`.
    #[must_use]
    pub fn memory(mut self) -> Self {
        self.place = Some(Place::Memory);
        self
    }

    /// Keeps everything in a directory, which is created if need be. A cluster of one node has its log directory right
    /// there, a larger one has `node-1`, `node-2` and so on in it.
    #[must_use]
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.place = Some(Place::Directory(path.into()));
        self
    }

    /// Listens on a TCP address, `127.0.0.1:0` unless it is set here or by the setting `listeners`. Port 0 picks a free port for each node; from another port on
    /// the nodes have consecutive ones.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.network = Network::Tcp { address: address.into() };
        self
    }

    /// Listens on a new network within the process instead of TCP; see [`Cluster::network`]. Time is then the
    /// runtime's, so that a test can stop it.
    #[must_use]
    pub fn in_memory_network(self) -> Self {
        self.network(MemoryNetwork::new())
    }

    /// As [`in_memory_network`](Self::in_memory_network), on a network that exists. Node n is `node-n:9092` there.
    #[must_use]
    pub fn network(mut self, network: MemoryNetwork) -> Self {
        self.network = Network::Memory(network);
        self
    }

    /// Serves an API up to a version only, or with -1 not at all, to stand for an older broker.
    #[must_use]
    pub fn cap_api_version(mut self, key: ApiKey, max_version: i16) -> Self {
        self.caps.insert(key, max_version);
        self
    }

    /// As [`cap_api_version`](Self::cap_api_version), for several APIs.
    #[must_use]
    pub fn cap_api_versions(mut self, caps: impl IntoIterator<Item = (ApiKey, i16)>) -> Self {
        self.caps.extend(caps);
        self
    }

    /// Makes random choices, such as ids and where partitions are placed, the same in every run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the cluster. When this returns, every node accepts connections and every topic can be used.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing runs then either. A directory may have some of the topics already.
    pub async fn start(self) -> Result<Cluster, StartError> {
        let mut random = self.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let layers = self.layers()?;
        let clock = match self.network {
            Network::Settings | Network::Tcp { .. } => Clock::system(),
            Network::Memory(_) => Clock::runtime(),
        };
        let config = BrokerConfig::new(&layers).map_err(|error| StartError::Config(vec![error]))?;
        let ids = self.node_ids(&config)?;
        let addresses = self.addresses(&config, layers.file())?;
        let place = self.place(&config, layers.file())?;
        let (controller, storages) = self.open(&place, &layers, random.fork()).await?;
        let mut cluster = Cluster { nodes: Vec::new(), running: Vec::new(), controller, network: None };
        if let Network::Memory(network) = &self.network {
            cluster.network = Some(network.clone());
        }
        let mut listeners = Vec::new();
        for (addresses, node_id) in addresses.into_iter().zip(&ids) {
            listeners.push(bind(addresses, *node_id).await?);
        }
        let logs = open_logs(&cluster.controller, storages, &ids, &layers, clock.now().timestamp_ms).await?;
        for ((listeners, logs), node_id) in listeners.into_iter().zip(logs).zip(ids) {
            let start = NodeStart {
                id: NodeId(node_id),
                logs,
                listeners,
                clock,
                layers: of_node(&layers, node_id),
                caps: self.caps.clone(),
                random: random.fork(),
            };
            cluster.start_node(start).await?;
        }
        cluster.create_topics(self.topics).await?;
        Ok(cluster)
    }

    fn layers(&self) -> Result<BrokerLayers, StartError> {
        let mut properties = self.properties.clone();
        let (given, _) = properties.clone().into_layers().map_err(StartError::Config)?;
        for (name, value) in SMALL_CLUSTER {
            if !given.file().contains_key(name) {
                properties.set(name, value(self.nodes));
            }
        }
        let (layers, warnings) = properties.into_layers().map_err(StartError::Config)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(layers)
    }

    fn node_ids(&self, config: &BrokerConfig) -> Result<Vec<i32>, StartError> {
        let nodes = self.nodes;
        match config.node_id {
            Some(id) if nodes == 1 => Ok(vec![id]),
            Some(_) => Err(StartError::SeveralNodes { setting: "node.id", nodes }),
            None => Ok((1..).take(nodes).collect()),
        }
    }

    /// The listeners of each node.
    fn addresses(&self, config: &BrokerConfig, file: &ConfigMap) -> Result<Vec<Vec<Address>>, StartError> {
        let nodes = self.nodes;
        let of_one_node = |setting| match nodes {
            1 => Ok(()),
            _ => Err(StartError::SeveralNodes { setting, nodes }),
        };
        let follows_settings = matches!(self.network, Network::Settings) && file.contains_key("listeners");
        let mut addresses = if follows_settings {
            of_one_node("listeners")?;
            vec![addresses::from_settings(config)?]
        } else {
            if file.contains_key("listeners") {
                tracing::warn!("listeners has no effect: another address to listen on was given");
            }
            self.bindings()?.into_iter().map(|binding| vec![Address::new(binding)]).collect()
        };
        if file.contains_key("advertised.listeners") && !matches!(self.network, Network::Memory(_)) {
            of_one_node("advertised.listeners")?;
            addresses.iter_mut().try_for_each(|addresses| addresses::advertise(addresses, config))?;
        }
        Ok(addresses)
    }

    fn place(&self, config: &BrokerConfig, file: &ConfigMap) -> Result<Place, StartError> {
        let set = ["log.dirs", "log.dir"].iter().any(|name| file.contains_key(*name));
        match (&self.place, config.data_dirs()) {
            (Some(place), _) => {
                if set {
                    tracing::warn!("log.dirs has no effect: another place for the data was given");
                }
                Ok(place.clone())
            }
            (None, _) if !set => Ok(Place::Memory),
            (None, [directory]) => Ok(Place::Directory(directory.into())),
            (None, directories) => Err(StartError::SeveralDirectories(directories.to_vec())),
        }
    }

    fn bindings(&self) -> Result<Vec<Binding>, StartError> {
        let node_numbers = 0..u16::try_from(self.nodes).unwrap_or(u16::MAX);
        let address = match &self.network {
            Network::Tcp { address } => address.as_str(),
            Network::Settings | Network::Memory(_) => DEFAULT_ADDRESS,
        };
        match &self.network {
            Network::Memory(network) => Ok(node_numbers
                .map(|i| Binding::Memory { network: network.clone(), host: format!("node-{}", i + 1), port: 9092 })
                .collect()),
            Network::Settings | Network::Tcp { .. } => {
                let invalid = || StartError::InvalidAddress(address.to_owned());
                let (host, port) = split_address(address).ok_or_else(invalid)?;
                let port_of = |i: u16| if port == 0 { Some(0) } else { port.checked_add(i) };
                let binding = |i| Some(Binding::Tcp { host: host.to_owned(), port: port_of(i)? });
                let too_few = || StartError::NotEnoughPorts { nodes: self.nodes, port };
                node_numbers.map(|i| binding(i).ok_or_else(too_few)).collect()
            }
        }
    }

    /// Opens the controller's store and finds the nodes' log directories.
    async fn open(
        &self,
        place: &Place,
        layers: &BrokerLayers,
        random: fastrand::Rng,
    ) -> Result<(Controller, Vec<Arc<dyn Storage>>), StartError> {
        let Place::Directory(path) = place else {
            let storages = (0..self.nodes).map(|_| Arc::new(MemoryStorage::new()) as Arc<dyn Storage>).collect();
            let controller = Controller::in_memory(layers.clone(), random);
            controller.ensure_cluster_id(None).await?;
            return Ok((controller, storages));
        };
        let (path, nodes, layers) = (path.clone(), self.nodes, layers.clone());
        let opened = blocking(move || {
            let storages = node_storages(&path, nodes)?;
            let known = storages.first().map(read_identity).transpose()?.flatten();
            let controller = Controller::open(&path, layers, random)?;
            Ok::<_, StartError>((controller, storages, known))
        });
        let (controller, storages, known) = opened.await?;
        let id = controller.ensure_cluster_id(known.and_then(|known| known.cluster_id.parse::<Uuid>().ok())).await?;
        tracing::debug!(cluster_id = %id, "metadata loaded");
        Ok((controller, storages))
    }
}

/// The log directories of a cluster of this size in a directory.
#[expect(clippy::disallowed_methods, reason = "the directory that the storages are in")]
fn node_storages(path: &Path, nodes: usize) -> Result<Vec<Arc<dyn Storage>>, StartError> {
    let failed = |source| StartError::Directory { path: path.to_owned(), source };
    if path.exists() && !path.is_dir() {
        return Err(StartError::NotADirectory { path: path.to_owned() });
    }
    std::fs::create_dir_all(path).map_err(failed)?;
    let single = path.join("meta.properties").exists();
    let several = path.join("node-1").join("meta.properties").exists();
    let found = match (single, several, nodes) {
        (true, _, 2..) => Some("a cluster of one node"),
        (_, true, 1) => Some("a cluster of several nodes"),
        _ if path.join(format!("node-{}", nodes + 1)).join("meta.properties").exists() => Some("a larger cluster"),
        _ => None,
    };
    if let Some(found) = found {
        return Err(StartError::OtherLayout { path: path.to_owned(), found });
    }
    let dir_of = |n: usize| if nodes == 1 { path.to_owned() } else { path.join(format!("node-{n}")) };
    let open = |n| Ok(Arc::new(FileStorage::new(dir_of(n)).map_err(failed)?) as Arc<dyn Storage>);
    (1..=nodes).map(open).collect()
}

/// Binds the listeners of a node.
async fn bind(addresses: Vec<Address>, node_id: i32) -> Result<Vec<(Str, Listener)>, StartError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for Address { name, binding, advertised } in addresses {
        let failed = |source| StartError::Listen { node_id, address: binding.to_string(), source };
        let mut listener = Listener::bind(&binding).await.map_err(failed)?;
        match advertised {
            Some(endpoint) => listener.advertise(endpoint),
            None if binding.is_wildcard() => tracing::warn!(
                node_id,
                "listening on {binding}, but clients are told {}: other machines need advertised.listeners",
                listener.endpoint()
            ),
            None => {}
        }
        listeners.push((name, listener));
    }
    Ok(listeners)
}

/// The settings of one node: those of all, and its id.
fn of_node(layers: &BrokerLayers, node_id: i32) -> BrokerLayers {
    let mut file = layers.file().clone();
    file.insert("node.id".to_owned(), node_id.to_string());
    BrokerLayers::from_file(file)
}

async fn blocking<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    tokio::task::spawn_blocking(f).await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// A node of a running cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its id.
    pub id: i32,
    /// The address that clients reach it under.
    pub endpoint: Endpoint,
}

/// A running cluster.
///
/// Dropping it stops every node at once, as if its process were killed: what was written to a directory is there, the
/// directory can be used again, and the next start recovers it. [`shutdown`](Self::shutdown) stops in order.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<ClusterNode>,
    running: Vec<RunningNode>,
    controller: Controller,
    network: Option<MemoryNetwork>,
}

#[derive(Debug)]
struct RunningNode {
    node: Arc<Node>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        // An aborted task, and what it left to a blocking thread, may run on for a while.
        self.node.replicas.halt();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.controller.halt();
    }
}

struct NodeStart {
    id: NodeId,
    logs: LogManager,
    /// By name; the first is the one that the cluster tells of.
    listeners: Vec<(Str, Listener)>,
    clock: Clock,
    layers: BrokerLayers,
    caps: BTreeMap<ApiKey, i16>,
    random: fastrand::Rng,
}

impl Cluster {
    /// Describes a cluster to start.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// The addresses of all nodes, as clients take them: `host:port,host:port`.
    pub fn bootstrap_servers(&self) -> String {
        self.nodes.iter().map(|node| node.endpoint.to_string()).collect::<Vec<_>>().join(",")
    }

    /// The nodes, in the order of their ids.
    pub fn nodes(&self) -> &[ClusterNode] {
        &self.nodes
    }

    #[cfg(test)]
    pub(crate) fn node(&self, place: usize) -> Arc<Node> {
        self.running[place].node.clone()
    }

    /// What each node has counted, in the order of their ids.
    pub fn metrics(&self) -> Vec<NodeMetrics> {
        self.running.iter().map(|running| running.node.meter.snapshot(running.node.id().0)).collect()
    }

    /// The network within the process that the cluster listens on, if it does.
    pub fn network(&self) -> Option<&MemoryNetwork> {
        self.network.as_ref()
    }

    /// The id of the cluster.
    pub fn cluster_id(&self) -> String {
        self.controller.image().cluster_id.to_string()
    }

    /// Stops every node in order: connections end, logs are flushed and closed.
    ///
    /// # Errors
    /// [`ShutdownError`] if a log cannot be closed; everything is stopped all the same.
    ///
    /// # Cancel safety
    /// Not cancel safe: cancelled, it is as dropping the cluster for the nodes that it has not come to yet.
    pub async fn shutdown(mut self) -> Result<(), ShutdownError> {
        let mut result = Ok(());
        for mut running in std::mem::take(&mut self.running) {
            for task in std::mem::take(&mut running.tasks) {
                task.abort();
                // It has ended or was just aborted; either is fine.
                let _ = task.await;
            }
            let node = running.node.clone();
            let node_id = node.id().0;
            let closed = blocking(move || node.close()).await;
            let closed = closed.map_err(|source| ShutdownError { node_id, source });
            // Every node is closed, whatever became of those before it; the first failure is told.
            result = if result.is_ok() { closed } else { result };
        }
        result
    }

    #[expect(clippy::disallowed_methods, reason = "the tasks end with the node")]
    async fn start_node(&mut self, start: NodeStart) -> Result<(), StartError> {
        let NodeStart { id, logs, listeners, clock, layers, caps, random } = start;
        let endpoints: Vec<_> = listeners.iter().map(|(name, l)| (name.clone(), l.endpoint().clone())).collect();
        let meter = Arc::<NodeMeter>::default();
        let parts = NodeParts {
            id,
            clock,
            controller: self.controller.clone(),
            layers,
            caps: ApiVersionCaps(caps),
            replicas: Replicas::new(id, logs, meter.clone()),
            meter,
            random,
        };
        let node = Node::new(parts);
        let config = node.config();
        let rack = config.broker_rack.as_deref().map(Str::from);
        self.controller.register(Broker { node_id: id, rack, endpoints: endpoints.clone() });
        // From here on, the node stops whatever becomes of this start.
        let mut running = RunningNode { node: node.clone(), tasks: node.spawn_tasks() };
        let applied = node.clone();
        blocking(move || applied.apply_image()).await;
        let limits = connection_limits(&config);
        for (name, listener) in listeners {
            let (limited, serving) = (node.clone(), node.clone());
            let service = move |client_host| Dispatcher::new(serving.clone(), name.clone(), client_host);
            let max_connections = move || limited.max_connections();
            running.tasks.push(tokio::spawn(listener.run(limits, node.connections.clone(), max_connections, service)));
        }
        let endpoint = endpoints.into_iter().next().map(|(_, endpoint)| endpoint);
        self.nodes.extend(endpoint.map(|endpoint| ClusterNode { id: id.0, endpoint }));
        self.running.push(running);
        Ok(())
    }

    async fn create_topics(&self, topics: Vec<CreatableTopic>) -> Result<(), StartError> {
        if topics.is_empty() {
            return Ok(());
        }
        let request = CreateTopicsRequest { topics, ..Default::default() };
        let results = self.controller.change(|change| change.create_topics(&request)).await?;
        let exists = |code| code == ErrorCode::NONE || code == ErrorCode::TOPIC_ALREADY_EXISTS;
        match results.into_iter().find(|result| !exists(result.error_code)) {
            Some(failed) => Err(StartError::Topic {
                topic: failed.name.to_string(),
                code: failed.error_code,
                message: failed.error_message.map(|message| message.to_string()),
            }),
            None => Ok(()),
        }
    }
}

fn connection_limits(config: &BrokerConfig) -> ConnectionLimits {
    let idle = u64::try_from(config.connections_max_idle_ms).ok();
    ConnectionLimits {
        max_request_bytes: usize::try_from(config.socket_request_max_bytes).unwrap_or(0),
        max_idle: idle.map(std::time::Duration::from_millis),
    }
}

/// Opens the log directories of all nodes. What the topics are is known by the metadata, or else by all that is found.
async fn open_logs(
    controller: &Controller,
    storages: Vec<Arc<dyn Storage>>,
    ids: &[i32],
    layers: &BrokerLayers,
    now_ms: i64,
) -> Result<Vec<LogManager>, StartError> {
    let cluster_id = controller.image().cluster_id.to_string();
    let adopts = controller.began_empty();
    let mut directories = Vec::with_capacity(ids.len());
    for (storage, &node_id) in storages.into_iter().zip(ids) {
        let image = controller.image();
        let identity = Identity { cluster_id: cluster_id.clone(), node_id };
        let directory = blocking(move || {
            check_not_emptied(&image, NodeId(node_id), &storage)?;
            let mut directory = LogDirectory::open(storage, &identity)?;
            if adopts {
                directory.read_extents()?;
            }
            Ok::<_, StartError>(directory)
        });
        directories.push((NodeId(node_id), directory.await?));
    }
    if adopts {
        adopt(controller, &directories, layers).await?;
    }
    let mut logs = Vec::with_capacity(ids.len());
    for (node, directory) in directories {
        let (image, layers) = (controller.image(), of_node(layers, node.0));
        logs.push(blocking(move || load_logs(directory, node, &image, &layers, now_ms)).await?);
    }
    let largest_producer_id = logs.iter().map(largest_producer_id).max().unwrap_or(-1);
    controller.change(|change| change.pass_over_producer_ids(largest_producer_id)).await?;
    Ok(logs)
}

/// A directory that is empty where partitions should be is not taken for a new one: their offsets would be given again.
fn check_not_emptied(image: &MetadataImage, node: NodeId, storage: &Arc<dyn Storage>) -> Result<(), StartError> {
    let is_here = |registration: &&PartitionRegistration| registration.replicas.contains(&node);
    let partitions = image.topics().flat_map(|topic| topic.partitions.iter().filter(is_here)).count();
    let is_empty = || Ok::<_, LogError>(read_identity(storage)?.is_none() && !has_directories(storage)?);
    if partitions > 0 && !storage.is_memory() && is_empty()? {
        return Err(StartError::EmptyNode { path: storage.location(), partitions });
    }
    Ok(())
}

fn has_directories(storage: &Arc<dyn Storage>) -> Result<bool, LogError> {
    let names = storage.list_dirs();
    let failed = |source| LogError::Io { action: "list", path: storage.location(), source };
    Ok(!names.map_err(failed)?.is_empty())
}

/// Takes topics over from directories whose metadata is not ours, as those that Kafka wrote, or is lost.
async fn adopt(
    controller: &Controller,
    directories: &[(NodeId, LogDirectory)],
    layers: &BrokerLayers,
) -> Result<(), StartError> {
    let found: Vec<_> = directories.iter().map(|(node, directory)| (*node, directory.found())).collect();
    let topics = adopted_topics(&found, &BrokerConfig::of_running(layers))?;
    if !topics.is_empty() {
        let names = topics.iter().map(|topic| topic.name.as_str()).collect::<Vec<_>>().join(", ");
        tracing::warn!(
            topics = names,
            "there is no metadata, so the topics are those whose directories are here. Their own settings are not \
             known: they keep all records (retention.ms=-1, retention.bytes=-1, cleanup.policy=delete) until they are \
             given others"
        );
    }
    Ok(controller.change(|change| change.adopt_topics(topics)).await?)
}

fn largest_producer_id(logs: &LogManager) -> i64 {
    let of_log = |(_, log): (&TopicPartition, &LogHandle)| log.lock().producers().map(|entry| entry.producer_id).max();
    logs.logs().filter_map(of_log).max().unwrap_or(-1)
}

fn load_logs(
    directory: LogDirectory,
    node: NodeId,
    image: &MetadataImage,
    layers: &BrokerLayers,
    now_ms: i64,
) -> Result<LogManager, LogError> {
    let layers = node_layers(layers, image, node);
    let config = BrokerConfig::of_running(&layers);
    let manager_config = LogManagerConfig {
        retention_check_interval_ms: config.log_retention_check_interval_ms,
        recovery_point_checkpoint_interval_ms: config.log_flush_offset_checkpoint_interval_ms.into(),
        log_start_offset_checkpoint_interval_ms: config.log_flush_start_offset_checkpoint_interval_ms.into(),
        high_watermark_checkpoint_interval_ms: config.replica_high_watermark_checkpoint_interval_ms,
        ..LogManagerConfig::default()
    };
    let expiration_ms = i64::from(config.producer_id_expiration_ms);
    let config_of = |topic: &Topic| log_config(&TopicConfig::of_existing(&layers, &topic.configs), expiration_ms);
    let mut logs = LogManager::load(directory, manager_config, |found| claim(found, node, image, config_of), now_ms)?;
    logs.retain_missing(|partition| {
        let registration = image.topic(partition.topic()).and_then(|topic| topic.partition(partition.partition()));
        registration.is_some_and(|registration| registration.replicas.contains(&node))
    });
    Ok(logs)
}

/// What becomes of a log, by the topics that there are.
fn claim(
    found: &FoundLog,
    node: NodeId,
    image: &MetadataImage,
    config_of: impl Fn(&Topic) -> LogConfig,
) -> Result<Claim, LogError> {
    let named = image.topic(found.partition.topic());
    let owner = found.topic_id.and_then(|id| image.topic_by_id(id));
    match (named, owner) {
        (Some(named), Some(owner)) if named.id != owner.id => Err(LogError::Misplaced {
            path: found.path.clone(),
            found: owner.name.to_string(),
            expected: named.name.to_string(),
        }),
        // A copy that somebody made.
        (None, Some(_)) => Ok(Claim::Other),
        // The topic was deleted, or deleted and created anew, while the node was not running.
        (None, None) => Ok(Claim::Stray),
        (Some(_), None) if found.topic_id.is_some() => Ok(Claim::Stray),
        (Some(named), _) => {
            let registration = named.partition(found.partition.partition());
            let is_here = registration.is_some_and(|registration| registration.replicas.contains(&node));
            Ok(if is_here { Claim::Ours(config_of(named).into()) } else { Claim::Stray })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start(
        settings: &[(&str, &str)],
        build: impl FnOnce(ClusterBuilder) -> ClusterBuilder,
    ) -> Result<Cluster, String> {
        let properties = settings.iter().copied().collect();
        build(Cluster::builder().properties(properties)).start().await.map_err(|error| error.to_string())
    }

    fn copy_dir(from: &Path, to: &Path) {
        std::fs::create_dir(to).unwrap();
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }

    async fn topics_of(directory: &Path) -> Vec<String> {
        let cluster = start(&[], |cluster| cluster.directory(directory)).await.unwrap();
        let topics = cluster.controller.image().topics().map(|topic| topic.name.to_string()).collect();
        cluster.shutdown().await.unwrap();
        topics
    }

    /// As after a crash between the decision and the renaming of the directories.
    #[tokio::test]
    async fn the_last_topic_stays_deleted_though_its_directory_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let cluster = start(&[], |cluster| cluster.directory(directory.path()).topic("t", 1)).await.unwrap();
        cluster.shutdown().await.unwrap();
        let (partition, aside) = (directory.path().join("t-0"), directory.path().join("aside"));
        copy_dir(&partition, &aside);
        let cluster = start(&[], |cluster| cluster.directory(directory.path())).await.unwrap();
        let topic =
            ottla_protocol::messages::delete_topics::DeleteTopicState { name: Some("t".into()), ..Default::default() };
        let deleted = cluster.controller.change(|change| change.delete_topics(&[topic])).await.unwrap();
        assert_eq!(deleted[0].error_code, ErrorCode::NONE);
        cluster.shutdown().await.unwrap();
        std::fs::rename(&aside, &partition).unwrap();
        assert_eq!(topics_of(directory.path()).await, [""; 0]);
        assert!(!partition.exists(), "it is out of the way, and still there under another name");
    }

    #[tokio::test]
    async fn topics_are_taken_over_even_if_the_broker_was_killed_before_it_had_done_so() {
        let directory = tempfile::tempdir().unwrap();
        let cluster = start(&[], |cluster| cluster.directory(directory.path()).topic("t", 1)).await.unwrap();
        let id = cluster.controller.image().cluster_id.parse().unwrap();
        cluster.shutdown().await.unwrap();
        std::fs::remove_file(directory.path().join("ottla-metadata")).unwrap();
        let begun = Controller::open(directory.path(), BrokerLayers::default(), fastrand::Rng::with_seed(1)).unwrap();
        begun.ensure_cluster_id(Some(id)).await.unwrap();
        drop(begun);
        assert_eq!(topics_of(directory.path()).await, ["t"]);
        assert_eq!(topics_of(directory.path()).await, ["t"]);
    }

    /// A cluster's directory with topics, after an orderly stop.
    async fn stopped(nodes: usize, topics: &[(&str, i32)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let described = |cluster: ClusterBuilder| {
            let cluster = cluster.directory(directory.path()).nodes(nodes);
            topics.iter().fold(cluster, |cluster, (name, partitions)| {
                cluster.topic_with(*name, *partitions, 1, [("retention.ms", "-1")])
            })
        };
        start(&[], described).await.unwrap().shutdown().await.unwrap();
        directory
    }

    async fn start_again(directory: &Path, nodes: usize) -> Result<Cluster, String> {
        start(&[], |cluster| cluster.directory(directory).nodes(nodes)).await
    }

    #[tokio::test]
    async fn topics_without_their_settings_keep_all_records_until_they_are_given_some() {
        let directory = stopped(1, &[("t", 1)]).await;
        let metadata = directory.path().join("ottla-metadata");
        for cut in [None, Some(0), Some(15)] {
            match cut {
                None => std::fs::remove_file(&metadata).unwrap(),
                Some(len) => std::fs::File::options().write(true).open(&metadata).unwrap().set_len(len).unwrap(),
            }
            let settings = [("log.retention.ms", "1"), ("log.retention.bytes", "1"), ("log.cleanup.policy", "compact")];
            let cluster = start(&settings, |cluster| cluster.directory(directory.path())).await.unwrap();
            let log = cluster.node(0).replicas.with_logs(|logs| logs.get(&TopicPartition::new("t", 0).unwrap()));
            let config = log.flatten().unwrap().lock().config().clone();
            assert_eq!((config.retention_ms, config.retention_bytes), (None, None), "{cut:?}");
            assert!(config.cleanup_policy.delete && !config.cleanup_policy.compact, "{cut:?}");
            cluster.shutdown().await.unwrap();
        }
    }

    #[tokio::test]
    async fn topics_of_several_nodes_are_taken_over_with_each_partition_where_its_log_is() {
        let directory = stopped(3, &[("t", 7), ("u", 1)]).await;
        let leaders = |cluster: &Cluster| {
            let image = cluster.controller.image();
            let topics = image.topics().map(|t| (t.name.to_string(), t.partitions.iter().map(|p| p.leader).collect()));
            topics.collect::<BTreeMap<String, Vec<NodeId>>>()
        };
        let before = leaders(&start_again(directory.path(), 3).await.unwrap());
        std::fs::remove_file(directory.path().join("ottla-metadata")).unwrap();
        // A copy that does not reach as far.
        let of_node = |node: i32| directory.path().join(format!("node-{node}")).join("t-0");
        let leader = before["t"][0].0;
        let other = leader % 3 + 1;
        copy_dir(&of_node(leader), &of_node(other));
        std::fs::write(of_node(leader).join("leader-epoch-checkpoint"), "0\n1\n5 0\n").unwrap();
        let cluster = start_again(directory.path(), 3).await.unwrap();
        assert_eq!(leaders(&cluster), before);
        let hosted = (0..3).map(|node| cluster.node(node).replicas.topic("t").unwrap().hosted().count());
        assert_eq!(hosted.sum::<usize>(), 7);
        assert!(of_node(leader).exists() && !of_node(other).exists(), "it is out of the way");
    }

    #[tokio::test]
    async fn a_directory_of_a_partition_that_is_none_is_not_taken_for_millions() {
        let directory = stopped(1, &[("t", 1)]).await;
        copy_dir(&directory.path().join("t-0"), &directory.path().join("t-1500000"));
        std::fs::remove_file(directory.path().join("ottla-metadata")).unwrap();
        let refused = start_again(directory.path(), 1).await.unwrap_err();
        assert!(refused.contains("t-1500000") && refused.contains("1499999 others are missing"), "{refused}");
        std::fs::remove_dir_all(directory.path().join("t-1500000")).unwrap();
        assert_eq!(topics_of(directory.path()).await, ["t"]);
    }

    #[tokio::test]
    async fn directories_that_were_swapped_are_refused_before_anything_is_done() {
        let directory = stopped(1, &[("t", 1), ("u", 1)]).await;
        let [t, u, aside] = ["t-0", "u-0", "aside"].map(|name| directory.path().join(name));
        let swap = || {
            std::fs::rename(&t, &aside).unwrap();
            std::fs::rename(&u, &t).unwrap();
            std::fs::rename(&aside, &u).unwrap();
        };
        swap();
        let refused = start_again(directory.path(), 1).await.unwrap_err();
        let expected = format!("{} holds a log of topic u, not of t: were directories swapped?", t.display());
        assert!(refused.contains(&expected), "{refused}");
        swap();
        assert!(directory.path().join(".kafka_cleanshutdown").exists(), "the refused start was none");
        assert_eq!(topics_of(directory.path()).await, ["t", "u"]);
    }

    #[tokio::test]
    async fn a_copy_of_a_log_under_another_name_is_left_as_it_is() {
        let directory = stopped(1, &[("t", 1)]).await;
        let copy = directory.path().join("backup-20261127");
        copy_dir(&directory.path().join("t-0"), &copy);
        assert_eq!(topics_of(directory.path()).await, ["t"]);
        assert!(copy.join("partition.metadata").exists());
    }

    #[tokio::test]
    async fn a_segment_that_is_no_file_is_told_as_what_it_is_and_nothing_is_removed() {
        let directory = stopped(1, &[("t", 1)]).await;
        let segment = directory.path().join("t-0").join("00000000000000000000.log");
        std::fs::remove_file(&segment).unwrap();
        std::fs::create_dir(&segment).unwrap();
        let refused = start_again(directory.path(), 1).await.unwrap_err();
        let expected = format!("cannot open {}: it is a directory in the place of a file", segment.display());
        assert!(refused.starts_with(&expected), "{refused}");
        assert!(segment.with_extension("index").exists());
    }

    #[tokio::test]
    async fn a_node_that_lost_all_it_had_is_not_taken_for_a_new_one() {
        let directory = stopped(3, &[("t", 3)]).await;
        let node = directory.path().join("node-2");
        std::fs::remove_dir_all(&node).unwrap();
        for _ in 0..2 {
            let refused = start_again(directory.path(), 3).await.unwrap_err();
            let expected = format!("there is nothing in {}, where 1 partitions are: restore it", node.display());
            assert!(refused.starts_with(&expected), "{refused}");
        }
        std::fs::remove_file(directory.path().join("ottla-metadata")).unwrap();
        start_again(directory.path(), 3).await.unwrap();
    }

    #[tokio::test]
    async fn fewer_nodes_than_a_directory_has_are_refused() {
        let directory = stopped(3, &[("t", 3)]).await;
        for nodes in [1, 2] {
            let refused = start_again(directory.path(), nodes).await.unwrap_err();
            assert!(refused.contains("start it with as many nodes as before"), "{refused}");
        }
        start_again(directory.path(), 3).await.unwrap();
    }

    #[tokio::test]
    async fn a_topic_that_is_deleted_and_created_anew_between_two_looks_has_its_new_log_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let cluster = start(&[], |cluster| cluster.directory(directory.path()).topic("t", 1)).await.unwrap();
        let before = cluster.controller.image().topic("t").unwrap().id;
        let topic =
            ottla_protocol::messages::delete_topics::DeleteTopicState { name: Some("t".into()), ..Default::default() };
        let again = CreatableTopic { name: "t".into(), num_partitions: 2, replication_factor: 1, ..Default::default() };
        let request = CreateTopicsRequest { topics: vec![again], ..Default::default() };
        let change = |change: &mut crate::controller::Change<'_>| {
            change.delete_topics(std::slice::from_ref(&topic));
            change.create_topics(&request);
        };
        cluster.controller.change(change).await.unwrap();
        let hosted = cluster.node(0).replicas.topic("t").unwrap();
        assert_ne!(hosted.topic.id, before);
        assert_eq!(hosted.hosted().count(), 2, "none of them is offline");
    }

    #[tokio::test]
    async fn producer_ids_go_on_whatever_a_stranger_took_for_his() {
        let cluster = start(&[], |cluster| cluster).await.unwrap();
        let ids = async || cluster.controller.allocate_producer_ids().await.unwrap();
        assert_eq!(ids().await, 0..1000);
        cluster.controller.change(|change| change.pass_over_producer_ids(i64::MAX)).await.unwrap();
        assert_eq!(ids().await, 1000..2000);
        cluster.controller.change(|change| change.pass_over_producer_ids(5000)).await.unwrap();
        assert_eq!(ids().await, 5001..6001);
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_told_with_what_one_is() {
        for address in ["", "9092", "[::1", "[::1]", "::1:0", "127.0.0.1:", "127.0.0.1:65536"] {
            let told = start(&[], |cluster| cluster.listen(address)).await.map(|_| ()).unwrap_err();
            let expected = format!(
                "cannot listen on {address:?}: an address is host:port or [IPv6]:port, where port 0 picks a free one"
            );
            assert_eq!(told, expected);
        }
    }

    #[tokio::test]
    async fn a_node_takes_its_id_and_its_addresses_from_the_settings() {
        let settings = [
            ("node.id", "7"),
            ("listeners", "INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0"),
            ("listener.security.protocol.map", "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT"),
            ("advertised.listeners", "OUTSIDE://kafka.example:19092"),
        ];
        let cluster = start(&settings, |c| c.topic("t", 1)).await.unwrap();
        assert_eq!(cluster.nodes()[0].id, 7);
        assert_eq!(cluster.nodes()[0].endpoint.host, "127.0.0.1");
        let image = cluster.controller.image();
        assert_eq!(image.brokers[&NodeId(7)].endpoint("OUTSIDE").unwrap().to_string(), "kafka.example:19092");
        assert_eq!(image.topic("t").unwrap().partitions[0].leader, NodeId(7));
    }

    #[tokio::test]
    async fn one_directory_in_the_settings_holds_the_data_unless_another_place_is_given() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        let settings = [("log.dirs", path.to_str().unwrap())];
        start(&settings, ClusterBuilder::memory).await.unwrap();
        assert!(!path.exists());
        start(&settings, |c| c).await.unwrap().shutdown().await.unwrap();
        assert!(path.join("meta.properties").exists());
    }

    #[tokio::test]
    async fn settings_that_cannot_be_followed_are_named_with_what_to_do() {
        let several = start(&[("log.dirs", "/a,/b")], |c| c).await;
        assert_eq!(several.unwrap_err(), "log.dirs names 2 directories (/a, /b), and this broker uses one");
        for setting in ["node.id", "listeners", "advertised.listeners"] {
            let value = if setting == "node.id" { "7" } else { "PLAINTEXT://127.0.0.1:9092" };
            let expected = format!("{setting} is a setting of one node, and there are 3: leave it out");
            assert_eq!(start(&[(setting, value)], |c| c.nodes(3)).await.unwrap_err(), expected);
        }
        let ports = start(&[], |c| c.nodes(3).listen("127.0.0.1:65534")).await;
        let expected =
            "3 nodes need as many ports, and from 65534 on there are fewer: begin with a smaller one, or with 0";
        assert_eq!(ports.unwrap_err(), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        let is_file = start(&[], |c| c.directory(file.path())).await.unwrap_err();
        assert!(is_file.ends_with("is not a directory: name one, it is created if it does not exist"), "{is_file}");
    }
}
