//! Fetch: record batches from the partitions that this node leads, at once or when there are enough.

use std::{pin::pin, sync::Arc, time::Duration};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::fetch::{
        EpochEndOffset, FetchPartition, FetchRequest, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch,
        NodeEndpoint, PartitionData,
    },
    types::NodeId,
    wire::Records,
};

use super::leader_endpoint;
use crate::{
    dispatch::RequestContext,
    fetch_session::{FetchKey, FetchList},
    log::LogOffsets,
    network::Held,
    partition::{FetchSpec, FetchWaiter, Leadership, Partition, PlannedFetch, Registration, run_plan},
    replicas::HostedTopic,
};

/// The first version that names topics by their ids.
const TOPIC_IDS_FROM: i16 = 13;
/// The first version that says who leads a partition instead.
const LEADER_FROM: i16 = 12;
/// The first version that says where that leader is.
const ENDPOINTS_FROM: i16 = 16;
/// The first version in which a replica's id is part of its state.
const REPLICA_STATE_FROM: i16 = 15;
const READ_COMMITTED: i8 = 1;
/// So many responses of the largest size may be held by clients that do not read; from then on responses are small.
const MAX_HELD_RESPONSES: usize = 8;
/// So many partitions are looked at before other tasks have their turn.
const BUSY_PARTITIONS: usize = 1000;

pub(crate) async fn handle(cx: &RequestContext, request: FetchRequest) -> FetchResponse {
    let limits = FetchLimits::of(cx, &request);
    let (context, list) = match cx.node.fetch_sessions.begin(cx.version, request, cx.node.now().steady_ms) {
        Ok(begun) => begun,
        Err(error_code) => return refused(cx, error_code),
    };
    let mut results = read_or_wait(cx, &list, &limits).await;
    for (_, data) in &results {
        cx.node.meter.note_code(data.error_code);
        cx.node.meter.fetched_bytes.add(data.records.as_ref().map_or(0, |records| records.len() as u64));
    }
    match cx.node.fetch_sessions.end(&context, &list, &mut results, cx.node.now().steady_ms) {
        Ok(session_id) => respond(cx, session_id, results),
        Err(error_code) => refused(cx, error_code),
    }
}

fn refused(cx: &RequestContext, error_code: ErrorCode) -> FetchResponse {
    cx.node.meter.note_code(error_code);
    FetchResponse { error_code, ..Default::default() }
}

/// What a fetch asks for as a whole.
#[derive(Clone, Copy, Debug)]
struct FetchLimits {
    max_wait: Duration,
    min_bytes: usize,
    max_bytes: usize,
    /// Bytes that the responses of all connections may take.
    max_held_bytes: usize,
    committed_only: bool,
    /// The node whose replica fetches, if it is not a consumer that does.
    follower: Option<NodeId>,
}

impl FetchLimits {
    fn of(cx: &RequestContext, request: &FetchRequest) -> Self {
        let size = |value: i32| usize::try_from(value).unwrap_or(0);
        let largest = size(cx.node.config().fetch_max_bytes);
        let max_bytes = size(request.max_bytes).min(largest);
        Self {
            max_wait: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
            // More than a response may carry would never come.
            min_bytes: size(request.min_bytes).min(max_bytes),
            max_bytes,
            max_held_bytes: largest.saturating_mul(MAX_HELD_RESPONSES),
            committed_only: request.isolation_level == READ_COMMITTED,
            follower: Some(replica_id(cx, request)).filter(|id| id.0 >= 0),
        }
    }
}

fn replica_id(cx: &RequestContext, request: &FetchRequest) -> NodeId {
    if cx.version >= REPLICA_STATE_FROM { request.replica_state.replica_id } else { request.replica_id }
}

/// What one pass over the partitions found.
struct Pass {
    /// What the results may take, and no longer than they are there.
    room: Held,
    results: Vec<(FetchKey, PartitionData)>,
    bytes: usize,
    /// There is something that the client should hear of at once.
    urgent: bool,
    /// What can be waited for: the partitions with the offset at which readers had to stop.
    waitable: Vec<(Arc<Partition>, i64)>,
}

