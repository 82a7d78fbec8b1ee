//! Committed offsets.

use std::collections::HashMap;

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        offset_commit::{
            OffsetCommitRequest, OffsetCommitRequestTopic, OffsetCommitResponse, OffsetCommitResponsePartition,
            OffsetCommitResponseTopic,
        },
        offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse},
        offset_fetch::{
            OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
            OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
            OffsetFetchResponseTopic, OffsetFetchResponseTopics,
        },
    },
    types::{GroupId, TopicName},
    wire::Uuid,
};

use super::groups::{code_of, operate};
use crate::{controller::MetadataImage, coordinator::group::Reply, dispatch::RequestContext};

/// From this version on, topics go by their ids.
const TOPIC_IDS_FROM: i16 = 10;
/// From this version on, a request to fetch offsets names several groups.
const SEVERAL_GROUPS_FROM: i16 = 8;
/// The first version of a fetch that has room for an error of the whole group.
const GROUP_ERROR_FROM: i16 = 2;

pub(crate) async fn commit(cx: &RequestContext, mut request: OffsetCommitRequest) -> OffsetCommitResponse {
    let image = cx.node.image();
    let mut refused = Vec::new();
    request.topics.retain_mut(|topic| match check_topic(cx, &image, topic) {
        Ok(()) => {
            let unknown = take_unknown_partitions(&image, topic);
            refused.extend(unknown);
            !topic.partitions.is_empty()
        }
        Err(code) => {
            refused.push(refuse(topic, code));
            false
        }
    });
    let asked = request.topics.clone();
    let committed =
        operate(cx, &request.group_id, |groups, now, token| groups.offset_commit(now, token, cx.version, &request));
    let mut response = match committed.await {
        Ok(Reply::OffsetCommit(response)) => response,
        other => {
            let code = code_of(other);
            OffsetCommitResponse { topics: asked.iter().map(|t| refuse(t, code)).collect(), ..Default::default() }
        }
    };
    response.topics.extend(refused);
    let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    partitions.for_each(|partition| cx.node.meter.note_code(partition.error_code));
    response
}

