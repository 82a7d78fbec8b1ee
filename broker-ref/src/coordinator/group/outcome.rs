//! What an operation leads to: records to append, and replies to send afterwards.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        delete_groups::DeleteGroupsResponse, heartbeat::HeartbeatResponse, join_group::JoinGroupResponse,
        leave_group::LeaveGroupResponse, offset_commit::OffsetCommitResponse, offset_delete::OffsetDeleteResponse,
        sync_group::SyncGroupResponse, txn_offset_commit::TxnOffsetCommitResponse,
    },
    types::{GroupId, ProducerId},
    wire::Str,
};

use super::{config::GroupConfig, member::Member, record::CoordinatorRecord, timer::Timers};
use crate::clock::Moment;

/// Names a request that waits for a reply. The caller chooses it and tells requests apart by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// The producer in whose name a batch of records is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdentity {
    /// Its id.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: i16,
}

/// A reply to one request.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each variant is the response of the API it is named after")]
pub enum Reply {
    JoinGroup(JoinGroupResponse),
    SyncGroup(SyncGroupResponse),
    Heartbeat(HeartbeatResponse),
    LeaveGroup(LeaveGroupResponse),
    OffsetCommit(OffsetCommitResponse),
    TxnOffsetCommit(TxnOffsetCommitResponse),
    OffsetDelete(OffsetDeleteResponse),
    DeleteGroups(DeleteGroupsResponse),
}

impl Reply {
    /// The same reply, saying instead that the request failed with this code. What had failed already keeps its code.
    #[must_use]
    pub fn failed(mut self, code: ErrorCode) -> Self {
        let fail = |present: &mut ErrorCode| {
            if present.is_none() {
                *present = code;
            }
        };
        match &mut self {
            Self::JoinGroup(response) => {
                let JoinGroupResponse { member_id, error_code, .. } = std::mem::take(response);
                *response = JoinGroupResponse { member_id, error_code, ..Default::default() };
                fail(&mut response.error_code);
            }
            Self::SyncGroup(response) => {
                *response = SyncGroupResponse { error_code: response.error_code, ..Default::default() };
                fail(&mut response.error_code);
            }
            Self::Heartbeat(response) => fail(&mut response.error_code),
            Self::LeaveGroup(response) => *response = LeaveGroupResponse { error_code: code, ..Default::default() },
            Self::OffsetCommit(response) => {
                response.topics.iter_mut().flat_map(|t| &mut t.partitions).for_each(|p| fail(&mut p.error_code));
            }
            Self::TxnOffsetCommit(response) => {
                response.topics.iter_mut().flat_map(|t| &mut t.partitions).for_each(|p| fail(&mut p.error_code));
            }
            Self::OffsetDelete(response) => *response = OffsetDeleteResponse { error_code: code, ..Default::default() },
            Self::DeleteGroups(response) => response.results.iter_mut().for_each(|r| fail(&mut r.error_code)),
        }
        self
    }
}

/// What an operation leads to. It must be settled before the next operation, by
/// [`GroupCoordinator::commit`](super::GroupCoordinator::commit) or
/// [`GroupCoordinator::abort`](super::GroupCoordinator::abort).
#[must_use = "an outcome must be committed or aborted"]
#[derive(Debug)]
pub struct Outcome {
    pub(super) records: Vec<CoordinatorRecord>,
    pub(super) replies: Vec<(Token, Reply)>,
    pub(super) producer: Option<ProducerIdentity>,
    pub(super) undo: Undo,
}

impl Outcome {
    /// The records to append, in one batch. With none, the outcome may be committed right away.
    pub fn records(&self) -> &[CoordinatorRecord] {
        &self.records
    }

    /// The producer of the transaction that the records are part of.
    pub fn producer(&self) -> Option<ProducerIdentity> {
        self.producer
    }

    pub(super) fn reply(token: Token, reply: Reply) -> Self {
        Self::with_records(Vec::new(), token, reply)
    }

    pub(super) fn with_records(records: Vec<CoordinatorRecord>, token: Token, reply: Reply) -> Self {
        Self { records, replies: vec![(token, reply)], producer: None, undo: Undo::Nothing }
    }
}

/// What must change back if the records of an outcome could not be appended.
#[derive(Debug, Default)]
pub(super) enum Undo {
    #[default]
    Nothing,
    /// The group was made by the operation.
    NewGroup(GroupId),
    /// The group became stable with an assignment that is not stored.
    Assignment(GroupId),
    /// A static member has a new id that is not stored.
    StaticMember { group_id: GroupId, new_id: Str, former: Box<Member> },
}

/// Everything that a step of a group may act upon, besides the group.
pub(super) struct Effects<'a> {
    pub(super) now: Moment,
    pub(super) config: &'a GroupConfig,
    pub(super) timers: &'a mut Timers,
    pub(super) records: Vec<CoordinatorRecord>,
    pub(super) replies: Vec<(Token, Reply)>,
    pub(super) undo: Undo,
}

impl<'a> Effects<'a> {
    pub(super) fn new(now: Moment, config: &'a GroupConfig, timers: &'a mut Timers) -> Self {
        Self { now, config, timers, records: Vec::new(), replies: Vec::new(), undo: Undo::Nothing }
    }

    pub(super) fn reply_join(&mut self, token: Token, response: JoinGroupResponse) {
        self.replies.push((token, Reply::JoinGroup(response)));
    }

    pub(super) fn reply_sync(&mut self, token: Token, response: SyncGroupResponse) {
        self.replies.push((token, Reply::SyncGroup(response)));
    }

    pub(super) fn into_outcome(self) -> Outcome {
        Outcome { records: self.records, replies: self.replies, producer: None, undo: self.undo }
    }
}

/// The code that a client is told when an append fails with this one. It knows coordinators, not their log.
pub(super) fn append_error(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::NOT_ENOUGH_REPLICAS | ErrorCode::REQUEST_TIMED_OUT => {
            ErrorCode::COORDINATOR_NOT_AVAILABLE
        }
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::KAFKA_STORAGE_ERROR => ErrorCode::NOT_COORDINATOR,
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE | ErrorCode::INVALID_FETCH_SIZE => {
            ErrorCode::UNKNOWN_SERVER_ERROR
        }
        other => other,
    }
}
