//! Elections of leaders, and moves of partitions.

use ottla_protocol::messages::{
    elect_leaders::{ElectLeadersRequest, TopicPartitions},
    list_partition_reassignments::ListPartitionReassignmentsRequest,
};

use super::*;

impl Bench {
    /// Topic, partition and code of each result.
    async fn elect(&self, election_type: i8, topics: Option<&[(&str, &[i32])]>) -> Vec<(Str, i32, ErrorCode)> {
        let topic = |(topic, partitions): &(&str, &[i32])| TopicPartitions {
            topic: (*topic).into(),
            partitions: partitions.to_vec(),
        };
        let topic_partitions = topics.map(|topics| topics.iter().map(topic).collect());
        let request = ElectLeadersRequest { election_type, topic_partitions, ..Default::default() };
        let response = leaders::elect(&self.cx(2), request).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        let results = response.replica_election_results.into_iter();
        let rows = results.flat_map(|topic| {
            let name = topic.topic.0;
            topic.partition_result.into_iter().map(move |result| (name.clone(), result.partition_id, result.error_code))
        });
        rows.collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_has_its_leader_needs_no_election() {
    let bench = Bench::new().await;
    for election in [0, 1] {
        let asked: &[(&str, &[i32])] = &[("t", &[0, 99]), ("nosuch", &[0])];
        let expected = [
            ("t".into(), 0, ErrorCode::ELECTION_NOT_NEEDED),
            ("t".into(), 99, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            ("nosuch".into(), 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ];
        assert_eq!(bench.elect(election, Some(asked)).await, expected);
        assert_eq!(bench.elect(election, None).await, [], "of all, only what has changed or cannot");
    }
}

#[tokio::test(start_paused = true)]
async fn an_election_of_an_unknown_kind_is_refused() {
    let bench = Bench::new().await;
    let request = ElectLeadersRequest { election_type: 2, topic_partitions: None, ..Default::default() };
    assert_eq!(leaders::elect(&bench.cx(2), request).await.error_code, ErrorCode::INVALID_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn no_partition_is_being_moved() {
    let bench = Bench::new().await;
    let response = leaders::list_reassignments(&bench.cx(0), ListPartitionReassignmentsRequest::default()).await;
    assert_eq!((response.error_code, response.topics), (ErrorCode::NONE, Vec::new()));
}
