//! The phases of a rebalance: members join, the leader assigns, members get their assignments.

use bytes::Bytes;
use ottla_protocol::{
    error_code::ErrorCode,
    messages::{join_group::JoinGroupResponse, sync_group::SyncGroupResponse},
    wire::Str,
};

use super::{
    classic_group::{ClassicGroup, GroupState, InitialRebalance},
    outcome::Effects,
    timer::TimerKey,
};

/// Join phase.
impl ClassicGroup {
    /// Begins a rebalance, or ends the join phase of the one there is if everybody has joined.
    pub(super) fn rebalance(&mut self, fx: &mut Effects<'_>) {
        if self.state == GroupState::PreparingRebalance {
            self.complete_join_if_all_joined(fx);
        } else {
            self.prepare_rebalance(fx);
        }
    }

    /// Begins a rebalance. Who waits for an assignment is told to join again.
    pub(super) fn prepare_rebalance(&mut self, fx: &mut Effects<'_>) {
        if self.state == GroupState::CompletingRebalance {
            self.clear_assignments();
            self.reply_sync_to_all(ErrorCode::REBALANCE_IN_PROGRESS, fx);
        }
        self.pending_sync.clear();
        fx.timers.cancel(&self.sync_timer());
        let initial = self.is_empty();
        self.transition(GroupState::PreparingRebalance, fx.now.timestamp_ms);
        if initial {
            self.delay_initial_rebalance(fx);
        } else if self.has_all_members_joined() {
            self.complete_join(fx);
        } else {
            fx.timers.schedule(self.join_timer(), fx.now.steady_ms + self.rebalance_timeout_ms());
        }
    }

    /// Gives more members the time to join an empty group, as most start together.
    fn delay_initial_rebalance(&mut self, fx: &mut Effects<'_>) {
        let delay_ms = fx.config.initial_rebalance_delay_ms;
        let remaining_ms = (self.rebalance_timeout_ms() - delay_ms).max(0);
        self.initial = Some(InitialRebalance { delay_ms, remaining_ms, joined: false });
        fx.timers.schedule(self.join_timer(), fx.now.steady_ms + delay_ms);
    }

    /// Ends the join phase if everybody has joined, unless it is the initial one, which time ends.
    pub(super) fn complete_join_if_all_joined(&mut self, fx: &mut Effects<'_>) {
        let is_due = self.state == GroupState::PreparingRebalance && self.initial.is_none();
        if is_due && self.has_all_members_joined() {
            self.complete_join(fx);
        }
    }

    /// The time of the join phase is up. The initial one is extended as long as members keep coming.
    pub(super) fn join_time_is_up(&mut self, fx: &mut Effects<'_>) {
        match self.initial {
            Some(initial) if initial.joined && initial.remaining_ms > 0 => {
                let delay_ms = fx.config.initial_rebalance_delay_ms.min(initial.remaining_ms);
                let remaining_ms = (initial.remaining_ms - initial.delay_ms).max(0);
                self.initial = Some(InitialRebalance { delay_ms, remaining_ms, joined: false });
                fx.timers.schedule(self.join_timer(), fx.now.steady_ms + delay_ms);
            }
            _ if self.state == GroupState::PreparingRebalance => self.complete_join(fx),
            _ => {}
        }
    }

    /// Ends the join phase: who has not rejoined is out, but for static members, and the next generation begins.
    pub(super) fn complete_join(&mut self, fx: &mut Effects<'_>) {
        fx.timers.cancel(&self.join_timer());
        self.remove_absent_dynamic_members(fx);
        if !self.elect_joined_leader() && !self.members.is_empty() {
            // Only static members are left, and none of them is here. Their session timeouts decide.
            fx.timers.schedule(self.join_timer(), fx.now.steady_ms + self.rebalance_timeout_ms());
            return;
        }
        self.begin_generation(fx.now.timestamp_ms);
        if self.is_empty() {
            fx.records.push(self.to_record(|_| Bytes::new()));
        } else {
            self.reply_join_to_all(fx);
            fx.timers.schedule(self.sync_timer(), fx.now.steady_ms + self.rebalance_timeout_ms());
        }
    }

    fn remove_absent_dynamic_members(&mut self, fx: &mut Effects<'_>) {
        let absent =
            self.members.values().filter(|member| member.awaiting_join.is_none() && member.instance_id.is_none());
        let absent: Vec<Str> = absent.map(|member| member.id.clone()).collect();
        for member_id in absent {
            self.remove(&member_id);
            fx.timers.cancel(&self.heartbeat_timer(&member_id));
        }
    }

    fn begin_generation(&mut self, now_ms: i64) {
        // After the largest generation the count begins again: a negative one means "no generation" to a client.
        self.generation = self.generation.checked_add(1).unwrap_or(0);
        self.initial = None;
        self.pending_sync.clear();
        self.protocol_name = self.select_protocol();
        self.topics = self.compute_topics();
        let state = if self.members.is_empty() { GroupState::Empty } else { GroupState::CompletingRebalance };
        self.transition(state, now_ms);
    }

