//! What tells of the cluster, its topics, settings and groups.

use ottla_protocol::messages::{
    api_versions::ApiVersionsRequest,
    delete_topics::DeleteTopicsRequest,
    describe_cluster::DescribeClusterRequest,
    describe_configs::{DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResult},
    describe_groups::DescribeGroupsRequest,
    describe_producers::{DescribeProducersRequest, TopicRequest},
    describe_quorum::{DescribeQuorumRequest, RequestPartitionData, RequestTopicData},
    describe_topic_partitions::{Cursor, DescribeTopicPartitionsRequest, TopicRequest as DescribedTopic},
    init_producer_id::InitProducerIdRequest,
    list_config_resources::ListConfigResourcesRequest,
    metadata::{MetadataRequest, MetadataRequestTopic},
};

use super::*;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

fn asked(name: Option<&str>, topic_id: Uuid) -> MetadataRequestTopic {
    MetadataRequestTopic { topic_id, name: name.map(Into::into) }
}

fn resource(resource_type: i8, name: &str, keys: Option<&[&str]>) -> DescribeConfigsResource {
    DescribeConfigsResource {
        resource_type,
        resource_name: name.into(),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| (*key).into()).collect()),
    }
}

impl Bench {
    /// Code and name of each topic in the response.
    async fn metadata(&self, version: i16, topics: Option<Vec<MetadataRequestTopic>>) -> Vec<(ErrorCode, Option<Str>)> {
        let request = MetadataRequest { topics, allow_auto_topic_creation: false, ..Default::default() };
        let response = metadata::handle(&self.cx(version), request).await;
        response.topics.into_iter().map(|topic| (topic.error_code, topic.name.map(|name| name.0))).collect()
    }

    async fn configs(&self, resources: &[DescribeConfigsResource]) -> Vec<DescribeConfigsResult> {
        let request = DescribeConfigsRequest { resources: resources.to_vec(), ..Default::default() };
        configs::describe(&self.cx(4), request).await.results
    }
}

#[tokio::test(start_paused = true)]
async fn all_topics_are_asked_for_by_an_empty_list_first_and_by_none_later() {
    let bench = Bench::new().await;
    let t = [(ErrorCode::NONE, Some(Str::from("t")))];
    assert_eq!(bench.metadata(0, Some(vec![])).await, t);
    assert_eq!(bench.metadata(1, Some(vec![])).await, []);
    assert_eq!(bench.metadata(1, None).await, t);
}

