//! The tasks that carry batches to brokers: one per leader, and one for partitions that have none.
//!
//! A sender is the only one that takes batches of the partitions on its list, and it writes to one connection, so the
//! order in which batches leave is the order in which they arrive. Answers come in the same order.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Duration,
};

use ottla_protocol::{
    compression::Compressor,
    error_code::ErrorCode,
    messages::{
        init_producer_id::InitProducerIdRequest,
        produce::{
            PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
            TopicProduceResponse,
        },
    },
    types::{NodeId, ProducerId},
    wire::{Records, Uuid},
};
use tokio::{sync::watch, time::Instant};

use super::{
    delivery::DeliveryErrorKind,
    queue::{Linger, Next, Outcome, SMALL_BATCH_INTERVAL},
    shared::{Partition, SenderQueue, Shared},
};
use crate::{
    backoff::Backoff,
    config::{Acks, ServerAddress},
    metadata::{Broker, ClusterMetadata},
    net::{Connection, Purpose, RequestError, Response, Unanswered},
};

/// The last version of Produce that names topics; later ones use their ids.
const LAST_VERSION_WITH_NAMES: i16 = 12;

/// How often at most a sender looks at the queues of its topics' partitions.
const WEIGHING_INTERVAL: Duration = Duration::from_millis(1);
/// And how much longer it waits for each partition that it looked at, so that it costs next to nothing however many
/// there are.
const WEIGHING_PAUSE_PER_PARTITION: Duration = Duration::from_micros(1);

/// One leader's sender.
struct Sender {
    shared: Arc<Shared>,
    node: NodeId,
    queue: Arc<SenderQueue>,
    /// Partitions with anything to send or under way.
    active: VecDeque<Arc<Partition>>,
    in_flight: VecDeque<InFlight>,
    connection: Option<Connection>,
    connect_failures: u32,
    /// Nothing is sent before: the broker throttles, or cannot be reached.
    not_before: Option<Instant>,
    /// When to look at the queues of the topics' partitions again.
    next_weighing: Instant,
    metadata: watch::Receiver<Arc<ClusterMetadata>>,
    /// Boxed, for the codecs' contexts are large and would make the task's future as large.
    compressor: Box<Compressor>,
}

/// A request under way.
struct InFlight {
    end: RequestEnd,
    partitions: Vec<Arc<Partition>>,
    sent: Instant,
}

/// What ends a request.
enum RequestEnd {
    Answer(Response<ProduceRequest>),
    /// With `acks=0` no answer comes, and its being written to the socket is all that can be waited for.
    Written(Unanswered),
    /// A request that could not be sent waits for its turn all the same: answers are booked in the order of requests.
    NotSent(RequestError),
}

/// Carries batches to one leader until the producer is gone and nothing is left.
pub(super) async fn run(shared: Arc<Shared>, node: NodeId, queue: Arc<SenderQueue>) {
    let metadata = shared.client.inner().watch_metadata();
    let sender = Sender {
        shared,
        node,
        queue,
        active: VecDeque::new(),
        in_flight: VecDeque::new(),
        connection: None,
        connect_failures: 0,
        not_before: None,
        next_weighing: Instant::now(),
        metadata,
        compressor: Box::default(),
    };
    sender.run().await;
}

impl Sender {
    async fn run(mut self) {
        let mut closing = self.shared.closing.subscribe();
        loop {
            let wake_at = self.step().await;
            if *closing.borrow() && self.active.is_empty() && self.in_flight.is_empty() && self.queue.is_empty() {
                return;
            }
            let metadata_changed = async {
                // The client lives as long as the producer, so this does not end.
                let _ = self.metadata.changed().await;
            };
            tokio::select! {
                answer = front_answer(&mut self.in_flight) => self.settle(answer),
                () = self.queue.notified() => {}
                () = sleep_until(wake_at) => {}
                () = metadata_changed => {}
                _ = closing.changed() => {}
            }
        }
    }

