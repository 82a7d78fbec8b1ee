//! The handlers, one file per API or family of APIs.
//!
//! A handler takes a decoded request and returns a response; what is around it is in [`dispatch`](crate::dispatch).

pub(crate) mod api_versions;
mod authorized;
pub(crate) mod cluster;
pub(crate) mod configs;
pub(crate) mod fetch;
pub(crate) mod find_coordinator;
pub(crate) mod groups;
pub(crate) mod init_producer_id;
pub(crate) mod leaders;
pub(crate) mod list_offsets;
pub(crate) mod log_dirs;
pub(crate) mod metadata;
pub(crate) mod offset_for_leader_epoch;
pub(crate) mod offsets;
pub(crate) mod produce;
pub(crate) mod producers;
pub(crate) mod records;
#[cfg(test)]
mod tests;
pub(crate) mod topic_partitions;
pub(crate) mod topics;

use std::sync::Arc;

use ottla_protocol::{error_code::ErrorCode, types::NodeId, wire::Str};

use crate::{
    controller::MetadataStoreError,
    dispatch::RequestContext,
    network::Endpoint,
    partition::{Leadership, Partition},
};

/// Where a node is reached by whoever sent the request, and its rack.
fn leader_endpoint(cx: &RequestContext, node: NodeId) -> Option<(Endpoint, Option<Str>)> {
    let image = cx.node.image();
    let broker = image.brokers.get(&node)?;
    Some((broker.endpoint(&cx.listener)?.clone(), broker.rack.clone()))
}

/// The partition of a topic that is named by its name, if it is on this node.
fn partition_by_name(
    cx: &RequestContext,
    topic: &str,
    index: i32,
) -> Result<Arc<Partition>, (ErrorCode, Option<Leadership>)> {
    match cx.node.replicas.topic(topic) {
        Some(topic) => topic.partition(index).cloned(),
        None => Err((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None)),
    }
}

/// The controller cannot store a change: what clients are told.
fn store_failed(error: &MetadataStoreError) -> ErrorCode {
    tracing::error!(%error, "the controller cannot store a change");
    ErrorCode::KAFKA_STORAGE_ERROR
}
