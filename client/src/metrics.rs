//! What this crate tells about itself: counters and spans.
//!
//! # Counters
//!
//! Whatever an application holds counts what it does, from when it was made, and never starts over: a rate is the
//! difference of two snapshots by the time between them.
//!
//! | of | read with |
//! |---|---|
//! | connections, requests by API, metadata | [`Client::metrics`](crate::Client::metrics): [`ClientMetrics`] |
//! | batches, deliveries, memory | [`Producer::metrics`](crate::producer::Producer::metrics) |
//! | records, fetches, commits, membership | [`Consumer::metrics`](crate::consumer::Consumer::metrics) |
//!
//! A snapshot is a plain struct of numbers, and prints as a table. Its numbers are read one after another, so two of them
//! may be a request apart.
//!
//! Within the crate a counter is a [relaxed atomic](std::sync::atomic::Ordering::Relaxed) that nothing is decided by,
//! added to once per batch, request or connection and never per record. State machines that are changed under a lock of
//! their own keep plain numbers there, and what can be read off the state, as buffered bytes or the lag, is not counted at
//! all. The macro `define_metrics!` makes the counters and their snapshot from one definition.
//!
//! # Spans
//!
//! Every path is a [`tracing`] span, with Kafka's terms as fields. Nothing is logged at `INFO` or above while all goes
//! well; `WARN` is for what a person should look at. What is off costs a check per request, and nothing per record.
//!
//! | span | level | from .. to | fields |
//! |---|---|---|---|
//! | `connection` | debug | the attempt to connect .. the end of the connection | `node`, `address`, `purpose` |
//! | `request` | trace | handed to the connection .. answered | `api`, `version`, `correlation_id`, `node`, `latency_us`, `error` |
//! | `metadata_refresh` | debug | question .. new picture | `topics`, `error` |
//! | `batch` | trace | sealed .. delivered or failed | `topic`, `partition`, `records`, `bytes`, `base_sequence`, `attempts`, `base_offset`, `error` |
//! | `membership` | debug | consumer made .. group left | `group`, `instance` |
//! | `join`, `sync`, `heartbeat`, `leave` | debug, `heartbeat` trace | question .. answer | `group`, `member`, `generation` |
//! | `commit` | debug | taken from the line .. answered for good | `group`, `member`, `generation`, `partitions`, `error` |
//! | `look_up` | debug | question .. answer | `what`, `node`, `partitions` |
//! | `fetch_loop` | debug | first partition on a broker .. the broker or the consumer is gone | `node`, `group` |
//! | `fetch` | trace | question .. answer taken in | `partitions`, `session_epoch`, `bytes` |
//! | `admin` | debug | an admin call with all its attempts | `timeout`, `api` |
//!
//! A `request` is within the span that asks for it. The tasks of a connection, a fetch loop or a membership are within none
//! but their own, for they outlive whoever happened to start them. Membership also has a debug event for each change of its
//! `state`, and an offset reset one with its `partition` and `policy`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ottla_protocol::api_key::ApiKey;

use crate::net::ConnectionError;

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

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A duration that grows, in steps of a microsecond.
#[derive(Debug, Default)]
pub(crate) struct TimeCounter(Counter);