    /// Sends what can be sent. Returns when to look again if nothing happens.
    async fn step(&mut self) -> Option<Instant> {
        self.queue.take_into(&mut self.active);
        self.hand_over_moved();
        loop {
            let now = Instant::now();
            let wake_at = self.expire(now);
            self.weigh(now);
            if self.active.is_empty() {
                self.queue.clear_stalled();
                return wake_at;
            }
            // Until a batch leaves, or none has to.
            self.queue.note_stalled(now);
            if self.in_flight.len() >= self.shared.config.max_in_flight {
                return wake_at;
            }
            if let Some(at) = self.not_before.filter(|at| *at > now) {
                return Some(wake_at.map_or(at, |wake| at.min(wake)));
            }
            self.not_before = None;
            if self.connection.as_ref().is_some_and(Connection::is_closed) && !self.in_flight.is_empty() {
                // What was under way is settled first, so that nothing overtakes it on another connection.
                return wake_at;
            }
            if !self.ensure_connection(now).await {
                continue;
            }
            match self.collect(now) {
                Collected::Request(batches) => {
                    self.queue.clear_stalled();
                    self.send(batches);
                }
                Collected::NeedsIdentity(not) => self.obtain_identity(not).await,
                Collected::Nothing(at) => {
                    self.queue.clear_stalled();
                    return earlier(wake_at, at);
                }
            }
        }
    }

    /// Tells topics how long the queues of their partitions are, so that a slow leader gets fewer records (KIP-794).
    fn weigh(&mut self, now: Instant) {
        if !self.shared.config.partitioner_adaptive || now < self.next_weighing {
            return;
        }
        let metadata = self.metadata.borrow().clone();
        let unavailable = self.shared.unavailable_nodes(now);
        let topics: HashSet<_> = self.active.iter().map(|partition| &partition.topic).collect();
        let topics = topics.into_iter().filter_map(|name| self.shared.topic(name));
        let looked_at = self.active.len() + topics.map(|topic| topic.weigh(&metadata, &unavailable)).sum::<usize>();
        let pause = WEIGHING_PAUSE_PER_PARTITION.saturating_mul(u32::try_from(looked_at).unwrap_or(u32::MAX));
        self.next_weighing = now + WEIGHING_INTERVAL.max(pause);
    }

    /// Gives partitions that moved to their new leader's sender. What is under way stays with this one until answered.
    fn hand_over_moved(&mut self) {
        let metadata = self.metadata.borrow_and_update().clone();
        let (node, shared) = (self.node, self.shared.clone());
        self.active.retain(|partition| {
            let leader = metadata.leader(&partition.topic, partition.index);
            if leader == Some(node) || partition.lock().in_flight_batches() > 0 {
                return true;
            }
            shared.route(partition.clone(), leader);
            false
        });
    }

    /// Whether there is a connection. If not, `not_before` says when to try again.
    async fn ensure_connection(&mut self, now: Instant) -> bool {
        if self.connection.as_ref().is_some_and(|connection| !connection.is_closed()) {
            return true;
        }
        match self.shared.client.inner().connection(self.node, Purpose::Produce).await {
            Ok(connection) => {
                self.connection = Some(connection);
                self.connect_failures = 0;
                true
            }
            Err(error) => {
                tracing::debug!(node = %self.node, %error, "no connection to produce over");
                self.connect_failures += 1;
                let backoff = Backoff::retry(self.shared.client.config());
                let delay = backoff.delay(self.connect_failures, &mut fastrand::Rng::new());
                self.not_before = Some(now + delay);
                self.shared.client.inner().request_refresh();
                self.queue.note_trouble(now, &error);
                // Partitions may have moved away from a broker that is gone.
                self.hand_over_moved();
                false
            }
        }
    }

    /// Fails what is too old, and says when the next batch will be.
    fn expire(&self, now: Instant) -> Option<Instant> {
        self.active.iter().filter_map(|partition| partition.lock().expire(now)).min()
    }