/// Gives a topic the name that its id stands for, and the id where there is only a name.
fn check_topic(
    cx: &RequestContext,
    image: &MetadataImage,
    topic: &mut OffsetCommitRequestTopic,
) -> Result<(), ErrorCode> {
    if cx.version >= TOPIC_IDS_FROM {
        let known = image.topic_by_id(topic.topic_id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?;
        topic.name = known.name.clone();
        return Ok(());
    }
    let known = image.topic(&topic.name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    topic.topic_id = known.id;
    Ok(())
}

fn take_unknown_partitions(
    image: &MetadataImage,
    topic: &mut OffsetCommitRequestTopic,
) -> Option<OffsetCommitResponseTopic> {
    let known = image.topic(&topic.name)?;
    let (there, not_there): (Vec<_>, Vec<_>) =
        std::mem::take(&mut topic.partitions).into_iter().partition(|p| known.partition(p.partition_index).is_some());
    topic.partitions = there;
    let unknown = OffsetCommitRequestTopic { partitions: not_there, ..topic.clone() };
    (!unknown.partitions.is_empty()).then(|| refuse(&unknown, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))
}

fn refuse(topic: &OffsetCommitRequestTopic, error_code: ErrorCode) -> OffsetCommitResponseTopic {
    let partitions = topic
        .partitions
        .iter()
        .map(|p| OffsetCommitResponsePartition { partition_index: p.partition_index, error_code })
        .collect();
    OffsetCommitResponseTopic { name: topic.name.clone(), topic_id: topic.topic_id, partitions }
}

pub(crate) async fn fetch(cx: &RequestContext, request: OffsetFetchRequest) -> OffsetFetchResponse {
    if cx.version >= SEVERAL_GROUPS_FROM {
        let mut groups = Vec::with_capacity(request.groups.len());
        for group in merged(request.groups) {
            groups.push(fetch_group(cx, group, request.require_stable).await);
        }
        return OffsetFetchResponse { groups, ..Default::default() };
    }
    let topics = request.topics.map(|topics| {
        let topic = |t: ottla_protocol::messages::offset_fetch::OffsetFetchRequestTopic| OffsetFetchRequestTopics {
            name: t.name,
            partition_indexes: t.partition_indexes,
            ..Default::default()
        };
        topics.into_iter().map(topic).collect::<Vec<_>>()
    });
    let group = OffsetFetchRequestGroup { group_id: request.group_id, topics, ..Default::default() };
    let asked = group.topics.clone();
    let fetched = fetch_group(cx, group, request.require_stable).await;
    single_group(cx, fetched, asked.unwrap_or_default())
}

/// The groups without repetitions, each with every topic that is asked for: some bytes ask for all offsets of a group.
fn merged(groups: Vec<OffsetFetchRequestGroup>) -> Vec<OffsetFetchRequestGroup> {
    let mut places: HashMap<GroupId, usize> = HashMap::new();
    let mut all: Vec<OffsetFetchRequestGroup> = Vec::with_capacity(groups.len());
    for group in groups {
        let place = *places.entry(group.group_id.clone()).or_insert(all.len());
        match all.get_mut(place) {
            Some(same) => same.topics = same.topics.take().zip(group.topics).map(|(some, more)| [some, more].concat()),
            None => all.push(group),
        }
    }
    all
}

async fn fetch_group(
    cx: &RequestContext,
    mut group: OffsetFetchRequestGroup,
    require_stable: bool,
) -> OffsetFetchResponseGroup {
    let group_id = group.group_id.clone();
    let shard = match cx.node.groups.shard(&cx.node, &group_id).await {
        Ok(shard) => shard,
        Err(error_code) => return OffsetFetchResponseGroup { group_id, error_code, ..Default::default() },
    };
    let image = cx.node.image();
    let mut unknown = Vec::new();
    if let Some(topics) = group.topics.as_mut().filter(|_| cx.version >= TOPIC_IDS_FROM) {
        topics.retain_mut(|topic| match image.topic_by_id(topic.topic_id) {
            Some(known) => {
                topic.name = known.name.clone();
                true
            }
            None => {
                unknown.push(unknown_topic(topic));
                false
            }
        });
    }
    let id_of = |name: &TopicName| image.topic(name).map_or(Uuid::ZERO, |topic| topic.id);
    let mut response =
        shard.read(|groups| groups.offset_fetch(&group_id, group.topics.as_deref(), require_stable, id_of));
    if cx.version >= TOPIC_IDS_FROM {
        // Offsets of a topic that is gone have no id to go by.
        response.topics.retain_mut(|topic| match image.topic(&topic.name) {
            Some(known) => {
                topic.topic_id = known.id;
                true
            }
            None => false,
        });
        response.topics.extend(unknown);
    }
    response
}

fn unknown_topic(topic: &OffsetFetchRequestTopics) -> OffsetFetchResponseTopics {
    let partition = |index: &i32| OffsetFetchResponsePartitions {
        partition_index: *index,
        committed_offset: -1,
        metadata: Some(Default::default()),
        error_code: ErrorCode::UNKNOWN_TOPIC_ID,
        ..Default::default()
    };
    OffsetFetchResponseTopics {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partition_indexes.iter().map(partition).collect(),
    }
}

/// The response of the versions that know one group. The first of them have no place for an error but at each partition.
fn single_group(
    cx: &RequestContext,
    group: OffsetFetchResponseGroup,
    asked: Vec<OffsetFetchRequestTopics>,
) -> OffsetFetchResponse {
    let mut topics = group.topics;
    if !group.error_code.is_none() && cx.version < GROUP_ERROR_FROM {
        topics = asked.iter().map(unknown_topic).collect();
        topics.iter_mut().flat_map(|t| &mut t.partitions).for_each(|p| p.error_code = group.error_code);
    }
    let partition = |p: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
        partition_index: p.partition_index,
        committed_offset: p.committed_offset,
        committed_leader_epoch: p.committed_leader_epoch,
        metadata: p.metadata,
        error_code: p.error_code,
    };
    let topic = |t: OffsetFetchResponseTopics| OffsetFetchResponseTopic {
        name: t.name,
        partitions: t.partitions.into_iter().map(partition).collect(),
    };
    OffsetFetchResponse {
        topics: topics.into_iter().map(topic).collect(),
        error_code: group.error_code,
        ..Default::default()
    }
}

pub(crate) async fn delete(cx: &RequestContext, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let deleted = operate(cx, &request.group_id, |groups, _, token| groups.offset_delete(token, &request)).await;
    match deleted {
        Ok(Reply::OffsetDelete(response)) => response,
        other => OffsetDeleteResponse { error_code: code_of(other), ..Default::default() },
    }
}
