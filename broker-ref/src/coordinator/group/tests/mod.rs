//! The coordinator under a clock and a log of the test's own.

mod invariant;
mod join;
mod leave;
mod offset;
mod rebalance;
mod replay;
mod static_member;
mod sync;

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        describe_groups::DescribedGroup,
        heartbeat::HeartbeatRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberIdentity},
        sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse},
    },
    wire::Str,
};

use super::{ClientInfo, CoordinatorRecord, GroupConfig, GroupCoordinator, Outcome, Reply, Token};
use crate::clock::Moment;

const GROUP: &str = "g";
const SESSION_MS: i32 = 10_000;
const REBALANCE_MS: i32 = 60_000;
const INITIAL_DELAY_MS: i64 = 3_000;
const START_MS: i64 = 1_000_000;
const STEADY_MS: i64 = 5;

/// A coordinator, its log, and the replies that it gave.
struct Bench {
    coordinator: GroupCoordinator,
    /// What the steady clock shows.
    steady_ms: i64,
    /// How far the clock for timestamps is ahead of it.
    ahead_ms: i64,
    log: Vec<CoordinatorRecord>,
    replies: BTreeMap<Token, Reply>,
    next_token: u64,
    /// The next appends fail with it.
    append_error: Option<ErrorCode>,
}

impl Bench {
    fn new() -> Self {
        Self::with(GroupConfig::default())
    }

    fn with(config: GroupConfig) -> Self {
        Self {
            coordinator: GroupCoordinator::new(config, 7),
            steady_ms: STEADY_MS,
            ahead_ms: START_MS - STEADY_MS,
            log: Vec::new(),
            replies: BTreeMap::new(),
            next_token: 0,
            append_error: None,
        }
    }

