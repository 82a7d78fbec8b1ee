//! What a group has committed, who reads what, and how far the logs are.

use std::collections::{BTreeMap, BTreeSet};

use ottla::{
    Client, TopicPartition,
    admin::{Admin, AdminError, GroupDescription, OffsetSpec},
    config::IsolationLevel,
    protocol::error_code::ErrorCode,
};

use super::lag::PartitionLag;
use crate::offsets::SOON;

/// The group, unless it is not there or not of the classic kind.
pub(super) async fn description(admin: &Admin, group: &str) -> anyhow::Result<Option<GroupDescription>> {
    match admin.describe_group(group).await {
        Ok(description) if description.state == "Dead" => Ok(None),
        Ok(description) => Ok(Some(description)),
        Err(AdminError::Refused { code: ErrorCode::GROUP_ID_NOT_FOUND, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where a group is in every partition that it has committed for or reads.
pub(super) async fn lags(
    client: &Client,
    group: &str,
    description: Option<&GroupDescription>,
) -> anyhow::Result<Vec<PartitionLag>> {
    let admin = client.admin();
    let committed = admin.list_group_offsets(group).await?;
    let members: BTreeMap<&TopicPartition, (String, String)> = description
        .iter()
        .flat_map(|description| &description.members)
        .flat_map(|member| member.assignment.iter().map(move |partition| (partition, member)))
        .map(|(partition, member)| (partition, (member.client_id.clone(), member.client_host.clone())))
        .collect();
    let partitions: BTreeSet<&TopicPartition> = committed.keys().chain(members.keys().copied()).collect();
    let ends = ends(&admin.timeout(SOON), partitions.iter().copied()).await;
    let lag = |partition: &TopicPartition| PartitionLag {
        partition: partition.clone(),
        committed: committed.get(partition).map(|committed| committed.offset),
        end: ends.get(partition).copied(),
        member: members.get(partition).cloned(),
    };
    Ok(partitions.into_iter().map(lag).collect())
}

/// The ends of partitions. One of a topic that was deleted, or whose leader does not answer, has none, which is nothing to
/// fail for.
async fn ends<'a>(
    admin: &Admin,
    partitions: impl Iterator<Item = &'a TopicPartition>,
) -> BTreeMap<TopicPartition, i64> {
    let asked = partitions.map(|partition| (partition.clone(), OffsetSpec::Latest));
    let found = admin.list_offsets(asked, IsolationLevel::ReadUncommitted).await;
    for (_, error) in found.failed() {
        tracing::warn!("{error}");
    }
    found.done().filter_map(|(partition, listed)| Some((partition.clone(), listed.offset?))).collect()
}
