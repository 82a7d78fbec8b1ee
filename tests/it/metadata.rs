//! What a client asks about topics.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ottla::{
    Client, MetadataError,
    broker::Cluster,
    config::ClientConfig,
    producer::Record,
    protocol::{api_key::ApiKey, error_code::ErrorCode, messages::metadata::MetadataRequest},
};
use tokio::time::Instant;

use crate::{
    meddler::{Answer, Meddler},
    support::{client, start},
};

/// The topics of each Metadata request; all topics are none.
type Asked = Arc<Mutex<Vec<BTreeSet<String>>>>;

fn listening(cluster: &Cluster) -> (Client, Asked) {
    listening_with(cluster, |_| {})
}

fn listening_with(cluster: &Cluster, configure: impl FnOnce(&mut ClientConfig)) -> (Client, Asked) {
    let mut config = client(cluster).config().clone();
    configure(&mut config);
    let asked = Asked::default();
    let log = asked.clone();
    let builder = Meddler::client(cluster, move |question| {
        if question.key == ApiKey::METADATA {
            let topics = question.request::<MetadataRequest>().topics.unwrap_or_default();
            let names = topics.iter().filter_map(|topic| topic.name.as_ref()).map(ToString::to_string);
            log.lock().unwrap().push(names.collect());
        }
        Answer::Honest
    });
    (builder.config(config).build().unwrap(), asked)
}

#[tokio::test(start_paused = true)]
async fn a_new_topic_is_asked_for_alone_and_at_once() {
    const TOPICS: usize = 50;
    let cluster = start(|c| (0..TOPICS).fold(c, |c, index| c.topic(format!("t{index}"), 1))).await;
    let (client, asked) = listening(&cluster);
    let producer = client.producer().build().unwrap();
    drop(producer.send(Record::to("t0").value(b"v")).await.unwrap());
    let begun = Instant::now();
    for index in 1..TOPICS {
        drop(producer.send(Record::to(&format!("t{index}")).value(b"v")).await.unwrap());
    }
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    let asked: Vec<_> = asked.lock().unwrap().iter().filter(|topics| !topics.is_empty()).cloned().collect();
    let expected: Vec<_> = (0..TOPICS).map(|index| BTreeSet::from([format!("t{index}")])).collect();
    assert_eq!(asked, expected);
    client.refresh_metadata().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refresh_asks_for_all_that_is_of_interest() {
    let cluster = start(|c| c.topic("a", 1).topic("b", 1)).await;
    let (client, asked) = listening(&cluster);
    for name in ["a", "b"] {
        client.topic(name).await.unwrap();
    }
    client.refresh_metadata().await.unwrap();
    let last = asked.lock().unwrap().last().cloned();
    assert_eq!(last, Some(BTreeSet::from(["a".to_owned(), "b".to_owned()])));
}

#[tokio::test(start_paused = true)]
async fn what_is_known_grows_old_though_new_topics_are_asked_for() {
    let cluster = start(|c| (0..6).fold(c, |c, index| c.topic(format!("t{index}"), 1))).await;
    let max_age = Duration::from_secs(60);
    let (client, asked) = listening_with(&cluster, |config| config.metadata_max_age = max_age);
    for index in 0..6 {
        client.topic(&format!("t{index}")).await.unwrap();
        tokio::time::sleep(max_age * 2 / 3).await;
    }
    let asked = asked.lock().unwrap();
    let times = asked.iter().filter(|topics| topics.contains("t0")).count();
    assert!(times >= 3, "{times} times in 240 s: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_leads_back_to_the_bootstrap_servers_is_waited_for() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let may_lie = AtomicUsize::new(0);
    let client = Meddler::client(&cluster, move |question| match question.key {
        // Not the first few: there is something to forget by then.
        ApiKey::METADATA if may_lie.fetch_add(1, Ordering::Relaxed) == 5 => {
            question.change::<MetadataRequest>(|response| response.error_code = ErrorCode::REBOOTSTRAP_REQUIRED)
        }
        _ => Answer::Honest,
    });
    let client = client.build().unwrap();
    client.topic("t").await.unwrap();
    let begun = Instant::now();
    for _ in 0..8 {
        client.refresh_metadata().await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(client.topic("t").await.unwrap().partition_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_a_topic_that_is_not_there_are_refused() {
    let cluster = start(|c| c.config("auto.create.topics.enable", "false")).await;
    let (client, asked) = listening(&cluster);
    let late = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        client.topic("nosuch").await
    };
    let (first, second) = tokio::join!(client.topic("nosuch"), late);
    for refused in [first, second] {
        let is_refused =
            matches!(refused, Err(MetadataError::Refused { code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, .. }));
        assert!(is_refused, "{refused:?}");
    }
    let count = asked.lock().unwrap().len();
    assert!(count < 30, "{count} requests");
}
