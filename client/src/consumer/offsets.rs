//! Requests about offsets: where logs begin and end, what a group has committed.

use std::{collections::HashMap, time::Duration};

use ottla_protocol::{
    error_code::ErrorCode,
    messages::{
        list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic},
        offset_fetch::{
            OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
            OffsetFetchResponse,
        },
        offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic},
    },
    types::{GroupId, NodeId, TopicName},
    wire::{Str, Uuid},
};

use crate::{
    TopicPartition,
    client::{CoordinatorError, CoordinatorType, Inner},
    metadata::ClusterMetadata,
    net::{Purpose, RequestError},
};

use super::{
    assignment::{EpochLookup, OffsetTarget},
    position::{OffsetAndMetadata, Position},
};

/// The newest version of the offset APIs that names topics.
pub(super) const LAST_BY_NAME: i16 = 9;

/// An answer for each partition.
pub(super) type PerPartition<T> = HashMap<TopicPartition, Result<T, ErrorCode>>;

/// An offset by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffsetAndTimestamp {
    /// The offset of the record.
    pub offset: i64,
    /// Its timestamp, in milliseconds since the epoch.
    pub timestamp: i64,
    /// The epoch of the leader that wrote it, if it is known.
    pub leader_epoch: Option<i32>,
}

/// Partitions grouped by topic, in order.
pub(super) fn by_topic<'a, T>(
    partitions: impl IntoIterator<Item = (&'a TopicPartition, T)>,
) -> Vec<(TopicName, Vec<(i32, T)>)> {
    let mut topics: Vec<(TopicName, Vec<(i32, T)>)> = Vec::new();
    let mut positions: HashMap<&TopicName, usize> = HashMap::new();
    for (partition, value) in partitions {
        let position = *positions.entry(&partition.topic).or_insert_with(|| {
            topics.push((partition.topic.clone(), Vec::new()));
            topics.len() - 1
        });
        if let Some((_, values)) = topics.get_mut(position) {
            values.push((partition.partition, value));
        }
    }
    topics
}

impl OffsetTarget {
    /// The timestamp that stands for it in a request.
    fn timestamp(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest => -1,
            // Numbers below zero have meanings of their own.
            Self::Timestamp(timestamp) => timestamp.max(0),
            Self::Age(age) => now_ms().saturating_sub_unsigned(age.as_millis() as u64).max(0),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "it is the times of records that this is compared with")]
fn now_ms() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    since_epoch.as_millis() as i64
}

/// Asks a leader for offsets; `None` if no record is as young as that.
pub(super) async fn list_offsets(
    inner: &Inner,
    node: NodeId,
    isolation_level: i8,
    lookups: &[(TopicPartition, OffsetTarget, i32)],
) -> Result<PerPartition<Option<OffsetAndTimestamp>>, RequestError> {
    let topics = by_topic(lookups.iter().map(|(partition, target, epoch)| (partition, (target, *epoch))));
    let request = ListOffsetsRequest {
        replica_id: NodeId(-1),
        isolation_level,
        topics: topics
            .into_iter()
            .map(|(name, partitions)| ListOffsetsTopic {
                name,
                partitions: partitions
                    .into_iter()
                    .map(|(partition_index, (target, current_leader_epoch))| ListOffsetsPartition {
                        partition_index,
                        current_leader_epoch,
                        timestamp: target.timestamp(),
                    })
                    .collect(),
            })
            .collect(),
        timeout_ms: inner.config.request_timeout.as_millis() as i32,
    };
    let response = inner.call_node(node, Purpose::General, &request).await?;
    let partitions = response.topics.iter().flat_map(|topic| topic.partitions.iter().map(|p| (&topic.name, p)));
    Ok(partitions
        .map(|(topic, partition)| {
            let found = (partition.offset >= 0).then_some(OffsetAndTimestamp {
                offset: partition.offset,
                timestamp: partition.timestamp,
                leader_epoch: Some(partition.leader_epoch).filter(|epoch| *epoch >= 0),
            });
            let result = if partition.error_code.is_none() { Ok(found) } else { Err(partition.error_code) };
            (TopicPartition { topic: topic.clone(), partition: partition.partition_index }, result)
        })
        .collect())
}

