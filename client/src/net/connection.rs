//! One connection to a broker: a task that writes frames and a task that reads them.
//!
//! Responses come in the order of their requests, so the requests under way are a queue. A caller that goes away leaves
//! its entry there: the response is read and dropped, and the neighbours do not notice.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        api_versions::{ApiVersionsRequest, ApiVersionsResponse},
        header::{RequestHeader, ResponseHeader},
    },
    types::NodeId,
    wire::{self, Decoder, Encoder, Message, Request, Str},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tracing::{Instrument, Span, field};

use super::{
    BrokerVersions, ConnectionError, Connector, RequestError, Transport,
    frame::{FrameError, FrameReader},
};
use crate::{
    config::{ClientConfig, ServerAddress},
    metrics::{ClientMeter, InFlight},
};

/// Whom to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// [`NodeId::NONE`] for a bootstrap server.
    pub(crate) node: NodeId,
    pub(crate) address: ServerAddress,
}

/// A connection that has told its versions. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    outgoing: mpsc::UnboundedSender<Outgoing>,
}

#[derive(Debug)]
struct Shared {
    /// [`NodeId::NONE`] for a bootstrap server.
    node: NodeId,
    address: ServerAddress,
    meter: Arc<ClientMeter>,
    client_id: Str,
    request_timeout: Duration,
    max_response_bytes: usize,
    next_correlation_id: AtomicI32,
    versions: OnceLock<BrokerVersions>,
    /// Requests that were handed to the socket, in order.
    pending: Mutex<VecDeque<Pending>>,
    /// Why the connection ended; set once.
    closed: watch::Sender<Option<ConnectionError>>,
}

#[derive(Debug)]
struct Outgoing {
    chunks: Vec<Bytes>,
    pending: Option<Pending>,
    /// Told when the socket has taken all of it; dropped where the connection ends before.
    written: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Pending {
    correlation_id: i32,
    api: ApiKey,
    sent: Instant,
    /// Lives until the answer.
    span: Span,
    _in_flight: InFlight,
    reply: oneshot::Sender<Result<Bytes, ConnectionError>>,
}

impl Pending {
    fn answered(self, meter: &ClientMeter, frame: Bytes) {
        let latency = self.sent.elapsed();
        if let Some(api) = meter.api(self.api) {
            api.responses.increment();
            api.response_bytes.add(frame.len() as u64 + 4);
            api.latency.add(latency);
        }
        self.span.record("latency_us", latency.as_micros());
        // The caller may have gone away.
        let _ = self.reply.send(Ok(frame));
    }

    fn failed(self, error: ConnectionError) {
        self.span.record("error", field::display(&error));
        let _ = self.reply.send(Err(error));
    }
}

/// A response to come. Dropping it drops the response, not the request.
#[derive(Debug)]
pub(crate) struct Response<R: Request> {
    shared: Arc<Shared>,
    version: i16,
    deadline: Instant,
    timeout: Duration,
    reply: oneshot::Receiver<Result<Bytes, ConnectionError>>,
    request: std::marker::PhantomData<fn() -> R>,
}

/// A request that gets no response, on its way to the socket.
#[derive(Debug)]
pub(crate) struct Unanswered {
    shared: Arc<Shared>,
    deadline: Instant,
    timeout: Duration,
    written: oneshot::Receiver<()>,
}

impl Connection {
    /// Connects and asks for the versions.
    pub(crate) async fn open(
        connector: &dyn Connector,
        peer: &Peer,
        config: &ClientConfig,
        meter: &Arc<ClientMeter>,
        timeout: Duration,
    ) -> Result<Self, ConnectionError> {
        let address = &peer.address;
        let opening = async {
            let transport = connector
                .connect(address)
                .await
                .map_err(|source| ConnectionError::Connect { address: address.clone(), source: Arc::new(source) })?;
            let connection = Self::start(transport, peer.clone(), config, meter.clone());
            connection.negotiate().await?;
            Ok(connection)
        };
        tokio::time::timeout(timeout, opening)
            .await
            .unwrap_or_else(|_| Err(ConnectionError::SetupTimeout { address: address.clone(), after: timeout }))
    }

