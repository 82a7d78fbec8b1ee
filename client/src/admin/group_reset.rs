//! Moving a group to other offsets.

use std::collections::BTreeSet;

use ottla_protocol::types::{GroupId, TopicName};

use super::{Admin, AdminError, CommittedOffset, ListedOffset, OffsetSpec, Outcomes};
use crate::{TopicPartition, config::IsolationLevel};

/// Where to move a group to, in each partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetTarget {
    /// The first record there is.
    Earliest,
    /// After the last record.
    Latest,
    /// This offset, or the nearest that there is.
    Offset(i64),
    /// The first record at or after this time, in milliseconds since 1970; after the last record if there is none.
    Timestamp(i64),
    /// So many offsets on from the committed one, or back if negative, within what there is.
    ShiftBy(i64),
    /// The committed offset, moved into what there is.
    Current,
}

/// Which partitions of a group to move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResetScope {
    /// Those that it has committed offsets of.
    #[default]
    Committed,
    /// All partitions of these topics.
    Topics(Vec<TopicName>),
    /// These.
    Partitions(Vec<TopicPartition>),
}

/// A planned move in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OffsetMove {
    /// The partition.
    pub partition: TopicPartition,
    /// Where the group is; none if it has committed nothing.
    pub from: Option<i64>,
    /// Where it goes.
    pub to: i64,
}

/// What a target is worked out from.
#[derive(Clone, Copy, Debug)]
struct Known {
    committed: Option<i64>,
    earliest: i64,
    latest: i64,
    /// The first offset at or after the time, where a time is the target.
    at_timestamp: Option<i64>,
}

impl ResetTarget {
    fn offset(self, known: Known) -> Result<i64, &'static str> {
        let committed = || known.committed.ok_or("nothing is committed that could be moved from");
        let wanted = match self {
            Self::Earliest => known.earliest,
            Self::Latest => known.latest,
            Self::Offset(offset) => offset,
            Self::Timestamp(_) => known.at_timestamp.unwrap_or(known.latest),
            Self::ShiftBy(shift) => committed()?.saturating_add(shift),
            Self::Current => committed()?,
        };
        Ok(wanted.min(known.latest).max(known.earliest))
    }

    /// The lookup beyond the two ends that it takes.
    fn spec(self) -> Option<OffsetSpec> {
        match self {
            Self::Timestamp(timestamp) => Some(OffsetSpec::Timestamp(timestamp)),
            Self::Earliest | Self::Latest | Self::Offset(_) | Self::ShiftBy(_) | Self::Current => None,
        }
    }
}

impl Admin {
    /// Works out where a group would be moved to, and moves nothing: show it, then pass it to
    /// [`move_group_offsets`](Self::move_group_offsets). Cancel safe.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for a partition without a committed offset where the target builds on it; any other if an
    /// offset cannot be had. A plan that is not whole is none.
    pub async fn plan_group_reset(
        &self,
        group: impl Into<GroupId>,
        scope: ResetScope,
        target: ResetTarget,
    ) -> Result<Vec<OffsetMove>, AdminError> {
        let committed = self.list_group_offsets(group).await?;
        let partitions: BTreeSet<TopicPartition> = match scope {
            ResetScope::Committed => committed.keys().cloned().collect(),
            ResetScope::Partitions(partitions) => partitions.into_iter().collect(),
            ResetScope::Topics(topics) => self.partitions_of(topics).await?.into_iter().collect(),
        };
        let earliest = self.look_up(&partitions, OffsetSpec::Earliest).await?;
        let latest = self.look_up(&partitions, OffsetSpec::Latest).await?;
        let found = match target.spec() {
            Some(spec) => self.look_up(&partitions, spec).await?,
            None => latest.clone(),
        };
        let ends = earliest.into_iter().zip(latest).zip(found);
        partitions
            .into_iter()
            .zip(ends)
            .map(|(partition, ((earliest, latest), found))| {
                let from = committed.get(&partition).map(|committed| committed.offset);
                let earliest = earliest.offset.unwrap_or(0);
                let known = Known {
                    committed: from,
                    earliest,
                    latest: latest.offset.unwrap_or(earliest),
                    at_timestamp: found.offset,
                };
                let invalid = |reason| AdminError::Invalid { subject: partition.to_string(), reason };
                let to = target.offset(known).map_err(invalid)?;
                Ok(OffsetMove { partition, from, to })
            })
            .collect()
    }

