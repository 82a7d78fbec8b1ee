//! Where records without a key go when brokers differ.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ottla::{
    config::ProducerConfig,
    producer::Record,
    protocol::{api_key::ApiKey, types::NodeId},
};

use crate::{
    meddler::{Answer, Meddler, Question},
    support::start,
};

/// Sends a record of 1 KiB per millisecond to two partitions with a leader each. How many were meant for each.
async fn spread(
    script: impl Fn(&Question) -> Answer + Send + Sync + 'static,
    configure: impl FnOnce(&mut ProducerConfig),
    records: usize,
    mut between: impl FnMut(usize),
) -> BTreeMap<i32, usize> {
    let cluster = start(|c| c.nodes(2).topic("t", 2)).await;
    let first = cluster.nodes()[0].endpoint.to_string();
    let is_slow = move |question: &Question| question.key == ApiKey::PRODUCE && question.address.to_string() != first;
    let client = Meddler::client(&cluster, move |question| match question {
        question if is_slow(question) => script(question),
        _ => Answer::Honest,
    });
    let client = client.build().unwrap();
    let mut config = ProducerConfig::default();
    config.max_in_flight = 1;
    configure(&mut config);
    let producer = client.producer().config(config).build().unwrap();
    let topic = client.topic("t").await.unwrap();
    let slow = topic.partitions.iter().find(|p| p.leader != Some(NodeId(cluster.nodes()[0].id))).unwrap().index;
    let mut sent = BTreeMap::new();
    for number in 0..records {
        between(number);
        let delivery = producer.send(Record::to("t").value(&[b'v'; 1024])).await.unwrap();
        *sent.entry(i32::from(delivery.partition() == slow)).or_default() += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    sent
}

fn takes_half_a_second(_: &Question) -> Answer {
    Answer::after(tokio::time::sleep(Duration::from_millis(500)))
}

/// The key of the slow broker's share.
const SLOW: i32 = 1;

#[tokio::test(start_paused = true)]
async fn a_slow_broker_gets_fewer_records_unless_that_is_turned_off() {
    let even = spread(takes_half_a_second, |config| config.partitioner_adaptive = false, 6000, |_| {}).await;
    assert!((2200..3800).contains(&even[&SLOW]), "{even:?}");
    let adapted = spread(takes_half_a_second, |_| {}, 6000, |_| {}).await;
    assert!(adapted[&SLOW] < 1800, "{adapted:?}");
    assert!(adapted[&SLOW] > 100, "it still gets what it can take: {adapted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_takes_nothing_for_too_long_gets_nothing_until_it_does() {
    let hung = Arc::new(AtomicBool::new(true));
    let is_hung = hung.clone();
    let script = move |_: &Question| {
        let is_hung = is_hung.clone();
        Answer::after(async move {
            while is_hung.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    let configure = |config: &mut ProducerConfig| {
        config.partitioner_availability_timeout = Some(Duration::from_millis(300));
    };
    // Hung for six seconds, then as quick as the other.
    let total = spread(script, configure, 12_000, |number| hung.store(number < 6000, Ordering::Relaxed)).await;
    // Its share of the first half is what went there before the timeout; of the second, half.
    assert!((2000..3800).contains(&total[&SLOW]), "{total:?}");
}
