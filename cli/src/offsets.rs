//! Offsets of partitions, asked for by whoever needs them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::bail;
use ottla::{
    Client, TopicPartition,
    admin::{Admin, OffsetSpec as ListedAt},
    config::IsolationLevel,
};

use crate::{
    offset_spec::OffsetSpec,
    output::{counted, notice},
};

/// A leader that is well has answered by then.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edges {
    /// The offset of the first record.
    pub(crate) beginning: i64,
    /// The offset after the last record.
    pub(crate) end: i64,
}

impl Edges {
    /// Offsets in between. There may be fewer records, for some may have been compacted away.
    pub(crate) fn len(self) -> u64 {
        u64::try_from(self.end - self.beginning).unwrap_or(0)
    }
}

/// Asks for offsets.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    admin: Admin,
}

impl Offsets {
    pub(crate) fn new(client: &Client) -> Self {
        Self { admin: client.admin() }
    }

    /// The partitions of a topic: those chosen, or all if none is.
    pub(crate) async fn partitions(&self, topic: &str, chosen: &[i32]) -> anyhow::Result<Vec<TopicPartition>> {
        partitions(self.admin.client(), topic, chosen).await
    }

    /// Where those of the partitions begin and end whose leaders answer soon. Of the others a person is told.
    pub(crate) async fn known_edges(&self, partitions: &[TopicPartition]) -> BTreeMap<TopicPartition, Edges> {
        let soon = Self { admin: self.admin.clone().timeout(SOON) };
        let beginnings = soon.list_known(partitions, ListedAt::Earliest).await;
        let answering: Vec<_> = beginnings.keys().cloned().collect();
        let ends = soon.list_known(&answering, ListedAt::Latest).await;
        let edges = |(partition, end): (TopicPartition, i64)| {
            let beginning = *beginnings.get(&partition)?;
            Some((partition, Edges { beginning, end }))
        };
        ends.into_iter().filter_map(edges).collect()
    }

    async fn list_known(&self, partitions: &[TopicPartition], at: ListedAt) -> BTreeMap<TopicPartition, i64> {
        let asked = partitions.iter().map(|partition| (partition.clone(), at));
        let found = self.admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await;
        let failed: Vec<_> = found.failed().map(|(_, error)| error).collect();
        if let Some(first) = failed.first() {
            let partitions = counted(failed.len() as u64, "partition");
            notice::warning(format!("{partitions} without offsets, the first: {first}"));
        }
        found.done().filter_map(|(partition, listed)| Some((partition.clone(), listed.offset?))).collect()
    }

    /// Where partitions begin and end.
    pub(crate) async fn edges(&self, partitions: &[TopicPartition]) -> anyhow::Result<BTreeMap<TopicPartition, Edges>> {
        let beginnings = self.list(partitions, ListedAt::Earliest).await?;
        let ends = self.list(partitions, ListedAt::Latest).await?;
        let edges = |(partition, beginning): (TopicPartition, i64)| {
            let end = ends.get(&partition).copied().unwrap_or(beginning);
            (partition, Edges { beginning, end })
        };
        Ok(beginnings.into_iter().map(edges).collect())
    }

    async fn list(&self, partitions: &[TopicPartition], at: ListedAt) -> anyhow::Result<BTreeMap<TopicPartition, i64>> {
        let asked = partitions.iter().map(|partition| (partition.clone(), at));
        let found = self.admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await.all()?;
        Ok(found.into_iter().filter_map(|(partition, listed)| Some((partition, listed.offset?))).collect())
    }

    /// The offset of a place in each partition.
    pub(crate) async fn resolve(
        &self,
        spec: OffsetSpec,
        partitions: &[TopicPartition],
    ) -> anyhow::Result<BTreeMap<TopicPartition, i64>> {
        let edges = self.edges(partitions).await?;
        let times = match spec {
            OffsetSpec::Timestamp(ms) => self.list(partitions, ListedAt::Timestamp(ms)).await?,
            _ => BTreeMap::new(),
        };
        let offset = |(partition, edges): (TopicPartition, Edges)| {
            let offset = match spec {
                OffsetSpec::Beginning => edges.beginning,
                OffsetSpec::End => edges.end,
                OffsetSpec::Offset(offset) => offset.clamp(edges.beginning, edges.end),
                OffsetSpec::BeforeEnd(records) => edges.end.saturating_sub(records).max(edges.beginning),
                OffsetSpec::Timestamp(_) => times.get(&partition).copied().unwrap_or(edges.end),
            };
            (partition, offset)
        };
        Ok(edges.into_iter().map(offset).collect())
    }
}

/// The partitions of a topic: those chosen, or all if none is.
pub(crate) async fn partitions(client: &Client, topic: &str, chosen: &[i32]) -> anyhow::Result<Vec<TopicPartition>> {
    let count = client.topic(topic).await?.partition_count();
    if let Some(absent) = chosen.iter().find(|partition| **partition >= count) {
        bail!("{topic} has {count} partitions, numbered from 0, so there is no partition {absent}");
    }
    let all: Vec<i32> = if chosen.is_empty() { (0..count).collect() } else { chosen.to_vec() };
    Ok(all.into_iter().map(|partition| TopicPartition::new(topic, partition)).collect())
}
