//! From a frame to a handler and back: the table of what is served, and the decoding and encoding around it.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        alter_configs::AlterConfigsRequest,
        alter_partition_reassignments::AlterPartitionReassignmentsRequest,
        alter_replica_log_dirs::AlterReplicaLogDirsRequest,
        api_versions::{ApiVersion, ApiVersionsRequest, ApiVersionsResponse},
        create_partitions::CreatePartitionsRequest,
        create_topics::CreateTopicsRequest,
        delete_groups::DeleteGroupsRequest,
        delete_records::DeleteRecordsRequest,
        delete_topics::DeleteTopicsRequest,
        describe_cluster::DescribeClusterRequest,
        describe_configs::DescribeConfigsRequest,
        describe_groups::DescribeGroupsRequest,
        describe_log_dirs::DescribeLogDirsRequest,
        describe_producers::DescribeProducersRequest,
        describe_quorum::DescribeQuorumRequest,
        describe_topic_partitions::DescribeTopicPartitionsRequest,
        elect_leaders::ElectLeadersRequest,
        fetch::FetchRequest,
        find_coordinator::FindCoordinatorRequest,
        header::{RequestHeader, ResponseHeader},
        heartbeat::HeartbeatRequest,
        incremental_alter_configs::IncrementalAlterConfigsRequest,
        init_producer_id::InitProducerIdRequest,
        join_group::JoinGroupRequest,
        leave_group::LeaveGroupRequest,
        list_config_resources::ListConfigResourcesRequest,
        list_groups::ListGroupsRequest,
        list_offsets::ListOffsetsRequest,
        list_partition_reassignments::ListPartitionReassignmentsRequest,
        metadata::MetadataRequest,
        offset_commit::OffsetCommitRequest,
        offset_delete::OffsetDeleteRequest,
        offset_fetch::OffsetFetchRequest,
        offset_for_leader_epoch::OffsetForLeaderEpochRequest,
        produce::ProduceRequest,
        sync_group::SyncGroupRequest,
    },
    types::NodeId,
    wire::{self, DecodeError, Decoder, EncodeError, Encoder, Message, Request, Str, schema::VersionRange},
};
use tracing::Instrument;

use crate::{
    api,
    network::{Outcome, ResponseFrame, Service},
    node::Node,
};

/// Bytes of the size in front of a frame.
const SIZE_LEN: usize = 4;

/// What a handler knows about its request besides the request itself.
pub(crate) struct RequestContext {
    /// The node that the request was sent to.
    pub(crate) node: Arc<Node>,
    /// The listener it came in on: metadata in the response has the addresses of that listener.
    pub(crate) listener: Str,
    /// The version of the request, and of the response.
    pub(crate) version: i16,
    /// The client's name for itself; empty if it has none.
    pub(crate) client_id: Str,
    /// Where the client is, written as Kafka writes it: `/127.0.0.1`.
    pub(crate) client_host: Str,
}

/// What a handler wants to happen. Most handlers just return their response.
pub(crate) enum Reply<R> {
    /// Send this.
    Respond(R),
    /// The request asked for no response.
    Silent,
    /// The request failed and asked for no response, so closing the connection is the only way to say so.
    Close,
}

