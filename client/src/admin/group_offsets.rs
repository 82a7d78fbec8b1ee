//! The offsets that groups have committed.

use std::collections::BTreeMap;

use ottla_protocol::{
    api_key::ApiKey,
    error_code::ErrorCode,
    messages::{
        offset_commit::{OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        offset_delete::{OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
        offset_fetch::{
            OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
            OffsetFetchResponse,
        },
    },
    types::{GroupId, NodeId},
    wire::Str,
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Call, Route},
    error::needs,
    groups::{CoordinatorAnswer, check},
    leaders::by_topic,
    rounds::Rule,
};
use crate::TopicPartition;

/// Later versions name topics by id. Names work everywhere, also where a service announces those versions without ids.
const LAST_VERSION_WITH_NAMES: i16 = 9;

/// Where a group is in a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset of the next record to read.
    pub offset: i64,
    /// The leader epoch of the last record read, if it is known.
    pub leader_epoch: Option<i32>,
    /// The note that was committed with it.
    pub metadata: String,
}

impl CommittedOffset {
    /// An offset without epoch and note.
    pub fn new(offset: i64) -> Self {
        Self { offset, ..Self::default() }
    }
}

impl From<i64> for CommittedOffset {
    fn from(offset: i64) -> Self {
        Self::new(offset)
    }
}

/// The committed offsets of a group, by partition; what has none is not there.
pub type GroupOffsets = BTreeMap<TopicPartition, CommittedOffset>;

/// A group whose offsets to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOffsetsQuery {
    /// The group.
    pub group: GroupId,
    /// Only these partitions; none for all that it has offsets for.
    pub partitions: Option<Vec<TopicPartition>>,
}

/// Codes with which OffsetFetch and OffsetCommit say that it is not the time.
const PASSES: &[ErrorCode] = &[ErrorCode::REBALANCE_IN_PROGRESS];

impl Admin {
    /// Tells what a group has committed. A group that does not exist has committed nothing. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Refused`] with [`ErrorCode::GROUP_AUTHORIZATION_FAILED`] and so on.
    pub async fn list_group_offsets(&self, group: impl Into<GroupId>) -> Result<GroupOffsets, AdminError> {
        let query = GroupOffsetsQuery { group: group.into(), partitions: None };
        self.list_offsets_of_groups([query], false).await.only("groups")
    }

    /// Tells what groups have committed, several groups in one request where the broker can (from 3.0 on). With
    /// `require_stable` it waits until no open transaction can change an offset, from Kafka 2.5 on. Of several queries for
    /// one group, the last counts. Cancel safe.
    ///
    /// Errors: see [`list_group_offsets`](Self::list_group_offsets); a partition that cannot be told fails its group.
    pub async fn list_offsets_of_groups(
        &self,
        queries: impl IntoIterator<Item = GroupOffsetsQuery>,
        require_stable: bool,
    ) -> Outcomes<GroupId, GroupOffsets> {
        let queries: Vec<_> = queries.into_iter().collect();
        let groups: Vec<_> = queries.iter().map(|query| query.group.clone()).collect();
        let queries: BTreeMap<_, _> = queries.into_iter().map(|query| (query.group.clone(), query)).collect();
        let rule = Rule { passes: PASSES, ..Rule::READ };
        let mut rounds = self.rounds(ApiKey::OFFSET_FETCH, rule, groups);
        rounds
            .ask_coordinators(|call, node, groups| {
                let queries = groups.iter().filter_map(|group| queries.get(group)).cloned().collect();
                fetch(call, node, queries, require_stable)
            })
            .await;
        rounds.finish()
    }