    /// Takes at most one batch of each partition, up to the size of a request. The partition that was not served goes
    /// first next time.
    fn collect(&mut self, now: Instant) -> Collected {
        let linger = self.linger();
        let mut batches = Vec::new();
        let mut bytes = 0;
        let mut wake_at = None;
        for _ in 0..self.active.len() {
            let Some(partition) = self.active.pop_front() else { break };
            if bytes >= self.shared.config.max_request_size {
                self.active.push_front(partition);
                break;
            }
            match self.take(&partition, now, linger) {
                Taken::Batch(records) => {
                    bytes += records.len();
                    batches.push((partition.clone(), records));
                    self.active.push_back(partition);
                }
                Taken::Nothing(at) => {
                    wake_at = earlier(wake_at, at);
                    self.active.push_back(partition);
                }
                Taken::Empty => {}
                Taken::NeedsIdentity(not) => {
                    self.active.push_front(partition);
                    if batches.is_empty() {
                        return Collected::NeedsIdentity(not);
                    }
                    break;
                }
            }
        }
        if batches.is_empty() { Collected::Nothing(wake_at) } else { Collected::Request(batches) }
    }

    fn linger(&self) -> Linger {
        match self.in_flight.back() {
            _ if self.shared.hurry() => Linger::Over,
            Some(last) => Linger::AtLeastUntil(last.sent + SMALL_BATCH_INTERVAL),
            None => Linger::Counts,
        }
    }

    fn take(&mut self, partition: &Arc<Partition>, now: Instant, linger: Linger) -> Taken {
        let open = {
            let mut queue = partition.lock();
            if let Some((id, epoch)) = self.shared.identity() {
                queue.set_identity(id, epoch);
            }
            match queue.next(now, linger) {
                Next::Resend(records) => {
                    self.shared.counters.retries.increment();
                    return Taken::Batch(records);
                }
                Next::Seal(open) => open,
                Next::At(at) => return Taken::Nothing(Some(at)),
                Next::Blocked => return Taken::Nothing(None),
                Next::NeedsIdentity(not) => return Taken::NeedsIdentity(not),
                Next::Empty => {
                    queue.listed = false;
                    return Taken::Empty;
                }
            }
        };
        // Outside of the lock: compression takes long, and only this task takes batches, so their order stays.
        match open.seal(&mut self.compressor) {
            Ok(sealed) => {
                let records = sealed.bytes().clone();
                partition.lock().sent(sealed);
                Taken::Batch(records)
            }
            Err(failed) => {
                let (open, reason) = *failed;
                partition.lock().not_sealed(open, reason);
                Taken::Nothing(Some(now))
            }
        }
    }

    fn send(&mut self, batches: Vec<(Arc<Partition>, bytes::Bytes)>) {
        let metadata = self.metadata.borrow().clone();
        let partitions: Vec<_> = batches.iter().map(|(partition, _)| partition.clone()).collect();
        let counters = &self.shared.counters;
        counters.requests.increment();
        counters.batches.add(batches.len() as u64);
        counters.batch_bytes.add(batches.iter().map(|(_, batch)| batch.len() as u64).sum());
        let end = self.try_send(batches, &metadata).unwrap_or_else(RequestEnd::NotSent);
        self.in_flight.push_back(InFlight { end, partitions, sent: Instant::now() });
    }

    /// Puts a request in line.
    fn try_send(
        &self,
        batches: Vec<(Arc<Partition>, bytes::Bytes)>,
        metadata: &ClusterMetadata,
    ) -> Result<RequestEnd, RequestError> {
        let Some(connection) = &self.connection else { return Err(RequestError::UnknownNode(self.node)) };
        let ids = connection.versions().has_topic_ids()
            && batches.iter().all(|(p, _)| metadata.topic(&p.topic).is_some_and(|topic| !topic.id.is_zero()));
        let cap = if ids { i16::MAX } else { LAST_VERSION_WITH_NAMES };
        let version = connection.versions().newest_below::<ProduceRequest>(cap)?;
        let config = self.shared.client.config();
        let request = ProduceRequest {
            transactional_id: None,
            acks: self.shared.config.acks.code(),
            timeout_ms: i32::try_from(config.request_timeout.as_millis()).unwrap_or(i32::MAX),
            topic_data: by_topic(batches, metadata, version),
        };
        if self.shared.config.acks == Acks::None {
            return connection.send_unanswered(&request, version, config.request_timeout).map(RequestEnd::Written);
        }
        connection.send(&request, version, config.request_timeout).map(RequestEnd::Answer)
    }

