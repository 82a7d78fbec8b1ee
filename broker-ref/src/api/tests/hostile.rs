//! What no client sends, to every handler, as it comes from a connection.

use std::time::Duration;

use ottla_protocol::{
    messages::{ALL, header::RequestHeader},
    wire::schema::{MessageKind, MessageSchema},
};
use ottla_protocol_hostile::{
    Random,
    sample::{Sample, Size},
};

use super::*;
use crate::{
    dispatch::{ApiVersionCaps, Dispatcher, advertised},
    network::{Outcome, Service},
};

/// Longer than any request here may wait; time passes at once where everybody waits.
const PATIENCE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Every request that is served, with each of its versions.
fn served() -> Vec<(&'static MessageSchema, i16)> {
    let requests = || ALL.iter().map(|message| &message.schema).filter(|s| s.kind == MessageKind::Request);
    let of_api = |key: i16| requests().find(|schema| schema.key == Some(key)).unwrap();
    let apis = advertised(&ApiVersionCaps::default()).into_iter();
    let versions = |schema: &'static MessageSchema, max: i16| {
        schema.versions.iter().filter(move |version| *version <= max).map(move |version| (schema, version))
    };
    apis.flat_map(|api| versions(of_api(api.api_key.0), api.max_version)).collect()
}

fn frame(schema: &MessageSchema, version: i16, body: &[u8]) -> Bytes {
    let mut frame = [schema.key.unwrap().to_be_bytes(), version.to_be_bytes()].concat();
    // The correlation id, and no client id.
    frame.extend([0, 0, 0, 7, 0xff, 0xff]);
    frame.extend(&[0][..usize::from(RequestHeader::version_for(schema, version) == 2)]);
    frame.extend(body);
    frame.into()
}

/// Connections to a node, one after the other.
struct Strangers {
    bench: Bench,
    answered: usize,
    closed: usize,
}

impl Strangers {
    async fn new() -> Self {
        Self { bench: Bench::new().await, answered: 0, closed: 0 }
    }

    async fn send(&mut self, what: &str, frame: Bytes) {
        let node = self.bench.cluster.node(0);
        let mut dispatcher = Dispatcher::new(node, "PLAINTEXT".into(), "/127.0.0.1".into());
        // On a task of its own, as a connection is: a panic is told with what caused it.
        let called = tokio::spawn(async move { tokio::time::timeout(PATIENCE, dispatcher.call(frame)).await });
        match called.await.unwrap_or_else(|panic| panic!("{what}: {panic}")) {
            Ok(Outcome::Respond(_) | Outcome::Silent) => self.answered += 1,
            Ok(Outcome::Close) => self.closed += 1,
            Err(_) => panic!("{what} is never answered"),
        }
    }

    /// Somebody honest is served all the same. How many requests were answered, and how many ended their connections.
    async fn end(self) -> (usize, usize) {
        let last = self.bench.produce("t", batch(Compression::None, -1, Some(b"k"))).await;
        assert_eq!(last.error_code, ErrorCode::NONE);
        (self.answered, self.closed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_that_lies_in_any_request_of_any_version_is_answered_or_ends_its_connection() {
    let mut strangers = Strangers::new().await;
    for (schema, version) in served() {
        let sample = Sample::of(schema, version, Size::SMALL);
        let what = format!("{} version {version}", schema.name);
        strangers.send(&what, frame(schema, version, &sample.bytes)).await;
        for place in &sample.places {
            for (count, bytes) in place.hostile_counts() {
                let what = format!("{what}, {count} at byte {}", place.at);
                strangers.send(&what, frame(schema, version, &sample.with_count(place, &bytes))).await;
            }
        }
    }
    let (answered, closed) = strangers.end().await;
    assert!(answered > 100 && closed > 1000, "{answered} answered, {closed} closed");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_cut_short_anywhere_ends_its_connection() {
    let mut strangers = Strangers::new().await;
    for (schema, version) in served() {
        let whole = frame(schema, version, &Sample::of(schema, version, Size::SMALL).bytes);
        // From the header on.
        for len in 0..whole.len() {
            strangers.send(&format!("{} version {version} cut to {len}", schema.name), whole.slice(..len)).await;
        }
    }
    let (answered, closed) = strangers.end().await;
    assert!(answered == 0 && closed > 10_000, "{answered} answered, {closed} closed");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_damaged_anywhere_is_answered_or_ends_its_connection() {
    let mut strangers = Strangers::new().await;
    let mut random = Random(1);
    for (schema, version) in served() {
        let body = Sample::of(schema, version, Size::SMALL).bytes;
        let every_byte = (0..body.len()).flat_map(|at| [(at, 0xff), (at, 1 << (at % 8))]).map(|(at, mask)| {
            let mut damaged = body.clone();
            damaged[at] ^= mask;
            damaged
        });
        let several = (0..8).map(|round| {
            let mut damaged = body.clone();
            (0..=round % 3).for_each(|_| random.damage(&mut damaged));
            damaged
        });
        for damaged in every_byte.chain(several) {
            let what = format!("{} version {version}: {damaged:02x?}", schema.name);
            strangers.send(&what, frame(schema, version, &damaged)).await;
        }
    }
    let (answered, closed) = strangers.end().await;
    assert!(answered > 1000 && closed > 1000, "{answered} answered, {closed} closed");
}