    /// Sets committed offsets of a group that has no members, and makes the group if there is none. Of several offsets
    /// for one partition, the last counts.
    ///
    /// Not cancel safe: offsets may be set although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::UNKNOWN_MEMBER_ID`] if the group has members, and so on.
    pub async fn alter_group_offsets(
        &self,
        group: impl Into<GroupId>,
        offsets: impl IntoIterator<Item = (TopicPartition, impl Into<CommittedOffset>)>,
    ) -> Outcomes<TopicPartition, ()> {
        let group = group.into();
        let offsets: Vec<_> = offsets.into_iter().map(|(partition, offset)| (partition, offset.into())).collect();
        let partitions: Vec<_> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
        let offsets: GroupOffsets = offsets.into_iter().collect();
        let rule = Rule { passes: PASSES, unknown_topic_attempts: 4, ..Rule::CHANGE };
        let mut rounds = self.rounds(ApiKey::OFFSET_COMMIT, rule, partitions);
        rounds.ask_coordinator(&group, |call, node, open| commit(call, node, &group, open, &offsets)).await;
        rounds.finish()
    }

    /// Deletes committed offsets of a group, from Kafka 2.4 on.
    ///
    /// Not cancel safe: offsets may be deleted although the future was dropped.
    ///
    /// Errors: [`AdminError::Refused`] with [`ErrorCode::GROUP_ID_NOT_FOUND`],
    /// [`ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC`] and so on.
    pub async fn delete_group_offsets(
        &self,
        group: impl Into<GroupId>,
        partitions: impl IntoIterator<Item = TopicPartition>,
    ) -> Outcomes<TopicPartition, ()> {
        let group = group.into();
        let mut rounds = self.rounds(ApiKey::OFFSET_DELETE, Rule::CHANGE, partitions);
        rounds.ask_coordinator(&group, |call, node, open| delete(call, node, &group, open)).await;
        rounds.finish()
    }
}

async fn fetch(
    call: Call,
    node: NodeId,
    queries: Vec<GroupOffsetsQuery>,
    require_stable: bool,
) -> CoordinatorAnswer<GroupId, GroupOffsets> {
    let mut answers = Vec::new();
    let mut left = queries.as_slice();
    // One request for all groups where the version can say so, or else one for each.
    while !left.is_empty() {
        let mut asked = left;
        let response = call.send_below(Route::Node(node), LAST_VERSION_WITH_NAMES, |version| {
            (asked, left) = left.split_at(if version >= 8 { left.len() } else { 1 });
            fetch_request(version, asked, require_stable)
        });
        let response = response.await?;
        answers.extend(fetched(&response, asked));
    }
    Ok(answers)
}

fn fetch_request(
    version: i16,
    queries: &[GroupOffsetsQuery],
    require_stable: bool,
) -> Result<OffsetFetchRequest, AdminError> {
    if require_stable {
        needs(ApiKey::OFFSET_FETCH, "waiting for offsets to be stable", 7, version)?;
    }
    if version >= 8 {
        let groups = queries.iter().map(|query| OffsetFetchRequestGroup {
            group_id: query.group.clone(),
            topics: query.partitions.as_ref().map(|partitions| {
                let topic = |(name, partition_indexes)| OffsetFetchRequestTopics {
                    name,
                    partition_indexes,
                    ..OffsetFetchRequestTopics::default()
                };
                by_topic(partitions).into_iter().map(topic).collect()
            }),
            ..OffsetFetchRequestGroup::default()
        });
        return Ok(OffsetFetchRequest { groups: groups.collect(), require_stable, ..OffsetFetchRequest::default() });
    }
    let query = queries.first();
    let topics = query.and_then(|query| query.partitions.as_ref()).map(|partitions| {
        let topic = |(name, partition_indexes)| OffsetFetchRequestTopic { name, partition_indexes };
        by_topic(partitions).into_iter().map(topic).collect()
    });
    let group_id = query.map(|query| query.group.clone()).unwrap_or_default();
    Ok(OffsetFetchRequest { group_id, topics, require_stable, ..OffsetFetchRequest::default() })
}

type Fetched = (GroupId, Result<GroupOffsets, AdminError>);

