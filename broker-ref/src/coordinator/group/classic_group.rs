//! A classic group: who is in it, who leads it, which assignor it uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use bytes::Bytes;
use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        group_metadata_record::GroupMetadataValue,
        join_group::{JoinGroupRequestProtocol, JoinGroupResponse, JoinGroupResponseMember},
    },
    types::{GroupId, TopicName},
    wire::Str,
};

use super::{
    member::{Member, Protocol, Terms},
    outcome::Token,
    record::CoordinatorRecord,
    subscription::subscribed_topics,
};

/// Where a group stands. A group that does not exist is called `Dead` in responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupState {
    /// It has no members. It may have offsets.
    Empty,
    /// Its members rejoin.
    PreparingRebalance,
    /// Its leader assigns.
    CompletingRebalance,
    /// Its members have their assignments.
    Stable,
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        })
    }
}

/// A classic group. What may happen when is in the modules of the operations and in `rebalance`.
#[derive(Clone, Debug)]
pub(super) struct ClassicGroup {
    pub(super) id: GroupId,
    pub(super) state: GroupState,
    pub(super) generation: i32,
    /// What kind of members they are, such as `consumer`. None where nobody ever joined.
    pub(super) protocol_type: Option<Str>,
    /// The assignor of this generation.
    pub(super) protocol_name: Option<Str>,
    pub(super) leader: Option<Str>,
    pub(super) members: BTreeMap<Str, Member>,
    /// Ids that were given out and have not joined yet.
    pub(super) pending_join: BTreeSet<Str>,
    /// Members of this generation that have not asked for their assignment yet.
    pub(super) pending_sync: BTreeSet<Str>,
    /// In PreparingRebalance: it was Empty before, so that time decides when the phase ends.
    pub(super) initial: Option<InitialRebalance>,
    /// What its members subscribe to, where they are consumers and their subscriptions can be read.
    pub(super) topics: Option<BTreeSet<TopicName>>,
    /// Since when it is in its state, in milliseconds.
    pub(super) state_since_ms: Option<i64>,
    static_members: BTreeMap<Str, Str>,
    awaiting_join: usize,
    /// How many members know an assignor.
    supporters: BTreeMap<Str, usize>,
}

/// The rebalance of a group that was empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InitialRebalance {
    /// How long the present delay is.
    pub(super) delay_ms: i64,
    /// How much longer it may be extended.
    pub(super) remaining_ms: i64,
    /// A member has joined since the delay began.
    pub(super) joined: bool,
}

impl ClassicGroup {
    pub(super) fn new(id: GroupId, now_ms: i64) -> Self {
        Self {
            id,
            state: GroupState::Empty,
            generation: 0,
            protocol_type: None,
            protocol_name: None,
            leader: None,
            members: BTreeMap::new(),
            pending_join: BTreeSet::new(),
            pending_sync: BTreeSet::new(),
            initial: None,
            topics: None,
            state_since_ms: Some(now_ms),
            static_members: BTreeMap::new(),
            awaiting_join: 0,
            supporters: BTreeMap::new(),
        }
    }

    pub(super) fn from_record(id: GroupId, value: &GroupMetadataValue) -> Self {
        let mut group = Self::new(id, 0);
        for member in &value.members {
            group.add(Member::from_record(member, value), None);
        }
        group.state = if group.members.is_empty() { GroupState::Empty } else { GroupState::Stable };
        group.generation = value.generation;
        group.protocol_type = Some(value.protocol_type.detach()).filter(|kind| !kind.is_empty());
        group.protocol_name = value.protocol.as_ref().map(Str::detach);
        group.leader = value.leader.as_ref().map(Str::detach);
        group.state_since_ms = Some(value.current_state_timestamp).filter(|since| *since >= 0);
        group.topics = group.compute_topics();
        group
    }

    /// The record that holds the group with these assignments, by member.
    pub(super) fn to_record(&self, assignment: impl Fn(&Member) -> Bytes) -> CoordinatorRecord {
        let protocol = self.protocol_name.as_deref();
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol_name.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_since_ms.unwrap_or(-1),
            members: self.members.values().map(|member| member.to_record(protocol, assignment(member))).collect(),
        };
        CoordinatorRecord::group(&self.id, Some(value))
    }

    pub(super) fn transition(&mut self, state: GroupState, now_ms: i64) {
        self.state = state;
        self.state_since_ms = Some(now_ms);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state == GroupState::Empty
    }

    pub(super) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    pub(super) fn are_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some("consumer")
    }

    /// Whether a member may be subscribed to the topic. Consumers whose subscriptions cannot be read may be to any.
    pub(super) fn is_subscribed_to(&self, topic: &TopicName) -> bool {
        self.topics.as_ref().map_or_else(|| self.are_consumers(), |topics| topics.contains(topic))
    }
}

