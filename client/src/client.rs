//! The one handle to a cluster: connections, metadata, settings.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse},
        metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse},
    },
    types::{NodeId, TopicName},
    wire::{Request, Str},
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tracing::{Instrument, Span, field::Empty};

use crate::{
    backoff::Backoff,
    config::{ClientConfig, ConfigError, MetadataRecovery, ServerAddress},
    metadata::{Broker, ClusterMetadata, TopicMetadata},
    metrics::{ClientMeter, ClientMetrics},
    net::{BrokerVersions, Connection, ConnectionError, Connector, Pool, Purpose, RequestError, TcpConnector},
};

/// A handle to a Kafka cluster. Clones are cheap and share everything; when the last one and everything made from it
/// is gone, the connections close.
///
/// It must be made and used within a tokio runtime.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// Tasks stop when the last one of these is gone.
    _alive: Arc<watch::Sender<()>>,
}

pub(crate) struct Inner {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) meter: Arc<ClientMeter>,
    metadata: watch::Sender<Arc<ClusterMetadata>>,
    interest: Mutex<Interest>,
    refresh: Notify,
    /// Whether what is known may not be true any more.
    stale: AtomicBool,
    /// Why the last refresh failed, and since when none succeeded.
    trouble: Mutex<Option<(Instant, RequestError)>>,
    coordinators: Mutex<HashMap<(CoordinatorType, String), NodeId>>,
}

/// Which topics the metadata should hold.
#[derive(Debug, Default)]
struct Interest {
    /// When each topic was last asked for; those in use by a consumer or producer are asked for again and again.
    topics: HashMap<TopicName, Instant>,
    /// Handles that want every topic (a pattern subscription).
    all: usize,
}

/// What a coordinator coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CoordinatorType {
    /// A group.
    Group,
}

impl CoordinatorType {
    fn code(self) -> i8 {
        match self {
            Self::Group => 0,
        }
    }
}

/// Why metadata about a topic, or a coordinator, could not be had.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The cluster says no. For [`ErrorCode::UNKNOWN_TOPIC_OR_PARTITION`] create the topic first.
    #[error("{subject}: {code}")]
    Refused {
        /// The topic or group.
        subject: String,
        /// Why.
        code: ErrorCode,
    },
    /// No answer came in time.
    #[error("{subject}: nothing known after {after:?}{cause}", cause = .cause.as_ref().map(|cause| format!(", last error: {cause}")).unwrap_or_default())]
    Timeout {
        /// The topic or group.
        subject: String,
        /// How long was waited.
        after: Duration,
        /// What went wrong last.
        cause: Option<RequestError>,
    },
    /// A request failed for good.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Makes a [`Client`].
#[derive(Clone)]
pub struct ClientBuilder {
    config: ClientConfig,
    connector: Option<Arc<dyn Connector>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Uses these settings.
    pub fn config(mut self, config: ClientConfig) -> Self {
        self.config = config;
        self
    }

    /// Names the client in the brokers' logs, metrics and quotas (`client.id`).
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.config.client_id = client_id.into();
        self
    }

    /// Tells where the client runs (`client.rack`).
    pub fn rack(mut self, rack: impl Into<String>) -> Self {
        self.config.client_rack = Some(rack.into());
        self
    }

    /// How long one request may wait for its response (`request.timeout.ms`).
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.config.request_timeout = timeout;
        self
    }

    /// Opens byte streams in another way than TCP.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.connector = Some(Arc::new(connector));
        self
    }

    /// Makes the client. Nothing is sent before the first use, so servers that are down are no error here.
    ///
    /// # Errors
    /// [`ConfigError`] if the settings contradict each other.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn build(self) -> Result<Client, ConfigError> {
        self.config.validate()?;
        let connector = self.connector.unwrap_or_else(|| {
            Arc::new(TcpConnector {
                send_buffer_bytes: self.config.send_buffer_bytes,
                receive_buffer_bytes: self.config.receive_buffer_bytes,
            })
        });
        let config = Arc::new(self.config);
        let meter = Arc::<ClientMeter>::default();
        let inner = Arc::new(Inner {
            pool: Arc::new(Pool::new(connector, config.clone(), meter.clone())),
            config,
            meter,
            metadata: watch::Sender::new(Arc::default()),
            interest: Mutex::default(),
            refresh: Notify::new(),
            stale: AtomicBool::new(false),
            trouble: Mutex::default(),
            coordinators: Mutex::default(),
        });
        let alive = Arc::new(watch::Sender::new(()));
        tokio::spawn(keep_metadata(inner.clone(), alive.subscribe()));
        Ok(Client { inner, _alive: alive })
    }
}

