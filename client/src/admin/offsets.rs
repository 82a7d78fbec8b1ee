//! Offsets by position, time or leader epoch.

use std::{collections::HashMap, sync::Arc};

use ottla_protocol::{
    api_key::ApiKey,
    messages::{
        list_offsets::{ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsTopic},
        offset_for_leader_epoch::{
            EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
        },
    },
    types::{NodeId, TopicName},
};

use super::{
    Admin, AdminError, Outcomes,
    call::{Call, Route},
    error::needs,
    leaders::{LeaderAnswer, by_topic, result},
    rounds::Rule,
};
use crate::{TopicPartition, config::IsolationLevel};

/// Which offset of a partition to look up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OffsetSpec {
    /// The first record: the log start offset.
    Earliest,
    /// After the last record that a reader gets: the high watermark or, of a reader of committed records, the last stable
    /// offset.
    Latest,
    /// The first record whose timestamp, in milliseconds since 1970, is at or after this one.
    Timestamp(i64),
    /// The record with the largest timestamp. From version 7 of the API on (Kafka 3.0).
    MaxTimestamp,
    /// The first record on the broker's own disk, where older ones are in tiered storage. From version 8 on (3.6).
    EarliestLocal,
    /// The last record in tiered storage. From version 9 on (3.9).
    LatestTiered,
    /// The first record that is not in tiered storage yet. From version 11 on (4.2).
    EarliestPendingUpload,
}

impl OffsetSpec {
    fn timestamp(self) -> i64 {
        match self {
            // A negative time would ask for a position.
            Self::Timestamp(timestamp) => timestamp.max(0),
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
        }
    }

    /// The version of the API that has it, and what to call it there.
    fn needs(self) -> (i16, &'static str) {
        match self {
            Self::Earliest | Self::Latest | Self::Timestamp(_) => (1, "an offset"),
            Self::MaxTimestamp => (7, "the offset of the largest timestamp"),
            Self::EarliestLocal => (8, "the earliest local offset"),
            Self::LatestTiered => (9, "the latest tiered offset"),
            Self::EarliestPendingUpload => (11, "the earliest offset pending upload"),
        }
    }
}

/// An offset that was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedOffset {
    /// The offset; none if there is no such record.
    pub offset: Option<i64>,
    /// The record's timestamp in milliseconds since 1970; none where a position was asked for.
    pub timestamp: Option<i64>,
    /// The record's leader epoch, if the broker says (from 2.1 on).
    pub leader_epoch: Option<i32>,
}

impl ListedOffset {
    fn from_wire(partition: &ListOffsetsPartitionResponse) -> Self {
        let known = |number: i64| Some(number).filter(|number| *number >= 0);
        Self {
            offset: known(partition.offset),
            timestamp: known(partition.timestamp),
            leader_epoch: Some(partition.leader_epoch).filter(|epoch| *epoch >= 0),
        }
    }
}

/// Where a leader epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EpochEnd {
    /// The largest epoch that is not above the one asked for.
    pub leader_epoch: i32,
    /// The offset after that epoch's last record.
    pub end_offset: i64,
}

impl EpochEnd {
    fn from_wire(partition: &EpochEndOffset) -> Option<Self> {
        let end = Self { leader_epoch: partition.leader_epoch, end_offset: partition.end_offset };
        Some(end).filter(|end| end.leader_epoch >= 0 && end.end_offset >= 0)
    }
}

impl Admin {
    /// Looks up offsets, as a reader of all or only of committed records sees them. Of several for one partition, the
    /// last counts. Cancel safe.
    ///
    /// Errors: [`AdminError::Refused`] with
    /// [`UNKNOWN_TOPIC_OR_PARTITION`](ottla_protocol::error_code::ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) and so on;
    /// [`AdminError::Unsupported`] where the leader is too old for what is asked.
    pub async fn list_offsets(
        &self,
        offsets: impl IntoIterator<Item = (TopicPartition, OffsetSpec)>,
        isolation: IsolationLevel,
    ) -> Outcomes<TopicPartition, ListedOffset> {
        let offsets: Vec<_> = offsets.into_iter().collect();
        let partitions: Vec<_> = offsets.iter().map(|(partition, _)| partition.clone()).collect();
        let specs: Arc<HashMap<_, _>> = Arc::new(offsets.into_iter().collect());
        let mut rounds = self.rounds(ApiKey::LIST_OFFSETS, Rule::READ_LEADERS, partitions);
        rounds.ask_leaders(|call, route, asked| ask_offsets(call, route, asked, specs.clone(), isolation)).await;
        rounds.finish()
    }

