//! Fetch, ListOffsets, OffsetForLeaderEpoch and DeleteRecords.

use ottla_protocol::{
    messages::{
        delete_records::{DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic},
        fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, PartitionData, ReplicaState},
        list_offsets::{ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsTopic},
        offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic},
    },
    record::{Batch, RecordBatches},
};

use super::*;
use crate::{
    dispatch::Dispatcher,
    network::{Outcome, Service},
};

fn request(partition: FetchPartition) -> FetchRequest {
    FetchRequest {
        max_bytes: 1 << 20,
        session_epoch: -1,
        topics: vec![FetchTopic { topic: "t".into(), partitions: vec![partition], ..Default::default() }],
        ..Default::default()
    }
}

fn from(fetch_offset: i64) -> FetchPartition {
    FetchPartition {
        fetch_offset,
        partition_max_bytes: 1 << 20,
        current_leader_epoch: -1,
        last_fetched_epoch: -1,
        ..Default::default()
    }
}

fn only(response: FetchResponse) -> PartitionData {
    assert_eq!((response.responses.len(), response.responses[0].partitions.len()), (1, 1), "{response:?}");
    response.responses[0].partitions[0].clone()
}

/// Base and last offset of each batch.
fn offsets(data: &PartitionData) -> Vec<(i64, i64)> {
    let records = data.records.clone().unwrap_or_default().0;
    let batches = RecordBatches::new(records).map(|batch| match batch.unwrap() {
        Batch::V2(batch) => (batch.base_offset(), batch.last_offset()),
        Batch::Legacy(_) => panic!("not a batch of the present format"),
    });
    batches.collect()
}

impl Bench {
    async fn fetch(&self, version: i16, partition: FetchPartition) -> PartitionData {
        only(api::fetch::handle(&self.cx(version), request(partition)).await)
    }

    async fn list(&self, version: i16, asked: &[ListOffsetsPartition]) -> Vec<ListOffsetsPartitionResponse> {
        let topic = ListOffsetsTopic { name: "t".into(), partitions: asked.to_vec() };
        let request = ListOffsetsRequest { topics: vec![topic], ..Default::default() };
        let response = list_offsets::handle(&self.cx(version), request).await;
        response.topics.into_iter().flat_map(|topic| topic.partitions).collect()
    }

    async fn delete_records(&self, topic: &str, offset: i64) -> (ErrorCode, i64) {
        self.delete_records_of(topic, 0, offset).await
    }

    async fn delete_records_of(&self, topic: &str, partition_index: i32, offset: i64) -> (ErrorCode, i64) {
        let partitions = vec![DeleteRecordsPartition { partition_index, offset }];
        let topics = vec![DeleteRecordsTopic { name: topic.into(), partitions }];
        let response = records::delete(&self.cx(2), DeleteRecordsRequest { topics, ..Default::default() }).await;
        let result = &response.topics[0].partitions[0];
        (result.error_code, result.low_watermark)
    }
}

