//! Topics that are created.

use ottla_protocol::{
    messages::create_topics::{CreatableTopic, CreateTopicsRequest},
    types::TopicName,
};

use super::*;

impl Bench {
    /// The code for each topic of one request.
    async fn create(&self, names: &[&str]) -> Vec<ErrorCode> {
        let topic = |name: &&str| CreatableTopic {
            name: TopicName((*name).into()),
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: names.iter().map(topic).collect(), ..Default::default() };
        topics::create(&self.cx(7), request).await.topics.iter().map(|topic| topic.error_code).collect()
    }
}

/// As Kafka 4.3.1 does: names that metrics cannot tell apart are no reason within one request.
#[tokio::test(start_paused = true)]
async fn a_name_collides_with_those_that_are_there_and_not_with_others_of_its_request() {
    let bench = Bench::new().await;
    assert_eq!(bench.create(&["a.b", "a_b", "a.c"]).await, [ErrorCode::NONE; 3]);
    assert_eq!(bench.create(&["a_c"]).await, [ErrorCode::INVALID_TOPIC_EXCEPTION]);
}

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