    /// The oldest request under way has its answer, or is written where none comes.
    fn settle(&mut self, answer: Result<Option<ProduceResponse>, RequestError>) {
        let Some(request) = self.in_flight.pop_front() else { return };
        match answer {
            Ok(Some(response)) => self.answered(&request, &response),
            Ok(None) => self.written(&request.partitions),
            Err(error) => {
                tracing::debug!(node = %self.node, %error, "a produce request has no answer");
                self.queue.note_trouble(Instant::now(), &error);
                self.lost(&request.partitions, &error);
            }
        }
    }

    fn written(&self, partitions: &[Arc<Partition>]) {
        let now = Instant::now();
        self.queue.clear_trouble();
        for partition in partitions {
            partition.lock().complete(now, Outcome::Written { base_offset: -1, log_append_time_ms: -1 });
        }
    }

    fn answered(&mut self, request: &InFlight, response: &ProduceResponse) {
        let now = Instant::now();
        self.queue.clear_trouble();
        self.shared.counters.answered(now.duration_since(request.sent));
        self.shared.client.inner().meter.throttled(response.throttle_time_ms);
        if response.throttle_time_ms > 0 {
            let throttle = Duration::from_millis(u64::from(response.throttle_time_ms.unsigned_abs()));
            let until = now + throttle.min(self.shared.client.config().request_timeout);
            self.not_before = Some(until);
            self.queue.note_throttled(until);
        }
        let metadata = self.metadata.borrow().clone();
        let mut refresh = false;
        for partition in &request.partitions {
            let outcome = match find(response, partition, &metadata) {
                Some(answer) => {
                    self.note_leader(partition, answer, response);
                    outcome(answer)
                }
                None => self.unmentioned(),
            };
            refresh |= partition.lock().complete(now, outcome);
        }
        if refresh {
            self.shared.client.inner().request_refresh();
        }
    }

    /// Nobody knows what became of a batch that the answer does not mention.
    fn unmentioned(&self) -> Outcome {
        let error = "the answer does not mention the partition";
        let (code, message) = (ErrorCode::UNKNOWN_SERVER_ERROR, Some(error.to_owned()));
        Outcome::Lost {
            error: error.to_owned(),
            possibly_written: true,
            // An idempotent producer can ask again: its broker tells a repetition.
            retriable: self.shared.config.is_idempotent(),
            kind: DeliveryErrorKind::Refused { code, message },
        }
    }

    fn note_leader(&self, partition: &Partition, answer: &PartitionProduceResponse, response: &ProduceResponse) {
        let leader = &answer.current_leader;
        if leader.leader_id.0 < 0 {
            return;
        }
        let endpoints = response.node_endpoints.iter().filter_map(|node| {
            let address = ServerAddress::new(node.host.as_str(), u16::try_from(node.port).ok()?);
            Some(Broker { id: node.node_id, address, rack: node.rack.as_ref().map(ToString::to_string) })
        });
        let client = self.shared.client.inner();
        client.note_leader(
            &partition.topic,
            partition.index,
            leader.leader_id,
            leader.leader_epoch,
            endpoints.collect(),
        );
    }

    /// No answer will come to a request with these partitions.
    fn lost(&self, partitions: &[Arc<Partition>], error: &RequestError) {
        let now = Instant::now();
        for partition in partitions {
            let outcome = Outcome::Lost {
                error: error.to_string(),
                possibly_written: error.possibly_done(),
                retriable: error.is_retriable(),
                kind: DeliveryErrorKind::Request(error.clone()),
            };
            partition.lock().complete(now, outcome);
        }
        self.shared.client.inner().request_refresh();
    }

