//! Elections of leaders, and moves of partitions.

use ottla_protocol::messages::{
    alter_partition_reassignments::{AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic},
    elect_leaders::{ElectLeadersRequest, TopicPartitions},
    list_partition_reassignments::ListPartitionReassignmentsRequest,
};

use ottla_protocol::types::TopicName;

use super::*;

impl Bench {
    /// Topic, partition and code of each result.
    pub(super) async fn elect(
        &self,
        election_type: i8,
        topics: Option<&[(&str, &[i32])]>,
    ) -> Vec<(Str, i32, ErrorCode)> {
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

/// The codes are those of Kafka 4.3.1 with one node.
#[tokio::test(start_paused = true)]
async fn a_partition_may_be_asked_to_be_where_it_is_and_nowhere_else() {
    let bench = Bench::new().await;
    let here = bench.cluster.nodes()[0].id;
    for (what, topic, index, replicas, expected) in [
        ("where it is", "t", 0, Some(vec![here]), ErrorCode::NONE),
        ("an end of no move", "t", 0, None, ErrorCode::NO_REASSIGNMENT_IN_PROGRESS),
        ("an end of none at all", "nosuch", 0, None, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("no such topic", "nosuch", 0, Some(vec![here]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("no such partition", "t", 9, Some(vec![here]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("below zero", "t", -1, Some(vec![here]), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("twice", "t", 0, Some(vec![here, here]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        ("no such broker", "t", 0, Some(vec![here + 1]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        ("a broker below zero", "t", 0, Some(vec![-1]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        ("nowhere", "t", 0, Some(vec![]), ErrorCode::INVALID_REPLICA_ASSIGNMENT),
    ] {
        for allow_replication_factor_change in [true, false] {
            let replicas = replicas.clone().map(|nodes| nodes.into_iter().map(NodeId).collect());
            let partitions = vec![ReassignablePartition { partition_index: index, replicas }];
            let request = AlterPartitionReassignmentsRequest {
                allow_replication_factor_change,
                topics: vec![ReassignableTopic { name: TopicName(topic.into()), partitions }],
                ..Default::default()
            };
            let response = leaders::alter_reassignments(&bench.cx(1), request).await;
            assert_eq!(response.allow_replication_factor_change, allow_replication_factor_change);
            assert_eq!(response.responses[0].partitions[0].error_code, expected, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_partition_is_not_moved_between_the_nodes_of_a_cluster() {
    let bench = Bench::with(|cluster| cluster.nodes(2).topic("t", 1)).await;
    let held = bench.cluster.node(0).image().topic("t").unwrap().partitions[0].replicas.clone();
    let [leader] = held.as_slice() else { panic!("one replica: {held:?}") };
    let other = bench.cluster.nodes().iter().map(|node| NodeId(node.id)).find(|node| node != leader).unwrap();
    for (replicas, allow_replication_factor_change, expected) in [
        (vec![*leader], false, ErrorCode::NONE),
        (vec![other], false, ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        (vec![*leader, other], true, ErrorCode::INVALID_REPLICA_ASSIGNMENT),
        (vec![*leader, other], false, ErrorCode::INVALID_REPLICATION_FACTOR),
    ] {
        let partitions = vec![ReassignablePartition { partition_index: 0, replicas: Some(replicas.clone()) }];
        let request = AlterPartitionReassignmentsRequest {
            allow_replication_factor_change,
            topics: vec![ReassignableTopic { name: TopicName("t".into()), partitions }],
            ..Default::default()
        };
        let response = leaders::alter_reassignments(&bench.cx(1), request).await;
        assert_eq!(response.responses[0].partitions[0].error_code, expected, "{replicas:?}");
    }
    assert_eq!(bench.cluster.node(0).image().topic("t").unwrap().partitions[0].replicas, held);
}