    /// Looks up the same offset of all partitions of topics, as a reader of all records sees it. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError`] of the first topic that cannot be described.
    pub async fn list_topic_offsets(
        &self,
        topics: impl IntoIterator<Item = impl Into<TopicName>>,
        offset: OffsetSpec,
    ) -> Result<Outcomes<TopicPartition, ListedOffset>, AdminError> {
        let described = self.describe_topics(topics).await.all()?;
        let partitions = described.iter().flat_map(|(name, topic)| {
            topic.partitions.iter().map(move |partition| (TopicPartition::new(name, partition.index), offset))
        });
        Ok(self.list_offsets(partitions.collect::<Vec<_>>(), IsolationLevel::ReadUncommitted).await)
    }

    /// Tells where leader epochs end; none for an epoch that the leader does not know. Of several for one partition, the
    /// last counts. Cancel safe.
    ///
    /// Errors: see [`list_offsets`](Self::list_offsets).
    pub async fn offset_for_leader_epoch(
        &self,
        epochs: impl IntoIterator<Item = (TopicPartition, i32)>,
    ) -> Outcomes<TopicPartition, Option<EpochEnd>> {
        let epochs: Vec<_> = epochs.into_iter().collect();
        let partitions: Vec<_> = epochs.iter().map(|(partition, _)| partition.clone()).collect();
        let epochs: Arc<HashMap<_, _>> = Arc::new(epochs.into_iter().collect());
        let mut rounds = self.rounds(ApiKey::OFFSET_FOR_LEADER_EPOCH, Rule::READ_LEADERS, partitions);
        rounds.ask_leaders(|call, route, asked| ask_epochs(call, route, asked, epochs.clone())).await;
        rounds.finish()
    }
}

type Specs = HashMap<TopicPartition, OffsetSpec>;

async fn ask_offsets(
    call: Call,
    route: Route,
    asked: Arc<[TopicPartition]>,
    specs: Arc<Specs>,
    isolation: IsolationLevel,
) -> LeaderAnswer<ListedOffset> {
    let timeout_ms = call.broker_timeout_ms();
    let mut refused = Vec::new();
    let response = call.send(route, |version| {
        let request;
        (request, refused) = offsets_request(version, &asked, &specs, isolation, timeout_ms)?;
        Ok(request)
    });
    // What this leader cannot express fails; the rest is asked all the same.
    let response = response.await?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.name.detach(), partition.partition_index);
            result(key, partition.error_code, || ListedOffset::from_wire(partition))
        })
    });
    Ok(answered.chain(refused.into_iter().map(|(partition, error)| (partition, Err(error)))).collect())
}

type Refused = Vec<(TopicPartition, AdminError)>;

/// The request, and what it cannot express in this version.
fn offsets_request(
    version: i16,
    asked: &[TopicPartition],
    specs: &Specs,
    isolation: IsolationLevel,
    timeout_ms: i32,
) -> Result<(ListOffsetsRequest, Refused), AdminError> {
    let isolation_level = i8::from(isolation == IsolationLevel::ReadCommitted);
    if isolation_level != 0 {
        needs(ApiKey::LIST_OFFSETS, "the offset of a reader of committed records", 2, version)?;
    }
    let spec = |partition: &TopicPartition| specs.get(partition).copied().unwrap_or(OffsetSpec::Latest);
    let mut refused = Vec::new();
    let mut expressible = Vec::new();
    for partition in asked {
        let (first, feature) = spec(partition).needs();
        match needs(ApiKey::LIST_OFFSETS, feature, first, version) {
            Ok(()) => expressible.push(partition),
            Err(error) => refused.push((partition.clone(), error)),
        }
    }
    let topics = by_topic(expressible).into_iter().map(|(name, indexes)| {
        let partition = |partition_index: i32| ListOffsetsPartition {
            partition_index,
            current_leader_epoch: -1,
            timestamp: spec(&TopicPartition::new(&name, partition_index)).timestamp(),
        };
        ListOffsetsTopic { partitions: indexes.into_iter().map(partition).collect(), name: name.clone() }
    });
    let request =
        ListOffsetsRequest { replica_id: NodeId::NONE, isolation_level, topics: topics.collect(), timeout_ms };
    Ok((request, refused))
}