    fn now(&self) -> Moment {
        Moment { timestamp_ms: self.steady_ms + self.ahead_ms, steady_ms: self.steady_ms }
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// Appends the records, through their bytes, and keeps the replies.
    fn settle(&mut self, outcome: Outcome) {
        let replies = match self.append_error {
            Some(error) if !outcome.records().is_empty() => self.coordinator.abort(self.now(), outcome, error),
            _ => {
                let base_offset = i64::try_from(self.log.len()).expect("a short log");
                for record in outcome.records() {
                    let (key, value) = record.encode().expect("encodable");
                    let decoded = CoordinatorRecord::decode(key, value).expect("decodable").expect("a known record");
                    assert_eq!(decoded, *record);
                    self.log.push(decoded);
                }
                self.coordinator.commit(base_offset, outcome)
            }
        };
        for (token, reply) in replies {
            assert!(self.replies.insert(token, reply).is_none(), "two replies to {token:?}");
        }
    }

    /// Lets time pass, and every deadline in it come.
    fn pass(&mut self, ms: i64) {
        let end_ms = self.steady_ms + ms;
        while let Some(deadline_ms) = self.coordinator.next_deadline().filter(|deadline_ms| *deadline_ms <= end_ms) {
            self.steady_ms = self.steady_ms.max(deadline_ms);
            while let Some(outcome) = self.coordinator.poll_timer(self.now()) {
                self.settle(outcome);
            }
        }
        self.steady_ms = end_ms;
    }

    /// Lets time pass in which these members send heartbeats.
    fn pass_alive(&mut self, ms: i64, members: &[&JoinGroupResponse]) {
        for _ in 0..ms / 1000 {
            self.pass(1000);
            for member in members {
                self.heartbeat(member.generation_id, &member.member_id);
            }
        }
    }

    /// A coordinator that loads the log, in place of this one.
    fn fail_over(&mut self) {
        for (token, reply) in self.coordinator.unload() {
            self.replies.insert(token, reply);
        }
        // Another seed, as two coordinators must not give out the same member id.
        let Token(seed) = self.token();
        self.coordinator = GroupCoordinator::new(self.coordinator.config.clone(), seed);
        for (offset, record) in (0..).zip(self.log.clone()) {
            self.coordinator.replay(offset, None, record);
        }
        self.coordinator.loaded(self.now());
    }

    fn join_with(&mut self, api_version: i16, request: &JoinGroupRequest) -> Token {
        let client = ClientInfo { client_id: "client".into(), client_host: "/127.0.0.1".into(), api_version };
        let token = self.token();
        let outcome = self.coordinator.join_group(self.now(), token, &client, request);
        self.settle(outcome);
        token
    }

    /// Joins with an id that the client is told first.
    fn join(&mut self) -> Token {
        let asked = self.join_with(9, &request(""));
        let told = self.joined(asked);
        assert_eq!(told.error_code, ErrorCode::MEMBER_ID_REQUIRED);
        self.rejoin(&told.member_id)
    }

    fn rejoin(&mut self, member_id: &str) -> Token {
        self.join_with(9, &request(member_id))
    }

    /// The reply to a request to join.
    #[track_caller]
    fn joined(&self, token: Token) -> JoinGroupResponse {
        match self.replies.get(&token) {
            Some(Reply::JoinGroup(response)) => response.clone(),
            other => panic!("no reply to a join: {other:?}"),
        }
    }

    fn is_waiting(&self, token: Token) -> bool {
        !self.replies.contains_key(&token)
    }

    fn sync_with(&mut self, request: &SyncGroupRequest) -> Token {
        let token = self.token();
        let outcome = self.coordinator.sync_group(self.now(), token, request);
        self.settle(outcome);
        token
    }

    /// Asks for an assignment; a leader gives everybody one with the name of the member.
    fn sync(&mut self, member: &JoinGroupResponse) -> Token {
        let assign = |member_id: &Str| SyncGroupRequestAssignment {
            member_id: member_id.clone(),
            assignment: Bytes::copy_from_slice(member_id.as_bytes()),
        };
        self.sync_with(&SyncGroupRequest {
            group_id: GROUP.into(),
            generation_id: member.generation_id,
            member_id: member.member_id.clone(),
            assignments: member.members.iter().map(|other| assign(&other.member_id)).collect(),
            ..Default::default()
        })
    }

    #[track_caller]
    fn synced(&self, token: Token) -> SyncGroupResponse {
        match self.replies.get(&token) {
            Some(Reply::SyncGroup(response)) => response.clone(),
            other => panic!("no reply to a sync: {other:?}"),
        }
    }

    fn heartbeat_with(&mut self, request: &HeartbeatRequest) -> ErrorCode {
        let token = self.token();
        let outcome = self.coordinator.heartbeat(self.now(), token, request);
        self.settle(outcome);
        match &self.replies[&token] {
            Reply::Heartbeat(response) => response.error_code,
            other => panic!("not a reply to a heartbeat: {other:?}"),
        }
    }

    fn heartbeat(&mut self, generation_id: i32, member_id: &str) -> ErrorCode {
        let (group_id, member_id) = (GROUP.into(), member_id.into());
        self.heartbeat_with(&HeartbeatRequest { group_id, generation_id, member_id, ..Default::default() })
    }

    fn leave(&mut self, members: &[(&str, Option<&str>)]) -> LeaveGroupResponse {
        let identity = |(member_id, instance_id): &(&str, Option<&str>)| MemberIdentity {
            member_id: (*member_id).into(),
            group_instance_id: instance_id.map(Into::into),
            ..Default::default()
        };
        let members = members.iter().map(identity).collect();
        self.leave_with(5, &LeaveGroupRequest { group_id: GROUP.into(), members, ..Default::default() })
    }

    fn leave_with(&mut self, api_version: i16, request: &LeaveGroupRequest) -> LeaveGroupResponse {
        let token = self.token();
        let outcome = self.coordinator.leave_group(self.now(), token, api_version, request);
        self.settle(outcome);
        match &self.replies[&token] {
            Reply::LeaveGroup(response) => response.clone(),
            other => panic!("not a reply to a leave: {other:?}"),
        }
    }

    fn described(&self) -> DescribedGroup {
        self.coordinator.describe_groups(6, &[GROUP.into()]).remove(0)
    }

    fn state(&self) -> String {
        self.described().group_state.to_string()
    }

    /// A stable group of two: its leader and a follower.
    fn pair(&mut self) -> [JoinGroupResponse; 2] {
        let tokens = [self.join(), self.join()];
        self.pass(2 * INITIAL_DELAY_MS);
        let mut joined = tokens.map(|token| self.joined(token));
        joined.sort_by_key(|member| member.leader != member.member_id);
        for member in &joined {
            self.sync(member);
        }
        assert_eq!(self.state(), "Stable");
        joined
    }

    /// A stable group of one.
    fn single(&mut self) -> JoinGroupResponse {
        let token = self.join();
        self.pass(2 * INITIAL_DELAY_MS);
        let member = self.joined(token);
        self.sync(&member);
        assert_eq!(self.state(), "Stable");
        member
    }
}

/// A consumer of topic `t` that knows the assignors range and roundrobin.
fn request(member_id: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: GROUP.into(),
        session_timeout_ms: SESSION_MS,
        rebalance_timeout_ms: REBALANCE_MS,
        member_id: member_id.into(),
        protocol_type: "consumer".into(),
        protocols: vec![protocol("range", SUBSCRIPTION), protocol("roundrobin", SUBSCRIPTION)],
        ..Default::default()
    }
}

fn static_request(instance_id: &str, member_id: &str) -> JoinGroupRequest {
    JoinGroupRequest { group_instance_id: Some(instance_id.into()), ..request(member_id) }
}

fn protocol(name: &'static str, metadata: &'static [u8]) -> JoinGroupRequestProtocol {
    JoinGroupRequestProtocol { name: name.into(), metadata: Bytes::from_static(metadata) }
}

const SUBSCRIPTION: &[u8] = b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff";
