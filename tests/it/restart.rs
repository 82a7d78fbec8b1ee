//! Clusters that stop and start again on the same directory.

use std::{path::Path, time::Duration};

use ottla::{
    TopicPartition,
    broker::Cluster,
    consumer::{BadBatch, ConsumeError, Records, SeekTo},
    producer::Record,
    protocol::record::HEADER_LEN,
};

use crate::support::{client, start};

async fn start_on(directory: &Path) -> Cluster {
    start(|c| c.directory(directory)).await
}

/// Sends three records in one batch with a producer of its own, and returns their offsets.
async fn send_three(cluster: &Cluster) -> Vec<i64> {
    // Nothing leaves before the flush, however slow the machine is.
    let producer = client(cluster).producer().linger(Duration::from_secs(30)).build().unwrap();
    let mut deliveries = Vec::new();
    for value in ["a", "b", "c"] {
        deliveries.push(producer.send(Record::to("t").partition(0).value(value)).await.unwrap());
    }
    producer.flush().await;
    let mut offsets = Vec::new();
    for delivery in deliveries {
        offsets.push(delivery.await.unwrap().offset);
    }
    assert_eq!(producer.metrics().batches, 1, "they go together, as a log remembers a producer's last batch");
    offsets
}

#[tokio::test]
async fn records_and_topics_survive_a_stop_and_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(|c| c.directory(directory.path()).topic("t", 2)).await;
    assert_eq!(send_three(&first).await, [0, 1, 2]);
    first.shutdown().await.unwrap();
    let second = start_on(directory.path()).await;
    assert_eq!(send_three(&second).await, [3, 4, 5]);
    // Without a word, as a crash.
    drop(second);
    let third = start_on(directory.path()).await;
    assert_eq!(send_three(&third).await, [6, 7, 8]);
    assert_eq!(client(&third).topic("t").await.unwrap().partition_count(), 2);
}

#[tokio::test]
async fn a_directory_without_metadata_hands_out_no_producer_id_again() {
    let directory = tempfile::tempdir().unwrap();
    let first = start(|c| c.directory(directory.path()).topic("t", 1)).await;
    assert_eq!(send_three(&first).await, [0, 1, 2]);
    first.shutdown().await.unwrap();
    std::fs::remove_file(directory.path().join("ottla-metadata")).unwrap();
    let second = start_on(directory.path()).await;
    // With the old id these would be taken for repetitions of the first three.
    assert_eq!(send_three(&second).await, [3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_can_be_used_again_as_soon_as_its_cluster_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        let cluster = start(|c| c.directory(directory.path()).topic("t", 1)).await;
        let producer = client(&cluster).producer().linger(Duration::ZERO).build().unwrap();
        producer.send(Record::to("t").partition(0).value("acknowledged")).await.unwrap().await.unwrap();
        // On its way as the cluster is dropped: the broker may be writing it.
        drop(producer.send(Record::to("t").partition(0).value("undecided")).await.unwrap());
        tokio::task::yield_now().await;
    }
    let last = start_on(directory.path()).await;
    let client = client(&last);
    let mut consumer =
        client.consumer_without_group().from_beginning().assign([TopicPartition::new("t", 0)]).build().await.unwrap();
    let mut acknowledged = 0;
    while acknowledged < 20 {
        let records = consumer.recv().await.unwrap();
        acknowledged += records.iter().filter(|record| record.value() == Some(b"acknowledged")).count();
    }
    assert_eq!(acknowledged, 20);
}

/// Reads three batches of which the second has a byte flipped. What is wrong with it, by the consumer.
async fn read_around_damage(in_batch: usize) -> BadBatch {
    let directory = tempfile::tempdir().unwrap();
    let first = start(|c| c.directory(directory.path()).topic("t", 1)).await;
    for _ in 0..3 {
        send_three(&first).await;
    }
    first.shutdown().await.unwrap();
    let log = directory.path().join("t-0/00000000000000000000.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let second_batch = bytes.len() / 3;
    bytes[second_batch + in_batch] ^= 1;
    std::fs::write(&log, bytes).unwrap();

    let second = start_on(directory.path()).await;
    let client = client(&second);
    let partition = TopicPartition::new("t", 0);
    let mut consumer =
        client.consumer_without_group().from_beginning().assign([partition.clone()]).build().await.unwrap();
    let offsets = |records: Records| records.iter().map(|record| record.offset()).collect::<Vec<_>>();
    assert_eq!(offsets(consumer.recv().await.unwrap()), [0, 1, 2]);
    let error = consumer.recv().await.unwrap_err();
    let ConsumeError::BadBatch { offset: 3, reason, .. } = error else { panic!("{error}") };
    consumer.seek(&partition, SeekTo::Offset(6)).unwrap();
    assert_eq!(offsets(consumer.recv().await.unwrap()), [6, 7, 8]);
    reason
}

#[tokio::test]
async fn records_before_and_behind_a_damaged_batch_are_read_and_the_batch_itself_is_an_error() {
    let record = read_around_damage(HEADER_LEN + 1).await;
    assert!(matches!(record, BadBatch::Batch(_)), "the consumer finds the checksum wrong: {record}");
    let length = read_around_damage(8).await;
    assert!(matches!(length, BadBatch::Stored), "the broker cannot tell where the batch ends: {length}");
}
