//! Older brokers, by what their ApiVersions say.

use ottla::{
    broker::ClusterBuilder,
    producer::Record,
    protocol::{api_key::ApiKey, record::Compression},
};

use crate::support::{client, start};

/// The newest versions that Apache Kafka 2.1 serves. What is not listed it does not have.
const KAFKA_2_1: &[(ApiKey, i16)] = &[
    (ApiKey::PRODUCE, 7),
    (ApiKey::FETCH, 10),
    (ApiKey::LIST_OFFSETS, 4),
    (ApiKey::METADATA, 7),
    (ApiKey::OFFSET_COMMIT, 6),
    (ApiKey::OFFSET_FETCH, 5),
    (ApiKey::FIND_COORDINATOR, 2),
    (ApiKey::JOIN_GROUP, 3),
    (ApiKey::HEARTBEAT, 2),
    (ApiKey::LEAVE_GROUP, 2),
    (ApiKey::SYNC_GROUP, 2),
    (ApiKey::DESCRIBE_GROUPS, 2),
    (ApiKey::LIST_GROUPS, 2),
    (ApiKey::API_VERSIONS, 2),
    (ApiKey::CREATE_TOPICS, 3),
    (ApiKey::DELETE_TOPICS, 3),
    (ApiKey::DELETE_RECORDS, 1),
    (ApiKey::INIT_PRODUCER_ID, 1),
    (ApiKey::OFFSET_FOR_LEADER_EPOCH, 2),
    (ApiKey::DESCRIBE_CONFIGS, 2),
    (ApiKey::ALTER_CONFIGS, 1),
    (ApiKey::DESCRIBE_LOG_DIRS, 1),
    (ApiKey::CREATE_PARTITIONS, 1),
    (ApiKey::DELETE_GROUPS, 1),
];

/// Caps a cluster to what Apache Kafka 2.1 serves.
pub(crate) fn like_kafka_2_1(cluster: ClusterBuilder) -> ClusterBuilder {
    let cap = |key: ApiKey| KAFKA_2_1.iter().find(|(known, _)| *known == key).map_or(-1, |(_, version)| *version);
    cluster.cap_api_versions(ApiKey::ALL.iter().map(|key| (*key, cap(*key))))
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_producer_works_with_a_broker_of_kafka_2_1() {
    let cluster = start(|c| like_kafka_2_1(c.topic("t", 2))).await;
    let client = client(&cluster);
    let producer = client.producer().compression(Compression::Zstd).build().unwrap();
    for offset in 0..3 {
        let delivery = producer.send(Record::to("t").partition(1).key("k").value("v")).await.unwrap();
        assert_eq!(delivery.await.unwrap().offset, offset);
    }
    let versions = client.broker_versions(None).await.unwrap();
    assert_eq!(versions.range(ApiKey::PRODUCE).unwrap().last, 7, "the cap is in force");
    assert!(versions.range(ApiKey::DESCRIBE_CLUSTER).is_none());
    assert!(client.metadata().topic("t").unwrap().id.is_zero(), "that broker knows no topic ids");
}
