//! Fetch sessions (KIP-227): a consumer names its partitions once, and then only what changes.
//!
//! The core is synchronous and takes the time, by the steady clock; a node keeps one [`FetchSessions`].

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::fetch::{FetchPartition, FetchRequest, PartitionData},
    types::TopicName,
    wire::Uuid,
};

/// No session.
pub(crate) const NO_SESSION: i32 = 0;
/// The epoch of a request that asks for a session.
const INITIAL_EPOCH: i32 = 0;
/// The epoch of a request that wants no session, or no longer.
const FINAL_EPOCH: i32 = -1;
/// A session that was used more recently is not given up for a new one.
const MIN_IDLE_MS: i64 = 120_000;
/// Partitions that all sessions of a node remember together, at some hundred bytes each. Kafka limits the sessions alone.
const MAX_PARTITIONS: usize = 250_000;
/// The first version of Fetch that names topics by their ids.
const TOPIC_IDS_FROM: i16 = 13;

/// A partition as a fetch names it: by topic id where there is one, otherwise by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FetchKey {
    pub(crate) topic: TopicName,
    pub(crate) topic_id: Uuid,
    pub(crate) partition: i32,
}

/// What a fetch reads, in the order in which it is to be read.
pub(crate) type FetchList = Vec<(FetchKey, FetchPartition)>;

/// The sessions of a node.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    inner: Mutex<Inner>,
    slots: usize,
}

#[derive(Debug)]
struct Inner {
    sessions: HashMap<i32, Session>,
    /// The partitions of all sessions.
    partitions: usize,
    random: fastrand::Rng,
}

#[derive(Debug)]
struct Session {
    /// The epoch that the next request must have.
    epoch: i32,
    uses_topic_ids: bool,
    last_used_ms: i64,
    /// The partitions by their place in the order.
    partitions: BTreeMap<u64, CachedPartition>,
    places: HashMap<FetchKey, u64>,
    next_place: u64,
}

#[derive(Debug)]
struct CachedPartition {
    key: FetchKey,
    request: FetchPartition,
    sent: Option<Sent>,
}

/// What the client knows of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    high_watermark: i64,
    last_stable_offset: i64,
    log_start_offset: i64,
}

impl Sent {
    fn of(data: &PartitionData) -> Self {
        Self {
            high_watermark: data.high_watermark,
            last_stable_offset: data.last_stable_offset,
            log_start_offset: data.log_start_offset,
        }
    }
}

/// How a fetch takes part in a session.
#[derive(Debug)]
pub(crate) enum FetchContext {
    /// No session.
    Sessionless,
    /// A new session, if there is room for one.
    Full { uses_topic_ids: bool },
    /// An existing one.
    Incremental { session_id: i32 },
}

