//! `ottla group reset-offsets`.

use std::collections::BTreeMap;

use anyhow::bail;
use clap::Args;
use ottla::{Client, TopicPartition, admin::GroupOffsets, consumer::OffsetAndMetadata};

use super::position;
use crate::{
    offset_spec::{self, OffsetSpec},
    offsets::Offsets,
    output::{Cell, Column, Format, Paint, Table, counted, print_table},
};

/// Move a group to another place; it must have no members
///
/// Without --topic, it moves in all partitions that it has committed offsets for. An offset before the first record, or
/// after the last, becomes the nearest one that is there.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group reset-offsets billing --to beginning --dry-run
  ottla group reset-offsets billing --topic orders --to -2h
  ottla group reset-offsets billing --topic orders --partition 3 --to 1500
  ottla group reset-offsets billing --shift -100

JSON: [{topic, partition, before, after}]")]
pub(super) struct ResetOffsetsArgs {
    /// The group
    group: String,
    /// In this topic only. May be given more than once
    #[arg(long, short, value_name = "TOPIC")]
    topic: Vec<String>,
    /// In this partition of the topic only. May be given more than once
    #[arg(long, short, value_name = "N", requires = "topic", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,
    /// Where to: beginning, end, an offset, a time such as -2h, or others that --help lists
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true, long_help = long_to(), required_unless_present = "shift", conflicts_with = "shift")]
    to: Option<OffsetSpec>,
    /// Forward by so many offsets, or with a minus sign back
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    shift: Option<i64>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

fn long_to() -> String {
    format!("Where to: {}", offset_spec::HELP)
}

impl ResetOffsetsArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let admin = client.admin();
        if let Some(group) = position::description(&admin, &self.group).await?
            && !group.members.is_empty()
        {
            let members = counted(group.members.len() as u64, "member");
            bail!("{} has {members}, who would commit over it: stop them first", self.group);
        }
        let before = admin.list_group_offsets(self.group.as_str()).await?;
        let partitions = self.partitions(client, &before).await?;
        if partitions.is_empty() {
            bail!("{} has committed nothing; name a --topic", self.group);
        }
        let after = self.targets(client, &before, &partitions).await?;
        if !self.dry_run {
            let offsets = after.iter().map(|(partition, offset)| (partition.clone(), OffsetAndMetadata::new(*offset)));
            admin.alter_group_offsets(self.group.as_str(), offsets).await.all()?;
        }
        print_table(format, &moves(&before, &after))
    }

    async fn partitions(&self, client: &Client, before: &GroupOffsets) -> anyhow::Result<Vec<TopicPartition>> {
        if self.topic.is_empty() {
            return Ok(before.keys().cloned().collect());
        }
        let offsets = Offsets::new(client);
        let mut partitions = Vec::new();
        for topic in &self.topic {
            partitions.extend(offsets.partitions(topic, &self.partition).await?);
        }
        Ok(partitions)
    }

    async fn targets(
        &self,
        client: &Client,
        before: &GroupOffsets,
        partitions: &[TopicPartition],
    ) -> anyhow::Result<BTreeMap<TopicPartition, i64>> {
        let offsets = Offsets::new(client);
        if let Some(to) = self.to {
            return offsets.resolve(to, partitions).await;
        }
        let shift = self.shift.unwrap_or(0);
        let edges = offsets.edges(partitions).await?;
        let shifted = edges.into_iter().filter_map(|(partition, edges)| {
            let committed = before.get(&partition)?.offset;
            Some((partition, committed.saturating_add(shift).clamp(edges.beginning, edges.end)))
        });
        Ok(shifted.collect())
    }
}

/// A row for each partition that moves or could.
fn moves(before: &GroupOffsets, after: &BTreeMap<TopicPartition, i64>) -> Table {
    let mut table = Table::new([
        Column::text("TOPIC", "topic"),
        Column::number("PARTITION", "partition"),
        Column::number("BEFORE", "before"),
        Column::number("AFTER", "after"),
    ]);
    for (partition, after) in after {
        let before = before.get(partition).map(|committed| committed.offset);
        let moved = Cell::from(*after);
        let moved = if before == Some(*after) { moved.paint(Paint::Dim) } else { moved };
        table.row([partition.topic.to_string().into(), partition.partition.into(), before.into(), moved]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_shows_where_the_group_was_and_goes() {
        let before = GroupOffsets::from([(TopicPartition::new("t", 1), OffsetAndMetadata::new(7))]);
        let after = BTreeMap::from([(TopicPartition::new("t", 0), 5), (TopicPartition::new("t", 1), 0)]);
        let expected = "\
TOPIC  PARTITION  BEFORE  AFTER
t              0       -      5
t              1       7      0
";
        assert_eq!(moves(&before, &after).render(false), expected);
    }
}