impl<R> From<R> for Reply<R> {
    fn from(response: R) -> Self {
        Self::Respond(response)
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply<Encoder>, BadRequest>> + Send + 'a>>;
type Handler = for<'a> fn(&'a RequestContext, Decoder, Encoder) -> Answer<'a>;

/// Why a request cannot be answered. The connection is closed, as Kafka does.
#[derive(Debug, thiserror::Error)]
enum BadRequest {
    #[error("the frame is too short for a request header")]
    NoHeader,
    #[error("the request header is not valid: {0}")]
    Header(DecodeError),
    #[error("{key} version {version} is not served")]
    NotServed { key: ApiKey, version: i16 },
    #[error("the request is not valid: {0}")]
    Body(DecodeError),
    #[error("the response cannot be encoded: {0}")]
    Response(#[from] EncodeError),
    #[error("the response is larger than a frame can be")]
    TooLarge,
}

/// One row of the table.
struct Api {
    key: ApiKey,
    /// The versions that are handled.
    served: VersionRange,
    /// The lowest version that ApiVersions tells clients.
    advertised_from: i16,
    /// The first version with tagged fields, in its header too.
    flexible: VersionRange,
    handler: Handler,
}

/// Which versions clients may see at most, by API; a maximum below what is served hides the API.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiVersionCaps(pub(crate) BTreeMap<ApiKey, i16>);

impl ApiVersionCaps {
    fn apply(&self, key: ApiKey, versions: VersionRange) -> VersionRange {
        let last = self.0.get(&key).copied().unwrap_or(i16::MAX);
        versions.intersect(VersionRange::new(0, last))
    }
}

macro_rules! apis {
    ($($request:ident $versions:expr => $handler:path;)+) => {
        &[$(Api {
            key: <$request as Request>::KEY,
            served: served::<$request>(*$versions.start(), *$versions.end()),
            advertised_from: *$versions.start(),
            flexible: <$request as Message>::FLEXIBLE,
            handler: |cx, mut body, mut out| Box::pin(async move {
                let request: $request = wire::decode_from(&mut body, cx.version).map_err(BadRequest::Body)?;
                // Lets go of the frame: what the handler keeps of it may then be all that is left.
                drop(body);
                match $handler(cx, request).await.into() {
                    Reply::Respond(response) => {
                        let response: <$request as Request>::Response = response;
                        wire::encode_onto(&mut out, &response, cx.version)?;
                        Ok(Reply::Respond(out))
                    }
                    Reply::Silent => Ok(Reply::Silent),
                    Reply::Close => Ok(Reply::Close),
                }
            }),
        }),+]
    };
}

/// The versions of a message that are served: those of the table, as far as the codec has them.
const fn served<R: Message>(first: i16, last: i16) -> VersionRange {
    VersionRange::new(first, last).intersect(R::VERSIONS)
}

/// Everything that is served, by key. What is not here is not advertised.
///
/// Produce is advertised from version 0 on, because some clients take a minimum above their own oldest version for
/// a broker that they cannot talk to (KAFKA-18659); versions below 3 are refused.
static APIS: &[Api] = apis! {
    ProduceRequest 0..=13 => api::produce::handle;
    FetchRequest 4..=18 => api::fetch::handle;
    ListOffsetsRequest 1..=11 => api::list_offsets::handle;
    MetadataRequest 0..=13 => api::metadata::handle;
    OffsetCommitRequest 2..=10 => api::offsets::commit;
    OffsetFetchRequest 1..=10 => api::offsets::fetch;
    FindCoordinatorRequest 0..=6 => api::find_coordinator::handle;
    JoinGroupRequest 0..=9 => api::groups::join;
    HeartbeatRequest 0..=4 => api::groups::heartbeat;
    LeaveGroupRequest 0..=5 => api::groups::leave;
    SyncGroupRequest 0..=5 => api::groups::sync;
    DescribeGroupsRequest 0..=6 => api::groups::describe;
    ListGroupsRequest 0..=5 => api::groups::list;
    ApiVersionsRequest 0..=4 => api::api_versions::handle;
    CreateTopicsRequest 2..=7 => api::topics::create;
    DeleteTopicsRequest 1..=6 => api::topics::delete;
    DeleteRecordsRequest 0..=2 => api::records::delete;
    InitProducerIdRequest 0..=5 => api::init_producer_id::handle;
    OffsetForLeaderEpochRequest 2..=4 => api::offset_for_leader_epoch::handle;
    DescribeConfigsRequest 1..=4 => api::configs::describe;
    AlterConfigsRequest 0..=2 => api::configs::alter;
    AlterReplicaLogDirsRequest 1..=2 => api::log_dirs::alter;
    DescribeLogDirsRequest 1..=5 => api::log_dirs::describe;
    CreatePartitionsRequest 0..=3 => api::topics::create_partitions;
    DeleteGroupsRequest 0..=3 => api::groups::delete;
    ElectLeadersRequest 0..=2 => api::leaders::elect;
    IncrementalAlterConfigsRequest 0..=1 => api::configs::alter_incrementally;
    AlterPartitionReassignmentsRequest 0..=1 => api::leaders::alter_reassignments;
    ListPartitionReassignmentsRequest 0..=0 => api::leaders::list_reassignments;
    OffsetDeleteRequest 0..=0 => api::offsets::delete;
    DescribeQuorumRequest 0..=2 => api::cluster::describe_quorum;
    DescribeClusterRequest 0..=2 => api::cluster::describe;
    DescribeProducersRequest 0..=0 => api::producers::describe;
    ListConfigResourcesRequest 0..=1 => api::configs::list_resources;
    DescribeTopicPartitionsRequest 0..=0 => api::topic_partitions::describe;
};

fn find(key: ApiKey) -> Option<&'static Api> {
    APIS.binary_search_by_key(&key, |api| api.key).ok().and_then(|index| APIS.get(index))
}

/// What ApiVersions tells a client.
pub(crate) fn advertised(caps: &ApiVersionCaps) -> Vec<ApiVersion> {
    APIS.iter()
        .filter_map(|api| {
            let served = caps.apply(api.key, api.served);
            let min_version = api.advertised_from;
            (!served.is_empty()).then_some(ApiVersion { api_key: api.key, min_version, max_version: served.last })
        })
        .collect()
}

/// Answers the requests of one connection.
pub(crate) struct Dispatcher {
    node: Arc<Node>,
    listener: Str,
    /// The client id of the last request, which is that of the next one too.
    client_id: Str,
    client_host: Str,
}

impl Dispatcher {
    pub(crate) fn new(node: Arc<Node>, listener: Str, client_host: Str) -> Self {
        node.meter.connections_opened.increment();
        Self { node, listener, client_id: Str::default(), client_host }
    }

