//! Fetch sessions (KIP-227): a broker remembers which partitions are wanted, so that requests and responses name only
//! what is news.

use std::collections::HashMap;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, ForgottenTopic},
    types::TopicName,
    wire::Uuid,
};

use crate::TopicPartition;

/// A partition to fetch and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::consumer) struct Wanted {
    pub(in crate::consumer) partition: TopicPartition,
    /// Zero where the broker has no topic ids.
    pub(in crate::consumer) topic_id: Uuid,
    /// The version of the position.
    pub(in crate::consumer) version: u64,
    pub(in crate::consumer) offset: i64,
    pub(in crate::consumer) current_leader_epoch: i32,
    pub(in crate::consumer) max_bytes: i32,
}

/// What a request under way fetches: from the position of a version on.
#[derive(Debug, Default)]
pub(in crate::consumer) struct UnderWay(HashMap<TopicPartition, (u64, i64)>);

impl UnderWay {
    pub(in crate::consumer) fn of(wanted: &[Wanted]) -> Self {
        Self(wanted.iter().map(|want| (want.partition.clone(), (want.version, want.offset))).collect())
    }

    /// Whether records from there on are on their way.
    pub(in crate::consumer) fn covers(&self, partition: &TopicPartition, version: u64, offset: i64) -> bool {
        self.0.get(partition) == Some(&(version, offset))
    }
}

/// The session with one broker.
///
/// For each request call [`request`](Self::request), then [`succeeded`](Self::succeeded) with its response or
/// [`failed`](Self::failed).
#[derive(Debug, Default)]
pub(in crate::consumer) struct FetchSession {
    id: i32,
    /// The epoch of the next request; 0 asks for a new session.
    epoch: i32,
    /// Whether the session names topics by id.
    by_id: bool,
    /// What the broker remembers.
    known: HashMap<TopicPartition, Known>,
    /// The names of the topics that were ever named by id.
    names: HashMap<Uuid, TopicName>,
}

#[derive(Debug)]
struct Known {
    want: Wanted,
    /// The request that last wanted it, by count; what an older request wanted is to be forgotten.
    round: u64,
}

/// The version that names topics by id from here on.
const FIRST_BY_ID: i16 = 13;
/// The epoch of a request that wants no session, or no longer.
const FINAL_EPOCH: i32 = -1;
/// The first version with sessions.
const FIRST_WITH_SESSIONS: i16 = 7;

impl FetchSession {
    /// The topics part of a request in `version` that fetches exactly `wanted`, and the session that it belongs to.
    pub(in crate::consumer) fn request(&mut self, version: i16, wanted: &[Wanted], round: u64) -> FetchRequest {
        let by_id = version >= FIRST_BY_ID;
        let with_sessions = version >= FIRST_WITH_SESSIONS;
        if by_id != self.by_id || !with_sessions {
            // A session cannot change from names to ids or back.
            self.start_over();
            self.by_id = by_id;
        }
        if self.epoch == 0 {
            self.known.clear();
        }
        let mut forgotten = Vec::new();
        let news = wanted.iter().filter(|want| self.note(want, round, &mut forgotten)).collect::<Vec<_>>();
        self.known.retain(|partition, known| {
            let keep = known.round == round;
            if !keep {
                forgotten.push((partition.clone(), known.want.topic_id));
            }
            keep
        });
        FetchRequest {
            session_id: self.id,
            session_epoch: if with_sessions { self.epoch } else { FINAL_EPOCH },
            topics: topics(&news),
            forgotten_topics_data: forgotten_topics(forgotten),
            ..Default::default()
        }
    }

    /// A request for `wanted` that belongs to no session. What was wanted is known as with one.
    pub(in crate::consumer) fn request_without(&mut self, version: i16, wanted: &[Wanted]) -> FetchRequest {
        *self = Self { names: std::mem::take(&mut self.names), ..Self::default() };
        let request = self.request(version, wanted, 0);
        FetchRequest { session_id: 0, session_epoch: FINAL_EPOCH, ..request }
    }

    /// A request that ends the session, if there is one: the broker keeps it for minutes otherwise, and has room for few.
    pub(in crate::consumer) fn last_request(&mut self) -> Option<FetchRequest> {
        let session_id = std::mem::take(&mut self.id);
        self.start_over();
        (session_id != 0).then(|| FetchRequest { session_id, session_epoch: FINAL_EPOCH, ..Default::default() })
    }