    /// Asks for a producer id, unless another sender got one meanwhile.
    async fn obtain_identity(&mut self, not: Option<ProducerId>) {
        if self.shared.identity().is_some_and(|(id, _)| Some(id) != not) {
            return;
        }
        let request = InitProducerIdRequest {
            transactional_id: None,
            transaction_timeout_ms: i32::MAX,
            ..InitProducerIdRequest::default()
        };
        let client = self.shared.client.inner().clone();
        let (error, fatal) = match client.call_any(&request).await {
            Ok(response) if response.error_code == ErrorCode::NONE => {
                self.shared.set_identity(response.producer_id, response.producer_epoch);
                return;
            }
            Ok(response) => {
                let code = response.error_code;
                let message = Some("no producer id for an idempotent producer".to_owned());
                let fatal = (!code.is_retriable()).then_some(DeliveryErrorKind::Refused { code, message });
                (code.to_string(), fatal)
            }
            Err(error) => {
                let fatal = (!error.is_retriable()).then(|| DeliveryErrorKind::Request(error.clone()));
                (error.to_string(), fatal)
            }
        };
        tracing::debug!(error, "no producer id yet");
        self.not_before = Some(Instant::now() + self.shared.client.config().retry_backoff);
        if let Some(kind) = fatal {
            self.active.iter().for_each(|partition| partition.lock().fail_waiting(&kind));
        }
    }
}

enum Collected {
    Request(Vec<(Arc<Partition>, bytes::Bytes)>),
    NeedsIdentity(Option<ProducerId>),
    Nothing(Option<Instant>),
}

enum Taken {
    Batch(bytes::Bytes),
    Nothing(Option<Instant>),
    NeedsIdentity(Option<ProducerId>),
    Empty,
}

/// The answer to the oldest request under way, none where it is only written; never, if there is no request. Cancel safe.
async fn front_answer(in_flight: &mut VecDeque<InFlight>) -> Result<Option<ProduceResponse>, RequestError> {
    match in_flight.front_mut().map(|request| &mut request.end) {
        Some(RequestEnd::Answer(response)) => response.wait().await.map(Some),
        Some(RequestEnd::Written(unanswered)) => unanswered.wait().await.map(|()| None),
        Some(RequestEnd::NotSent(error)) => Err(error.clone()),
        None => std::future::pending().await,
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn by_topic(
    batches: Vec<(Arc<Partition>, bytes::Bytes)>,
    metadata: &ClusterMetadata,
    version: i16,
) -> Vec<TopicProduceData> {
    let mut topics: HashMap<_, TopicProduceData> = HashMap::with_capacity(1);
    for (partition, records) in batches {
        let topic = topics.entry(partition.topic.clone()).or_insert_with(|| {
            let named = version <= LAST_VERSION_WITH_NAMES;
            TopicProduceData {
                name: if named { partition.topic.clone() } else { Default::default() },
                topic_id: match metadata.topic(&partition.topic) {
                    Some(topic) if !named => topic.id,
                    _ => Uuid::ZERO,
                },
                partition_data: Vec::new(),
            }
        });
        let records = Some(Records(records));
        topic.partition_data.push(PartitionProduceData { index: partition.index, records });
    }
    topics.into_values().collect()
}

fn find<'a>(
    response: &'a ProduceResponse,
    partition: &Partition,
    metadata: &ClusterMetadata,
) -> Option<&'a PartitionProduceResponse> {
    let id = metadata.topic(&partition.topic).map(|topic| topic.id).filter(|id| !id.is_zero());
    let is_topic = |topic: &&TopicProduceResponse| {
        if topic.topic_id.is_zero() { topic.name == partition.topic } else { Some(topic.topic_id) == id }
    };
    // A topic that was created anew while the request was under way answers with an id that is not ours any more; the
    // request then had one topic of that name, and its partition is told by the index alone.
    let mut topics = response.responses.iter().filter(is_topic);
    let topic = topics.next().or_else(|| response.responses.first().filter(|_| response.responses.len() == 1))?;
    topic.partition_responses.iter().find(|answer| answer.index == partition.index)
}

