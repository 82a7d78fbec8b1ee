//! The loop that fetches from one broker.

use std::{sync::Arc, time::Duration};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::fetch::{FetchRequest, FetchResponse, FetchableTopicResponse, NodeEndpoint, PartitionData},
    types::{NodeId, TopicName},
    wire::Str,
};
use tokio::{sync::watch, time::Instant};
use tracing::{Span, field};

use super::{FetchSession, UnderWay, Wanted, aside::Aside, limit::ResponseLimit};
use crate::{
    backoff::Backoff,
    config::ServerAddress,
    consumer::{assignment::FetchPlan, shared::Shared},
    metadata::Broker,
    net::{Connection, Purpose, RequestError},
};

/// The newest version that names topics.
const LAST_BY_NAME: i16 = 12;

/// How long a long poll that has its answer waits for one to what was fetched aside.
const ASIDE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a broker may take to end the session of a consumer that is closed.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Fetches from one broker.
pub(in crate::consumer) struct FetchWorker {
    pub(in crate::consumer) shared: Arc<Shared>,
    pub(in crate::consumer) node: NodeId,
    session: FetchSession,
    limit: ResponseLimit,
    rng: fastrand::Rng,
    failures: u32,
    round: u64,
}

impl FetchWorker {
    pub(in crate::consumer) fn new(shared: Arc<Shared>, node: NodeId, rng: fastrand::Rng) -> Self {
        Self {
            shared,
            node,
            session: FetchSession::default(),
            limit: ResponseLimit::default(),
            rng,
            failures: 0,
            round: 0,
        }
    }
}

/// What a plan sets aside is given back however the fetch ends.
pub(super) struct Reserved {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Reserved {
    pub(super) fn new(shared: &Arc<Shared>, plan: &FetchPlan) -> Self {
        Self { shared: shared.clone(), bytes: plan.max_bytes }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.shared.assignment().unreserve(self.bytes);
    }
}

/// Fetches until it is dropped, or the consumer is closed: each request follows the response to the last one.
pub(in crate::consumer) async fn run(mut worker: FetchWorker) {
    let mut closing = worker.shared.closing.subscribe();
    tokio::select! {
        () = worker.fetch_forever() => {}
        // Errs when the consumer is gone, and this with it.
        _ = closing.wait_for(|closing| *closing) => {}
    }
    worker.end_session().await;
}

/// A fetch request under way, to be told of.
pub(super) struct Asked {
    /// Lives until the answer.
    pub(super) span: Span,
    at: Instant,
    max_bytes: usize,
}

impl Asked {
    pub(super) fn begin(plan: &FetchPlan, request: &FetchRequest) -> Self {
        let span = tracing::trace_span!(
            "fetch",
            partitions = plan.wanted.len(),
            session_epoch = request.session_epoch,
            bytes = field::Empty,
        );
        Self { span, at: Instant::now(), max_bytes: plan.max_bytes }
    }

