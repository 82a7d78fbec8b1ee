//! Partitions whose log cannot be opened. What is told of them is what Kafka 4.3.1 tells when the log directory that a
//! partition is in has failed.

use std::path::Path;

use ottla_protocol::{
    messages::{
        create_topics::{CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest},
        describe_topic_partitions::{DescribeTopicPartitionsRequest, TopicRequest},
        find_coordinator::FindCoordinatorRequest,
        list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic},
        metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponsePartition},
    },
    types::TopicName,
};

use super::*;

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);

/// Takes the place of the directory of a partition.
fn obstruct(directory: &Path, partition: &str) {
    std::fs::write(directory.join(partition), "not a directory").unwrap();
}

impl Bench {
    /// The codes of what is created: a topic with a partition for each list of replicas.
    async fn create_on(&self, name: &'static str, replicas: &[&[NodeId]]) -> ErrorCode {
        let assignment = |(nodes, partition_index): (&&[NodeId], i32)| CreatableReplicaAssignment {
            partition_index,
            broker_ids: nodes.to_vec(),
        };
        let topic = CreatableTopic {
            name: TopicName(name.into()),
            num_partitions: -1,
            replication_factor: -1,
            assignments: replicas.iter().zip(0..).map(assignment).collect(),
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        topics::create(&self.cx(7), request).await.topics[0].error_code
    }

    async fn partitions(&self, node: usize, topic: &str) -> Vec<MetadataResponsePartition> {
        let asked = MetadataRequestTopic { name: Some(topic.into()), ..Default::default() };
        let request = MetadataRequest { topics: Some(vec![asked]), ..Default::default() };
        let response = metadata::handle(&self.cx_of(&self.cluster.node(node), 9), request).await;
        response.topics.into_iter().flat_map(|topic| topic.partitions).collect()
    }
}

fn seen(partition: &MetadataResponsePartition) -> (ErrorCode, NodeId, &[NodeId], &[NodeId]) {
    (partition.error_code, partition.leader_id, &partition.isr_nodes, &partition.offline_replicas)
}

#[tokio::test(start_paused = true)]
async fn a_partition_without_its_log_has_no_leader_until_the_log_can_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::with(|cluster| cluster.directory(directory.path())).await;
    obstruct(directory.path(), "o-1");
    assert_eq!(bench.create_on("o", &[&[ONE], &[ONE]]).await, ErrorCode::NONE);
    let told = bench.partitions(0, "o").await;
    assert_eq!(seen(&told[0]), (ErrorCode::NONE, ONE, &[ONE][..], &[][..]));
    assert_eq!(seen(&told[1]), (ErrorCode::LEADER_NOT_AVAILABLE, NodeId::NONE, &[][..], &[ONE][..]));

    let asked = TopicRequest { name: "o".into() };
    let request = DescribeTopicPartitionsRequest { topics: vec![asked], ..Default::default() };
    let described = topic_partitions::describe(&bench.cx(0), request).await;
    let [led, offline] = described.topics[0].partitions.as_slice() else { panic!("two partitions: {described:?}") };
    assert_eq!((led.error_code, led.leader_id), (ErrorCode::NONE, ONE));
    assert_eq!((offline.error_code, offline.leader_id), (ErrorCode::NONE, NodeId::NONE), "no error there");
    assert_eq!((offline.isr_nodes.as_slice(), offline.offline_replicas.as_slice()), (&[][..], &[ONE][..]));
    assert_eq!(offline.eligible_leader_replicas.as_deref(), Some(&[ONE][..]));

    std::fs::remove_file(directory.path().join("o-1")).unwrap();
    // In the next look after the logs it is tried again.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let told = bench.partitions(0, "o").await;
    assert_eq!(seen(&told[1]), (ErrorCode::NONE, ONE, &[ONE][..], &[][..]));
}

#[tokio::test(start_paused = true)]
async fn a_partition_without_its_log_is_asked_in_vain_and_nobody_is_elected_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::with(|cluster| cluster.directory(directory.path())).await;
    obstruct(directory.path(), "o-0");
    assert_eq!(bench.create_on("o", &[&[ONE]]).await, ErrorCode::NONE);
    let produced = bench.produce("o", batch(Compression::None, -1, None)).await;
    assert_eq!(produced.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let partition = ListOffsetsPartition { partition_index: 0, timestamp: -1, ..Default::default() };
    let topic = ListOffsetsTopic { name: "o".into(), partitions: vec![partition] };
    let request = ListOffsetsRequest { topics: vec![topic], ..Default::default() };
    let listed = list_offsets::handle(&bench.cx(7), request).await;
    assert_eq!(listed.topics[0].partitions[0].error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    for (election, expected) in
        [(0, ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE), (1, ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE)]
    {
        assert_eq!(bench.elect(election, Some(&[("o", &[0])])).await, [("o".into(), 0, expected)]);
        assert_eq!(bench.elect(election, None).await, [("o".into(), 0, expected)]);
    }
}

#[tokio::test(start_paused = true)]
async fn every_node_tells_which_replicas_of_others_are_offline() {
    let directory = tempfile::tempdir().unwrap();
    let bench = Bench::with(|cluster| cluster.nodes(2).directory(directory.path())).await;
    obstruct(&directory.path().join("node-2"), "o-0");
    obstruct(&directory.path().join("node-2"), "o-1");
    assert_eq!(bench.create_on("o", &[&[ONE, TWO], &[TWO, ONE]]).await, ErrorCode::NONE);
    for node in [0, 1] {
        let told = bench.partitions(node, "o").await;
        assert_eq!(seen(&told[0]), (ErrorCode::NONE, ONE, &[ONE][..], &[TWO][..]), "a follower");
        assert_eq!(seen(&told[1]), (ErrorCode::LEADER_NOT_AVAILABLE, NodeId::NONE, &[ONE][..], &[TWO][..]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_partition_is_without_its_log_has_no_coordinator() {
    let directory = tempfile::tempdir().unwrap();
    let settings = |cluster: ClusterBuilder| cluster.config("offsets.topic.num.partitions", "1");
    let bench = Bench::with(|cluster| settings(cluster).directory(directory.path())).await;
    obstruct(directory.path(), "__consumer_offsets-0");
    let request = FindCoordinatorRequest { key: "g".into(), ..Default::default() };
    let found = find_coordinator::handle(&bench.cx(3), request).await;
    assert_eq!((found.error_code, found.node_id), (ErrorCode::COORDINATOR_NOT_AVAILABLE, NodeId::NONE));
}
