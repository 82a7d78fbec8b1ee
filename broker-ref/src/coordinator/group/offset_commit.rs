//! OffsetCommit and TxnOffsetCommit.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        offset_commit::{
            OffsetCommitRequest, OffsetCommitRequestTopic, OffsetCommitResponse, OffsetCommitResponsePartition,
            OffsetCommitResponseTopic,
        },
        offset_commit_record::OffsetCommitValue,
        txn_offset_commit::{
            TxnOffsetCommitRequest, TxnOffsetCommitRequestTopic, TxnOffsetCommitResponse,
            TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
        },
    },
    types::{GroupId, TopicName},
    wire::Str,
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    outcome::{Effects, Outcome, ProducerIdentity, Reply, Token},
    record::CoordinatorRecord,
};
use crate::clock::Moment;

impl GroupCoordinator {
    /// Commits offsets. The topics must have their names, and should have their ids.
    pub fn offset_commit(
        &mut self,
        now: Moment,
        token: Token,
        api_version: i16,
        request: &OffsetCommitRequest,
    ) -> Outcome {
        let committer = Committer {
            generation: request.generation_id_or_member_epoch,
            member_id: &request.member_id,
            instance_id: request.group_instance_id.as_ref(),
            transactional: false,
        };
        // From version 9 on, a client can tell a group that is gone from a generation that is over.
        let not_found = if api_version >= 9 { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::ILLEGAL_GENERATION };
        let allowed = self.check_commit(&request.group_id, &committer, not_found);
        if allowed.is_ok() {
            self.refresh_session(now, &request.group_id, &request.member_id);
        }
        let retention_ms = request.retention_time_ms;
        let expire_timestamp = if retention_ms < 0 { -1 } else { now.timestamp_ms.saturating_add(retention_ms) };
        let mut commit = self.begin_commit(now.timestamp_ms, &request.group_id, allowed);
        let topics = request.topics.iter().map(|topic| commit.topic(topic, expire_timestamp)).collect();
        let response = OffsetCommitResponse { topics, ..Default::default() };
        Outcome::with_records(commit.records, token, Reply::OffsetCommit(response))
    }

    /// Commits offsets with a producer's transaction: they count when that is committed.
    pub fn txn_offset_commit(&mut self, now: Moment, token: Token, request: &TxnOffsetCommitRequest) -> Outcome {
        let committer = Committer {
            generation: request.generation_id,
            member_id: &request.member_id,
            instance_id: request.group_instance_id.as_ref(),
            transactional: true,
        };
        let allowed = self.check_commit(&request.group_id, &committer, ErrorCode::ILLEGAL_GENERATION);
        let mut commit = self.begin_commit(now.timestamp_ms, &request.group_id, allowed);
        let topics = request.topics.iter().map(|topic| commit.transactional_topic(topic)).collect();
        let response = TxnOffsetCommitResponse { topics, ..Default::default() };
        let mut outcome = Outcome::with_records(commit.records, token, Reply::TxnOffsetCommit(response));
        let (producer_id, producer_epoch) = (request.producer_id, request.producer_epoch);
        outcome.producer = Some(ProducerIdentity { producer_id, producer_epoch });
        outcome
    }

    fn check_commit(
        &self,
        group_id: &GroupId,
        committer: &Committer<'_>,
        not_found: ErrorCode,
    ) -> Result<(), ErrorCode> {
        match self.groups.get(group_id) {
            Some(group) => group.check_commit(committer),
            // Somebody without membership commits: the group is made by the record.
            None if committer.generation < 0 => Ok(()),
            None => Err(not_found),
        }
    }

    /// A commit shows that the member lives.
    fn refresh_session(&mut self, now: Moment, group_id: &GroupId, member_id: &Str) {
        if let Some(group) = self.groups.get(group_id) {
            group.schedule_heartbeat(&member_id.detach(), &mut Effects::new(now, &self.config, &mut self.timers));
        }
    }