fn outcome(answer: &PartitionProduceResponse) -> Outcome {
    if answer.error_code == ErrorCode::NONE {
        return Outcome::Written { base_offset: answer.base_offset, log_append_time_ms: answer.log_append_time_ms };
    }
    Outcome::Refused {
        code: answer.error_code,
        message: answer.error_message.as_ref().map(ToString::to_string),
        record_messages: answer
            .record_errors
            .iter()
            .map(|error| (error.batch_index, error.batch_index_error_message.as_ref().map(ToString::to_string)))
            .collect(),
    }
}

/// Follows the metadata: takes over new partitions and leaders, finds senders for partitions that had no leader, and
/// keeps the topics in use in the metadata.
pub(super) async fn keep_topics(shared: Arc<Shared>) {
    let mut metadata = shared.client.inner().watch_metadata();
    let mut closing = shared.closing.subscribe();
    // Three looks within the time after which the client forgets a topic.
    let mut look = tokio::time::interval(shared.client.config().metadata_max_idle / 3);
    loop {
        let waiting = route_orphans(&shared, &metadata.borrow().clone());
        if waiting {
            shared.client.inner().request_refresh();
        } else if *closing.borrow() {
            return;
        }
        tokio::select! {
            () = shared.orphans.notified(), if !waiting => {}
            changed = metadata.changed() => {
                if changed.is_ok() {
                    let metadata = metadata.borrow_and_update().clone();
                    update_topics(&shared, &metadata);
                }
            }
            _ = closing.changed() => {}
            _ = look.tick() => keep_interest(&shared),
            // Batches expire even if nothing is heard.
            () = tokio::time::sleep(shared.client.config().retry_backoff_max), if waiting => {}
        }
    }
}

/// Whether there are partitions that still have no leader.
fn route_orphans(shared: &Arc<Shared>, metadata: &ClusterMetadata) -> bool {
    let now = Instant::now();
    let mut waiting = false;
    for partition in shared.orphans.drain() {
        partition.lock().expire(now);
        let leader = metadata.leader(&partition.topic, partition.index);
        if leader.is_none() && unlist_if_empty(&partition) {
            continue;
        }
        waiting |= leader.is_none();
        shared.route(partition, leader);
    }
    waiting
}

fn unlist_if_empty(partition: &Partition) -> bool {
    let mut queue = partition.lock();
    let empty = queue.is_empty();
    if empty {
        queue.listed = false;
    }
    empty
}

fn update_topics(shared: &Shared, metadata: &ClusterMetadata) {
    let mut topics = shared.topics.write().unwrap_or_else(PoisonError::into_inner);
    for topic in topics.values_mut() {
        if let Some(known) = metadata.topic(&topic.name) {
            topic.update(known, metadata.generation);
        }
    }
}