/// Asks a leader where its log ends for the epochs of some positions; `None` if it does not know the epoch.
pub(super) async fn epoch_ends(
    inner: &Inner,
    node: NodeId,
    lookups: &[EpochLookup],
) -> Result<PerPartition<Option<Position>>, RequestError> {
    let topics = by_topic(lookups.iter().map(|lookup| (&lookup.ticket.partition, lookup)));
    let request = OffsetForLeaderEpochRequest {
        replica_id: NodeId(-1),
        topics: topics
            .into_iter()
            .map(|(topic, partitions)| OffsetForLeaderTopic {
                topic,
                partitions: partitions
                    .into_iter()
                    .map(|(partition, lookup)| OffsetForLeaderPartition {
                        partition,
                        current_leader_epoch: lookup.current_leader_epoch,
                        leader_epoch: lookup.leader_epoch,
                    })
                    .collect(),
            })
            .collect(),
    };
    let response = inner.call_node(node, Purpose::General, &request).await?;
    let partitions = response.topics.iter().flat_map(|topic| topic.partitions.iter().map(|p| (&topic.topic, p)));
    Ok(partitions
        .map(|(topic, partition)| {
            let known = partition.end_offset >= 0 && partition.leader_epoch >= 0;
            let end = known.then(|| Position::new(partition.end_offset, partition.leader_epoch));
            let result = if partition.error_code.is_none() { Ok(end) } else { Err(partition.error_code) };
            (TopicPartition { topic: topic.clone(), partition: partition.partition }, result)
        })
        .collect())
}

/// Why a question to the coordinator got no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum GroupRequestError {
    #[error(transparent)]
    Coordinator(#[from] CoordinatorError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("the coordinator answers {0}")]
    Refused(ErrorCode),
}

impl GroupRequestError {
    /// Whether the same question may be answered later.
    pub(super) fn is_retriable(&self) -> bool {
        match self {
            Self::Coordinator(CoordinatorError::Refused(code)) | Self::Refused(code) => code.is_retriable(),
            Self::Coordinator(CoordinatorError::Request(error)) | Self::Request(error) => error.is_retriable(),
        }
    }
}

/// Whether a code means that another node coordinates the group now.
pub(super) fn moves_coordinator(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE)
}

/// The ids of the topics of some partitions, or `None` if one has none.
pub(super) fn topic_ids<'a>(
    metadata: &ClusterMetadata,
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> Option<HashMap<TopicName, Uuid>> {
    let id = |partition: &TopicPartition| {
        let topic = metadata.topic(&partition.topic).filter(|topic| !topic.id.is_zero())?;
        Some((partition.topic.clone(), topic.id))
    };
    partitions.into_iter().map(id).collect()
}

/// Asks the coordinator for committed offsets; `None` where there is none.
pub(super) async fn fetch_committed(
    inner: &Inner,
    group: &GroupId,
    partitions: &[TopicPartition],
) -> Result<PerPartition<Option<OffsetAndMetadata>>, GroupRequestError> {
    let node = inner.coordinator(CoordinatorType::Group, group).await?;
    let result = fetch_committed_from(inner, node, group, partitions).await;
    let lost = match &result {
        Err(GroupRequestError::Refused(code)) => moves_coordinator(*code),
        Err(GroupRequestError::Request(_)) => true,
        Ok(_) | Err(GroupRequestError::Coordinator(_)) => false,
    };
    if lost {
        inner.forget_coordinator(CoordinatorType::Group, group);
    }
    result
}

