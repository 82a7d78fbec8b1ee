//! What client and broker tell about themselves: counters and spans.

use std::time::Duration;

use ottla::{
    Client, TopicPartition,
    admin::NewTopic,
    config::ServerAddress,
    consumer::{Consumer, OffsetAndMetadata},
    embedded,
    net::Transport,
    producer::{Producer, Record},
    protocol::{api_key::ApiKey, error_code::ErrorCode},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing::Level;

use crate::{
    recorder::{Recorder, Span},
    support::{CuttableNetwork, client, start},
};

/// Sends this many records in one batch, and waits for it.
async fn send_batch(producer: &Producer, records: usize) {
    for _ in 0..records {
        drop(producer.send(Record::to("orders").partition(0).key("k").value("value")).await.expect("room"));
    }
    producer.flush().await;
}

async fn receive(consumer: &mut Consumer, mut count: usize) {
    while count > 0 {
        count -= consumer.recv().await.expect("records").len();
    }
}

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

#[tokio::test(start_paused = true)]
async fn a_producer_counts_batches_and_what_became_of_their_records() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let producer = client(&cluster).producer().linger(Duration::from_secs(1)).build().unwrap();
    for _ in 0..3 {
        send_batch(&producer, 10).await;
    }
    let metrics = producer.metrics();
    assert_eq!((metrics.records, metrics.records_delivered, metrics.records_failed), (30, 30, 0));
    assert_eq!((metrics.batches, metrics.requests, metrics.responses, metrics.retries), (3, 3, 3, 0));
    assert_eq!(metrics.batch_bytes, metrics.uncompressed_bytes, "nothing is compressed");
    assert_eq!(metrics.available_memory_bytes, producer.config().buffer_memory as u64, "nothing waits");
    assert!(metrics.to_string().contains("records_delivered"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn records_that_fail_are_counted_as_such() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let producer = client(&cluster).producer().delivery_timeout(Duration::from_secs(40)).build().unwrap();
    send_batch(&producer, 1).await;
    cluster.shutdown().await.unwrap();
    let lost = producer.send(Record::to("orders").value("x")).await.unwrap();
    lost.await.unwrap_err();
    let metrics = producer.metrics();
    assert_eq!((metrics.records_delivered, metrics.records_failed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_memory_is_counted() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let producer = client(&cluster)
        .producer()
        .batch_size(1000)
        .buffer_memory(1000)
        .linger(Duration::from_millis(100))
        .build()
        .unwrap();
    let value = [0; 600];
    for _ in 0..2 {
        drop(producer.send(Record::to("orders").partition(0).value(&value)).await.unwrap());
    }
    assert_eq!(producer.metrics().memory_waits, 1);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_counts_records_batches_commits_and_resets() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let client = client(&cluster);
    let producer = client.producer().linger(Duration::from_secs(1)).build().unwrap();
    let builder = client.consumer("billing").from_beginning().assign([orders()]);
    let mut consumer = builder.manual_commit().build().await.unwrap();
    for _ in 0..3 {
        send_batch(&producer, 10).await;
        receive(&mut consumer, 10).await;
        consumer.commit().await.unwrap();
    }
    let too_large = OffsetAndMetadata::new(30).with_metadata("x".repeat(5000));
    consumer.commit_offsets([(orders(), too_large)]).await.unwrap_err();

    let metrics = consumer.metrics();
    assert_eq!((metrics.records, metrics.batches), (30, 3));
    assert_eq!((metrics.commits, metrics.commit_failures), (3, 1));
    assert_eq!(metrics.offset_resets, 1, "the group had no offset");
    assert_eq!(metrics.fetched_bytes, producer.metrics().batch_bytes, "each byte is fetched once");
    assert_eq!(metrics.fetches - metrics.empty_fetches, 3);
    assert_eq!((metrics.assigned_partitions, metrics.paused_partitions, metrics.buffered_bytes), (1, 0, 0));
    assert_eq!((metrics.rebalances, metrics.heartbeats), (0, 0), "partitions assigned by hand need no membership");
    consumer.pause(&[orders()]).unwrap();
    assert_eq!(consumer.metrics().paused_partitions, 1);
    assert_eq!(consumer.metrics().lag_max, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_member_counts_rebalances_and_heartbeats() {
    let cluster = start(|c| c.topic("orders", 2)).await;
    let client = client(&cluster);
    let mut first = client.consumer("billing").subscribe(["orders"]).build().await.unwrap();
    while first.assignment().is_empty() {
        first.poll(Duration::from_millis(10)).await.unwrap();
    }
    // Heartbeats go out every 3 s.
    first.poll(Duration::from_secs(10)).await.unwrap();
    assert_eq!((first.metrics().rebalances, first.metrics().heartbeats), (1, 3));
    let mut second = client.consumer("billing").subscribe(["orders"]).build().await.unwrap();
    while second.assignment().is_empty() {
        let _ = tokio::join!(first.poll(Duration::from_millis(50)), second.poll(Duration::from_millis(50)));
    }
    assert!(first.metrics().rebalances >= 2);
    assert!(second.metrics().rebalances >= 1);
    assert_eq!(first.metrics().heartbeat_failures, 1, "the one that told of the rebalance");
}

#[tokio::test(start_paused = true)]
async fn a_client_counts_requests_by_api_and_connections_by_how_they_ended() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let network = CuttableNetwork::of(&cluster);
    let builder = Client::builder(&cluster.bootstrap_servers()).unwrap();
    let client = builder.connector(network.connector()).build().unwrap();
    let producer = client.producer().linger(Duration::from_secs(1)).build().unwrap();
    send_batch(&producer, 1).await;
    send_batch(&producer, 1).await;
    let metrics = client.metrics();
    let produce = &metrics.apis[&ApiKey::PRODUCE];
    assert_eq!((produce.requests, produce.responses), (2, 2));
    assert_eq!(metrics.requests(), metrics.responses());
    assert_eq!(metrics.requests_in_flight, 0);
    let sizes = |size: fn(&ottla::metrics::ApiMetrics) -> u64| metrics.apis.values().map(size).sum::<u64>();
    assert_eq!(metrics.bytes_out, sizes(|api| api.request_bytes));
    assert_eq!(metrics.bytes_in, sizes(|api| api.response_bytes));
    assert!(metrics.metadata_refreshes >= 1);
    assert!(metrics.to_string().contains("Produce"), "{metrics}");

    let mut consumer = client.consumer("g").from_beginning().assign([orders()]).build().await.unwrap();
    receive(&mut consumer, 2).await;
    let before = client.metrics();
    consumer.close().await.unwrap();
    let after = client.metrics();
    assert!(after.connections_closed_done > before.connections_closed_done, "the one to fetch over");
    assert_eq!(after.connections_closed(), after.connections_closed_done);

    network.cut();
    while client.metrics().connections_open > 0 {
        tokio::task::yield_now().await;
    }
    let metrics = client.metrics();
    assert!(metrics.connections_closed_broken > 0, "{metrics}");
    assert_eq!(metrics.connections_closed(), metrics.connections_opened);
}

#[tokio::test(start_paused = true)]
async fn failed_connections_refreshes_and_admin_retries_are_counted() {
    let dead = |_: ServerAddress| async { Err::<Transport, _>(std::io::ErrorKind::ConnectionRefused.into()) };
    let client = Client::builder("nowhere:1").unwrap().connector(dead).build().unwrap();
    let admin = client.admin().timeout(Duration::from_secs(1));
    admin.create_topics([NewTopic::new("t")]).await.all().unwrap_err();
    let metrics = client.metrics();
    assert!(metrics.connections_failed > 1, "{metrics}");
    assert!(metrics.metadata_refresh_failures > 0, "{metrics}");
    assert!(metrics.admin_retries > 0, "{metrics}");
    assert_eq!((metrics.connections_opened, metrics.requests()), (0, 0));
}

/// Produce, consume in a group, commit, more than once; then everything is closed.
async fn steady_run() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let client = embedded::client(&cluster).unwrap().client_id("shop").build().unwrap();
    client.admin().describe_topics(["orders"]).await.all().unwrap();
    let producer = client.producer().build().unwrap();
    let mut consumer =
        client.consumer("billing").from_beginning().subscribe(["orders"]).build().await.expect("a consumer");
    for _ in 0..3 {
        send_batch(&producer, 5).await;
        receive(&mut consumer, 5).await;
        consumer.commit().await.unwrap();
        consumer.poll(Duration::from_secs(5)).await.unwrap();
    }
    consumer.close().await.unwrap();
    producer.close(Duration::from_secs(1)).await;
    drop(client);
    cluster.shutdown().await.unwrap();
}

#[test]
fn nothing_is_logged_at_info_while_all_goes_well() {
    Recorder::run(|recorder| async move {
        steady_run().await;
        let events = recorder.events("ottla");
        assert!(!events.is_empty(), "something is recorded at all");
        let loud: Vec<_> = events.iter().filter(|event| event.level <= Level::INFO).collect();
        assert!(loud.is_empty(), "{loud:?}");
    });
}

#[test]
fn every_path_of_the_client_is_a_span_with_kafkas_terms() {
    Recorder::run(|recorder| async move {
        steady_run().await;
        let client = |name: &str| -> Vec<Span> {
            let spans = recorder.spans(name).into_iter();
            let spans: Vec<_> = spans.filter(|span| span.entry.target.starts_with("ottla_client")).collect();
            assert!(!spans.is_empty(), "no span {name}");
            spans
        };
        let has = |span: &Span, fields: &[&str]| {
            for field in fields {
                assert!(span.field(field).is_some(), "{field} of {span:?}");
            }
        };

        let mut purposes: Vec<_> =
            client("connection").iter().filter_map(|c| c.field("purpose").map(str::to_owned)).collect();
        purposes.sort_unstable();
        purposes.dedup();
        // Whether anything is fetched aside is a matter of moments.
        purposes.retain(|purpose| purpose != "fetch_aside");
        assert_eq!(purposes, ["coordination", "fetch", "general", "produce"]);
        let connection = &client("connection")[0];
        assert_eq!(
            (connection.field("node"), connection.field("address")),
            (Some("-1"), Some("node-1:9092")),
            "{connection:?}"
        );
        assert_eq!(connection.parent, None);

        for request in client("request") {
            has(&request, &["api", "version", "correlation_id", "node"]);
            assert!(request.field("latency_us").is_some() || request.field("error").is_some(), "{request:?}");
        }
        let within = |api: &str| {
            let of_api = client("request").into_iter().find(|request| request.field("api") == Some(api));
            of_api.unwrap_or_else(|| panic!("no request {api}")).parent
        };
        assert_eq!(within("Metadata"), Some("metadata_refresh"));
        assert_eq!(within("OffsetCommit"), Some("commit"));
        assert_eq!(within("JoinGroup"), Some("join"));
        assert_eq!(within("SyncGroup"), Some("sync"));
        assert_eq!(within("Heartbeat"), Some("heartbeat"));
        assert_eq!(within("LeaveGroup"), Some("leave"));
        assert_eq!(within("OffsetFetch"), Some("look_up"));
        assert_eq!(within("ListOffsets"), Some("look_up"));
        assert_eq!(within("Fetch"), Some("fetch"));
        assert_eq!(within("ApiVersions"), Some("connection"));
        assert!(client("request").iter().any(|request| request.parent == Some("admin")));

        let batches = client("batch");
        assert_eq!(batches.iter().map(|b| b.field("base_offset").unwrap()).collect::<Vec<_>>(), ["0", "5", "10"]);
        assert_eq!(batches.iter().map(|b| b.field("base_sequence").unwrap()).collect::<Vec<_>>(), ["0", "5", "10"]);
        let batch = &batches[0];
        assert_eq!((batch.field("topic"), batch.field("partition")), (Some("orders"), Some("0")));
        assert_eq!((batch.field("records"), batch.field("attempts")), (Some("5"), Some("1")));

        assert_eq!(client("membership")[0].field("group"), Some("billing"));
        let sync = &client("sync")[0];
        assert_eq!((sync.field("group"), sync.field("generation")), (Some("billing"), Some("1")));
        has(sync, &["member"]);
        assert_eq!(sync.parent, Some("membership"));
        let commit = &client("commit")[0];
        assert_eq!((commit.field("partitions"), commit.field("generation")), (Some("1"), Some("1")));
        has(commit, &["group", "member"]);
        has(&client("fetch_loop")[0], &["node", "group"]);
        has(&client("fetch")[0], &["partitions", "session_epoch", "bytes"]);
        assert_eq!(client("admin")[0].field("api"), Some("DescribeTopicPartitions"));
        assert_eq!(client("metadata_refresh")[0].parent, None);

        let states = recorder.events("ottla_client");
        let states: Vec<_> = states.iter().filter_map(|event| event.fields.get("state")).collect();
        assert_eq!(states, ["joining", "leading", "syncing", "stable", "outside"]);
        let resets = recorder.events("ottla_client");
        assert_eq!(resets.iter().filter(|event| event.fields.get("policy").is_some()).count(), 1);
    });
}

#[test]
fn spans_end_with_what_they_are_about() {
    Recorder::run(|recorder| async move {
        steady_run().await;
        // The tasks of connections end after the handles are gone.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for name in ["connection", "request", "batch", "membership", "join", "commit", "fetch_loop", "fetch", "admin"] {
            let open: Vec<_> = recorder.spans(name).into_iter().filter(|span| !span.closed).collect();
            assert!(open.is_empty(), "{open:?}");
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_node_counts_what_it_serves() {
    let cluster = start(|c| c.topic("orders", 1).config("log.flush.interval.messages", "1")).await;
    let client = client(&cluster);
    let producer = client.producer().linger(Duration::from_secs(1)).build().unwrap();
    let mut consumer = client.consumer("billing").from_beginning().subscribe(["orders"]).build().await.unwrap();
    for _ in 0..3 {
        send_batch(&producer, 10).await;
        receive(&mut consumer, 10).await;
    }
    consumer.commit().await.unwrap();
    let metrics = cluster.metrics().remove(0);
    assert_eq!(metrics.node_id, 1);
    assert_eq!((metrics.produced_batches, metrics.produced_records), (3, 30));
    assert_eq!(metrics.produced_bytes, producer.metrics().batch_bytes);
    assert_eq!(metrics.fetched_bytes, consumer.metrics().fetched_bytes);
    assert_eq!((metrics.flushes >= 3, metrics.flush_waits >= 3), (true, true), "each produce waits for a flush");
    assert_eq!(metrics.rebalances, 1);
    assert_eq!(metrics.apis[&ApiKey::PRODUCE].requests, 3);
    assert_eq!(metrics.apis[&ApiKey::OFFSET_COMMIT].requests, 1);
    assert_eq!(metrics.connections_open, client.metrics().connections_open);
    assert_eq!(metrics.bad_requests, 0);
    assert!(metrics.to_string().contains("OffsetCommit"), "{metrics}");

    // The fetch that waits now has been read and not been answered.
    while cluster.metrics()[0].parked_fetches == 0 {
        tokio::task::yield_now().await;
    }
    let (theirs, ours) = (cluster.metrics().remove(0), client.metrics());
    assert_eq!(theirs.requests(), ours.requests());
    assert_eq!(theirs.bytes_in, ours.bytes_out);
    assert_eq!(theirs.bytes_out, ours.bytes_in);
}

#[tokio::test(start_paused = true)]
async fn a_node_counts_errors_by_code_and_what_it_cannot_read() {
    let cluster = start(|c| c.topic("orders", 1)).await;
    let client = client(&cluster);
    let builder = client.consumer("billing").from_beginning().assign([orders()]);
    let consumer = builder.manual_commit().build().await.unwrap();
    let too_large = OffsetAndMetadata::new(0).with_metadata("x".repeat(5000));
    consumer.commit_offsets([(orders(), too_large)]).await.unwrap_err();
    let metrics = cluster.metrics().remove(0);
    assert_eq!(metrics.errors[&ErrorCode::OFFSET_METADATA_TOO_LARGE], 1);

    let network = cluster.network().unwrap();
    let mut stream = network.connect("node-1", 9092).await.unwrap();
    // Produce in a version that does not exist.
    stream.write_all(&[0, 0, 0, 8, 0, 0, 0x7f, 0xff, 0, 0, 0, 1]).await.unwrap();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the connection is closed");
    assert_eq!(cluster.metrics()[0].bad_requests, 1);
}

#[test]
fn requests_at_the_broker_are_spans_within_their_connection() {
    Recorder::run(|recorder| async move {
        steady_run().await;
        let broker = |name: &str| -> Vec<Span> {
            let spans = recorder.spans(name).into_iter();
            spans.filter(|span| span.entry.target.starts_with("ottla_broker")).collect()
        };
        let connections = broker("connection");
        assert!(connections.iter().all(|c| c.field("peer") == Some("127.0.0.1") && c.parent.is_none()));
        assert!(connections.iter().any(|c| c.field("client_id") == Some("shop")));
        let requests = broker("request");
        let request = requests.iter().find(|request| request.field("api") == Some("JoinGroup")).expect("a join");
        assert_eq!((request.parent, request.field("node")), (Some("connection"), Some("1")));
        assert!(request.field("version").is_some() && request.field("correlation_id").is_some());
        let groups = broker("group");
        assert!(groups.iter().all(|g| g.parent == Some("request") && g.field("group") == Some("billing")));
        assert!(groups.iter().any(|g| g.field("generation") == Some("1") && g.field("member").is_some()));
    });
}
