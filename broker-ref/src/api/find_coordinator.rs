//! FindCoordinator: which node coordinates a group.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::find_coordinator::{Coordinator, FindCoordinatorRequest, FindCoordinatorResponse},
    types::NodeId,
    wire::{Str, Uuid},
};

use super::leader_endpoint;
use crate::{dispatch::RequestContext, groups};

/// From this version on, a request names several keys.
const SEVERAL_KEYS_FROM: i16 = 4;
/// The first version that knows coordinators of share groups.
const SHARE_FROM: i16 = 6;
const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
const SHARE: i8 = 2;

pub(crate) async fn handle(cx: &RequestContext, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    if request.key_type == GROUP {
        groups::ensure_topic(&cx.node).await;
    }
    let find = |key: &Str| find(cx, request.key_type, key);
    if cx.version >= SEVERAL_KEYS_FROM {
        let coordinators = request.coordinator_keys.iter().map(find).collect();
        return FindCoordinatorResponse { coordinators, ..Default::default() };
    }
    let Coordinator { node_id, host, port, error_code, error_message, .. } = find(&request.key);
    FindCoordinatorResponse { error_code, error_message, node_id, host, port, ..Default::default() }
}

fn find(cx: &RequestContext, key_type: i8, key: &Str) -> Coordinator {
    let failed = |error_code: ErrorCode| Coordinator {
        key: key.clone(),
        node_id: NodeId::NONE,
        port: -1,
        error_code,
        error_message: Some(Str::from_static(error_code.message())),
        ..Default::default()
    };
    match key_type {
        GROUP => {}
        SHARE if cx.version < SHARE_FROM || !is_share_key(key) => return failed(ErrorCode::INVALID_REQUEST),
        // Transactions and share groups have no coordinator here.
        TRANSACTION | SHARE => return failed(ErrorCode::COORDINATOR_NOT_AVAILABLE),
        _ => return failed(ErrorCode::INVALID_REQUEST),
    }
    let Some(node_id) = groups::coordinator_of(&cx.node, key) else {
        return failed(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    };
    let Some((endpoint, _)) = leader_endpoint(cx, node_id) else {
        return failed(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    };
    Coordinator {
        key: key.clone(),
        node_id,
        host: endpoint.host,
        port: endpoint.port.into(),
        error_code: ErrorCode::NONE,
        error_message: None,
    }
}

/// Whether it is `group:topic id:partition`. A group may have colons in its name.
fn is_share_key(key: &str) -> bool {
    let mut parts = key.rsplitn(3, ':');
    let is_partition = parts.next().is_some_and(|index| index.parse::<i32>().is_ok());
    let is_topic = parts.next().is_some_and(|id| id.parse::<Uuid>().is_ok());
    is_partition && is_topic && parts.next().is_some_and(|group| !group.trim().is_empty())
}