async fn fetch_committed_from(
    inner: &Inner,
    node: NodeId,
    group: &GroupId,
    partitions: &[TopicPartition],
) -> Result<PerPartition<Option<OffsetAndMetadata>>, GroupRequestError> {
    let connection = inner.connection(node, Purpose::General).await?;
    let ids = topic_ids(&inner.metadata(), partitions).filter(|_| connection.versions().has_topic_ids());
    let cap = if ids.is_some() { i16::MAX } else { LAST_BY_NAME };
    let version = connection.versions().newest_below::<OffsetFetchRequest>(cap)?;
    let request = offset_fetch_request(version, group, partitions, &ids.unwrap_or_default());
    let response = connection.send(&request, version, inner.config.request_timeout)?.wait().await?;
    read_committed(version, &inner.metadata(), &response)
}

fn offset_fetch_request(
    version: i16,
    group: &GroupId,
    partitions: &[TopicPartition],
    ids: &HashMap<TopicName, Uuid>,
) -> OffsetFetchRequest {
    let topics = by_topic(partitions.iter().map(|partition| (partition, ())));
    let topics = topics.into_iter().map(|(name, partitions)| {
        let indexes: Vec<i32> = partitions.into_iter().map(|(partition, ())| partition).collect();
        (ids.get(&name).copied().unwrap_or_default(), name, indexes)
    });
    let require_stable = version >= 7;
    if version < 8 {
        let topics =
            topics.map(|(_, name, partition_indexes)| OffsetFetchRequestTopic { name, partition_indexes }).collect();
        return OffsetFetchRequest {
            group_id: group.clone(),
            topics: Some(topics),
            require_stable,
            ..Default::default()
        };
    }
    let topics = topics
        .map(|(topic_id, name, partition_indexes)| OffsetFetchRequestTopics { name, topic_id, partition_indexes })
        .collect();
    let group = OffsetFetchRequestGroup { group_id: group.clone(), topics: Some(topics), ..Default::default() };
    OffsetFetchRequest { groups: vec![group], require_stable, ..Default::default() }
}

fn read_committed(
    version: i16,
    metadata: &ClusterMetadata,
    response: &OffsetFetchResponse,
) -> Result<PerPartition<Option<OffsetAndMetadata>>, GroupRequestError> {
    if version < 8 {
        refuse(response.error_code)?;
        let partitions = response.topics.iter().flat_map(|topic| topic.partitions.iter().map(|p| (&topic.name, p)));
        return Ok(partitions
            .map(|(topic, p)| {
                let partition = TopicPartition { topic: topic.detach(), partition: p.partition_index };
                let committed =
                    committed(p.error_code, p.committed_offset, p.committed_leader_epoch, p.metadata.as_ref());
                (partition, committed)
            })
            .collect());
    }
    let mut offsets = HashMap::new();
    for group in &response.groups {
        refuse(group.error_code)?;
        for topic in &group.topics {
            let name = if topic.topic_id.is_zero() { Some(&topic.name) } else { metadata.topic_name(topic.topic_id) };
            let Some(name) = name else { continue };
            for p in &topic.partitions {
                let partition = TopicPartition { topic: name.detach(), partition: p.partition_index };
                let committed =
                    committed(p.error_code, p.committed_offset, p.committed_leader_epoch, p.metadata.as_ref());
                offsets.insert(partition, committed);
            }
        }
    }
    Ok(offsets)
}

fn refuse(code: ErrorCode) -> Result<(), GroupRequestError> {
    if code.is_none() { Ok(()) } else { Err(GroupRequestError::Refused(code)) }
}

fn committed(
    code: ErrorCode,
    offset: i64,
    leader_epoch: i32,
    metadata: Option<&Str>,
) -> Result<Option<OffsetAndMetadata>, ErrorCode> {
    if !code.is_none() {
        return Err(code);
    }
    Ok((offset >= 0).then(|| {
        OffsetAndMetadata::new(offset)
            .with_leader_epoch(Some(leader_epoch).filter(|epoch| *epoch >= 0))
            .with_metadata(metadata.map(Str::detach).unwrap_or_default())
    }))
}
