//! The coordinator: its groups, and how it is loaded, driven by time, settled and unloaded.

use std::collections::BTreeMap;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{join_group::JoinGroupResponse, sync_group::SyncGroupResponse},
    types::{GroupId, ProducerId},
    wire::Str,
};

use super::{
    classic_group::ClassicGroup,
    config::GroupConfig,
    member::{Member, Terms},
    offset::Offsets,
    outcome::{Effects, Outcome, Reply, Token, Undo, append_error},
    record::CoordinatorRecord,
    timer::{TimerKey, Timers},
};
use crate::clock::Moment;

/// The groups of one partition of `__consumer_offsets`. The [module](super) tells how to drive it.
///
/// Every operation takes the [`Moment`] at which it happens.
#[derive(Debug)]
pub struct GroupCoordinator {
    pub(super) config: GroupConfig,
    pub(super) groups: BTreeMap<GroupId, ClassicGroup>,
    pub(super) offsets: Offsets,
    pub(super) timers: Timers,
    random: fastrand::Rng,
}

impl GroupCoordinator {
    /// A coordinator without groups. Member ids are made with randomness from the seed.
    pub fn new(config: GroupConfig, seed: u64) -> Self {
        Self {
            config,
            groups: BTreeMap::new(),
            offsets: Offsets::default(),
            timers: Timers::default(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Takes over a record of the partition while it is loaded: its offset, and the producer where it is part of a
    /// transaction.
    pub fn replay(&mut self, offset: i64, producer_id: Option<ProducerId>, record: CoordinatorRecord) {
        match record {
            CoordinatorRecord::OffsetCommit { .. } => self.apply_offset(offset, producer_id, record),
            CoordinatorRecord::GroupMetadata { key, value: Some(value) } => {
                let id = key.group.detach();
                self.groups.insert(id.clone(), ClassicGroup::from_record(id, &value));
            }
            CoordinatorRecord::GroupMetadata { key, value: None } => {
                self.groups.remove(&key.group);
            }
        }
    }

    /// Takes over the end of a transaction: a control record of the partition, be it loaded or appended.
    pub fn end_transaction(&mut self, producer_id: ProducerId, committed: bool) {
        self.offsets.end_transaction(producer_id, committed);
    }

    /// The partition is loaded: from now on members must be heard of in time.
    pub fn loaded(&mut self, now: Moment) {
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        for group in self.groups.values_mut() {
            for member_id in group.members.keys() {
                group.schedule_heartbeat(member_id, &mut fx);
            }
            if group.members.len() > fx.config.max_size {
                group.prepare_rebalance(&mut fx);
            }
        }
        debug_assert!(fx.records.is_empty() && fx.replies.is_empty(), "nobody has asked for anything yet");
    }

    /// The records of the outcome are appended, the first of them at this offset. Returns the replies to send.
    pub fn commit(&mut self, base_offset: i64, outcome: Outcome) -> Vec<(Token, Reply)> {
        let producer_id = outcome.producer.map(|producer| producer.producer_id);
        for (offset, record) in (base_offset..).zip(outcome.records) {
            match record {
                CoordinatorRecord::OffsetCommit { .. } => self.apply_offset(offset, producer_id, record),
                CoordinatorRecord::GroupMetadata { key, value: None } => {
                    self.forget(&key.group);
                }
                // The group is already what its record says.
                CoordinatorRecord::GroupMetadata { value: Some(_), .. } => {}
            }
        }
        outcome.replies
    }

    /// The records of the outcome could not be appended, for this reason. Returns the replies to send.
    pub fn abort(&mut self, now: Moment, outcome: Outcome, reason: ErrorCode) -> Vec<(Token, Reply)> {
        let code = append_error(reason);
        let mut replies: Vec<_> =
            outcome.replies.into_iter().map(|(token, reply)| (token, reply.failed(code))).collect();
        match outcome.undo {
            Undo::Nothing => {}
            Undo::NewGroup(id) => {
                let members = self.forget(&id).into_iter().flat_map(|group| group.members.into_values());
                replies.extend(members.flat_map(|member| dismissal(member, code)));
            }
            Undo::Assignment(id) => self.undo_assignment(now, &id),
            Undo::StaticMember { group_id, new_id, former } => {
                self.undo_static_member(now, &group_id, &new_id, *former);
            }
        }
        replies
    }

    /// The members do not know of the assignment: they join again.
    fn undo_assignment(&mut self, now: Moment, id: &GroupId) {
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        if let Some(group) = self.groups.get_mut(id) {
            group.clear_assignments();
            group.prepare_rebalance(&mut fx);
        }
        debug_assert!(fx.records.is_empty() && fx.replies.is_empty(), "everybody had a reply, and nobody has rejoined");
    }

    fn undo_static_member(&mut self, now: Moment, group_id: &GroupId, new_id: &Str, former: Member) {
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        if let Some(group) = self.groups.get_mut(group_id) {
            fx.timers.cancel(&group.heartbeat_timer(new_id));
            let former_id = former.id.clone();
            group.replace(new_id, &former_id);
            group.update(&former_id, Terms::from(former));
            group.schedule_heartbeat(&former_id, &mut fx);
        }
    }

    /// When [`poll_timer`](Self::poll_timer) will have something to do, if nothing else happens before, by the steady
    /// clock.
    pub fn next_deadline(&self) -> Option<i64> {
        self.timers.next_deadline()
    }

    /// Acts upon one deadline that has come. To be called, and its outcomes settled, until it returns none.
    pub fn poll_timer(&mut self, now: Moment) -> Option<Outcome> {
        let key = self.timers.pop_due(now.steady_ms)?;
        let mut fx = Effects::new(now, &self.config, &mut self.timers);
        let (TimerKey::Join(id) | TimerKey::Sync(id) | TimerKey::Heartbeat(id, _)) = &key;
        if let Some(group) = self.groups.get_mut(id) {
            match &key {
                TimerKey::Join(_) => group.join_time_is_up(&mut fx),
                TimerKey::Sync(_) => group.sync_time_is_up(&mut fx),
                TimerKey::Heartbeat(_, member_id) => group.heartbeat_is_missing(member_id, &mut fx),
            }
        }
        Some(fx.into_outcome())
    }

    /// Another broker coordinates the partition from now on. Returns the replies to who still waits, and forgets all.
    pub fn unload(&mut self) -> Vec<(Token, Reply)> {
        self.timers.clear();
        self.offsets = Offsets::default();
        let members = std::mem::take(&mut self.groups).into_values().flat_map(|group| group.members.into_values());
        members.flat_map(|member| dismissal(member, ErrorCode::NOT_COORDINATOR)).collect()
    }

    /// A member id nobody has: a name to recognize the client by, and a random UUID.
    pub(super) fn new_member_id(&mut self, name: &str) -> Str {
        let random = self.random.u128(..);
        // The bits that make it a UUID of version 4, variant 1.
        let uuid = (random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{uuid:032x}");
        let (head, rest) = hex.split_at(8);
        let (mid, rest) = rest.split_at(4);
        let (version, rest) = rest.split_at(4);
        let (variant, node) = rest.split_at(4);
        format!("{name}-{head}-{mid}-{version}-{variant}-{node}").into()
    }

    fn apply_offset(&mut self, offset: i64, producer_id: Option<ProducerId>, record: CoordinatorRecord) {
        let CoordinatorRecord::OffsetCommit { key, value } = record else { return };
        match value {
            Some(value) => {
                // Somebody without membership may commit offsets of a group that does not exist yet.
                if !self.groups.contains_key(&key.group) {
                    let id = key.group.detach();
                    self.groups.insert(id.clone(), ClassicGroup::new(id, value.commit_timestamp));
                }
                self.offsets.put(offset, producer_id, &key, &value);
            }
            None => self.offsets.remove(&key),
        }
    }

    fn forget(&mut self, id: &GroupId) -> Option<ClassicGroup> {
        let group = self.groups.remove(id)?;
        self.timers.cancel(&group.join_timer());
        self.timers.cancel(&group.sync_timer());
        for member_id in group.members.keys().chain(&group.pending_join) {
            self.timers.cancel(&group.heartbeat_timer(member_id));
        }
        Some(group)
    }
}

/// The replies to the requests of a member that wait, saying that they failed.
fn dismissal(member: Member, error_code: ErrorCode) -> impl Iterator<Item = (Token, Reply)> {
    let member_id = member.id;
    let join = member
        .awaiting_join
        .map(|token| (token, Reply::JoinGroup(JoinGroupResponse { error_code, member_id, ..Default::default() })));
    let sync = member
        .awaiting_sync
        .map(|token| (token, Reply::SyncGroup(SyncGroupResponse { error_code, ..Default::default() })));
    join.into_iter().chain(sync)
}
