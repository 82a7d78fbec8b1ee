//! Requests that are in order, and very many or very large.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use ottla::protocol::{
    error_code::ErrorCode,
    messages::{
        api_versions::ApiVersionsRequest,
        fetch::{FetchPartition, FetchRequest, FetchTopic},
        find_coordinator::FindCoordinatorRequest,
        join_group::{JoinGroupRequest, JoinGroupRequestProtocol},
        metadata::{MetadataRequest, MetadataRequestTopic},
    },
};

use crate::{
    client::{is_served, runtime},
    process::{memory_mb, peak_memory_mb},
    support::Broker,
    wire::{Connection, frame},
};

/// How long somebody honest waits for each of his requests.
const SERVED_WITHIN: Duration = Duration::from_secs(20);

fn fetch(partitions: i32, session_epoch: i32) -> FetchRequest {
    let partition =
        |partition| FetchPartition { partition, fetch_offset: -5, partition_max_bytes: i32::MAX, ..Default::default() };
    let topic = FetchTopic {
        topic: "orders".into(),
        partitions: (0..partitions).map(partition).collect(),
        ..Default::default()
    };
    FetchRequest {
        replica_id: ottla::protocol::types::NodeId(-1),
        max_wait_ms: i32::MAX,
        min_bytes: i32::MAX,
        max_bytes: 1,
        session_epoch,
        topics: vec![topic],
        ..Default::default()
    }
}

/// What a broker may take.
struct Memory {
    /// While it is harmed.
    peak_mb: u64,
    /// More than before, when it is over.
    kept_mb: u64,
}

/// Does something to a broker while somebody honest is served by it.
fn beside_an_honest_client(what: &str, most: Memory, harm: impl Fn(&str) + Sync) {
    let broker = Broker::with_topic("orders", 1);
    let server = broker.servers[0].as_str();
    let before = memory_mb(broker.pid());
    let began = Instant::now();
    std::thread::scope(|scope| {
        let harmed = scope.spawn(|| harm(server));
        let runtime = runtime();
        while !harmed.is_finished() {
            runtime.block_on(is_served(server, "orders", SERVED_WITHIN));
        }
    });
    runtime().block_on(is_served(server, "orders", SERVED_WITHIN));
    let (memory, peak) = (memory_mb(broker.pid()), peak_memory_mb(broker.pid()));
    println!("{what} in {:.1?}: {memory} MB, {peak} at most, {before} before", began.elapsed());
    assert!(peak < most.peak_mb, "{what}: {peak} MB");
    assert!(memory < before + most.kept_mb, "{what}: {memory} MB afterwards, {before} before");
}

#[test]
fn a_fetch_of_a_million_partitions_is_answered_and_costs_no_more_than_it_lasts() {
    beside_an_honest_client("a fetch of a million partitions", Memory { peak_mb: 1200, kept_mb: 80 }, |server| {
        let answer = Connection::to(server).ask(11, &fetch(1_000_000, -1)).unwrap();
        let partitions = &answer.responses[0].partitions;
        assert_eq!(partitions.len(), 1_000_000);
        // A negative offset of the one that there is.
        assert_eq!(partitions[0].error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
        assert!(partitions[1..].iter().all(|p| p.error_code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    });
}

#[test]
fn fetch_sessions_of_very_many_partitions_are_refused_when_there_are_enough() {
    beside_an_honest_client("sessions of 20,000 partitions", Memory { peak_mb: 600, kept_mb: 200 }, |server| {
        let sessions = (0..60).map(|_| Connection::to(server).ask(11, &fetch(20_000, 0)).unwrap().session_id);
        let kept = sessions.filter(|id| *id != 0).count();
        assert!((1..30).contains(&kept), "{kept} sessions");
    });
}

#[test]
fn topics_that_strangers_name_by_the_thousands_hold_up_nobody() {
    beside_an_honest_client("2,000 topics by their mere names", Memory { peak_mb: 300, kept_mb: 60 }, |server| {
        let mut connection = Connection::to(server);
        let mut ask = |names: &mut dyn Iterator<Item = String>| {
            let topic = |name: String| MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
            let topics = Some(names.map(topic).collect());
            let request = MetadataRequest { topics, allow_auto_topic_creation: true, ..Default::default() };
            connection.ask(4, &request).unwrap().topics
        };
        for prefix in ["a", "b"] {
            ask(&mut (0..1000).map(|n| format!("{prefix}.{n}")));
        }
        assert!(ask(&mut (0..1000).map(|n| format!("a.{n}"))).iter().all(|topic| topic.error_code.is_none()));
        // Each of these is held against the names of all topics; and those are no names.
        let colliding = ask(&mut (0..1000).map(|n| format!("a_{n}")));
        assert!(colliding.iter().all(|topic| topic.error_code == ErrorCode::INVALID_TOPIC_EXCEPTION));
        assert_eq!(ask(&mut (0..100_000).map(|n| format!("/{n}"))).len(), 100_000);
    });
}

/// A member that is not heard of again, and stays for half an hour.
fn join(group: &str, instance: Option<String>) -> JoinGroupRequest {
    let protocol = JoinGroupRequestProtocol { name: "range".into(), metadata: vec![0; 1000].into() };
    JoinGroupRequest {
        group_id: group.into(),
        session_timeout_ms: 1_800_000,
        rebalance_timeout_ms: 1,
        group_instance_id: instance.map(Into::into),
        protocol_type: "consumer".into(),
        protocols: vec![protocol],
        ..Default::default()
    }
}

/// A connection to a broker whose coordinator is there.
fn to_coordinator(server: &str) -> Connection {
    let mut connection = Connection::to(server);
    let find = FindCoordinatorRequest { key: "g".into(), ..Default::default() };
    while connection.ask(1, &find).unwrap().error_code != ErrorCode::NONE {}
    connection
}

#[test]
fn groups_that_strangers_join_by_the_thousands_hold_up_nobody() {
    beside_an_honest_client("members of 5,000 groups", Memory { peak_mb: 400, kept_mb: 60 }, |server| {
        let mut connection = to_coordinator(server);
        for n in 0..5000 {
            let joined = connection.ask(3, &join(&format!("group-{n}"), None)).unwrap();
            assert_eq!(joined.error_code, ErrorCode::NONE);
        }
    });
}

#[test]
fn members_with_endless_names_that_join_one_group_by_the_hundreds_hold_up_nobody() {
    beside_an_honest_client(
        "300 members of one group with names of 30 kB",
        Memory { peak_mb: 600, kept_mb: 60 },
        |server| {
            // A member's id is made of its client's.
            let mut connection = to_coordinator(server).with_client_id("x".repeat(30_000));
            for n in 0..300 {
                let joined = connection.ask(5, &join("group", Some(format!("instance-{n}")))).unwrap();
                assert_eq!(joined.error_code, ErrorCode::NONE, "member {n}");
                assert!(joined.member_id.len() > 36 && joined.member_id.len() < 32_000);
            }
        },
    );
}

#[test]
fn requests_whose_answers_nobody_reads_hold_up_nobody() {
    let flood = frame(None, 0, &ApiVersionsRequest::default()).repeat(1_000_000);
    beside_an_honest_client(
        "8 million questions whose answers are not read",
        Memory { peak_mb: 200, kept_mb: 60 },
        |server| {
            let mut streams = Vec::new();
            for _ in 0..8 {
                let mut stream = TcpStream::connect(server).unwrap();
                stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
                // The broker does not take more than it has answered.
                assert!(stream.write_all(&flood).is_err(), "all of it was taken");
                streams.push(stream);
            }
        },
    );
}
