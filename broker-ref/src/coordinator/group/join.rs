//! JoinGroup.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        group_metadata_record::GroupMetadataValue,
        join_group::{JoinGroupRequest, JoinGroupResponse},
        sync_group::SyncGroupResponse,
    },
    wire::Str,
};

use super::{
    GroupCoordinator,
    classic_group::{ClassicGroup, GroupState},
    member::{Member, Terms},
    outcome::{Effects, Outcome, Reply, Token, Undo},
    record::CoordinatorRecord,
};
use crate::clock::Moment;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client id of the request.
    pub client_id: Str,
    /// The client's address, written as `/127.0.0.1`.
    pub client_host: Str,
    /// The version of the request.
    pub api_version: i16,
}

impl ClientInfo {
    /// From version 4 on, a client joins again with the id that it is told, so that a lost response leaves no member
    /// behind that nobody is.
    fn can_join_again(&self) -> bool {
        self.api_version >= 4
    }

    /// From version 9 on, a leader that has nothing to assign can be told so.
    fn can_skip_assignment(&self) -> bool {
        self.api_version >= 9
    }
}

impl GroupCoordinator {
    /// Lets a client join a group. The reply may come with the outcome of a later operation, when the others have
    /// joined too.
    pub fn join_group(
        &mut self,
        now: Moment,
        token: Token,
        client: &ClientInfo,
        request: &JoinGroupRequest,
    ) -> Outcome {
        if let Err(code) = self.check_join(request) {
            return refuse(token, code, request.member_id.clone());
        }
        let id = request.group_id.detach();
        let new_id = self.new_member_id(request.group_instance_id.as_ref().unwrap_or(&client.client_id));
        let is_new_group = !self.groups.contains_key(&id);
        let group = self.groups.entry(id.clone()).or_insert_with(|| ClassicGroup::new(id.clone(), now.timestamp_ms));
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        let mut join = Join { token, client, request, group, fx: &mut fx };
        if request.member_id.is_empty() {
            join.by_stranger(new_id)
        } else {
            join.by_known()
        }
        if is_new_group {
            fx.records.push(empty_group(group));
            fx.undo = Undo::NewGroup(id);
        }
        fx.into_outcome()
    }

    fn check_join(&self, request: &JoinGroupRequest) -> Result<(), ErrorCode> {
        let range = self.config.min_session_timeout_ms..=self.config.max_session_timeout_ms;
        if request.group_id.is_empty() {
            Err(ErrorCode::INVALID_GROUP_ID)
        } else if !range.contains(&request.session_timeout_ms) {
            Err(ErrorCode::INVALID_SESSION_TIMEOUT)
        } else if self.groups.contains_key(&request.group_id) {
            Ok(())
        } else if !request.member_id.is_empty() {
            Err(ErrorCode::UNKNOWN_MEMBER_ID)
        } else if request.protocol_type.is_empty() || request.protocols.is_empty() {
            Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL)
        } else {
            Ok(())
        }
    }
}

fn refuse(token: Token, error_code: ErrorCode, member_id: Str) -> Outcome {
    let response = JoinGroupResponse { error_code, member_id, ..Default::default() };
    Outcome::reply(token, Reply::JoinGroup(response))
}

/// A group that was just made is stored at once, so that it has been there after a failover, too.
fn empty_group(group: &ClassicGroup) -> CoordinatorRecord {
    let value = GroupMetadataValue {
        protocol: None,
        leader: None,
        current_state_timestamp: group.state_since_ms.unwrap_or(-1),
        ..Default::default()
    };
    CoordinatorRecord::group(&group.id, Some(value))
}

/// One request to join a group that is there.
struct Join<'a, 'b> {
    token: Token,
    client: &'a ClientInfo,
    request: &'a JoinGroupRequest,
    group: &'a mut ClassicGroup,
    fx: &'a mut Effects<'b>,
}

impl Join<'_, '_> {
    /// A client without member id, which gets this one.
    fn by_stranger(&mut self, new_id: Str) {
        if !self.has_room() {
            return self.refuse(ErrorCode::GROUP_MAX_SIZE_REACHED, "");
        }
        if !self.fits() {
            return self.refuse(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, "");
        }
        let instance_id = self.request.group_instance_id.as_ref();
        let former_id = instance_id.and_then(|instance_id| self.group.static_member_id(instance_id)).cloned();
        match (instance_id, former_id) {
            (Some(_), Some(former_id)) => self.replace_static_member(&former_id, &new_id),
            (Some(_), None) => self.add(new_id),
            (None, _) if self.client.can_join_again() => self.expect_again(&new_id),
            (None, _) => self.add(new_id),
        }
    }

    /// A client that has been told its member id.
    fn by_known(&mut self) {
        let member_id = &self.request.member_id;
        if !self.has_room() {
            self.group.dismiss(member_id, self.fx);
            return self.refuse(ErrorCode::GROUP_MAX_SIZE_REACHED, "");
        }
        if !self.fits() {
            return self.refuse(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, member_id);
        }
        if self.request.group_instance_id.is_none() && self.group.pending_join.contains(member_id) {
            return self.add(member_id.detach());
        }
        match self.group.check_member(member_id, self.request.group_instance_id.as_ref()) {
            Ok(()) => self.by_member(),
            Err(code) => self.refuse(code, member_id),
        }
    }

