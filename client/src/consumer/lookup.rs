//! Looking up where to begin, and checking that a position is still in the log.

use std::sync::Arc;

use ottla_protocol::{api_key::ApiKey, error_code::ErrorCode, types::NodeId};
use tokio::time::Instant;
use tracing::{Span, debug_span};

use crate::net::RequestError;

use super::{
    assignment::{EpochLookup, Lookup, OffsetLookup, Ticket},
    offsets::{epoch_ends, fetch_committed, list_offsets},
    position::Position,
    shared::Shared,
};

/// The span of a lookup.
pub(super) fn look_up_span(lookup: &Lookup) -> Span {
    match lookup {
        Lookup::Committed(tickets) => debug_span!("look_up", what = "committed", partitions = tickets.len()),
        Lookup::Offsets(node, lookups) => {
            debug_span!("look_up", what = "offsets", node = node.0, partitions = lookups.len())
        }
        Lookup::Epochs(node, lookups) => {
            debug_span!("look_up", what = "leader_epochs", node = node.0, partitions = lookups.len())
        }
    }
}

/// Looks something up and tells the assignment, whatever comes of it.
pub(super) async fn look_up(shared: Arc<Shared>, lookup: Lookup) {
    match lookup {
        Lookup::Committed(tickets) => committed(&shared, &tickets).await,
        Lookup::Offsets(node, lookups) => offsets(&shared, node, &lookups).await,
        Lookup::Epochs(node, lookups) => epochs(&shared, node, &lookups).await,
    }
    shared.wake_all();
}

async fn committed(shared: &Shared, tickets: &[Ticket]) {
    let Some(group) = &shared.group else {
        let now = Instant::now();
        let mut assignment = shared.assignment();
        tickets.iter().for_each(|ticket| assignment.found_committed(now, ticket, None));
        return;
    };
    let partitions: Vec<_> = tickets.iter().map(|ticket| ticket.partition.clone()).collect();
    let found = fetch_committed(&shared.inner, group, &partitions).await;
    let now = Instant::now();
    let mut assignment = shared.assignment();
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(%error, "committed offsets are not known yet");
            let reason = format!("committed offset: {error}");
            for ticket in tickets {
                match &error {
                    super::offsets::GroupRequestError::Refused(code) if !error.is_retriable() => {
                        assignment.lookup_refused(now, ticket, *code);
                    }
                    _ => assignment.lookup_failed(now, ticket, reason.clone()),
                }
            }
            return;
        }
    };
    for ticket in tickets {
        match found.get(&ticket.partition) {
            Some(Ok(offset)) => {
                let position =
                    offset.as_ref().map(|offset| Position::new(offset.offset, offset.leader_epoch.unwrap_or(-1)));
                assignment.found_committed(now, ticket, position);
            }
            Some(Err(code)) if !code.is_retriable() => assignment.lookup_refused(now, ticket, *code),
            Some(Err(code)) => assignment.lookup_failed(now, ticket, format!("committed offset: {code}")),
            None => assignment.lookup_failed(now, ticket, "the coordinator left the partition out of its answer"),
        }
    }
}

async fn offsets(shared: &Shared, node: NodeId, lookups: &[OffsetLookup]) {
    let wanted: Vec<_> = lookups
        .iter()
        .map(|lookup| (lookup.ticket.partition.clone(), lookup.target, lookup.current_leader_epoch))
        .collect();
    let found = list_offsets(&shared.inner, node, shared.config.isolation_level.code(), &wanted).await;
    let now = Instant::now();
    let mut assignment = shared.assignment();
    for lookup in lookups {
        let ticket = &lookup.ticket;
        match &found {
            Ok(found) => match found.get(&ticket.partition) {
                Some(Ok(offset)) => assignment.found_offset(now, ticket, offset.map(|found| found.offset)),
                Some(Err(code)) => refused(shared, &mut assignment, now, ticket, *code),
                None => assignment.lookup_failed(now, ticket, "the leader left the partition out of its answer"),
            },
            Err(error) => assignment.lookup_failed(now, ticket, format!("broker {node}: {error}")),
        }
    }
    drop(assignment);
    if let Err(error) = found {
        tracing::debug!(%node, %error, "offsets are not known yet");
        shared.inner.request_refresh();
    }
}

async fn epochs(shared: &Shared, node: NodeId, lookups: &[EpochLookup]) {
    let found = epoch_ends(&shared.inner, node, lookups).await;
    let now = Instant::now();
    let mut assignment = shared.assignment();
    for EpochLookup { ticket, .. } in lookups {
        match &found {
            Ok(found) => match found.get(&ticket.partition) {
                Some(Ok(end)) => assignment.found_epoch_end(now, ticket, *end),
                Some(Err(code)) => refused(shared, &mut assignment, now, ticket, *code),
                None => assignment.lookup_failed(now, ticket, "the leader left the partition out of its answer"),
            },
            Err(RequestError::Unsupported { api: ApiKey::OFFSET_FOR_LEADER_EPOCH, .. }) => {
                assignment.cannot_validate(now, ticket);
            }
            Err(error) => assignment.lookup_failed(now, ticket, format!("broker {node}: {error}")),
        }
    }
    drop(assignment);
    if let Err(error) = found {
        tracing::debug!(%node, %error, "positions are not checked yet");
        shared.inner.request_refresh();
    }
}

fn refused(
    shared: &Shared,
    assignment: &mut super::assignment::Assignment,
    now: Instant,
    ticket: &Ticket,
    code: ErrorCode,
) {
    // A broker that was a leader, or is not one yet, sees epochs that differ from ours.
    let passing =
        code.is_retriable() || matches!(code, ErrorCode::FENCED_LEADER_EPOCH | ErrorCode::UNKNOWN_LEADER_EPOCH);
    if !passing {
        assignment.lookup_refused(now, ticket, code);
        return;
    }
    assignment.lookup_failed(now, ticket, code.to_string());
    shared.inner.request_refresh();
}
