//! Produce: appends record batches to the partitions that this node leads.

use std::sync::Arc;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::produce::{
        BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceData, PartitionProduceResponse,
        ProduceRequest, ProduceResponse, TopicProduceData, TopicProduceResponse,
    },
    types::NodeId,
};

use super::leader_endpoint;
use crate::{
    dispatch::{Reply, RequestContext},
    partition::{Appended, Checking, ClientBatch, Leadership, Partition, ProduceRefusal, RecordFault},
    replicas::HostedTopic,
};

/// The first version that names topics by their ids.
const TOPIC_IDS_FROM: i16 = 13;
/// The first version that says who leads a partition instead.
const LEADER_FROM: i16 = 10;
/// The client id that may write to internal topics, as Kafka's own tools do.
const ADMIN_CLIENT_ID: &str = "__admin_client";

pub(crate) async fn handle(cx: &RequestContext, request: ProduceRequest) -> Reply<ProduceResponse> {
    let acks = request.acks;
    let response = if !matches!(acks, -1..=1) {
        refuse_all(&request, ErrorCode::INVALID_REQUIRED_ACKS)
    } else if request.transactional_id.is_some() {
        // Transactions are not served, and no version of the protocol has a better way to say so.
        refuse_all(&request, ErrorCode::INVALID_TXN_STATE)
    } else {
        append_all(cx, request).await
    };
    let results = response.responses.iter().flat_map(|topic| &topic.partition_responses);
    results.for_each(|result| cx.node.meter.note_code(result.error_code));
    if acks != 0 {
        return Reply::Respond(response);
    }
    let failed = response.responses.iter().flat_map(|t| &t.partition_responses).any(|p| !p.error_code.is_none());
    if failed { Reply::Close } else { Reply::Silent }
}

