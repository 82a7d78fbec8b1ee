//! Consumers of partitions that they assign themselves.

use std::{collections::BTreeMap, time::Duration};

use futures_util::StreamExt;
use ottla::{
    Client, TopicPartition,
    admin::NewTopic,
    config::OffsetReset,
    consumer::{CommitError, ConsumeError, OffsetAndMetadata, Records, SeekTo},
    producer::Record,
    protocol::record::Compression,
};

use crate::support::{client, start};

/// Sends records with the values `values` to a partition.
async fn send(client: &Client, topic: &str, partition: i32, values: std::ops::Range<u32>) {
    let producer = client.producer().build().unwrap();
    for value in values {
        let value = value.to_be_bytes();
        let record = Record::to(topic).partition(partition).value(&value);
        drop(producer.send(record).await.unwrap());
    }
    producer.flush().await;
}

fn values(records: &Records) -> Vec<u32> {
    records.iter().map(|record| u32::from_be_bytes(record.value().unwrap().try_into().unwrap())).collect()
}

fn partition(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition::new(topic, partition)
}

#[tokio::test(start_paused = true)]
async fn assigned_partitions_are_read_in_order_and_to_their_ends() {
    let cluster = start(|c| c.topic("t", 3)).await;
    let client = client(&cluster);
    for index in 0..3 {
        send(&client, "t", index, 0..1000).await;
    }
    let all = (0..3).map(|index| partition("t", index));
    let mut consumer = client.consumer_without_group().from_beginning().assign(all).build().await.unwrap();
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    while next.values().sum::<i64>() < 3000 {
        for record in &consumer.recv().await.unwrap() {
            let next = next.entry(record.partition()).or_default();
            assert_eq!(record.offset(), *next);
            assert_eq!(record.value().unwrap(), (*next as u32).to_be_bytes());
            *next += 1;
        }
    }
    assert_eq!(next, BTreeMap::from([(0, 1000), (1, 1000), (2, 1000)]));
    assert_eq!(consumer.lag(&partition("t", 1)), Some(0));
    assert!(consumer.poll(Duration::from_secs(2)).await.unwrap().is_empty());
    let waits = consumer.explain();
    assert_eq!(waits.len(), 3, "{waits:?}");
    assert!(waits[0].reason.contains("has no record at offset 1000 yet"), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn every_codec_is_read() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let codecs = [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    for compression in codecs {
        let producer = client.producer().compression(compression).build().unwrap();
        for _ in 0..100 {
            drop(producer.send(Record::to("t").key("k").value(&[b'v'; 300])).await.unwrap());
        }
        producer.flush().await;
    }
    let mut consumer =
        client.consumer_without_group().from_beginning().assign([partition("t", 0)]).build().await.unwrap();
    let mut next = 0;
    while next < 500 {
        for record in &consumer.recv().await.unwrap() {
            assert_eq!(record.offset(), next);
            assert_eq!((record.key(), record.value()), (Some(&b"k"[..]), Some(&[b'v'; 300][..])));
            next += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_restarted_consumer_goes_on_after_what_it_committed() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..100).await;
    let builder =
        || client.consumer("g").manual_commit().from_beginning().max_poll_records(40).assign([partition("t", 0)]);
    let mut first = builder().build().await.unwrap();
    assert_eq!(values(&first.recv().await.unwrap()), (0..40).collect::<Vec<_>>());
    first.commit().await.unwrap();
    assert_eq!(values(&first.recv().await.unwrap()), (40..80).collect::<Vec<_>>());
    first.close().await.unwrap();

    let mut second = builder().build().await.unwrap();
    assert_eq!(values(&second.recv().await.unwrap()), (40..80).collect::<Vec<_>>());
    let committed = OffsetAndMetadata::new(7).with_metadata("why");
    second.commit_offsets([(partition("t", 0), committed.clone())]).await.unwrap();
    let offsets = second.committed([partition("t", 0)]).await.unwrap();
    assert_eq!((offsets[&partition("t", 0)].offset, &*offsets[&partition("t", 0)].metadata), (7, "why"));
    second.close().await.unwrap();
    assert_eq!(values(&builder().build().await.unwrap().recv().await.unwrap()), (7..47).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_was_handed_out_is_committed_when_more_is_asked_for_and_on_close() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..100).await;
    let builder = client.consumer("g").from_beginning().auto_commit_interval(Duration::from_secs(1));
    let mut consumer = builder.max_poll_records(10).assign([partition("t", 0)]).build().await.unwrap();
    let committed = async |client: &Client| {
        let consumer = client.consumer("g").build().await.unwrap();
        consumer.committed([partition("t", 0)]).await.unwrap().get(&partition("t", 0)).map(|offset| offset.offset)
    };
    consumer.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(committed(&client).await, None, "the records are still being processed");
    consumer.recv().await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(committed(&client).await, Some(10));
    consumer.close().await.unwrap();
    assert_eq!(committed(&client).await, Some(20));
}

#[tokio::test(start_paused = true)]
async fn seeking_goes_anywhere_and_drops_what_was_fetched_ahead() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..100).await;
    let t = partition("t", 0);
    let builder = client.consumer_without_group().from_beginning().max_poll_records(10);
    let mut consumer = builder.assign([t.clone()]).build().await.unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap())[0], 0);
    consumer.seek(&t, SeekTo::Offset(50)).unwrap();
    assert_eq!(consumer.position(&t), Some(50));
    assert_eq!(values(&consumer.recv().await.unwrap()), (50..60).collect::<Vec<_>>());
    consumer.seek(&t, SeekTo::Beginning).unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap()), (0..10).collect::<Vec<_>>());
    consumer.seek(&t, SeekTo::End).unwrap();
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    assert_eq!(consumer.position(&t), Some(100));
    consumer.seek(&t, SeekTo::Timestamp(0)).unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap())[0], 0);
    assert!(consumer.seek(&partition("t", 1), SeekTo::End).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_paused_partition_hands_out_nothing_until_it_is_resumed() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..20).await;
    send(&client, "t", 1, 100..120).await;
    let (zero, one) = (partition("t", 0), partition("t", 1));
    let builder = client.consumer_without_group().from_beginning().max_poll_records(5);
    let mut consumer = builder.assign([zero.clone(), one.clone()]).build().await.unwrap();
    consumer.pause([&zero]).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 20 {
        seen.extend(values(&consumer.recv().await.unwrap()));
    }
    assert_eq!(seen, (100..120).collect::<Vec<_>>());
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    assert_eq!(consumer.paused(), std::slice::from_ref(&zero));
    consumer.resume([&zero]).unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap()), (0..5).collect::<Vec<_>>());
    // In the middle of what was fetched, too.
    consumer.pause([&zero]).unwrap();
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    consumer.resume([&zero]).unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap()), (5..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn without_a_reset_policy_the_application_decides() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..10).await;
    let t = partition("t", 0);
    let builder = client.consumer("g").manual_commit().offset_reset(OffsetReset::Error);
    let mut consumer = builder.assign([t.clone()]).build().await.unwrap();
    let error = consumer.recv().await.unwrap_err();
    assert!(matches!(&error, ConsumeError::NoOffset { partition } if *partition == t), "{error}");
    consumer.seek(&t, SeekTo::Offset(11)).unwrap();
    let error = consumer.recv().await.unwrap_err();
    assert!(matches!(error, ConsumeError::OffsetOutOfRange { offset: 11, .. }), "{error}");
    consumer.seek(&t, SeekTo::Offset(9)).unwrap();
    assert_eq!(values(&consumer.recv().await.unwrap()), [9]);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_where_a_consumer_begins_by_default() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..10).await;
    let mut consumer = client.consumer_without_group().assign([partition("t", 0)]).build().await.unwrap();
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    send(&client, "t", 0, 10..12).await;
    assert_eq!(values(&consumer.recv().await.unwrap())[0], 10);
}

