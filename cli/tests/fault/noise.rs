//! Strangers who send anything.

use std::time::Duration;

use ottla::protocol::{messages::ALL, wire::schema::MessageKind};
use ottla_protocol_hostile::{
    Random,
    sample::{Sample, Size},
};
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::{
    client::{Writing, assert_kept, is_served, read, runtime},
    process::peak_memory_mb,
    setting,
    support::{Broker, ottla},
};

/// Connections at a time.
const STRANGERS: u64 = 32;
const MOST_MEMORY_MB: u64 = 500;

fn random_bytes(random: &mut Random, len: usize) -> Vec<u8> {
    (0..random.below(len)).map(|_| random.below(256) as u8).collect()
}

fn sized(body: &[u8]) -> Vec<u8> {
    [&i32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// A request that is in order, but for what it asks for.
fn request(random: &mut Random) -> Vec<u8> {
    let requests: Vec<_> = ALL.iter().filter(|message| message.schema.kind == MessageKind::Request).collect();
    let schema = &requests[random.below(requests.len())].schema;
    let versions: Vec<i16> = schema.versions.iter().collect();
    let version = versions[random.below(versions.len())];
    let mut body = [schema.key.unwrap().to_be_bytes(), version.to_be_bytes()].concat();
    // The correlation id, and no client id.
    body.extend([0, 0, 0, 9, 0xff, 0xff]);
    if schema.flexible.contains(version) {
        body.push(0);
    }
    body.extend(Sample::of(schema, version, Size::SMALL).bytes);
    body
}

/// From noise to what is nearly right.
fn nonsense(random: &mut Random) -> Vec<u8> {
    match random.below(5) {
        0 => random_bytes(random, 4096),
        1 => sized(&random_bytes(random, 4096)),
        2 => {
            let mut body = request(random);
            body.truncate(12);
            body.extend(random_bytes(random, 512));
            sized(&body)
        }
        3 => {
            let mut body = request(random);
            for _ in 0..1 + random.below(5) {
                random.damage(&mut body);
            }
            sized(&body)
        }
        _ => sized(&request(random)),
    }
}

/// Sends nonsense until the time is up, over one connection after the other. How often it had to connect.
async fn stranger(server: String, seed: u64, until: Instant) -> u64 {
    let mut random = Random(seed);
    let mut connections = 0;
    while Instant::now() < until {
        let mut stream = TcpStream::connect(&server).await.unwrap();
        connections += 1;
        let mut answer = vec![0; 4096];
        // Until the broker has enough of it.
        for _ in 0..20 {
            if Instant::now() >= until || stream.write_all(&nonsense(&mut random)).await.is_err() {
                break;
            }
            let read = timeout(Duration::from_millis(random.below(20) as u64), stream.read(&mut answer)).await;
            if matches!(read, Ok(Ok(0) | Err(_))) {
                break;
            }
        }
    }
    connections
}

#[test]
fn whatever_strangers_send_the_broker_goes_on_and_others_are_served() {
    let seconds = setting("OTTLA_FAULT_SECONDS", 2);
    let seed = setting("SEED", 3);
    println!("SEED={seed}");
    let dir = tempfile::tempdir().unwrap();
    let complaints = dir.path().join("complaints");
    let broker = Broker::start_with(ottla("broker").complaints_to(&complaints));
    let server = broker.servers[0].clone();
    broker.ottla("topic create a-name-that-is-not-guessed --partitions 3").done();

    let runtime = runtime();
    let writing = Writing::start(&runtime, &server, "a-name-that-is-not-guessed", 1);
    let until = Instant::now() + Duration::from_secs(seconds);
    let strangers: Vec<_> =
        (0..STRANGERS).map(|n| runtime.spawn(stranger(server.clone(), seed * 1000 + n, until))).collect();
    let connections: u64 = strangers.into_iter().map(|stranger| runtime.block_on(stranger).unwrap()).sum();
    let acknowledged = writing.finish(&runtime);
    runtime.block_on(is_served(&server, "afterwards", Duration::from_secs(10)));
    let all = runtime.block_on(read(&server, "a-name-that-is-not-guessed"));
    assert_eq!(all.len(), acknowledged.len());
    assert_kept(&acknowledged, &all);

    let memory = peak_memory_mb(broker.pid());
    println!("{connections} connections in {seconds} s beside {} records: {memory} MB", acknowledged.len());
    assert!(connections > STRANGERS, "the broker never closed one");
    assert!(memory < MOST_MEMORY_MB, "{memory} MB");
    assert_eq!(broker.stop(Signal::TERM).code, 0);
    let complaints = std::fs::read_to_string(complaints).unwrap();
    assert!(!complaints.contains("panic"), "{complaints}");
}