impl TimeCounter {
    pub(crate) fn add(&self, time: Duration) {
        self.0.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn get(&self) -> Duration {
        Duration::from_micros(self.0.get())
    }
}

/// What a field of a snapshot is counted by.
pub(crate) trait Counted: Sized {
    type Counter: Default + fmt::Debug;
    fn read(counter: &Self::Counter) -> Self;
}

impl Counted for u64 {
    type Counter = Counter;
    fn read(counter: &Counter) -> Self {
        counter.get()
    }
}

impl Counted for Duration {
    type Counter = TimeCounter;
    fn read(counter: &TimeCounter) -> Self {
        counter.get()
    }
}

/// The mean of `count` durations with this sum; zero of none.
pub(crate) fn mean(sum: Duration, count: u64) -> Duration {
    let micros = u64::try_from(sum.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros.checked_div(count).unwrap_or(0))
}

/// Defines a snapshot and the counters that it is taken of. The fields after `read` are not counted: whoever takes the
/// snapshot reads them off the state.
macro_rules! define_metrics {
    (
        $(#[$meta:meta])*
        pub struct $Snapshot:ident of $Counters:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty,)*
        } read {
            $($(#[$read_doc:meta])* $read:ident: $read_type:ty,)*
        }
    ) => {
        #[derive(Debug, Default)]
        pub(crate) struct $Counters {
            $(pub(crate) $field: <$type as $crate::metrics::Counted>::Counter,)*
        }

        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $Snapshot {
            $($(#[$doc])* pub $field: $type,)*
            $($(#[$read_doc])* pub $read: $read_type,)*
        }

        impl $Counters {
            pub(crate) fn snapshot(&self) -> $Snapshot {
                $Snapshot {
                    $($field: $crate::metrics::Counted::read(&self.$field),)*
                    $($read: Default::default(),)*
                }
            }
        }

        /// A line for each number.
        impl ::std::fmt::Display for $Snapshot {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $($crate::metrics::Row::write(&self.$field, f, stringify!($field))?;)*
                $($crate::metrics::Row::write(&self.$read, f, stringify!($read))?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use define_metrics;

/// What a table shows of a field.
pub(crate) trait Row {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result;
}

impl Row for u64 {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        writeln!(f, "{name:<26} {self:>12}")
    }
}

impl Row for Option<u64> {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        match self {
            Some(known) => known.write(f, name),
            None => writeln!(f, "{name:<26} {:>12}", "unknown"),
        }
    }
}

impl Row for Duration {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        let ms = self.as_secs_f64() * 1e3;
        writeln!(f, "{name:<26} {ms:>12.1} ms")
    }
}

impl Row for BTreeMap<ApiKey, ApiMetrics> {
    fn write(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        writeln!(
            f,
            "{name:<26} {:>12} {:>12} {:>14} {:>14} {:>12}",
            "requests", "responses", "bytes", "bytes back", "mean ms"
        )?;
        for (key, api) in self {
            let (key, ms) = (key.to_string(), api.mean_latency().as_secs_f64() * 1e3);
            let ApiMetrics { requests, responses, request_bytes, response_bytes, .. } = api;
            writeln!(
                f,
                "  {key:<24} {requests:>12} {responses:>12} {request_bytes:>14} {response_bytes:>14} {ms:>12.1}"
            )?;
        }
        Ok(())
    }
}

define_metrics! {
    /// Connections and requests of one client since it was made, of its producers, consumers and admin calls too.
    pub struct ClientMetrics of ClientCounters {
        /// Connections that were opened and have told their versions.
        connections_opened: u64,
        /// Attempts to connect that failed.
        connections_failed: u64,
        /// Connections closed because nothing was sent for `connections.max.idle.ms`.
        connections_closed_idle: u64,
        /// Connections that broke, or that the broker closed.
        connections_closed_broken: u64,
        /// Connections given up because a request got no answer within `request.timeout.ms`.
        connections_closed_stalled: u64,
        /// Connections given up because the broker sent something that cannot be read.
        connections_closed_protocol: u64,
        /// Connections closed because the client, or the consumer that they were for, was done with them.
        connections_closed_done: u64,
        /// Requests whose answer did not come in time.
        request_timeouts: u64,
        /// Bytes written to sockets.
        bytes_out: u64,
        /// Bytes read from sockets.
        bytes_in: u64,
        /// For how long brokers said that they throttle this client (`throttle_time_ms` of their answers), added up.
        throttle: Duration,
        /// Times that metadata was asked for and came.
        metadata_refreshes: u64,
        /// Times that it did not.
        metadata_refresh_failures: u64,
        /// Attempts of admin calls after the first. What producers send again, their own metrics tell.
        admin_retries: u64,
    } read {
        /// Connections that are open now.
        connections_open: u64,
        /// Requests that wait for their answer now.
        requests_in_flight: u64,
        /// Requests by API; only APIs that were used are there.
        apis: BTreeMap<ApiKey, ApiMetrics>,
    }
}

define_metrics! {
    /// Requests to one API.
    pub struct ApiMetrics of ApiCounters {
        /// Requests handed to a connection.
        requests: u64,
        /// Answers that came; none come to Produce with `acks=0`.
        responses: u64,
        /// Bytes of the requests, with their headers.
        request_bytes: u64,
        /// Bytes of the answers, with their headers.
        response_bytes: u64,
        /// From handing a request to the connection to its answer, added up over the answers.
        latency: Duration,
    } read {
    }
}

impl ClientMetrics {
    /// Requests to all APIs.
    pub fn requests(&self) -> u64 {
        self.apis.values().map(|api| api.requests).sum()
    }

    /// Answers of all APIs.
    pub fn responses(&self) -> u64 {
        self.apis.values().map(|api| api.responses).sum()
    }

    /// Connections closed for whatever reason.
    pub fn connections_closed(&self) -> u64 {
        self.connections_closed_idle
            + self.connections_closed_broken
            + self.connections_closed_stalled
            + self.connections_closed_protocol
            + self.connections_closed_done
    }
}

impl ApiMetrics {
    /// How long an answer takes on average; zero if none has come.
    pub fn mean_latency(&self) -> Duration {
        mean(self.latency, self.responses)
    }
}

/// The counters of one client.
#[derive(Debug, Default)]
pub(crate) struct ClientMeter {
    pub(crate) counters: ClientCounters,
    in_flight: AtomicU64,
    apis: ApiTable,
}

/// A request that waits for its answer: counted for as long as this exists.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<ClientMeter>);

impl InFlight {
    pub(crate) fn begin(meter: &Arc<ClientMeter>) -> Self {
        meter.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(meter.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct ApiTable([ApiCounters; API_COUNT]);

/// One more than the highest key that is known.
const API_COUNT: usize = match ApiKey::ALL.last() {
    Some(last) => last.0.unsigned_abs() as usize + 1,
    None => 0,
};

impl Default for ApiTable {
    fn default() -> Self {
        Self(std::array::from_fn(|_| ApiCounters::default()))
    }
}

impl ClientMeter {
    pub(crate) fn api(&self, key: ApiKey) -> Option<&ApiCounters> {
        usize::try_from(key.0).ok().and_then(|index| self.apis.0.get(index))
    }

    pub(crate) fn snapshot(&self) -> ClientMetrics {
        let mut metrics = self.counters.snapshot();
        metrics.connections_open = metrics.connections_opened.saturating_sub(metrics.connections_closed());
        metrics.requests_in_flight = self.in_flight.load(Ordering::Relaxed);
        let used = ApiKey::ALL.iter().filter_map(|key| Some((*key, self.api(*key)?.snapshot())));
        metrics.apis = used.filter(|(_, api)| api.requests > 0).collect();
        metrics
    }

    /// A broker says in an answer for how long it holds the client back.
    pub(crate) fn throttled(&self, throttle_time_ms: i32) {
        if let Ok(ms @ 1..) = u64::try_from(throttle_time_ms) {
            self.counters.throttle.add(Duration::from_millis(ms));
        }
    }

    /// A connection that was open has ended.
    pub(crate) fn connection_closed(&self, reason: &ConnectionError) {
        let counters = &self.counters;
        let counter = match reason {
            ConnectionError::Idle { .. } => &counters.connections_closed_idle,
            ConnectionError::Stalled { .. } => &counters.connections_closed_stalled,
            ConnectionError::Protocol { .. } => &counters.connections_closed_protocol,
            ConnectionError::Closed => &counters.connections_closed_done,
            ConnectionError::Broken { .. } | ConnectionError::Connect { .. } | ConnectionError::SetupTimeout { .. } => {
                &counters.connections_closed_broken
            }
        };
        counter.increment();
    }
}
