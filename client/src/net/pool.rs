//! The connections of one client.
//!
//! | purpose | carries | why apart |
//! |---|---|---|
//! | general | metadata, admin, producer ids, offsets | short answers |
//! | produce | produce | large requests; order within the connection is what idempotence rests on |
//! | fetch, one per consumer | fetch | a long poll holds back everything behind it |
//! | fetch aside, one per consumer | fetch | what comes to be wanted while a long poll holds the other one up; opened when that first happens |
//! | coordination, one per consumer | join, sync, heartbeat | a join is parked for as long as a rebalance takes, and that may wait for another consumer of this client |

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ottla_protocol::types::NodeId;
use tokio::{sync::watch, time::Instant};
use tracing::Instrument;

use super::{Connection, ConnectionError, Connector, Peer};
use crate::{
    backoff::Backoff,
    config::{ClientConfig, ServerAddress},
    metrics::ClientMeter,
};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// Short requests of all kinds.
    General,
    /// Produce requests.
    Produce,
    /// Fetch requests of one consumer.
    Fetch(ConsumerNumber),
    /// Fetch requests of one consumer that cannot wait for those.
    FetchAside(ConsumerNumber),
    /// The membership of one consumer.
    Coordination(ConsumerNumber),
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Produce => "produce",
            Self::Fetch(_) => "fetch",
            Self::FetchAside(_) => "fetch_aside",
            Self::Coordination(_) => "coordination",
        }
    }
}

/// Tells the consumers of a client apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConsumerNumber(u64);

/// The connections of one client, by broker and purpose.
#[derive(Debug)]
pub(crate) struct Pool {
    connector: ConnectorHandle,
    config: Arc<ClientConfig>,
    meter: Arc<ClientMeter>,
    slots: Mutex<HashMap<(Target, Purpose), Slot>>,
    next_consumer: AtomicU64,
}

struct ConnectorHandle(Arc<dyn Connector>);

impl std::fmt::Debug for ConnectorHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

/// A node, or a bootstrap server whose node id is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    Node(NodeId),
    Bootstrap(ServerAddress),
}

impl Target {
    fn node(&self) -> NodeId {
        match self {
            Self::Node(node) => *node,
            Self::Bootstrap(_) => NodeId::NONE,
        }
    }
}

#[derive(Debug)]
struct Slot {
    address: ServerAddress,
    /// The connection once it is open; everybody who needs it meanwhile waits on the same attempt.
    attempt: Attempt,
    failures: u32,
    not_before: Instant,
}

type Attempt = watch::Receiver<Option<Result<Connection, ConnectionError>>>;

impl Pool {
    pub(crate) fn new(connector: Arc<dyn Connector>, config: Arc<ClientConfig>, meter: Arc<ClientMeter>) -> Self {
        Self {
            connector: ConnectorHandle(connector),
            config,
            meter,
            slots: Mutex::default(),
            next_consumer: AtomicU64::new(0),
        }
    }

    /// The connection to a node, opened if need be. Cancel safe: the attempt goes on for others.
    pub(crate) async fn node(
        self: &Arc<Self>,
        node: NodeId,
        address: &ServerAddress,
        purpose: Purpose,
    ) -> Result<Connection, ConnectionError> {
        self.get(Target::Node(node), address, purpose).await
    }

    /// The connection to a bootstrap server.
    pub(crate) async fn bootstrap(self: &Arc<Self>, address: &ServerAddress) -> Result<Connection, ConnectionError> {
        self.get(Target::Bootstrap(address.clone()), address, Purpose::General).await
    }

    /// The number of another consumer.
    pub(crate) fn next_consumer(&self) -> ConsumerNumber {
        ConsumerNumber(self.next_consumer.fetch_add(1, Ordering::Relaxed))
    }

    /// Ends the connections for a purpose that is no more.
    pub(crate) fn release(&self, purpose: Purpose) {
        self.lock().retain(|(_, used), slot| {
            if let Some(Ok(connection)) = (*used == purpose).then(|| slot.attempt.borrow().clone()).flatten() {
                connection.close(ConnectionError::Closed);
            }
            *used != purpose
        });
    }