    async fn answer(&mut self, frame: Bytes) -> Result<Outcome, BadRequest> {
        let begun = self.node.now();
        let (key, version) = peek_api(&frame)?;
        self.node.meter.requested(key, frame.len() + SIZE_LEN);
        let mut body = Decoder::new(frame, 1, false);
        let (api, header) = match self.route(key, version, &mut body)? {
            Route::Handler(api, header) => (api, header),
            Route::ApiVersionsFallback(header) => return self.api_versions_fallback(&header),
        };
        self.note_client(header.client_id);
        let cx = RequestContext {
            node: self.node.clone(),
            listener: self.listener.clone(),
            version,
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
        };
        // Clients do not know yet what the broker speaks when they read this one, so its header never changes.
        let flexible_header = api.flexible.contains(version) && api.key != ApiKey::API_VERSIONS;
        let out = response_header(header.correlation_id, flexible_header)?;
        let _note = PanicNote { node: self.node.id(), key, version };
        let correlation_id = header.correlation_id;
        let span = tracing::trace_span!("request", node = self.node.id().0, api = %key, version, correlation_id);
        let reply = (api.handler)(&cx, body, out).instrument(span).await?;
        let size = if let Reply::Respond(out) = &reply { out.len() + SIZE_LEN } else { 0 };
        self.node.meter.answered(key, size, self.node.now().steady_ms - begun.steady_ms);
        self.respond(reply)
    }

    fn note_client(&mut self, client_id: Option<Str>) {
        let client_id = client_id.unwrap_or_default();
        if self.client_id != client_id {
            tracing::Span::current().record("client_id", &*client_id);
            self.client_id = client_id.detach();
        }
    }

