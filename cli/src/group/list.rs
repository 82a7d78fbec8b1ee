//! `ottla group list`.

use clap::Args;
use ottla::{Client, admin::GroupFilter};

use crate::output::{Cell, Column, Format, Paint, Table, print_list};

/// List the groups
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla group list
  ottla group list --state Empty
  ottla group list --format json | jq -r '.[].group'

JSON: [{group, state, type, protocol_type, coordinator}]")]
pub(super) struct ListArgs {
    /// Only groups in this state, such as Stable or Empty. May be given more than once
    #[arg(long, value_name = "STATE")]
    state: Vec<String>,
}

impl ListArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let filter = GroupFilter { states: self.state, ..GroupFilter::default() };
        let groups = client.admin().list_groups(&filter).await?;
        let columns = [
            Column::text("GROUP", "group"),
            Column::text("STATE", "state"),
            Column::text("TYPE", "type"),
            Column::text("PROTOCOL", "protocol_type"),
            Column::number("COORDINATOR", "coordinator"),
        ];
        let mut table = Table::new(columns);
        for group in &groups {
            table.row([
                group.id.to_string().into(),
                group.state.as_deref().map(state_cell).into(),
                group.kind.as_deref().into(),
                Some(group.protocol_type.as_str()).filter(|protocol| !protocol.is_empty()).into(),
                group.coordinator.0.into(),
            ]);
        }
        print_list(format, &table, "groups")
    }
}

/// A state: green where all is well, yellow where something is under way.
fn state_cell(state: &str) -> Cell {
    let cell = Cell::from(state);
    match state {
        "Stable" => cell.paint(Paint::Green),
        "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling" => cell.paint(Paint::Yellow),
        _ => cell,
    }
}