/// The answers in either form: by group, or for the one group that was asked about.
fn fetched(response: &OffsetFetchResponse, asked: &[GroupOffsetsQuery]) -> Vec<Fetched> {
    if response.groups.is_empty() {
        let topics = response.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|p| {
                let partition = TopicPartition::new(topic.name.detach(), p.partition_index);
                let metadata = p.metadata.as_ref();
                (partition, p.error_code, p.committed_offset, p.committed_leader_epoch, metadata)
            })
        });
        let result = check("offsets", response.error_code, None, || ()).and_then(|()| offsets(topics));
        return asked.iter().take(1).map(|query| (query.group.clone(), result.clone())).collect();
    }
    let group = |group: &ottla_protocol::messages::offset_fetch::OffsetFetchResponseGroup| {
        let topics = group.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|p| {
                let partition = TopicPartition::new(topic.name.detach(), p.partition_index);
                let metadata = p.metadata.as_ref();
                (partition, p.error_code, p.committed_offset, p.committed_leader_epoch, metadata)
            })
        });
        let result = check(&group.group_id, group.error_code, None, || ()).and_then(|()| offsets(topics));
        (group.group_id.detach(), result)
    };
    response.groups.iter().map(group).collect()
}

/// The offsets that are committed; -1 says that none is.
fn offsets<'a>(
    partitions: impl Iterator<Item = (TopicPartition, ErrorCode, i64, i32, Option<&'a Str>)>,
) -> Result<GroupOffsets, AdminError> {
    let mut offsets = GroupOffsets::new();
    for (partition, code, offset, epoch, metadata) in partitions {
        check(&partition, code, None, || ())?;
        if offset >= 0 {
            let leader_epoch = Some(epoch).filter(|epoch| *epoch >= 0);
            let metadata = metadata.map(ToString::to_string).unwrap_or_default();
            offsets.insert(partition, CommittedOffset { offset, leader_epoch, metadata });
        }
    }
    Ok(offsets)
}

async fn commit(
    call: Call,
    node: NodeId,
    group: &GroupId,
    open: Vec<TopicPartition>,
    offsets: &GroupOffsets,
) -> CoordinatorAnswer<TopicPartition, ()> {
    let request = commit_request(group, &open, offsets);
    let response = call.send_below(Route::Node(node), LAST_VERSION_WITH_NAMES, |_| Ok(request)).await?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.name.detach(), partition.partition_index);
            let result = check(&key, partition.error_code, None, || ());
            (key, result)
        })
    });
    Ok(answered.collect())
}

/// A commit by nobody: generation -1 and no member id, which the coordinator takes for a group without members.
fn commit_request(group: &GroupId, open: &[TopicPartition], offsets: &GroupOffsets) -> OffsetCommitRequest {
    let topics = by_topic(open).into_iter().map(|(name, indexes)| {
        let partition = |partition_index: i32| {
            let committed = offsets.get(&TopicPartition::new(&name, partition_index))?;
            Some(OffsetCommitRequestPartition {
                partition_index,
                committed_offset: committed.offset,
                committed_leader_epoch: committed.leader_epoch.unwrap_or(-1),
                committed_metadata: Some(committed.metadata.as_str().into()),
            })
        };
        let partitions = indexes.into_iter().filter_map(partition).collect();
        OffsetCommitRequestTopic { name: name.clone(), partitions, ..OffsetCommitRequestTopic::default() }
    });
    OffsetCommitRequest { group_id: group.clone(), topics: topics.collect(), ..OffsetCommitRequest::default() }
}

async fn delete(
    call: Call,
    node: NodeId,
    group: &GroupId,
    open: Vec<TopicPartition>,
) -> CoordinatorAnswer<TopicPartition, ()> {
    let topics = by_topic(&open).into_iter().map(|(name, indexes)| OffsetDeleteRequestTopic {
        name,
        partitions: indexes
            .into_iter()
            .map(|partition_index| OffsetDeleteRequestPartition { partition_index })
            .collect(),
    });
    let request = OffsetDeleteRequest { group_id: group.clone(), topics: topics.collect() };
    let response = call.send(Route::Node(node), |_| Ok(request)).await?;
    check(group, response.error_code, None, || ())?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.name.detach(), partition.partition_index);
            let result = check(&key, partition.error_code, None, || ());
            (key, result)
        })
    });
    Ok(answered.collect())
}

#[cfg(test)]
mod tests {
    use ottla_protocol::messages::offset_fetch::{
        OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
        OffsetFetchResponseTopic, OffsetFetchResponseTopics,
    };

