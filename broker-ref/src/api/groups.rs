//! Membership of groups, and looking at them.

use std::collections::{BTreeMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        delete_groups::{DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse},
        describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup},
        heartbeat::{HeartbeatRequest, HeartbeatResponse},
        join_group::{JoinGroupRequest, JoinGroupResponse},
        leave_group::{LeaveGroupRequest, LeaveGroupResponse},
        list_groups::{ListGroupsRequest, ListGroupsResponse},
        sync_group::{SyncGroupRequest, SyncGroupResponse},
    },
    types::GroupId,
};
use tracing::{Instrument, debug_span};

use super::authorized;
use crate::{
    coordinator::group::{ClientInfo, GroupCoordinator, Moment, Outcome, Reply, Token},
    dispatch::RequestContext,
};

/// Runs an operation on a group's coordinator and waits for the reply to it, which may take until other members act.
pub(super) async fn operate(
    cx: &RequestContext,
    group_id: &str,
    operation: impl FnOnce(&mut GroupCoordinator, Moment, Token) -> Outcome,
) -> Result<Reply, ErrorCode> {
    let shard = cx.node.groups.shard(&cx.node, group_id).await?;
    shard.operate(&cx.node, operation).wait().await
}

pub(crate) async fn join(cx: &RequestContext, request: JoinGroupRequest) -> JoinGroupResponse {
    let client =
        ClientInfo { client_id: cx.client_id.clone(), client_host: cx.client_host.clone(), api_version: cx.version };
    let joined = operate(cx, &request.group_id, |groups, now, token| groups.join_group(now, token, &client, &request));
    let span = debug_span!("group", group = &*request.group_id, member = &*request.member_id);
    let response = match joined.instrument(span).await {
        Ok(Reply::JoinGroup(response)) => response,
        other => JoinGroupResponse {
            error_code: code_of(other),
            generation_id: -1,
            member_id: request.member_id,
            ..Default::default()
        },
    };
    if response.error_code.is_none() && response.leader == response.member_id {
        // Each generation has one leader, who learns of it so.
        cx.node.meter.rebalances.increment();
    }
    cx.node.meter.note_code(response.error_code);
    response
}

pub(crate) async fn sync(cx: &RequestContext, request: SyncGroupRequest) -> SyncGroupResponse {
    let synced = operate(cx, &request.group_id, |groups, now, token| groups.sync_group(now, token, &request));
    let (group, member) = (&*request.group_id, &*request.member_id);
    let span = debug_span!("group", group, member, generation = request.generation_id);
    let response = match synced.instrument(span).await {
        Ok(Reply::SyncGroup(response)) => response,
        other => SyncGroupResponse { error_code: code_of(other), ..Default::default() },
    };
    cx.node.meter.note_code(response.error_code);
    response
}

pub(crate) async fn heartbeat(cx: &RequestContext, request: HeartbeatRequest) -> HeartbeatResponse {
    let beaten = operate(cx, &request.group_id, |groups, now, token| groups.heartbeat(now, token, &request));
    let (group, member) = (&*request.group_id, &*request.member_id);
    let span = debug_span!("group", group, member, generation = request.generation_id);
    let response = match beaten.instrument(span).await {
        Ok(Reply::Heartbeat(response)) => response,
        other => HeartbeatResponse { error_code: code_of(other), ..Default::default() },
    };
    cx.node.meter.note_code(response.error_code);
    response
}

pub(crate) async fn leave(cx: &RequestContext, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let left =
        operate(cx, &request.group_id, |groups, now, token| groups.leave_group(now, token, cx.version, &request));
    let response = match left.instrument(debug_span!("group", group = &*request.group_id)).await {
        Ok(Reply::LeaveGroup(response)) => response,
        other => LeaveGroupResponse { error_code: code_of(other), ..Default::default() },
    };
    cx.node.meter.note_code(response.error_code);
    response
}

pub(crate) async fn list(cx: &RequestContext, request: ListGroupsRequest) -> ListGroupsResponse {
    let shards = cx.node.groups.all(&cx.node).await;
    let listed = |shard: &std::sync::Arc<crate::groups::Shard>| {
        shard.read(|groups| groups.list_groups(&request.states_filter, &request.types_filter))
    };
    ListGroupsResponse { groups: shards.iter().flat_map(listed).collect(), ..Default::default() }
}

pub(crate) async fn describe(cx: &RequestContext, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let mut groups = Vec::with_capacity(request.groups.len());
    let mut seen = HashSet::new();
    // Kafka describes a group as often as it is named; a group with many members is thousands of times its name.
    for group_id in request.groups.into_iter().filter(|id| seen.insert(id.clone())) {
        let mut described = match cx.node.groups.shard(&cx.node, &group_id).await {
            Ok(shard) => shard.read(|groups| groups.describe_groups(cx.version, std::slice::from_ref(&group_id))),
            Err(error_code) => vec![DescribedGroup { error_code, group_id, ..Default::default() }],
        };
        if request.include_authorized_operations {
            described.iter_mut().for_each(|group| group.authorized_operations = authorized::GROUP);
        }
        groups.append(&mut described);
    }
    DescribeGroupsResponse { groups, ..Default::default() }
}

pub(crate) async fn delete(cx: &RequestContext, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    // A group that is named twice is deleted once, and answered once.
    let names: BTreeMap<&str, &GroupId> = request.groups_names.iter().map(|id| (id.as_str(), id)).collect();
    let mut results = Vec::with_capacity(names.len());
    for group_id in names.into_values() {
        let ids = std::slice::from_ref(group_id);
        match operate(cx, group_id, |groups, _, token| groups.delete_groups(token, ids)).await {
            Ok(Reply::DeleteGroups(response)) => results.extend(response.results),
            other => {
                results.push(DeletableGroupResult { group_id: group_id.clone(), error_code: code_of(other) });
            }
        }
    }
    DeleteGroupsResponse { results, ..Default::default() }
}

/// The code for an operation that did not get its reply.
pub(super) fn code_of(reply: Result<Reply, ErrorCode>) -> ErrorCode {
    // A reply of another kind than asked for would be a bug of the coordinator.
    reply.err().unwrap_or(ErrorCode::UNKNOWN_SERVER_ERROR)
}