    /// A member that joins again.
    fn by_member(&mut self) {
        let member_id = &self.request.member_id;
        let member = self.group.members.get(member_id);
        let unchanged = member.is_some_and(|member| member.matches(&self.request.protocols));
        match self.group.state {
            GroupState::PreparingRebalance => self.rejoin(),
            // It may not have got the response that the others act upon.
            GroupState::CompletingRebalance if unchanged => self.answer_at_once(),
            // A leader may know of changes that its subscription does not show, such as new partitions.
            GroupState::Stable if unchanged && !self.group.is_leader(member_id) => self.answer_at_once(),
            GroupState::CompletingRebalance | GroupState::Stable => self.rejoin(),
            GroupState::Empty => self.refuse(ErrorCode::UNKNOWN_MEMBER_ID, member_id),
        }
    }

    /// Whether the group is not full. While members rejoin only those count that have, so that a group that became too
    /// large shrinks.
    fn has_room(&self) -> bool {
        let max_size = self.fx.config.max_size;
        let member = self.group.members.get(&self.request.member_id);
        match self.group.state {
            GroupState::Empty => true,
            GroupState::PreparingRebalance => {
                member.is_some_and(|member| member.awaiting_join.is_some())
                    || self.group.members_awaiting_join() < max_size
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                member.is_some() || self.group.members.len() < max_size
            }
        }
    }

    fn fits(&self) -> bool {
        self.group.supports(&self.request.protocol_type, &self.request.protocols)
    }

    fn refuse(&mut self, error_code: ErrorCode, member_id: &str) {
        let member_id = member_id.into();
        self.fx.reply_join(self.token, JoinGroupResponse { error_code, member_id, ..Default::default() });
    }

    fn answer_at_once(&mut self) {
        let response = self.group.join_response(&self.request.member_id.detach());
        self.fx.reply_join(self.token, response);
    }

    /// Tells the client its id, and keeps a place for it until its session timeout.
    fn expect_again(&mut self, new_id: &Str) {
        self.group.pending_join.insert(new_id.clone());
        let deadline_ms = self.fx.now.steady_ms + i64::from(self.request.session_timeout_ms);
        self.fx.timers.schedule(self.group.heartbeat_timer(new_id), deadline_ms);
        self.refuse(ErrorCode::MEMBER_ID_REQUIRED, new_id);
    }

    fn add(&mut self, member_id: Str) {
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(self.request.protocol_type.detach());
        }
        if let Some(initial) = &mut self.group.initial {
            initial.joined = true;
        }
        let deadline_ms = self.fx.now.steady_ms + self.fx.config.new_member_join_timeout_ms;
        self.fx.timers.schedule(self.group.heartbeat_timer(&member_id), deadline_ms);
        self.group.add(Member::joining(member_id, self.client, self.request), Some(self.token));
        self.group.rebalance(self.fx);
    }

    fn rejoin(&mut self) {
        self.wait(&self.request.member_id);
        self.group.rebalance(self.fx);
    }

    /// Takes over what the member says of itself now, and lets the request wait. One that waits already was sent by the
    /// same member before, and is told to try again should anybody still listen.
    fn wait(&mut self, member_id: &str) {
        self.group.update(member_id, Terms::from(self.request));
        if let Some(former) = self.group.await_join(member_id, self.token) {
            let (error_code, member_id) = (ErrorCode::REBALANCE_IN_PROGRESS, member_id.into());
            self.fx.reply_join(former, JoinGroupResponse { error_code, member_id, ..Default::default() });
        }
    }

    /// A static member restarted: it has a new id and its former place.
    fn replace_static_member(&mut self, former_id: &Str, new_id: &Str) {
        let former_leader = self.group.leader.clone();
        let Some(former) = self.group.replace(former_id, new_id) else { return };
        self.fence(&former);
        self.wait(new_id);
        self.group.schedule_heartbeat(new_id, self.fx);
        match self.group.state {
            GroupState::Stable if self.group.select_protocol() == self.group.protocol_name => {
                self.keep_assignment(former, new_id, former_leader);
            }
            // The leader assigns to the former id, if it has not yet: with the new one it must begin anew.
            GroupState::Stable | GroupState::CompletingRebalance => self.group.prepare_rebalance(self.fx),
            GroupState::PreparingRebalance | GroupState::Empty => self.group.complete_join_if_all_joined(self.fx),
        }
    }

    /// Whoever uses the former id is a second client with the same instance id.
    fn fence(&mut self, former: &Member) {
        self.fx.timers.cancel(&self.group.heartbeat_timer(&former.id));
        let error_code = ErrorCode::FENCED_INSTANCE_ID;
        if let Some(token) = former.awaiting_join {
            let member_id = former.id.clone();
            self.fx.reply_join(token, JoinGroupResponse { error_code, member_id, ..Default::default() });
        }
        if let Some(token) = former.awaiting_sync {
            self.fx.reply_sync(token, SyncGroupResponse { error_code, ..Default::default() });
        }
    }

    /// The member goes on with the assignment it had, and nobody else notices. Its new id is stored first.
    fn keep_assignment(&mut self, former: Member, new_id: &Str, former_leader: Option<Str>) {
        self.group.take_join(new_id);
        let mut response = self.group.join_response(new_id);
        response.skip_assignment = self.client.can_skip_assignment() && self.group.is_leader(new_id);
        if !self.client.can_skip_assignment() {
            // A client that takes itself for the leader would assign. It is told of the former id instead.
            response.leader = former_leader.unwrap_or_default();
            response.members = Vec::new();
        }
        self.fx.reply_join(self.token, response);
        self.fx.records.push(self.group.to_record(|member| member.assignment.clone()));
        let (group_id, new_id) = (self.group.id.clone(), new_id.clone());
        self.fx.undo = Undo::StaticMember { group_id, new_id, former: Box::new(former) };
    }
}
