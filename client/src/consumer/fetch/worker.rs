//! The loop that fetches from one broker.

use std::{sync::Arc, time::Duration};

use ottla_protocol::{
    messages::fetch::{FetchRequest, FetchResponse, FetchableTopicResponse, NodeEndpoint, PartitionData},
    types::{NodeId, TopicName},
    wire::Str,
};
use tokio::time::Instant;

use super::{FetchSession, Wanted};
use crate::{
    backoff::Backoff,
    config::ServerAddress,
    consumer::{assignment::FetchPlan, shared::Shared},
    metadata::Broker,
    net::{Connection, Purpose, RequestError},
};

/// The newest version that names topics.
const LAST_BY_NAME: i16 = 12;

/// How long a broker may hold back the answer while some of its partitions have enough buffered. The application takes
/// from them meanwhile, and they could not be fetched before the answer.
const WAIT_WITH_FULL_PARTITIONS: Duration = Duration::from_millis(20);

/// Fetches from one broker.
pub(in crate::consumer) struct FetchWorker {
    pub(in crate::consumer) shared: Arc<Shared>,
    pub(in crate::consumer) node: NodeId,
    session: FetchSession,
    rng: fastrand::Rng,
    failures: u32,
    round: u64,
}

impl FetchWorker {
    pub(in crate::consumer) fn new(shared: Arc<Shared>, node: NodeId, rng: fastrand::Rng) -> Self {
        Self { shared, node, session: FetchSession::default(), rng, failures: 0, round: 0 }
    }
}

/// What a plan sets aside is given back however the fetch ends.
struct Reserved<'a> {
    shared: &'a Shared,
    bytes: usize,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.shared.assignment().unreserve(self.bytes);
    }
}

/// Fetches until it is dropped: each request follows the response to the last one.
pub(in crate::consumer) async fn run(mut worker: FetchWorker) {
    let shared = worker.shared.clone();
    let mut changes = shared.fetch.subscribe();
    loop {
        changes.mark_unchanged();
        let plan = worker.plan();
        if plan.wanted.is_empty() {
            let changed = changes.changed();
            match plan.next {
                Some(at) => drop(tokio::time::timeout_at(at, changed).await),
                None => drop(changed.await),
            }
            continue;
        }
        let reserved = Reserved { shared: &shared, bytes: plan.max_bytes };
        let fetched = worker.fetch(&plan).await;
        drop(reserved);
        match fetched {
            Ok(()) => worker.failures = 0,
            Err(error) => worker.recover(&plan, &error).await,
        }
    }
}

impl FetchWorker {
    fn plan(&self) -> FetchPlan {
        let metadata = self.shared.inner.metadata();
        let nodes = metadata.brokers.len();
        let mut plan = self.shared.assignment().plan(Instant::now(), self.node, &metadata, nodes);
        if let Some(turn) = (self.round as usize).checked_rem(plan.wanted.len()) {
            // Without a session, which rotates them itself, the broker fills its answer in the order of the request.
            plan.wanted.rotate_left(turn);
        }
        plan
    }

    async fn fetch(&mut self, plan: &FetchPlan) -> Result<(), RequestError> {
        let connection = self.shared.inner.connection(self.node, Purpose::Fetch(self.shared.number)).await?;
        let version = version(&connection, &plan.wanted)?;
        self.round += 1;
        let request = self.request(version, plan);
        tracing::trace!(node = %self.node, partitions = plan.wanted.len(), epoch = request.session_epoch, "fetch");
        let sent = connection.send(&request, version, self.shared.inner.config.request_timeout);
        let response = match sent {
            Ok(mut response) => response.wait().await,
            Err(error) => Err(error),
        };
        let response = response.inspect_err(|_| self.session.failed())?;
        self.take(version, &response);
        Ok(())
    }

