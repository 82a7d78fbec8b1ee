//! Futures that are dropped at each of their await points: what the documentation promises then, holds.

mod admin;

use std::{
    collections::BTreeSet,
    future::poll_fn,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use futures_util::StreamExt as _;
use ottla::{
    Client, TopicPartition,
    admin::{AdminError, NewTopic},
    broker::Cluster,
    consumer::{BoxFuture, Consumer, OffsetAndMetadata, RebalanceContext, RebalanceListener, Records, SeekTo},
    producer::{Producer, Record, SendError},
    protocol::error_code::ErrorCode,
};

use crate::support::{client, start};

/// Polls a future until it has waited `waits` times, and drops it when it waits once more. Its output if it is ready
/// before.
async fn drop_after<F: Future>(waits: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut waited = 0;
    poll_fn(move |cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if waited == waits => Poll::Ready(None),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

/// More await points than any of the calls here comes to.
const MANY: usize = 200;

fn partition() -> TopicPartition {
    TopicPartition::new("t", 0)
}

fn values(records: &Records) -> Vec<u32> {
    records.iter().map(|record| u32::from_be_bytes(record.value().unwrap()[..4].try_into().unwrap())).collect()
}

/// The values of all records of a topic's first partition.
async fn written(cluster: &Cluster, topic: &str) -> Vec<u32> {
    let builder = client(cluster).consumer_without_group().from_beginning();
    let mut consumer = builder.assign([TopicPartition::new(topic, 0)]).build().await.unwrap();
    let mut all = Vec::new();
    loop {
        let records = consumer.poll(Duration::from_secs(5)).await.unwrap();
        if records.is_empty() {
            return all;
        }
        all.extend(values(&records));
    }
}

async fn send(client: &Client, values: std::ops::Range<u32>) {
    let producer = client.producer().build().unwrap();
    for value in values {
        drop(producer.send(Record::to("t").value(&value.to_be_bytes())).await.unwrap());
    }
    producer.flush().await;
}

// --- Producer ---

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_while_it_learns_about_its_topic_has_not_taken_the_record() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let mut taken = Vec::new();
    for waits in 0..MANY {
        // Each knows nothing yet.
        let producer = client(&cluster).producer().build().unwrap();
        let value = (waits as u32).to_be_bytes();
        let sent = drop_after(waits, producer.send(Record::to("t").value(&value))).await;
        producer.close(Duration::from_secs(10)).await;
        if let Some(delivery) = sent {
            delivery.unwrap().await.unwrap();
            taken.push(waits as u32);
            break;
        }
    }
    assert!(taken[0] > 0, "it never waited");
    assert_eq!(written(&cluster, "t").await, taken);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_while_it_waits_for_memory_has_taken_neither_the_record_nor_memory() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let builder = client(&cluster).producer().batch_size(4 << 10).buffer_memory(8 << 10);
    let producer = builder.linger(Duration::from_millis(20)).build().unwrap();
    let mut taken = Vec::new();
    let mut dropped = 0;
    for value in 0..300u32 {
        let mut bytes = vec![0; 1500];
        bytes[..4].copy_from_slice(&value.to_be_bytes());
        match drop_after(value as usize % 4, producer.send(Record::to("t").value(&bytes))).await {
            Some(delivery) => {
                drop(delivery.unwrap());
                taken.push(value);
            }
            None => dropped += 1,
        }
    }
    assert!(dropped > 5, "it hardly ever waited: {dropped}");
    producer.flush().await;
    assert_eq!(producer.available_memory_bytes(), 8 << 10);
    assert_eq!(written(&cluster, "t").await, taken);
}

#[tokio::test(start_paused = true)]
async fn a_send_of_many_that_is_dropped_has_taken_the_first_ones_in_order_and_none_twice() {
    let cluster = start(|c| c).await;
    let values: Vec<[u8; 1000]> = (0..50u32)
        .map(|value| {
            let mut bytes = [0; 1000];
            bytes[..4].copy_from_slice(&value.to_be_bytes());
            bytes
        })
        .collect();
    for waits in 0..MANY {
        let topic = format!("t-{waits}");
        let records: Vec<_> = values.iter().map(|value| Record::to(&topic).value(value)).collect();
        let builder = client(&cluster).producer().batch_size(2 << 10).buffer_memory(4 << 10);
        let producer = builder.build().unwrap();
        let sent = drop_after(waits, producer.send_many(&records)).await;
        producer.flush().await;
        assert_eq!(producer.available_memory_bytes(), 4 << 10);
        let written = written(&cluster, &topic).await;
        assert_eq!(written, (0..written.len() as u32).collect::<Vec<_>>(), "after {waits} waits");
        if sent.is_some() {
            assert_eq!(written.len(), 50);
            assert!(waits > 5, "it hardly waited");
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_dropped_changes_nothing_for_the_records_and_hurries_none_that_come_later() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let linger = Duration::from_secs(5);
    for waits in 0..MANY {
        let producer = client(&cluster).producer().linger(linger).build().unwrap();
        let delivery = producer.send(Record::to("t").value("abcd")).await.unwrap();
        let flushed = drop_after(waits, producer.flush()).await;
        delivery.await.unwrap();
        let begun = tokio::time::Instant::now();
        producer.send(Record::to("t").value("abcd")).await.unwrap().await.unwrap();
        assert!(begun.elapsed() >= linger, "after {waits} waits: {:?}", begun.elapsed());
        if flushed.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_producer_whose_close_is_dropped_is_closed_and_delivers_what_it_took() {
    let cluster = start(|c| c.topic("t", 1)).await;
    for waits in 0..MANY {
        let producer: Producer = client(&cluster).producer().linger(Duration::from_secs(1)).build().unwrap();
        let other = producer.clone();
        let delivery = producer.send(Record::to("t").value("abcd")).await.unwrap();
        let closed = drop_after(waits, producer.close(Duration::from_secs(10))).await;
        assert!(matches!(other.send(Record::to("t").value("abcd")).await, Err(SendError::Closed)), "{waits}");
        delivery.await.unwrap();
        if closed.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn records_whose_handles_are_dropped_while_they_are_waited_for_are_delivered_all_the_same() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let producer = client(&cluster).producer().build().unwrap();
    let mut count = 0;
    for waits in 0..MANY {
        let value = u32::to_be_bytes(count);
        let delivery = producer.send(Record::to("t").value(&value)).await.unwrap();
        let one = drop_after(waits, delivery).await;
        let values = [count + 1, count + 2].map(u32::to_be_bytes);
        let records = values.each_ref().map(|value| Record::to("t").value(value));
        let deliveries = producer.send_many(&records).await.unwrap();
        let several = drop_after(waits, deliveries.wait()).await;
        count += 3;
        if let (Some(one), Some(several)) = (one, several) {
            one.unwrap();
            assert!(waits > 0 && several.is_empty(), "it never waited, or {several:?}");
            producer.flush().await;
            assert_eq!(written(&cluster, "t").await, (0..count).collect::<Vec<_>>());
            return;
        }
    }
    panic!("it never came to its end");
}

// --- Consumer ---

/// A listener that waits a few times, as one that loads and saves state does.
struct Slow;

impl RebalanceListener for Slow {
    fn on_assigned<'a>(&'a self, _: &'a RebalanceContext, _: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }

    fn on_revoked<'a>(&'a self, _: &'a RebalanceContext, _: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }
}

async fn member(client: &Client) -> Consumer {
    let builder = client.consumer("g").from_beginning().max_poll_records(7).rebalance_listener(Slow);
    builder.subscribe(["t"]).build().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_recv_that_is_dropped_anywhere_loses_no_record_and_hands_none_out_twice() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    for most in 0..12 {
        send(&client, 0..200).await;
        let first = most as u32 * 200;
        let mut consumer = member(&client).await;
        let mut seen = Vec::new();
        for call in 0.. {
            // From waiting not at all to waiting `most` times.
            match drop_after(call % (most + 1), consumer.recv()).await {
                Some(records) => seen.extend(records.unwrap().iter().map(|record| record.offset() as u32)),
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
            if seen.len() >= 200 {
                break;
            }
        }
        assert_eq!(seen, (first..first + 200).collect::<Vec<_>>(), "at most {most} waits");
        // The next one begins after what this one has committed.
        consumer.close().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn polls_that_are_dropped_and_streams_that_are_lose_no_record_and_hand_none_out_twice() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, 0..200).await;
    for most in 0..12 {
        let builder = client.consumer_without_group().from_beginning().max_poll_records(7).assign([partition()]);
        let mut consumer = drop_after(0, builder.build()).await.expect("nothing is waited for").unwrap();
        let mut seen = Vec::new();
        for call in 0.. {
            let waits = call % (most + 1);
            if call % 2 == 0 {
                let polled = drop_after(waits, consumer.poll(Duration::from_millis(3))).await;
                seen.extend(polled.map(Result::unwrap).iter().flat_map(values));
            } else {
                // A few of those that it fetches, then it is dropped.
                let mut stream = consumer.stream();
                for _ in 0..3 {
                    let Some(record) = drop_after(waits, stream.next()).await else { break };
                    seen.push(u32::from_be_bytes(record.unwrap().unwrap().value.unwrap()[..4].try_into().unwrap()));
                }
            }
            if seen.len() >= 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(seen, (0..200).collect::<Vec<_>>(), "at most {most} waits");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seek_between_dropped_calls_is_where_the_next_records_come_from() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, 0..100).await;
    let mut consumer = client.consumer_without_group().from_beginning().assign([partition()]).build().await.unwrap();
    for waits in 0..20 {
        drop(drop_after(waits, consumer.recv()).await);
        let to = (waits as i64 * 37) % 100;
        consumer.seek(&partition(), SeekTo::Offset(to)).unwrap();
        if let Some(records) = drop_after(0, consumer.recv()).await {
            assert_eq!(i64::from(values(&records.unwrap())[0]), to);
        }
        consumer.seek(&partition(), SeekTo::Offset(to)).unwrap();
        assert_eq!(i64::from(values(&consumer.recv().await.unwrap())[0]), to);
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_goes_on_without_its_future_and_one_that_was_never_polled_does_not() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let consumer = client.consumer("g").manual_commit().assign([partition()]).build().await.unwrap();
    let offset = |offset: usize| [(partition(), OffsetAndMetadata::new(offset as i64))];
    drop(consumer.commit_offsets(offset(1)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(consumer.committed([partition()]).await.unwrap().is_empty());
    for waits in 0..MANY {
        let committed = drop_after(waits, consumer.commit_offsets(offset(100 + waits))).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let there = consumer.committed([partition()]).await.unwrap()[&partition()].offset;
        assert_eq!(there, 100 + waits as i64);
        if committed.is_some() {
            assert!(waits > 0, "it never waited");
            return;
        }
    }
    panic!("it never came to its end");
}

/// Each way to commit commits what it says, however soon its future is dropped after it was polled; the ways that do not
/// wait do so without having been polled.
#[tokio::test(start_paused = true)]
async fn every_way_to_commit_goes_on_without_its_future() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, 0..10).await;
    let there = async |group: &str| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let consumer = client.consumer(group).build().await.unwrap();
        let committed = consumer.committed([partition()]).await.unwrap();
        committed.get(&partition()).map(|noted| (noted.offset, noted.metadata.to_string()))
    };
    let some = |offset: i64, note: &str| Some((offset, note.to_owned()));
    let mut ended = [false; 2];
    for waits in 0..MANY {
        let member = async |group: &str| {
            let builder = client.consumer(group).manual_commit().from_beginning().max_poll_records(4);
            let mut consumer = builder.assign([partition()]).build().await.unwrap();
            let records = consumer.recv().await.unwrap();
            (consumer, records)
        };
        let group = |kind: &str| format!("{kind}-{waits}");
        let (consumer, _) = member(&group("all")).await;
        ended[0] = drop_after(waits, consumer.commit()).await.is_some();
        assert_eq!(there(&group("all")).await, some(4, ""), "after {waits} waits");

        let (consumer, records) = member(&group("record")).await;
        let second = records.iter().nth(1).unwrap();
        ended[1] = drop_after(waits, consumer.commit_record(&second, "a note")).await.is_some();
        assert_eq!(there(&group("record")).await, some(2, "a note"), "after {waits} waits");

        let (consumer, _) = member(&group("unpolled")).await;
        drop(consumer.commit_async());
        assert_eq!(there(&group("unpolled")).await, some(4, ""));

        let (mut consumer, _) = member(&group("stream")).await;
        let mut stream = consumer.stream();
        stream.next().await.unwrap().unwrap();
        drop(stream.commit());
        drop(stream);
        assert_eq!(there(&group("stream")).await, some(5, ""));
        if ended == [true; 2] {
            assert!(waits > 0, "it never waited");
            return;
        }
    }
    panic!("it never came to its end");
}

/// A listener that asks what is committed, gives up after so many waits, and asks again.
#[derive(Clone, Default)]
struct Asking {
    waits: usize,
    found: Arc<Mutex<Option<i64>>>,
}

impl RebalanceListener for Asking {
    fn on_assigned<'a>(&'a self, context: &'a RebalanceContext, _: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async {
            drop(drop_after(self.waits, context.committed([partition()])).await);
            drop(context.commit());
            drop(context.commit_offsets([(partition(), OffsetAndMetadata::new(7))]));
            let committed = context.committed([partition()]).await.unwrap();
            *self.found.lock().unwrap() = committed.get(&partition()).map(|noted| noted.offset);
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_gives_up_a_question_can_ask_it_again_and_its_commits_go_on() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, 0..10).await;
    for waits in 0..20 {
        let group = format!("g-{waits}");
        client.admin().alter_group_offsets(group.as_str(), [(partition(), 5)]).await.all().unwrap();
        let listener = Asking { waits, ..Asking::default() };
        let builder = client.consumer(&group).manual_commit().rebalance_listener(listener.clone());
        let mut consumer = builder.subscribe(["t"]).build().await.unwrap();
        while consumer.assignment().is_empty() {
            consumer.poll(Duration::from_millis(10)).await.unwrap();
        }
        let found = *listener.found.lock().unwrap();
        assert!(matches!(found, Some(5 | 7)), "{found:?} after {waits} waits");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(consumer.committed([partition()]).await.unwrap()[&partition()].offset, 7, "after {waits} waits");
        consumer.close().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_unsubscribe_that_is_dropped_is_finished_by_the_next() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, 0..7).await;
    for waits in 0..MANY {
        let mut consumer = member(&client).await;
        while consumer.assignment().is_empty() {
            consumer.poll(Duration::from_millis(10)).await.unwrap();
        }
        let left = drop_after(waits, consumer.unsubscribe()).await;
        consumer.unsubscribe().await;
        assert!(consumer.assignment().is_empty());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let groups = client.admin().describe_groups(["g"]).await.all().unwrap();
        assert!(groups[0].1.members.is_empty(), "after {waits} waits: {groups:?}");
        consumer.close().await.unwrap();
        if left.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_consumer_whose_close_is_dropped_leaves_its_partitions_to_others_who_miss_nothing() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let mut seen = BTreeSet::new();
    for waits in 0..MANY {
        let first = waits as u32 * 10;
        send(&client, first..first + 10).await;
        let mut consumer = member(&client).await;
        let begun = tokio::time::Instant::now();
        while !seen.contains(&(first + 9)) {
            seen.extend(values(&consumer.recv().await.unwrap()));
            assert!(begun.elapsed() < Duration::from_secs(20), "after {waits} waits: is the last one still there?");
        }
        assert!(seen.iter().copied().eq(0..first + 10), "after {waits} waits");
        let closed = drop_after(waits, consumer.close()).await;
        if let Some(closed) = closed {
            closed.unwrap();
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_question_about_offsets_that_is_dropped_can_be_asked_again() {
    let cluster = start(|c| c.topic("t", 1)).await;
    send(&client(&cluster), 0..10).await;
    for waits in 0..MANY {
        let consumer = client(&cluster).consumer("g").build().await.unwrap();
        let asked = drop_after(waits, consumer.end_offsets([partition()])).await;
        assert_eq!(consumer.end_offsets([partition()]).await.unwrap()[&partition()], 10);
        drop(drop_after(waits, consumer.committed([partition()])).await);
        assert!(consumer.committed([partition()]).await.unwrap().is_empty());
        drop(drop_after(waits, consumer.beginning_offsets([partition()])).await);
        assert_eq!(consumer.beginning_offsets([partition()]).await.unwrap()[&partition()], 0);
        drop(drop_after(waits, consumer.offsets_for_times([(partition(), 1)])).await);
        assert_eq!(consumer.offsets_for_times([(partition(), 1)]).await.unwrap()[&partition()].offset, 0);
        if asked.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

// --- Client and admin ---

#[tokio::test(start_paused = true)]
async fn a_question_about_the_cluster_that_is_dropped_can_be_asked_again() {
    let cluster = start(|c| c.topic("t", 1)).await;
    for waits in 0..MANY {
        let client = client(&cluster);
        let asked = drop_after(waits, client.topic("t")).await;
        drop(drop_after(waits, client.refresh_metadata()).await);
        drop(drop_after(waits, client.broker_versions(None)).await);
        assert_eq!(client.topic("t").await.unwrap().partition_count(), 1);
        client.refresh_metadata().await.unwrap();
        client.broker_versions(None).await.unwrap();
        if asked.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

#[tokio::test(start_paused = true)]
async fn a_topic_whose_creation_is_dropped_is_there_or_can_be_created() {
    let cluster = start(|c| c).await;
    for waits in 0..MANY {
        let admin = client(&cluster).admin();
        let name = format!("t-{waits}");
        let created = drop_after(waits, admin.create_topic(NewTopic::new(&*name))).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        match admin.create_topic(NewTopic::new(&*name)).await {
            Ok(_) => assert!(created.is_none()),
            Err(AdminError::Refused { code, .. }) => assert_eq!(code, ErrorCode::TOPIC_ALREADY_EXISTS),
            Err(error) => panic!("{error}"),
        }
        let topics = admin.list_topics().await.unwrap();
        assert_eq!(topics.iter().filter(|topic| *topic.name == *name).count(), 1);
        if created.is_some() {
            return;
        }
    }
    panic!("it never came to its end");
}

// --- Documentation ---

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn every_public_async_function_of_the_client_says_what_happens_when_it_is_dropped() {
    let mut silent = Vec::new();
    let mut count = 0;
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("client/src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut docs = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with("pub async fn") {
                count += 1;
                if !docs.to_lowercase().contains("cancel safe") {
                    silent.push(format!("{}: {line}", path.display()));
                }
            }
            // Attributes stand between the two.
            match line.strip_prefix("///") {
                Some(doc) => docs += doc,
                None if line.starts_with('#') => {}
                None => docs.clear(),
            }
        }
    }
    assert!(count > 50, "only {count} were found");
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_public_async_function_of_the_client_is_dropped_here() {
    let tests = [include_str!("mod.rs"), include_str!("admin.rs")].concat();
    let (mut forgotten, mut count) = (BTreeSet::new(), 0);
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("client/src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().map(str::trim) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let (name, _) = rest.split_once(['(', '<']).unwrap();
            count += 1;
            if !tests.contains(&format!(".{name}(")) {
                forgotten.insert(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(count > 50, "only {count} were found");
    // Where a broker is spoken to below the client: what uses it is dropped here.
    forgotten.retain(|function| !function.contains("client/src/net/"));
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}