impl Client {
    /// A client of the cluster that these servers, `host:port` separated by commas, belong to.
    ///
    /// # Errors
    /// [`ConfigError`] if an address cannot be read.
    pub fn connect(bootstrap_servers: &str) -> Result<Self, ConfigError> {
        Self::builder(bootstrap_servers)?.build()
    }

    /// The same, with more to set.
    ///
    /// # Errors
    /// [`ConfigError`] if an address cannot be read.
    pub fn builder(bootstrap_servers: &str) -> Result<ClientBuilder, ConfigError> {
        let servers = bootstrap_servers
            .split(',')
            .filter(|server| !server.trim().is_empty())
            .map(str::parse::<ServerAddress>)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ConfigError::OutOfRange {
                setting: error.setting,
                value: error.value,
                valid: error.valid.to_owned(),
            })?;
        Ok(Self::builder_from(ClientConfig::new(servers)))
    }

    /// A builder that begins with these settings.
    pub fn builder_from(config: ClientConfig) -> ClientBuilder {
        ClientBuilder { config, connector: None }
    }

    /// The settings.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// What is known about the cluster now. Without a wait, and empty before the first use.
    pub fn metadata(&self) -> Arc<ClusterMetadata> {
        self.inner.metadata.borrow().clone()
    }

    /// What is known about a topic, asked for unless it is known already; waits up to `default.api.timeout.ms`.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`MetadataError`] if there is no such topic or nobody answers.
    pub async fn topic(&self, name: &str) -> Result<Arc<TopicMetadata>, MetadataError> {
        self.inner.topic(name, self.inner.config.default_api_timeout).await
    }

    /// Asks for new metadata and waits for it, up to `default.api.timeout.ms`. Cancel safe.
    ///
    /// # Errors
    /// [`MetadataError`] if nobody answers.
    pub async fn refresh_metadata(&self) -> Result<Arc<ClusterMetadata>, MetadataError> {
        let timeout = self.inner.config.default_api_timeout;
        let before = self.metadata().whole_refreshes;
        self.inner.request_refresh();
        let is_newer = |metadata: &ClusterMetadata| metadata.whole_refreshes > before;
        self.inner.wait_for(is_newer, "metadata", Instant::now() + timeout, timeout).await
    }

    /// The versions and features that a broker announces, of any broker if `node` is `None`. Cancel safe.
    ///
    /// # Errors
    /// [`RequestError`] if it cannot be reached.
    pub async fn broker_versions(&self, node: Option<NodeId>) -> Result<BrokerVersions, RequestError> {
        let connection = match node {
            Some(node) => self.inner.connection(node, Purpose::General).await?,
            None => self.inner.any_connection().await?,
        };
        Ok(connection.versions().clone())
    }

    /// Counters since the client was made.
    pub fn metrics(&self) -> ClientMetrics {
        self.inner.meter.snapshot()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("bootstrap_servers", &self.inner.config.bootstrap_servers)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each critical section is one change, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    /// The present picture of the cluster.
    pub(crate) fn metadata(&self) -> Arc<ClusterMetadata> {
        self.metadata.borrow().clone()
    }

    /// Follows the picture from now on.
    pub(crate) fn watch_metadata(&self) -> watch::Receiver<Arc<ClusterMetadata>> {
        self.metadata.subscribe()
    }

    /// Asks for a refresh soon; those that ask meanwhile share it.
    pub(crate) fn request_refresh(&self) {
        self.stale.store(true, Ordering::Relaxed);
        self.refresh.notify_one();
    }

    /// The same, only for topics of interest that are not known: what is known of the others may well be true.
    fn request_new_topics(&self) {
        self.refresh.notify_one();
    }

    /// Keeps this topic in the metadata.
    pub(crate) fn take_interest(&self, topic: &TopicName) {
        let new = lock(&self.interest).topics.insert(topic.detach(), Instant::now()).is_none();
        if new {
            self.request_new_topics();
        }
    }

    /// Keeps every topic in the metadata until [`drop_interest_in_all`](Self::drop_interest_in_all).
    pub(crate) fn take_interest_in_all(&self) {
        lock(&self.interest).all += 1;
        self.request_refresh();
    }

    /// Takes one [`take_interest_in_all`](Self::take_interest_in_all) back.
    pub(crate) fn drop_interest_in_all(&self) {
        let mut interest = lock(&self.interest);
        interest.all = interest.all.saturating_sub(1);
    }

    /// Why metadata is out of date, if it is, and since when.
    pub(crate) fn trouble(&self) -> Option<(Instant, RequestError)> {
        lock(&self.trouble).clone()
    }

    fn note_trouble(&self, error: RequestError) {
        let mut trouble = lock(&self.trouble);
        let since = trouble.take().map_or_else(Instant::now, |(since, _)| since);
        *trouble = Some((since, error));
        drop(trouble);
        if since.elapsed() >= self.config.metadata_recovery_rebootstrap_trigger {
            self.begin_anew();
        }
    }

    /// Brokers that can be connected to but tell nothing are not asked any more (KIP-1102).
    fn begin_anew(&self) {
        if self.config.metadata_recovery != MetadataRecovery::Rebootstrap {
            return;
        }
        self.metadata.send_if_modified(|metadata| {
            let known = !metadata.brokers.is_empty();
            if known {
                Arc::make_mut(metadata).brokers.clear();
            }
            known
        });
    }

    /// The topic, once it is known.
    pub(crate) async fn topic(&self, name: &str, timeout: Duration) -> Result<Arc<TopicMetadata>, MetadataError> {
        let name = TopicName::from(name);
        if let Some(topic) = self.metadata().topic(&name) {
            lock(&self.interest).topics.insert(name.clone(), Instant::now());
            return Ok(topic.clone());
        }
        let deadline = Instant::now() + timeout;
        let mut failures = 0;
        loop {
            // Each time: whoever else waited for it has taken the interest away if it was refused.
            lock(&self.interest).topics.insert(name.clone(), Instant::now());
            let before = self.metadata().refreshes;
            self.request_new_topics();
            // Where one broker names another as a leader, nothing new is said of what is not there.
            let is_newer = |metadata: &ClusterMetadata| metadata.refreshes > before;
            let metadata = self.wait_for(is_newer, &name, deadline, timeout).await?;
            if let Some(topic) = metadata.topic(&name) {
                return Ok(topic.clone());
            }
            // A refresh that was under way before, or is about others, says nothing about this topic.
            let Some(code) = metadata.errors.get(&name).copied() else { continue };
            let creating = code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION && self.config.allow_auto_create_topics;
            // A broker that creates the topic on demand says first that it does not know it. One that does not create
            // it says so for ever: a few rounds tell the two apart.
            let hopeless = creating && failures >= 5;
            if !code.is_retriable() || hopeless || (!creating && code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) {
                lock(&self.interest).topics.remove(&name);
                return Err(MetadataError::Refused { subject: name.to_string(), code });
            }
            failures += 1;
            let delay = Backoff::retry(&self.config).delay(failures, &mut fastrand::Rng::new());
            tokio::time::sleep_until((Instant::now() + delay).min(deadline)).await;
        }
    }

    /// The first picture, from the present one on, that is the one.
    async fn wait_for(
        &self,
        is_it: impl Fn(&ClusterMetadata) -> bool,
        subject: &str,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<Arc<ClusterMetadata>, MetadataError> {
        let mut metadata = self.metadata.subscribe();
        let found = metadata.wait_for(|metadata| is_it(metadata));
        match tokio::time::timeout_at(deadline, found).await {
            Ok(Ok(metadata)) => Ok(metadata.clone()),
            Ok(Err(_)) => Err(RequestError::NotSent(ConnectionError::Closed).into()),
            Err(_) => Err(MetadataError::Timeout {
                subject: subject.to_owned(),
                after: timeout,
                cause: self.trouble().map(|(_, error)| error),
            }),
        }
    }

    /// Notes what a broker said about a partition's leader (KIP-951).
    pub(crate) fn note_leader(
        &self,
        topic: &str,
        partition: i32,
        leader: NodeId,
        leader_epoch: i32,
        endpoints: Vec<Broker>,
    ) -> bool {
        self.metadata.send_if_modified(|metadata| {
            let next = metadata.with_leader(topic, partition, leader, leader_epoch, endpoints);
            next.map(|next| *metadata = Arc::new(next)).is_some()
        })
    }

    /// The connection to a node for a purpose. Cancel safe.
    pub(crate) async fn connection(&self, node: NodeId, purpose: Purpose) -> Result<Connection, RequestError> {
        let address = self.metadata().broker(node).map(|broker| broker.address.clone());
        let address = address.ok_or(RequestError::UnknownNode(node))?;
        let opened = self.pool.node(node, &address, purpose).await;
        opened.map_err(|error| {
            // It may have moved or gone for good.
            self.request_refresh();
            RequestError::NotSent(error)
        })
    }

    /// A connection to any broker that answers: known ones first, then the bootstrap servers, if the settings let a
    /// client begin anew (KIP-899).
    pub(crate) async fn any_connection(&self) -> Result<Connection, RequestError> {
        let metadata = self.metadata();
        let mut last = ConnectionError::Closed;
        let mut brokers: Vec<_> = metadata.brokers.values().collect();
        fastrand::shuffle(&mut brokers);
        for broker in brokers {
            match self.pool.node(broker.id, &broker.address, Purpose::General).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        let may_begin_anew = self.config.metadata_recovery == MetadataRecovery::Rebootstrap;
        let servers =
            if may_begin_anew || metadata.brokers.is_empty() { &self.config.bootstrap_servers[..] } else { &[] };
        for server in servers {
            match self.pool.bootstrap(server).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        Err(RequestError::NotSent(last))
    }

    /// Sends a request to a node. Cancel safe in that dropping the future leaves the connection intact.
    pub(crate) async fn call_node<R: Request>(
        &self,
        node: NodeId,
        purpose: Purpose,
        request: &R,
    ) -> Result<R::Response, RequestError> {
        self.connection(node, purpose).await?.call(request).await
    }

    /// Sends a request to any node.
    pub(crate) async fn call_any<R: Request>(&self, request: &R) -> Result<R::Response, RequestError> {
        self.any_connection().await?.call(request).await
    }

    /// The node that coordinates `key`, looked up unless it is known.
    pub(crate) async fn coordinator(&self, kind: CoordinatorType, key: &str) -> Result<NodeId, CoordinatorError> {
        if let Some(node) = lock(&self.coordinators).get(&(kind, key.to_owned())) {
            return Ok(*node);
        }
        let connection = self.any_connection().await.map_err(CoordinatorError::Request)?;
        let response = find_coordinator(&connection, kind, key).await.map_err(CoordinatorError::Request)?;
        let found = coordinator_of(&response, key);
        let broker = found.map_err(CoordinatorError::Refused)?;
        let node = broker.id;
        self.metadata.send_if_modified(|metadata| {
            // A node that the metadata does not have yet can be connected to all the same.
            let known = metadata.brokers.contains_key(&node);
            if !known {
                let mut next = ClusterMetadata::clone(metadata);
                next.brokers.insert(node, broker);
                *metadata = Arc::new(next);
            }
            !known
        });
        lock(&self.coordinators).insert((kind, key.to_owned()), node);
        Ok(node)
    }

    /// Forgets who coordinates `key`, after the node said that it does not or went away.
    pub(crate) fn forget_coordinator(&self, kind: CoordinatorType, key: &str) {
        lock(&self.coordinators).remove(&(kind, key.to_owned()));
    }
}

/// Why a coordinator could not be found.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CoordinatorError {
    #[error("no coordinator: {0}")]
    Refused(ErrorCode),
    #[error(transparent)]
    Request(RequestError),
}

async fn find_coordinator(
    connection: &Connection,
    kind: CoordinatorType,
    key: &str,
) -> Result<FindCoordinatorResponse, RequestError> {
    // Version 4 asks for several keys at once, the older ones for one.
    let batched = connection.versions().newest::<FindCoordinatorRequest>()? >= 4;
    let key = Str::from(key);
    let request = FindCoordinatorRequest {
        key_type: kind.code(),
        coordinator_keys: if batched { vec![key.clone()] } else { Vec::new() },
        key: if batched { Str::default() } else { key },
    };
    connection.call(&request).await
}

fn coordinator_of(response: &FindCoordinatorResponse, key: &str) -> Result<Broker, ErrorCode> {
    let (code, id, host, port) = match response.coordinators.iter().find(|found| found.key == *key) {
        Some(found) => (found.error_code, found.node_id, &found.host, found.port),
        None => (response.error_code, response.node_id, &response.host, response.port),
    };
    if code != ErrorCode::NONE {
        return Err(code);
    }
    let port = u16::try_from(port).map_err(|_| ErrorCode::COORDINATOR_NOT_AVAILABLE)?;
    Ok(Broker { id, address: ServerAddress::new(host.as_str(), port), rack: None })
}

/// Refreshes the metadata on demand and when it is old, until the client is gone.
async fn keep_metadata(inner: Arc<Inner>, mut alive: watch::Receiver<()>) {
    tokio::select! {
        () = refresh_forever(&inner) => {}
        // Errs when the last handle is gone.
        _ = alive.changed() => {}
    }
    inner.pool.close();
}

async fn refresh_forever(inner: &Inner) {
    let backoff = Backoff::retry(&inner.config);
    let mut failures = 0;
    // Of all that is known: asking for new topics alone makes the others no younger.
    let mut refreshed_at = Instant::now();
    loop {
        let old_at = refreshed_at + inner.config.metadata_max_age;
        let wanted = tokio::time::timeout_at(old_at, inner.refresh.notified()).await;
        if wanted.is_err() && !is_of_interest(inner) {
            refreshed_at = Instant::now();
            continue;
        }
        let is_stale = inner.stale.swap(false, Ordering::Relaxed) || wanted.is_err();
        let span = tracing::debug_span!(parent: None, "metadata_refresh", topics = Empty, error = Empty);
        match refresh(inner, is_stale).instrument(span.clone()).await {
            Ok(refreshed) => {
                inner.meter.counters.metadata_refreshes.increment();
                failures = 0;
                *lock(&inner.trouble) = None;
                drop(span);
                match refreshed {
                    Refreshed::Whole => refreshed_at = Instant::now(),
                    // Nobody will ask again for want of one.
                    Refreshed::AllNew => continue,
                    Refreshed::SomeNew | Refreshed::Nothing => {}
                }
                // Whoever finds the answer wanting asks again at once: that must not become a storm.
                tokio::time::sleep(inner.config.retry_backoff.min(Duration::from_millis(20))).await;
            }
            Err(error) => {
                inner.meter.counters.metadata_refresh_failures.increment();
                tracing::debug!(parent: &span, %error, "metadata refresh failed");
                span.record("error", tracing::field::display(&error));
                failures += 1;
                drop(span);
                inner.note_trouble(error);
                tokio::time::sleep(backoff.delay(failures, &mut fastrand::Rng::new())).await;
                inner.request_refresh();
            }
        }
    }
}

fn is_of_interest(inner: &Inner) -> bool {
    let interest = lock(&inner.interest);
    interest.all > 0 || !interest.topics.is_empty()
}

/// What was learned.
#[derive(Clone, Copy, Debug)]
enum Refreshed {
    /// What there is of all topics of interest.
    Whole,
    /// All topics that were not known.
    AllNew,
    /// Not all of them, if any.
    SomeNew,
    /// That the bootstrap servers are to be asked.
    Nothing,
}

/// Asks for all topics of interest if what is known of them is stale, else for those that are not known.
async fn refresh(inner: &Inner, is_stale: bool) -> Result<Refreshed, RequestError> {
    let connection = inner.any_connection().await?;
    let version = connection.versions().newest::<MetadataRequest>()?;
    let (topics, all) = wanted_topics(inner);
    let new = if is_stale || all { Vec::new() } else { unknown(&topics, &inner.metadata()) };
    let asked = if new.is_empty() { topics.iter().cloned().collect() } else { new.clone() };
    if all {
        Span::current().record("topics", "all");
    } else {
        Span::current().record("topics", asked.len());
    }
    let request = MetadataRequest {
        topics: (!all).then(|| asked.into_iter().map(named).collect()),
        allow_auto_topic_creation: inner.config.allow_auto_create_topics || version < 4,
        ..MetadataRequest::default()
    };
    let mut response: MetadataResponse = connection.call(&request).await?;
    let missing = if all { without_answer(&topics, &response) } else { Vec::new() };
    if !missing.is_empty() && response.error_code.is_none() {
        // A broker says nothing of topics that are not there, and creates none, unless they are named.
        let request = MetadataRequest { topics: Some(missing), ..request };
        let more: MetadataResponse = connection.call(&request).await?;
        response.topics.extend(more.topics);
    }
    if response.error_code == ErrorCode::REBOOTSTRAP_REQUIRED {
        tracing::warn!("the cluster asks to start over from the bootstrap servers");
        inner.metadata.send_modify(|metadata| *metadata = Arc::new(metadata.forgotten()));
        inner.request_refresh();
        return Ok(Refreshed::Nothing);
    }
    if response.brokers.is_empty() {
        // A broker that is starting may know of none; what is known already serves better.
        return Err(RequestError::UnknownNode(NodeId::NONE));
    }
    inner.metadata.send_modify(|metadata| {
        // Of all topics, those that the broker does not speak of are gone.
        let mut next = metadata.updated(&response, |name| topics.contains(name));
        next.whole_refreshes += u64::from(new.is_empty());
        *metadata = Arc::new(next);
    });
    let metadata = inner.metadata();
    Ok(match new.iter().all(|name| metadata.topic(name).is_some()) {
        true if new.is_empty() => Refreshed::Whole,
        true => Refreshed::AllNew,
        false => Refreshed::SomeNew,
    })
}

/// The topics that nothing is known of.
fn unknown(topics: &HashSet<TopicName>, metadata: &ClusterMetadata) -> Vec<TopicName> {
    topics.iter().filter(|name| metadata.topic(name).is_none()).cloned().collect()
}

/// The topics that a response does not speak of.
fn without_answer(topics: &HashSet<TopicName>, response: &MetadataResponse) -> Vec<MetadataRequestTopic> {
    let told: HashSet<_> = response.topics.iter().filter_map(|topic| topic.name.as_ref()).collect();
    topics.iter().filter(|topic| !told.contains(topic)).cloned().map(named).collect()
}

fn named(name: TopicName) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(name), ..MetadataRequestTopic::default() }
}

/// The topics to ask for, without those that nobody has used for a while.
fn wanted_topics(inner: &Inner) -> (HashSet<TopicName>, bool) {
    let mut interest = lock(&inner.interest);
    let now = Instant::now();
    let idle = inner.config.metadata_max_idle;
    interest.topics.retain(|_, used| now.duration_since(*used) < idle);
    (interest.topics.keys().cloned().collect(), interest.all > 0)
}
