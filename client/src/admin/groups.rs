//! Groups and their members.

use std::{fmt, future::Future, hash::Hash};

use bytes::Bytes;
use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        delete_groups::DeleteGroupsRequest,
        describe_groups::{DescribeGroupsRequest, DescribedGroup, DescribedGroupMember},
        leave_group::{LeaveGroupRequest, MemberIdentity},
        list_groups::{ListGroupsRequest, ListGroupsResponse, ListedGroup},
    },
    types::{GroupId, NodeId},
    wire::Str,
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Call, Route, concurrently},
    cluster::Cluster,
    error::needs,
    rounds::{Rounds, Rule},
};
use crate::{
    TopicPartition,
    assignor::Assignment,
    client::{CoordinatorError, CoordinatorType},
};

/// Which groups to list; all of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// Only groups in one of these states, such as `Stable` or `Empty`, from Kafka 2.6 on. Empty for all.
    pub states: Vec<String>,
    /// Only groups of one of these types: `classic`, `consumer`, `share`, `streams`, from Kafka 3.8 on. Empty for all.
    pub types: Vec<String>,
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct GroupListing {
    /// Its id.
    pub id: GroupId,
    /// What its members agree on: `consumer`, `connect`; empty for a group that only stores offsets.
    pub protocol_type: String,
    /// Its state, if the broker says (from 2.6 on).
    pub state: Option<String>,
    /// Its type, `classic`, `consumer`, `share` or `streams`, if the broker says (from 3.8 on).
    pub kind: Option<String>,
    /// The broker that coordinates it.
    pub coordinator: NodeId,
}

impl GroupListing {
    fn from_wire(group: &ListedGroup, coordinator: NodeId) -> Self {
        let known = |text: &Str| Some(text.to_string()).filter(|text| !text.is_empty());
        Self {
            id: group.group_id.detach(),
            protocol_type: group.protocol_type.to_string(),
            state: known(&group.group_state),
            kind: known(&group.group_type),
            coordinator,
        }
    }
}

/// A classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupDescription {
    /// Its id.
    pub id: GroupId,
    /// `PreparingRebalance`, `CompletingRebalance`, `Stable` or `Empty`.
    pub state: String,
    /// What its members agree on: `consumer`, `connect`; empty for a group that only stores offsets.
    pub protocol_type: String,
    /// The assignor that the members agreed on; empty unless the group is stable.
    pub protocol: String,
    /// Its members.
    pub members: Vec<GroupMember>,
    /// The broker that coordinates it.
    pub coordinator: NodeId,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupMember {
    /// Its id, which the coordinator made.
    pub member_id: String,
    /// Its own name, if it is a static member.
    pub group_instance_id: Option<String>,
    /// Its client id.
    pub client_id: String,
    /// Where it connects from.
    pub client_host: String,
    /// What it reads, if it is a consumer and the group is stable.
    pub assignment: Vec<TopicPartition>,
    /// Its subscription as it came.
    pub raw_metadata: Bytes,
    /// Its assignment as it came.
    pub raw_assignment: Bytes,
}

impl GroupDescription {
    fn from_wire(group: &DescribedGroup, coordinator: NodeId) -> Self {
        let is_consumer = group.protocol_type == *"consumer";
        Self {
            id: group.group_id.detach(),
            state: group.group_state.to_string(),
            protocol_type: group.protocol_type.to_string(),
            protocol: group.protocol_data.to_string(),
            members: group.members.iter().map(|member| GroupMember::from_wire(member, is_consumer)).collect(),
            coordinator,
        }
    }
}

impl GroupMember {
    fn from_wire(member: &DescribedGroupMember, is_consumer: bool) -> Self {
        // Other kinds of members have assignments of their own form, and some consumers have ill-formed ones.
        let assignment = is_consumer.then(|| Assignment::from_bytes(member.member_assignment.clone()).ok()).flatten();
        let mut assignment = assignment.unwrap_or_default().partitions;
        assignment.sort();
        Self {
            member_id: member.member_id.to_string(),
            group_instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
            client_id: member.client_id.to_string(),
            client_host: member.client_host.to_string(),
            assignment,
            raw_metadata: Bytes::copy_from_slice(&member.member_metadata),
            raw_assignment: Bytes::copy_from_slice(&member.member_assignment),
        }
    }
}

