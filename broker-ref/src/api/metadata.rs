//! Metadata: the nodes, and who leads what.

use std::collections::{HashMap, HashSet};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        create_topics::{CreatableTopic, CreateTopicsRequest},
        metadata::{
            MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
            MetadataResponseTopic,
        },
    },
    types::{NodeId, TopicName},
};

use super::authorized;
use crate::{
    controller::{MetadataImage, PartitionRegistration, Serving, Topic, check_name},
    dispatch::RequestContext,
    groups,
};

/// The first version in which no list of topics, and not an empty one, asks for all.
const NULL_FOR_ALL_FROM: i16 = 1;
/// The first version that finds topics by id.
const TOPIC_IDS_FROM: i16 = 12;
/// Topics that one request may create by naming them. Who wants more asks again, as he does while they are created.
const MOST_CREATED: usize = 10_000;
/// So many are created before other tasks have their turn.
const CREATED_AT_ONCE: usize = 100;

pub(crate) async fn handle(cx: &RequestContext, request: MetadataRequest) -> MetadataResponse {
    let topics = match &request.topics {
        None => all_topics(cx),
        Some(topics) if topics.is_empty() && cx.version < NULL_FOR_ALL_FROM => all_topics(cx),
        Some(topics) => named_topics(cx, &request, &each_once(topics)).await,
    };
    let image = cx.node.image();
    let mut response = MetadataResponse {
        brokers: brokers(cx, &image),
        cluster_id: Some(image.cluster_id.clone()),
        controller_id: image.controller_id(),
        topics,
        ..Default::default()
    };
    if request.include_topic_authorized_operations {
        response.topics.iter_mut().for_each(|topic| topic.topic_authorized_operations = authorized::TOPIC);
    }
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = authorized::CLUSTER;
    }
    response
}

/// The nodes that have the listener which the request came in on, with its addresses.
fn brokers(cx: &RequestContext, image: &MetadataImage) -> Vec<MetadataResponseBroker> {
    let row = |broker: &crate::controller::Broker| {
        let endpoint = broker.endpoint(&cx.listener)?;
        Some(MetadataResponseBroker {
            node_id: broker.node_id,
            host: endpoint.host.clone(),
            port: endpoint.port.into(),
            rack: broker.rack.clone(),
        })
    };
    image.brokers.values().filter_map(row).collect()
}

fn all_topics(cx: &RequestContext) -> Vec<MetadataResponseTopic> {
    let image = cx.node.image();
    image.topics().map(|topic| describe(&image, topic)).collect()
}

/// The topics without repetitions, each of which would be another full description.
fn each_once(topics: &[MetadataRequestTopic]) -> Vec<&MetadataRequestTopic> {
    let mut seen = HashSet::new();
    topics.iter().filter(|topic| seen.insert((&topic.name, topic.topic_id))).collect()
}

async fn named_topics(
    cx: &RequestContext,
    request: &MetadataRequest,
    topics: &[&MetadataRequestTopic],
) -> Vec<MetadataResponseTopic> {
    if cx.version < TOPIC_IDS_FROM && topics.iter().any(|topic| topic.name.is_none() || !topic.topic_id.is_zero()) {
        // These versions have no room for a topic without a name.
        let named = |topic: &&MetadataRequestTopic| MetadataResponseTopic {
            name: Some(TopicName::default()),
            ..failed(topic, ErrorCode::INVALID_REQUEST)
        };
        return topics.iter().map(named).collect();
    }
    let image = cx.node.image();
    let mut missing = Vec::new();
    let mut found = Vec::new();
    for asked in topics {
        let topic = match (&asked.name, asked.topic_id) {
            (None, id) => image.topic_by_id(id),
            (Some(name), _) => image.topic(name),
        };
        found.push(match (topic, &asked.name) {
            (Some(topic), _) => describe(&image, topic),
            (None, None) => failed(asked, ErrorCode::UNKNOWN_TOPIC_ID),
            (None, Some(name)) if check_name(name).is_err() => failed(asked, ErrorCode::INVALID_TOPIC_EXCEPTION),
            (None, Some(name)) => {
                missing.push(name.clone());
                // Also while it is being created: the client asks again.
                failed(asked, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
            }
        });
    }
    if request.allow_auto_topic_creation && cx.node.config().auto_create_topics_enable {
        auto_create(cx, missing, &mut found).await;
    }
    found
}

/// Creates topics with the broker's defaults. Those that cannot be created are answered with the reason.
async fn auto_create(cx: &RequestContext, mut names: Vec<TopicName>, found: &mut [MetadataResponseTopic]) {
    // The topic of the group coordinator has settings of its own, whoever asks for it first.
    if names.contains(&groups::TOPIC) {
        names.retain(|name| *name != groups::TOPIC);
        groups::ensure_topic(&cx.node).await;
    }
    let mut refused = HashMap::new();
    for names in names.get(..MOST_CREATED.min(names.len())).unwrap_or_default().chunks(CREATED_AT_ONCE) {
        let topic = |name: &TopicName| CreatableTopic {
            name: name.clone(),
            num_partitions: -1,
            replication_factor: -1,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: names.iter().map(topic).collect(), ..Default::default() };
        let created = cx.node.controller().change(|change| change.create_topics(&request)).await;
        let failed = created.unwrap_or_default().into_iter().map(|result| (result.name, result.error_code));
        refused.extend(failed.filter(|(_, code)| !code.is_none() && *code != ErrorCode::TOPIC_ALREADY_EXISTS));
        tokio::task::yield_now().await;
    }
    for topic in found {
        if let Some(code) = topic.name.as_ref().and_then(|name| refused.get(name)) {
            topic.error_code = *code;
        }
    }
}

fn failed(topic: &MetadataRequestTopic, error_code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic { error_code, name: topic.name.clone(), topic_id: topic.topic_id, ..Default::default() }
}

fn describe(image: &MetadataImage, topic: &Topic) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: ErrorCode::NONE,
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: topic.is_internal(),
        partitions: (0..).zip(&topic.partitions).map(|(index, p)| describe_partition(image, topic, index, p)).collect(),
        ..Default::default()
    }
}

fn describe_partition(
    image: &MetadataImage,
    topic: &Topic,
    partition_index: i32,
    partition: &PartitionRegistration,
) -> MetadataResponsePartition {
    let Serving { leader, in_sync, offline } = image.serving(topic, partition_index, partition);
    MetadataResponsePartition {
        error_code: if leader == NodeId::NONE { ErrorCode::LEADER_NOT_AVAILABLE } else { ErrorCode::NONE },
        partition_index,
        leader_id: leader,
        leader_epoch: partition.leader_epoch,
        replica_nodes: partition.replicas.clone(),
        isr_nodes: in_sync,
        offline_replicas: offline,
    }
}