async fn append_all(cx: &RequestContext, request: ProduceRequest) -> ProduceResponse {
    let now_ms = cx.node.now_ms();
    let all_replicas = request.acks == -1;
    let mut response = ProduceResponse::default();
    let mut flushes = Vec::new();
    // Decompressed, a request may be as large as one without compression.
    let allowance = usize::try_from(cx.node.config().socket_request_max_bytes).unwrap_or(0);
    let mut checking = Checking::new(&cx.node.long_checks, allowance);
    for (topic_index, topic) in request.topic_data.into_iter().enumerate() {
        let TopicProduceData { name, topic_id, partition_data } = topic;
        let hosted = if cx.version >= TOPIC_IDS_FROM {
            cx.node.replicas.topic_by_id(topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)
        } else {
            cx.node.replicas.topic(&name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
        };
        // The name is copied so that it does not share the frame, which the batch may then have for itself.
        let mut results = TopicProduceResponse { name: name.detach(), topic_id, ..Default::default() };
        drop(name);
        for data in partition_data {
            let result = append(cx, &hosted, data, all_replicas, now_ms, &mut checking).await;
            if let Some((partition, end_offset)) = result.to_flush {
                flushes.push((topic_index, results.partition_responses.len(), partition, end_offset));
            }
            note_leader(cx, &result.response.current_leader, &mut response.node_endpoints);
            results.partition_responses.push(result.response);
        }
        response.responses.push(results);
    }
    for (topic, partition, log, end_offset) in flushes {
        if let Err(code) = log.flush_to(end_offset).await {
            let result = response.responses.get_mut(topic).and_then(|t| t.partition_responses.get_mut(partition));
            if let Some(result) = result {
                *result = refused(result.index, &ProduceRefusal::new(code, code.message()), None);
            }
        }
    }
    response
}

struct AppendResult {
    response: PartitionProduceResponse,
    /// What has to be durable before the response is sent.
    to_flush: Option<(Arc<Partition>, i64)>,
}

async fn append(
    cx: &RequestContext,
    topic: &Result<Arc<HostedTopic>, ErrorCode>,
    data: PartitionProduceData,
    all_replicas: bool,
    now_ms: i64,
    checking: &mut Checking<'_>,
) -> AppendResult {
    let PartitionProduceData { index, records } = data;
    let refuse = |code: ErrorCode, leadership| AppendResult {
        response: refused(index, &ProduceRefusal::new(code, code.message()), leadership),
        to_flush: None,
    };
    let topic = match topic {
        Ok(topic) => topic,
        Err(code) => return refuse(*code, None),
    };
    if topic.topic.is_internal() && *cx.client_id != *ADMIN_CLIENT_ID {
        return refuse(ErrorCode::INVALID_TOPIC_EXCEPTION, None);
    }
    let partition = match topic.partition(index) {
        Ok(partition) => partition,
        Err((code, leadership)) => return refuse(code, leadership.filter(|_| cx.version >= LEADER_FROM)),
    };
    let records = records.unwrap_or_default().0;
    let size = records.len() as u64;
    let batch = ClientBatch { records, version: cx.version, all_replicas, now_ms };
    match partition.append(batch, checking).await {
        Ok(appended) => {
            let meter = &cx.node.meter;
            meter.produced_batches.increment();
            meter.produced_records.add((appended.end_offset - appended.base_offset).unsigned_abs());
            meter.produced_bytes.add(size);
            let due = partition.flush_is_due(now_ms);
            let to_flush = due.then(|| (partition.clone(), appended.end_offset));
            AppendResult { response: accepted(index, &appended), to_flush }
        }
        Err(refusal) => {
            let moved = refusal.code == ErrorCode::NOT_LEADER_OR_FOLLOWER && cx.version >= LEADER_FROM;
            let leadership = moved.then(|| partition.leadership());
            AppendResult { response: refused(index, &refusal, leadership), to_flush: None }
        }
    }
}

fn accepted(index: i32, appended: &Appended) -> PartitionProduceResponse {
    PartitionProduceResponse {
        index,
        base_offset: appended.base_offset,
        log_append_time_ms: appended.log_append_time.unwrap_or(-1),
        log_start_offset: appended.log_start_offset,
        ..Default::default()
    }
}

fn refused(index: i32, refusal: &ProduceRefusal, leadership: Option<Leadership>) -> PartitionProduceResponse {
    let record_error = |fault: &RecordFault| BatchIndexAndErrorMessage {
        batch_index: fault.index,
        batch_index_error_message: Some(fault.why.as_ref().into()),
    };
    PartitionProduceResponse {
        index,
        error_code: refusal.code,
        base_offset: -1,
        record_errors: refusal.faults.iter().map(record_error).collect(),
        error_message: Some(refusal.message.as_str().into()),
        current_leader: leadership.map(leader_id_and_epoch).unwrap_or_default(),
        ..Default::default()
    }
}

fn leader_id_and_epoch(leadership: Leadership) -> LeaderIdAndEpoch {
    LeaderIdAndEpoch { leader_id: leadership.leader, leader_epoch: leadership.leader_epoch }
}

/// Tells the client where the leader is that its response names.
fn note_leader(cx: &RequestContext, leader: &LeaderIdAndEpoch, endpoints: &mut Vec<NodeEndpoint>) {
    let node_id = leader.leader_id;
    if node_id == NodeId::NONE || endpoints.iter().any(|endpoint| endpoint.node_id == node_id) {
        return;
    }
    if let Some((endpoint, rack)) = leader_endpoint(cx, node_id) {
        endpoints.push(NodeEndpoint { node_id, host: endpoint.host, port: endpoint.port.into(), rack });
    }
}

fn refuse_all(request: &ProduceRequest, code: ErrorCode) -> ProduceResponse {
    let refusal = ProduceRefusal::new(code, code.message());
    let responses = request.topic_data.iter().map(|topic| TopicProduceResponse {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partition_responses: topic.partition_data.iter().map(|data| refused(data.index, &refusal, None)).collect(),
    });
    ProduceResponse { responses: responses.collect(), ..Default::default() }
}