/// Reads; if that is not enough, waits until it may be, and reads again.
async fn read_or_wait(cx: &RequestContext, list: &FetchList, limits: &FetchLimits) -> Vec<(FetchKey, PartitionData)> {
    let mut time_is_up = pin!(tokio::time::sleep(limits.max_wait));
    loop {
        let pass = read_all(cx, list, limits).await;
        let enough = pass.urgent || list.is_empty() || pass.bytes >= limits.min_bytes.min(pass.room.bytes());
        if enough || limits.max_wait.is_zero() || time_is_up.is_elapsed() {
            return pass.results;
        }
        let missing = i64::try_from(limits.min_bytes - pass.bytes).unwrap_or(i64::MAX);
        let waiter = FetchWaiter::new(missing);
        let mut registration = Registration::new(waiter.clone());
        for (partition, seen_end_offset) in &pass.waitable {
            registration.add(partition, *seen_end_offset, limits.committed_only);
        }
        cx.node.meter.fetches_parked.increment();
        let _parked = cx.node.meter.parked_fetches.hold();
        // When time is up there is one more pass: high watermarks may have moved without enough bytes.
        tokio::select! {
            () = waiter.satisfied() => {}
            () = &mut time_is_up => {}
        }
    }
}

async fn read_all(cx: &RequestContext, list: &FetchList, limits: &FetchLimits) -> Pass {
    let asked = list.iter().map(|(_, p)| usize::try_from(p.partition_max_bytes).unwrap_or(0));
    let most = asked.fold(0, usize::saturating_add).min(limits.max_bytes);
    let mut pass = Pass {
        room: cx.node.responses.room(most, limits.max_held_bytes),
        results: Vec::with_capacity(list.len()),
        bytes: 0,
        urgent: false,
        waitable: Vec::with_capacity(list.len()),
    };
    let mut topic: Option<(FetchKey, Result<Arc<HostedTopic>, ErrorCode>)> = None;
    for (number, (key, request)) in list.iter().enumerate() {
        if number % BUSY_PARTITIONS == BUSY_PARTITIONS - 1 {
            // There may be a million.
            tokio::task::yield_now().await;
        }
        // Partitions of a topic mostly follow one another.
        let same = topic.as_ref().is_some_and(|(of, _)| of.topic == key.topic && of.topic_id == key.topic_id);
        if !same {
            topic = Some((key.clone(), find_topic(cx, key)));
        }
        let Some((_, found)) = &topic else { continue };
        let data = match find_partition(found, key.partition) {
            Ok(partition) => read_one(cx, partition, request, limits, &mut pass).await,
            Err((code, leadership)) => {
                pass.urgent = true;
                failed(cx, key.partition, code, leadership)
            }
        };
        pass.results.push((key.clone(), data));
    }
    pass
}

fn find_topic(cx: &RequestContext, key: &FetchKey) -> Result<Arc<HostedTopic>, ErrorCode> {
    if cx.version >= TOPIC_IDS_FROM {
        return cx.node.replicas.topic_by_id(key.topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID);
    }
    cx.node.replicas.topic(&key.topic).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
}

fn find_partition(
    topic: &Result<Arc<HostedTopic>, ErrorCode>,
    index: i32,
) -> Result<&Arc<Partition>, (ErrorCode, Option<Leadership>)> {
    match topic {
        Ok(topic) => topic.partition(index),
        Err(code) => Err((*code, None)),
    }
}

