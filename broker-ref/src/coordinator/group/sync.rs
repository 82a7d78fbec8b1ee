//! SyncGroup.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_protocol::{
    error_code::ErrorCode,
    messages::sync_group::{SyncGroupRequest, SyncGroupResponse},
    wire::Str,
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    outcome::{Effects, Outcome, Token, Undo},
};
use crate::clock::Moment;

impl GroupCoordinator {
    /// Takes the assignments of the leader, and gives a member its own. The reply may come with the outcome of a later
    /// operation, when the leader has assigned.
    pub fn sync_group(&mut self, now: Moment, token: Token, request: &SyncGroupRequest) -> Outcome {
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        let group = self.groups.get_mut(&request.group_id).filter(|group| !group.is_empty());
        let checked = match group {
            _ if request.group_id.is_empty() => Err(ErrorCode::INVALID_GROUP_ID),
            None => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            Some(group) => check(group, request).map(|()| group),
        };
        match checked {
            Ok(group) => group.sync(token, request, &mut fx),
            Err(error_code) => fx.reply_sync(token, SyncGroupResponse { error_code, ..Default::default() }),
        }
        fx.into_outcome()
    }
}

fn check(group: &ClassicGroup, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
    group.check_member(&request.member_id, request.group_instance_id.as_ref())?;
    if request.generation_id != group.generation {
        return Err(ErrorCode::ILLEGAL_GENERATION);
    }
    let differ = |asked: &Option<Str>, is: &Option<Str>| asked.is_some() && is.is_some() && asked != is;
    if differ(&request.protocol_type, &group.protocol_type) || differ(&request.protocol_name, &group.protocol_name) {
        return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    match group.state {
        GroupState::PreparingRebalance => Err(ErrorCode::REBALANCE_IN_PROGRESS),
        _ => Ok(()),
    }
}

impl ClassicGroup {
    fn sync(&mut self, token: Token, request: &SyncGroupRequest, fx: &mut Effects<'_>) {
        self.has_synced(&request.member_id, fx);
        let stable = self.state == GroupState::Stable;
        let Some(member) = self.members.get_mut(&request.member_id) else { return };
        let former = member.awaiting_sync.replace(token);
        if let Some(former) = former {
            // Sent by the same member before. It is told to try again should anybody still listen.
            let error_code = ErrorCode::REBALANCE_IN_PROGRESS;
            fx.reply_sync(former, SyncGroupResponse { error_code, ..Default::default() });
        }
        if stable {
            self.reply_sync_to_all(ErrorCode::NONE, fx);
        } else if self.is_leader(&request.member_id) {
            self.assign(request, fx);
        }
    }

    /// Takes the leader's assignments over, stores them, and gives them to everybody who waits. Members that the leader
    /// left out get an empty one.
    fn assign(&mut self, request: &SyncGroupRequest, fx: &mut Effects<'_>) {
        let assigned = request.assignments.iter().map(|entry| (entry.member_id.as_str(), &entry.assignment));
        let assigned: BTreeMap<&str, &Bytes> = assigned.collect();
        for member in self.members.values_mut() {
            let assignment = assigned.get(member.id.as_str());
            member.assignment = assignment.map(|bytes| Bytes::copy_from_slice(bytes)).unwrap_or_default();
        }
        fx.records.push(self.to_record(|member| member.assignment.clone()));
        fx.undo = Undo::Assignment(self.id.clone());
        self.transition(GroupState::Stable, fx.now.timestamp_ms);
        self.reply_sync_to_all(ErrorCode::NONE, fx);
    }
}