    fn reply_join_to_all(&mut self, fx: &mut Effects<'_>) {
        let member_ids: Vec<Str> = self.members.keys().cloned().collect();
        for member_id in member_ids {
            if let Some(token) = self.take_join(&member_id) {
                fx.reply_join(token, self.join_response(&member_id));
            }
            self.schedule_heartbeat(&member_id, fx);
            if let Some(member) = self.members.get_mut(&member_id) {
                member.is_new = false;
            }
            self.pending_sync.insert(member_id);
        }
    }
}

/// Sync phase.
impl ClassicGroup {
    /// Everybody who waits for an assignment gets it, or the error.
    pub(super) fn reply_sync_to_all(&mut self, error_code: ErrorCode, fx: &mut Effects<'_>) {
        let settled = error_code.is_none();
        let protocol_type = self.protocol_type.clone().filter(|_| settled);
        let protocol_name = self.protocol_name.clone().filter(|_| settled);
        let mut replied = Vec::new();
        for member in self.members.values_mut() {
            let Some(token) = member.awaiting_sync.take() else { continue };
            let response = SyncGroupResponse {
                error_code,
                protocol_type: protocol_type.clone(),
                protocol_name: protocol_name.clone(),
                assignment: member.assignment.clone(),
                ..Default::default()
            };
            fx.reply_sync(token, response);
            replied.push(member.id.clone());
        }
        // While they waited, their heartbeat was not expected.
        for member_id in replied {
            self.schedule_heartbeat(&member_id, fx);
        }
    }

    pub(super) fn clear_assignments(&mut self) {
        self.members.values_mut().for_each(|member| member.assignment = Bytes::new());
    }

    /// The member has asked for its assignment.
    pub(super) fn has_synced(&mut self, member_id: &str, fx: &mut Effects<'_>) {
        self.pending_sync.remove(member_id);
        if self.pending_sync.is_empty() {
            fx.timers.cancel(&self.sync_timer());
        }
    }

    /// The time to ask for assignments is up: who has not asked is out.
    pub(super) fn sync_time_is_up(&mut self, fx: &mut Effects<'_>) {
        let late = std::mem::take(&mut self.pending_sync);
        if late.is_empty() || !matches!(self.state, GroupState::CompletingRebalance | GroupState::Stable) {
            return;
        }
        for member_id in late {
            self.remove(&member_id);
            fx.timers.cancel(&self.heartbeat_timer(&member_id));
        }
        self.prepare_rebalance(fx);
    }
}

/// Heartbeats and failures.
impl ClassicGroup {
    /// Expects the next heartbeat of a member within its session timeout.
    pub(super) fn schedule_heartbeat(&self, member_id: &Str, fx: &mut Effects<'_>) {
        if let Some(member) = self.members.get(member_id) {
            let deadline_ms = fx.now.steady_ms + i64::from(member.session_timeout_ms);
            fx.timers.schedule(self.heartbeat_timer(member_id), deadline_ms);
        }
    }

    /// A member was not heard of in time, or a pending member did not come back.
    pub(super) fn heartbeat_is_missing(&mut self, member_id: &Str, fx: &mut Effects<'_>) {
        if self.pending_join.contains(member_id) {
            self.remove(member_id);
            self.after_removal_of_pending(fx);
        } else if self.members.get(member_id).is_some_and(|member| !member.has_satisfied_heartbeat()) {
            self.dismiss(member_id, fx);
            self.after_failure(fx);
        }
    }

    /// Takes a member out and answers its request to join, so that a client that is still there joins anew.
    pub(super) fn dismiss(&mut self, member_id: &Str, fx: &mut Effects<'_>) {
        if let Some(token) = self.take_join(member_id) {
            let error_code = ErrorCode::UNKNOWN_MEMBER_ID;
            fx.reply_join(token, JoinGroupResponse { error_code, ..Default::default() });
        }
        fx.timers.cancel(&self.heartbeat_timer(member_id));
        if let Some(token) = self.remove(member_id).and_then(|member| member.awaiting_sync) {
            let error_code = ErrorCode::UNKNOWN_MEMBER_ID;
            fx.reply_sync(token, SyncGroupResponse { error_code, ..Default::default() });
        }
    }

    fn after_failure(&mut self, fx: &mut Effects<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(fx),
            GroupState::PreparingRebalance => self.after_removal_of_pending(fx),
            GroupState::Empty => {}
        }
    }

    /// Unlike a leave, a failure ends even the initial join phase if all that are left have joined, as in Kafka.
    pub(super) fn after_removal_of_pending(&mut self, fx: &mut Effects<'_>) {
        if self.state == GroupState::PreparingRebalance && self.has_all_members_joined() {
            self.complete_join(fx);
        }
    }

    pub(super) fn join_timer(&self) -> TimerKey {
        TimerKey::Join(self.id.clone())
    }

    pub(super) fn sync_timer(&self) -> TimerKey {
        TimerKey::Sync(self.id.clone())
    }

    pub(super) fn heartbeat_timer(&self, member_id: &Str) -> TimerKey {
        TimerKey::Heartbeat(self.id.clone(), member_id.clone())
    }
}
