//! The task of a consumer that looks things up and keeps one fetch loop per broker.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ottla_protocol::types::NodeId;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::Instant,
};
use tracing::Instrument;

use super::{
    assignment::Work,
    fetch::{FetchWorker, run as run_worker},
    lookup::{look_up, look_up_span},
    shared::Shared,
};

/// Runs until the consumer is closed and its fetch sessions have ended. If it is dropped before, everything that it
/// started ends with it.
pub(super) async fn run(shared: Arc<Shared>, mut rng: fastrand::Rng) {
    let mut metadata = shared.inner.watch_metadata();
    let mut lookups = JoinSet::new();
    let mut interest = tokio::time::interval(shared.interest_interval());
    let mut closing = shared.closing.subscribe();
    let mut fetchers = Fetchers { shared: shared.clone(), tasks: JoinSet::new(), by_node: HashMap::new() };
    loop {
        let current = metadata.borrow_and_update().clone();
        let work = shared.assignment().work(Instant::now(), &current);
        let Work { lookups: new, nodes, refresh, next } = work;
        for lookup in new {
            let span = look_up_span(&lookup);
            lookups.spawn(look_up(shared.clone(), lookup).instrument(span));
        }
        fetchers.keep(&nodes, &mut rng);
        if refresh {
            shared.inner.request_refresh();
        }
        let later = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = metadata.changed() => {
                if changed.is_err() {
                    return;
                }
                // Partitions may have moved from one loop to another.
                shared.wake_fetchers();
            }
            () = shared.work.notified() => {}
            () = later => {}
            Some(_) = lookups.join_next() => {}
            // Errs when the consumer is gone, and this with it.
            _ = closing.wait_for(|closing| *closing) => break,
            _ = interest.tick() => keep_interest(&shared),
        }
    }
    while fetchers.tasks.join_next().await.is_some() {}
}

/// Metadata forgets topics that nobody has asked for in a while.
fn keep_interest(shared: &Shared) {
    // For a pattern it holds every topic there is. To name one that is gone might create it anew.
    if shared.member().subscribes_to_pattern() {
        return;
    }
    let topics: HashSet<_> = shared.assignment().partitions().map(|partition| partition.topic.clone()).collect();
    topics.iter().for_each(|topic| shared.inner.take_interest(topic));
}

/// The fetch loops by broker.
struct Fetchers {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
    by_node: HashMap<NodeId, AbortHandle>,
}

impl Fetchers {
    /// Starts loops for these brokers. A loop for another one has nothing to do and waits; it ends when its broker has
    /// left the cluster.
    fn keep(&mut self, nodes: &[NodeId], rng: &mut fastrand::Rng) {
        let metadata = self.shared.inner.metadata();
        self.by_node.retain(|node, task| {
            let keep = nodes.contains(node) || metadata.broker(*node).is_some();
            if !keep {
                task.abort();
            }
            keep && !task.is_finished()
        });
        for node in nodes {
            if !self.by_node.contains_key(node) {
                let worker = FetchWorker::new(self.shared.clone(), *node, rng.fork());
                let group = self.shared.group.as_deref();
                let span = tracing::debug_span!(parent: None, "fetch_loop", node = node.0, group);
                self.by_node.insert(*node, self.tasks.spawn(run_worker(worker).instrument(span)));
            }
        }
        while self.tasks.try_join_next().is_some() {}
    }
}
