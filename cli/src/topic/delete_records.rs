//! `ottla topic delete-records`.

use clap::Args;
use ottla::{Client, admin::RecordsToDelete};

use crate::{
    offset_spec::{self, OffsetSpec},
    offsets::Offsets,
    outcomes,
    output::Format,
};

/// Delete the records before an offset
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ottla topic delete-records orders --before end             all that is there now
  ottla topic delete-records orders --before 1000 --partition 0
  ottla topic delete-records orders --before -7d

JSON: [{name, error}]")]
pub(super) struct DeleteRecordsArgs {
    /// The topic
    topic: String,
    /// The place up to which records are deleted, itself excluded: an offset, end, or others that --help lists
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true, long_help = long_before())]
    before: OffsetSpec,
    /// In this partition only. May be given more than once
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,
}

fn long_before() -> String {
    format!("The place up to which records are deleted, itself excluded: {}", offset_spec::HELP)
}

impl DeleteRecordsArgs {
    pub(super) async fn run(self, client: &Client, format: Format) -> anyhow::Result<()> {
        let offsets = Offsets::new(client);
        let partitions = offsets.partitions(&self.topic, &self.partition).await?;
        let before = offsets.resolve(self.before, &partitions).await?;
        let results = client
            .admin()
            .delete_records(before.into_iter().map(|(partition, offset)| (partition, RecordsToDelete::Before(offset))))
            .await;
        outcomes::print(format, &results, |partition, beginning| format!("{partition} begins at offset {beginning}"))
    }
}
