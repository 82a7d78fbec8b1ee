//! DescribeCluster and DescribeQuorum: the nodes, and who decides.

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        describe_cluster::{DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse},
        describe_quorum::{
            DescribeQuorumRequest, DescribeQuorumResponse, Listener, Node, ReplicaState, RequestTopicData,
            ResponsePartitionData, ResponseTopicData,
        },
    },
    types::NodeId,
    wire::Str,
};

use super::authorized;
use crate::{
    controller::{Broker, MetadataImage},
    dispatch::RequestContext,
};

/// The endpoints of brokers, as opposed to those of controllers.
const BROKERS: i8 = 1;
const METADATA_TOPIC: &str = "__cluster_metadata";

pub(crate) async fn describe(cx: &RequestContext, request: DescribeClusterRequest) -> DescribeClusterResponse {
    if request.endpoint_type != BROKERS {
        return DescribeClusterResponse {
            error_code: ErrorCode::MISMATCHED_ENDPOINT_TYPE,
            error_message: Some(Str::from_static("this listener is one of brokers")),
            ..Default::default()
        };
    }
    let image = cx.node.image();
    let row = |broker: &Broker| {
        let endpoint = broker.endpoint(&cx.listener)?;
        Some(DescribeClusterBroker {
            broker_id: broker.node_id,
            host: endpoint.host.clone(),
            port: endpoint.port.into(),
            rack: broker.rack.clone(),
            ..Default::default()
        })
    };
    let mut response = DescribeClusterResponse {
        cluster_id: image.cluster_id.clone(),
        controller_id: image.controller_id(),
        brokers: image.brokers.values().filter_map(row).collect(),
        ..Default::default()
    };
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = authorized::CLUSTER;
    }
    response
}

/// The quorum is one controller, which shows itself as the node that admin requests go to.
pub(crate) async fn describe_quorum(cx: &RequestContext, request: DescribeQuorumRequest) -> DescribeQuorumResponse {
    let image = cx.node.image();
    let now_ms = cx.node.now_ms();
    // The quorum of the metadata is the only one there is, so exactly one partition may be asked for.
    let one = matches!(request.topics.as_slice(), [topic] if topic.partitions.len() == 1);
    let topics = request.topics.into_iter().map(|topic| quorum_topic(&image, topic, one, now_ms)).collect();
    let nodes = image.brokers.get(&image.controller_id()).map(|broker| quorum_node(cx, broker)).into_iter();
    DescribeQuorumResponse {
        topics,
        // The field came with version 2.
        nodes: nodes.filter(|_| cx.version >= 2).collect(),
        ..Default::default()
    }
}

fn quorum_topic(image: &MetadataImage, topic: RequestTopicData, one: bool, now_ms: i64) -> ResponseTopicData {
    let known = |index| one && *topic.topic_name == *METADATA_TOPIC && index == 0;
    let partition = |index| match known(index) {
        true => quorum_partition(image.controller_id(), image.version, now_ms),
        false => ResponsePartitionData {
            partition_index: index,
            error_code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            ..Default::default()
        },
    };
    let partitions = topic.partitions.iter().map(|asked| partition(asked.partition_index)).collect();
    ResponseTopicData { topic_name: topic.topic_name, partitions }
}

fn quorum_partition(controller: NodeId, version: u64, now_ms: i64) -> ResponsePartitionData {
    let log_end_offset = i64::try_from(version).unwrap_or(i64::MAX);
    let voter = ReplicaState {
        replica_id: controller,
        log_end_offset,
        last_fetch_timestamp: now_ms,
        last_caught_up_timestamp: now_ms,
        ..Default::default()
    };
    ResponsePartitionData {
        leader_id: controller,
        leader_epoch: 1,
        high_watermark: log_end_offset,
        current_voters: vec![voter],
        ..Default::default()
    }
}

fn quorum_node(cx: &RequestContext, broker: &Broker) -> Node {
    let listener = |name: &Str| {
        let endpoint = broker.endpoint(name)?;
        Some(Listener { name: name.clone(), host: endpoint.host.clone(), port: endpoint.port })
    };
    Node { node_id: broker.node_id, listeners: listener(&cx.listener).into_iter().collect() }
}
