//! Connections that break.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ottla::{
    MetadataError,
    config::{ClientConfig, MetadataRecovery, ServerAddress},
    net::Transport,
    producer::Record,
};

use crate::support::{CuttableNetwork, start};

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