#[tokio::test(start_paused = true)]
async fn no_record_is_lost_by_dropping_calls() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let mut consumer = client
        .consumer_without_group()
        .from_beginning()
        .max_poll_records(7)
        .assign([partition("t", 0)])
        .build()
        .await
        .unwrap();
    let sender = tokio::spawn(async move { send(&client, "t", 0, 0..500).await });
    let mut seen = Vec::new();
    while seen.len() < 500 {
        let records = consumer.poll(Duration::from_micros(50)).await.unwrap();
        seen.extend(values(&records));
    }
    sender.await.unwrap();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stream_returns_each_record_and_leaves_the_rest_to_the_next_call() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..100).await;
    let builder = client.consumer("g").manual_commit().from_beginning();
    let mut consumer = builder.assign([partition("t", 0)]).build().await.unwrap();
    let mut stream = consumer.stream();
    for offset in 0..30 {
        assert_eq!(stream.next().await.unwrap().unwrap().offset, offset);
    }
    stream.commit().await.unwrap();
    drop(stream);
    assert_eq!(values(&consumer.recv().await.unwrap())[0], 30);
    assert_eq!(consumer.committed([partition("t", 0)]).await.unwrap()[&partition("t", 0)].offset, 30);
}

#[tokio::test(start_paused = true)]
async fn offsets_are_found_at_the_edges_and_by_time() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..10).await;
    let (zero, one) = (partition("t", 0), partition("t", 1));
    let consumer = client.consumer_without_group().build().await.unwrap();
    let ends = consumer.end_offsets([zero.clone(), one.clone()]).await.unwrap();
    assert_eq!((ends[&zero], ends[&one]), (10, 0));
    assert_eq!(consumer.beginning_offsets([zero.clone()]).await.unwrap()[&zero], 0);
    let times = consumer.offsets_for_times([(zero.clone(), 0), (one.clone(), 0)]).await.unwrap();
    assert_eq!(times[&zero].offset, 0);
    assert!(!times.contains_key(&one), "an empty partition has no record of any time");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_without_a_group_or_partitions_says_so() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let client = client(&cluster);
    let mut consumer = client.consumer_without_group().build().await.unwrap();
    assert!(matches!(consumer.recv().await, Err(ConsumeError::NothingAssigned)));
    assert!(matches!(consumer.commit().await, Err(CommitError::NoGroup)));
    assert!(consumer.subscribe(["t"]).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_deleted_and_created_anew_is_read_from_its_beginning_by_who_read_the_old_one() {
    let cluster = start(|c| c.topic("t", 1).config("auto.create.topics.enable", "false")).await;
    let client = client(&cluster);
    send(&client, "t", 0, 0..10).await;
    // `auto.offset.reset` is latest: it says where to begin, and this consumer has begun.
    let mut consumer = client.consumer_without_group().assign([partition("t", 0)]).build().await.unwrap();
    assert!(consumer.poll(Duration::from_secs(1)).await.unwrap().is_empty());
    let other = crate::support::client(&cluster);
    other.admin().delete_topics(["t"]).await.all().unwrap();
    other.admin().create_topic(NewTopic::new("t")).await.unwrap();
    send(&other, "t", 0, 100..105).await;
    assert_eq!(values(&consumer.recv().await.unwrap()), (100..105).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn of_a_compacted_topic_the_last_record_of_each_key_is_read() {
    let settings = [
        ("cleanup.policy", "compact"),
        ("min.cleanable.dirty.ratio", "0.01"),
        // A segment for each record.
        ("segment.ms", "1"),
        ("message.timestamp.type", "LogAppendTime"),
    ];
    let cluster = start(|c| c.topic_with("t", 1, 1, settings).config("log.cleaner.backoff.ms", "100")).await;
    let client = client(&cluster);
    let producer = client.producer().build().unwrap();
    let read = async || {
        let all = [partition("t", 0)];
        let mut consumer = client.consumer_without_group().from_beginning().assign(all).build().await.unwrap();
        let mut found = Vec::new();
        while consumer.lag(&partition("t", 0)) != Some(0) {
            let records = consumer.recv().await.unwrap();
            let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
            found.extend(records.iter().map(|r| (r.offset(), text(r.key()), text(r.value()))));
        }
        found
    };
    for number in 0..30 {
        let (key, value) = (format!("k{}", number % 3), number.to_string());
        let record = Record::to("t").key(key.as_bytes()).value(value.as_bytes());
        producer.send(record).await.unwrap().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut found = read().await;
    for _ in 0..100 {
        if found.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        found = read().await;
    }
    // What was written last is in the active segment, and those before are compacted without it.
    let expected = [(26, "k2", "26"), (27, "k0", "27"), (28, "k1", "28"), (29, "k2", "29")];
    assert_eq!(found, expected.map(|(offset, key, value)| (offset, key.to_owned(), value.to_owned())));
}
