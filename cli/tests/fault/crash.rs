//! `kill -9` under load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ottla::{Client, TopicPartition, consumer::OffsetAndMetadata};

use crate::{
    client::{Writing, assert_kept, read, runtime},
    setting,
    support::{Broker, Ottla, ottla},
};

/// Somebody who commits one offset after the other. The last that was acknowledged, and the last that was tried.
async fn commit(server: String, stop: Arc<AtomicBool>) -> (i64, i64) {
    let consumer = Client::connect(&server).unwrap().consumer("g").manual_commit();
    let consumer = consumer.assign([partition()]).build().await.unwrap();
    let (mut acknowledged, mut tried) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        tried += 1;
        if consumer.commit_offsets([(partition(), OffsetAndMetadata::new(tried))]).await.is_ok() {
            acknowledged = tried;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (acknowledged, tried)
}

async fn committed(server: &str) -> i64 {
    let consumer = Client::connect(server).unwrap().consumer("g").build().await.unwrap();
    consumer.committed([partition()]).await.unwrap()[&partition()].offset
}

fn partition() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

#[test]
fn nothing_acknowledged_is_lost_or_written_twice_however_often_the_broker_is_killed() {
    let rounds = setting("OTTLA_FAULT_ROUNDS", 4);
    let seed = setting("SEED", 5);
    println!("SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let dir = tempfile::tempdir().unwrap();
    let command = || -> Ottla { ottla("broker --set log.flush.interval.messages=1 --data").arg(dir.path()) };
    let mut broker = Broker::start_with(command());
    let server = broker.servers[0].clone();
    // Segments are small, so that it is killed while it rolls as well.
    broker.ottla("topic create orders --partitions 3 -c segment.bytes=1048576").done();

    let runtime = runtime();
    let writers = [(); 2].map(|()| Writing::start(&runtime, &server, "orders", 10));
    let stop = Arc::new(AtomicBool::new(false));
    let committing = runtime.spawn(commit(server.clone(), stop.clone()));
    let mut restarts = Vec::new();
    for round in 0..rounds {
        std::thread::sleep(Duration::from_millis(rng.u64(20..400)));
        broker.kill();
        if round % 4 == 3 {
            // Not even its recovery comes to an end.
            let mut starting = command().args("--listen").arg(&server).start();
            std::thread::sleep(Duration::from_millis(rng.u64(0..60)));
            starting.kill();
        }
        let began = Instant::now();
        broker = Broker::start_at(command(), &server);
        restarts.push(began.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let (acknowledged, tried) = runtime.block_on(committing).unwrap();
    let written = writers.map(|writing| writing.finish(&runtime));

    broker.kill();
    broker = Broker::start_at(command(), &server);
    let read = runtime.block_on(read(&server, "orders"));
    for (writer, written) in written.iter().enumerate() {
        // Both write the same numbers.
        let of_writer = read.iter().filter(|(place, _)| written.contains_key(place)).map(|(p, n)| (*p, *n)).collect();
        assert_kept(written, &of_writer);
        assert!(!written.is_empty(), "writer {writer} came to nothing");
    }
    let count: usize = written.iter().map(std::collections::BTreeMap::len).sum();
    assert_eq!(read.len(), count, "there are records that nobody knows of: some were written twice");
    let kept = runtime.block_on(committed(&server));
    assert!((acknowledged..=tried).contains(&kept), "{kept} is committed, {acknowledged} was acknowledged");

    restarts.sort_unstable();
    let (median, longest) = (restarts[restarts.len() / 2], restarts[restarts.len() - 1]);
    println!("killed {rounds} times: {count} records and {acknowledged} commits, all there and once");
    println!("ready again after {median:.0?}, at most {longest:.0?}");
    drop(broker);
}