    fn start(transport: Transport, peer: Peer, config: &ClientConfig, meter: Arc<ClientMeter>) -> Self {
        let shared = Arc::new(Shared {
            node: peer.node,
            address: peer.address,
            meter,
            client_id: config.client_id.as_str().into(),
            request_timeout: config.request_timeout,
            max_response_bytes: config.max_response_bytes,
            next_correlation_id: AtomicI32::new(0),
            versions: OnceLock::new(),
            pending: Mutex::default(),
            closed: watch::Sender::new(None),
        });
        let (outgoing, queue) = mpsc::unbounded_channel();
        let idle = config.connections_max_idle;
        tokio::spawn(write_frames(transport.write, queue, shared.clone(), idle).in_current_span());
        tokio::spawn(read_frames(transport.read, shared.clone()).in_current_span());
        Self { shared, outgoing }
    }

    /// Asks for the versions with the newest version of the question, and again with the broker's newest if it does
    /// not know that (KIP-511).
    async fn negotiate(&self) -> Result<(), ConnectionError> {
        let request = ApiVersionsRequest {
            client_software_name: Str::from_static("ottla"),
            client_software_version: Str::from_static(env!("CARGO_PKG_VERSION")),
        };
        let mut version = ApiVersionsRequest::VERSIONS.last;
        loop {
            let body = self.call_raw(&request, version).await?;
            let response = decode_api_versions(body, version).map_err(|error| self.shared.protocol(error))?;
            if response.error_code == ErrorCode::NONE {
                // Counted first, for only what has its versions is counted when it closes.
                self.shared.meter.counters.connections_opened.increment();
                // Set once: there is one caller, before the connection is handed out.
                let _ = self.shared.versions.set(BrokerVersions::from_response(&response));
                return Ok(());
            }
            let known = response.api_keys.iter().find(|api| api.api_key == ApiKey::API_VERSIONS);
            let next = known.map_or(0, |api| api.max_version.min(version - 1)).max(0);
            if response.error_code != ErrorCode::UNSUPPORTED_VERSION || next >= version {
                return Err(self.shared.protocol(format!("versions refused with {}", response.error_code)));
            }
            version = next;
        }
    }

    async fn call_raw<R: Request>(&self, request: &R, version: i16) -> Result<Bytes, ConnectionError> {
        let (reply, response) = oneshot::channel();
        let sent = self.enqueue(request, version, Some(reply), None);
        sent.map_err(|error| match error {
            RequestError::NotSent(error) | RequestError::NoResponse(error) => error,
            other => self.shared.protocol(other),
        })?;
        response.await.unwrap_or_else(|_| Err(self.shared.end()))
    }

    /// What the broker serves.
    pub(crate) fn versions(&self) -> &BrokerVersions {
        static NONE: OnceLock<BrokerVersions> = OnceLock::new();
        self.shared.versions.get().unwrap_or_else(|| NONE.get_or_init(BrokerVersions::default))
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.borrow().is_some()
    }

    /// Ends it; requests under way fail with `reason`.
    pub(crate) fn close(&self, reason: ConnectionError) {
        self.shared.close(reason);
    }

    /// Sends a request in the newest version that both sides have and waits for the response.
    ///
    /// Cancel safe in that dropping the future leaves the connection intact; the request may have been sent.
    pub(crate) async fn call<R: Request>(&self, request: &R) -> Result<R::Response, RequestError> {
        let version = self.versions().newest::<R>()?;
        self.send(request, version, self.shared.request_timeout)?.wait().await
    }

    /// Puts a request in line; requests are written in the order of these calls.
    pub(crate) fn send<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Duration,
    ) -> Result<Response<R>, RequestError> {
        let (sender, reply) = oneshot::channel();
        self.enqueue(request, version, Some(sender), None)?;
        Ok(Response {
            shared: self.shared.clone(),
            version,
            deadline: Instant::now() + timeout,
            timeout,
            reply,
            request: std::marker::PhantomData,
        })
    }

    /// Puts a request in line that gets no response.
    pub(crate) fn send_unanswered<R: Request>(
        &self,
        request: &R,
        version: i16,
        timeout: Duration,
    ) -> Result<Unanswered, RequestError> {
        let (sender, written) = oneshot::channel();
        self.enqueue(request, version, None, Some(sender))?;
        Ok(Unanswered { shared: self.shared.clone(), deadline: Instant::now() + timeout, timeout, written })
    }