#[tokio::test(start_paused = true)]
async fn topics_that_are_not_there_are_told_apart_from_names_that_cannot_be() {
    let bench = Bench::new().await;
    let code = async |version, topic| bench.metadata(version, Some(vec![topic])).await[0].0;
    assert_eq!(code(9, asked(Some("nosuch"), Uuid::ZERO)).await, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    for name in ["", ".", "..", "a b", "a/b", &"x".repeat(250)] {
        assert_eq!(code(9, asked(Some(name), Uuid::ZERO)).await, ErrorCode::INVALID_TOPIC_EXCEPTION, "{name:?}");
    }
    assert_eq!(code(12, asked(None, NO_TOPIC)).await, ErrorCode::UNKNOWN_TOPIC_ID);
    assert_eq!(code(12, asked(None, bench.topic_id("t"))).await, ErrorCode::NONE);
    assert_eq!(code(11, asked(None, bench.topic_id("t"))).await, ErrorCode::INVALID_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn a_topic_named_repeatedly_is_described_once() {
    let bench = Bench::new().await;
    let mut topics = vec![asked(Some("t"), Uuid::ZERO); 3];
    topics.extend(vec![asked(Some("nosuch"), Uuid::ZERO); 3]);
    assert_eq!(bench.metadata(9, Some(topics)).await.len(), 2);
    assert_eq!(bench.metadata(12, Some(vec![asked(None, bench.topic_id("t")); 3])).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn settings_are_described_of_topics_and_of_the_node_that_is_asked() {
    let bench = Bench::new().await;
    let code = async |kind, name| bench.configs(&[resource(kind, name, None)]).await[0].error_code;
    assert_eq!(code(TOPIC, "t").await, ErrorCode::NONE);
    assert_eq!(code(TOPIC, "nosuch").await, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code(TOPIC, "a b").await, ErrorCode::INVALID_TOPIC_EXCEPTION);
    assert_eq!(code(BROKER, "1").await, ErrorCode::NONE);
    assert_eq!(code(BROKER, "").await, ErrorCode::NONE);
    for name in ["9", "abc", "-"] {
        assert_eq!(code(BROKER, name).await, ErrorCode::INVALID_REQUEST, "{name}");
    }
    assert_eq!(code(77, "t").await, ErrorCode::INVALID_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn a_resource_named_repeatedly_is_described_once_with_all_that_is_asked_of_it() {
    let bench = Bench::new().await;
    let names = |results: &[DescribeConfigsResult]| {
        results.iter().map(|r| r.configs.iter().map(|c| c.name.to_string()).collect()).collect::<Vec<Vec<_>>>()
    };
    let asked = [resource(TOPIC, "t", Some(&["retention.ms"])), resource(TOPIC, "t", Some(&["retention.bytes"]))];
    let mut both = names(&bench.configs(&asked).await);
    both[0].sort();
    assert_eq!(both, [["retention.bytes", "retention.ms"]]);
    let all = bench.configs(&[asked[0].clone(), resource(TOPIC, "t", None), asked[1].clone()]).await;
    assert_eq!(all.len(), 1);
    assert!(all[0].configs.len() > 20);
    let spellings = ["1", "01", "+1", "001"].map(|name| resource(BROKER, name, None));
    assert_eq!(bench.configs(&spellings).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn kinds_of_resources_that_nobody_knows_are_not_listed() {
    let bench = Bench::new().await;
    let list = async |resource_types| {
        configs::list_resources(&bench.cx(1), ListConfigResourcesRequest { resource_types }).await
    };
    assert_eq!(list(vec![99]).await.error_code, ErrorCode::UNSUPPORTED_VERSION);
    let topics = list(vec![TOPIC; 3]).await.config_resources;
    assert_eq!(topics.iter().map(|r| r.resource_name.as_str()).collect::<Vec<_>>(), ["t"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_described_once_and_one_that_is_not_there_is_dead_or_an_error() {
    let bench = Bench::new().await;
    bench.create_groups_topic().await;
    let describe = async |version| {
        let request = DescribeGroupsRequest { groups: vec!["g".into(); 3], ..Default::default() };
        let groups = groups::describe(&bench.cx(version), request).await.groups;
        groups.into_iter().map(|g| (g.error_code, g.group_state.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(describe(5).await, [(ErrorCode::NONE, "Dead".to_owned())]);
    assert_eq!(describe(6).await, [(ErrorCode::GROUP_ID_NOT_FOUND, "Dead".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn producers_are_described_of_each_partition_once() {
    let bench = Bench::new().await;
    let topic = |name: &str| TopicRequest { name: name.into(), partition_indexes: vec![0, 0, 9] };
    let request = DescribeProducersRequest { topics: vec![topic("t"), topic("nosuch")] };
    let response = producers::describe(&bench.cx(0), request).await;
    let rows = response.topics.iter().map(|t| t.partitions.iter().map(|p| (p.partition_index, p.error_code)).collect());
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(rows.collect::<Vec<Vec<_>>>(), [[(0, ErrorCode::NONE), (9, unknown)], [(0, unknown), (9, unknown)]]);
}

#[tokio::test(start_paused = true)]
async fn the_quorum_is_asked_for_by_its_one_partition() {
    let bench = Bench::new().await;
    let codes = async |topics: &[(&str, usize)]| {
        let topic = |&(name, times): &(&str, usize)| RequestTopicData {
            topic_name: name.into(),
            partitions: vec![RequestPartitionData { partition_index: 0 }; times],
        };
        let request = DescribeQuorumRequest { topics: topics.iter().map(topic).collect() };
        let response = cluster::describe_quorum(&bench.cx(2), request).await;
        response.topics.iter().flat_map(|t| &t.partitions).map(|p| p.error_code).collect::<Vec<_>>()
    };
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(codes(&[("__cluster_metadata", 1)]).await, [ErrorCode::NONE]);
    assert_eq!(codes(&[("__cluster_metadata", 2)]).await, [unknown, unknown]);
    assert_eq!(codes(&[("t", 1)]).await, [unknown]);
}

#[tokio::test(start_paused = true)]
async fn partitions_are_described_page_by_page() {
    let bench = Bench::with(|c| c.topic("a", 2).topic("b", 2)).await;
    let describe = async |limit, cursor: Option<(&str, i32)>, names: &[&str]| {
        let request = DescribeTopicPartitionsRequest {
            topics: names.iter().map(|name| DescribedTopic { name: (*name).into() }).collect(),
            response_partition_limit: limit,
            cursor: cursor.map(|(name, partition_index)| Cursor { topic_name: name.into(), partition_index }),
        };
        let response = topic_partitions::describe(&bench.cx(0), request).await;
        let rows = response.topics.iter().map(|t| (t.error_code, t.partitions.len())).collect::<Vec<_>>();
        (rows, response.next_cursor.map(|c| (c.topic_name.to_string(), c.partition_index)))
    };
    let none = ErrorCode::NONE;
    assert_eq!(describe(3, None, &[]).await, (vec![(none, 2), (none, 1)], Some(("b".to_owned(), 1))));
    assert_eq!(describe(3, Some(("b", 1)), &[]).await, (vec![(none, 1)], None));
    assert_eq!(describe(9, None, &["a", "a"]).await, (vec![(none, 2)], None));
    assert_eq!(describe(9, None, &["nosuch"]).await.0, [(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, 0)]);
    assert_eq!(describe(9, Some(("a", -1)), &["a"]).await.0, [(ErrorCode::INVALID_REQUEST, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_topic_to_delete_that_is_named_repeatedly_stays() {
    let bench = Bench::new().await;
    let request = DeleteTopicsRequest { topic_names: vec!["t".into(), "t".into()], ..Default::default() };
    let response = topics::delete(&bench.cx(5), request).await;
    assert_eq!(response.responses.iter().map(|r| r.error_code).collect::<Vec<_>>(), [ErrorCode::INVALID_REQUEST]);
    assert_eq!(bench.metadata(9, None).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn controllers_are_not_described_where_brokers_are() {
    let bench = Bench::new().await;
    let request = DescribeClusterRequest { endpoint_type: 2, ..Default::default() };
    assert_eq!(cluster::describe(&bench.cx(1), request).await.error_code, ErrorCode::MISMATCHED_ENDPOINT_TYPE);
}

#[tokio::test(start_paused = true)]
async fn clients_say_properly_what_they_are() {
    let bench = Bench::new().await;
    let code = async |version, name: &str, software_version: &str| {
        let request =
            ApiVersionsRequest { client_software_name: name.into(), client_software_version: software_version.into() };
        api_versions::handle(&bench.cx(version), request).await.error_code
    };
    assert_eq!(code(3, "ottla", "0.1").await, ErrorCode::NONE);
    assert_eq!(code(3, "", "0.1").await, ErrorCode::INVALID_REQUEST);
    assert_eq!(code(3, "ottla", "-").await, ErrorCode::INVALID_REQUEST);
    assert_eq!(code(2, "", "").await, ErrorCode::NONE, "older versions do not ask");
}

#[tokio::test(start_paused = true)]
async fn every_producer_id_is_another() {
    let bench = Bench::new().await;
    let ask = async |transactional_id: Option<&str>| {
        let transactional_id = transactional_id.map(Into::into);
        init_producer_id::handle(&bench.cx(4), InitProducerIdRequest { transactional_id, ..Default::default() }).await
    };
    assert_eq!(ask(Some("")).await.error_code, ErrorCode::INVALID_REQUEST);
    let (first, second) = (ask(None).await, ask(None).await);
    assert_eq!((first.error_code, first.producer_epoch), (ErrorCode::NONE, 0));
    assert_ne!(first.producer_id, second.producer_id);
}
