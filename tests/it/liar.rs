//! A broker that lies: what it says is an error of a kind, or is asked for again, within the configured times; and while
//! that goes on, `explain` names it.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use ottla::{
    Client, MetadataError, TopicPartition, Wait,
    broker::Cluster,
    config::ClientConfig,
    consumer::{CommitError, ConsumeError, Consumer, GroupError, OffsetAndMetadata, OffsetError},
    producer::{DeliveryError, DeliveryErrorKind, Record, RecordMetadata, SendError},
    protocol::{
        api_key::ApiKey,
        error_code::ErrorCode,
        messages::{
            fetch::FetchRequest,
            find_coordinator::FindCoordinatorRequest,
            heartbeat::HeartbeatRequest,
            join_group::JoinGroupRequest,
            metadata::{MetadataRequest, MetadataResponsePartition},
            offset_commit::OffsetCommitRequest,
            offset_fetch::OffsetFetchRequest,
            produce::ProduceRequest,
            sync_group::SyncGroupRequest,
        },
        wire::{Records, Uuid},
    },
};
use tokio::time::Instant;

use crate::{
    meddler::{Answer, Meddler, Question, sized},
    support::{client, start},
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// Of a call, and of a delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client that hears lies, and waits for the truth no longer than `TIMEOUT`.
fn lied_to(cluster: &Cluster, script: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> Client {
    let mut config: ClientConfig = client(cluster).config().clone();
    config.request_timeout = REQUEST_TIMEOUT;
    config.default_api_timeout = TIMEOUT;
    Meddler::client(cluster, script).config(config).build().unwrap()
}

/// The script that answers one API so, and all others honestly.
fn about(
    key: ApiKey,
    answer: impl Fn(&Question) -> Answer + Send + Sync + 'static,
) -> impl Fn(&Question) -> Answer + Send + Sync + 'static {
    move |question| if question.key == key { answer(question) } else { Answer::Honest }
}

fn text(waits: &[Wait]) -> String {
    waits.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What became of a record, what the producer said that it waited for, and how often it asked.
struct Produced {
    result: Result<RecordMetadata, DeliveryError>,
    waits: String,
    requests: usize,
}

async fn produce(answer: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> Produced {
    let cluster = start(|c| c.topic("t", 1)).await;
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let client = lied_to(
        &cluster,
        about(ApiKey::PRODUCE, move |question| {
            counted.fetch_add(1, Ordering::Relaxed);
            answer(question)
        }),
    );
    let producer = client.producer().delivery_timeout(TIMEOUT).build().unwrap();
    let begun = Instant::now();
    let delivery = producer.send(Record::to("t").value("v")).await.unwrap();
    tokio::time::sleep(TIMEOUT / 2).await;
    let waits = text(&producer.explain());
    let result = delivery.await;
    assert!(begun.elapsed() < TIMEOUT + REQUEST_TIMEOUT, "{:?}", begun.elapsed());
    Produced { result, waits, requests: requests.load(Ordering::Relaxed) }
}

/// Bytes that are no answer to a produce request, in whichever way.
const NO_ANSWERS: [(&str, &[u8], &str); 4] = [
    ("a negative length", b"\xff\xff\xff\xff", "a response of -1 bytes was announced"),
    ("the largest length", b"\x7f\xff\xff\xff", "a response of 2147483647 bytes was announced"),
    ("a wrong correlation id", b"\0\0\0\x08\x12\x34\x56\x78\0\0\0\0", "response Some(305419896) came instead of"),
    ("half a frame, then silence", b"\0\0\0\x40\0\0\0", "did not answer within 2s"),
];

#[tokio::test(start_paused = true)]
async fn frames_that_are_no_answer_cost_the_connection_and_are_asked_about_again_until_the_delivery_times_out() {
    for (what, bytes, reason) in NO_ANSWERS {
        let Produced { result, waits, requests } = produce(|_| Answer::Last(bytes.to_vec())).await;
        let error = result.unwrap_err();
        assert!(matches!(error.kind(), DeliveryErrorKind::Timeout { .. }), "{what}: {error}");
        assert!(error.possibly_written(), "{what}: {error}");
        assert!(error.to_string().contains(reason), "{what}: {error}");
        assert!(waits.contains(reason), "{what}: {waits}");
        assert!((2..40).contains(&requests), "{what}: {requests} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_never_is_one_is_asked_now_and_then_until_the_delivery_times_out() {
    let refused = |question: &Question| {
        question.change::<ProduceRequest>(|response| {
            let partition = &mut response.responses[0].partition_responses[0];
            (partition.error_code, partition.base_offset) = (ErrorCode::NOT_LEADER_OR_FOLLOWER, -1);
        })
    };
    let Produced { result, waits, requests } = produce(refused).await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains("last error: NOT_LEADER_OR_FOLLOWER"), "{error}");
    assert!(waits.contains("NOT_LEADER_OR_FOLLOWER"), "{waits}");
    assert!((5..40).contains(&requests), "{requests} requests");
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_topic_says_nothing_about_the_batch() {
    let elsewhere = |question: &Question| {
        question.change::<ProduceRequest>(|response| {
            response.responses[0].topic_id = Uuid([9; 16]);
            response.responses[0].partition_responses[0].index = 7;
        })
    };
    let Produced { result, waits, requests } = produce(elsewhere).await;
    let error = result.unwrap_err();
    assert!(error.possibly_written() && error.to_string().contains("does not mention the partition"), "{error}");
    assert!(waits.contains("does not mention the partition"), "{waits}");
    assert!((5..40).contains(&requests), "{requests} requests");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_fails_the_batch_at_once() {
    let garbled = |question: &Question| {
        Answer::Changed({
            let _ = question;
            Box::new(|frame| {
                // An array of 2^31 - 2 topics behind the correlation id and no tagged fields.
                let mut bytes = frame[..5].to_vec();
                bytes.extend_from_slice(b"\xff\xff\xff\xff\x07");
                sized(&bytes)
            })
        })
    };
    let Produced { result, requests, .. } = produce(garbled).await;
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), DeliveryErrorKind::Request(_)) && error.possibly_written(), "{error}");
    assert_eq!(requests, 1);
}

#[tokio::test(start_paused = true)]
async fn a_producer_that_is_throttled_for_weeks_goes_on_after_a_request_timeout_and_says_so() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let throttled = about(ApiKey::PRODUCE, |question| {
        question.change::<ProduceRequest>(|response| response.throttle_time_ms = i32::MAX)
    });
    let producer = lied_to(&cluster, throttled).producer().delivery_timeout(TIMEOUT).build().unwrap();
    producer.send(Record::to("t").value("v")).await.unwrap().await.unwrap();
    let begun = Instant::now();
    let delivery = producer.send(Record::to("t").value("v")).await.unwrap();
    tokio::time::sleep(REQUEST_TIMEOUT / 2).await;
    let waits = text(&producer.explain());
    assert!(waits.contains("throttles this client"), "{waits}");
    delivery.await.unwrap();
    assert!(begun.elapsed() <= REQUEST_TIMEOUT + Duration::from_millis(100), "{:?}", begun.elapsed());
}

/// A consumer of a topic with ten records that is lied to, after it has asked for records for a while. How often its
/// questions about `key` were answered with the lie.
struct Consumed {
    consumer: Consumer,
    records: Vec<i64>,
    error: Option<ConsumeError>,
    requests: usize,
    /// How long the first records took, if there are any.
    first_after: Option<Duration>,
    _cluster: Cluster,
}

impl Consumed {
    fn waits(&self) -> String {
        text(&self.consumer.explain())
    }
}

/// For how long [`consume`] asks for records.
const PATIENCE: Duration = Duration::from_secs(20);

async fn consume(key: ApiKey, answer: impl Fn(&Question) -> Answer + Send + Sync + 'static) -> Consumed {
    let cluster = start(|c| c.topic("t", 1)).await;
    let producer = client(&cluster).producer().build().unwrap();
    for _ in 0..10 {
        drop(producer.send(Record::to("t").value("v")).await.unwrap());
    }
    producer.flush().await;
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let client = lied_to(
        &cluster,
        about(key, move |question| {
            counted.fetch_add(1, Ordering::Relaxed);
            answer(question)
        }),
    );
    let builder = client.consumer("g").from_beginning().subscribe(["t"]);
    let mut consumer = builder.build().await.unwrap();
    let begun = Instant::now();
    let until = begun + PATIENCE;
    let (mut records, mut error, mut first_after) = (Vec::new(), None, None);
    while Instant::now() < until && error.is_none() {
        match consumer.poll(until - Instant::now()).await {
            Ok(more) => records.extend(more.iter().map(|record| record.offset())),
            Err(reason) => error = Some(reason),
        }
        if !records.is_empty() {
            first_after.get_or_insert_with(|| begun.elapsed());
        }
    }
    Consumed { consumer, records, error, requests: requests.load(Ordering::Relaxed), first_after, _cluster: cluster }
}

#[tokio::test(start_paused = true)]
async fn fetches_that_get_no_answer_are_tried_again_and_explained() {
    for (what, bytes, reason) in NO_ANSWERS {
        let consumed = consume(ApiKey::FETCH, |_| Answer::Last(bytes.to_vec())).await;
        assert!(consumed.error.is_none() && consumed.records.is_empty(), "{what}: {:?}", consumed.error);
        assert!(consumed.waits().contains(reason), "{what}: {}", consumed.waits());
        assert!((3..60).contains(&consumed.requests), "{what}: {} requests", consumed.requests);
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_frame_costs_one_request_timeout() {
    let first = AtomicUsize::new(0);
    let consumed = consume(ApiKey::FETCH, move |_| match first.fetch_add(1, Ordering::Relaxed) {
        0 => Answer::Last(b"\0\0\0\x40\0\0\0".to_vec()),
        _ => Answer::Honest,
    });
    let (consumed, honest) = (consumed.await, consume(ApiKey::FETCH, |_| Answer::Honest).await);
    assert_eq!(consumed.records, (0..10).collect::<Vec<_>>());
    let cost = consumed.first_after.unwrap() - honest.first_after.unwrap();
    assert!((REQUEST_TIMEOUT..2 * REQUEST_TIMEOUT).contains(&cost), "{cost:?}");
}

/// Changes what a fetch returns of the partition, once it returns records.
fn fetched(
    change: impl Fn(&mut ottla::protocol::messages::fetch::FetchResponse) + Clone + Send + Sync + 'static,
) -> impl Fn(&Question) -> Answer + Send + Sync + 'static {
    move |question| {
        let change = change.clone();
        question.change::<FetchRequest>(move |response| change(response))
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_returns_another_topic_is_not_repeated_without_end() {
    let consumed = consume(
        ApiKey::FETCH,
        fetched(|response| response.responses.iter_mut().for_each(|topic| topic.topic_id = Uuid([9; 16]))),
    )
    .await;
    assert!(consumed.records.is_empty() && consumed.error.is_none());
    assert!(consumed.waits().contains("it answers what was not asked for"), "{}", consumed.waits());
    assert!((5..60).contains(&consumed.requests), "{} requests", consumed.requests);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_goes_back_hands_out_no_record_twice_and_is_not_repeated_without_end() {
    // What the first fetch returned is returned to every one.
    let old: Arc<Mutex<Option<Bytes>>> = Arc::default();
    let consumed = consume(ApiKey::FETCH, move |question| {
        let old = old.clone();
        question.change::<FetchRequest>(move |response| {
            let mut old = old.lock().unwrap();
            for partition in response.responses.iter_mut().flat_map(|topic| &mut topic.partitions) {
                match (&*old, &partition.records) {
                    (None, Some(records)) => *old = Some(records.0.clone()).filter(|records| !records.is_empty()),
                    (Some(first), _) => partition.records = Some(Records(first.clone())),
                    (None, None) => {}
                }
            }
        })
    })
    .await;
    assert_eq!(consumed.records, (0..10).collect::<Vec<_>>());
    assert!(consumed.error.is_none(), "{:?}", consumed.error);
    assert!(consumed.requests < 120, "{} requests", consumed.requests);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_never_is_one_is_fetched_from_now_and_then_and_explained() {
    let consumed = consume(
        ApiKey::FETCH,
        fetched(|response| {
            for partition in response.responses.iter_mut().flat_map(|topic| &mut topic.partitions) {
                partition.error_code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
                partition.records = None;
            }
        }),
    )
    .await;
    assert!(consumed.records.is_empty() && consumed.error.is_none());
    assert!(consumed.waits().contains("NOT_LEADER_OR_FOLLOWER"), "{}", consumed.waits());
    assert!((5..120).contains(&consumed.requests), "{} requests", consumed.requests);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_never_known_is_begun_anew_now_and_then() {
    let epochs = Arc::new(Mutex::new(Vec::new()));
    let log = epochs.clone();
    let consumed = consume(ApiKey::FETCH, move |question| {
        log.lock().unwrap().push(question.request::<FetchRequest>().session_epoch);
        question.change::<FetchRequest>(|response| {
            response.error_code = ErrorCode::FETCH_SESSION_ID_NOT_FOUND;
            response.responses.clear();
        })
    })
    .await;
    let epochs = epochs.lock().unwrap();
    assert!(epochs.iter().all(|epoch| *epoch == 0), "each asks for a session: {epochs:?}");
    assert!(consumed.waits().contains("it answers FETCH_SESSION_ID_NOT_FOUND"), "{}", consumed.waits());
    assert!((5..60).contains(&consumed.requests), "{} requests", consumed.requests);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_throttled_for_weeks_goes_on_after_a_request_timeout_and_says_so() {
    let mut consumed = consume(ApiKey::FETCH, fetched(|response| response.throttle_time_ms = i32::MAX)).await;
    assert_eq!(consumed.records, (0..10).collect::<Vec<_>>());
    // Between a long poll and the next.
    assert!(consumed.consumer.poll(Duration::from_millis(600)).await.unwrap().is_empty());
    assert!(consumed.waits().contains("it throttles this client"), "{}", consumed.waits());
    assert!((5..15).contains(&consumed.requests), "{} requests", consumed.requests);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_none_is_an_error_of_its_own() {
    let consumed = consume(
        ApiKey::FETCH,
        fetched(|response| {
            for partition in response.responses.iter_mut().flat_map(|topic| &mut topic.partitions) {
                // A length of -1 behind the base offset.
                let head = b"\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\x02";
                partition.records = Some(Records([&head[..], &[0; 100]].concat().into()));
            }
        }),
    )
    .await;
    let error = consumed.error.expect("it is told");
    assert!(matches!(error, ConsumeError::BadBatch { offset: 0, .. }) && error.is_retriable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn coordinators_that_send_a_member_from_one_to_the_other_are_asked_now_and_then_and_explained() {
    let join = |question: &Question| {
        question.change::<JoinGroupRequest>(|response| response.error_code = ErrorCode::NOT_COORDINATOR)
    };
    let consumed = consume(ApiKey::JOIN_GROUP, join).await;
    assert!(consumed.error.is_none() && consumed.waits().contains("NOT_COORDINATOR"), "{}", consumed.waits());
    assert!((5..60).contains(&consumed.requests), "{} requests", consumed.requests);

    let heartbeat = |question: &Question| {
        question.change::<HeartbeatRequest>(|response| response.error_code = ErrorCode::NOT_COORDINATOR)
    };
    let consumed = consume(ApiKey::HEARTBEAT, heartbeat).await;
    assert_eq!(consumed.records.len(), 10, "the partitions are still its own");
    assert!(consumed.waits().contains("heartbeat: NOT_COORDINATOR"), "{}", consumed.waits());
    assert!((5..60).contains(&consumed.requests), "{} requests", consumed.requests);

    let offsets = |question: &Question| {
        question.change::<OffsetFetchRequest>(|response| response.groups[0].error_code = ErrorCode::NOT_COORDINATOR)
    };
    let consumed = consume(ApiKey::OFFSET_FETCH, offsets).await;
    assert!(consumed.error.is_none() && consumed.waits().contains("NOT_COORDINATOR"), "{}", consumed.waits());
    assert!((5..120).contains(&consumed.requests), "{} requests", consumed.requests);
    let begun = Instant::now();
    let error = consumed.consumer.committed([TopicPartition::new("t", 0)]).await.unwrap_err();
    assert!(matches!(error, OffsetError::Timeout { .. }) && error.to_string().contains("NOT_COORDINATOR"), "{error}");
    assert!(begun.elapsed() <= TIMEOUT, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_every_coordinator_refuses_ends_in_time_and_says_why() {
    let commit = |question: &Question| {
        question.change::<OffsetCommitRequest>(|response| {
            let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
            partitions.for_each(|partition| partition.error_code = ErrorCode::NOT_COORDINATOR);
        })
    };
    let consumed = consume(ApiKey::OFFSET_COMMIT, commit).await;
    let begun = Instant::now();
    let offsets = [(TopicPartition::new("t", 0), OffsetAndMetadata::new(3))];
    let error = consumed.consumer.commit_offsets(offsets).await.unwrap_err();
    assert!(matches!(error, CommitError::Timeout { .. }) && error.to_string().contains("NOT_COORDINATOR"), "{error}");
    assert!(begun.elapsed() <= TIMEOUT, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_cannot_be_read_is_told_for_good() {
    let garbled = |question: &Question| {
        question.change::<SyncGroupRequest>(|response| {
            // Version 0, and 2^31 - 1 topics.
            response.assignment = Bytes::from_static(b"\0\0\x7f\xff\xff\xff");
        })
    };
    let consumed = consume(ApiKey::SYNC_GROUP, garbled).await;
    let error = consumed.error.expect("it is told");
    let is_bad = matches!(&error, ConsumeError::Group { reason: GroupError::BadMemberData { .. }, .. });
    assert!(is_bad && error.is_fatal(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn metadata_that_cannot_be_read_is_asked_for_again_until_the_call_times_out() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let client = lied_to(
        &cluster,
        about(ApiKey::METADATA, move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Answer::Changed(Box::new(|frame| {
                // No throttle, and 2^31 - 2 brokers.
                let mut bytes = frame[..9].to_vec();
                bytes.extend_from_slice(b"\xff\xff\xff\xff\x07");
                sized(&bytes)
            }))
        }),
    );
    let begun = Instant::now();
    let error = client.topic("t").await.unwrap_err();
    assert!(matches!(error, MetadataError::Timeout { .. }), "{error}");
    assert!(error.to_string().contains("bad response to Metadata"), "{error}");
    assert!(begun.elapsed() <= TIMEOUT, "{:?}", begun.elapsed());
    assert!((5..60).contains(&asked.load(Ordering::Relaxed)), "{asked:?}");

    let producer = client.producer().build().unwrap();
    let waiting = async {
        tokio::time::sleep(TIMEOUT / 2).await;
        text(&producer.explain())
    };
    let (sent, waits) = tokio::join!(producer.send(Record::to("t").value("v")), waiting);
    assert!(waits.contains("bad response to Metadata"), "{waits}");
    assert!(matches!(sent, Err(SendError::Metadata(MetadataError::Timeout { .. }))), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn partitions_whose_numbers_cannot_be_are_none_and_take_no_room() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let beyond = about(ApiKey::METADATA, |question| {
        question.change::<MetadataRequest>(|response| {
            for topic in &mut response.topics {
                let like = topic.partitions[0].clone();
                for partition_index in [i32::MAX, i32::MAX - 1, 3, -1, i32::MIN] {
                    topic.partitions.push(MetadataResponsePartition { partition_index, ..like.clone() });
                }
            }
        })
    });
    let client = lied_to(&cluster, beyond);
    assert_eq!(client.topic("t").await.unwrap().partition_count(), 2);
    let producer = client.producer().delivery_timeout(TIMEOUT).build().unwrap();
    for partition in [0, 1] {
        producer.send(Record::to("t").partition(partition).value("v")).await.unwrap().await.unwrap();
    }
    for partition in [-1, 3, i32::MAX] {
        let sent = match producer.send(Record::to("t").partition(partition).value("v")).await {
            Ok(delivery) => delivery.await.map(drop).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        assert!(sent.is_err(), "there is no partition {partition}");
    }
    let mut consumer = client.consumer("g").from_beginning().subscribe(["t"]).build().await.unwrap();
    let mut read = 0;
    while read < 2 {
        read += consumer.poll(Duration::from_secs(5)).await.unwrap().len();
    }
    assert_eq!(consumer.assignment().len(), 2, "what there is not is not assigned");
}

/// Two nodes of which each says that the other one coordinates the group.
#[tokio::test(start_paused = true)]
async fn nodes_that_each_name_the_other_as_coordinator_are_asked_now_and_then_and_explained() {
    let cluster = start(|c| c.nodes(2).topic("t", 1)).await;
    let (found, joined) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count_found, count_joined) = (found.clone(), joined.clone());
    let asked: Arc<Mutex<HashSet<String>>> = Arc::default();
    let nodes_asked = asked.clone();
    let servers: Vec<String> = cluster.bootstrap_servers().split(',').map(str::to_owned).collect();
    let script = move |question: &Question| match question.key {
        ApiKey::FIND_COORDINATOR => {
            let turn = count_found.fetch_add(1, Ordering::Relaxed) % servers.len();
            let (host, port) = servers[turn].rsplit_once(':').unwrap();
            let (host, port) = (host.to_owned(), port.parse().unwrap());
            question.change::<FindCoordinatorRequest>(move |response| {
                for coordinator in &mut response.coordinators {
                    coordinator.node_id = ottla::protocol::types::NodeId(turn as i32 + 1);
                    coordinator.host = host.as_str().into();
                    coordinator.port = port;
                    coordinator.error_code = ErrorCode::NONE;
                }
            })
        }
        ApiKey::JOIN_GROUP => {
            count_joined.fetch_add(1, Ordering::Relaxed);
            nodes_asked.lock().unwrap().insert(question.address.to_string());
            question.change::<JoinGroupRequest>(|response| response.error_code = ErrorCode::NOT_COORDINATOR)
        }
        _ => Answer::Honest,
    };
    let mut consumer = lied_to(&cluster, script).consumer("g").subscribe(["t"]).build().await.unwrap();
    assert!(consumer.poll(PATIENCE).await.unwrap().is_empty());
    let waits = text(&consumer.explain());
    assert!(waits.contains("NOT_COORDINATOR"), "{waits}");
    assert_eq!(asked.lock().unwrap().len(), 2, "it goes from one to the other");
    for count in [found, joined] {
        assert!((5..120).contains(&count.load(Ordering::Relaxed)), "{count:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_without_leaders_is_waited_for_and_explained() {
    let cluster = start(|c| c.topic("t", 1)).await;
    let leaderless = about(ApiKey::METADATA, |question| {
        question.change::<MetadataRequest>(|response| {
            for partition in response.topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
                partition.leader_id = ottla::protocol::types::NodeId(-1);
                partition.error_code = ErrorCode::LEADER_NOT_AVAILABLE;
            }
        })
    });
    let producer = lied_to(&cluster, leaderless).producer().delivery_timeout(TIMEOUT).build().unwrap();
    let begun = Instant::now();
    let delivery = producer.send(Record::to("t").value("v")).await.unwrap();
    tokio::time::sleep(TIMEOUT / 2).await;
    assert!(text(&producer.explain()).contains("the partition has no leader"), "{}", text(&producer.explain()));
    let error = delivery.await.unwrap_err();
    assert!(matches!(error.kind(), DeliveryErrorKind::Timeout { .. }) && !error.possibly_written(), "{error}");
    assert!(begun.elapsed() <= TIMEOUT + REQUEST_TIMEOUT, "{:?}", begun.elapsed());
}

/// The seed of random tests: `SEED=n` runs one again.
fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11)
}

#[tokio::test(start_paused = true)]
async fn answers_at_random_end_every_call_in_time() {
    let seed = seed();
    println!("SEED={seed}");
    let cluster = start(|c| c.topic("t", 2)).await;
    let rng = Mutex::new(fastrand::Rng::with_seed(seed));
    let honest = Arc::new(AtomicBool::new(false));
    let is_honest = honest.clone();
    let client = lied_to(&cluster, move |question| {
        let mut rng = rng.lock().unwrap();
        if is_honest.load(Ordering::Relaxed) || question.key == ApiKey::API_VERSIONS || rng.bool() {
            return Answer::Honest;
        }
        let mut body = vec![0; rng.usize(..200)];
        rng.fill(&mut body);
        let cut = rng.usize(..200);
        let is_random = rng.bool();
        Answer::Changed(Box::new(move |frame| {
            // With the right correlation id, so that it is read.
            let head = frame.get(..5).unwrap_or(&frame);
            let rest = if is_random { &body[..] } else { frame.get(5..5 + cut).unwrap_or_default() };
            sized(&[head, rest].concat())
        }))
    });
    let producer = client.producer().delivery_timeout(TIMEOUT).build().unwrap();
    for _ in 0..50 {
        let begun = Instant::now();
        if let Ok(delivery) = producer.send(Record::to("t").value("v")).await {
            let _ = delivery.await;
        }
        // Whatever it says; learning about the topic may take as long as the delivery.
        assert!(begun.elapsed() <= 7 * TIMEOUT, "{:?}", begun.elapsed());
        let builder = client.consumer("g").from_beginning().subscribe(["t"]);
        let mut consumer = builder.build().await.unwrap();
        let _ = consumer.poll(Duration::from_secs(3)).await;
        let begun = Instant::now();
        let _ = consumer.close().await;
        assert!(begun.elapsed() <= 3 * TIMEOUT, "{:?}", begun.elapsed());
    }
    // No lie has broken anything for good.
    honest.store(true, Ordering::Relaxed);
    producer.send(Record::to("t").value("v")).await.unwrap().await.unwrap();
    let mut consumer = client.consumer("h").from_beginning().subscribe(["t"]).build().await.unwrap();
    assert!(!consumer.poll(Duration::from_secs(60)).await.unwrap().is_empty());
}