/// A member to take out of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberToRemove {
    /// A static member, by its own name (`group.instance.id`).
    Instance(String),
    /// A member by the id that the coordinator gave it.
    Member(String),
}

impl MemberToRemove {
    fn to_wire(&self, reason: &str) -> MemberIdentity {
        let (member_id, group_instance_id) = match self {
            Self::Instance(instance) => (Str::default(), Some(instance.as_str().into())),
            Self::Member(member) => (member.as_str().into(), None),
        };
        MemberIdentity { member_id, group_instance_id, reason: Some(reason.into()) }
    }

    fn from_wire(member_id: &Str, instance: Option<&Str>) -> Self {
        match instance {
            Some(instance) => Self::Instance(instance.to_string()),
            None => Self::Member(member_id.to_string()),
        }
    }
}

impl fmt::Display for MemberToRemove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(name) => write!(f, "static member {name}"),
            Self::Member(id) => write!(f, "member {id}"),
        }
    }
}

/// Finds who coordinates a group.
pub(super) async fn coordinator(call: &Call, group: &GroupId) -> Result<NodeId, AdminError> {
    let found = tokio::time::timeout_at(call.deadline, call.inner.coordinator(CoordinatorType::Group, group)).await;
    match found {
        Ok(Ok(node)) => Ok(node),
        Ok(Err(CoordinatorError::Refused(code))) => Err(AdminError::refused(group, code, None)),
        Ok(Err(CoordinatorError::Request(error))) => Err(error.into()),
        Err(_) => Err(AdminError::Timeout {
            subject: group.to_string(),
            after: call.timeout,
            possibly_done: false,
            cause: None,
        }),
    }
}

/// Whether the error means that the group's coordinator has to be looked up again.
fn coordinator_moved(error: &AdminError) -> bool {
    match error {
        AdminError::Refused { code, .. } => {
            [ErrorCode::NOT_COORDINATOR, ErrorCode::COORDINATOR_NOT_AVAILABLE].contains(code)
        }
        AdminError::Request(error) => error.is_retriable(),
        _ => false,
    }
}

/// What a coordinator said about the things that it was asked about.
pub(super) type CoordinatorAnswer<K, T> = Result<Vec<(K, Result<T, AdminError>)>, AdminError>;

impl<T: Send + 'static> Rounds<GroupId, T> {
    /// Asks every coordinator about its groups, all coordinators side by side, until each group has an outcome.
    pub(super) async fn ask_coordinators<F>(&mut self, ask: impl Fn(Call, NodeId, Vec<GroupId>) -> F)
    where
        F: Future<Output = CoordinatorAnswer<GroupId, T>> + Send + 'static,
    {
        while let Some(open) = self.next().await {
            let lookups = open.into_iter().map(|group| {
                let call = self.call.clone();
                async move { (coordinator(&call, &group).await, group) }
            });
            let mut by_node: std::collections::BTreeMap<NodeId, Vec<GroupId>> = std::collections::BTreeMap::new();
            for (found, group) in concurrently(lookups.collect::<Vec<_>>()).await {
                match found {
                    Ok(node) => by_node.entry(node).or_default().push(group),
                    Err(error) => self.progress.settle(&group, Err(error)),
                }
            }
            let calls = by_node.into_iter().map(|(node, groups)| {
                let answer = ask(self.call.clone(), node, groups.clone());
                async move { (groups, answer.await) }
            });
            for (groups, answer) in concurrently(calls.collect::<Vec<_>>()).await {
                let results = answer.unwrap_or_else(|error| {
                    groups.iter().map(|group| (group.clone(), Err(about(group, &error)))).collect()
                });
                for (group, result) in results {
                    if result.as_ref().is_err_and(coordinator_moved) {
                        self.call.inner.forget_coordinator(CoordinatorType::Group, &group);
                    }
                    self.progress.settle(&group, result);
                }
            }
        }
    }
}