    /// Notes that a partition is wanted. False if the broker knows that already.
    fn note(&mut self, want: &Wanted, round: u64, forgotten: &mut Vec<(TopicPartition, Uuid)>) -> bool {
        if !want.topic_id.is_zero() && !self.names.contains_key(&want.topic_id) {
            self.names.insert(want.topic_id, want.partition.topic.clone());
        }
        let Some(known) = self.known.get_mut(&want.partition) else {
            self.known.insert(want.partition.clone(), Known { want: want.clone(), round });
            return true;
        };
        known.round = round;
        if known.want.topic_id != want.topic_id {
            // The topic was created anew: to the broker these are two partitions.
            forgotten.push((want.partition.clone(), known.want.topic_id));
        }
        let news = !known.want.asks_the_same(want);
        if known.want != *want {
            known.want = want.clone();
        }
        news
    }

    /// What was wanted of a partition that a response names.
    pub(in crate::consumer) fn wanted(&self, name: &TopicName, topic_id: Uuid, partition: i32) -> Option<&Wanted> {
        let topic = if self.by_id { self.names.get(&topic_id)? } else { name };
        let known = self.known.get(&TopicPartition { topic: topic.clone(), partition })?;
        (!self.by_id || known.want.topic_id == topic_id).then_some(&known.want)
    }

    /// Notes a response. An error of the session makes the next request start a new one.
    pub(in crate::consumer) fn succeeded(&mut self, version: i16, response: &FetchResponse) -> ErrorCode {
        if version < FIRST_WITH_SESSIONS {
            return response.error_code;
        }
        match response.error_code {
            ErrorCode::NONE => {}
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND => {
                self.id = 0;
                self.start_over();
                return response.error_code;
            }
            error => {
                self.start_over();
                return error;
            }
        }
        if response.session_id == 0 {
            // The broker has no room for the session, or throttles.
            self.id = 0;
            self.start_over();
        } else if self.epoch == 0 || response.session_id == self.id {
            self.id = response.session_id;
            self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
        } else {
            self.start_over();
        }
        ErrorCode::NONE
    }

    /// Notes that a request got no response, so it is not known what the broker remembers.
    pub(in crate::consumer) fn failed(&mut self) {
        self.start_over();
    }

    /// The next request names everything and replaces the session, if the broker still has it. Until then what was
    /// wanted stays known, for the response at hand may have it.
    fn start_over(&mut self) {
        self.epoch = 0;
    }
}

impl Wanted {
    fn to_request(&self) -> FetchPartition {
        FetchPartition {
            partition: self.partition.partition,
            current_leader_epoch: self.current_leader_epoch,
            fetch_offset: self.offset,
            partition_max_bytes: self.max_bytes,
            ..FetchPartition::default()
        }
    }

    /// Whether the broker would take both for the same.
    fn asks_the_same(&self, other: &Self) -> bool {
        (self.topic_id, self.offset, self.current_leader_epoch, self.max_bytes)
            == (other.topic_id, other.offset, other.current_leader_epoch, other.max_bytes)
    }
}

fn topics(wanted: &[&Wanted]) -> Vec<FetchTopic> {
    let mut topics: Vec<FetchTopic> = Vec::new();
    let mut positions: HashMap<(&TopicName, Uuid), usize> = HashMap::new();
    for want in wanted {
        let position = *positions.entry((&want.partition.topic, want.topic_id)).or_insert_with(|| {
            let topic = want.partition.topic.clone();
            topics.push(FetchTopic { topic, topic_id: want.topic_id, partitions: Vec::new() });
            topics.len() - 1
        });
        if let Some(topic) = topics.get_mut(position) {
            topic.partitions.push(want.to_request());
        }
    }
    topics
}

