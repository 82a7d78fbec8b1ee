//! How far groups are behind.

use ottla_protocol::types::GroupId;

use super::{Admin, AdminError, CommittedOffset, OffsetSpec};
use crate::{TopicPartition, config::IsolationLevel};

/// How far a group is behind in one partition.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartitionLag {
    /// The partition.
    pub partition: TopicPartition,
    /// Where the group is.
    pub committed: CommittedOffset,
    /// The offset after the last record, or why it is not known: the topic may have been deleted.
    pub end_offset: Result<i64, AdminError>,
}

impl PartitionLag {
    /// How many offsets there are from the committed one to the end, if the end is known. There may be fewer records, for
    /// compaction and transactions leave gaps. 0 also if more was committed than there is.
    pub fn lag(&self) -> Option<u64> {
        let end = *self.end_offset.as_ref().ok()?;
        Some(u64::try_from(end.saturating_sub(self.committed.offset)).unwrap_or(0))
    }
}

impl Admin {
    /// Tells how far a group of any kind that commits offsets is behind, for every partition that it has committed an
    /// offset of, in order. A group that does not exist is nowhere. Cancel safe.
    ///
    /// # Errors
    /// [`AdminError`] if the committed offsets cannot be had; that an end cannot be had is told by partition.
    pub async fn group_lag(&self, group: impl Into<GroupId>) -> Result<Vec<PartitionLag>, AdminError> {
        let committed = self.list_group_offsets(group).await?;
        let ends = committed.keys().map(|partition| (partition.clone(), OffsetSpec::Latest)).collect::<Vec<_>>();
        // In the order of the committed offsets, as both are by partition.
        let ends = self.list_offsets(ends, IsolationLevel::ReadUncommitted).await;
        let lags = committed.into_iter().zip(ends).map(|((partition, committed), (_, end))| PartitionLag {
            partition,
            committed,
            end_offset: end.map(|end| end.offset.unwrap_or(0)),
        });
        Ok(lags.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lag(committed: i64, end: i64) -> Option<u64> {
        let partition = TopicPartition::new("t", 0);
        PartitionLag { partition, committed: committed.into(), end_offset: Ok(end) }.lag()
    }

    #[test]
    fn lag_is_the_way_to_the_end_and_never_negative() {
        assert_eq!(lag(3, 10), Some(7));
        assert_eq!(lag(10, 3), Some(0));
        assert_eq!(lag(0, i64::MAX), Some(i64::MAX as u64));
    }

    #[test]
    fn an_unknown_end_is_no_lag_of_zero() {
        let error = AdminError::Invalid { subject: "t-0".into(), reason: "none" };
        let partition = TopicPartition::new("t", 0);
        assert_eq!(PartitionLag { partition, committed: 3.into(), end_offset: Err(error) }.lag(), None);
    }
}
