//! The handlers, called as the dispatcher calls them, on a cluster in memory.

mod config;
mod describe;
mod elections;
mod fetch;
mod group_config;
mod hostile;
mod log_dir;
mod membership;
mod offline;
mod offset;
mod produce;
mod topic;

use std::sync::Arc;

use bytes::Bytes;
use ottla_protocol::{
    compression::Compressor,
    error_code::ErrorCode,
    messages::produce::{
        PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
    },
    record::{BatchSettings, Compression, RecordBatchBuilder},
    types::NodeId,
    wire::{Records, Str, Uuid},
};

use super::*;
use crate::{Cluster, ClusterBuilder, api, dispatch::Reply, node::Node};

/// Nobody has this topic id.
const NO_TOPIC: Uuid = Uuid([9; 16]);

/// A cluster, and contexts of requests to its nodes.
struct Bench {
    cluster: Cluster,
}

impl Bench {
    /// One node, with the topic `t` of two partitions.
    async fn new() -> Self {
        Self::with(|c| c.topic("t", 2)).await
    }

    async fn with(build: impl FnOnce(ClusterBuilder) -> ClusterBuilder) -> Self {
        Self { cluster: build(Cluster::builder().in_memory_network().seed(1)).start().await.unwrap() }
    }

    /// Of a request in this version to the first node.
    fn cx(&self, version: i16) -> RequestContext {
        self.cx_of(&self.cluster.node(0), version)
    }

    fn cx_of(&self, node: &Arc<Node>, version: i16) -> RequestContext {
        RequestContext {
            node: node.clone(),
            listener: "PLAINTEXT".into(),
            version,
            client_id: "client".into(),
            client_host: "/127.0.0.1".into(),
        }
    }

    fn topic_id(&self, name: &str) -> Uuid {
        self.cluster.node(0).image().topic(name).unwrap().id
    }

    /// The response for partition 0 of a topic.
    async fn produce(&self, topic: &str, records: Bytes) -> PartitionProduceResponse {
        produce(&self.cx(9), produce_request(topic, 0, Some(records))).await
    }

    /// Writes a batch of so many records.
    async fn write(&self, topic: &str, records: usize) {
        let mut builder = RecordBatchBuilder::new(BatchSettings::default());
        for _ in 0..records {
            builder.append(self.cluster.node(0).now_ms(), Some(b"k"), Some(b"value"), []).unwrap();
        }
        assert_eq!(self.produce(topic, seal(builder)).await.error_code, ErrorCode::NONE);
    }

    async fn create_groups_topic(&self) {
        crate::groups::ensure_topic(&self.cluster.node(0)).await;
    }
}

fn produce_request(topic: &str, index: i32, records: Option<Bytes>) -> ProduceRequest {
    ProduceRequest {
        acks: -1,
        topic_data: vec![TopicProduceData {
            name: topic.into(),
            partition_data: vec![PartitionProduceData { index, records: records.map(Records) }],
            ..Default::default()
        }],
        ..Default::default()
    }
}

async fn produce(cx: &RequestContext, request: ProduceRequest) -> PartitionProduceResponse {
    only_partition(&response(api::produce::handle(cx, request).await)).clone()
}

fn only_partition(response: &ProduceResponse) -> &PartitionProduceResponse {
    assert_eq!((response.responses.len(), response.responses[0].partition_responses.len()), (1, 1));
    &response.responses[0].partition_responses[0]
}

fn response<R>(reply: Reply<R>) -> R {
    match reply {
        Reply::Respond(response) => response,
        Reply::Silent => panic!("no response"),
        Reply::Close => panic!("the connection is closed"),
    }
}

fn seal(mut builder: RecordBatchBuilder) -> Bytes {
    builder.seal(&mut Compressor::default()).unwrap()
}

/// A batch of one record.
fn batch(codec: Compression, timestamp: i64, key: Option<&[u8]>) -> Bytes {
    let mut builder = RecordBatchBuilder::new(BatchSettings { compression: codec.into(), ..Default::default() });
    builder.append(timestamp, key, Some(b"value"), []).unwrap();
    seal(builder)
}