impl<K: Clone + Eq + Hash + fmt::Display, T> Rounds<K, T> {
    /// Asks the coordinator of one group about things in it, until each thing has an outcome.
    pub(super) async fn ask_coordinator<F>(&mut self, group: &GroupId, ask: impl Fn(Call, NodeId, Vec<K>) -> F)
    where
        F: Future<Output = CoordinatorAnswer<K, T>>,
    {
        while let Some(open) = self.next().await {
            let node = match coordinator(&self.call, group).await {
                Ok(node) => node,
                Err(error) => {
                    self.progress.fail(&open, &error);
                    continue;
                }
            };
            let answer = ask(self.call.clone(), node, open.clone()).await;
            let moved = match &answer {
                Err(error) => coordinator_moved(error),
                Ok(results) => results.iter().any(|(_, result)| result.as_ref().is_err_and(coordinator_moved)),
            };
            if moved {
                self.call.inner.forget_coordinator(CoordinatorType::Group, group);
            }
            match answer {
                Err(error) => self.progress.fail(&open, &error),
                Ok(results) => results.into_iter().for_each(|(key, result)| self.progress.settle(&key, result)),
            }
        }
    }
}

/// The same error with this subject.
fn about(subject: impl ToString, error: &AdminError) -> AdminError {
    match error {
        AdminError::Refused { code, message, .. } => {
            AdminError::Refused { subject: subject.to_string(), code: *code, message: message.clone() }
        }
        error => error.clone(),
    }
}

pub(super) fn check<T>(
    subject: impl ToString,
    code: ErrorCode,
    message: Option<&Str>,
    value: impl FnOnce() -> T,
) -> Result<T, AdminError> {
    if code.is_none() { Ok(value()) } else { Err(AdminError::refused(subject, code, message)) }
}

const DELETE: Rule = Rule { already_done: &[ErrorCode::GROUP_ID_NOT_FOUND], ..Rule::CHANGE };
const REMOVE: Rule = Rule { already_done: &[ErrorCode::UNKNOWN_MEMBER_ID], ..Rule::CHANGE };

impl Admin {
    /// Lists groups of all kinds, by id. Every broker is asked, for each knows only those that it coordinates. Cancel
    /// safe.
    ///
    /// # Errors
    /// [`AdminError::Unsupported`] where a broker is too old for the filter; any [`AdminError`] if one of the brokers does
    /// not answer, for then the list would not be whole.
    pub async fn list_groups(&self, filter: &GroupFilter) -> Result<Vec<GroupListing>, AdminError> {
        let mut rounds = self.rounds(ApiKey::LIST_GROUPS, Rule::READ, [Cluster]);
        while rounds.next().await.is_some() {
            let listed = list(&rounds.call, filter).await;
            rounds.progress.settle(&Cluster, listed);
        }
        rounds.finish().only("cluster")
    }

    /// Describes a classic group. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Refused`] with [`ErrorCode::GROUP_ID_NOT_FOUND`], also for a group that is not classic.
    pub async fn describe_group(&self, group: impl Into<GroupId>) -> Result<GroupDescription, AdminError> {
        self.describe_groups([group]).await.only("groups")
    }

    /// Describes classic groups. Cancel safe.
    ///
    /// Errors: see [`describe_group`](Self::describe_group).
    pub async fn describe_groups(
        &self,
        groups: impl IntoIterator<Item = impl Into<GroupId>>,
    ) -> Outcomes<GroupId, GroupDescription> {
        let groups: Vec<GroupId> = groups.into_iter().map(Into::into).collect();
        let mut rounds = self.rounds(ApiKey::DESCRIBE_GROUPS, Rule::READ, groups);
        rounds.ask_coordinators(describe).await;
        rounds.finish()
    }

    /// Deletes groups that have no members, with their offsets.
    ///
    /// Not cancel safe: groups may be deleted although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::NON_EMPTY_GROUP`], [`ErrorCode::GROUP_ID_NOT_FOUND`] and so on;
    /// [`AdminError::Uncertain`] if the group is not there after an attempt whose answer was lost.
    pub async fn delete_groups(&self, groups: impl IntoIterator<Item = impl Into<GroupId>>) -> Outcomes<GroupId, ()> {
        let groups: Vec<GroupId> = groups.into_iter().map(Into::into).collect();
        let mut rounds = self.rounds(ApiKey::DELETE_GROUPS, DELETE, groups);
        rounds.ask_coordinators(delete).await;
        rounds.finish()
    }

