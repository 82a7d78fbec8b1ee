//! What a node counts, and how it spans.
//!
//! [`Cluster::metrics`](crate::Cluster::metrics) takes a snapshot for each node: numbers that only grow from the node's
//! start on, unless they say "now". They are relaxed atomics that nothing is decided by, added to once per request or batch
//! and never per record.
//!
//! | span | level | fields |
//! |---|---|---|
//! | `connection` | debug | `listener`, `peer`, `client_id` once it is known |
//! | `request`, within it | trace | `node`, `api`, `version`, `correlation_id` |
//! | `group`, within a request | debug | `group`, `member`, `generation` |
//! | `load_log` | debug | `path`, `clean` |
//!
//! Segments that are rolled or deleted are debug events. Nothing is logged at `INFO` or above while all goes well.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use ottla_protocol::{api_key::ApiKey, error_code::ErrorCode};

/// Counters of one node since it was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeMetrics {
    /// The id of the node.
    pub node_id: i32,
    /// Connections that were taken.
    pub connections_opened: u64,
    /// Connections that are open now.
    pub connections_open: u64,
    /// Requests that could not be answered, so that their connection was closed.
    pub bad_requests: u64,
    /// Bytes of requests, with their sizes in front.
    pub bytes_in: u64,
    /// Bytes of responses, with their sizes in front.
    pub bytes_out: u64,
    /// Batches of producers that were appended, or were there already.
    pub produced_batches: u64,
    /// Records in them.
    pub produced_records: u64,
    /// Bytes of them, as they came.
    pub produced_bytes: u64,
    /// Bytes of record batches in responses to fetches. Records are not counted, for batches are passed on unread.
    pub fetched_bytes: u64,
    /// Times that a fetch had to wait for records.
    pub fetches_parked: u64,
    /// Fetches that wait now.
    pub parked_fetches: u64,
    /// Rebalances of groups that came to a new generation.
    pub rebalances: u64,
    /// Flushes that somebody waited for, by `flush.messages` or `flush.ms`.
    pub flushes: u64,
    /// Appends that waited for one; those that wait at the same time share a flush.
    pub flush_waits: u64,
    /// Requests by API; only APIs that were used are there.
    pub apis: BTreeMap<ApiKey, NodeApiMetrics>,
    /// Errors in responses to Produce, Fetch, OffsetCommit and the requests of group members, by code; partitions each
    /// count for themselves.
    pub errors: BTreeMap<ErrorCode, u64>,
}

/// Requests to one API of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeApiMetrics {
    /// Requests that were read.
    pub requests: u64,
    /// Bytes of them, with their sizes in front.
    pub request_bytes: u64,
    /// Bytes of the responses, with their sizes in front.
    pub response_bytes: u64,
    /// From reading a request to having its response ready, added up, waits for records or group members included.
    pub handling: Duration,
}

impl NodeMetrics {
    /// Requests to all APIs.
    pub fn requests(&self) -> u64 {
        self.apis.values().map(|api| api.requests).sum()
    }
}

/// A table.
impl fmt::Display for NodeMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in [
            ("node", u64::from(self.node_id.unsigned_abs())),
            ("connections_opened", self.connections_opened),
            ("connections_open", self.connections_open),
            ("bad_requests", self.bad_requests),
            ("bytes_in", self.bytes_in),
            ("bytes_out", self.bytes_out),
            ("produced_batches", self.produced_batches),
            ("produced_records", self.produced_records),
            ("produced_bytes", self.produced_bytes),
            ("fetched_bytes", self.fetched_bytes),
            ("fetches_parked", self.fetches_parked),
            ("parked_fetches", self.parked_fetches),
            ("rebalances", self.rebalances),
            ("flushes", self.flushes),
            ("flush_waits", self.flush_waits),
        ] {
            writeln!(f, "{name:<26} {value:>14}")?;
        }
        for (code, count) in &self.errors {
            writeln!(f, "{:<26} {count:>14}", code.to_string())?;
        }
        writeln!(f, "{:<26} {:>14} {:>14} {:>14} {:>12}", "api", "requests", "bytes", "bytes back", "ms in all")?;
        for (key, api) in &self.apis {
            let NodeApiMetrics { requests, request_bytes, response_bytes, handling } = api;
            let (key, ms) = (key.to_string(), handling.as_millis());
            writeln!(f, "  {key:<24} {requests:>14} {request_bytes:>14} {response_bytes:>14} {ms:>12}")?;
        }
        Ok(())
    }
}

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many of something there are now.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// One more for as long as what is returned exists.
    pub(crate) fn hold(&self) -> Held<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of what a [`Gauge`] counts.