    /// Carries out a plan for a group that has no members.
    ///
    /// Not cancel safe: the group may be moved although the future was dropped.
    ///
    /// Errors: see [`alter_group_offsets`](Self::alter_group_offsets).
    pub async fn move_group_offsets(
        &self,
        group: impl Into<GroupId>,
        moves: impl IntoIterator<Item = OffsetMove>,
    ) -> Outcomes<TopicPartition, ()> {
        let offsets = moves.into_iter().map(|planned| (planned.partition, CommittedOffset::new(planned.to)));
        self.alter_group_offsets(group, offsets.collect::<Vec<_>>()).await
    }

    /// Plans and carries out: moves a group that has no members. The outcome is what was done.
    ///
    /// Not cancel safe: the group may be moved although the future was dropped.
    ///
    /// # Errors
    /// [`AdminError`] if the plan could not be made, see [`plan_group_reset`](Self::plan_group_reset), or the first move
    /// that failed; others may have been made.
    pub async fn reset_group_offsets(
        &self,
        group: impl Into<GroupId>,
        scope: ResetScope,
        target: ResetTarget,
    ) -> Result<Vec<OffsetMove>, AdminError> {
        let group = group.into();
        let plan = self.plan_group_reset(group.clone(), scope, target).await?;
        self.move_group_offsets(group, plan.clone()).await.all()?;
        Ok(plan)
    }

    async fn partitions_of(&self, topics: Vec<TopicName>) -> Result<Vec<TopicPartition>, AdminError> {
        let described = self.describe_topics(topics).await.all()?;
        let partitions = described.iter().flat_map(|(name, topic)| {
            topic.partitions.iter().map(move |partition| TopicPartition::new(name, partition.index))
        });
        Ok(partitions.collect())
    }

    /// The offsets in the order of the partitions.
    async fn look_up(
        &self,
        partitions: &BTreeSet<TopicPartition>,
        spec: OffsetSpec,
    ) -> Result<Vec<ListedOffset>, AdminError> {
        let specs: Vec<_> = partitions.iter().map(|partition| (partition.clone(), spec)).collect();
        let listed = self.list_offsets(specs, IsolationLevel::ReadUncommitted).await.all()?;
        Ok(listed.into_iter().map(|(_, offset)| offset).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known { committed: Some(50), earliest: 10, latest: 100, at_timestamp: Some(70) };

    #[test]
    fn each_target_is_an_offset_that_there_is() {
        for (target, offset) in [
            (ResetTarget::Earliest, 10),
            (ResetTarget::Latest, 100),
            (ResetTarget::Offset(42), 42),
            (ResetTarget::Offset(5), 10),
            (ResetTarget::Offset(i64::MAX), 100),
            (ResetTarget::Timestamp(0), 70),
            (ResetTarget::ShiftBy(-5), 45),
            (ResetTarget::ShiftBy(i64::MIN), 10),
            (ResetTarget::ShiftBy(i64::MAX), 100),
            (ResetTarget::Current, 50),
        ] {
            assert_eq!(target.offset(KNOWN), Ok(offset), "{target:?}");
        }
    }

    #[test]
    fn a_time_after_all_records_is_the_end() {
        let known = Known { at_timestamp: None, ..KNOWN };
        assert_eq!(ResetTarget::Timestamp(i64::MAX).offset(known), Ok(100));
    }

    #[test]
    fn a_shift_needs_something_to_shift() {
        let known = Known { committed: None, ..KNOWN };
        assert!(ResetTarget::ShiftBy(1).offset(known).is_err());
        assert!(ResetTarget::Current.offset(known).is_err());
        assert_eq!(ResetTarget::Earliest.offset(known), Ok(10));
    }

    #[test]
    fn an_empty_partition_has_one_offset() {
        let known = Known { committed: Some(3), earliest: 7, latest: 7, at_timestamp: None };
        for target in [ResetTarget::Earliest, ResetTarget::Offset(0), ResetTarget::Current, ResetTarget::Timestamp(1)] {
            assert_eq!(target.offset(known), Ok(7));
        }
    }
}
