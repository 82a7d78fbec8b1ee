//! Somebody honest: what was acknowledged to him must be there, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ottla::{
    Client, TopicPartition,
    producer::{Delivery, Record},
};
use tokio::{
    runtime::Runtime,
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Nothing takes longer where all is well.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// What was acknowledged: numbers, by partition and offset.
pub(crate) type Acknowledged = BTreeMap<(i32, i64), u64>;

/// Numbers that are being written.
pub(crate) struct Writing {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Acknowledged>,
}

impl Writing {
    /// Writes one number after the other to a topic, so many a millisecond at most, until it is told to stop.
    pub(crate) fn start(runtime: &Runtime, server: &str, topic: &'static str, at_once: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = runtime.spawn(write(server.to_owned(), topic, at_once, stop.clone()));
        Self { stop, task }
    }

    /// Stops, and waits until everything is acknowledged.
    pub(crate) fn finish(self, runtime: &Runtime) -> Acknowledged {
        self.stop.store(true, Ordering::Relaxed);
        runtime.block_on(async { timeout(PATIENCE, self.task).await }).expect("everything is acknowledged").unwrap()
    }
}

async fn write(server: String, topic: &'static str, at_once: u64, stop: Arc<AtomicBool>) -> Acknowledged {
    let producer = Client::connect(&server).unwrap().producer().linger(Duration::from_millis(1)).build().unwrap();
    let mut waiting: Vec<(u64, Delivery)> = Vec::new();
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..at_once {
            let value = value(next);
            waiting.push((next, producer.send(Record::to(topic).value(&value)).await.unwrap()));
            next += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut acknowledged = Acknowledged::new();
    for (number, delivery) in waiting {
        let metadata = delivery.await.unwrap();
        let other = acknowledged.insert((metadata.partition, metadata.offset), number);
        assert_eq!(other, None, "two records were written to one place");
    }
    acknowledged
}

/// A hundred bytes that say a number.
pub(crate) fn value(number: u64) -> [u8; 100] {
    let mut value = [0x5a; 100];
    value[..8].copy_from_slice(&number.to_be_bytes());
    value
}

fn number(value: &[u8]) -> u64 {
    u64::from_be_bytes(value[..8].try_into().unwrap())
}

/// All that a topic holds, by partition and offset.
pub(crate) async fn read(server: &str, topic: &str) -> Acknowledged {
    let client = Client::connect(server).unwrap();
    let partitions = client.topic(topic).await.unwrap().partition_count();
    let all: Vec<_> = (0..partitions as i32).map(|index| TopicPartition::new(topic, index)).collect();
    let mut consumer = client.consumer_without_group().from_beginning().assign(all.clone()).build().await.unwrap();
    let ends = consumer.end_offsets(all.clone()).await.unwrap();
    let mut read = Acknowledged::new();
    let until = Instant::now() + PATIENCE;
    while !all.iter().all(|partition| consumer.position(partition) >= ends.get(partition).copied()) {
        assert!(Instant::now() < until, "{} records in {PATIENCE:?}, of {ends:?}", read.len());
        let records = consumer.poll(Duration::from_secs(1)).await.unwrap();
        read.extend(records.iter().map(|r| ((r.partition(), r.offset()), number(r.value().unwrap()))));
    }
    read
}

/// Holds what is read against what was acknowledged.
pub(crate) fn assert_kept(acknowledged: &Acknowledged, read: &Acknowledged) {
    for (place, number) in acknowledged {
        assert_eq!(read.get(place), Some(number), "at {place:?}, of {} acknowledged", acknowledged.len());
    }
    let distinct: BTreeSet<u64> = read.values().copied().collect();
    assert_eq!(distinct.len(), read.len(), "numbers were written twice");
}

/// Writes a few records and reads them, each step within a time.
pub(crate) async fn is_served(server: &str, topic: &str, within: Duration) {
    let client = Client::connect(server).unwrap();
    let producer = client.producer().linger(Duration::ZERO).build().unwrap();
    for number in 0..20 {
        let value = value(number);
        let delivered = async { producer.send(Record::to(topic).partition(0).value(&value)).await.unwrap().await };
        timeout(within, delivered).await.expect("a record is acknowledged in time").unwrap();
    }
    let assigned = [TopicPartition::new(topic, 0)];
    let mut consumer = client.consumer_without_group().from_beginning().assign(assigned).build().await.unwrap();
    let records = timeout(within, consumer.recv()).await.expect("records are read in time").unwrap();
    assert!(!records.is_empty());
}