    /// Takes members out of a classic group, from Kafka 2.4 on. A member that runs joins again; one that is gone no longer
    /// holds its partitions, which for a static member is the point.
    ///
    /// Not cancel safe: members may be removed although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::UNKNOWN_MEMBER_ID`] and so on; [`AdminError::Uncertain`] if the
    /// member is not there after an attempt whose answer was lost.
    pub async fn remove_members_from_group(
        &self,
        group: impl Into<GroupId>,
        members: impl IntoIterator<Item = MemberToRemove>,
        reason: &str,
    ) -> Outcomes<MemberToRemove, ()> {
        let group = group.into();
        let mut rounds = self.rounds(ApiKey::LEAVE_GROUP, REMOVE, members);
        rounds.ask_coordinator(&group, |call, node, open| remove(call, node, group.clone(), open, reason)).await;
        rounds.finish()
    }

    /// Takes all members that a classic group has now out of it; see
    /// [`remove_members_from_group`](Self::remove_members_from_group).
    ///
    /// Not cancel safe: members may be removed although the future was dropped.
    ///
    /// # Errors
    /// [`AdminError`] if the group cannot be described.
    pub async fn remove_all_members_from_group(
        &self,
        group: impl Into<GroupId>,
        reason: &str,
    ) -> Result<Outcomes<MemberToRemove, ()>, AdminError> {
        let group = group.into();
        let described = self.describe_group(group.clone()).await?;
        let members = described.members.into_iter().map(|member| match member.group_instance_id {
            Some(instance) => MemberToRemove::Instance(instance),
            None => MemberToRemove::Member(member.member_id),
        });
        Ok(self.remove_members_from_group(group, members.collect::<Vec<_>>(), reason).await)
    }
}

async fn list(call: &Call, filter: &GroupFilter) -> Result<Vec<GroupListing>, AdminError> {
    // A broker that has gone is not waited for: after a refresh it is not in this list, and others have its groups.
    let calls = call.brokers().await?.into_iter().map(|node| {
        let (call, filter) = (call.clone(), filter.clone());
        async move { (node, call.send(Route::Node(node), |version| list_request(version, &filter)).await) }
    });
    let mut groups = Vec::new();
    for (node, response) in concurrently(calls.collect::<Vec<_>>()).await {
        let response: ListGroupsResponse = response?;
        check(format!("groups of broker {node}"), response.error_code, None, || ())?;
        groups.extend(response.groups.iter().map(|group| GroupListing::from_wire(group, node)));
    }
    Ok(each_once(groups))
}

/// While a group moves, its old coordinator and the new one both list it.
fn each_once(mut groups: Vec<GroupListing>) -> Vec<GroupListing> {
    groups.sort();
    groups.dedup_by(|a, b| a.id == b.id);
    groups
}

fn list_request(version: i16, filter: &GroupFilter) -> Result<ListGroupsRequest, AdminError> {
    if !filter.states.is_empty() {
        needs(ApiKey::LIST_GROUPS, "listing groups by state", 4, version)?;
    }
    let mut types_filter: Vec<Str> = filter.types.iter().map(|kind| kind.as_str().into()).collect();
    if version < 5 {
        // An older broker has no other groups than classic ones.
        if !types_filter.is_empty() && !filter.types.iter().any(|kind| kind.eq_ignore_ascii_case("classic")) {
            needs(ApiKey::LIST_GROUPS, "listing groups by type", 5, version)?;
        }
        types_filter.clear();
    }
    let states_filter = filter.states.iter().map(|state| state.as_str().into()).collect();
    Ok(ListGroupsRequest { states_filter, types_filter })
}

async fn describe(call: Call, node: NodeId, groups: Vec<GroupId>) -> CoordinatorAnswer<GroupId, GroupDescription> {
    let request = DescribeGroupsRequest { groups, include_authorized_operations: false };
    let response = call.send(Route::Node(node), |_| Ok(request)).await?;
    Ok(response.groups.iter().map(|group| (group.group_id.detach(), described(group, node))).collect())
}

/// A group that is not there: an error from version 6 on, before that a state.
fn described(group: &DescribedGroup, node: NodeId) -> Result<GroupDescription, AdminError> {
    let missing = group.error_code.is_none() && group.group_state == *"Dead";
    let code = if missing { ErrorCode::GROUP_ID_NOT_FOUND } else { group.error_code };
    check(&group.group_id, code, group.error_message.as_ref(), || GroupDescription::from_wire(group, node))
}