pub(crate) struct Held<'a>(&'a Gauge);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The counters of one node.
#[derive(Debug)]
pub(crate) struct NodeMeter {
    pub(crate) connections_opened: Counter,
    pub(crate) connections_closed: Counter,
    pub(crate) bad_requests: Counter,
    pub(crate) produced_batches: Counter,
    pub(crate) produced_records: Counter,
    pub(crate) produced_bytes: Counter,
    pub(crate) fetched_bytes: Counter,
    pub(crate) fetches_parked: Counter,
    pub(crate) parked_fetches: Gauge,
    pub(crate) rebalances: Counter,
    pub(crate) flushes: Counter,
    pub(crate) flush_waits: Counter,
    apis: [ApiCounters; API_COUNT],
    errors: [Counter; ERROR_COUNT],
}

#[derive(Debug, Default)]
struct ApiCounters {
    requests: Counter,
    request_bytes: Counter,
    response_bytes: Counter,
    handling_ms: Counter,
}

/// One more than the highest key that is known.
const API_COUNT: usize = match ApiKey::ALL.last() {
    Some(last) => last.0.unsigned_abs() as usize + 1,
    None => 0,
};

/// Codes from -1 up to here are counted; Kafka is at 133.
const ERROR_COUNT: usize = 256;

impl Default for NodeMeter {
    fn default() -> Self {
        Self {
            connections_opened: Counter::default(),
            connections_closed: Counter::default(),
            bad_requests: Counter::default(),
            produced_batches: Counter::default(),
            produced_records: Counter::default(),
            produced_bytes: Counter::default(),
            fetched_bytes: Counter::default(),
            fetches_parked: Counter::default(),
            parked_fetches: Gauge::default(),
            rebalances: Counter::default(),
            flushes: Counter::default(),
            flush_waits: Counter::default(),
            apis: std::array::from_fn(|_| ApiCounters::default()),
            errors: std::array::from_fn(|_| Counter::default()),
        }
    }
}

impl NodeMeter {
    fn api(&self, key: ApiKey) -> Option<&ApiCounters> {
        usize::try_from(key.0).ok().and_then(|index| self.apis.get(index))
    }

    /// A request was read.
    pub(crate) fn requested(&self, key: ApiKey, bytes: usize) {
        if let Some(api) = self.api(key) {
            api.requests.increment();
            api.request_bytes.add(bytes as u64);
        }
    }

    /// Its response is ready.
    pub(crate) fn answered(&self, key: ApiKey, bytes: usize, handling_ms: i64) {
        if let Some(api) = self.api(key) {
            api.response_bytes.add(bytes as u64);
            api.handling_ms.add(handling_ms.unsigned_abs());
        }
    }

    /// A response says this about a partition, a group or the request.
    pub(crate) fn note_code(&self, code: ErrorCode) {
        if code.is_none() {
            return;
        }
        if let Some(counter) = usize::try_from(i32::from(code.0) + 1).ok().and_then(|index| self.errors.get(index)) {
            counter.increment();
        }
    }

    pub(crate) fn snapshot(&self, node_id: i32) -> NodeMetrics {
        let connections_closed = self.connections_closed.get();
        let apis = ApiKey::ALL.iter().filter_map(|key| Some((*key, self.api(*key)?.snapshot())));
        let apis: BTreeMap<_, _> = apis.filter(|(_, api)| api.requests > 0).collect();
        let codes = (-1..).zip(&self.errors).map(|(code, counter)| (ErrorCode(code), counter.get()));
        NodeMetrics {
            node_id,
            connections_opened: self.connections_opened.get(),
            connections_open: self.connections_opened.get().saturating_sub(connections_closed),
            bad_requests: self.bad_requests.get(),
            bytes_in: apis.values().map(|api| api.request_bytes).sum(),
            bytes_out: apis.values().map(|api| api.response_bytes).sum(),
            produced_batches: self.produced_batches.get(),
            produced_records: self.produced_records.get(),
            produced_bytes: self.produced_bytes.get(),
            fetched_bytes: self.fetched_bytes.get(),
            fetches_parked: self.fetches_parked.get(),
            parked_fetches: self.parked_fetches.get(),
            rebalances: self.rebalances.get(),
            flushes: self.flushes.get(),
            flush_waits: self.flush_waits.get(),
            errors: codes.filter(|(_, count)| *count > 0).collect(),
            apis,
        }
    }
}

impl ApiCounters {
    fn snapshot(&self) -> NodeApiMetrics {
        NodeApiMetrics {
            requests: self.requests.get(),
            request_bytes: self.request_bytes.get(),
            response_bytes: self.response_bytes.get(),
            handling: Duration::from_millis(self.handling_ms.get()),
        }
    }
}