async fn ask_epochs(
    call: Call,
    route: Route,
    asked: Arc<[TopicPartition]>,
    epochs: Arc<HashMap<TopicPartition, i32>>,
) -> LeaderAnswer<Option<EpochEnd>> {
    let topics = by_topic(asked.iter()).into_iter().map(|(topic, indexes)| {
        let partition = |partition: i32| OffsetForLeaderPartition {
            partition,
            current_leader_epoch: -1,
            leader_epoch: epochs.get(&TopicPartition::new(&topic, partition)).copied().unwrap_or(-1),
        };
        OffsetForLeaderTopic { partitions: indexes.into_iter().map(partition).collect(), topic: topic.clone() }
    });
    let request = OffsetForLeaderEpochRequest { replica_id: NodeId::NONE, topics: topics.collect() };
    let response = call.send(route, |_| Ok(request)).await?;
    let answered = response.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| {
            let key = TopicPartition::new(topic.topic.detach(), partition.partition);
            result(key, partition.error_code, || EpochEnd::from_wire(partition))
        })
    });
    Ok(answered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: i16, specs: &[(i32, OffsetSpec)], isolation: IsolationLevel) -> (ListOffsetsRequest, Refused) {
        let specs: Specs = specs.iter().map(|(index, spec)| (TopicPartition::new("t", *index), *spec)).collect();
        let mut asked: Vec<_> = specs.keys().cloned().collect();
        asked.sort();
        offsets_request(version, &asked, &specs, isolation, 1000).expect("a request")
    }

    #[test]
    fn each_position_has_kafkas_number() {
        let specs = [
            OffsetSpec::Latest,
            OffsetSpec::Earliest,
            OffsetSpec::MaxTimestamp,
            OffsetSpec::EarliestLocal,
            OffsetSpec::LatestTiered,
            OffsetSpec::EarliestPendingUpload,
            OffsetSpec::Timestamp(-5),
            OffsetSpec::Timestamp(5),
        ];
        assert_eq!(specs.map(OffsetSpec::timestamp), [-1, -2, -3, -4, -5, -6, 0, 5]);
    }

    #[test]
    fn what_the_version_lacks_fails_and_the_rest_is_asked() {
        let specs = [(0, OffsetSpec::Earliest), (1, OffsetSpec::MaxTimestamp), (2, OffsetSpec::EarliestPendingUpload)];
        for (version, asked) in [(6, vec![0]), (7, vec![0, 1]), (10, vec![0, 1]), (11, vec![0, 1, 2])] {
            let (request, refused) = request(version, &specs, IsolationLevel::ReadUncommitted);
            let indexes: Vec<_> = request.topics[0].partitions.iter().map(|p| p.partition_index).collect();
            assert_eq!(indexes, asked, "version {version}");
            assert_eq!(refused.len(), 3 - asked.len());
            assert!(refused.iter().all(|(_, error)| matches!(error, AdminError::Unsupported { .. })));
        }
    }

    #[test]
    fn committed_records_take_version_2() {
        let specs = Specs::new();
        assert!(offsets_request(1, &[], &specs, IsolationLevel::ReadCommitted, 1).is_err());
        let (request, _) = offsets_request(2, &[], &specs, IsolationLevel::ReadCommitted, 1).expect("a request");
        assert_eq!(request.isolation_level, 1);
    }

    #[test]
    fn no_such_record_is_none() {
        let none = ListOffsetsPartitionResponse::default();
        let listed = ListedOffset::from_wire(&none);
        assert_eq!((listed.offset, listed.timestamp, listed.leader_epoch), (None, None, None));
    }
}