    /// Finds the row of the table, and reads the header as it says.
    fn route(&self, key: ApiKey, version: i16, body: &mut Decoder) -> Result<Route, BadRequest> {
        let not_served = BadRequest::NotServed { key, version };
        let Some(api) = find(key) else { return Err(not_served) };
        let supported = self.node.api_version_caps().apply(key, api.served).contains(version);
        if !supported && key != ApiKey::API_VERSIONS {
            return Err(not_served);
        }
        let header_version = if api.flexible.contains(version) && supported { 2 } else { 1 };
        let header = wire::decode_from(body, header_version).map_err(BadRequest::Header)?;
        Ok(if supported { Route::Handler(api, header) } else { Route::ApiVersionsFallback(header) })
    }

    /// A client that is newer than the broker learns from a version 0 response what to ask with (KIP-511).
    fn api_versions_fallback(&self, header: &RequestHeader) -> Result<Outcome, BadRequest> {
        let mut out = response_header(header.correlation_id, false)?;
        let response = ApiVersionsResponse {
            error_code: ErrorCode::UNSUPPORTED_VERSION,
            api_keys: advertised(self.node.api_version_caps())
                .into_iter()
                .filter(|api| api.api_key == ApiKey::API_VERSIONS)
                .collect(),
            ..Default::default()
        };
        wire::encode_onto(&mut out, &response, 0)?;
        self.respond(Reply::Respond(out))
    }

    fn respond(&self, reply: Reply<Encoder>) -> Result<Outcome, BadRequest> {
        Ok(match reply {
            Reply::Respond(out) => {
                let frame = ResponseFrame::new(out).ok_or(BadRequest::TooLarge)?;
                Outcome::Respond(frame.held(&self.node.responses))
            }
            Reply::Silent => Outcome::Silent,
            Reply::Close => Outcome::Close,
        })
    }
}

/// Says in the log which request it was if its handler panics. The panic ends the connection's task and nothing else.
struct PanicNote {
    node: NodeId,
    key: ApiKey,
    version: i16,
}

impl Drop for PanicNote {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { node, key, version } = self;
            tracing::error!(%node, %key, version, "a handler panicked, closing its connection");
        }
    }
}

enum Route {
    Handler(&'static Api, RequestHeader),
    ApiVersionsFallback(RequestHeader),
}

/// Every header begins with the API and its version, whatever follows.
fn peek_api(frame: &[u8]) -> Result<(ApiKey, i16), BadRequest> {
    let &[a, b, c, d] = frame.first_chunk::<4>().ok_or(BadRequest::NoHeader)?;
    Ok((ApiKey(i16::from_be_bytes([a, b])), i16::from_be_bytes([c, d])))
}

fn response_header(correlation_id: i32, flexible: bool) -> Result<Encoder, EncodeError> {
    let mut out = Encoder::new(0, false);
    wire::encode_onto(&mut out, &ResponseHeader { correlation_id }, flexible.into())?;
    Ok(out)
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.node.meter.connections_closed.increment();
    }
}

impl Service for Dispatcher {
    async fn call(&mut self, frame: Bytes) -> Outcome {
        let answer = self.answer(frame).await.inspect_err(|_| self.node.meter.bad_requests.increment());
        match answer {
            Ok(outcome) => outcome,
            Err(error @ (BadRequest::Response(_) | BadRequest::TooLarge)) => {
                tracing::error!(node = %self.node.id(), %error, "closing a connection");
                Outcome::Close
            }
            Err(error) => {
                tracing::debug!(node = %self.node.id(), %error, "closing a connection");
                Outcome::Close
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_keys() {
        assert!(APIS.is_sorted_by_key(|api| api.key));
    }

    #[test]
    fn a_cap_lowers_the_last_version_and_hides_an_api_that_it_leaves_nothing_of() {
        let caps = ApiVersionCaps([(ApiKey::METADATA, 7), (ApiKey::PRODUCE, 2)].into());
        let advertised = advertised(&caps);
        let of = |key| advertised.iter().find(|api| api.api_key == key).map(|api| (api.min_version, api.max_version));
        assert_eq!(of(ApiKey::METADATA), Some((0, 7)));
        assert_eq!(of(ApiKey::PRODUCE), None);
    }
}