    /// Ends all connections.
    pub(crate) fn close(&self) {
        for (_, slot) in self.lock().drain() {
            if let Some(Ok(connection)) = &*slot.attempt.borrow() {
                connection.close(ConnectionError::Closed);
            }
        }
    }

    async fn get(
        self: &Arc<Self>,
        target: Target,
        address: &ServerAddress,
        purpose: Purpose,
    ) -> Result<Connection, ConnectionError> {
        let mut attempt = self.attempt(target, address, purpose);
        let result = attempt.wait_for(Option::is_some).await.map(|done| done.clone());
        match result {
            Ok(Some(result)) => result,
            // The task that connects went away: the runtime is shutting down.
            Ok(None) | Err(_) => Err(ConnectionError::Closed),
        }
    }

    /// The present attempt to connect, or a new one if the last one failed or its connection has ended.
    fn attempt(self: &Arc<Self>, target: Target, address: &ServerAddress, purpose: Purpose) -> Attempt {
        let mut slots = self.lock();
        let now = Instant::now();
        let old = slots.get(&(target.clone(), purpose));
        let (failures, not_before) = match old {
            Some(slot) if slot.address == *address => match &*slot.attempt.borrow() {
                None => return slot.attempt.clone(),
                Some(Ok(connection)) if !connection.is_closed() => return slot.attempt.clone(),
                Some(Ok(_)) => (0, now),
                Some(Err(_)) => (slot.failures, slot.not_before),
            },
            // A node that moved begins anew.
            _ => (0, now),
        };
        let (sender, attempt) = watch::channel(None);
        let slot = Slot { address: address.clone(), attempt: attempt.clone(), failures, not_before };
        slots.insert((target.clone(), purpose), slot);
        drop(slots);
        let pool = self.clone();
        let peer = Peer { node: target.node(), address: address.clone() };
        let span = tracing::debug_span!(
            parent: None,
            "connection",
            node = peer.node.0,
            address = %peer.address,
            purpose = purpose.name(),
        );
        let opening = async move {
            let opened = pool.open(&peer, failures, not_before, &sender).await;
            if let Err(error) = &opened {
                tracing::debug!(%error, "not connected");
                pool.meter.counters.connections_failed.increment();
            }
            pool.note(&(target, purpose), opened.is_ok());
            // Everybody who waited may have gone away.
            let _ = sender.send(Some(opened));
        };
        tokio::spawn(opening.instrument(span));
        attempt
    }

    async fn open(
        &self,
        peer: &Peer,
        failures: u32,
        not_before: Instant,
        waiting: &watch::Sender<Option<Result<Connection, ConnectionError>>>,
    ) -> Result<Connection, ConnectionError> {
        tokio::time::sleep_until(not_before).await;
        let setup = self.config.connection_setup_timeout.saturating_mul(1 << failures.min(8));
        let setup = setup.min(self.config.connection_setup_timeout_max);
        // A client that was closed holds no receiver any more.
        tokio::select! {
            opened = Connection::open(&*self.connector.0, peer, &self.config, &self.meter, setup) => opened,
            () = waiting.closed() => Err(ConnectionError::Closed),
        }
    }

    fn note(&self, key: &(Target, Purpose), opened: bool) {
        if let Some(slot) = self.lock().get_mut(key) {
            slot.failures = if opened { 0 } else { slot.failures.saturating_add(1) };
            slot.not_before = Instant::now() + self.reconnect_delay(slot.failures);
        }
    }

    fn reconnect_delay(&self, failures: u32) -> Duration {
        if failures == 0 {
            return Duration::ZERO;
        }
        Backoff::reconnect(&self.config).delay(failures, &mut fastrand::Rng::new())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Target, Purpose), Slot>> {
        // Every change to the map is one call, so a panic elsewhere does not leave it half done.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
