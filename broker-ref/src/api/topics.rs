//! CreateTopics, DeleteTopics and CreatePartitions: asked of any node, decided by the controller.

use ottla_protocol::messages::{
    create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopicResult},
    create_topics::{CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse},
    delete_topics::{DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse},
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
    let topics: Vec<_> = request.topics.into_iter().chain(request.topic_names.into_iter().map(by_name)).collect();
    let deleted = cx.node.controller().change(|change| change.delete_topics(&topics)).await;
    let responses = deleted.unwrap_or_else(|error| {
        let error_code = store_failed(&error);
        let failed = |topic: &DeleteTopicState| DeletableTopicResult {
            name: topic.name.clone(),
            topic_id: topic.topic_id,
            error_code,
            ..Default::default()
        };
        topics.iter().map(failed).collect()
    });
    DeleteTopicsResponse { responses, ..Default::default() }
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
