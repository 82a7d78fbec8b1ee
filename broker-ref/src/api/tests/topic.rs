//! Topics that are created.

use ottla_protocol::{
    messages::create_topics::{CreatableTopic, CreateTopicsRequest},
    types::TopicName,
};

use super::*;

/// Kafka 4.3.1 refuses it with the same code.
#[tokio::test(start_paused = true)]
async fn the_clusters_own_log_cannot_be_made_a_topic() {
    let bench = Bench::new().await;
    let topic = CreatableTopic {
        name: TopicName("__cluster_metadata".into()),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    let response = topics::create(&bench.cx(7), request).await;
    assert_eq!(response.topics[0].error_code, ErrorCode::INVALID_REQUEST);
    assert!(bench.cluster.node(0).image().topic("__cluster_metadata").is_none());
}
