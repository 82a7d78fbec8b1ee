//! Produce, and what it does to producers that break a rule.

use ottla_protocol::record::{BatchHeader, HEADER_LEN, ProducerStamp, TimestampType};

use super::*;

/// A batch with bytes of it replaced and the checksum put right.
fn with_bytes(batch: &Bytes, at: usize, bytes: &[u8]) -> Bytes {
    let mut changed = batch.to_vec();
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    let crc = crc32c::crc32c(&changed[21..]);
    changed[17..21].copy_from_slice(&crc.to_be_bytes());
    changed.into()
}

fn stamped(producer_epoch: i16, base_sequence: i32) -> Bytes {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    builder.append(-1, None, Some(b"v"), []).unwrap();
    builder.set_producer(ProducerStamp { producer_id: 7, producer_epoch, base_sequence });
    seal(builder)
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_breaks_a_rule_is_refused_with_the_code_of_the_rule() {
    let bench = Bench::new().await;
    let good = batch(Compression::None, -1, Some(b"k"));
    let lz4 = batch(Compression::Lz4, -1, Some(b"k"));
    let damaged = {
        let mut damaged = good.to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        Bytes::from(damaged)
    };
    let cases = [
        ("no batch", Bytes::new(), ErrorCode::INVALID_RECORD),
        ("two batches", [&good[..], &good[..]].concat().into(), ErrorCode::INVALID_RECORD),
        ("a base offset", with_bytes(&good, 0, &5i64.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("an older format", with_bytes(&good, 16, &[1]), ErrorCode::INVALID_RECORD),
        ("a newer format", with_bytes(&good, 16, &[3]), ErrorCode::CORRUPT_MESSAGE),
        (
            "no records",
            with_bytes(&with_bytes(&good, 57, &[0; 4]), 23, &(-1i32).to_be_bytes()),
            ErrorCode::INVALID_RECORD,
        ),
        ("a count that is not the offsets'", with_bytes(&good, 57, &[0, 0, 0, 2]), ErrorCode::INVALID_RECORD),
        ("a control batch", with_bytes(&good, 21, &0x20u16.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("a producer without a sequence", with_bytes(&good, 43, &7i64.to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("an unknown codec", with_bytes(&good, 21, &5u16.to_be_bytes()), ErrorCode::UNSUPPORTED_COMPRESSION_TYPE),
        ("a wrong checksum", damaged, ErrorCode::CORRUPT_MESSAGE),
        ("fewer bytes than it says", good.slice(..good.len() - 1), ErrorCode::INVALID_RECORD),
        ("half a header", good.slice(..HEADER_LEN / 2), ErrorCode::INVALID_RECORD),
        ("a negative length", with_bytes(&good, 8, &(-1i32).to_be_bytes()), ErrorCode::CORRUPT_MESSAGE),
        ("a length within the header", with_bytes(&good, 8, &20i32.to_be_bytes()), ErrorCode::CORRUPT_MESSAGE),
        ("a negative count", with_bytes(&good, 57, &(-1i32).to_be_bytes()), ErrorCode::INVALID_RECORD),
        ("a record longer than the batch", with_bytes(&good, HEADER_LEN, &[0x7e]), ErrorCode::INVALID_RECORD),
        ("bytes behind the record", with_bytes(&good, HEADER_LEN, &[good[HEADER_LEN] - 2]), ErrorCode::INVALID_RECORD),
        ("what no codec wrote", with_bytes(&good, 21, &1u16.to_be_bytes()), ErrorCode::INVALID_RECORD),
        // Java's consumers could not read it.
        (
            "blocks of LZ4 that depend on each other",
            with_bytes(&lz4, HEADER_LEN + 4, &[0x40, 0x40, 0xc0]),
            ErrorCode::INVALID_RECORD,
        ),
        ("the broker's timestamp type", with_bytes(&good, 21, &8u16.to_be_bytes()), ErrorCode::INVALID_TIMESTAMP),
        ("a time far ahead", batch(Compression::Gzip, i64::MAX / 2, None), ErrorCode::INVALID_TIMESTAMP),
    ];
    for (what, records, code) in cases {
        let response = bench.produce("t", records).await;
        assert_eq!((response.error_code, response.base_offset), (code, -1), "{what}");
        assert!(response.error_message.is_some(), "{what}");
    }
    assert_eq!(bench.produce("t", good).await.base_offset, 0, "nothing of it was appended");
}

/// A batch that says its records all have this time from a broker, with a record of another time.
fn append_timed(claimed: i64, timestamp: i64) -> Bytes {
    let batch = with_bytes(&batch(Compression::None, timestamp, Some(b"k")), 21, &8u16.to_be_bytes());
    with_bytes(&batch, 35, &claimed.to_be_bytes())
}

/// The codes are those of Kafka 4.3.1, but for the last: there a record has any time in a batch that claims a good one.
#[tokio::test(start_paused = true)]
async fn a_batch_with_the_brokers_timestamp_type_gets_the_producers_if_the_time_that_it_claims_is_good() {
    let bench = Bench::with(|c| {
        let before = [("message.timestamp.before.max.ms", "60000")];
        c.topic_with("t", 1, 1, before).topic_with("stamped", 1, 1, [("message.timestamp.type", "LogAppendTime")])
    })
    .await;
    let now = bench.cluster.node(0).now_ms();
    for (what, topic, claimed, timestamp, expected) in [
        ("both good", "t", now, now - 10, ErrorCode::NONE),
        ("a record without a time", "t", now, -1, ErrorCode::NONE),
        ("no claim", "t", -1, now, ErrorCode::INVALID_TIMESTAMP),
        ("a claim far ahead", "t", now + 100_000_000, now, ErrorCode::INVALID_TIMESTAMP),
        ("a claim from long ago", "t", now - 100_000_000, now, ErrorCode::INVALID_TIMESTAMP),
        ("a claim where the broker says the time", "stamped", now, now, ErrorCode::INVALID_TIMESTAMP),
        ("a record far ahead", "t", now, now + 100_000_000, ErrorCode::INVALID_TIMESTAMP),
    ] {
        assert_eq!(bench.produce(topic, append_timed(claimed, timestamp)).await.error_code, expected, "{what}");
    }
    let topic = bench.cluster.node(0).replicas.topic("t").unwrap();
    let plan = topic.partition(0).unwrap().plan_replay(0, 1 << 20).unwrap();
    let bytes = crate::partition::run_plan(plan).await.unwrap().into_bytes();
    let header = BatchHeader::read(&bytes).unwrap();
    let seen = (header.attributes.timestamp_type(), header.max_timestamp);
    assert_eq!(seen, (TimestampType::CreateTime, now - 10), "of the record, which readers see");
}

/// Of a producer with this id, epoch and sequence.
fn of_producer(producer_id: i64, producer_epoch: i16, base_sequence: i32, records: usize) -> Bytes {
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    for _ in 0..records {
        builder.append(-1, None, Some(b"v"), []).unwrap();
    }
    builder.set_producer(ProducerStamp { producer_id, producer_epoch, base_sequence });
    seal(builder)
}

/// As Kafka's ProducerAppendInfo and LogValidator have it.
#[tokio::test(start_paused = true)]
async fn ids_epochs_and_sequences_at_their_ends_are_taken_or_refused_by_the_rules() {
    let bench = Bench::new().await;
    let (ok, out_of_order) = (ErrorCode::NONE, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    let steps = [
        ("no producer but a sequence", (-1, -1, 5, 1), ok),
        ("a producer without a sequence", (1, 0, -1, 1), ErrorCode::INVALID_RECORD),
        ("the smallest sequence", (1, 0, i32::MIN, 1), ErrorCode::INVALID_RECORD),
        ("an unknown producer in the middle, as after its expiry", (1, 0, i32::MAX - 1, 1), ok),
        ("over the largest sequence to 0", (1, 0, i32::MAX, 2), ok),
        ("behind the wrap", (1, 0, 1, 1), ok),
        ("the wrap again, which is a retry", (1, 0, i32::MAX, 2), ok),
        ("a gap", (1, 0, 3, 1), out_of_order),
        ("the largest epoch, not from 0 on", (1, i16::MAX, 2, 1), out_of_order),
        ("the largest epoch", (1, i16::MAX, 0, 1), ok),
        ("an epoch before it", (1, i16::MAX - 1, 0, 1), ErrorCode::INVALID_PRODUCER_EPOCH),
        ("no epoch at all", (1, -1, 1, 1), ErrorCode::INVALID_PRODUCER_EPOCH),
        ("the largest id", (i64::MAX, 0, 0, 1), ok),
        ("and its next batch", (i64::MAX, 0, 1, 1), ok),
    ];
    for (what, (id, epoch, sequence, records), code) in steps {
        let response = bench.produce("t", of_producer(id, epoch, sequence, records)).await;
        assert_eq!(response.error_code, code, "{what}: {:?}", response.error_message);
    }
    let retried = bench.produce("t", of_producer(1, i16::MAX, 0, 1)).await;
    let next = bench.produce("t", of_producer(1, i16::MAX, 1, 1)).await;
    assert!(retried.base_offset < next.base_offset, "a retry has its first offset");
}

#[tokio::test(start_paused = true)]
async fn the_size_of_a_batch_is_limited_by_its_topic() {
    let bench = Bench::with(|c| c.topic_with("t", 1, 1, [("max.message.bytes", "100")])).await;
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    builder.append(-1, None, Some(&[0; 100]), []).unwrap();
    assert_eq!(bench.produce("t", seal(builder)).await.error_code, ErrorCode::MESSAGE_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn a_producer_is_told_of_every_record_that_its_topic_does_not_take() {
    let bench = Bench::with(|c| c.topic_with("t", 1, 1, [("cleanup.policy", "compact")])).await;
    let (no_key, far_ahead) = ((-1, None), (i64::MAX / 2, Some(&b"k"[..])));
    let good = (-1, Some(&b"k"[..]));
    let both = (far_ahead.0, None);
    let cases = [
        (vec![good, no_key, good, no_key], ErrorCode::INVALID_RECORD, vec![1, 3]),
        (vec![no_key, far_ahead, good], ErrorCode::INVALID_TIMESTAMP, vec![0, 1]),
        (vec![good, both], ErrorCode::INVALID_RECORD, vec![1]),
    ];
    for codec in [Compression::None, Compression::Lz4] {
        for (records, code, faults) in &cases {
            let mut builder =
                RecordBatchBuilder::new(BatchSettings { compression: codec.into(), ..Default::default() });
            for (time, key) in records {
                builder.append(*time, *key, None, []).unwrap();
            }
            let response = bench.produce("t", seal(builder)).await;
            let told: Vec<i32> = response.record_errors.iter().map(|error| error.batch_index).collect();
            assert_eq!((response.error_code, told), (*code, faults.clone()), "{codec:?} {records:?}");
            assert!(response.record_errors.iter().all(|error| error.batch_index_error_message.is_some()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_producer_is_told_of_so_many_records_at_most() {
    let bench = Bench::with(|c| c.topic_with("t", 11, 1, [("cleanup.policy", "compact")])).await;
    let mut builder = RecordBatchBuilder::new(BatchSettings::default());
    for _ in 0..1001 {
        builder.append(-1, None, None, []).unwrap();
    }
    let records = seal(builder);
    let mut request = produce_request("t", 0, Some(records));
    let first = request.topic_data[0].partition_data[0].clone();
    request.topic_data[0].partition_data =
        (0..11).map(|index| PartitionProduceData { index, ..first.clone() }).collect();
    let Reply::Respond(response) = api::produce::handle(&bench.cx(9), request).await else { panic!("no response") };
    let told: Vec<usize> = response.responses[0].partition_responses.iter().map(|p| p.record_errors.len()).collect();
    assert_eq!(told, [[1000; 10].as_slice(), &[0]].concat());
}

#[tokio::test(start_paused = true)]
async fn zstd_is_for_clients_that_know_it() {
    let bench = Bench::new().await;
    let request = || produce_request("t", 0, Some(batch(Compression::Zstd, -1, None)));
    assert_eq!(produce(&bench.cx(6), request()).await.error_code, ErrorCode::UNSUPPORTED_COMPRESSION_TYPE);
    assert_eq!(produce(&bench.cx(7), request()).await.error_code, ErrorCode::NONE);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_partition_is_told_by_the_name_or_the_id_that_the_version_has() {
    let bench = Bench::new().await;
    let records = || Some(batch(Compression::None, -1, None));
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(produce(&bench.cx(9), produce_request("nosuch", 0, records())).await.error_code, unknown);
    for index in [-1, 2, i32::MAX] {
        assert_eq!(produce(&bench.cx(9), produce_request("t", index, records())).await.error_code, unknown);
    }
    let by_id = |topic_id| {
        let mut request = produce_request("", 0, records());
        request.topic_data[0].topic_id = topic_id;
        request
    };
    assert_eq!(produce(&bench.cx(13), by_id(NO_TOPIC)).await.error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!(produce(&bench.cx(13), by_id(bench.topic_id("t"))).await.error_code, ErrorCode::NONE);
}

#[tokio::test(start_paused = true)]
async fn acks_are_all_one_or_none_and_none_hears_of_an_error_by_the_end_of_its_connection() {
    let bench = Bench::new().await;
    let request =
        |acks, topic| ProduceRequest { acks, ..produce_request(topic, 0, Some(batch(Compression::None, -1, None))) };
    for acks in [-2, 2, i16::MAX] {
        assert_eq!(produce(&bench.cx(9), request(acks, "t")).await.error_code, ErrorCode::INVALID_REQUIRED_ACKS);
    }
    assert!(matches!(api::produce::handle(&bench.cx(9), request(0, "t")).await, Reply::Silent));
    assert!(matches!(api::produce::handle(&bench.cx(9), request(0, "nosuch")).await, Reply::Close));
}

#[tokio::test(start_paused = true)]
async fn a_topic_of_one_replica_takes_records_whatever_its_least_number_in_sync() {
    // As Kafka 4.3.1 does.
    let bench = Bench::with(|c| c.topic_with("t", 1, 1, [("min.insync.replicas", "5")])).await;
    let request = |acks| ProduceRequest { acks, ..produce_request("t", 0, Some(batch(Compression::None, -1, None))) };
    assert_eq!(produce(&bench.cx(9), request(-1)).await.error_code, ErrorCode::NONE);
    assert_eq!(produce(&bench.cx(9), request(1)).await.error_code, ErrorCode::NONE);
}

#[tokio::test(start_paused = true)]
async fn internal_topics_are_written_by_the_admin_client_only() {
    let bench = Bench::new().await;
    bench.create_groups_topic().await;
    let request = || produce_request("__consumer_offsets", 0, Some(batch(Compression::None, -1, Some(b"k"))));
    assert_eq!(produce(&bench.cx(9), request()).await.error_code, ErrorCode::INVALID_TOPIC_EXCEPTION);
    let admin = RequestContext { client_id: "__admin_client".into(), ..bench.cx(9) };
    assert_eq!(produce(&admin, request()).await.error_code, ErrorCode::NONE);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_lead_says_who_does_from_version_10_on() {
    let bench = Bench::with(|c| c.nodes(2).topic("t", 2)).await;
    let leader_of_0 = bench.cluster.node(0).image().topic("t").unwrap().partitions[0].leader;
    let other = bench.cluster.node(usize::from(leader_of_0 == NodeId(1)));
    let request = || produce_request("t", 0, Some(batch(Compression::None, -1, None)));
    let old = produce(&bench.cx_of(&other, 9), request()).await;
    assert_eq!((old.error_code, old.current_leader.leader_id), (ErrorCode::NOT_LEADER_OR_FOLLOWER, NodeId::NONE));
    let new = response(api::produce::handle(&bench.cx_of(&other, 10), request()).await);
    assert_eq!(only_partition(&new).current_leader.leader_id, leader_of_0);
    assert_eq!(new.node_endpoints.iter().map(|e| e.node_id).collect::<Vec<_>>(), [leader_of_0]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_batch_has_its_first_offset_and_one_out_of_turn_is_refused() {
    let bench = Bench::new().await;
    assert_eq!(bench.produce("t", stamped(0, 0)).await.base_offset, 0);
    assert_eq!(bench.produce("t", stamped(0, 1)).await.base_offset, 1);
    let repeated = bench.produce("t", stamped(0, 0)).await;
    assert_eq!((repeated.error_code, repeated.base_offset), (ErrorCode::NONE, 0));
    assert_eq!(bench.produce("t", stamped(0, 5)).await.error_code, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(bench.produce("t", stamped(1, 3)).await.error_code, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(bench.produce("t", stamped(1, 0)).await.base_offset, 2);
    assert_eq!(bench.produce("t", stamped(0, 2)).await.error_code, ErrorCode::INVALID_PRODUCER_EPOCH);
}

#[tokio::test(start_paused = true)]
async fn the_batches_of_a_request_may_not_be_larger_than_a_request_when_decompressed() {
    let bench = Bench::with(|c| c.topic("t", 1).config("socket.request.max.bytes", "100000")).await;
    let mut builder =
        RecordBatchBuilder::new(BatchSettings { compression: Compression::Zstd.into(), ..Default::default() });
    builder.append(-1, None, Some(&vec![0; 200_000]), []).unwrap();
    assert_eq!(bench.produce("t", seal(builder)).await.error_code, ErrorCode::MESSAGE_TOO_LARGE);
}