impl FetchSessions {
    /// At most `slots` sessions.
    pub(crate) fn new(slots: usize, random: fastrand::Rng) -> Self {
        Self { inner: Mutex::new(Inner { sessions: HashMap::new(), partitions: 0, random }), slots }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a fetch: finds its session and what it reads.
    ///
    /// # Errors
    /// The code to answer with if the request does not fit its session.
    pub(crate) fn begin(
        &self,
        version: i16,
        request: FetchRequest,
        now_ms: i64,
    ) -> Result<(FetchContext, FetchList), ErrorCode> {
        let (session_id, epoch) = (request.session_id, request.session_epoch);
        let uses_topic_ids = version >= TOPIC_IDS_FROM;
        if epoch == INITIAL_EPOCH || epoch == FINAL_EPOCH {
            if session_id != NO_SESSION {
                self.lock().remove(session_id);
            }
            let wants_session = epoch == INITIAL_EPOCH;
            let context = if wants_session { FetchContext::Full { uses_topic_ids } } else { FetchContext::Sessionless };
            return Ok((context, each_once(request)));
        }
        let mut inner = self.lock();
        let session = inner.sessions.get_mut(&session_id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        if session.epoch != epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if session.uses_topic_ids != uses_topic_ids {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        let before = session.partitions.len();
        session.update(request);
        let now = session.partitions.len();
        inner.partitions = inner.partitions + now - before;
        if now == 0 {
            inner.remove(session_id);
            return Ok((FetchContext::Sessionless, Vec::new()));
        }
        if now > before && inner.partitions > MAX_PARTITIONS {
            // The client begins anew, and does without one if there is no room.
            inner.remove(session_id);
            return Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
        }
        let session = inner.sessions.get_mut(&session_id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        session.epoch = next_epoch(epoch);
        session.last_used_ms = now_ms;
        let list = session.partitions.values().map(|cached| (cached.key.clone(), cached.request.clone())).collect();
        Ok((FetchContext::Incremental { session_id }, list))
    }

    /// Ends a fetch: makes the session that a full fetch asked for, or leaves out of an incremental response what
    /// the client knows. Returns the session id of the response.
    ///
    /// # Errors
    /// [`ErrorCode::FETCH_SESSION_ID_NOT_FOUND`] if the session was given up meanwhile.
    pub(crate) fn end(
        &self,
        context: &FetchContext,
        requests: &[(FetchKey, FetchPartition)],
        responses: &mut Vec<(FetchKey, PartitionData)>,
        now_ms: i64,
    ) -> Result<i32, ErrorCode> {
        match context {
            FetchContext::Sessionless => Ok(NO_SESSION),
            FetchContext::Full { uses_topic_ids } => {
                Ok(self.create(requests, responses, *uses_topic_ids, now_ms).unwrap_or(NO_SESSION))
            }
            FetchContext::Incremental { session_id } => {
                let mut inner = self.lock();
                let session = inner.sessions.get_mut(session_id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
                responses.retain(|(key, data)| session.must_respond(key, data));
                Ok(*session_id)
            }
        }
    }

    fn create(
        &self,
        requests: &[(FetchKey, FetchPartition)],
        responses: &[(FetchKey, PartitionData)],
        uses_topic_ids: bool,
        now_ms: i64,
    ) -> Option<i32> {
        if requests.is_empty() {
            return None;
        }
        let mut inner = self.lock();
        if inner.sessions.len() >= self.slots || inner.partitions + requests.len() > MAX_PARTITIONS {
            let (&oldest, session) = inner.sessions.iter().min_by_key(|(_, session)| session.last_used_ms)?;
            if now_ms.saturating_sub(session.last_used_ms) < MIN_IDLE_MS {
                return None;
            }
            inner.remove(oldest);
            if inner.partitions + requests.len() > MAX_PARTITIONS {
                return None;
            }
        }
        let mut session = Session {
            epoch: next_epoch(INITIAL_EPOCH),
            uses_topic_ids,
            last_used_ms: now_ms,
            partitions: BTreeMap::new(),
            places: HashMap::new(),
            next_place: 0,
        };
        requests.iter().for_each(|(key, request)| session.set(key.clone(), request.clone()));
        responses.iter().for_each(|(key, data)| session.note_sent(key, data));
        let id = inner.free_id();
        inner.partitions += session.partitions.len();
        inner.sessions.insert(id, session);
        Some(id)
    }
}

impl Inner {
    fn remove(&mut self, session_id: i32) {
        let removed = self.sessions.remove(&session_id).map_or(0, |session| session.partitions.len());
        self.partitions -= removed;
    }

    fn free_id(&mut self) -> i32 {
        loop {
            let id = self.random.i32(1..);
            if !self.sessions.contains_key(&id) {
                return id;
            }
        }
    }
}

impl Session {
    fn update(&mut self, request: FetchRequest) {
        for topic in &request.forgotten_topics_data {
            for &partition in &topic.partitions {
                let key = FetchKey { topic: topic.topic.clone(), topic_id: topic.topic_id, partition };
                self.forget(&key);
            }
        }
        requested(request).for_each(|(key, partition)| self.set(key, partition));
    }

    fn set(&mut self, key: FetchKey, request: FetchPartition) {
        let place = self.places.get(&key).copied();
        match place.and_then(|place| self.partitions.get_mut(&place)) {
            Some(cached) => cached.request = request,
            None => self.push(CachedPartition { key, request, sent: None }),
        }
    }

    fn push(&mut self, partition: CachedPartition) {
        self.places.insert(partition.key.clone(), self.next_place);
        self.partitions.insert(self.next_place, partition);
        self.next_place += 1;
    }

    fn forget(&mut self, key: &FetchKey) {
        if let Some(place) = self.places.remove(key) {
            self.partitions.remove(&place);
        }
    }

    fn note_sent(&mut self, key: &FetchKey, data: &PartitionData) {
        let place = self.places.get(key).copied();
        if let Some(cached) = place.and_then(|place| self.partitions.get_mut(&place)) {
            // After an error the client is told everything again.
            cached.sent = data.error_code.is_none().then(|| Sent::of(data));
        }
    }

    /// Whether an incremental response has to tell the client about a partition. One that returned records goes to
    /// the end of the order, so that the others get their turn.
    fn must_respond(&mut self, key: &FetchKey, data: &PartitionData) -> bool {
        let has_records = data.records.as_ref().is_some_and(|records| !records.is_empty());
        let Some(cached) = self.places.get(key).and_then(|place| self.partitions.get(place)) else { return false };
        let news = has_records
            || !data.error_code.is_none()
            || data.diverging_epoch.epoch >= 0
            || cached.sent != Some(Sent::of(data));
        self.note_sent(key, data);
        if has_records
            && let Some(place) = self.places.remove(key)
            && let Some(cached) = self.partitions.remove(&place)
        {
            self.push(cached);
        }
        news
    }
}

/// Epochs go from 1 to the largest and around, past the two that mean something.
fn next_epoch(epoch: i32) -> i32 {
    match epoch {
        i32::MAX => 1,
        epoch => epoch + 1,
    }
}

/// The partitions that a request names, each once: the last mention counts.
fn each_once(request: FetchRequest) -> FetchList {
    let mut places: HashMap<FetchKey, usize> = HashMap::new();
    let mut list = FetchList::new();
    for (key, partition) in requested(request) {
        let place = *places.entry(key.clone()).or_insert(list.len());
        match list.get_mut(place) {
            Some((_, earlier)) => *earlier = partition,
            None => list.push((key, partition)),
        }
    }
    list
}

/// The partitions that a request names. The keys outlive the request's frame.
fn requested(request: FetchRequest) -> impl Iterator<Item = (FetchKey, FetchPartition)> {
    request.topics.into_iter().flat_map(|topic| {
        let (name, topic_id) = (topic.topic.detach(), topic.topic_id);
        topic.partitions.into_iter().map(move |partition| {
            (FetchKey { topic: name.clone(), topic_id, partition: partition.partition }, partition)
        })
    })
}

#[cfg(test)]
mod tests {
    use ottla_protocol::{
        messages::fetch::{FetchTopic, ForgottenTopic},
        wire::Records,
    };

    use super::*;

    fn sessions(slots: usize) -> FetchSessions {
        FetchSessions::new(slots, fastrand::Rng::with_seed(1))
    }

    fn request(session_id: i32, session_epoch: i32, partitions: &[i32]) -> FetchRequest {
        let partition = |&partition| FetchPartition { partition, ..Default::default() };
        let topic = FetchTopic {
            topic: "t".into(),
            partitions: partitions.iter().map(partition).collect(),
            ..Default::default()
        };
        FetchRequest { session_id, session_epoch, topics: vec![topic], ..Default::default() }
    }

    fn data(high_watermark: i64, records: &'static [u8]) -> PartitionData {
        let records = Some(Records(bytes::Bytes::from_static(records)));
        PartitionData { high_watermark, records, ..Default::default() }
    }

    fn respond(list: &FetchList, f: impl Fn(i32) -> PartitionData) -> Vec<(FetchKey, PartitionData)> {
        list.iter().map(|(key, _)| (key.clone(), f(key.partition))).collect()
    }

    fn indexes<T>(list: &[(FetchKey, T)]) -> Vec<i32> {
        list.iter().map(|(key, _)| key.partition).collect()
    }

    fn open(sessions: &FetchSessions) -> i32 {
        let (context, list) = sessions.begin(11, request(0, 0, &[0, 1, 2]), 0).unwrap();
        let mut responses = respond(&list, |_| data(5, b""));
        let id = sessions.end(&context, &list, &mut responses, 0).unwrap();
        assert_eq!(indexes(&responses), [0, 1, 2], "a full response has everything");
        assert_ne!(id, NO_SESSION);
        id
    }

    #[test]
    fn an_incremental_response_has_news_only_and_records_send_a_partition_to_the_end() {
        let sessions = sessions(1);
        let id = open(&sessions);
        let (context, list) = sessions.begin(11, request(id, 1, &[]), 0).unwrap();
        let mut responses = respond(&list, |i| if i == 0 { data(6, b"x") } else { data(5, b"") });
        assert_eq!(sessions.end(&context, &list, &mut responses, 0), Ok(id));
        assert_eq!(indexes(&responses), [0]);
        let (context, list) = sessions.begin(11, request(id, 2, &[]), 0).unwrap();
        assert_eq!(indexes(&list), [1, 2, 0]);
        let mut responses = respond(&list, |i| data(if i == 2 { 9 } else { 5 + i64::from(i == 0) }, b""));
        assert_eq!(sessions.end(&context, &list, &mut responses, 0), Ok(id));
        assert_eq!(indexes(&responses), [2], "a high watermark that moved is news");
    }

    #[test]
    fn a_partition_that_is_named_repeatedly_is_read_once_as_the_last_mention_says() {
        let sessions = sessions(1);
        let mut request = request(0, -1, &[0, 1, 0]);
        for (partition, offset) in request.topics[0].partitions.iter_mut().zip(5..) {
            partition.fetch_offset = offset;
        }
        let (_, list) = sessions.begin(11, request, 0).unwrap();
        assert_eq!(list.iter().map(|(key, p)| (key.partition, p.fetch_offset)).collect::<Vec<_>>(), [(0, 7), (1, 6)]);
    }

    #[test]
    fn partitions_are_added_and_forgotten() {
        let sessions = sessions(1);
        let id = open(&sessions);
        let mut change = request(id, 1, &[7]);
        change.forgotten_topics_data =
            vec![ForgottenTopic { topic: "t".into(), partitions: vec![0, 1], ..Default::default() }];
        let (_, list) = sessions.begin(11, change, 0).unwrap();
        assert_eq!(indexes(&list), [2, 7]);
    }

    #[test]
    fn a_request_that_does_not_fit_its_session_is_told_so() {
        let sessions = sessions(1);
        let id = open(&sessions);
        let code = |version, id, epoch| sessions.begin(version, request(id, epoch, &[]), 0).err();
        assert_eq!(code(11, id.wrapping_add(1), 1), Some(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
        assert_eq!(code(11, id, 5), Some(ErrorCode::INVALID_FETCH_SESSION_EPOCH));
        assert_eq!(code(13, id, 1), Some(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR));
        assert_eq!(code(11, id, -1), None, "closing it is fine");
        assert_eq!(code(11, id, 1), Some(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    }

    #[test]
    fn all_sessions_together_remember_so_many_partitions() {
        let sessions = sessions(10);
        let many: Vec<i32> = (0..MAX_PARTITIONS as i32 - 1).collect();
        let create = |partitions: &[i32]| {
            let (context, list) = sessions.begin(11, request(0, 0, partitions), 0).unwrap();
            sessions.end(&context, &list, &mut respond(&list, |_| data(0, b"")), 0).unwrap()
        };
        let large = create(&many);
        assert_ne!(large, NO_SESSION);
        assert_eq!(create(&[0, 1]), NO_SESSION);
        let small = create(&[0]);
        assert_ne!(small, NO_SESSION);
        let code = |epoch, partitions: &[i32]| sessions.begin(11, request(small, epoch, partitions), 0).err();
        assert_eq!(code(1, &[0]), None, "as many as before");
        assert_eq!(code(2, &[7]), Some(ErrorCode::FETCH_SESSION_ID_NOT_FOUND), "one more");
        assert_ne!(create(&[0]), NO_SESSION, "what it had is free again");
        sessions.begin(11, request(large, -1, &[]), 0).unwrap();
        assert_ne!(create(&many[2..]), NO_SESSION);
        assert_eq!(sessions.lock().partitions, many.len() - 1);
    }

    #[test]
    fn without_room_a_session_is_refused_until_an_old_one_is_idle() {
        let sessions = sessions(1);
        open(&sessions);
        let try_open = |now_ms| {
            let (context, list) = sessions.begin(11, request(0, 0, &[0]), now_ms).unwrap();
            sessions.end(&context, &list, &mut respond(&list, |_| data(0, b"")), now_ms).unwrap()
        };
        assert_eq!(try_open(MIN_IDLE_MS - 1), NO_SESSION);
        assert_ne!(try_open(MIN_IDLE_MS), NO_SESSION);
    }
}