    fn enqueue<R: Request>(
        &self,
        request: &R,
        version: i16,
        reply: Option<oneshot::Sender<Result<Bytes, ConnectionError>>>,
        written: Option<oneshot::Sender<()>>,
    ) -> Result<(), RequestError> {
        let correlation_id = self.shared.next_correlation_id.fetch_add(1, Ordering::Relaxed);
        let chunks = encode_frame(request, version, correlation_id, &self.shared.client_id)?;
        if let Some(api) = self.shared.meter.api(R::KEY) {
            api.requests.increment();
            api.request_bytes.add(chunks.iter().map(|chunk| chunk.len() as u64).sum());
        }
        let span = tracing::trace_span!(
            "request",
            api = %R::KEY,
            version,
            correlation_id,
            node = self.shared.node.0,
            latency_us = field::Empty,
            error = field::Empty,
        );
        let pending = reply.map(|reply| Pending {
            correlation_id,
            api: R::KEY,
            sent: Instant::now(),
            span,
            _in_flight: InFlight::begin(&self.shared.meter),
            reply,
        });
        self.outgoing.send(Outgoing { chunks, pending, written }).map_err(|_| RequestError::NotSent(self.shared.end()))
    }
}

impl<R: Request> Response<R> {
    /// Waits for the response. A request that gets none in time takes the connection with it, for responses come in
    /// order and those behind it would not come either.
    ///
    /// Cancel safe: may be called again after the future was dropped.
    pub(crate) async fn wait(&mut self) -> Result<R::Response, RequestError> {
        let reply = match tokio::time::timeout_at(self.deadline, &mut self.reply).await {
            Ok(reply) => reply.unwrap_or_else(|_| Err(self.shared.end())),
            Err(_) => Err(self.shared.stalled(self.timeout)),
        };
        let body = reply.map_err(RequestError::NoResponse)?;
        decode_response::<R>(body, self.version, &self.shared.meter)
    }
}

impl Unanswered {
    /// Waits until all of it is written to the socket. Where that takes too long, the connection ends.
    ///
    /// Cancel safe: may be called again after the future was dropped.
    pub(crate) async fn wait(&mut self) -> Result<(), RequestError> {
        let written = match tokio::time::timeout_at(self.deadline, &mut self.written).await {
            Ok(written) => written.map_err(|_| self.shared.end()),
            Err(_) => Err(self.shared.stalled(self.timeout)),
        };
        written.map_err(RequestError::NoResponse)
    }
}

impl Shared {
    /// Ends the connection for a request that took longer than this.
    fn stalled(&self, after: Duration) -> ConnectionError {
        self.meter.counters.request_timeouts.increment();
        let stalled = ConnectionError::Stalled { address: self.address.clone(), after };
        self.close(stalled.clone());
        stalled
    }

    fn lock_pending(&self) -> MutexGuard<'_, VecDeque<Pending>> {
        // The queue is consistent between any two statements, so a panic elsewhere does not spoil it.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, reason: ConnectionError) {
        let first = self.closed.send_if_modified(|closed| {
            let first = closed.is_none();
            closed.get_or_insert(reason);
            first
        });
        let error = self.end();
        if first && self.versions.get().is_some() {
            tracing::debug!(node = self.node.0, address = %self.address, reason = %error, "connection ends");
            self.meter.connection_closed(&error);
        }
        self.lock_pending().drain(..).for_each(|pending| pending.failed(error.clone()));
    }

    /// Why the connection ended.
    fn end(&self) -> ConnectionError {
        self.closed.borrow().clone().unwrap_or(ConnectionError::Closed)
    }

    fn broken(&self, source: io::Error) -> ConnectionError {
        ConnectionError::Broken { address: self.address.clone(), source: Arc::new(source) }
    }

    fn protocol(&self, reason: impl ToString) -> ConnectionError {
        ConnectionError::Protocol { address: self.address.clone(), reason: reason.to_string() }
    }
}

/// A frame: size, header and request, record batches not copied.
fn encode_frame<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: &Str,
) -> Result<Vec<Bytes>, wire::EncodeError> {
    let header = RequestHeader {
        request_api_key: R::KEY,
        request_api_version: version,
        correlation_id,
        client_id: Some(client_id.clone()),
    };
    let flexible = R::FLEXIBLE.contains(version);
    let mut buffer = BytesMut::with_capacity(256);
    buffer.extend_from_slice(&[0; 4]);
    let mut e = Encoder::with_buffer(buffer, version, flexible);
    wire::encode_onto(&mut e, &header, if flexible { 2 } else { 1 })?;
    wire::encode_onto(&mut e, request, version)?;
    let size = e.len() - 4;
    let size = i32::try_from(size).map_err(|_| wire::EncodeError::TooLong(size))?;
    let mut chunks = e.into_chunks();
    if let Some(first) = chunks.first_mut() {
        let mut patched = BytesMut::from(std::mem::take(first));
        if let Some(head) = patched.first_chunk_mut() {
            *head = size.to_be_bytes();
        }
        *first = patched.freeze();
    }
    Ok(chunks)
}

