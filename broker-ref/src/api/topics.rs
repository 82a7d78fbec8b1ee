//! CreateTopics, DeleteTopics and CreatePartitions: asked of any node, decided by the controller.

use std::collections::BTreeMap;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopicResult},
        create_topics::{CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse},
        delete_topics::{DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse},
    },
    types::TopicName,
    wire::Uuid,
};

use super::store_failed;
use crate::dispatch::RequestContext;

pub(crate) async fn create(cx: &RequestContext, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let created = cx.node.controller().change(|change| change.create_topics(&request)).await;
    let topics = created.unwrap_or_else(|error| {
        let error_code = store_failed(&error);
        let failed = |name| CreatableTopicResult { name, error_code, ..Default::default() };
        request.topics.iter().map(|topic| failed(topic.name.clone())).collect()
    });
    CreateTopicsResponse { topics, ..Default::default() }
}

pub(crate) async fn delete(cx: &RequestContext, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = |name| DeleteTopicState { name: Some(name), ..Default::default() };
    let asked = request.topics.into_iter().chain(request.topic_names.into_iter().map(by_name));
    let (topics, repeated) = without_repeated(asked);
    let deleted = cx.node.controller().change(|change| change.delete_topics(&topics)).await;
    let failed = |topic: &DeleteTopicState, error_code| DeletableTopicResult {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        error_code,
        ..Default::default()
    };
    let mut responses = deleted.unwrap_or_else(|error| {
        let error_code = store_failed(&error);
        topics.iter().map(|topic| failed(topic, error_code)).collect()
    });
    responses.extend(repeated.iter().map(|topic| failed(topic, ErrorCode::INVALID_REQUEST)));
    DeleteTopicsResponse { responses, ..Default::default() }
}

/// The topics that are named once, and those that are named repeatedly, which are not deleted.
fn without_repeated(topics: impl Iterator<Item = DeleteTopicState>) -> (Vec<DeleteTopicState>, Vec<DeleteTopicState>) {
    let mut times: BTreeMap<(Option<TopicName>, Uuid), usize> = BTreeMap::new();
    topics.for_each(|topic| *times.entry((topic.name, topic.topic_id)).or_default() += 1);
    let (once, repeated): (Vec<_>, Vec<_>) = times.into_iter().partition(|(_, times)| *times == 1);
    let state = |((name, topic_id), _)| DeleteTopicState { name, topic_id };
    (once.into_iter().map(state).collect(), repeated.into_iter().map(state).collect())
}

pub(crate) async fn create_partitions(
    cx: &RequestContext,
    request: CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let created = cx.node.controller().change(|change| change.create_partitions(&request)).await;
    let results = created.unwrap_or_else(|error| {
        let error_code = store_failed(&error);
        let failed = |name| CreatePartitionsTopicResult { name, error_code, ..Default::default() };
        request.topics.iter().map(|topic| failed(topic.name.clone())).collect()
    });
    CreatePartitionsResponse { results, ..Default::default() }
}
