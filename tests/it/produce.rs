//! The producer against the reference broker.

use std::{collections::BTreeMap, time::Duration};

use ottla::{
    config::Acks,
    producer::{DeliveryErrorKind, Record, SendError},
    protocol::{api_key::ApiKey, error_code::ErrorCode, record::Compression},
};

use crate::{
    meddler::{Answer, Meddler},
    support::{client, start},
};

#[tokio::test(start_paused = true)]
async fn records_of_a_partition_get_offsets_in_the_order_of_sending() {
    let cluster = start(|c| c.topic("orders", 3)).await;
    let producer = client(&cluster).producer().build().unwrap();
    let mut deliveries = Vec::new();
    for i in 0..1000u32 {
        let key = (i % 10).to_be_bytes();
        deliveries.push(producer.send(Record::to("orders").key(&key).value(&i.to_be_bytes())).await.unwrap());
    }
    let mut next = BTreeMap::new();
    for delivery in deliveries {
        let metadata = delivery.await.unwrap();
        let expected = next.entry(metadata.partition).or_insert(0);
        assert_eq!(metadata.offset, *expected);
        *expected += 1;
    }
    assert_eq!(next.values().sum::<i64>(), 1000);
}

#[tokio::test(start_paused = true)]
async fn every_codec_and_every_acks_delivers() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let mut sent = 0;
    for compression in [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd]
    {
        for acks in [Acks::Leader, Acks::All] {
            let producer = client.producer().acks(acks).compression(compression).build().unwrap();
            let value = [b'v'; 500];
            let delivery = producer.send(Record::to("t").value(&value)).await.unwrap();
            assert_eq!(delivery.await.unwrap().offset, sent, "{compression:?} {acks:?}");
            sent += 1;
        }
    }
    let producer = client.producer().acks(Acks::None).build().unwrap();
    let delivery = producer.send(Record::to("t").value("x")).await.unwrap();
    assert_eq!(delivery.await.unwrap().offset, -1, "with acks=0 nobody tells");
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_not_there_is_created_on_first_use_or_refused() {
    let cluster = start(|c| c.config("num.partitions", "4")).await;
    let producer = client(&cluster).producer().build().unwrap();
    let first = producer.send(Record::to("new").partition(3).value("x")).await.unwrap();
    assert_eq!(first.await.unwrap().offset, 0);

    let strict = start(|c| c.config("auto.create.topics.enable", "false")).await;
    let producer = client(&strict).producer().build().unwrap();
    let error = producer.send(Record::to("new").value("x")).await.unwrap_err();
    assert!(matches!(error, SendError::Metadata(_)), "{error}");
    assert!(error.to_string().contains("UNKNOWN_TOPIC_OR_PARTITION"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_is_not_there_is_an_error_that_says_how_many_there_are() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let producer = client(&cluster).producer().build().unwrap();
    let error = producer.send(Record::to("t").partition(2).value("x")).await.unwrap_err();
    assert_eq!(error.to_string(), "t has 2 partitions, so there is no partition 2");
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_comes_back_with_the_reason_and_the_others_go_on() {
    let cluster = start(|c| c.topic_with("compacted", 1, 1, [("cleanup.policy", "compact")])).await;
    let producer = client(&cluster).producer().build().unwrap();
    let keyless = producer.send(Record::to("compacted").value("no key")).await.unwrap();
    let error = keyless.await.unwrap_err();
    assert!(matches!(error.kind(), DeliveryErrorKind::Refused { code: ErrorCode::INVALID_RECORD, .. }), "{error}");
    assert!(!error.possibly_written());
    assert_eq!(error.record().unwrap().value.unwrap(), "no key");
    let keyed = producer.send(Record::to("compacted").key("k").value("v")).await.unwrap();
    assert_eq!(keyed.await.unwrap().offset, 0);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_grew_beyond_the_topics_limit_is_cut_up_and_delivered() {
    let cluster = start(|c| c.topic_with("small", 1, 1, [("max.message.bytes", "2000")])).await;
    let producer = client(&cluster).producer().linger(Duration::from_millis(50)).build().unwrap();
    let value = [b'v'; 300];
    let mut deliveries = Vec::new();
    for _ in 0..40 {
        deliveries.push(producer.send(Record::to("small").value(&value)).await.unwrap());
    }
    for (i, delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.await.unwrap().offset, i as i64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_all_parts_of_a_batch_that_was_cut_up() {
    let cluster = start(|c| c.topic_with("small", 1, 1, [("max.message.bytes", "2000")])).await;
    let producer = client(&cluster).producer().linger(Duration::from_secs(1)).build().unwrap();
    let value = [b'v'; 300];
    let mut deliveries = Vec::new();
    for _ in 0..40 {
        deliveries.push(producer.send(Record::to("small").value(&value)).await.unwrap());
    }
    producer.flush().await;
    assert!(producer.metrics().splits > 0);
    for (i, mut delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.try_result().expect("it has an end").unwrap().offset, i as i64);
    }
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_waited_for() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let producer = client(&cluster).producer().buffer_memory(64 << 10).build().unwrap();
    let value = vec![b'v'; 10_000];
    for _ in 0..100 {
        drop(producer.send(Record::to("t").value(&value)).await.unwrap());
    }
    producer.flush().await;
    assert_eq!(producer.available_memory_bytes(), 64 << 10);
    let too_large = vec![0; 70 << 10];
    let error = producer.send(Record::to("t").value(&too_large)).await.unwrap_err();
    assert!(matches!(error, SendError::RecordTooLarge { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn many_records_are_sent_with_one_call() {
    let cluster = start(|c| c.topic("t", 4)).await;
    let producer = client(&cluster).producer().build().unwrap();
    let deliveries = producer.send_many(&[Record::to("t").value("v"); 10_000]).await.unwrap();
    assert_eq!(deliveries.len(), 10_000);
    assert!(deliveries.wait().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn closing_delivers_what_was_sent_and_takes_no_more() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let producer = client(&cluster).producer().linger(Duration::from_secs(10)).build().unwrap();
    let other = producer.clone();
    let delivery = producer.send(Record::to("t").value("v")).await.unwrap();
    producer.close(Duration::from_secs(10)).await;
    assert_eq!(delivery.await.unwrap().offset, 0);
    assert!(matches!(other.send(Record::to("t").value("v")).await, Err(SendError::Closed)));
}

/// How many requests have left in each millisecond for a broker that answers after so long, if five records come in each,
/// without linger.
async fn departures(answer_time: Duration) -> Vec<u64> {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = Meddler::client(&cluster, move |question| match question.key {
        ApiKey::PRODUCE => Answer::after(tokio::time::sleep(answer_time)),
        _ => Answer::Honest,
    });
    let producer = client.build().unwrap().producer().linger(Duration::ZERO).build().unwrap();
    // The first batch of a producer leaves alone.
    producer.send(Record::to("t").value("first")).await.unwrap().await.unwrap();
    let mut departures = Vec::new();
    for _ in 0..20 {
        let before = producer.metrics().requests;
        for _ in 0..5 {
            drop(producer.send(Record::to("t").value("v")).await.unwrap());
            // As many turns as all tasks take to send it, if they would.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        departures.push(producer.metrics().requests - before);
    }
    departures
}

#[tokio::test(start_paused = true)]
async fn small_batches_without_linger_do_not_crowd_a_broker() {
    let near = departures(Duration::from_millis(3)).await;
    assert!(near.iter().all(|requests| *requests <= 2), "one, and one where a millisecond ends: {near:?}");
    assert!(near.iter().sum::<u64>() >= 5, "{near:?}");
    let far = departures(Duration::from_millis(100)).await;
    assert_eq!(far.iter().take(10).sum::<u64>(), 5, "as many as may be under way, before the first answer: {far:?}");
}