    pub(super) fn answered(&self, shared: &Shared, response: &FetchResponse, limit: &mut ResponseLimit) {
        let (bytes, took) = (size_bytes(response), self.at.elapsed());
        self.span.record("bytes", bytes);
        shared.counters.fetched(bytes, took);
        limit.answered(self.max_bytes, bytes, took);
    }
}

/// When to go on after an answer.
struct Pace {
    throttle: Duration,
    /// Why the answer is of no use, if it is not.
    nonsense: Option<String>,
}

impl Pace {
    fn of(response: &FetchResponse, is_wanted: bool) -> Self {
        let throttle = Duration::from_millis(u64::from(response.throttle_time_ms.max(0).unsigned_abs()));
        let nonsense = match response.error_code {
            ErrorCode::NONE => (!is_wanted).then(|| "it answers what was not asked for".to_owned()),
            code => Some(format!("it answers {code}")),
        };
        Self { throttle, nonsense }
    }
}

/// What to fetch from a broker beside what is under way.
pub(super) fn plan(shared: &Shared, node: NodeId, under_way: &UnderWay, limit: ResponseLimit) -> FetchPlan {
    let metadata = shared.inner.metadata();
    shared.assignment().plan(Instant::now(), node, &metadata, under_way, limit.bytes())
}

/// A request whose session and topics are told.
pub(super) fn request(shared: &Shared, plan: &FetchPlan, max_wait: Duration, topics: FetchRequest) -> FetchRequest {
    let config = &shared.config;
    let rack = shared.inner.config.client_rack.as_deref();
    FetchRequest {
        max_wait_ms: i32::try_from(max_wait.as_millis()).unwrap_or(i32::MAX),
        min_bytes: i32::try_from(config.fetch_min_bytes).unwrap_or(i32::MAX),
        max_bytes: i32::try_from(plan.max_bytes).unwrap_or(i32::MAX),
        isolation_level: config.isolation_level.code(),
        rack_id: rack.map(Str::from).unwrap_or_default(),
        ..topics
    }
}

/// Takes what a broker returned of what `session` asked for. False if all of it is something else.
pub(super) fn take(
    shared: &Shared,
    node: NodeId,
    session: &FetchSession,
    response: &FetchResponse,
    mut refresh: bool,
) -> bool {
    let now = Instant::now();
    let (mut wanted, mut unwanted) = (0, 0);
    let mut assignment = shared.assignment();
    for topic in &response.responses {
        for data in &topic.partitions {
            let Some(want) = session.wanted(&topic.topic, topic.topic_id, data.partition_index) else {
                unwanted += 1;
                continue;
            };
            wanted += 1;
            refresh |= assignment.fetched(now, node, want, data);
        }
    }
    drop(assignment);
    note_leaders(shared, response);
    if refresh {
        shared.inner.request_refresh();
    }
    shared.ready.notify_one();
    if response.responses.iter().flat_map(|topic| &topic.partitions).any(changes_course) {
        shared.work.notify_one();
    }
    wanted > 0 || unwanted == 0
}

impl FetchWorker {
    async fn fetch_forever(&mut self) {
        let mut changes = self.shared.fetch.subscribe();
        loop {
            changes.mark_unchanged();
            let mut plan = plan(&self.shared, self.node, &UnderWay::default(), self.limit);
            if plan.wanted.is_empty() {
                let changed = changes.changed();
                match plan.next {
                    Some(at) => drop(tokio::time::timeout_at(at, changed).await),
                    None => drop(changed.await),
                }
                continue;
            }
            let reserved = Reserved::new(&self.shared, &plan);
            // Without a session, which rotates them itself, the broker fills its answer in the order of the request.
            plan.rotate(self.round);
            let fetched = self.fetch(&plan, &mut changes).await;
            drop(reserved);
            match fetched {
                Ok(pace) => self.pace(pace).await,
                Err(error) => self.recover(&plan, &error).await,
            }
        }
    }

    async fn fetch(&mut self, plan: &FetchPlan, changes: &mut watch::Receiver<u64>) -> Result<Pace, RequestError> {
        let connection = self.shared.inner.connection(self.node, Purpose::Fetch(self.shared.number)).await?;
        let version = version(&connection, &plan.wanted)?;
        self.round += 1;
        let topics = self.session.request(version, &plan.wanted, self.round);
        let request = request(&self.shared, plan, self.shared.config.fetch_max_wait, topics);
        let asked = Asked::begin(plan, &request);
        let timeout = self.shared.inner.config.request_timeout;
        let sent = asked.span.in_scope(|| connection.send(&request, version, timeout));
        let mut sent = sent.inspect_err(|_| self.session.failed())?;
        let shared = self.shared.clone();
        let mut aside = Aside::new(&shared, self.node, plan, self.limit, self.round);
        let response = loop {
            tokio::select! {
                response = sent.wait() => break response,
                () = aside.turn(changes) => {}
            }
        };
        let response = response.inspect_err(|_| self.session.failed());
        let response = response.inspect(|response| asked.answered(&shared, response, &mut self.limit));
        let pace = response.map(|response| Pace::of(&response, self.take(version, &response)));
        // What is fetched aside takes part in the next request, so its answer is waited for. That is short; where it is
        // not, because that connection hangs say, it is fetched again.
        let _ = tokio::time::timeout(ASIDE_PATIENCE, aside.finish()).await;
        pace
    }

    /// Waits as the broker asks to (KIP-219), or a while if it answers nonsense time and again.
    async fn pace(&mut self, pace: Pace) {
        let inner = &self.shared.inner;
        self.failures = if pace.nonsense.is_none() { 0 } else { self.failures.saturating_add(1) };
        let mut pause = pace.throttle.min(inner.config.request_timeout);
        // Once, that a session has ended say, is no more than that.
        if self.failures > 1 {
            pause = pause.max(Backoff::retry(&inner.config).delay(self.failures, &mut self.rng));
        }
        if pause.is_zero() {
            return;
        }
        let now = Instant::now();
        let reason = pace.nonsense.unwrap_or_else(|| "it throttles this client".to_owned());
        self.shared.assignment().hold_off(now, self.node, now + pause, reason);
        tokio::time::sleep(pause).await;
    }