async fn delete(call: Call, node: NodeId, groups: Vec<GroupId>) -> CoordinatorAnswer<GroupId, ()> {
    let request = DeleteGroupsRequest { groups_names: groups };
    let response = call.send(Route::Node(node), |_| Ok(request)).await?;
    let result = |group: &ottla_protocol::messages::delete_groups::DeletableGroupResult| {
        (group.group_id.detach(), check(&group.group_id, group.error_code, None, || ()))
    };
    Ok(response.results.iter().map(result).collect())
}

async fn remove(
    call: Call,
    node: NodeId,
    group: GroupId,
    members: Vec<MemberToRemove>,
    reason: &str,
) -> CoordinatorAnswer<MemberToRemove, ()> {
    let response = call.send(Route::Node(node), |version| leave_request(version, &group, &members, reason)).await?;
    check(&group, response.error_code, None, || ())?;
    let result = |member: &ottla_protocol::messages::leave_group::MemberResponse| {
        let removed = MemberToRemove::from_wire(&member.member_id, member.group_instance_id.as_ref());
        let result = check(&removed, member.error_code, None, || ());
        (removed, result)
    };
    Ok(response.members.iter().map(result).collect())
}

fn leave_request(
    version: i16,
    group: &GroupId,
    members: &[MemberToRemove],
    reason: &str,
) -> Result<LeaveGroupRequest, AdminError> {
    needs(ApiKey::LEAVE_GROUP, "removing members", 3, version)?;
    let members = members.iter().map(|member| member.to_wire(reason)).collect();
    Ok(LeaveGroupRequest { group_id: group.clone(), member_id: Str::default(), members })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(id: &str, state: Option<&str>, coordinator: i32) -> GroupListing {
        let state = state.map(str::to_owned);
        let coordinator = NodeId(coordinator);
        GroupListing { id: id.into(), protocol_type: "consumer".into(), state, kind: None, coordinator }
    }

    #[test]
    fn a_group_that_two_brokers_list_is_listed_once() {
        let listed = vec![listing("b", None, 1), listing("a", Some("Stable"), 2), listing("a", Some("Empty"), 1)];
        let ids: Vec<_> = each_once(listed).into_iter().map(|group| group.id.to_string()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn filters_take_the_versions_that_have_them() {
        let states = GroupFilter { states: vec!["Stable".into()], ..GroupFilter::default() };
        assert!(matches!(list_request(3, &states), Err(AdminError::Unsupported { needs: 4, .. })));
        assert_eq!(list_request(4, &states).expect("a request").states_filter, ["Stable"]);
        let kind = |kind: &str| GroupFilter { types: vec![kind.into()], ..GroupFilter::default() };
        assert!(matches!(list_request(4, &kind("share")), Err(AdminError::Unsupported { needs: 5, .. })));
        assert!(list_request(4, &kind("classic")).expect("a request").types_filter.is_empty());
        assert_eq!(list_request(5, &kind("share")).expect("a request").types_filter, ["share"]);
    }

    #[test]
    fn a_group_that_is_not_there_is_the_same_error_in_every_version() {
        let old = DescribedGroup { group_id: "g".into(), group_state: "Dead".into(), ..DescribedGroup::default() };
        let new = DescribedGroup { error_code: ErrorCode::GROUP_ID_NOT_FOUND, ..old.clone() };
        for group in [old, new] {
            let error = described(&group, NodeId(1)).expect_err("no group");
            assert_eq!(error.code(), Some(ErrorCode::GROUP_ID_NOT_FOUND));
        }
    }

    #[test]
    fn members_are_removed_by_name_or_id_from_version_3_on() {
        let members = [MemberToRemove::Instance("a".into()), MemberToRemove::Member("m-1".into())];
        let group = GroupId::from("g");
        assert!(matches!(leave_request(2, &group, &members, ""), Err(AdminError::Unsupported { needs: 3, .. })));
        let request = leave_request(3, &group, &members, "why").expect("a request");
        assert_eq!(request.members[0].group_instance_id.as_deref(), Some("a"));
        assert_eq!((&*request.members[1].member_id, &request.members[1].group_instance_id), ("m-1", &None));
        for (member, sent) in members.iter().zip(&request.members) {
            assert_eq!(*member, MemberToRemove::from_wire(&sent.member_id, sent.group_instance_id.as_ref()));
        }
    }
}