fn forgotten_topics(mut partitions: Vec<(TopicPartition, Uuid)>) -> Vec<ForgottenTopic> {
    partitions.sort_unstable_by(|a, b| (&a.0.topic, a.1.0, a.0.partition).cmp(&(&b.0.topic, b.1.0, b.0.partition)));
    partitions
        .chunk_by(|a, b| a.0.topic == b.0.topic && a.1 == b.1)
        .filter_map(|chunk| {
            let (first, topic_id) = chunk.first()?;
            let partitions = chunk.iter().map(|(partition, _)| partition.partition).collect();
            Some(ForgottenTopic { topic: first.topic.clone(), topic_id: *topic_id, partitions })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(partition: i32, offset: i64) -> Wanted {
        Wanted {
            partition: TopicPartition::new("t", partition),
            topic_id: Uuid([1; 16]),
            version: 0,
            offset,
            current_leader_epoch: 0,
            max_bytes: 100,
        }
    }

    fn response(session_id: i32, error_code: ErrorCode) -> FetchResponse {
        FetchResponse { session_id, error_code, ..Default::default() }
    }

    fn offsets(request: &FetchRequest) -> Vec<(i32, i64)> {
        let partitions = request.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.map(|partition| (partition.partition, partition.fetch_offset)).collect()
    }

    #[test]
    fn after_the_first_request_only_news_is_sent() {
        let mut session = FetchSession::default();
        let first = session.request(17, &[want(0, 5), want(1, 6)], 1);
        assert_eq!((first.session_id, first.session_epoch), (0, 0));
        assert_eq!(offsets(&first), [(0, 5), (1, 6)]);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        let second = session.request(17, &[want(0, 5), want(1, 9)], 2);
        assert_eq!((second.session_id, second.session_epoch), (42, 1));
        assert_eq!(offsets(&second), [(1, 9)]);
        assert!(second.forgotten_topics_data.is_empty());
    }

    #[test]
    fn a_partition_left_out_is_forgotten_and_named_again_later() {
        let mut session = FetchSession::default();
        session.request(17, &[want(0, 5), want(1, 6)], 1);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        let second = session.request(17, &[want(0, 5)], 2);
        assert_eq!(second.forgotten_topics_data[0].partitions, [1]);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        let third = session.request(17, &[want(0, 5), want(1, 6)], 3);
        assert_eq!(offsets(&third), [(1, 6)]);
        assert_eq!(third.session_epoch, 2);
    }

    #[test]
    fn a_topic_created_anew_replaces_the_old_one() {
        let mut session = FetchSession::default();
        session.request(17, &[want(0, 5)], 1);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        let anew = Wanted { topic_id: Uuid([2; 16]), ..want(0, 5) };
        let second = session.request(17, &[anew], 2);
        assert_eq!(second.forgotten_topics_data[0].topic_id, Uuid([1; 16]));
        assert_eq!(second.topics[0].topic_id, Uuid([2; 16]));
    }

    #[test]
    fn errors_of_the_session_start_a_new_one() {
        for (error, id) in [
            (ErrorCode::FETCH_SESSION_ID_NOT_FOUND, 0),
            (ErrorCode::INVALID_FETCH_SESSION_EPOCH, 42),
            (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, 42),
        ] {
            let mut session = FetchSession::default();
            session.request(17, &[want(0, 5)], 1);
            session.succeeded(17, &response(42, ErrorCode::NONE));
            session.request(17, &[want(0, 6)], 2);
            session.succeeded(17, &response(0, error));
            let next = session.request(17, &[want(0, 6)], 3);
            // The id of a session that may be there still is sent, so that the broker frees it.
            assert_eq!((next.session_id, next.session_epoch), (id, 0), "{error}");
            assert_eq!(offsets(&next), [(0, 6)]);
        }
    }

    #[test]
    fn without_room_for_a_session_every_request_is_whole() {
        let mut session = FetchSession::default();
        for round in 1..4 {
            let request = session.request(17, &[want(0, 5)], round);
            assert_eq!((request.session_id, request.session_epoch), (0, 0));
            assert_eq!(offsets(&request), [(0, 5)]);
            session.succeeded(17, &response(0, ErrorCode::NONE));
        }
    }

    #[test]
    fn a_change_from_ids_to_names_starts_a_new_session() {
        let mut session = FetchSession::default();
        session.request(17, &[want(0, 5)], 1);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        let by_name = session.request(12, &[want(0, 5)], 2);
        assert_eq!((by_name.session_id, by_name.session_epoch), (42, 0));
        assert_eq!(offsets(&by_name), [(0, 5)]);
    }

    #[test]
    fn brokers_without_sessions_are_asked_for_everything() {
        let mut session = FetchSession::default();
        for round in 1..3 {
            let request = session.request(6, &[want(0, 5)], round);
            assert_eq!((request.session_id, request.session_epoch), (0, -1));
            assert_eq!(offsets(&request), [(0, 5)]);
            session.succeeded(6, &response(0, ErrorCode::NONE));
        }
    }

    #[test]
    fn epochs_wrap_to_1() {
        let mut session = FetchSession { id: 42, epoch: i32::MAX, by_id: true, ..Default::default() };
        session.request(17, &[want(0, 5)], 1);
        session.succeeded(17, &response(42, ErrorCode::NONE));
        assert_eq!(session.request(17, &[want(0, 5)], 2).session_epoch, 1);
    }
}