    fn begin_commit<'a>(&self, now_ms: i64, group_id: &'a GroupId, allowed: Result<(), ErrorCode>) -> Commit<'a> {
        let max_metadata_size = self.config.offset_metadata_max_size;
        Commit { now_ms, group_id, allowed, max_metadata_size, records: Vec::new() }
    }
}

/// Who commits, as far as the group is concerned.
struct Committer<'a> {
    generation: i32,
    member_id: &'a Str,
    instance_id: Option<&'a Str>,
    transactional: bool,
}

impl Committer<'_> {
    fn is_member(&self) -> bool {
        self.generation >= 0 || !self.member_id.is_empty() || self.instance_id.is_some()
    }
}

impl ClassicGroup {
    fn check_commit(&self, committer: &Committer<'_>) -> Result<(), ErrorCode> {
        if committer.generation < 0 && self.is_empty() {
            return Ok(());
        }
        if committer.is_member() {
            self.check_member(committer.member_id, committer.instance_id)?;
            if committer.generation != self.generation {
                return Err(ErrorCode::ILLEGAL_GENERATION);
            }
        } else if !committer.transactional {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        if !committer.transactional && self.state == GroupState::CompletingRebalance {
            // The member knows the generation but not its assignment: what it commits may be another's by now.
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        Ok(())
    }
}

/// A request to commit, and the records it leads to.
struct Commit<'a> {
    now_ms: i64,
    group_id: &'a GroupId,
    allowed: Result<(), ErrorCode>,
    max_metadata_size: usize,
    records: Vec<CoordinatorRecord>,
}

impl Commit<'_> {
    fn topic(&mut self, topic: &OffsetCommitRequestTopic, expire_timestamp: i64) -> OffsetCommitResponseTopic {
        let partitions = topic.partitions.iter().map(|partition| {
            let value = OffsetCommitValue {
                offset: partition.committed_offset,
                leader_epoch: partition.committed_leader_epoch,
                metadata: partition.committed_metadata.clone().unwrap_or_default(),
                commit_timestamp: self.now_ms,
                expire_timestamp,
                topic_id: topic.topic_id,
            };
            let partition_index = partition.partition_index;
            let error_code = self.partition(&topic.name, partition_index, value);
            OffsetCommitResponsePartition { partition_index, error_code }
        });
        let partitions = partitions.collect();
        OffsetCommitResponseTopic { name: topic.name.clone(), topic_id: topic.topic_id, partitions }
    }

    fn transactional_topic(&mut self, topic: &TxnOffsetCommitRequestTopic) -> TxnOffsetCommitResponseTopic {
        let partitions = topic.partitions.iter().map(|partition| {
            let value = OffsetCommitValue {
                offset: partition.committed_offset,
                leader_epoch: partition.committed_leader_epoch,
                metadata: partition.committed_metadata.clone().unwrap_or_default(),
                commit_timestamp: self.now_ms,
                ..Default::default()
            };
            let partition_index = partition.partition_index;
            let error_code = self.partition(&topic.name, partition_index, value);
            TxnOffsetCommitResponsePartition { partition_index, error_code }
        });
        let partitions = partitions.collect();
        TxnOffsetCommitResponseTopic { name: topic.name.clone(), partitions }
    }

    fn partition(&mut self, topic: &TopicName, partition: i32, value: OffsetCommitValue) -> ErrorCode {
        if let Err(code) = self.allowed {
            return code;
        }
        if is_longer(&value.metadata, self.max_metadata_size) {
            return ErrorCode::OFFSET_METADATA_TOO_LARGE;
        }
        self.records.push(CoordinatorRecord::offset(self.group_id, topic, partition, Some(value)));
        ErrorCode::NONE
    }
}

/// Whether the text has more UTF-16 code units: Kafka measures metadata as Java does.
fn is_longer(text: &str, max_size: usize) -> bool {
    text.len() > max_size && text.encode_utf16().count() > max_size
}