/// Membership.
impl ClassicGroup {
    /// Adds a member whose request to join may wait for a reply. The first one leads.
    pub(super) fn add(&mut self, mut member: Member, join: Option<Token>) {
        if let Some(instance_id) = &member.instance_id {
            self.static_members.insert(instance_id.clone(), member.id.clone());
        }
        self.count_supporters(&member.protocols);
        self.leader.get_or_insert_with(|| member.id.clone());
        self.pending_join.remove(&member.id);
        self.awaiting_join += usize::from(join.is_some());
        member.awaiting_join = join;
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member or a pending member out, and gives the lead to another one where it had it.
    pub(super) fn remove(&mut self, member_id: &str) -> Option<Member> {
        let removed = self.members.remove(member_id);
        if let Some(member) = &removed {
            self.discount_supporters(&member.protocols);
            self.awaiting_join -= usize::from(member.awaiting_join.is_some());
            if let Some(instance_id) = &member.instance_id {
                self.static_members.remove(instance_id);
            }
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_join.remove(member_id);
        self.pending_sync.remove(member_id);
        removed
    }

    /// Gives a static member's place to a new id, and returns the member as it was. The requests of the former one are
    /// the caller's to answer.
    pub(super) fn replace(&mut self, former_id: &str, new_id: &Str) -> Option<Member> {
        let former = self.members.remove(former_id)?;
        self.awaiting_join -= usize::from(former.awaiting_join.is_some());
        let mut renamed = former.clone();
        renamed.id = new_id.clone();
        renamed.awaiting_join = None;
        renamed.awaiting_sync = None;
        renamed.is_new = false;
        if let Some(instance_id) = &renamed.instance_id {
            self.static_members.insert(instance_id.clone(), new_id.clone());
        }
        if self.is_leader(former_id) {
            self.leader = Some(new_id.clone());
        }
        if self.pending_sync.remove(former_id) {
            self.pending_sync.insert(new_id.clone());
        }
        self.members.insert(new_id.clone(), renamed);
        Some(former)
    }

    /// Changes what a member says of itself.
    pub(super) fn update(&mut self, member_id: &str, terms: Terms) {
        let Some(mut member) = self.members.remove(member_id) else { return };
        self.discount_supporters(&member.protocols);
        self.count_supporters(&terms.protocols);
        member.protocols = terms.protocols;
        member.rebalance_timeout_ms = terms.rebalance_timeout_ms;
        member.session_timeout_ms = terms.session_timeout_ms;
        self.members.insert(member.id.clone(), member);
    }

    /// Lets a request to join wait, and returns the one that waited in its place.
    pub(super) fn await_join(&mut self, member_id: &str, join: Token) -> Option<Token> {
        let former = self.members.get_mut(member_id)?.awaiting_join.replace(join);
        self.awaiting_join += usize::from(former.is_none());
        former
    }

    /// The member's request to join, which no longer waits.
    pub(super) fn take_join(&mut self, member_id: &str) -> Option<Token> {
        let token = self.members.get_mut(member_id)?.awaiting_join.take()?;
        self.awaiting_join -= 1;
        Some(token)
    }

    pub(super) fn static_member_id(&self, instance_id: &str) -> Option<&Str> {
        self.static_members.get(instance_id)
    }

    /// Whether the member of a request is one of the group, and not one that another took the place of.
    pub(super) fn check_member(&self, member_id: &str, instance_id: Option<&Str>) -> Result<(), ErrorCode> {
        match instance_id.map(|instance_id| self.static_member_id(instance_id)) {
            Some(None) => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            Some(Some(current)) if *current != *member_id => Err(ErrorCode::FENCED_INSTANCE_ID),
            _ if !self.members.contains_key(member_id) => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            _ => Ok(()),
        }
    }

    pub(super) fn members_awaiting_join(&self) -> usize {
        self.awaiting_join
    }

    pub(super) fn has_all_members_joined(&self) -> bool {
        self.awaiting_join == self.members.len() && self.pending_join.is_empty()
    }

    /// The longest rebalance timeout of all members.
    pub(super) fn rebalance_timeout_ms(&self) -> i64 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0).into()
    }

