//! Connections that break.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ottla::{
    MetadataError,
    broker::Cluster,
    config::{ClientConfig, MetadataRecovery, ServerAddress},
    net::Transport,
    producer::Record,
    protocol::{api_key::ApiKey, error_code::ErrorCode, messages::metadata::MetadataRequest},
};
use tokio::{sync::watch, time::Instant};

use crate::{
    meddler::{Answer, Meddler},
    support::{CuttableNetwork, start},
};

/// The seed of random tests: `SEED=n` runs one again.
fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7)
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_producer_writes_each_record_once_though_connections_break() {
    let seed = seed();
    println!("SEED={seed}");
    let cluster = start(|c| c.topic("t", 3)).await;
    let network = CuttableNetwork::of(&cluster);
    let client = ottla::embedded::client(&cluster).unwrap().connector(network.connector()).build().unwrap();
    let producer = client.producer().linger(Duration::from_millis(1)).build().unwrap();

    let cutter = tokio::spawn(async move {
        let mut rng = fastrand::Rng::with_seed(seed);
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_micros(rng.u64(100..20_000))).await;
            network.cut();
        }
    });
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut deliveries = Vec::new();
    while !cutter.is_finished() {
        for _ in 0..rng.usize(1..50) {
            let record = Record::to("t").partition(rng.i32(0..3)).value("v");
            deliveries.push(producer.send(record).await.unwrap());
        }
        tokio::time::sleep(Duration::from_micros(rng.u64(0..3000))).await;
    }
    let mut offsets: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for delivery in deliveries {
        let metadata = delivery.await.unwrap();
        offsets.entry(metadata.partition).or_default().push(metadata.offset);
    }
    assert!(producer.metrics().retries > 0, "nothing was ever sent again: the cuts missed");
    for (partition, offsets) in offsets {
        // Without gaps and in the order of sending: no record twice, none out of place.
        assert!(offsets.iter().copied().eq(0..offsets.len() as i64), "partition {partition}: {offsets:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_producer_says_what_it_waits_for_and_gives_up_in_time() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let network = CuttableNetwork::of(&cluster);
    let client = ottla::embedded::client(&cluster).unwrap().connector(network.connector()).build().unwrap();
    let producer = client.producer().delivery_timeout(Duration::from_secs(60)).build().unwrap();
    producer.send(Record::to("t").value("a")).await.unwrap().await.unwrap();
    assert!(producer.explain().is_empty());

    cluster.shutdown().await.unwrap();
    network.cut();
    let delivery = producer.send(Record::to("t").value("b")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let waits = producer.explain();
    let text = waits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("t-0 for 10.0s"), "{text}");
    let error = delivery.await.unwrap_err();
    assert!(error.to_string().contains("not delivered within the delivery timeout"), "{error}");
    assert_eq!(error.record().unwrap().value.unwrap(), "b");
    assert!(producer.explain().iter().all(|wait| !wait.to_string().starts_with("t-0")));
}

/// A client that began with `boot:1`, behind which a cluster is, and whose brokers it cannot reach any more.
async fn after_the_brokers_moved(recovery: MetadataRecovery) -> Result<(), MetadataError> {
    let cluster = start(|c| c).await;
    let network = cluster.network().unwrap().clone();
    let servers = cluster.bootstrap_servers();
    let moved = Arc::new(AtomicBool::new(false));
    let connector = {
        let moved = moved.clone();
        move |address: ServerAddress| {
            let (network, servers, moved) = (network.clone(), servers.clone(), moved.load(Ordering::Relaxed));
            async move {
                let (host, port) = servers.rsplit_once(':').unwrap();
                if moved && address.host != "boot" {
                    return Err(std::io::ErrorKind::ConnectionRefused.into());
                }
                Ok(Transport::from_stream(network.connect(host, port.parse().unwrap()).await?))
            }
        }
    };
    let mut config = ClientConfig::new([ServerAddress::new("boot", 1)]);
    config.metadata_recovery = recovery;
    // So that the next refresh has to connect.
    config.connections_max_idle = Some(Duration::from_secs(1));
    let client = ottla::Client::builder_from(config).connector(connector).build().unwrap();
    client.refresh_metadata().await.unwrap();
    client.refresh_metadata().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    moved.store(true, Ordering::Relaxed);
    client.refresh_metadata().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_brokers_are_gone_begins_anew_if_it_may() {
    after_the_brokers_moved(MetadataRecovery::Rebootstrap).await.unwrap();
    let error = after_the_brokers_moved(MetadataRecovery::None).await.unwrap_err();
    assert!(matches!(error, MetadataError::Timeout { .. }), "{error}");
}

/// How long a client takes to hear of its cluster again whose brokers can be connected to and tell nothing. The cluster
/// is behind `boot:1`, too. And how often it asked there before `trigger`.
async fn after_the_brokers_fell_silent(recovery: MetadataRecovery, trigger: Duration) -> (Option<Duration>, usize) {
    let cluster = start(|c| c).await;
    let servers = cluster.bootstrap_servers();
    let silent = Arc::new(AtomicBool::new(false));
    let asked_anew = Arc::new(AtomicUsize::new(0));
    let meddler = {
        let (silent, asked_anew) = (silent.clone(), asked_anew.clone());
        Meddler::new(&cluster, move |question| match question.key {
            ApiKey::METADATA if silent.load(Ordering::Relaxed) && question.address.host != "boot" => Answer::silence(),
            ApiKey::METADATA if silent.load(Ordering::Relaxed) => {
                asked_anew.fetch_add(1, Ordering::Relaxed);
                Answer::Honest
            }
            _ => Answer::Honest,
        })
    };
    let connector = move |address: ServerAddress| {
        let (meddler, servers) = (meddler.clone(), servers.clone());
        async move { meddler.connect_to(&servers, address).await }
    };
    let mut config = ClientConfig::new([ServerAddress::new("boot", 1)]);
    config.metadata_recovery = recovery;
    config.metadata_recovery_rebootstrap_trigger = trigger;
    config.request_timeout = Duration::from_secs(5);
    config.default_api_timeout = trigger * 2;
    let client = ottla::Client::builder_from(config).connector(connector).build().unwrap();
    client.refresh_metadata().await.unwrap();
    silent.store(true, Ordering::Relaxed);
    let fell_silent = Instant::now();
    let refreshed = client.refresh_metadata();
    tokio::pin!(refreshed);
    let early = tokio::time::timeout(trigger, &mut refreshed).await;
    assert!(early.is_err(), "it heard of it before the trigger: {early:?}");
    let asked_early = asked_anew.load(Ordering::Relaxed);
    (refreshed.await.is_ok().then(|| fell_silent.elapsed()), asked_early)
}

#[tokio::test(start_paused = true)]
async fn a_client_whose_brokers_tell_nothing_begins_anew_after_the_trigger() {
    let trigger = Duration::from_secs(60);
    let (took, asked_early) = after_the_brokers_fell_silent(MetadataRecovery::Rebootstrap, trigger).await;
    let took = took.expect("it began anew");
    assert!(took < trigger + Duration::from_secs(15), "{took:?}");
    assert_eq!(asked_early, 0);
    let (took, _) = after_the_brokers_fell_silent(MetadataRecovery::None, trigger).await;
    assert_eq!(took, None);
}

#[tokio::test(start_paused = true)]
async fn a_topic_asked_for_while_a_refresh_is_under_way_is_not_taken_for_unknown() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let (release, held) = watch::channel(false);
    let client = Meddler::client(&cluster, move |question| match question.key {
        ApiKey::METADATA if !*held.borrow() => {
            let mut held = held.clone();
            Answer::after(async move { drop(held.wait_for(|released| *released).await) })
        }
        _ => Answer::Honest,
    });
    let mut config = client_config(&cluster);
    config.allow_auto_create_topics = false;
    let client = client.config(config).build().unwrap();
    let refreshing = tokio::spawn({
        let client = client.clone();
        async move { client.refresh_metadata().await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    // Too late for the request under way, whose answer will not speak of it.
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.topic("t").await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    release.send_replace(true);
    refreshing.await.unwrap().unwrap();
    assert_eq!(asking.await.unwrap().unwrap().partition_count(), 1);
}

/// What comes of asking for a topic that the first `times` answers about it call unknown.
async fn ask_for_a_topic_called_unknown(times: usize) -> Result<(), MetadataError> {
    let cluster = start(|c| c.topic("t", 1)).await;
    let answers = Arc::new(AtomicUsize::new(0));
    let client = Meddler::client(&cluster, move |question| {
        if question.key != ApiKey::METADATA {
            return Answer::Honest;
        }
        let answers = answers.clone();
        question.change::<MetadataRequest>(move |response| {
            for topic in response.topics.iter_mut().filter(|_| answers.fetch_add(1, Ordering::Relaxed) < times) {
                topic.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                topic.partitions.clear();
            }
        })
    });
    client.build().unwrap().topic("t").await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_brokers_call_unknown_while_it_is_being_created_is_waited_for() {
    ask_for_a_topic_called_unknown(3).await.unwrap();
    let begun = Instant::now();
    let error = ask_for_a_topic_called_unknown(usize::MAX).await.unwrap_err();
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert!(matches!(&error, MetadataError::Refused { code, .. } if *code == unknown), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_costs_its_connection_is_asked_again_over_another() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let cuts = AtomicUsize::new(0);
    let client = Meddler::client(&cluster, move |question| match question.key {
        ApiKey::METADATA if cuts.fetch_add(1, Ordering::Relaxed) < 5 => Answer::Cut,
        _ => Answer::Honest,
    });
    client.build().unwrap().topic("t").await.unwrap();
}

fn client_config(cluster: &Cluster) -> ClientConfig {
    crate::support::client(cluster).config().clone()
}