fn decode_response<R: Request>(body: Bytes, version: i16, meter: &ClientMeter) -> Result<R::Response, RequestError> {
    let error = |source| RequestError::Decode { api: R::KEY, source };
    let mut d = Decoder::new(body.clone(), version, false);
    // Its version follows the request's, save for ApiVersions, which never comes here.
    let header_version = i16::from(R::FLEXIBLE.contains(version));
    wire::decode_from::<ResponseHeader>(&mut d, header_version).map_err(error)?;
    let begin = d.position();
    let response = wire::decode_from::<R::Response>(&mut d, version).map_err(error)?;
    if let Some(bytes) = body.get(begin..).filter(|_| begins_with_throttle::<R>(version)).and_then(<[u8]>::first_chunk)
    {
        meter.throttled(i32::from_be_bytes(*bytes));
    }
    Ok(response)
}

/// Whether `throttle_time_ms` comes first. It does wherever it is, but for ApiVersions and Produce, whose sender looks.
fn begins_with_throttle<R: Request>(version: i16) -> bool {
    let first = R::Response::SCHEMA.body.fields.first();
    first.is_some_and(|field| field.name == "throttle_time_ms" && field.versions.contains(version))
}

/// The response header is always version 0 here, and a broker that does not know the version answers in version 0.
fn decode_api_versions(body: Bytes, version: i16) -> Result<ApiVersionsResponse, wire::DecodeError> {
    let after_header = |version| {
        let mut d = Decoder::new(body.clone(), version, false);
        wire::decode_from::<ResponseHeader>(&mut d, 0)?;
        wire::decode_from::<ApiVersionsResponse>(&mut d, version)
    };
    let oldest = after_header(0);
    match oldest {
        Ok(response) if response.error_code == ErrorCode::UNSUPPORTED_VERSION => Ok(response),
        _ => after_header(version),
    }
}

async fn write_frames(
    mut socket: Box<dyn AsyncWrite + Send + Unpin>,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
    shared: Arc<Shared>,
    idle: Option<Duration>,
) {
    let mut closed = shared.closed.subscribe();
    // Outlives the writing: who waits for what is not written must find why the connection ended.
    let mut written = Vec::new();
    let reason = tokio::select! {
        reason = write_until_error(&mut socket, &mut queue, &mut written, &shared, idle) => reason,
        _ = closed.wait_for(Option::is_some) => shared.end(),
    };
    shared.close(reason);
    // What is still in line was never written.
    queue.close();
    while let Some(outgoing) = queue.recv().await {
        if let Some(pending) = outgoing.pending {
            pending.failed(shared.end());
        }
    }
    // The other side may be gone already; there is nobody left to tell.
    let _ = socket.shutdown().await;
}

async fn write_until_error(
    socket: &mut (dyn AsyncWrite + Send + Unpin),
    queue: &mut mpsc::UnboundedReceiver<Outgoing>,
    written: &mut Vec<oneshot::Sender<()>>,
    shared: &Shared,
    idle: Option<Duration>,
) -> ConnectionError {
    let mut chunks = VecDeque::new();
    loop {
        let next = match idle {
            Some(idle) => tokio::time::timeout(idle, queue.recv()).await,
            None => Ok(queue.recv().await),
        };
        match next {
            Ok(Some(outgoing)) => take_outgoing(outgoing, &mut chunks, written, shared),
            Ok(None) => return ConnectionError::Closed,
            Err(_) if shared.lock_pending().is_empty() => {
                return ConnectionError::Idle { address: shared.address.clone() };
            }
            Err(_) => continue,
        }
        // Whatever is in line already shares the write.
        while let Ok(outgoing) = queue.try_recv() {
            take_outgoing(outgoing, &mut chunks, written, shared);
        }
        if let Err(error) = write_all(socket, &mut chunks, shared).await {
            return shared.broken(error);
        }
        for request in written.drain(..) {
            // Nobody may wait for it any more.
            let _ = request.send(());
        }
    }
}

fn take_outgoing(
    outgoing: Outgoing,
    chunks: &mut VecDeque<Bytes>,
    written: &mut Vec<oneshot::Sender<()>>,
    shared: &Shared,
) {
    chunks.extend(outgoing.chunks);
    written.extend(outgoing.written);
    if let Some(pending) = outgoing.pending {
        shared.lock_pending().push_back(pending);
    }
}