fn keep_interest(shared: &Shared) {
    for topic in shared.all_topics() {
        if topic.used.swap(false, Ordering::Relaxed) {
            shared.client.inner().take_interest(&topic.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;
    use ottla_protocol::{
        api_key::ApiKey,
        messages::{
            api_versions::{ApiVersion, ApiVersionsResponse},
            header::ResponseHeader,
        },
        wire::{self, Encoder, Message},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
        sync::{Notify, Semaphore},
    };

    use super::*;
    use crate::{
        Client,
        config::ProducerConfig,
        metadata::{PartitionMetadata, TopicMetadata},
        net::{Connector, Peer, Transport},
        partitioner::Murmur2,
        producer::{Delivery, Record, queue::Append, queue_settings, shared::Topic},
    };

    const PRODUCE_VERSION: i16 = 8;

    async fn read_frame(stream: &mut DuplexStream) -> Vec<u8> {
        let mut frame = vec![0; stream.read_u32().await.unwrap() as usize];
        stream.read_exact(&mut frame).await.unwrap();
        frame
    }

    async fn answer<M: Message>(stream: &mut DuplexStream, correlation_id: i32, body: &M, version: i16) {
        let mut e = Encoder::new(version, false);
        wire::encode_onto(&mut e, &ResponseHeader { correlation_id }, 0).unwrap();
        wire::encode_onto(&mut e, body, version).unwrap();
        let body = e.into_bytes();
        let mut frame = Vec::new();
        frame.put_u32(body.len() as u32);
        frame.put_slice(&body);
        stream.write_all(&frame).await.unwrap();
    }

    /// How much of what is written the other side takes without reading it.
    const UNREAD_BYTES: usize = 64 << 10;

    async fn tell_versions(stream: &mut DuplexStream) {
        read_frame(stream).await;
        let api = |api_key, max_version| ApiVersion { api_key, min_version: 0, max_version };
        let versions = ApiVersionsResponse {
            api_keys: vec![api(ApiKey::PRODUCE, PRODUCE_VERSION), api(ApiKey::API_VERSIONS, 4)],
            ..Default::default()
        };
        answer(stream, 0, &versions, 4).await;
    }

    /// Reads nothing, and ends the connection when it may.
    async fn hang_up(mut stream: DuplexStream, may_end: Arc<Notify>) {
        tell_versions(&mut stream).await;
        may_end.notified().await;
    }

    /// Answers one produce request when it may.
    async fn serve(mut stream: DuplexStream, may_answer: Arc<Notify>) {
        tell_versions(&mut stream).await;
        read_frame(&mut stream).await;
        may_answer.notified().await;
        let partition_responses = vec![PartitionProduceResponse { base_offset: 70, ..Default::default() }];
        let topic = TopicProduceResponse { name: "t".into(), partition_responses, ..Default::default() };
        let response = ProduceResponse { responses: vec![topic], ..Default::default() };
        answer(&mut stream, 1, &response, PRODUCE_VERSION).await;
        std::future::pending().await
    }

    struct Scene {
        sender: Sender,
        partition: Arc<Partition>,
        may_answer: Arc<Notify>,
    }

    impl Scene {
        async fn new() -> Self {
            Self::with(Acks::Leader, serve).await
        }

        async fn with<F>(acks: Acks, serve: impl Fn(DuplexStream, Arc<Notify>) -> F + Send + Sync + 'static) -> Self
        where
            F: Future<Output = ()> + Send + 'static,
        {
            let may_answer = Arc::new(Notify::new());
            let serving = may_answer.clone();
            let connector = move |_: ServerAddress| {
                let (ours, theirs) = tokio::io::duplex(UNREAD_BYTES);
                tokio::spawn(serve(theirs, serving.clone()));
                async move { Ok(Transport::from_stream(ours)) }
            };
            let peer = Peer { node: NodeId(1), address: ServerAddress::new("b", 1) };
            let client = Client::connect("b:1").unwrap();
            let config = client.config().clone();
            let opened =
                Connection::open(&connector as &dyn Connector, &peer, &config, &Arc::default(), config.request_timeout)
                    .await;
            let producer = ProducerConfig { acks, linger: Duration::ZERO, ..Default::default() };
            let shared = Arc::new(Shared::new(client, producer, Arc::new(Murmur2)));
            let mut topic = Arc::new(Topic::new("t".into(), &shared.config, Arc::new(queue_settings(&shared, "t"))));
            topic.update(&one_partition(), 1);
            let partition = topic.partitions.all[0].clone();
            let mut sender = Sender {
                metadata: shared.client.inner().watch_metadata(),
                shared,
                node: NodeId(1),
                queue: Arc::default(),
                active: VecDeque::new(),
                in_flight: VecDeque::new(),
                connection: Some(opened.unwrap()),
                connect_failures: 0,
                not_before: None,
                next_weighing: Instant::now(),
                compressor: Box::default(),
            };
            sender.active.push_back(partition.clone());
            Self { sender, partition, may_answer }
        }

        /// Takes a record and sends its batch.
        fn send(&mut self) -> Delivery {
            self.send_value(b"v")
        }

        fn send_value(&mut self, value: &[u8]) -> Delivery {
            let reserve = |bytes| Arc::new(Semaphore::new(bytes)).try_acquire_many_owned(bytes as u32).ok();
            let record = Record::to("t").value(value);
            let appended = self.partition.lock().append(&record, 0, Instant::now, reserve);
            let Append::Done { cell, index, .. } = appended else { panic!("{appended:?}") };
            let later = Instant::now() + SMALL_BATCH_INTERVAL;
            let Collected::Request(batches) = self.sender.collect(later) else { panic!("nothing to send") };
            self.sender.send(batches);
            Delivery::new(cell, index, 0)
        }

        async fn settle(&mut self) {
            let answer = front_answer(&mut self.sender.in_flight).await;
            self.sender.settle(answer);
        }
    }

    fn one_partition() -> TopicMetadata {
        let partition = PartitionMetadata {
            index: 0,
            leader: Some(NodeId(1)),
            leader_epoch: 0,
            replicas: Vec::new(),
            in_sync_replicas: Vec::new(),
            offline_replicas: Vec::new(),
            error: ErrorCode::NONE,
        };
        TopicMetadata { name: "t".into(), id: Uuid::ZERO, is_internal: false, partitions: vec![partition] }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_cannot_be_sent_is_booked_to_its_own_batch_and_after_those_before_it() {
        let mut scene = Scene::new().await;
        let mut first = scene.send();
        // The second finds no connection, while the first is still under way on its own.
        let connection = scene.sender.connection.take();
        let mut second = scene.send();
        assert!(first.try_result().is_none() && second.try_result().is_none());
        scene.may_answer.notify_one();
        scene.settle().await;
        assert_eq!(first.try_result().expect("it is answered").unwrap().offset, 70);
        scene.settle().await;
        assert!(second.try_result().is_none(), "it is sent again");
        let next = scene.partition.lock().next(Instant::now() + Duration::from_secs(1), Linger::Counts);
        assert!(matches!(next, Next::Resend(_)), "{next:?}");
        drop(connection);
    }

    #[tokio::test(start_paused = true)]
    async fn without_answers_a_batch_is_delivered_when_it_is_written() {
        let mut scene = Scene::with(Acks::None, serve).await;
        let mut delivery = scene.send();
        assert!(delivery.try_result().is_none(), "it is only in line");
        assert_eq!(scene.partition.lock().pending().count(), 1, "a flush waits for it");
        scene.settle().await;
        assert_eq!(delivery.try_result().expect("it is written").unwrap().offset, -1);
    }

    #[tokio::test(start_paused = true)]
    async fn without_answers_a_batch_that_could_not_be_written_is_sent_again() {
        let mut scene = Scene::with(Acks::None, hang_up).await;
        let mut delivery = scene.send_value(&[0; UNREAD_BYTES]);
        let answer = front_answer(&mut scene.sender.in_flight);
        assert!(tokio::time::timeout(Duration::from_secs(1), answer).await.is_err(), "a part is not written");
        scene.may_answer.notify_one();
        scene.settle().await;
        assert!(delivery.try_result().is_none());
        let next = scene.partition.lock().next(Instant::now() + Duration::from_secs(1), Linger::Counts);
        assert!(matches!(next, Next::Resend(_)), "{next:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_answer_does_not_mention_may_have_been_written() {
        let mut scene = Scene::new().await;
        let mut delivery = scene.send();
        let Some(request) = scene.sender.in_flight.pop_front() else { panic!("nothing is under way") };
        scene.sender.answered(&request, &ProduceResponse::default());
        let error = delivery.try_result().expect("without idempotence it is not sent again").unwrap_err();
        assert!(error.possibly_written(), "{error}");
    }
}
