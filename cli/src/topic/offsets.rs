//! `ottla topic offsets`.

use clap::Args;
use ottla::Client;

use crate::{
    offset_spec::{self, OffsetSpec},
    offsets::Offsets,
    output::{Cell, Column, Format, Table, print_table},
};

/// Show where the partitions of a topic begin and end
///
/// The end is the offset after the last record. There may be fewer records than offsets, for some may have been compacted
/// away.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic offsets orders
  ottla topic offsets orders --partition 0 --partition 1
  ottla topic offsets orders --at 2026-01-31T12:00:00Z
  ottla topic offsets orders --at -1h --format json

JSON: [{partition, beginning, end, length}], with --at also at")]
pub(super) struct OffsetsArgs {
    /// The topic
    topic: String,
    /// This partition only. May be given more than once
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,
    /// Also show the offset of this place: a time such as -1h, or others that --help lists
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true, long_help = long_at())]
    at: Option<OffsetSpec>,
}

fn long_at() -> String {
    format!("Also show the offset of this place: {}", offset_spec::HELP)
}

impl OffsetsArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let offsets = Offsets::new(client);
        let partitions = offsets.partitions(&self.topic, &self.partition).await?;
        let edges = offsets.edges(&partitions).await?;
        let at = match self.at {
            Some(place) => Some(offsets.resolve(place, &partitions).await?),
            None => None,
        };
        let mut columns = vec![
            Column::number("PARTITION", "partition"),
            Column::number("BEGINNING", "beginning"),
            Column::number("END", "end"),
            Column::number("LENGTH", "length"),
        ];
        columns.extend(at.as_ref().map(|_| Column::number("AT", "at")));
        let mut table = Table::new(columns);
        for (partition, edges) in &edges {
            let mut row: Vec<Cell> =
                vec![partition.partition.into(), edges.beginning.into(), edges.end.into(), edges.len().into()];
            row.extend(at.as_ref().map(|at| Cell::from(at.get(partition).copied())));
            table.row(row);
        }
        print_table(format, &table)
    }
}