    fn request(&mut self, version: i16, plan: &FetchPlan) -> FetchRequest {
        let config = &self.shared.config;
        let max_wait =
            if plan.left_out { config.fetch_max_wait.min(WAIT_WITH_FULL_PARTITIONS) } else { config.fetch_max_wait };
        let rack = self.shared.inner.config.client_rack.as_deref();
        FetchRequest {
            max_wait_ms: max_wait.as_millis() as i32,
            min_bytes: config.fetch_min_bytes as i32,
            max_bytes: i32::try_from(plan.max_bytes).unwrap_or(i32::MAX),
            isolation_level: config.isolation_level.code(),
            rack_id: rack.map(Str::from).unwrap_or_default(),
            ..self.session.request(version, &plan.wanted, self.round)
        }
    }

    fn take(&mut self, version: i16, response: &FetchResponse) {
        let error = self.session.succeeded(version, response);
        if !error.is_none() {
            tracing::debug!(node = %self.node, %error, "the fetch session is over");
        }
        let now = Instant::now();
        let mut refresh = error.invalidates_metadata();
        let mut assignment = self.shared.assignment();
        for topic in &response.responses {
            for data in &topic.partitions {
                // What was not asked for is of no use.
                let Some(want) = self.session.wanted(&topic.topic, topic.topic_id, data.partition_index) else {
                    continue;
                };
                refresh |= assignment.fetched(now, self.node, want, data);
            }
        }
        drop(assignment);
        self.note_leaders(response);
        if refresh {
            self.shared.inner.request_refresh();
        }
        self.shared.ready.notify_one();
        if response.responses.iter().flat_map(|topic| &topic.partitions).any(changes_course) {
            self.shared.work.notify_one();
        }
    }

    /// Takes over who leads the partitions that this broker does not lead any more (KIP-951).
    fn note_leaders(&self, response: &FetchResponse) {
        for topic in &response.responses {
            for data in topic.partitions.iter().filter(|data| data.current_leader.leader_id.0 >= 0) {
                self.note_leader(topic, data, &response.node_endpoints);
            }
        }
    }

    fn note_leader(&self, topic: &FetchableTopicResponse, data: &PartitionData, endpoints: &[NodeEndpoint]) {
        let Some(name) = self.name(topic) else { return };
        let leader = &data.current_leader;
        let endpoints = endpoints.iter().filter_map(broker).collect();
        let inner = &self.shared.inner;
        inner.note_leader(&name, data.partition_index, leader.leader_id, leader.leader_epoch, endpoints);
    }

    fn name(&self, topic: &FetchableTopicResponse) -> Option<TopicName> {
        if topic.topic_id.is_zero() {
            return Some(topic.topic.clone());
        }
        self.shared.inner.metadata().topic_name(topic.topic_id).cloned()
    }

    async fn recover(&mut self, plan: &FetchPlan, error: &RequestError) {
        tracing::debug!(node = %self.node, %error, "fetch failed");
        self.failures = self.failures.saturating_add(1);
        let reason = format!("broker {}: {error}", self.node);
        self.shared.assignment().fetch_failed(Instant::now(), &plan.wanted, &reason);
        self.shared.inner.request_refresh();
        let backoff = Backoff::retry(&self.shared.inner.config);
        tokio::time::sleep(backoff.delay(self.failures, &mut self.rng)).await;
    }
}

/// Whether an answer is more than records.
fn changes_course(data: &PartitionData) -> bool {
    !data.error_code.is_none() || data.diverging_epoch.end_offset >= 0 || data.preferred_read_replica.0 >= 0
}

/// The version to fetch these partitions with: topics are named by id where all of them have one.
fn version(connection: &Connection, wanted: &[Wanted]) -> Result<i16, RequestError> {
    let versions = connection.versions();
    let by_id = versions.has_topic_ids() && wanted.iter().all(|want| !want.topic_id.is_zero());
    versions.newest_below::<FetchRequest>(if by_id { i16::MAX } else { LAST_BY_NAME })
}

fn broker(endpoint: &NodeEndpoint) -> Option<Broker> {
    let address = ServerAddress::new(endpoint.host.as_str(), u16::try_from(endpoint.port).ok()?);
    Some(Broker { id: endpoint.node_id, address, rack: endpoint.rack.as_ref().map(ToString::to_string) })
}
