//! Consumers that share partitions as members of a group.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ottla::{
    Client, TopicPartition,
    assignor::{Assignment, Assignor, ClusterTopics, Member},
    broker::Cluster,
    config::{AssignorName, ServerAddress},
    consumer::{
        BoxFuture, CommitError, ConsumeError, ConsumerBuilder, GroupError, RebalanceContext, RebalanceListener,
    },
    net::Connector,
    producer::Record,
    protocol::{
        api_key::ApiKey,
        error_code::ErrorCode,
        messages::{
            join_group::{JoinGroupRequest, JoinGroupResponse},
            offset_commit::OffsetCommitRequest,
        },
    },
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{
    meddler::{Answer, Meddler},
    support::{CuttableNetwork, client, start},
    versions::like_kafka_2_1,
};

async fn send(client: &Client, topic: &str, count: usize) {
    let producer = client.producer().build().unwrap();
    for index in 0..count {
        drop(producer.send(Record::to(topic).key(&index.to_be_bytes()).value("v")).await.unwrap());
    }
    producer.flush().await;
}

/// What a member was told and saw.
#[derive(Default)]
struct Log {
    assigned: BTreeSet<TopicPartition>,
    /// Partitions given up or taken away, over all rebalances.
    given_up: Vec<TopicPartition>,
    lost: usize,
    rebalances: usize,
    records: Vec<(TopicPartition, i64)>,
    error: Option<ConsumeError>,
}

#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Log>>);

impl Watch {
    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.0.lock().unwrap()
    }

    fn count(&self) -> usize {
        self.log().assigned.len()
    }
}

impl RebalanceListener for Watch {
    fn on_assigned<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // A slow application, which a dropped call must not make forget where it was.
            tokio::time::sleep(Duration::from_millis(7)).await;
            let mut log = self.log();
            log.rebalances += 1;
            for partition in partitions {
                assert!(log.assigned.insert(partition.clone()), "{partition} was assigned twice");
            }
        })
    }

    fn on_revoked<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(7)).await;
            let mut log = self.log();
            for partition in partitions {
                assert!(log.assigned.remove(partition), "{partition} was not assigned");
                log.given_up.push(partition.clone());
            }
        })
    }

    fn on_lost<'a>(&'a self, _: &'a RebalanceContext, partitions: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut log = self.log();
            log.lost += partitions.len();
            log.assigned.retain(|partition| !partitions.contains(partition));
        })
    }
}