async fn read_one(
    cx: &RequestContext,
    partition: &Arc<Partition>,
    request: &FetchPartition,
    limits: &FetchLimits,
    pass: &mut Pass,
) -> PartitionData {
    let left = pass.room.bytes().saturating_sub(pass.bytes);
    let spec = FetchSpec {
        offset: request.fetch_offset,
        max_bytes: usize::try_from(request.partition_max_bytes).unwrap_or(0).min(left),
        // The first batch of a response may exceed every limit, so that a large one does not block its reader.
        min_one_message: pass.bytes == 0,
        committed_only: limits.committed_only,
        current_leader_epoch: request.current_leader_epoch,
        last_fetched_epoch: request.last_fetched_epoch,
        follower: limits.follower,
    };
    let index = request.partition;
    let fetched = match partition.plan_fetch(&spec) {
        Ok(PlannedFetch::Read(plan)) => run_plan(plan).await,
        Ok(PlannedFetch::Diverging(end, offsets)) => {
            pass.urgent = true;
            let diverging_epoch = EpochEndOffset { epoch: end.epoch, end_offset: end.end_offset };
            return PartitionData { diverging_epoch, ..described(index, &offsets, limits.committed_only) };
        }
        Err(code) => Err(code),
    };
    match fetched {
        Ok(fetched) => {
            pass.bytes += fetched.size;
            let offsets = fetched.offsets;
            let end = if limits.committed_only { offsets.last_stable_offset } else { offsets.high_watermark };
            pass.waitable.push((partition.clone(), end));
            let records = Some(Records(fetched.into_bytes()));
            PartitionData { records, ..described(index, &offsets, limits.committed_only) }
        }
        Err(code) => {
            pass.urgent = true;
            let moved = matches!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH);
            failed(cx, index, code, moved.then(|| partition.leadership()))
        }
    }
}

fn described(index: i32, offsets: &LogOffsets, committed_only: bool) -> PartitionData {
    PartitionData {
        partition_index: index,
        high_watermark: offsets.high_watermark,
        last_stable_offset: offsets.last_stable_offset,
        log_start_offset: offsets.log_start_offset,
        // Only readers of committed records need to know what to skip.
        aborted_transactions: committed_only.then(Vec::new),
        records: Some(Records::default()),
        ..Default::default()
    }
}

fn failed(cx: &RequestContext, index: i32, code: ErrorCode, leadership: Option<Leadership>) -> PartitionData {
    let leadership = leadership.filter(|_| cx.version >= LEADER_FROM);
    PartitionData {
        partition_index: index,
        error_code: code,
        high_watermark: -1,
        current_leader: leadership
            .map(|l| LeaderIdAndEpoch { leader_id: l.leader, leader_epoch: l.leader_epoch })
            .unwrap_or_default(),
        records: Some(Records::default()),
        ..Default::default()
    }
}

fn respond(cx: &RequestContext, session_id: i32, results: Vec<(FetchKey, PartitionData)>) -> FetchResponse {
    let node_endpoints = if cx.version >= ENDPOINTS_FROM { endpoints(cx, &results) } else { Vec::new() };
    let mut responses: Vec<FetchableTopicResponse> = Vec::new();
    for (FetchKey { topic, topic_id, .. }, data) in results {
        match responses.last_mut() {
            Some(last) if last.topic == topic && last.topic_id == topic_id => last.partitions.push(data),
            _ => responses.push(FetchableTopicResponse { topic, topic_id, partitions: vec![data] }),
        }
    }
    FetchResponse { session_id, responses, node_endpoints, ..Default::default() }
}

/// Where the leaders are that the response names.
fn endpoints(cx: &RequestContext, results: &[(FetchKey, PartitionData)]) -> Vec<NodeEndpoint> {
    let mut leaders: Vec<NodeId> = results.iter().map(|(_, data)| data.current_leader.leader_id).collect();
    leaders.retain(|&leader| leader != NodeId::NONE);
    leaders.sort_unstable();
    leaders.dedup();
    let row = |node_id| {
        let (endpoint, rack) = leader_endpoint(cx, node_id)?;
        Some(NodeEndpoint { node_id, host: endpoint.host, port: endpoint.port.into(), rack })
    };
    leaders.into_iter().filter_map(row).collect()
}