    fn take(&mut self, version: i16, response: &FetchResponse) -> bool {
        let error = self.session.succeeded(version, response);
        if !error.is_none() {
            tracing::debug!(node = %self.node, %error, "the fetch session is over");
        }
        take(&self.shared, self.node, &self.session, response, error.invalidates_metadata())
    }

    /// Tells the broker that the session is not needed any more.
    async fn end_session(&mut self) {
        let Some(request) = self.session.last_request() else { return };
        let ending = async {
            // Not behind the long poll, whose answer nobody waits for any more.
            let purpose = Purpose::FetchAside(self.shared.number);
            let connection = self.shared.inner.connection(self.node, purpose).await?;
            let version = connection.versions().newest::<FetchRequest>()?;
            connection.send(&request, version, END_TIMEOUT)?.wait().await
        };
        let ended = tokio::time::timeout(END_TIMEOUT, ending).await;
        if !matches!(ended, Ok(Ok(_))) {
            tracing::debug!(node = %self.node, "the fetch session is left to time out");
        }
    }

    async fn recover(&mut self, plan: &FetchPlan, error: &RequestError) {
        tracing::debug!(node = %self.node, %error, "fetch failed");
        self.shared.counters.fetch_failures.increment();
        self.failures = self.failures.saturating_add(1);
        let reason = format!("broker {}: {error}", self.node);
        self.shared.assignment().fetch_failed(Instant::now(), &plan.wanted, &reason);
        self.shared.inner.request_refresh();
        let backoff = Backoff::retry(&self.shared.inner.config);
        tokio::time::sleep(backoff.delay(self.failures, &mut self.rng)).await;
    }
}

/// Takes over who leads the partitions that a broker does not lead any more (KIP-951).
fn note_leaders(shared: &Shared, response: &FetchResponse) {
    for topic in &response.responses {
        for data in topic.partitions.iter().filter(|data| data.current_leader.leader_id.0 >= 0) {
            note_leader(shared, topic, data, &response.node_endpoints);
        }
    }
}

fn note_leader(shared: &Shared, topic: &FetchableTopicResponse, data: &PartitionData, endpoints: &[NodeEndpoint]) {
    let Some(name) = name(shared, topic) else { return };
    let leader = &data.current_leader;
    let endpoints = endpoints.iter().filter_map(broker).collect();
    shared.inner.note_leader(&name, data.partition_index, leader.leader_id, leader.leader_epoch, endpoints);
}

fn name(shared: &Shared, topic: &FetchableTopicResponse) -> Option<TopicName> {
    if topic.topic_id.is_zero() {
        return Some(topic.topic.clone());
    }
    shared.inner.metadata().topic_name(topic.topic_id).cloned()
}

/// The size of the record batches in an answer.
fn size_bytes(response: &FetchResponse) -> u64 {
    let partitions = response.responses.iter().flat_map(|topic| &topic.partitions);
    partitions.filter_map(|data| data.records.as_ref()).map(|records| records.len() as u64).sum()
}

/// Whether an answer is more than records.
fn changes_course(data: &PartitionData) -> bool {
    !data.error_code.is_none() || data.diverging_epoch.end_offset >= 0 || data.preferred_read_replica.0 >= 0
}

/// The version to fetch these partitions with: topics are named by id where all of them have one.
pub(super) fn version(connection: &Connection, wanted: &[Wanted]) -> Result<i16, RequestError> {
    let versions = connection.versions();
    let by_id = versions.has_topic_ids() && wanted.iter().all(|want| !want.topic_id.is_zero());
    versions.newest_below::<FetchRequest>(if by_id { i16::MAX } else { LAST_BY_NAME })
}

fn broker(endpoint: &NodeEndpoint) -> Option<Broker> {
    let address = ServerAddress::new(endpoint.host.as_str(), u16::try_from(endpoint.port).ok()?);
    Some(Broker { id: endpoint.node_id, address, rack: endpoint.rack.as_ref().map(ToString::to_string) })
}