#[tokio::test(start_paused = true)]
async fn an_offset_within_a_batch_gets_the_whole_batch_and_one_beyond_the_ends_an_error() {
    let bench = Bench::new().await;
    bench.write("t", 3).await;
    bench.write("t", 2).await;
    assert_eq!(offsets(&bench.fetch(11, from(1)).await), [(0, 2), (3, 4)]);
    assert_eq!(offsets(&bench.fetch(11, from(4)).await), [(3, 4)]);
    let at_end = bench.fetch(11, from(5)).await;
    assert_eq!((at_end.error_code, at_end.high_watermark, offsets(&at_end)), (ErrorCode::NONE, 5, vec![]));
    for offset in [-1, 6, i64::MAX, i64::MIN] {
        assert_eq!(bench.fetch(11, from(offset)).await.error_code, ErrorCode::OFFSET_OUT_OF_RANGE, "{offset}");
    }
    bench.delete_records("t", 3).await;
    assert_eq!(bench.fetch(11, from(2)).await.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
}

#[tokio::test(start_paused = true)]
async fn the_first_batch_comes_whatever_the_limits_and_negative_limits_are_none_at_all() {
    let bench = Bench::new().await;
    bench.write("t", 3).await;
    bench.write("t", 2).await;
    for (max_bytes, partition_max_bytes) in [(1, 1 << 20), (1 << 20, 1), (-1, -1), (i32::MIN, i32::MAX)] {
        let partition = FetchPartition { partition_max_bytes, ..from(0) };
        let limited = FetchRequest { max_bytes, ..request(partition) };
        assert_eq!(offsets(&only(api::fetch::handle(&bench.cx(11), limited).await)), [(0, 2)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_would_wait_for_weeks_for_more_than_it_may_carry_is_answered_by_the_next_batch() {
    let bench = Bench::new().await;
    let endless = FetchRequest { max_wait_ms: i32::MAX, min_bytes: i32::MAX, max_bytes: 1, ..request(from(0)) };
    let cx = bench.cx(11);
    let fetched = tokio::spawn(async move { only(api::fetch::handle(&cx, endless).await) });
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(!fetched.is_finished(), "there is nothing yet");
    bench.write("t", 1).await;
    assert_eq!(offsets(&fetched.await.unwrap()), [(0, 0)]);
    let negative = FetchRequest { max_wait_ms: i32::MIN, min_bytes: i32::MIN, ..request(from(1)) };
    assert!(offsets(&only(api::fetch::handle(&bench.cx(11), negative).await)).is_empty(), "it does not wait");
}

#[tokio::test(start_paused = true)]
async fn responses_are_small_while_clients_do_not_take_theirs() {
    let bench = Bench::with(|c| c.topic("t", 1).config("fetch.max.bytes", "100000")).await;
    for _ in 0..3 {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        builder.append(-1, None, Some(&[7; 40_000]), []).unwrap();
        assert_eq!(bench.produce("t", seal(builder)).await.error_code, ErrorCode::NONE);
    }
    let fetched = async || offsets(&bench.fetch(11, from(0)).await).len();
    assert_eq!(fetched().await, 2);
    let not_taken = bench.cluster.node(0).responses.hold(8 * 100_000);
    assert_eq!(fetched().await, 1);
    drop(not_taken);
    assert_eq!(fetched().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_response_counts_until_it_is_written() {
    let bench = Bench::new().await;
    let node = bench.cluster.node(0);
    let limit = 1 << 20;
    let room = || node.responses.room(limit, limit).bytes();
    let mut dispatcher = Dispatcher::new(node.clone(), "PLAINTEXT".into(), "/127.0.0.1".into());
    // ApiVersions, version 0, correlation id 7, no client id.
    let outcome = dispatcher.call(Bytes::from_static(b"\0\x12\0\0\0\0\0\x07\xff\xff")).await;
    assert!(matches!(outcome, Outcome::Respond(_)), "{outcome:?}");
    assert!(room() < limit);
    drop(outcome);
    assert_eq!(room(), limit);
}

#[tokio::test(start_paused = true)]
async fn leader_epochs_that_are_not_the_present_one_are_refused_and_say_which_is() {
    let bench = Bench::new().await;
    let epoch = bench.cluster.node(0).image().topic("t").unwrap().partitions[0].leader_epoch;
    let with = |current_leader_epoch| FetchPartition { current_leader_epoch, ..from(0) };
    assert_eq!(bench.fetch(12, with(epoch)).await.error_code, ErrorCode::NONE);
    assert_eq!(bench.fetch(12, with(epoch + 1)).await.error_code, ErrorCode::UNKNOWN_LEADER_EPOCH);
    if epoch > 0 {
        let fenced = bench.fetch(12, with(epoch - 1)).await;
        assert_eq!(fenced.error_code, ErrorCode::FENCED_LEADER_EPOCH);
        assert_eq!(fenced.current_leader.leader_epoch, epoch);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_told_by_the_name_or_the_id_that_the_version_has() {
    let bench = Bench::new().await;
    let named = |topic: &str, topic_id, partition| {
        let mut request = request(FetchPartition { partition, ..from(0) });
        request.topics[0].topic = topic.into();
        request.topics[0].topic_id = topic_id;
        request
    };
    let code = async |version, request| only(api::fetch::handle(&bench.cx(version), request).await).error_code;
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(code(12, named("nosuch", Uuid::ZERO, 0)).await, unknown);
    assert_eq!(code(12, named("t", Uuid::ZERO, 2)).await, unknown);
    assert_eq!(code(12, named("t", Uuid::ZERO, -1)).await, unknown);
    assert_eq!(code(13, named("", NO_TOPIC, 0)).await, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!(code(13, named("", bench.topic_id("t"), 1)).await, ErrorCode::NONE);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_not_one_of_the_partition_is_refused_and_is_no_consumer() {
    let bench = Bench::with(|c| c.nodes(2).topic_with("t", 1, 2, [("min.insync.replicas", "1")])).await;
    let leader = bench.cluster.node(0).image().topic("t").unwrap().partitions[0].leader;
    let follower = NodeId(3 - leader.0);
    let node = bench.cluster.node(usize::from(leader == NodeId(2)));
    let code = async |version, id| {
        let mut request = request(from(0));
        if version < 15 {
            request.replica_id = id;
        } else {
            request.replica_state = ReplicaState { replica_id: id, ..Default::default() };
            request.topics[0].topic_id = bench.topic_id("t");
        }
        only(api::fetch::handle(&bench.cx_of(&node, version), request).await).error_code
    };
    for version in [4, 11, 15, 17] {
        for stranger in [leader, NodeId(0), NodeId(5), NodeId(i32::MAX)] {
            assert_eq!(code(version, stranger).await, ErrorCode::NOT_LEADER_OR_FOLLOWER, "{stranger} in {version}");
        }
        for known in [follower, NodeId(-1), NodeId(-2), NodeId(i32::MIN)] {
            assert_eq!(code(version, known).await, ErrorCode::NONE, "{known} in {version}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_partition_named_repeatedly_is_read_once() {
    let bench = Bench::new().await;
    bench.write("t", 1).await;
    let mut repeated = request(from(0));
    repeated.topics = vec![repeated.topics[0].clone(); 3];
    repeated.topics[0].partitions = vec![from(0); 3];
    for session_epoch in [-1, 0] {
        let request = FetchRequest { session_epoch, ..repeated.clone() };
        assert_eq!(offsets(&only(api::fetch::handle(&bench.cx(11), request).await)), [(0, 0)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_exist_is_an_error_of_the_whole_response() {
    let bench = Bench::new().await;
    let request = FetchRequest { session_id: 7, session_epoch: 1, ..request(from(0)) };
    let response = api::fetch::handle(&bench.cx(11), request).await;
    assert_eq!((response.error_code, response.responses.len()), (ErrorCode::FETCH_SESSION_ID_NOT_FOUND, 0));
}

#[tokio::test(start_paused = true)]
async fn the_ends_of_a_log_are_found_by_the_timestamps_that_the_version_knows() {
    let bench = Bench::new().await;
    bench.write("t", 3).await;
    bench.write("t", 2).await;
    let at = |timestamp| [ListOffsetsPartition { timestamp, current_leader_epoch: -1, ..Default::default() }];
    let found = async |version, timestamp| {
        let row = &bench.list(version, &at(timestamp)).await[0];
        (row.error_code, row.offset)
    };
    assert_eq!(found(1, -1).await, (ErrorCode::NONE, 5));
    assert_eq!(found(1, -2).await, (ErrorCode::NONE, 0));
    assert_eq!(found(7, i64::MAX).await, (ErrorCode::NONE, -1), "nothing is that new");
    assert_eq!(found(7, 0).await, (ErrorCode::NONE, 0));
    for (timestamp, first) in [(-3, 7), (-4, 8), (-5, 9), (-6, 11)] {
        assert_eq!(found(first - 1, timestamp).await.0, ErrorCode::UNSUPPORTED_VERSION, "{timestamp}");
        assert_eq!(found(first, timestamp).await.0, ErrorCode::NONE, "{timestamp}");
    }
    for unknown in [-7, i64::MIN] {
        assert_eq!(found(11, unknown).await.0, ErrorCode::UNSUPPORTED_VERSION, "{unknown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_partition_listed_repeatedly_is_refused_once() {
    let bench = Bench::new().await;
    let asked = [0, 1, 0, 0].map(|partition_index| ListOffsetsPartition {
        partition_index,
        timestamp: -1,
        current_leader_epoch: -1,
    });
    let rows = bench.list(5, &asked).await;
    let rows: Vec<_> = rows.iter().map(|row| (row.partition_index, row.error_code)).collect();
    assert_eq!(rows, [(0, ErrorCode::INVALID_REQUEST), (1, ErrorCode::NONE)]);
}

#[tokio::test(start_paused = true)]
async fn a_leader_epoch_that_never_was_has_no_end() {
    let bench = Bench::new().await;
    bench.write("t", 3).await;
    let now = bench.cluster.node(0).image().topic("t").unwrap().partitions[0].leader_epoch;
    let ask = async |partition, current_leader_epoch, leader_epoch| {
        let partitions = vec![OffsetForLeaderPartition { partition, current_leader_epoch, leader_epoch }];
        let topics = vec![OffsetForLeaderTopic { topic: "t".into(), partitions }];
        let request = OffsetForLeaderEpochRequest { topics, ..Default::default() };
        let response = offset_for_leader_epoch::handle(&bench.cx(4), request).await;
        let row = response.topics[0].partitions[0].clone();
        (row.error_code, row.leader_epoch, row.end_offset)
    };
    assert_eq!(ask(0, -1, now).await, (ErrorCode::NONE, now, 3));
    assert_eq!(ask(0, -1, now + 9).await, (ErrorCode::NONE, -1, -1));
    assert_eq!(ask(0, now + 1, now).await.0, ErrorCode::UNKNOWN_LEADER_EPOCH);
    assert_eq!(ask(7, -1, now).await.0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[tokio::test(start_paused = true)]
async fn records_are_deleted_up_to_the_high_watermark_of_topics_that_delete() {
    let bench = Bench::with(|c| c.topic("t", 1).topic_with("compacted", 1, 1, [("cleanup.policy", "compact")])).await;
    bench.create_groups_topic().await;
    bench.write("t", 3).await;
    assert_eq!(bench.delete_records("t", 4).await, (ErrorCode::OFFSET_OUT_OF_RANGE, -1));
    assert_eq!(bench.delete_records("t", 1).await, (ErrorCode::NONE, 1));
    assert_eq!(bench.delete_records("t", -1).await, (ErrorCode::NONE, 3));
    assert_eq!(bench.delete_records("compacted", 0).await.0, ErrorCode::POLICY_VIOLATION);
    assert_eq!(bench.delete_records("__consumer_offsets", 0).await.0, ErrorCode::INVALID_TOPIC_EXCEPTION);
    assert_eq!(bench.delete_records("nosuch", 0).await.0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
}

#[tokio::test(start_paused = true)]
async fn of_a_partition_to_delete_from_repeatedly_the_last_offset_counts_and_is_answered_once() {
    let bench = Bench::new().await;
    bench.write("t", 3).await;
    let partitions = [2, 1].map(|offset| DeleteRecordsPartition { partition_index: 0, offset }).to_vec();
    let topics = vec![DeleteRecordsTopic { name: "t".into(), partitions }];
    let response = records::delete(&bench.cx(2), DeleteRecordsRequest { topics, ..Default::default() }).await;
    assert_eq!(response.topics[0].partitions.iter().map(|p| p.low_watermark).collect::<Vec<_>>(), [1]);
}

/// The code is Kafka 4.3.1's.
#[tokio::test(start_paused = true)]
async fn records_are_not_deleted_of_partitions_that_there_are_not() {
    let bench = Bench::new().await;
    bench.create_groups_topic().await;
    for (topic, partition) in [("t", 9), ("t", -1), ("nosuch", 0), ("__consumer_offsets", 99)] {
        let unknown = (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1);
        assert_eq!(bench.delete_records_of(topic, partition, 0).await, unknown, "{topic}-{partition}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_partition_of_a_request_begins_where_it_was_asked_to() {
    let bench = Bench::with(|c| c.topic("t", 2).topic("u", 1)).await;
    bench.write("t", 5).await;
    bench.write("u", 5).await;
    let partition = |partition_index, offset| DeleteRecordsPartition { partition_index, offset };
    let topic = |name: &str, partitions| DeleteRecordsTopic { name: name.into(), partitions };
    let topics = vec![
        topic("u", vec![partition(0, 4)]),
        topic("nosuch", vec![partition(0, 1)]),
        topic("t", vec![partition(1, 1), partition(0, 9), partition(7, 0), partition(0, 3)]),
    ];
    let response = records::delete(&bench.cx(2), DeleteRecordsRequest { topics, ..Default::default() }).await;
    let mut told = Vec::new();
    for topic in &response.topics {
        let partitions = topic.partitions.iter();
        told.extend(partitions.map(|p| (topic.name.as_str(), p.partition_index, p.error_code, p.low_watermark)));
    }
    let (unknown, out_of_range) = (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::OFFSET_OUT_OF_RANGE);
    let expected = [
        ("nosuch", 0, unknown, -1),
        ("t", 0, ErrorCode::NONE, 3),
        ("t", 1, out_of_range, -1),
        ("t", 7, unknown, -1),
        ("u", 0, ErrorCode::NONE, 4),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (bench.delete_records("t", -1).await, bench.delete_records("u", 2).await),
        ((ErrorCode::NONE, 5), (ErrorCode::NONE, 4))
    );
}