    /// Whether a member that has rejoined leads, be it that it takes the lead over now.
    pub(super) fn elect_joined_leader(&mut self) -> bool {
        let joined = |member: &&Member| member.awaiting_join.is_some();
        let Some(leader) = &self.leader else { return false };
        if self.members.get(leader).as_ref().is_some_and(joined) {
            return true;
        }
        let Some(elected) = self.members.values().find(joined) else { return false };
        self.leader = Some(elected.id.clone());
        true
    }
}

/// The assignor that members agree on.
impl ClassicGroup {
    /// Whether a member of this kind with these assignors fits to the group.
    pub(super) fn supports(&self, protocol_type: &str, protocols: &[JoinGroupRequestProtocol]) -> bool {
        if self.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(|protocol| self.is_known_to_all(&protocol.name))
    }

    /// The assignor that all members know and most prefer.
    pub(super) fn select_protocol(&self) -> Option<Str> {
        let mut votes: BTreeMap<&Str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let preferred = member.protocols.iter().find(|protocol| self.is_known_to_all(&protocol.name))?;
            *votes.entry(&preferred.name).or_default() += 1;
        }
        votes.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.clone())
    }

    fn is_known_to_all(&self, protocol: &str) -> bool {
        self.supporters.get(protocol).copied().unwrap_or(0) == self.members.len()
    }

    fn count_supporters(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            *self.supporters.entry(protocol.name.clone()).or_default() += 1;
        }
    }

    fn discount_supporters(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            if let Some(count) = self.supporters.get_mut(&protocol.name) {
                *count -= 1;
                if *count == 0 {
                    self.supporters.remove(&protocol.name);
                }
            }
        }
    }

    /// What the members subscribe to, where that can be read.
    pub(super) fn compute_topics(&self) -> Option<BTreeSet<TopicName>> {
        if !self.are_consumers() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol = Some(self.protocol_name.as_deref()?);
        let mut all = BTreeSet::new();
        for member in self.members.values() {
            all.extend(subscribed_topics(member.metadata(protocol))?);
        }
        Some(all)
    }
}

/// Responses.
impl ClassicGroup {
    /// What a member learns of this generation when its join is done.
    pub(super) fn join_response(&self, member_id: &Str) -> JoinGroupResponse {
        let members = if self.is_leader(member_id) { self.response_members() } else { Vec::new() };
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol_name.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: member_id.clone(),
            members,
            ..Default::default()
        }
    }

    fn response_members(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.protocol_name.as_deref();
        let described = |member: &Member| JoinGroupResponseMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        };
        self.members.values().map(described).collect()
    }
}

#[cfg(test)]
impl ClassicGroup {
    /// Panics unless everything that is counted or indexed agrees with the members.
    pub(super) fn check_invariants(&self) {
        let awaiting = self.members.values().filter(|member| member.awaiting_join.is_some()).count();
        assert_eq!(self.awaiting_join, awaiting, "members that wait to join");
        let mut supporters = BTreeMap::new();
        for protocol in self.members.values().flat_map(|member| &member.protocols) {
            *supporters.entry(protocol.name.clone()).or_insert(0) += 1;
        }
        assert_eq!(self.supporters, supporters);
        let statics = self.members.values().filter_map(|member| Some((member.instance_id.clone()?, member.id.clone())));
        assert_eq!(self.static_members, statics.collect());
        assert!(self.members.iter().all(|(id, member)| *id == member.id));
        assert!(self.leader.as_ref().is_none_or(|leader| self.members.contains_key(leader)), "a leader that is gone");
        assert_eq!(self.leader.is_none(), self.members.is_empty(), "a group without leader");
        assert!(self.pending_sync.iter().all(|id| self.members.contains_key(id)));
        assert!(self.pending_join.iter().all(|id| !self.members.contains_key(id)));
        match self.state {
            GroupState::Empty => assert!(self.members.is_empty()),
            GroupState::CompletingRebalance | GroupState::Stable => {
                assert!(!self.members.is_empty() && self.protocol_name.is_some());
                assert_eq!(awaiting, 0);
            }
            GroupState::PreparingRebalance => {}
        }
        let waits_for_assignment = self.members.values().any(|member| member.awaiting_sync.is_some());
        assert!(self.state == GroupState::CompletingRebalance || !waits_for_assignment);
    }
}
