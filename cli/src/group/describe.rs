//! `ottla group describe`.

use anyhow::bail;
use clap::Args;
use ottla::{Client, admin::GroupDescription};
use serde_json::{Value, json};

use super::{
    lag::{PartitionLag, partitions_table, total},
    position,
};
use crate::output::{self, Cell, Column, Format, Paint, Table, counted};

/// Show the members of a group, and its lag in each partition
///
/// The bar shows the lag of a partition beside the largest one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group describe billing
  ottla group describe billing --members
  watch ottla group describe billing

JSON:
  [{group, state, protocol_type, assignor, coordinator, lag,
    members: [{member_id, group_instance_id, client_id, host, partitions}],
    partitions: [{topic, partition, committed, end, lag, client_id, host}]}]")]
pub(super) struct DescribeArgs {
    /// The groups
    #[arg(required = true, value_name = "GROUP")]
    groups: Vec<String>,
    /// Also list the members
    #[arg(long)]
    members: bool,
}

impl DescribeArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let mut described = Vec::new();
        for group in &self.groups {
            described.push(Described::ask(client, group).await?);
        }
        match format {
            Format::Table => output::print_text(|paints| {
                described.iter().map(|group| group.to_text(self.members, paints)).collect::<Vec<_>>().join("\n")
            }),
            Format::Json => output::print_json(&described.iter().map(Described::to_json).collect()),
        }
    }
}

struct Described {
    group: String,
    description: Option<GroupDescription>,
    lags: Vec<PartitionLag>,
}

impl Described {
    async fn ask(client: &Client, group: &str) -> anyhow::Result<Self> {
        let description = position::description(&client.admin(), group).await?;
        let lags = position::lags(client, group, description.as_ref()).await?;
        if description.is_none() && lags.is_empty() {
            bail!("there is no group {group}");
        }
        Ok(Self { group: group.to_owned(), description, lags })
    }

    fn to_text(&self, members: bool, paints: bool) -> String {
        let mut text = format!("{}: {}\n", Paint::Bold.when(paints, &output::printable(&self.group)), self.summary());
        for table in [(members, self.members()), (true, partitions_table(&self.lags))] {
            if let (true, table) = table
                && !table.is_empty()
            {
                text += "\n";
                text += &table.render(paints);
            }
        }
        text
    }

    fn summary(&self) -> String {
        let lag = format!("lag {}", output::grouped(total(&self.lags)));
        let Some(group) = &self.description else { return lag };
        let members = counted(group.members.len() as u64, "member");
        let assignor =
            if group.protocol.is_empty() { String::new() } else { format!(", {}", output::printable(&group.protocol)) };
        format!("{}, {members}{assignor}, coordinated by node {}, {lag}", group.state, group.coordinator.0)
    }

    fn members(&self) -> Table {
        let mut table = Table::new([
            Column::text("MEMBER", "member_id"),
            Column::text("INSTANCE", "group_instance_id"),
            Column::text("CLIENT", "client_id"),
            Column::text("HOST", "host"),
            Column::text("PARTITIONS", "partitions"),
        ]);
        for member in self.description.iter().flat_map(|group| &group.members) {
            let partitions: Vec<String> = member.assignment.iter().map(ToString::to_string).collect();
            table.row([
                member.member_id.as_str().into(),
                member.group_instance_id.as_deref().into(),
                member.client_id.as_str().into(),
                member.client_host.as_str().into(),
                Cell::new(partitions.join(" "), partitions),
            ]);
        }
        table
    }

    fn to_json(&self) -> Value {
        let group = self.description.as_ref();
        json!({
            "group": self.group,
            "state": group.map(|group| &group.state),
            "protocol_type": group.map(|group| &group.protocol_type),
            "assignor": group.map(|group| &group.protocol),
            "coordinator": group.map(|group| group.coordinator.0),
            "lag": total(&self.lags),
            "members": self.members().to_json(),
            "partitions": partitions_table(&self.lags).to_json(),
        })
    }
}