/// A member that reads until it is told to stop.
struct Running {
    watch: Watch,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(builder: ConsumerBuilder) -> Self {
        let watch = Watch::default();
        let mut consumer = builder.from_beginning().rebalance_listener(watch.clone()).build().await.unwrap();
        let (stop, mut stopped) = oneshot::channel();
        let log = watch.clone();
        let task = tokio::spawn(async move {
            loop {
                // Short waits, so that many calls are dropped in the middle of rebalances.
                match consumer.poll(Duration::from_millis(5)).await {
                    Ok(records) => {
                        let seen = records.iter().map(|record| (record.topic_partition().clone(), record.offset()));
                        log.log().records.extend(seen);
                    }
                    Err(error) => {
                        log.log().error = Some(error);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
                if stopped.try_recv() == Ok(()) {
                    return consumer.close().await.unwrap();
                }
            }
        });
        Self { watch, stop, task }
    }

    async fn close(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }

    fn count(&self) -> usize {
        self.watch.count()
    }
}

/// Waits until something is so; how long that took.
async fn until(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let begin = tokio::time::Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(120), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    begin.elapsed()
}

/// All partitions of a topic are read by exactly one of these members each.
fn share(members: &[&Running], partitions: usize) -> bool {
    let all: BTreeSet<_> = members.iter().flat_map(|member| member.watch.log().assigned.clone()).collect();
    all.len() == partitions && members.iter().map(|member| member.count()).sum::<usize>() == partitions
}

fn seen(members: &[&Watch]) -> Vec<(TopicPartition, i64)> {
    let mut seen: Vec<_> = members.iter().flat_map(|member| member.log().records.clone()).collect();
    seen.sort();
    seen
}

async fn cluster() -> Cluster {
    start(|c| c.topic("t", 6).config("group.initial.rebalance.delay.ms", "500")).await
}

#[tokio::test(start_paused = true)]
async fn members_come_and_go_and_every_record_is_read_once() {
    let cluster = cluster().await;
    let client = client(&cluster);
    send(&client, "t", 1000).await;
    // All of one client: a join that waits for a neighbour must not hold the neighbour back.
    let a = Running::start(client.consumer("g").subscribe(["t"])).await;
    until("one member has all", || share(&[&a], 6)).await;
    let b = Running::start(client.consumer("g").subscribe(["t"])).await;
    until("two share", || share(&[&a, &b], 6) && a.count() == 3).await;
    send(&client, "t", 1000).await;
    let c = Running::start(client.consumer("g").subscribe(["t"])).await;
    until("three share", || share(&[&a, &b, &c], 6) && c.count() == 2 && a.count() == 2).await;
    send(&client, "t", 1000).await;
    let watches = [a.watch.clone(), b.watch.clone(), c.watch.clone()];
    a.close().await;
    let took = until("the others take over", || share(&[&b, &c], 6)).await;
    assert!(took < Duration::from_secs(10), "leaving took {took:?}: was the session waited for?");
    send(&client, "t", 1000).await;
    until("all is read", || seen(&watches.each_ref()).len() >= 4000).await;
    let all = seen(&watches.each_ref());
    let distinct: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!((all.len(), distinct.len()), (4000, 4000));
    assert!(watches.iter().all(|watch| watch.log().lost == 0 && watch.log().error.is_none()));
}

#[tokio::test(start_paused = true)]
async fn a_member_that_crashes_is_replaced_when_its_session_ends_and_no_record_is_lost() {
    let cluster = cluster().await;
    let network = CuttableNetwork::of(&cluster);
    let up = Arc::new(AtomicBool::new(true));
    let connect = Arc::new(network.connector());
    let is_up = up.clone();
    let connector = move |address: ServerAddress| {
        let (connect, is_up) = (connect.clone(), is_up.load(Ordering::Relaxed));
        async move { if is_up { connect.connect(&address).await } else { Err(io::ErrorKind::ConnectionRefused.into()) } }
    };
    let crashing = ottla::embedded::client(&cluster).unwrap().connector(connector).build().unwrap();
    let client = client(&cluster);
    send(&client, "t", 500).await;
    let builder = |client: &Client| {
        client.consumer("g").configure(|config| config.session_timeout = Duration::from_secs(10)).subscribe(["t"])
    };
    let a = Running::start(builder(&client)).await;
    let b = Running::start(builder(&crashing)).await;
    until("two share", || share(&[&a, &b], 6) && b.count() == 3).await;
    up.store(false, Ordering::Relaxed);
    network.cut();
    b.task.abort();
    let took = until("the other takes over", || a.count() == 6).await;
    assert!(took > Duration::from_secs(5), "{took:?}: it did leave");
    send(&client, "t", 500).await;
    let all = || seen(&[&a.watch, &b.watch]).into_iter().collect::<BTreeSet<_>>();
    until("all is read", || all().len() == 1000).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_consumer_leaves() {
    let cluster = cluster().await;
    let client = client(&cluster);
    let a = Running::start(client.consumer("g").subscribe(["t"])).await;
    let b = Running::start(client.consumer("g").subscribe(["t"])).await;
    until("two share", || share(&[&a, &b], 6) && b.count() == 3).await;
    b.task.abort();
    let took = until("the other takes over", || a.count() == 6).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_static_member_restarts_without_a_rebalance() {
    let cluster = cluster().await;
    let client = client(&cluster);
    let builder = |id: &str| client.consumer("g").group_instance_id(id).subscribe(["t"]);
    let a = Running::start(builder("a")).await;
    let b = Running::start(builder("b")).await;
    until("two share", || share(&[&a, &b], 6) && b.count() == 3).await;
    let state = |watch: &Watch| {
        let log = watch.log();
        (log.rebalances, log.assigned.clone())
    };
    let before = state(&a.watch);
    let of_b = b.watch.log().assigned.clone();
    let gone = b.watch.clone();
    b.close().await;
    assert_eq!(gone.count(), 0, "closing gives partitions up");
    let b = Running::start(builder("b")).await;
    until("it is back", || b.watch.log().assigned == of_b).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(state(&a.watch), before);
}

#[tokio::test(start_paused = true)]
async fn the_older_of_two_members_with_one_instance_id_is_fenced() {
    let cluster = cluster().await;
    let client = client(&cluster);
    let builder = || client.consumer("g").group_instance_id("a").subscribe(["t"]);
    let first = Running::start(builder()).await;
    until("it has all", || first.count() == 6).await;
    let second = Running::start(builder()).await;
    until("the second has all", || second.count() == 6).await;
    let fenced = |error: &ConsumeError| {
        matches!(error, ConsumeError::Group { reason: GroupError::Fenced, .. }) && error.is_fatal()
    };
    until("the first is fenced", || first.watch.log().error.as_ref().is_some_and(fenced)).await;
    assert_eq!(first.watch.log().lost, 6);
}

#[tokio::test(start_paused = true)]
async fn cooperative_members_give_up_only_what_moves() {
    let cluster = cluster().await;
    let client = client(&cluster);
    let builder = || client.consumer("g").assignors([AssignorName::CooperativeSticky]).subscribe(["t"]);
    let a = Running::start(builder()).await;
    until("one member has all", || share(&[&a], 6)).await;
    let b = Running::start(builder()).await;
    until("two share", || share(&[&a, &b], 6) && b.count() == 3).await;
    assert_eq!(a.watch.log().given_up.len(), 3);
    let c = Running::start(builder()).await;
    until("three share", || share(&[&a, &b, &c], 6) && c.count() == 2).await;
    assert_eq!(a.watch.log().given_up.len() + b.watch.log().given_up.len(), 5);
    c.close().await;
    until("two share again", || share(&[&a, &b], 6)).await;
    assert_eq!(a.watch.log().given_up.len() + b.watch.log().given_up.len(), 5, "nothing moved but what was free");
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_no_records_for_too_long_leaves_and_is_told() {
    let cluster = cluster().await;
    let client = client(&cluster);
    send(&client, "t", 10).await;
    let builder = || {
        let interval = Duration::from_secs(20);
        client.consumer("g").from_beginning().configure(|config| config.max_poll_interval = interval).subscribe(["t"])
    };
    let watch = Watch::default();
    let mut slow = builder().rebalance_listener(watch.clone()).build().await.unwrap();
    slow.recv().await.unwrap();
    let quick = Running::start(builder()).await;
    until("the group goes on without it", || quick.count() == 6).await;
    assert!(
        slow.explain().iter().any(|wait| wait.reason.contains("no records were asked for")),
        "{:?}",
        slow.explain()
    );
    let error = slow.recv().await.unwrap_err();
    assert!(matches!(error, ConsumeError::PollIntervalExceeded { .. }) && error.is_retriable(), "{error}");
    let lost = watch.log().lost;
    assert_eq!(lost + watch.log().given_up.len(), 6);
    let mut again = tokio::spawn(async move { slow.recv().await });
    until("it is back", || watch.count() == 3).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut again).await.is_err(), "there is nothing to read");
}

#[tokio::test(start_paused = true)]
async fn a_pattern_takes_in_topics_that_are_created_later() {
    let cluster = start(|c| c.topic("orders-a", 2).topic("other", 1)).await;
    let mut config = client(&cluster).config().clone();
    config.metadata_max_age = Duration::from_secs(5);
    let quick = ottla::embedded::client(&cluster).unwrap().config(config).build().unwrap();
    let a = Running::start(quick.consumer("g").subscribe_pattern("orders-.*")).await;
    until("what is there", || a.count() == 2).await;
    send(&client(&cluster), "orders-b", 1).await;
    until("what came later", || a.watch.log().assigned.contains(&TopicPartition::new("orders-b", 0))).await;
    assert!(!a.watch.log().assigned.contains(&TopicPartition::new("other", 0)));
    until("its records are read", || a.watch.log().records.len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_not_there_yet_is_waited_for_and_explained() {
    let cluster = start(|c| c.config("auto.create.topics.enable", "false")).await;
    let client = client(&cluster);
    let mut consumer = client.consumer("g").subscribe(["late"]).build().await.unwrap();
    assert!(consumer.poll(Duration::from_secs(20)).await.unwrap().is_empty());
    let waits: Vec<_> = consumer.explain().iter().map(ToString::to_string).collect();
    assert!(waits.iter().any(|wait| wait.contains("topic late: UNKNOWN_TOPIC_OR_PARTITION")), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn an_application_commits_in_its_listener() {
    struct Commit;
    impl RebalanceListener for Commit {
        fn on_revoked<'a>(&'a self, context: &'a RebalanceContext, _: &'a [TopicPartition]) -> BoxFuture<'a, ()> {
            Box::pin(async move { context.commit().await.unwrap() })
        }
    }
    let cluster = cluster().await;
    let client = client(&cluster);
    send(&client, "t", 600).await;
    let builder = || client.consumer("g").from_beginning().manual_commit().subscribe(["t"]);
    let mut consumer = builder().max_poll_records(600).rebalance_listener(Commit).build().await.unwrap();
    let mut seen = 0;
    while seen < 600 {
        seen += consumer.recv().await.unwrap().len();
    }
    consumer.unsubscribe().await;
    assert!(consumer.assignment().is_empty());
    let mut next = builder().build().await.unwrap();
    assert!(next.poll(Duration::from_secs(10)).await.unwrap().is_empty());
    assert_eq!(next.assignment().len(), 6);
    let member = next.group_metadata().unwrap();
    assert!(&*member.group_id == "g" && member.generation_id > 0 && !member.member_id.is_empty(), "{member:?}");
    assert!(consumer.group_metadata().is_none());
}

/// The seed of random tests: `SEED=n` runs one again.
fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(3)
}

/// Members come, leave, crash, and lose their connections, while records are sent.
async fn churn(assignor: AssignorName) {
    let seed = seed();
    println!("SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let cluster = cluster().await;
    let network = CuttableNetwork::of(&cluster);
    let breaking = ottla::embedded::client(&cluster).unwrap().connector(network.connector()).build().unwrap();
    let client = client(&cluster);
    let builder = || breaking.consumer("g").assignors([assignor]).subscribe(["t"]);
    let mut members = vec![Running::start(builder()).await];
    let mut watches = vec![members[0].watch.clone()];
    let mut sent = 0;
    for _ in 0..60 {
        match rng.u32(0..10) {
            0..2 if members.len() < 4 => {
                members.push(Running::start(builder()).await);
                watches.push(members.last().unwrap().watch.clone());
            }
            2 if members.len() > 1 => members.swap_remove(rng.usize(..members.len())).close().await,
            3 if members.len() > 1 => members.swap_remove(rng.usize(..members.len())).task.abort(),
            4..7 => network.cut(),
            _ => {
                send(&client, "t", 20).await;
                sent += 20;
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(1..1500))).await;
    }
    let members: Vec<_> = members.iter().collect();
    until("all partitions are read", || share(&members, 6)).await;
    let watches: Vec<_> = watches.iter().collect();
    until("all is read", || seen(&watches).into_iter().collect::<BTreeSet<_>>().len() == sent).await;
    assert!(members.iter().all(|member| member.watch.log().error.is_none()));
}

#[tokio::test(start_paused = true)]
async fn no_record_is_lost_by_churn_under_the_eager_protocol() {
    churn(AssignorName::Range).await;
}

#[tokio::test(start_paused = true)]
async fn no_record_is_lost_by_churn_under_the_cooperative_protocol() {
    churn(AssignorName::CooperativeSticky).await;
}

#[tokio::test(start_paused = true)]
async fn members_of_a_group_share_on_a_broker_of_kafka_2_1() {
    let cluster = start(|c| like_kafka_2_1(c.topic("t", 6))).await;
    let client = client(&cluster);
    send(&client, "t", 100).await;
    let a = Running::start(client.consumer("g").subscribe(["t"])).await;
    let b = Running::start(client.consumer("g").subscribe(["t"])).await;
    until("two share", || share(&[&a, &b], 6) && b.count() == 3).await;
    until("all is read", || seen(&[&a.watch, &b.watch]).len() == 100).await;
    let watch = b.watch.clone();
    a.close().await;
    until("the other takes over", || b.count() == 6).await;
    send(&client, "t", 100).await;
    until("all is read by it", || watch.log().records.len() >= 100).await;
    b.close().await;
    let committed = client.consumer("g").build().await.unwrap();
    let partitions = (0..6).map(|partition| TopicPartition::new("t", partition));
    let offsets = committed.committed(partitions).await.unwrap();
    assert_eq!(offsets.values().map(|offset| offset.offset).sum::<i64>(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_static_member_on_a_broker_that_is_too_old_says_so() {
    let cluster = start(|c| like_kafka_2_1(c.topic("t", 1))).await;
    let mut consumer = client(&cluster).consumer("g").group_instance_id("i").subscribe(["t"]).build().await.unwrap();
    let error = consumer.recv().await.unwrap_err();
    assert!(error.is_fatal() && error.to_string().contains("group_instance_id"), "{error}");
}

/// All partitions to the first member.
#[derive(Debug)]
struct Greedy;

impl Assignor for Greedy {
    fn name(&self) -> &str {
        "greedy"
    }

    fn assign(&self, topics: &ClusterTopics, members: &[Member]) -> Vec<Assignment> {
        let mut first = members.iter().map(|member| &member.member_id).min().cloned();
        members
            .iter()
            .map(|member| {
                let takes = first.take_if(|first| *first == member.member_id).is_some();
                let count = if takes { topics.partition_count("t") as i32 } else { 0 };
                Assignment::new((0..count).map(|partition| TopicPartition::new("t", partition)).collect())
            })
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_brings_an_assignor_of_its_own() {
    let cluster = cluster().await;
    let client = client(&cluster);
    let builder = || client.consumer("g").assign_with([Arc::new(Greedy) as Arc<dyn Assignor>]).subscribe(["t"]);
    let a = Running::start(builder()).await;
    let b = Running::start(builder()).await;
    until("both are members", || a.watch.log().rebalances >= 1 && b.watch.log().rebalances >= 1).await;
    until("one has all", || a.count().max(b.count()) == 6 && a.count().min(b.count()) == 0).await;
    let error = client
        .consumer("g")
        .from_beginning()
        .subscribe(["t"])
        .build()
        .await
        .unwrap()
        .poll(Duration::from_secs(20))
        .await
        .unwrap_err();
    assert!(matches!(error, ConsumeError::Group { reason: GroupError::NoCommonAssignor, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_left_for_want_of_calls_can_commit_nothing() {
    let cluster = cluster().await;
    let client = client(&cluster);
    send(&client, "t", 10).await;
    let interval = |config: &mut ottla::config::ConsumerConfig| config.max_poll_interval = Duration::from_secs(6);
    let builder = client.consumer("g").from_beginning().manual_commit().configure(interval).subscribe(["t"]);
    let mut consumer = builder.build().await.unwrap();
    consumer.recv().await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    // The group is empty now, and would take a commit of somebody who is no member.
    let error = consumer.commit().await.unwrap_err();
    assert!(matches!(error, CommitError::Rebalanced) && !error.is_retriable(), "{error}");
    let error = consumer.recv().await.unwrap_err();
    assert!(matches!(error, ConsumeError::PollIntervalExceeded { .. }), "{error}");
    assert_eq!(consumer.recv().await.unwrap().iter().next().unwrap().offset(), 0, "it is read again");
    consumer.commit().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_groups_topic_has_its_own_settings_even_if_somebody_asks_for_it_first() {
    let cluster = start(|c| c.config("offsets.topic.num.partitions", "7")).await;
    let client = client(&cluster);
    let topic = client.topic("__consumer_offsets").await.unwrap();
    assert_eq!(topic.partition_count(), 7);
    let resource = ottla::admin::ConfigResource::topic("__consumer_offsets");
    let configs = client.admin().describe_configs([resource]).await.all().unwrap();
    let policy = configs[0].1.iter().find(|entry| entry.name == "cleanup.policy").unwrap();
    assert_eq!(policy.value.as_deref(), Some("compact"));
}

#[tokio::test(start_paused = true)]
async fn a_pattern_keeps_nobody_on_the_same_client_from_creating_topics() {
    let cluster = start(|c| c.topic("orders-a", 2)).await;
    let client = client(&cluster);
    let a = Running::start(client.consumer("g").subscribe_pattern("orders-.*")).await;
    until("what is there", || a.count() == 2).await;
    let producer = client.producer().build().unwrap();
    let delivery = producer.send(Record::to("orders-b").partition(0).value("v")).await.unwrap();
    assert_eq!(delivery.await.unwrap().offset, 0);
    until("the new one is read", || a.watch.log().records.len() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_pattern_lets_go_of_a_topic_that_is_deleted_and_does_not_create_it_anew() {
    let cluster = start(|c| c.topic("orders-a", 2).topic("orders-b", 2)).await;
    let mut config = client(&cluster).config().clone();
    config.metadata_max_age = Duration::from_secs(5);
    let quick = ottla::embedded::client(&cluster).unwrap().config(config).build().unwrap();
    let a = Running::start(quick.consumer("g").subscribe_pattern("orders-.*")).await;
    until("what is there", || a.count() == 4).await;
    client(&cluster).admin().delete_topics(["orders-b"]).await.all().unwrap();
    until("it is let go", || a.count() == 2).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let topics = client(&cluster).admin().list_topics().await.unwrap();
    assert!(!format!("{topics:?}").contains("orders-b"), "{topics:?}");
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_waited_while_the_group_went_on_sets_no_other_members_offsets_back() {
    let cluster = start(|c| c.topic("t", 2)).await;
    let (release, held) = watch::channel(false);
    let meddled = Meddler::client(&cluster, move |question| match question.key {
        ApiKey::OFFSET_COMMIT => {
            let mut held = held.clone();
            Answer::after(async move { drop(held.wait_for(|released| *released).await) })
        }
        _ => Answer::Honest,
    });
    let client = client(&cluster);
    send(&client, "t", 100).await;
    let builder = |client: &Client| client.consumer("g").from_beginning().manual_commit().subscribe(["t"]);
    let mut a = builder(&meddled.build().unwrap()).build().await.unwrap();
    let mut seen = 0;
    while seen < 100 {
        seen += a.recv().await.unwrap().len();
    }
    // The first is held up at the coordinator, the second in line behind it.
    let (first, second) = (a.commit_async(), a.commit_async());
    tokio::time::sleep(Duration::from_millis(10)).await;
    let b = Running::start(client.consumer("g").manual_commit().subscribe(["t"])).await;
    while b.count() == 0 || a.assignment().len() != 1 {
        a.poll(Duration::from_millis(50)).await.unwrap();
    }
    release.send_replace(true);
    for commit in [first, second] {
        let result = commit.await;
        assert!(matches!(result, Err(CommitError::Rebalanced)), "{result:?}");
    }
    let all = (0..2).map(|partition| TopicPartition::new("t", partition));
    let committed = client.consumer("g").build().await.unwrap().committed(all).await.unwrap();
    assert!(committed.is_empty(), "{committed:?}");
    a.commit().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_commit_holds_back_a_rebalance_no_longer_than_that_waits_and_is_explained() {
    let cluster = cluster().await;
    let meddled = Meddler::client(&cluster, |question| match question.key {
        ApiKey::OFFSET_COMMIT => question.change::<OffsetCommitRequest>(|response| {
            let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
            partitions.for_each(|partition| partition.error_code = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
        }),
        _ => Answer::Honest,
    });
    let client = client(&cluster);
    send(&client, "t", 100).await;
    let interval = |config: &mut ottla::config::ConsumerConfig| config.max_poll_interval = Duration::from_secs(10);
    let builder = meddled.build().unwrap().consumer("g").from_beginning().configure(interval).subscribe(["t"]);
    let mut a = builder.build().await.unwrap();
    let mut seen = 0;
    while seen < 100 {
        seen += a.recv().await.unwrap().len();
    }
    let _b = Running::start(client.consumer("g").subscribe(["t"])).await;
    let mut explained = None;
    let mut told = String::new();
    while a.assignment().len() == 6 {
        a.poll(Duration::from_millis(200)).await.unwrap();
        let waits = a.explain().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        if waits.contains("partitions are being given up") {
            explained.get_or_insert_with(tokio::time::Instant::now);
            told = waits;
        }
    }
    let took = explained.expect("it is explained").elapsed();
    assert!(took < Duration::from_secs(11), "{took:?}");
    assert!(told.contains("offsets are being committed, last error: COORDINATOR_LOAD_IN_PROGRESS"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_join_that_is_told_to_wait_for_another_is_sent_again() {
    let cluster = cluster().await;
    let told = Arc::new(AtomicBool::new(false));
    let meddled = Meddler::client(&cluster, move |question| match question.key {
        ApiKey::JOIN_GROUP if !told.swap(true, Ordering::Relaxed) => {
            let error_code = ErrorCode::REBALANCE_IN_PROGRESS;
            question.reply::<JoinGroupRequest>(&JoinGroupResponse { error_code, ..Default::default() })
        }
        _ => Answer::Honest,
    });
    let a = Running::start(meddled.build().unwrap().consumer("g").subscribe(["t"])).await;
    until("it is a member all the same", || a.count() == 6).await;
    assert!(a.watch.log().error.is_none());
}