    use super::*;

    fn query(group: &str, partitions: Option<&[(&str, i32)]>) -> GroupOffsetsQuery {
        let partitions = partitions.map(|all| all.iter().map(|(t, p)| TopicPartition::new(*t, *p)).collect());
        GroupOffsetsQuery { group: group.into(), partitions }
    }

    #[test]
    fn several_groups_share_a_request_from_version_8_on() {
        let queries = [query("g", None), query("h", Some(&[("t", 1), ("t", 0)]))];
        let request = fetch_request(8, &queries, false).expect("a request");
        assert_eq!(request.group_id, "");
        assert_eq!(request.groups[0].topics, None);
        assert_eq!(
            request.groups[1].topics.as_ref().map(|topics| topics[0].partition_indexes.clone()),
            Some(vec![1, 0])
        );
        let old = fetch_request(7, &queries[..1], true).expect("a request");
        assert!(old.groups.is_empty() && old.group_id == "g" && old.topics.is_none() && old.require_stable);
    }

    #[test]
    fn stable_offsets_take_version_7() {
        let error = fetch_request(6, &[query("g", None)], true).expect_err("too old");
        assert!(matches!(error, AdminError::Unsupported { needs: 7, broker: 6, .. }));
    }

    #[test]
    fn both_forms_of_the_answer_read_the_same() {
        let old = OffsetFetchResponse {
            topics: vec![OffsetFetchResponseTopic {
                name: "t".into(),
                partitions: [(0, 5), (1, -1)]
                    .map(|(partition_index, committed_offset)| OffsetFetchResponsePartition {
                        partition_index,
                        committed_offset,
                        ..OffsetFetchResponsePartition::default()
                    })
                    .to_vec(),
            }],
            ..OffsetFetchResponse::default()
        };
        let new = OffsetFetchResponse {
            groups: vec![OffsetFetchResponseGroup {
                group_id: "g".into(),
                topics: vec![OffsetFetchResponseTopics {
                    name: "t".into(),
                    partitions: [(0, 5), (1, -1)]
                        .map(|(partition_index, committed_offset)| OffsetFetchResponsePartitions {
                            partition_index,
                            committed_offset,
                            ..OffsetFetchResponsePartitions::default()
                        })
                        .to_vec(),
                    ..OffsetFetchResponseTopics::default()
                }],
                ..OffsetFetchResponseGroup::default()
            }],
            ..OffsetFetchResponse::default()
        };
        for response in [old, new] {
            let answers = fetched(&response, &[query("g", None)]);
            let [(group, Ok(offsets))] = answers.as_slice() else { panic!("one group: {answers:?}") };
            assert_eq!(*group, "g");
            let expected = GroupOffsets::from([(TopicPartition::new("t", 0), CommittedOffset::new(5))]);
            assert_eq!(*offsets, expected);
        }
    }

    #[test]
    fn an_error_of_the_group_is_not_taken_for_no_offsets() {
        let code = ErrorCode::GROUP_AUTHORIZATION_FAILED;
        let old = OffsetFetchResponse { error_code: code, ..OffsetFetchResponse::default() };
        let group =
            OffsetFetchResponseGroup { group_id: "g".into(), error_code: code, ..OffsetFetchResponseGroup::default() };
        let new = OffsetFetchResponse { groups: vec![group], ..OffsetFetchResponse::default() };
        for response in [old, new] {
            let answers = fetched(&response, &[query("g", None)]);
            assert_eq!(answers[0].1.as_ref().expect_err("refused").code(), Some(code));
        }
    }

    #[test]
    fn an_admin_commits_as_nobody() {
        let partition = TopicPartition::new("t", 3);
        let offsets = GroupOffsets::from([(partition.clone(), CommittedOffset::new(7))]);
        let request = commit_request(&"g".into(), &[partition], &offsets);
        assert_eq!((request.generation_id_or_member_epoch, &*request.member_id), (-1, ""));
        let partition = &request.topics[0].partitions[0];
        assert_eq!(
            (partition.partition_index, partition.committed_offset, partition.committed_leader_epoch),
            (3, 7, -1)
        );
    }
}
