//! What a client asks about topics.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use ottla::{
    Client,
    broker::Cluster,
    producer::Record,
    protocol::{api_key::ApiKey, messages::metadata::MetadataRequest},
};
use tokio::time::Instant;

use crate::{
    meddler::{Answer, Meddler},
    support::start,
};

/// The topics of each Metadata request; all topics are none.
type Asked = Arc<Mutex<Vec<BTreeSet<String>>>>;

fn listening(cluster: &Cluster) -> (Client, Asked) {
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
    (builder.build().unwrap(), asked)
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