async fn write_all(
    socket: &mut (dyn AsyncWrite + Send + Unpin),
    chunks: &mut VecDeque<Bytes>,
    shared: &Shared,
) -> io::Result<()> {
    /// More slices than this in one call gain nothing.
    const SLICES: usize = 64;
    while !chunks.is_empty() {
        let written = {
            let mut slices = [io::IoSlice::new(&[]); SLICES];
            let count = chunks.len().min(SLICES);
            for (slice, chunk) in slices.iter_mut().zip(chunks.iter()) {
                *slice = io::IoSlice::new(chunk);
            }
            socket.write_vectored(slices.get(..count).unwrap_or_default()).await?
        };
        if written == 0 && chunks.iter().any(|chunk| !chunk.is_empty()) {
            return Err(io::ErrorKind::WriteZero.into());
        }
        shared.meter.counters.bytes_out.add(written as u64);
        advance(chunks, written);
    }
    socket.flush().await
}

fn advance(chunks: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(chunk) = chunks.front_mut() {
        if written < chunk.len() {
            chunk.advance(written);
            return;
        }
        written -= chunk.len();
        chunks.pop_front();
    }
}

async fn read_frames(mut socket: Box<dyn AsyncRead + Send + Unpin>, shared: Arc<Shared>) {
    let mut closed = shared.closed.subscribe();
    let reason = tokio::select! {
        reason = read_until_error(&mut socket, &shared) => reason,
        _ = closed.wait_for(Option::is_some) => return,
    };
    shared.close(reason);
}

async fn read_until_error(socket: &mut (dyn AsyncRead + Send + Unpin), shared: &Shared) -> ConnectionError {
    let mut frames = FrameReader::new(shared.max_response_bytes);
    loop {
        let frame = match read_frame(socket, &mut frames, shared).await {
            Ok(frame) => frame,
            Err(error) => return error,
        };
        let correlation_id = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
        let front = shared.lock_pending().pop_front();
        match (front, correlation_id) {
            (Some(pending), Some(id)) if pending.correlation_id == id => pending.answered(&shared.meter, frame),
            (Some(pending), id) => {
                let error = shared.protocol(format!("response {id:?} came instead of {}", pending.correlation_id));
                pending.failed(error.clone());
                return error;
            }
            (None, id) => return shared.protocol(format!("response {id:?} came to no request")),
        }
    }
}

/// The next frame without its size.
async fn read_frame(
    socket: &mut (dyn AsyncRead + Send + Unpin),
    frames: &mut FrameReader,
    shared: &Shared,
) -> Result<Bytes, ConnectionError> {
    let frame = frames.read(socket, |bytes| shared.meter.counters.bytes_in.add(bytes as u64)).await;
    frame.map_err(|error| match error {
        FrameError::Size(size) => shared.protocol(format!("a response of {size} bytes was announced")),
        FrameError::Io(error) => shared.broken(error),
    })
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::{
        fetch::{FetchRequest, FetchResponse},
        heartbeat::{HeartbeatRequest, HeartbeatResponse},
    };

    use super::*;

    /// A response of this version, as it comes after its size.
    fn frame<R: Request>(response: &R::Response, version: i16) -> Bytes {
        let flexible = R::FLEXIBLE.contains(version);
        let mut e = Encoder::new(version, flexible);
        wire::encode_onto(&mut e, &ResponseHeader { correlation_id: 1 }, i16::from(flexible))
            .expect("it can be encoded");
        wire::encode_onto(&mut e, response, version).expect("it can be encoded");
        e.into_chunks().concat().into()
    }

    #[test]
    fn throttling_is_noticed_in_whatever_answer() {
        let meter = ClientMeter::default();
        let heartbeat = HeartbeatResponse { throttle_time_ms: 5, ..Default::default() };
        for version in [1, 4] {
            decode_response::<HeartbeatRequest>(frame::<HeartbeatRequest>(&heartbeat, version), version, &meter)
                .expect("it can be decoded");
        }
        let fetched = FetchResponse { throttle_time_ms: 70, ..Default::default() };
        decode_response::<FetchRequest>(frame::<FetchRequest>(&fetched, 12), 12, &meter).expect("it can be decoded");
        // Version 0 has no room for it: what comes first there is something else.
        let refused = HeartbeatResponse { error_code: ErrorCode(0x7fff), ..Default::default() };
        decode_response::<HeartbeatRequest>(frame::<HeartbeatRequest>(&refused, 0), 0, &meter)
            .expect("it can be decoded");
        assert_eq!(meter.snapshot().throttle, Duration::from_millis(80));
    }
}
