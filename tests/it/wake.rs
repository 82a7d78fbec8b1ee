//! What a consumer does while a broker holds back the answer to its long poll.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ottla::{
    Client, TopicPartition,
    broker::Cluster,
    consumer::{Consumer, SeekTo},
    producer::Record,
    protocol::{api_key::ApiKey, messages::fetch::FetchRequest},
};
use tokio::time::Instant;

use crate::{
    meddler::{Answer, Meddler},
    support::{client, start},
};

fn partition(index: i32) -> TopicPartition {
    TopicPartition::new("t", index)
}

async fn send(client: &Client, index: i32, count: usize) {
    let producer = client.producer().build().unwrap();
    for _ in 0..count {
        drop(producer.send(Record::to("t").partition(index).value(&[b'v'; 100])).await.unwrap());
    }
    producer.flush().await;
}

/// A consumer at the end of two partitions, whose long poll waits for records of both.
async fn idle(cluster: &Cluster) -> Consumer {
    idle_on(&client(cluster)).await
}

async fn idle_on(client: &Client) -> Consumer {
    send(client, 0, 10).await;
    let builder = client.consumer_without_group().from_beginning().assign([partition(0), partition(1)]);
    let mut consumer = builder.build().await.unwrap();
    while !consumer.poll(Duration::from_millis(700)).await.unwrap().is_empty() {}
    // The long poll under way is neither just begun nor almost over.
    tokio::time::sleep(Duration::from_millis(100)).await;
    consumer
}

/// How long the next records take.
async fn next(consumer: &mut Consumer) -> Duration {
    let asked = Instant::now();
    assert!(!consumer.recv().await.unwrap().is_empty());
    asked.elapsed()
}

/// Far less than the 500 ms of a long poll.
const AT_ONCE: Duration = Duration::from_millis(25);

#[tokio::test(start_paused = true)]
async fn a_seek_does_not_wait_for_other_partitions() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let mut consumer = idle(&cluster).await;
    consumer.seek(&partition(0), SeekTo::Beginning).unwrap();
    let took = next(&mut consumer).await;
    assert!(took < AT_ONCE, "{took:?}");
    // And again, while what is fetched aside is at the end.
    tokio::time::sleep(Duration::from_millis(10)).await;
    consumer.seek(&partition(0), SeekTo::Offset(3)).unwrap();
    let took = next(&mut consumer).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_is_assigned_or_resumed_does_not_wait_for_others() {
    let cluster = start(|c| c.topic("t", 3)).await;
    let mut consumer = idle(&cluster).await;
    send(&client(&cluster), 2, 10).await;
    consumer.assign((0..3).map(partition));
    let took = next(&mut consumer).await;
    assert!(took < AT_ONCE, "{took:?}");

    consumer.pause([&partition(1)]).unwrap();
    while !consumer.poll(Duration::from_millis(700)).await.unwrap().is_empty() {}
    send(&client(&cluster), 1, 10).await;
    consumer.resume([&partition(1)]).unwrap();
    let took = next(&mut consumer).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_record_for_a_partition_that_is_fetched_aside_is_handed_out_when_it_comes() {
    let cluster = start(|c| c.topic("t", 3)).await;
    let mut consumer = idle(&cluster).await;
    // The last one is empty, and the long poll under way lacks it.
    consumer.assign((0..3).map(partition));
    tokio::time::sleep(Duration::from_millis(50)).await;
    send(&client(&cluster), 2, 1).await;
    let took = next(&mut consumer).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_that_hangs_costs_no_more_than_the_long_poll_and_a_moment() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let client = Meddler::client(&cluster, move |question| {
        let aside = question.key == ApiKey::FETCH && question.request::<FetchRequest>().session_epoch == -1;
        if aside { Answer::silence() } else { Answer::Honest }
    });
    let mut consumer = idle_on(&client.build().unwrap()).await;
    consumer.seek(&partition(0), SeekTo::Beginning).unwrap();
    let took = next(&mut consumer).await;
    assert!(took < Duration::from_millis(1600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_consumer_with_nothing_to_do_asks_no_more_often_than_its_long_polls_last() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = fetches.clone();
    let client = Meddler::client(&cluster, move |question| {
        counted.fetch_add(usize::from(question.key == ApiKey::FETCH), Ordering::Relaxed);
        Answer::Honest
    });
    let mut consumer = idle_on(&client.build().unwrap()).await;
    consumer.seek(&partition(0), SeekTo::Beginning).unwrap();
    next(&mut consumer).await;
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    let before = fetches.load(Ordering::Relaxed);
    assert!(before < 60, "{before}");
    assert!(consumer.poll(Duration::from_secs(10)).await.unwrap().is_empty());
    let idle = fetches.load(Ordering::Relaxed) - before;
    assert!((19..=21).contains(&idle), "{idle}");
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_closed_ends_its_fetch_session() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let seen = sessions.clone();
    let client = Meddler::client(&cluster, move |question| {
        if question.key == ApiKey::FETCH {
            let FetchRequest { session_id, session_epoch, .. } = question.request();
            seen.lock().unwrap().push((session_id, session_epoch));
        }
        Answer::Honest
    });
    let consumer = idle_on(&client.build().unwrap()).await;
    let (session, epoch) = *sessions.lock().unwrap().last().unwrap();
    assert!(session > 0 && epoch > 0, "{sessions:?}");
    let begun = Instant::now();
    consumer.close().await.unwrap();
    assert_eq!(*sessions.lock().unwrap().last().unwrap(), (session, -1));
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_does_not_answer_does_not_keep_a_consumer_from_closing() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let client = Meddler::client(&cluster, move |question| {
        let ends = question.key == ApiKey::FETCH && question.request::<FetchRequest>().session_epoch == -1;
        if ends { Answer::silence() } else { Answer::Honest }
    });
    let consumer = idle_on(&client.build().unwrap()).await;
    let begun = Instant::now();
    consumer.close().await.unwrap();
    assert!(begun.elapsed() <= Duration::from_millis(1100), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn how_long_records_wait_to_be_taken_is_told_from_when_they_came() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let mut consumer = idle(&cluster).await;
    tokio::time::sleep(Duration::from_secs(100)).await;
    send(&client(&cluster), 0, 2000).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let waits = |consumer: &Consumer| consumer.explain().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let text = waits(&consumer);
    assert!(text.contains("t-0 for 3.0s: records are buffered and wait to be taken"), "{text}");
    assert!(text.contains("t-1 for 10"), "{text}");
    consumer.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let text = waits(&consumer);
    assert!(text.contains("t-0 for 2.0s: records are buffered and wait to be taken"), "{text}");
}
